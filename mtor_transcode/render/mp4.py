# SPDX-License-Identifier: Apache-2.0
"""A film to an MP4 (H.264) or, by its suffix, a Y4M."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from mtor_transcode.files import staged_file
from mtor_transcode.render.film import Film
from mtor_transcode.render.frames import FrameRenderer
from mtor_transcode.render.mp4_writer import Mp4Writer
from mtor_transcode.render.sink import FrameSink
from mtor_transcode.render.timeline import Timeline, timeline
from mtor_transcode.render.y4m import Y4mWriter

Progress = Callable[[int, int], None]
"""Called with frames done and frames in all, after every frame."""


@dataclass(frozen=True, slots=True)
class RenderResult:
    """A film that was rendered.

    ``frames`` pictures of ``width`` x ``height`` px (as coded, padding included) at ``fps`` for ``seconds``;
    ``padded`` tells that a side was odd and an edge pixel was repeated; ``elapsed`` is seconds of work.
    """

    path: Path
    frames: int
    seconds: float
    fps: Fraction
    width: int
    height: int
    padded: bool
    elapsed: float
    warnings: tuple[str, ...] = ()


def render_mp4(
    reader: Film,
    path: str | Path,
    *,
    size: tuple[int, int] | None = None,
    fps: Fraction | float | None = None,
    lossless: bool = False,
    exact: bool = False,
    start: Fraction | float | None = None,
    duration: Fraction | float | None = None,
    progress: Progress | None = None,
) -> RenderResult:
    """Render ``[start, start + duration)`` s of a film to ``path``, which appears when it is whole.

    ``size`` is (width, height), by default the film's; ``fps`` by default the film's own rate. ``lossless``
    codes without loss (qp 0), ``exact`` keeps 4:4:4 and odd sizes. A path ending in ``.y4m`` gets the plain
    codes.
    ``UsageError`` for options that make no sense, ``OutputError`` if the file cannot be written.
    """
    began = time.monotonic()
    output = Path(path)
    times = timeline(reader.header, reader.duration, fps, start, duration)
    renderer = FrameRenderer(reader, size)
    with staged_file(output) as beside:
        sink: FrameSink
        if output.suffix.lower() == ".y4m":
            sink = Y4mWriter(beside, reader.header, renderer.size, times.fps, exact=exact)
            coded = renderer.size
        else:
            sink = Mp4Writer(beside, reader, renderer.size, times, lossless=lossless, exact=exact)
            coded = sink.size
        _write(renderer, times, sink, progress)
    warnings = list(sink.warnings)
    if coded != renderer.size:
        warnings.append(
            f"the size {renderer.size[0]}x{renderer.size[1]} is odd: padded to {coded[0]}x{coded[1]} "
            "by repeating an edge pixel (--exact keeps it)"
        )
    return RenderResult(
        output,
        times.count,
        float(times.duration),
        times.fps,
        *coded,
        coded != renderer.size,
        time.monotonic() - began,
        tuple(warnings),
    )


def _write(renderer: FrameRenderer, times: Timeline, sink: FrameSink, progress: Progress | None) -> None:
    try:
        for done, tick in enumerate(times.ticks(), 1):
            sink.write(renderer.frame(tick))
            if progress is not None:
                progress(done, times.count)
        sink.finish()
    except BaseException:
        sink.abandon()
        raise
