# SPDX-License-Identifier: Apache-2.0
"""At how many bytes a rate-quality curve of few points reaches a quality."""

from __future__ import annotations

import math
from collections.abc import Iterable

Point = tuple[float, float]
"""Bytes (positive) and a figure of quality, more being better."""

CLOSEST = 1e-7
"""The least 1 - SSIM that counts (70 dB): equal pictures would be infinitely good."""


def bytes_at(points: Iterable[Point], target: float) -> float | None:
    """The bytes at which the curve through ``points`` first reaches ``target``; None if it never does.

    Only points that no cheaper one equals or beats are on the curve. Between two of them the quality runs
    straight over the logarithm of the bytes, as BD-rates see it. A curve whose cheapest point is better than
    the target already is that point's bytes: a bound from above.
    """
    best: Point | None = None
    for size, figure in sorted(points, key=lambda point: (point[0], -point[1])):
        if best is not None and figure <= best[1]:
            continue
        if figure >= target:
            if best is None:
                return float(size)
            share = (target - best[1]) / (figure - best[1])
            return float(math.exp(math.log(best[0]) * (1 - share) + math.log(size) * share))
        best = (size, figure)
    return None


def ssim_db(ssim: float) -> float:
    """SSIM as -10 log10(1 - SSIM), dB: straight where SSIM itself bends towards 1."""
    return -10 * math.log10(max(1 - ssim, CLOSEST))
