# SPDX-License-Identifier: Apache-2.0
"""Film ticks from a stream's timestamps.

A stream has a constant frame rate if one of the rates that the container names (or the standard rate next
to the mean distance of its frames) puts nearly every timestamp one frame after the one before, within the
container's rounding. Then a tick is a frame. Otherwise a tick is the stream's own time base and times are
exact; only time bases finer than 1/90000 s are rounded to that, so that hours of ticks fit 32 bits.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

FINEST = Fraction(1, 90000)
DEFAULT_RATE = Fraction(25)
_MAX_RATE = 1000
_SINGLE_STEPS = 0.95
_JUMP_BACK = Fraction(1)
_STANDARD_RATES = tuple(
    [Fraction(n) for n in (5, 6, 8, 10, 12, 15, 16, 18, 20, 24, 25, 30, 48, 50, 60, 72, 75, 90, 100, 120)]
    + [Fraction(144), Fraction(240)]
    + [Fraction(n * 1000, 1001) for n in (12, 15, 24, 30, 48, 60, 120, 240)]
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Timing:
    """The film's ``time_base`` (seconds per tick), nominal ``frame_rate`` (1/s), and whether it varies."""

    time_base: Fraction
    frame_rate: Fraction
    vfr: bool

    @property
    def step(self) -> int:
        """The nominal duration of a frame in ticks, at least 1."""
        return max(1, round(1 / (self.frame_rate * self.time_base)))

    def ticks(self, seconds: Fraction) -> int:
        """The first tick at or after a time, with a millionth of a second of indulgence."""
        return math.ceil(seconds / self.time_base - Fraction(1, 10**6) / self.time_base)


def find_timing(pts: Sequence[int], time_base: Fraction, declared: Iterable[Fraction | None]) -> Timing:
    """The timing of a stream from its first timestamps (presentation order) and its ``declared`` rates."""
    rates = [rate for rate in declared if rate and 0 < rate <= _MAX_RATE]
    if len(pts) < 2:
        rate = rates[0] if rates else DEFAULT_RATE
        return Timing(1 / rate, rate, False)
    mean = Fraction(len(pts) - 1) / ((pts[-1] - pts[0]) * time_base) if pts[-1] > pts[0] else DEFAULT_RATE
    for rate in _candidates(rates, mean):
        if _fits(pts, time_base, rate):
            return Timing(1 / rate, rate, False)
    nominal = min(max(mean, Fraction(1, 1000)), Fraction(_MAX_RATE))
    return Timing(max(time_base, FINEST), nominal.limit_denominator(1001), True)


def _candidates(rates: list[Fraction], mean: Fraction) -> Iterable[Fraction]:
    for rate in [*rates, mean]:
        near = min(_STANDARD_RATES, key=lambda standard, rate=rate: abs(standard - rate))  # type: ignore[misc]
        if abs(near - rate) <= rate / 1000:
            yield near
    yield from rates
    yield mean.limit_denominator(1001)


def _fits(pts: Sequence[int], time_base: Fraction, rate: Fraction) -> bool:
    frames = time_base * rate
    slack = min(Fraction(2, 5), max(frames * Fraction(11, 10), Fraction(1, 50)))
    places = [(value - pts[0]) * frames for value in pts]
    numbers = [round(place) for place in places]
    if any(abs(place - number) > slack for place, number in zip(places, numbers, strict=True)):
        return False
    steps = [after - before for before, after in pairwise(numbers)]
    single = sum(step == 1 for step in steps)
    return min(steps) >= 1 and single >= _SINGLE_STEPS * len(steps)


class Clock:
    """Gives each frame of one decoding its tick, strictly increasing, counted from timestamp ``origin``.

    ``restarted`` tells whether timestamps started anew.
    """

    def __init__(self, timing: Timing, origin: int, time_base: Fraction) -> None:
        self._timing = timing
        self._origin = origin * time_base
        self._last: int | None = None
        self.restarted = False

    def tick(self, pts: int | None, time_base: Fraction | None) -> int:
        """The tick of the next frame; frames without or with repeated timestamps follow the one before."""
        tick = self._place(pts, time_base)
        last = self._last
        if last is not None and tick <= last:
            if (last - tick) * self._timing.time_base > _JUMP_BACK and pts is not None:
                # The timestamps start anew (a joined recording): go on from here.
                self.restarted = True
                self._origin -= (last + self._timing.step - tick) * self._timing.time_base
                tick = last + self._timing.step
            else:
                tick = last + (1 if pts is not None else self._timing.step)
        self._last = tick
        return tick

    def _place(self, pts: int | None, time_base: Fraction | None) -> int:
        if pts is None or time_base is None:
            return 0 if self._last is None else self._last
        return round((pts * time_base - self._origin) / self._timing.time_base)
