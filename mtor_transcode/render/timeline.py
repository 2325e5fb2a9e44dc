# SPDX-License-Identifier: Apache-2.0
"""Which frames a rendering has, and at which ticks of the film they are taken."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from mtor_transcode.errors import UsageError
from mtor_transcode.model import FilmHeader
from mtor_transcode.render.stage import Tick

SNAP = Fraction(1, 8)
"""Ticks no longer than this share of a frame: times are taken at the nearest tick.

A source's times in a coarse clock (ms) are rounded; a frame a third of a tick before its picture would show
the picture before. Where ticks are whole frames, times between them are meant and stay.
"""

MAX_FPS = 1000


@dataclass(frozen=True, slots=True)
class Timeline:
    """``count`` frames, ``1 / fps`` s apart from ``start`` s of the film on."""

    start: Fraction
    fps: Fraction
    count: int
    time_base: Fraction

    @property
    def duration(self) -> Fraction:
        """In seconds."""
        return self.count / self.fps

    def ticks(self) -> Iterator[Tick]:
        """The time of each frame in the film's ticks."""
        first, step = self.start / self.time_base, 1 / (self.fps * self.time_base)
        snaps = step >= 1 / SNAP
        for index in range(self.count):
            tick = first + index * step
            yield math.floor(tick + Fraction(1, 2)) if snaps or tick.denominator == 1 else tick


def timeline(
    header: FilmHeader,
    duration: int,
    fps: Fraction | float | None = None,
    start: Fraction | float | None = None,
    length: Fraction | float | None = None,
) -> Timeline:
    """The frames of ``[start, start + length)`` s of a film of ``duration`` ticks.

    At its own rate by default. There is at least one. ``UsageError`` if the times or the rate make no sense.
    """
    rate = _positive(header.frame_rate if fps is None else fps, "frame rate")
    if rate > MAX_FPS:
        raise UsageError(f"{float(rate):g} frames per second are too many", remedy=f"up to {MAX_FPS}")
    whole = duration * header.time_base
    begin = Fraction(0) if start is None else _finite(start, "start")
    if begin < 0 or (begin > 0 and begin >= whole):
        raise UsageError(
            f"the start of {float(begin):g} s is not in the film", remedy=f"it lasts {float(whole):g} s"
        )
    left = whole - begin
    if length is not None:
        left = min(left, _positive(length, "duration"))
    return Timeline(begin, rate, max(1, math.ceil(left * rate)), header.time_base)


def _finite(value: Fraction | float, name: str) -> Fraction:
    if isinstance(value, float) and not math.isfinite(value):
        raise UsageError(f"a {name} of {value} makes no sense", remedy="give a number")
    return Fraction(value).limit_denominator(1_000_000) if isinstance(value, float) else Fraction(value)


def _positive(value: Fraction | float, name: str) -> Fraction:
    fraction = _finite(value, name)
    if fraction <= 0:
        raise UsageError(f"a {name} of {float(fraction):g} makes no sense", remedy="give one above 0")
    return fraction
