# SPDX-License-Identifier: Apache-2.0
"""A codec's curve out of all the points that were tried: the best it can do at each rate."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

NEAR = 2.0
"""Two points are near neighbours if one's rate is at most so many times the other's."""


@dataclass(frozen=True, slots=True)
class Dot:
    """A rate (kbps) and a quality, greater is better; ``tag`` tells whose it is."""

    kbps: float
    quality: float
    tag: int = 0


def envelope(dots: Sequence[Dot]) -> list[Dot]:
    """The curve, rates and qualities strictly rising: no dot is dominated, or below near neighbours' chord.

    The chord is drawn over log rate: a viewer of either neighbour half of the time would be better off.
    """
    return _above_chords(non_dominated(dots))


def non_dominated(dots: Sequence[Dot]) -> list[Dot]:
    """Dots of positive rate that none beats in quality at the same or a lower rate."""
    kept: list[Dot] = []
    for dot in sorted(dots, key=lambda each: (each.kbps, -each.quality)):
        if dot.kbps > 0 and (not kept or dot.quality > kept[-1].quality):
            if kept and kept[-1].kbps == dot.kbps:
                continue
            kept.append(dot)
    return kept


def _above_chords(dots: list[Dot]) -> list[Dot]:
    kept = list(dots)
    while True:
        near = [
            n
            for n in range(1, len(kept) - 1)
            if kept[n].kbps <= NEAR * kept[n - 1].kbps and kept[n + 1].kbps <= NEAR * kept[n].kbps
        ]
        worst = max(((sag(*kept[n - 1 : n + 2]), n) for n in near), default=(0.0, 0))
        if worst[0] <= 0:
            return kept
        del kept[worst[1]]


def sag(left: Dot, middle: Dot, right: Dot) -> float:
    """How far ``middle`` lies below the chord of the others, drawn over log rate; negative above it."""
    share = math.log(middle.kbps / left.kbps) / math.log(right.kbps / left.kbps)
    return left.quality + share * (right.quality - left.quality) - middle.quality


def quality_at(curve: Sequence[Dot], kbps: float) -> float | None:
    """Quality at a rate, linear over log rate between the dots; None outside of them."""
    for left, right in pairwise(curve):
        if left.kbps <= kbps <= right.kbps:
            share = math.log(kbps / left.kbps) / math.log(right.kbps / left.kbps)
            return left.quality + share * (right.quality - left.quality)
    return curve[0].quality if curve and curve[0].kbps == kbps else None


def ahead(first: Sequence[Dot], second: Sequence[Dot]) -> bool | None:
    """Whether ``first`` is better (worse: False) at every rate that both have, else None."""
    if not first or not second:
        return None
    low, high = max(first[0].kbps, second[0].kbps), min(first[-1].kbps, second[-1].kbps)
    rates = sorted({low, high, *(dot.kbps for dot in (*first, *second) if low < dot.kbps < high)})
    pairs = [(quality_at(first, rate), quality_at(second, rate)) for rate in rates if low <= high]
    signs = {one > other for one, other in pairs if one is not None and other is not None}
    return signs.pop() if len(signs) == 1 else None


def crossings(first: Sequence[Dot], second: Sequence[Dot]) -> list[tuple[float, bool]]:
    """Rates (kbps) where the curves cross, and whether ``first`` is the better one above."""
    if not first or not second:
        return []
    low, high = max(first[0].kbps, second[0].kbps), min(first[-1].kbps, second[-1].kbps)
    rates = sorted({low, high, *(dot.kbps for dot in (*first, *second) if low < dot.kbps < high)})
    found: list[tuple[float, bool]] = []
    before: tuple[float, float] | None = None
    for rate in rates if low < high else []:
        one, other = quality_at(first, rate), quality_at(second, rate)
        if one is None or other is None or one == other:
            continue
        gap = one - other
        if before is not None and (gap > 0) != (before[1] > 0):
            share = before[1] / (before[1] - gap)
            found.append((before[0] * (rate / before[0]) ** share, gap > 0))
        before = (rate, gap)
    return found
