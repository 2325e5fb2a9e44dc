# SPDX-License-Identifier: Apache-2.0
"""VMAF, VMAF-NEG and XPSNR through FFmpeg, from frames in memory.

Both videos go through *one* pipe, their frames in turn (source, render, source, render, ...), and FFmpeg's
filter graph takes them apart again. So no video is written to disk or coded again, and there is no pair of
pipes of which FFmpeg could read one while we write the other. A thread writes; whatever goes wrong in FFmpeg
ends in a reason, never in an exception or a wait without end.
"""

from __future__ import annotations

import csv
import math
import queue
import re
import subprocess
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from types import TracebackType

import numpy as np

from mtor_transcode.measure.ffmpeg import Ffmpeg
from mtor_transcode.measure.metrics import PSNR_CAP, Planes

VMAF_MODEL = "vmaf_v0.6.1"
NEG_MODEL = "vmaf_v0.6.1neg"

STALL_SECONDS = 120.0
"""FFmpeg is given up if it takes nothing, or does not end, for so long."""

THREADS = 2
QUEUED_FRAMES = 4
_CHROMA = {(1, 1): "420", (1, 0): "422", (0, 0): "444", (0, 1): "440", (2, 0): "411", (2, 2): "410"}
_XPSNR_LINE = re.compile(r"n:\s*(\d+)\s+XPSNR y:\s*(\S+)")


