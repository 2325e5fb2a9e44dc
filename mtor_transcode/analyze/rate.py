# SPDX-License-Identifier: Apache-2.0
"""Rate control: the lambda whose film just fits, found by repeated encoding."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from mtor_transcode.errors import TargetError

LAMBDA_MIN = 8.0
LAMBDA_MAX = 2e6
TRIES = 12

CLOSE = 0.95
"""A film that uses this share of its budget is near enough."""

AIM = 0.975
STRIDE = 1.8
"""How far (in log lambda) a try goes beyond what is known: small lambdas take long."""

USUAL_SLOPE = -0.7
"""Fall of log bytes over log lambda where nothing is known yet."""


def lambda_of_quality(quality: float) -> float:
    """Lambda (squared error per bit) for a quality of 0-100: 40,000 at 0, 400 at 50, 4 at 100."""
    return float(40_000.0 * 10.0 ** (-quality / 25.0))


def quality_of_lambda(lam: float) -> float:
    """The quality that means ``lam``, kept within 0-100."""
    return float(min(max(25.0 * math.log10(40_000.0 / lam), 0.0), 100.0))


@dataclass(slots=True)
class RateSearch:
    """Finds the smallest lambda whose film has at most ``budget`` bytes.

    ``fixed`` bytes of it (sound, header) do not depend on lambda. Sizes are noted by lambda; ``next_lambda``
    proposes the next try until ``done``.
    """

    budget: int
    fixed: int = 0
    first: float = 2000.0
    sizes: dict[float, int] = field(default_factory=dict)

    def note(self, lam: float, size: int) -> None:
        """Tell the size (bytes) that ``lam`` gave."""
        self.sizes[lam] = size

    @property
    def best(self) -> float | None:
        """The lambda of the largest film within the budget, or None so far."""
        fitting = [(size, -lam) for lam, size in self.sizes.items() if size <= self.budget]
        return -max(fitting)[1] if fitting else None

    @property
    def done(self) -> bool:
        """Whether the best film is near enough, or no better one can be hoped for."""
        best = self.best
        if len(self.sizes) >= TRIES:
            return True
        if best is None:
            return bool(self.sizes) and max(self.sizes) >= LAMBDA_MAX
        return self.sizes[best] >= CLOSE * self.budget or best <= LAMBDA_MIN

    def next_lambda(self) -> float:
        """Where to try next: by the power law through the nearest known points."""
        if not self.sizes:
            return min(max(self.first, LAMBDA_MIN), LAMBDA_MAX)
        aim = math.log(max(AIM * self.budget - self.fixed, 16.0))
        points = sorted((math.log(lam), self._log_size(lam)) for lam in self.sizes)
        over = [
            point
            for point, lam in zip(points, sorted(self.sizes), strict=True)
            if self.sizes[lam] > self.budget
        ]
        under = [
            point
            for point, lam in zip(points, sorted(self.sizes), strict=True)
            if self.sizes[lam] <= self.budget
        ]
        if over and under:
            low, high = over[-1], under[0]
            if low[0] > high[0]:
                low, high = over[0], under[-1]
            span = high[0] - low[0]
            share = (low[1] - aim) / (low[1] - high[1]) if low[1] > high[1] else 0.5
            guess = low[0] + span * min(max(share, 0.08), 0.92)
        else:
            if over and len(self.sizes) == TRIES - 1:
                return LAMBDA_MAX  # What is called the smallest possible must be it.
            near = over[-1] if over else under[0]
            slope = _slope(points) if len(points) > 1 else USUAL_SLOPE
            stretch = 1.15 if len(points) > 1 else 1.0
            guess = near[0] + (aim - near[1]) / slope * stretch
        guess = min(max(guess, points[0][0] - STRIDE), points[-1][0] + 2 * STRIDE)
        return min(max(math.exp(guess), LAMBDA_MIN), LAMBDA_MAX)

    def require(self, where: str = "", seconds: float = 0.0) -> float:
        """The best lambda; TargetError, naming the smallest film, if none fits.

        ``where`` names the source, ``seconds`` is its length, for the message.
        """
        best = self.best
        if best is None:
            smallest = min(self.sizes.values())
            rate = f" ({math.ceil(smallest * 8 / 10 / seconds) / 100:g} kbps)" if seconds else ""
            raise TargetError(
                f"no film of at most {self.budget} bytes can be made of it",
                where=where,
                remedy=f"the smallest possible has {smallest} bytes{rate}",
            )
        return best

    def _log_size(self, lam: float) -> float:
        return math.log(max(self.sizes[lam] - self.fixed, 16))


def _slope(points: list[tuple[float, float]]) -> float:
    """Of the two outermost points, kept within what such curves do."""
    (x0, y0), (x1, y1) = points[0], points[-1]
    return min(max((y1 - y0) / (x1 - x0), -1.6), -0.25)
