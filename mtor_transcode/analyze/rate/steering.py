# SPDX-License-Identifier: Apache-2.0
"""Courses: lambda over the time of one pass, fixed or steered so that the pass ends just below its budget."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import compress

from mtor_transcode.analyze.rate.ceiling import Floor, level_at, level_within
from mtor_transcode.analyze.rate.traces import (
    LAMBDA_MAX,
    LAMBDA_MIN,
    GivenUp,
    Point,
    Trace,
    expected,
    rests,
    solve,
)

CLOSE = 0.95
"""A film that uses this share of its budget is near enough."""

ENOUGH = 0.9
"""So is one that uses this share, after ``PATIENCE`` passes."""

PATIENCE = 5
TRIES = 12

AIM = 0.98
"""Share of the budget that a pass is steered to; the rest is for surprises."""

CAUTION = 0.01
"""What is taken off it for every pass that was over its budget only at the end."""

FROZEN = 0.97
"""From this share of the film on lambda may rise without limit, so that the film keeps within its budget."""

LEARNT = 0.2
"""Before this share of the budget is spent, a pass has learnt little."""

SAME, DODGE = 0.004, 0.03
"""A start (log lambda) this near to one tried before is moved by so much."""

BOLDER = 0.93
"""What the aim is multiplied by for every pass beyond ``PATIENCE`` as long as no film has fitted."""

LATE = 0.9
"""Where the end begins, as a share of the film."""

FINER = 2.0
COARSER = 3.0
"""How far (factors) lambda may go from where the pass started: evenness against nearness."""

HOPELESS = 0.07
"""A pass that will miss its budget by more than this share, as far as can be told, is broken off."""

SLACK = 0.03
"""What is spent is an estimate until it is written: only so much above the budget ends a pass at once."""

FIRST_OVER = 2.0
"""So is a first pass that has spent so many budgets."""

AHEAD = 0.5
"""Seconds after a decision in which what it brings may come, but for textures."""

FIRST_LAMBDA = 4000.0
FIRST_KBPS = 10.0
"""Where the first pass starts: high rather than low, as low lambdas take long."""


class Course:
    """Lambda over one pass. This one is fixed."""

    def __init__(self, lam: float) -> None:
        self.trace = Trace()
        self.start = lam
        self._lam = lam

    def at(self, position: float, spent: float) -> float:
        """Lambda from ``position`` (ticks) on, where ``spent`` bytes have been spent up to it."""
        self.trace.note(position, spent, self._lam)
        return self._lam

    @property
    def mean(self) -> float:
        """Mean lambda (geometric, by bytes) of what was spent so far."""
        point = self.trace.rest(-1.0)
        return self._lam if point is None else math.exp(point.log_lambda)

    @property
    def taken(self) -> Floor:
        """The log lambdas that the course gave, from each position (ticks) on."""
        positions, logs = self.trace.positions, [*self.trace.logs[1:], math.log(self._lam)]
        steps = {0: math.log(self.start)} | {round(at): log for at, log in zip(positions, logs, strict=True)}
        return tuple(sorted(steps.items()))


class FlooredCourse(Course):
    """A course that follows the log lambdas of ``base``, but is nowhere below ``floor``.

    What is decided at a tick may come up to ``ahead`` ticks later.
    """

    def __init__(self, base: Floor, floor: Floor, ahead: float) -> None:
        super().__init__(math.exp(max(base[0][1], level_at(floor, base[0][0]))))
        self._base = base
        self._floor = floor
        self._ahead = ahead

    def at(self, position: float, spent: float) -> float:
        """As ``Course.at``."""
        super().at(position, spent)
        least = level_within(self._floor, position, position + self._ahead)
        self._lam = math.exp(max(level_at(self._base, position), least))
        return self._lam


class FirstCourse(Course):
    """A fixed course that gives up once far too much has been spent."""

    def __init__(self, lam: float, budget: float) -> None:
        super().__init__(lam)
        self._budget = budget

    def at(self, position: float, spent: float) -> float:
        """As ``Course.at``; raises GivenUp."""
        super().at(position, spent)
        if spent > FIRST_OVER * self._budget:
            raise GivenUp
        return self._lam


class SteeredCourse(Course):
    """A course that is corrected at each decision, by what earlier passes spent afterwards.

    ``budget`` is in bytes, ``aim`` the share of it that is to be used, ``end`` the film's length in ticks;
    ``tried`` are lambdas that passes have started with: the same again would give the same.
    """

    def __init__(
        self,
        budget: float,
        traces: Sequence[Trace],
        end: float,
        tried: Sequence[float] = (),
        aim: float = AIM,
    ) -> None:
        wanted = max(solve(rests(traces, -1.0, end), aim * budget), LAMBDA_MIN)
        start = wanted
        while any(abs(math.log(lam / start)) < SAME for lam in tried):
            start *= math.exp(DODGE)
        super().__init__(min(start, LAMBDA_MAX))
        self._dodge = start / wanted
        self._budget = budget
        self._aim = aim * budget
        self._traces = traces
        self._end = end
        self._least = max(self._lam / FINER, LAMBDA_MIN)
        self._most = min(self._lam * COARSER, LAMBDA_MAX)

    def at(self, position: float, spent: float) -> float:
        """As ``Course.at``; raises GivenUp."""
        super().at(position, spent)
        if spent > (1 + SLACK) * self._budget:
            raise GivenUp
        points = rests(self._traces, position, self._end)
        if points:
            wanted = solve(points, max(self._aim - spent, (self._budget - spent) / 4))
            if spent < LEARNT * self._budget:
                wanted *= self._dodge
            most = self._most if position < FROZEN * self._end else LAMBDA_MAX
            self._lam = min(max(wanted, self._least), most)
            self._judge(points, spent)
        return self._lam

    def _judge(self, points: list[Point], spent: float) -> None:
        """Give up if even the largest lambda will exceed the budget."""
        if spent + expected(points, self._most) > (1 + HOPELESS) * self._budget:
            raise GivenUp


@dataclass(slots=True)
class SizeSearch:
    """Proposes courses until a film is near enough to its budget.

    ``budget`` (bytes) is what the film may take beyond its sound, ``end`` its length in ticks, ``first`` the
    lambda to begin with.
    """

    budget: float
    end: int
    first: float
    best: float = 0.0
    tries: int = 0
    smallest: float | None = None
    lowest: float = math.inf
    starts: list[float] = field(default_factory=list)
    traces: list[Trace] = field(default_factory=list)

    @property
    def done(self) -> bool:
        """Whether the best film is near enough, or no better one can be hoped for."""
        if not self.best:
            return self.smallest is not None
        if self.best >= CLOSE * self.budget or self.lowest <= LAMBDA_MIN * 1.02:
            return True
        return self.tries >= (PATIENCE if self.best >= ENOUGH * self.budget else TRIES)

    def next_course(self) -> Course:
        """The course of the next pass."""
        hopeless = self.budget <= 0 or max(self.starts, default=0) >= LAMBDA_MAX or self.tries >= TRIES
        if hopeless and not self.best:
            return Course(LAMBDA_MAX)  # What is called the smallest possible must be it.
        if not self.traces:
            return FirstCourse(min(max(self.first, LAMBDA_MIN), LAMBDA_MAX), self.budget)
        aim = AIM - CAUTION * sum(
            trace.spent[-1] > self.budget and trace.positions[-1] > LATE * self.end
            for trace in self.traces[1:]
        )
        aim = max(aim, CLOSE)
        if not self.best and self.tries > PATIENCE:
            aim *= BOLDER ** (self.tries - PATIENCE)  # Any film is better than none.
        return SteeredCourse(self.budget, self.traces, self.end, self.starts, aim)

    def share(self, number: int) -> float:
        """What a pass spent of its budget, as if it had gone on to the end as before."""
        trace = self.traces[number]
        return trace.spent[-1] / max(self.budget, 1.0) * max(self.end / max(trace.positions[-1], 1.0), 1.0)

    def keep(self, chosen: Sequence[bool]) -> None:
        """Forget what passes that are not ``chosen`` told: it was about another film than those to come."""
        self.traces = list(compress(self.traces, chosen))
        self.starts = list(compress(self.starts, chosen))

    def note(self, course: Course, size: float | None) -> bool:
        """Tell how a course ended: ``size`` bytes beyond the sound, None if it was given up.

        Returns whether the film is the best so far.
        """
        self.tries += 1
        self.starts.append(course.start)
        if size is not None and course.start >= LAMBDA_MAX:
            self.smallest = size
        self.traces.append(course.trace)
        if size is None or size > self.budget:
            return False
        self.lowest = min(self.lowest, course.mean)
        better = size > self.best
        self.best = max(self.best, size)
        return better


def first_lambda(kbps: float) -> float:
    """Where to begin for a rate of ``kbps``."""
    return float(FIRST_LAMBDA * (max(kbps, 1e-3) / FIRST_KBPS) ** (-1 / 0.7))
