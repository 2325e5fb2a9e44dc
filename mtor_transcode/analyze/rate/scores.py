# SPDX-License-Identifier: Apache-2.0
"""The search for the largest lambda whose film still has a score (VMAF)."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from mtor_transcode.analyze.rate.traces import LAMBDA_MAX, LAMBDA_MIN

FIRST = 1000.0
NEAR = 0.4
"""A film whose score is at most this much above the one asked for is near enough."""

TRIES = 8
STRIDE = 2.2
"""How far (in log lambda) a guess goes beyond what is known."""

USUAL_SLOPE = -7.0
SLOPES = (-25.0, -2.5)
"""Change of the score over log lambda where nothing is known yet, and what such curves do."""


@dataclass(slots=True)
class ScoreSearch:
    """Proposes lambdas; the caller notes the score of each in ``scores``."""

    target: float
    scores: dict[float, float] = field(default_factory=dict)

    @property
    def done(self) -> bool:
        """Whether the score is near enough, or no better lambda can be hoped for."""
        if len(self.scores) >= TRIES or self.next_lambda() in self.scores:
            return True
        return any(0 <= value - self.target <= NEAR for value in self.scores.values())

    def next_lambda(self) -> float:
        """Where to try next: between the nearest scores on either side, else on by the slope."""
        if not self.scores:
            return FIRST
        aim = self.target + NEAR / 2
        good = [lam for lam, value in self.scores.items() if value >= self.target]
        poor = [lam for lam, value in self.scores.items() if value < self.target]
        if good and poor:
            low, high = max(good), min(poor)
            fall = max(self.scores[low] - self.scores[high], 1e-6)
            share = min(max((self.scores[low] - aim) / fall, 0.1), 0.9)
            return float(low * (high / low) ** share)
        nearest = max(good) if good else min(poor)
        step = (aim - self.scores[nearest]) / self._slope()
        guess = nearest * math.exp(min(max(step, -STRIDE), STRIDE))
        return min(max(guess, LAMBDA_MIN), LAMBDA_MAX)

    def _slope(self) -> float:
        """Of the two outermost points, kept within what such curves do."""
        low, high = min(self.scores), max(self.scores)
        if low == high:
            return USUAL_SLOPE
        slope = (self.scores[high] - self.scores[low]) / math.log(high / low)
        return min(max(slope, SLOPES[0]), SLOPES[1])
