# SPDX-License-Identifier: Apache-2.0
"""When the pictures of a texture come: where a film jumps and rests, at its jumps and not at equal distances.

Each picture is held until the next one comes. Of all ways to choose some frames, the one is found (by dynamic
programming; the price of a picture by bisection) that leaves the least error over time, in small pictures of
luma where error counts from ``DEAD`` to ``CAP`` only: what has changed matters, not by how much.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import cv2
import numpy as np
from numba import njit
from numpy.typing import NDArray

from mtor_transcode.analyze.textures.spool import Plane

SIDE = 144
"""Px of the shorter side of the pictures that are compared, about."""

DEAD, CAP = 2, 32
"""Differences of luma (codes) up to the first count nothing, beyond the second no more."""

LONGEST = 48
"""Frames that a picture is held at most."""

LEAST = 0.001
"""Error (mean of the squares of what counts, times frames) below which no picture is worth it."""

MOST = 1e5
"""Error above which nobody goes."""

HALVINGS = 40


class Pacing:
    """Frames to be coded, of all that change: their luma, the time (any unit) until the next one does."""

    def __init__(self, lumas: Iterable[Plane], times: Sequence[float]) -> None:
        small = np.stack([_small(luma) for luma in lumas])
        weights = np.asarray(times, np.float64) / max(float(np.mean(times)), 1e-9)
        self._costs = _errors(small, weights, LONGEST, DEAD, CAP)
        self._all = _cheapest(self._costs, LEAST)

    def places(self, step: int) -> list[int]:
        """Every ``step``-th of as many frames as are worth it, but well placed; fewer where no more pay."""
        return self._best(-(-len(self._all) // step))

    def gain(self, step: int) -> float:
        """The error that is left, beside that of as many frames at equal distances (1: no gain)."""
        frames = len(self._costs)
        evenly = range(0, frames, step)
        return self._held(self._best(len(evenly))) / max(self._held(evenly), 1e-9)

    def _best(self, count: int) -> list[int]:
        """At most so many frames."""
        if len(self._all) <= count:
            return self._all
        low, high = LEAST, MOST
        for _ in range(HALVINGS):
            price = (low * high) ** 0.5
            if len(_cheapest(self._costs, price)) > count:
                low = price
            else:
                high = price
        return _cheapest(self._costs, high)

    def _held(self, chosen: Sequence[int]) -> float:
        """The error of frames that are held until the next one."""
        ends = (*chosen[1:], len(self._costs))
        spans = zip(chosen, ends, strict=True)
        return sum(float(self._costs[start, : end - start].sum()) for start, end in spans)


def _small(luma: Plane) -> Plane:
    height, width = luma.shape
    factor = max(1, round(min(height, width) / SIDE))
    size = (max(1, width // factor), max(1, height // factor))
    return np.asarray(cv2.resize(luma, size, interpolation=cv2.INTER_AREA), np.uint8).ravel()


@njit(cache=True, nogil=True)
def _errors(small, weights, longest, dead, cap):  # type: ignore[no-untyped-def]
    """Error at [i, k] if frame i is seen instead of frame i + k, by the time of that one."""
    count, size = small.shape
    found = np.zeros((count, longest))
    for first in range(count):
        for further in range(1, min(longest, count - first)):
            total = np.int64(0)
            for place in range(size):
                apart = abs(np.int32(small[first, place]) - np.int32(small[first + further, place])) - dead
                if apart > 0:
                    apart = min(apart, cap)
                    total += apart * apart
            found[first, further] = weights[first + further] * total / size
    return found


def _cheapest(costs: NDArray[np.float64], price: float) -> list[int]:
    """The frames whose error and price are least together."""
    return [int(place) for place in _shortest_path(costs, price)]


@njit(cache=True, nogil=True)
def _shortest_path(costs, price):  # type: ignore[no-untyped-def]
    count, longest = costs.shape
    least = np.full(count + 1, np.inf)
    before = np.zeros(count + 1, np.int64)
    least[0] = 0.0
    for first in range(count):
        total = least[first] + price
        for further in range(min(longest, count - first)):
            total += costs[first, further]
            if total < least[first + further + 1]:
                least[first + further + 1] = total
                before[first + further + 1] = first
    steps = 0
    place = count
    while place > 0:
        place = before[place]
        steps += 1
    chosen = np.zeros(steps, np.int64)
    place = count
    for number in range(steps - 1, -1, -1):
        place = before[place]
        chosen[number] = place
    return chosen
