# SPDX-License-Identifier: Apache-2.0
"""Every metric of every frame of what a codec shows, in one streaming pass beside the source."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property

import msgspec
import numpy as np

from mtor_transcode.errors import InputError
from mtor_transcode.ingest.source import Source
from mtor_transcode.measure.codecs.feeding import layout_of
from mtor_transcode.measure.ffmpeg import find_ffmpeg
from mtor_transcode.measure.metrics import Planes, psnr, squared_error
from mtor_transcode.measure.ms_ssim import LEAST_SIDE, ms_ssim
from mtor_transcode.measure.pooling import Pooled, pool
from mtor_transcode.measure.ssim import float_ssim, window_ssim
from mtor_transcode.measure.vmaf import FilterRun, Layout, Wanted, usable

METRICS = ("vmaf", "vmaf_neg", "xpsnr", "ssim", "window_ssim", "ms_ssim", "psnr_y")
"""What the bench measures: ``ssim`` is libvmaf's float_ssim, ``window_ssim`` FFmpeg's ssim filter."""

PROBED = ("vmaf", "ssim", "psnr_y")
"""What a probe measures, on few frames, to tell which points deserve a full measurement."""

PROBE_FRAMES = 40
GOLDEN = 0.6180339887498949
"""The fraction whose multiples fall most evenly between 0 and 1."""

FRAME_DIGITS = 4


class Scores(msgspec.Struct, frozen=True):
    """Figures of all frames; ``frames`` has one for each by metric, ``missing`` why there are none."""

    pooled: dict[str, Pooled]
    frames: dict[str, list[float]]
    missing: dict[str, str]


class Judge:
    """Measures pictures against one source. What FFmpeg can do with its format is tried once."""

    def __init__(self, source: Source, *, vmaf: bool = True) -> None:
        self._source = source
        self._layout = layout_of(source)
        self._ffmpeg = find_ffmpeg() if vmaf else None
        self._probes: list[tuple[int, Planes]] = []

    @property
    def layout(self) -> Layout:
        """The source's raw frames."""
        return self._layout

    @cached_property
    def _able(self) -> tuple[Wanted, dict[str, str]]:
        """What this FFmpeg can measure, and why not the rest; tried when first needed."""
        wanted, missing = usable(self._ffmpeg, self._layout, Wanted())
        return wanted, missing

    def full(self, renders: Iterable[Planes], tell: Callable[[int], None] | None = None) -> Scores:
        """All metrics of all frames; ``renders`` has a picture for each frame of the source.

        Raises InputError if it has fewer, or more.
        """
        own = _Own(self._layout)
        wanted, reasons = self._able
        run = FilterRun(self._ffmpeg, self._layout, wanted) if self._ffmpeg and wanted else None
        values: dict[str, list[float]] = {}
        missing = dict(reasons)
        try:
            pictures = iter(renders)
            for number, frame in enumerate(self._source.frames()):
                render = next(pictures, None)
                if render is None:
                    raise InputError(f"no picture for frame {number}", where=self._source.name)
                if run is not None:
                    run.add(frame.planes, render)
                for name, value in own.of(frame.planes, render).items():
                    values.setdefault(name, []).append(value)
                if tell is not None:
                    tell(number + 1)
            if run is not None:
                found = run.finish()
                values |= found.values
                missing |= found.reasons
        finally:
            if run is not None:
                run.close()
        if min(self._layout.width, self._layout.height) < LEAST_SIDE:
            missing["ms_ssim"] = f"it needs sides of {LEAST_SIDE} px"
        kept = {name: values[name] for name in METRICS if name in values}
        pooled = {name: pool(each) for name, each in kept.items()}
        rounded = {name: [round(value, FRAME_DIGITS) for value in each] for name, each in kept.items()}
        return Scores(pooled, rounded, missing)

    def probe(self, renders: Iterable[Planes]) -> dict[str, float]:
        """Means of ``PROBED`` over at most ``PROBE_FRAMES`` frames, spread evenly: for ranking only."""
        self._pick_probes()
        wanted = Wanted(True, False, False)
        run = FilterRun(self._ffmpeg, self._layout, wanted) if self._ffmpeg and self._able[0].vmaf else None
        at = dict(self._probes)
        ssims: list[float] = []
        psnrs: list[float] = []
        vmaf: Sequence[float] = ()
        try:
            for number, render in enumerate(renders):
                source = at.get(number)
                if source is None:
                    continue
                if run is not None:
                    run.add(source, render)
                ssims.append(float_ssim(source[0], render[0], self._layout.depth))
                psnrs.append(_psnr_y(source, render, self._layout.depth))
            if run is not None:
                vmaf = run.finish().values.get("vmaf", ())
        finally:
            if run is not None:
                run.close()
        found = {"ssim": float(np.mean(ssims)), "psnr_y": float(np.mean(psnrs))}
        return found | ({"vmaf": float(np.mean(vmaf))} if vmaf else {})

    def _pick_probes(self) -> None:
        if self._probes:
            return
        picked = probe_numbers(self._source.info.frames)
        self._probes = [
            (number, frame.planes) for number, frame in enumerate(self._source.frames()) if number in picked
        ]


def probe_numbers(frames: int) -> set[int]:
    """About ``PROBE_FRAMES`` frame numbers, not evenly spread: no arm's frame rate may fall in step."""
    step = max(1.0, frames / PROBE_FRAMES)
    count = min(frames, PROBE_FRAMES)
    return {int((n + n * GOLDEN % 1) * step) for n in range(count)}


class _Own:
    """Our own metrics; a pair that is the same as the one before keeps its figures."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._before: tuple[Planes, Planes] | None = None
        self._figures: dict[str, float] = {}

    def of(self, source: Planes, render: Planes) -> dict[str, float]:
        before = self._before
        if before is not None and before[1] is render and np.array_equal(before[0][0], source[0]):
            return self._figures
        self._before = (source, render)
        depth = self._layout.depth
        found = {"psnr_y": _psnr_y(source, render, depth)}
        pair = source[0], render[0]
        found["ssim"] = float_ssim(*pair, depth)
        found["window_ssim"] = window_ssim(*pair, depth)
        if min(pair[0].shape) >= LEAST_SIDE:
            found["ms_ssim"] = ms_ssim(*pair, depth)
        self._figures = found
        return found


def _psnr_y(source: Planes, render: Planes, depth: int) -> float:
    return psnr(squared_error(source[0], render[0]) / source[0].size, depth)
