# SPDX-License-Identifier: Apache-2.0
"""How many bytes a window of texture is worth at a lambda.

A few stations (an arm, a CRF), always the same, are tried; between those on the lower hull of squared error
over bytes, error falls by some lambda for a bit. Joined in logarithms they make a law of the window alone by
which bytes rise as lambda falls, always: another choice of arms would jump, and may jump back.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import pairwise

from mtor_transcode.analyze.textures.probe import Arm, Point

COARSE = (
    (Arm(8, 4), 60),
    (Arm(8, 2), 56),
    (Arm(4, 4), 56),
    (Arm(4, 2), 56),
    (Arm(4, 1), 56),
    (Arm(2, 2), 56),
    (Arm(2, 1), 52),
    (Arm(1, 8), 62),
)
FINE = (Arm(1, 1), 44)
"""Stations, from the cheapest on. The fine one takes as long as all others; only small lambdas need it."""

MODESTY = 1.5
"""What lambda is multiplied by: arms chosen by SSIM gain less in squared error than the hull promises."""

USUAL_SLOPE = -0.6
"""Fall of log bytes over log lambda beyond the stations."""


class Law:
    """Log bytes over lambda (squared error times seconds, for a bit), from points of a window of so long."""

    def __init__(self, points: Iterable[Point], seconds: float) -> None:
        self._bends = _bends(_hull(points), seconds)

    @property
    def least(self) -> float:
        """The lambda below which the law is a guess."""
        return math.exp(self._bends[-1][0]) / MODESTY

    def rate(self, lam: float) -> float:
        """Log bytes at a lambda."""
        log = math.log(MODESTY * lam)
        first, last = self._bends[0], self._bends[-1]
        if log >= first[0]:
            return first[1] + USUAL_SLOPE * (log - first[0])
        for (high, less), (low, more) in pairwise(self._bends):
            if log >= low:
                return less + (more - less) * (high - log) / (high - low)
        return last[1] + USUAL_SLOPE * (log - last[0])


def _hull(points: Iterable[Point]) -> list[Point]:
    """The points that are best at some lambda, from the cheapest on."""
    hull: list[Point] = []
    for point in sorted(points, key=lambda point: (point.bytes, point.squares)):
        if hull and point.squares >= hull[-1].squares:
            continue
        while len(hull) > 1 and _fall(hull[-2], hull[-1]) <= _fall(hull[-1], point):
            del hull[-1]
        hull.append(point)
    return hull


def _bends(hull: list[Point], seconds: float) -> list[tuple[float, float]]:
    """Log lambda, falling, and log bytes: between neighbours on the hull, at the mean of their log bytes."""
    if len(hull) == 1:  # As if error fell with the root of bytes.
        return [(math.log(hull[0].squares * seconds / (16 * hull[0].bytes)), math.log(hull[0].bytes))]
    return [
        (math.log(_fall(one, other) * seconds / 8), math.log(one.bytes * other.bytes) / 2)
        for one, other in pairwise(hull)
    ]


def _fall(one: Point, other: Point) -> float:
    """Squared error that every further byte takes away."""
    return (one.squares - other.squares) / max(other.bytes - one.bytes, 1e-9)
