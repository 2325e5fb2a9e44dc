# SPDX-License-Identifier: Apache-2.0
"""Source and render side by side, frame by frame, in one pass that keeps nothing but numbers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from mtor_transcode.measure.metrics import FrameScores, Plane, Planes, compare_planes
from mtor_transcode.measure.vmaf import FilterRun, FilterScores

Ycc = NDArray[np.uint8]
"""A picture (H, W, 3) of Y, Cb, Cr codes, 4:4:4, 8 bit."""

Tick = Fraction | int

BLANK = 2.0
"""Standard deviation of luma, in 8 bit codes, below which a frame shows nothing."""


class TimedFrame(Protocol):
    """What is needed of a source's frame (``ingest.SourceFrame``)."""

    @property
    def tick(self) -> int: ...
    @property
    def duration(self) -> int: ...
    @property
    def planes(self) -> Any: ...
    def ycc8(self) -> Ycc: ...


class Painter(Protocol):
    """What is needed of a renderer (``render.FrameRenderer``).

    ``frame`` gives the picture at a film tick, as an array that is never drawn over: the same array again
    means the same picture.
    """

    def frame(self, tick: Tick) -> Ycc: ...


@dataclass(frozen=True, slots=True)
class Pairing:
    """How a source's frames meet a film's pictures.

    ``ratio`` film ticks make one source tick; source frames that begin at or after film tick ``end`` have no
    picture; ``to_planes`` brings a render to the source's chroma and depth, in arrays that stay as they are.
    """

    ratio: Fraction
    end: int
    depth: int
    to_planes: Callable[[Ycc], Planes]

    def film_tick(self, tick: int) -> Tick:
        """The film's time of a source tick."""
        when = tick * self.ratio
        return int(when) if when.denominator == 1 else when


@dataclass(frozen=True, slots=True)
class MeasuredFrame:
    """One source frame: its time and length in source ticks, its scores, and whether it is blank."""

    tick: int
    duration: int
    scores: FrameScores
    blank: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """What one pass found. ``complete`` is False if source frames were left for want of a picture."""

    frames: tuple[MeasuredFrame, ...]
    filters: FilterScores
    complete: bool
    render_seconds: float
    total_seconds: float


def compare(
    frames: Iterator[TimedFrame],
    painter: Painter,
    pairing: Pairing,
    filters: FilterRun | None = None,
    progress: Callable[[int], None] | None = None,
) -> Comparison:
    """Measures each of ``frames`` against the painter's picture at its own time.

    ``filters`` gets the same pairs; ``progress`` is told how many frames are done. Memory does not grow with
    the film but for a few numbers a frame.
    """
    begin = time.perf_counter()
    rendering = 0.0
    measured: list[MeasuredFrame] = []
    complete = True
    ycc: Ycc | None = None
    render: Planes = ()
    for frame in frames:
        when = pairing.film_tick(frame.tick)
        if when >= pairing.end:
            complete = False
            break
        before = time.perf_counter()
        painted = painter.frame(when)
        rendering += time.perf_counter() - before
        if painted is not ycc:
            ycc, render = painted, pairing.to_planes(painted)
        if filters is not None:
            filters.add(frame.planes, render)
        scores = compare_planes(frame.planes, render, pairing.depth)
        blank = is_blank(frame.planes[0], pairing.depth)
        measured.append(MeasuredFrame(frame.tick, frame.duration, scores, blank))
        if progress is not None:
            progress(len(measured))
    scored = filters.finish() if filters is not None else FilterScores()
    return Comparison(tuple(measured), scored, complete, rendering, time.perf_counter() - begin)


def is_blank(luma: Plane, depth: int) -> bool:
    """Whether a plane of ``depth`` bits has next to no contrast, as in fades: deviation below ``BLANK``."""
    _, deviation = cv2.meanStdDev(luma)
    return bool(deviation[0, 0] < BLANK * (1 << (depth - 8)))


def pictures_at(
    frames: Iterator[TimedFrame], painter: Painter, pairing: Pairing, numbers: set[int]
) -> dict[int, tuple[Ycc, Ycc]]:
    """``{frame number: (source, render)}`` for a few frames, from a second decoding that ends at the last."""
    found: dict[int, tuple[Ycc, Ycc]] = {}
    last = max(numbers, default=-1)
    for number, frame in enumerate(frames):
        if number > last:
            break
        if number in numbers:
            found[number] = (frame.ycc8(), painter.frame(pairing.film_tick(frame.tick)))
    return found
