# SPDX-License-Identifier: Apache-2.0
"""Rate control: lambda over the time of a pass, from what earlier passes spent when.

Every pass leaves a trace: how many bytes were spent up to each decision, at which lambda. The next pass asks
the traces, at each of its own decisions, how much the rest of the film would take at a lambda, and chooses
the one that uses up what is left of the budget. So sizes that are a noisy function of lambda are met too.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

LAMBDA_MIN = 8.0
LAMBDA_MAX = 2e6

USUAL_SLOPE = -0.7
"""Fall of log bytes over log lambda where nothing is known yet."""

SLOPES = (-1.6, -0.25)
"""What such curves do."""

NEAR_LAMBDA = 0.15
"""Points whose logarithms of lambda are nearer than this tell nothing about the slope."""

STRIDE = 3.0
"""How far (in log lambda) a guess goes beyond what is known: small lambdas take long."""


def lambda_of_quality(quality: float) -> float:
    """Lambda (squared error per bit) for a quality of 0-100: 40,000 at 0, 400 at 50, 4 at 100."""
    return float(40_000.0 * 10.0 ** (-quality / 25.0))


def quality_of_lambda(lam: float) -> float:
    """The quality that means ``lam``, kept within 0-100."""
    return float(min(max(25.0 * math.log10(40_000.0 / lam), 0.0), 100.0))


class GivenUp(Exception):  # noqa: N818
    """A pass that cannot end near its budget was broken off; its trace tells what it has learnt."""


@dataclass(slots=True)
class Trace:
    """What a pass told: positions in time (ticks, rising), bytes spent up to each, lambda since the last."""

    positions: list[float] = field(default_factory=list)
    spent: list[float] = field(default_factory=list)
    logs: list[float] = field(default_factory=list)
    settled: int = 0

    def note(self, position: float, spent: float, lam: float) -> None:
        """Add a decision: ``spent`` bytes up to ``position``, those since the last one at ``lam``."""
        self.positions.append(position)
        self.spent.append(spent)
        self.logs.append(math.log(lam))

    def settle(self, spent: float) -> None:
        """Correct what was noted since the last call: it was an estimate, ``spent`` bytes is the truth."""
        base = self.spent[self.settled]
        estimated = self.spent[-1] - base
        if estimated > 0:
            factor = (spent - base) / estimated
            later = range(self.settled + 1, len(self.spent))
            self.spent[self.settled + 1 :] = [base + factor * (self.spent[i] - base) for i in later]
        self.settled = len(self.spent) - 1

    def rewind(self, position: float) -> None:
        """Forget decisions after ``position`` that are not settled: they were taken back."""
        count = sum(each <= position for each in self.positions)
        kept = max(count, self.settled + 1)
        del self.positions[kept:], self.spent[kept:], self.logs[kept:]

    def rest(self, position: float) -> Point | None:
        """The bytes after ``position`` if all had been at the mean lambda; None if there were none."""
        costs = np.diff(np.asarray(self.spent), prepend=0.0)
        logs = np.asarray(self.logs)
        mean = float((costs * logs).sum() / max(float(costs.sum()), 1.0))
        even = np.cumsum(costs * np.exp(-USUAL_SLOPE * (logs - mean)))
        size = float(even[-1]) - float(np.interp(position, np.asarray(self.positions), even, left=0.0))
        return Point(mean, math.log(size)) if size >= 1 else None


def rests(traces: Sequence[Trace], position: float, end: float) -> list[Point]:
    """What each trace tells of the bytes after ``position`` in a film that ends at ``end``.

    Passes that were broken off before ``position`` tell nothing; the rest of those that were broken off
    later is taken from the one that came furthest.
    """
    furthest = max(reversed(traces), key=lambda trace: trace.positions[-1])
    points = []
    for trace in traces:
        point = trace.rest(position) if trace.positions[-1] > position else None
        if point is None:
            continue
        reached, log = trace.positions[-1], trace.logs[-1]
        size = math.exp(point.log_size)
        rest = furthest.rest(reached) if trace is not furthest else None
        if rest is not None:
            # As much more, or less, as up to there, as far as that is likely.
            so_far = max(furthest.spent[-1] - math.exp(rest.log_size), 1.0)
            likely = sorted(slope * (log - rest.log_lambda) for slope in SLOPES)
            ratio = math.log(max(trace.spent[-1], 1.0) / so_far)
            size += math.exp(rest.log_size + min(max(ratio, likely[0]), likely[1]))
        if furthest.positions[-1] < end:
            scale = math.exp(USUAL_SLOPE * (log - furthest.logs[-1]))
            size += scale * _unknown_rest(furthest, end)
        points.append(Point(point.log_lambda, math.log(size)))
    return points


def _unknown_rest(trace: Trace, end: float) -> float:
    """A guess at the bytes after a pass was broken off: as before, at even pace, but for the first state."""
    share = trace.positions[-1] / end
    spent = trace.spent[-1]
    pace = (spent - trace.spent[min(1, len(trace.spent) - 1)]) / share if share > 0.1 else spent
    return (1 - min(share, 1.0)) * pace


@dataclass(frozen=True, slots=True)
class Point:
    """A known point of the curve of size over lambda, both as logarithms."""

    log_lambda: float
    log_size: float


def solve(points: Sequence[Point], size: float) -> float:
    """The lambda at which ``size`` bytes are to be expected, by the power law through the nearest points."""
    aim = math.log(max(size, 1.0))
    over = [point for point in points if point.log_size > aim]
    under = [point for point in points if point.log_size <= aim]
    nearest = min(points, key=lambda point: abs(point.log_size - aim))
    if over and under:
        low = max(over, key=_log_lambda)
        beyond = [point for point in under if point.log_lambda > low.log_lambda]
        if beyond:
            high = min(beyond, key=_log_lambda)
            share = (low.log_size - aim) / (low.log_size - high.log_size)
            return math.exp(low.log_lambda + share * (high.log_lambda - low.log_lambda))
    step = (aim - nearest.log_size) / _slope(points, nearest)
    return math.exp(nearest.log_lambda + min(max(step, -STRIDE), 2 * STRIDE))


def expected(points: Sequence[Point], lam: float) -> float:
    """The bytes to be expected at ``lam``, by the power law through the nearest points."""
    log = math.log(lam)
    below = max((point for point in points if point.log_lambda <= log), key=_log_lambda, default=None)
    above = min((point for point in points if point.log_lambda > log), key=_log_lambda, default=None)
    if below is not None and above is not None:
        share = (log - below.log_lambda) / (above.log_lambda - below.log_lambda)
        return math.exp(below.log_size + share * (above.log_size - below.log_size))
    nearest = below or above
    assert nearest is not None
    return math.exp(nearest.log_size + _slope(points, nearest) * (log - nearest.log_lambda))


def _log_lambda(point: Point) -> float:
    return point.log_lambda


def _slope(points: Sequence[Point], nearest: Point) -> float:
    """The slope of the curve about ``nearest``, by regression over all points."""
    x = np.array([point.log_lambda - nearest.log_lambda for point in points])
    y: NDArray[np.float64] = np.array([point.log_size - nearest.log_size for point in points])
    spread = float((x * x).sum())
    if spread < NEAR_LAMBDA**2:
        return USUAL_SLOPE
    return float(min(max(float((x * y).sum()) / spread, SLOPES[0]), SLOPES[1]))