@dataclass(frozen=True, slots=True)
class Layout:
    """What a raw frame looks like: size in samples, chroma shifts (log2), bits, nominal frames a second."""

    width: int
    height: int
    chroma: tuple[int, int] = (1, 1)
    depth: int = 8
    rate: Fraction = Fraction(25)

    @property
    def pixel_format(self) -> str | None:
        """FFmpeg's name for it, or None if it has none."""
        chroma = _CHROMA.get(self.chroma)
        if chroma is None or self.depth not in (8, 9, 10, 12, 14, 16):
            return None
        return f"yuv{chroma}p" + ("" if self.depth == 8 else f"{self.depth}le")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which figures to ask FFmpeg for; ``features`` are further libvmaf features (``float_ms_ssim``)."""

    vmaf: bool = True
    neg: bool = True
    xpsnr: bool = True
    features: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.vmaf or self.neg or self.xpsnr


@dataclass(frozen=True, slots=True)
class FilterScores:
    """One number a frame for each figure that was measured, and why the others were not.

    Keys of ``values``: ``vmaf`` and ``vmaf_neg`` (0-100), ``xpsnr`` (luma, dB, at most 100), and the names of
    further features. Keys of ``reasons`` are those of the figures that are missing.
    """

    values: dict[str, list[float]] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)


class FilterRun:
    """One run of FFmpeg over pairs of frames. ``add`` every pair in order, then ``finish`` once."""

    def __init__(
        self, ffmpeg: Ffmpeg, layout: Layout, wanted: Wanted, *, stall: float = STALL_SECONDS
    ) -> None:
        self._wanted = wanted
        self._stall = stall
        self._dtype = np.dtype("u1" if layout.depth == 8 else "<u2")
        self._shape = (layout.height, layout.width)
        self._folder = tempfile.TemporaryDirectory(prefix="mtor-vmaf-", ignore_cleanup_errors=True)
        self._queue: queue.Queue[Sequence[Planes] | None] = queue.Queue(QUEUED_FRAMES)
        self._failure = ""  # set by the caller's thread only
        self._broken = False  # set by the feeder only
        self._frames = 0
        with open(self._path("messages"), "wb") as messages:
            self._process = subprocess.Popen(
                _command(ffmpeg.path, layout, wanted),
                stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=messages, cwd=self._folder.name,
            )  # fmt: skip
        self._feeder = threading.Thread(target=self._feed, name="mtor-vmaf", daemon=True)
        self._feeder.start()

    def __enter__(self) -> FilterRun:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def add(self, source: Planes, render: Planes) -> None:
        """Hands over one pair of frames. Waits while FFmpeg is busy; does nothing once it has failed."""
        if self._failure or self._broken:
            return
        self._frames += 1
        self._put([source, render])

    def finish(self) -> FilterScores:
        """Ends the run and reads what FFmpeg found."""
        self._put(None)
        self._feeder.join(self._stall)
        try:
            code = self._process.wait(self._stall)
        except subprocess.TimeoutExpired:
            self._give_up(f"FFmpeg did not end within {self._stall:g} s")
            code = -1
        if not self._failure and (code or self._broken):
            self._failure = _last_words(self._path("messages"), code)
        return self._scores()

    def close(self) -> None:
        """Ends FFmpeg if it still runs and removes the temporary files."""
        if self._process.poll() is None:
            self._give_up("stopped")
        if self._feeder.is_alive():
            self._queue.put(None, timeout=self._stall)  # the feeder takes, whatever became of FFmpeg
            self._feeder.join(self._stall)
        self._folder.cleanup()

    def _path(self, name: str) -> Path:
        return Path(self._folder.name) / name

    def _put(self, pair: Sequence[Planes] | None) -> None:
        try:
            self._queue.put(pair, timeout=self._stall)
        except queue.Full:
            self._give_up(f"FFmpeg took no frame for {self._stall:g} s")

    def _give_up(self, reason: str) -> None:
        self._failure = self._failure or reason
        self._process.kill()
        self._process.wait()

    def _feed(self) -> None:
        pipe = self._process.stdin
        assert pipe is not None
        while (pair := self._queue.get()) is not None:
            if self._broken:
                continue  # keep taking, so that nobody waits for a place in the queue
            try:
                for planes in pair:
                    for plane in planes:
                        pipe.write(np.ascontiguousarray(plane, dtype=self._dtype).data)
            except OSError:
                self._broken = True
        try:
            pipe.close()
        except OSError:
            self._broken = True

    def _scores(self) -> FilterScores:
        scores = FilterScores()
        names = [name for name in ("vmaf", "vmaf_neg", "xpsnr") if _is_wanted(self._wanted, name)]
        names += self._wanted.features
        found = {} if self._failure else self._logged(names)
        for name in names:
            values = found.get(name, [])
            if self._failure:
                scores.reasons[name] = self._failure
            elif len(values) != self._frames:
                scores.reasons[name] = f"FFmpeg gave {len(values)} figures for {self._frames} frames"
            elif not all(map(math.isfinite, values)):
                scores.reasons[name] = "FFmpeg gave figures that are no numbers"
            else:
                scores.values[name] = values
        return scores

    def _logged(self, names: Sequence[str]) -> dict[str, list[float]]:
        """What the filters' logs hold of ``names``."""
        found: dict[str, list[float]] = {}
        try:
            if self._wanted.vmaf or self._wanted.neg:
                found = _read_vmaf(self._path("vmaf.csv"), names)
            if self._wanted.xpsnr:
                found["xpsnr"] = _read_xpsnr(self._path("xpsnr.log"))
        except (OSError, ValueError, csv.Error) as error:
            self._failure = f"FFmpeg's log cannot be read: {error}"
        return found


def usable(ffmpeg: Ffmpeg | None, layout: Layout, wanted: Wanted) -> tuple[Wanted, dict[str, str]]:
    """What of ``wanted`` this FFmpeg can measure on such frames (two grey ones are tried).

    Returns that part of ``wanted`` and, for each figure left out, the reason.
    """
    names = [name for name in ("vmaf", "vmaf_neg", "xpsnr") if _is_wanted(wanted, name)]
    if ffmpeg is None:
        return Wanted(False, False, False), dict.fromkeys(names, "no FFmpeg program was found")
    if layout.pixel_format is None:
        reason = f"FFmpeg has no pixel format for chroma {layout.chroma} at {layout.depth} bits"
        return Wanted(False, False, False), dict.fromkeys(names, reason)
    works: set[str] = set()
    reasons: dict[str, str] = {}
    for name in names:
        program = "xpsnr" if name == "xpsnr" else "libvmaf"
        if program not in ffmpeg.filters:
            reasons[name] = f"FFmpeg {ffmpeg.version} has no {program} filter"
            continue
        alone = Wanted(
            name == "vmaf", name == "vmaf_neg", name == "xpsnr", wanted.features if name == "vmaf" else ()
        )
        refusal = _trial(ffmpeg, layout, alone).reasons
        if refusal:
            reasons[name] = next(iter(refusal.values()))
        else:
            works.add(name)
    features = wanted.features if "vmaf" in works else ()
    return Wanted("vmaf" in works, "vmaf_neg" in works, "xpsnr" in works, features), reasons


