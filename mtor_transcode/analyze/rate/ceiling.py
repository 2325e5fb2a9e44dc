# SPDX-License-Identifier: Apache-2.0
"""A ceiling on the rate over any few seconds: least lambdas over time, which passes raise where they must.

Where a window of a film takes more than it may, lambda in it is raised to one level, so that what is coded
best loses first, and no moment more than it must. What was raised stays: after a few passes all windows hold.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mtor_transcode.analyze.rate.flow import NOBODY, Flow
from mtor_transcode.analyze.rate.traces import LAMBDA_MAX, SLOPES, USUAL_SLOPE

AIM = 0.96
"""Share of what a window may take that a pass aims at."""

STEP = 0.01
"""Levels (log lambda) are whole multiples of it."""

HIGHEST = math.log(LAMBDA_MAX)

HALVINGS = 30


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many ``bytes`` in any so many ``seconds`` (inf: in the whole film)."""

    seconds: float
    bytes: float


Floor = tuple[tuple[int, float], ...]
"""Ticks, rising, and the least logarithm of lambda from each on; ``NONE`` before the first."""

GROUND: Floor = ()

NONE = 0.0
"""The level where there is no floor: below all that is ever used."""


def level_at(floor: Floor, tick: float) -> float:
    """The least log lambda at a tick."""
    place = bisect_right(floor, tick, key=_tick)
    return floor[place - 1][1] if place else NONE


def level_within(floor: Floor, start: float, end: float) -> float:
    """The largest of the least log lambdas in ``[start, end)``."""
    first = max(bisect_right(floor, start, key=_tick) - 1, 0)
    return max((log for tick, log in floor[first : bisect_left(floor, end, key=_tick)]), default=NONE)


def clipped(floor: Floor, start: int, end: int) -> Floor:
    """What of a floor concerns ticks in ``[start, end)``."""
    steps = [(start, level_at(floor, start)), *((tick, log) for tick, log in floor if start < tick < end)]
    return _plain(steps)


def excess(flow: Flow, limits: Sequence[Limit]) -> float:
    """What the worst window of a film takes, as a share of what it may."""
    worst = (float(flow.windows(limit.seconds).max(initial=0.0)) / limit.bytes for limit in limits)
    return max(worst, default=0.0)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a pass took, whose log lambdas were those of ``base`` where ``floor`` was not above them."""

    flow: Flow
    base: Floor
    floor: Floor

    def levels(self, ticks: NDArray[np.int64]) -> NDArray[np.float64]:
        """The log lambdas (float64) at ticks; the largest for ``NOBODY``, as nothing there can fall."""
        found = [max(level_at(self.base, tick), level_at(self.floor, tick)) for tick in ticks]
        return np.where(ticks == NOBODY, HIGHEST, np.array(found, np.float64))


def raised(outcome: Outcome, limits: Sequence[Limit], before: Outcome | None = None) -> Floor:
    """The floor for another pass after one that took too much; its own floor if none can help.

    ``before`` is the pass before that one.
    """
    flow, floor = outcome.flow, outcome.floor
    ticks, which = np.unique(flow.since, return_inverse=True)
    used = outcome.levels(ticks)
    levels = _Levels(flow, which, used, USUAL_SLOPE if before is None else _slope(before, outcome))
    for limit in limits:
        levels.hold(limit)
    if not (levels.logs > used).any():
        return floor
    rounded = np.where(levels.logs > used, np.ceil(levels.logs / STEP) * STEP, NONE)
    fresh = tuple(zip(ticks.tolist(), np.minimum(rounded, HIGHEST).tolist(), strict=True))
    places = sorted({max(tick, 0) for tick, _ in (*fresh, *floor)})
    return _plain([(tick, max(level_at(fresh, tick), level_at(floor, tick))) for tick in places])


def _slope(before: Outcome, after: Outcome) -> float:
    """The fall of log bytes over log lambda at which one pass would have promised what the next one took."""
    rises = after.levels(before.flow.since) - before.levels(before.flow.since)
    took = float(after.flow.sizes.sum())
    steep, shallow = SLOPES
    for _ in range(HALVINGS):
        slope = (steep + shallow) / 2
        promised = float((before.flow.sizes * np.exp(slope * rises)).sum())
        steep, shallow = (slope, shallow) if promised < took else (steep, slope)
    return shallow


class _Levels:
    """Log lambdas of decisions, raised window by window; ``which`` decision each load of a flow is of.

    ``used`` (float64) are those that the flow comes from, ``slope`` the fall of log bytes over them.
    """

    def __init__(self, flow: Flow, which: NDArray[np.int64], used: NDArray[np.float64], slope: float) -> None:
        self.logs = used.copy()
        self._flow = flow
        self._which = which
        self._used = used
        self._slope = slope

    def hold(self, limit: Limit) -> None:
        """Raise levels until no window is likely to take more than it may, if that can be."""
        flow, length = self._flow, min(limit.seconds, self._flow.seconds)
        hopeless = np.zeros(len(flow.times), bool)
        while True:
            found = np.where(hopeless, 0.0, flow.windows(limit.seconds, self._expected(self.logs)))
            worst = int(np.argmax(found)) if len(found) else 0
            if not len(found) or found[worst] <= limit.bytes:
                return
            end = int(np.searchsorted(flow.times, flow.times[worst] + length, "left"))
            self._lower(slice(worst, end), AIM * limit.bytes - flow.evenly * length)
            hopeless[worst] = True

    def _lower(self, window: slice, room: float) -> None:
        """Raise the levels of all that is in a window to one at which it takes ``room`` bytes, about."""
        mine = self._which[window]
        low, high = float(self.logs[mine].min()), HIGHEST
        for _ in range(HALVINGS):
            level = (low + high) / 2
            expected = self._expected(np.maximum(self.logs, level), window)
            low, high = (level, high) if float(expected.sum()) > room else (low, level)
        self.logs[mine] = np.maximum(self.logs[mine], high)

    def _expected(self, logs: NDArray[np.float64], part: slice = slice(None)) -> NDArray[np.float64]:
        """Bytes of the loads, or part of them, at other log lambdas."""
        mine = self._which[part]
        return np.asarray(self._flow.sizes[part] * np.exp(self._slope * (logs[mine] - self._used[mine])))


def _tick(step: tuple[int, float]) -> int:
    return step[0]


def _plain(steps: Sequence[tuple[int, float]]) -> Floor:
    """Steps without those that change nothing."""
    found: list[tuple[int, float]] = []
    for tick, log in steps:
        if log != (found[-1][1] if found else NONE):
            found.append((tick, log))
    return tuple(found)