def _trial(ffmpeg: Ffmpeg, layout: Layout, wanted: Wanted) -> FilterScores:
    dtype = np.uint8 if layout.depth == 8 else np.uint16
    sx, sy = layout.chroma
    chroma = (-(-layout.height >> sy), -(-layout.width >> sx))
    grey = [
        np.full(shape, 1 << (layout.depth - 1), dtype) for shape in ((layout.height, layout.width), chroma)
    ]
    planes = (grey[0], grey[1], grey[1])
    with FilterRun(ffmpeg, layout, wanted, stall=30.0) as run:
        for _ in range(2):
            run.add(planes, planes)
        return run.finish()


def _is_wanted(wanted: Wanted, name: str) -> bool:
    return {"vmaf": wanted.vmaf, "vmaf_neg": wanted.neg, "xpsnr": wanted.xpsnr}[name]


def _command(program: str, layout: Layout, wanted: Wanted) -> list[str]:
    """FFmpeg reading interleaved frames at twice the rate; the graph gives each filter both videos."""
    branches: list[str] = []
    if wanted.vmaf or wanted.neg:
        models = [f"version={VMAF_MODEL}\\:name=vmaf"] if wanted.vmaf else []
        models += [f"version={NEG_MODEL}\\:name=vmaf_neg"] if wanted.neg else []
        options = f"model='{'|'.join(models)}':log_fmt=csv:log_path=vmaf.csv:n_threads={THREADS}"
        if wanted.features:
            options += f":feature='{'|'.join(f'name={name}' for name in wanted.features)}'"
        branches.append(f"libvmaf={options}")
    if wanted.xpsnr:
        branches.append("xpsnr=stats_file=xpsnr.log")
    count = len(branches)
    even_time = "setpts=N/FRAME_RATE/TB"
    sources = "".join(f"[s{n}]" for n in range(count))
    renders = "".join(f"[r{n}]" for n in range(count))
    graph = [
        "[0:v]split=2[a][b]",
        f"[a]framestep=2,{even_time},split={count}{sources}",
        f"[b]trim=start_frame=1,framestep=2,{even_time},split={count}{renders}",
        *(f"[r{n}][s{n}]{branch}[o{n}]" for n, branch in enumerate(branches)),
    ]
    rate = 2 * layout.rate
    maps = [word for n in range(count) for word in ("-map", f"[o{n}]")]
    return [
        program, "-hide_banner", "-nostats", "-loglevel", "error", "-f", "rawvideo",
        "-pixel_format", str(layout.pixel_format), "-video_size", f"{layout.width}x{layout.height}",
        "-framerate", f"{rate.numerator}/{rate.denominator}", "-i", "pipe:0",
        "-filter_complex", ";".join(graph), *maps, "-f", "null", "-",
    ]  # fmt: skip


def _read_vmaf(path: Path, names: Sequence[str]) -> dict[str, list[float]]:
    if not path.exists():
        return {}
    found: dict[str, list[float]] = {}
    with path.open(newline="") as text:
        for row in csv.DictReader(text):
            for name in names:
                if row.get(name):
                    found.setdefault(name, []).append(float(row[name]))
    return found


def _read_xpsnr(path: Path) -> list[float]:
    if not path.exists():
        return []
    with path.open() as text:
        found = [float(match[2]) for line in text if (match := _XPSNR_LINE.match(line))]
    return [value if math.isnan(value) else min(value, PSNR_CAP) for value in found]


def _last_words(path: Path, code: int) -> str:
    """Why FFmpeg failed: its first message (later ones only repeat that something did), else how it ended."""
    text = path.read_bytes()[:20_000].decode("utf-8", "replace")
    lines = [re.sub(r"^(\[[^\]]*\]\s*)+", "", line).strip() for line in text.splitlines()]
    said = next((line for line in lines if line), "")
    if said:
        return f"FFmpeg failed: {said}"[:200]
    return f"FFmpeg crashed (signal {-code})" if code < 0 else f"FFmpeg stopped early (exit code {code})"
