# SPDX-License-Identifier: Apache-2.0
"""Where an outline runs on below what will be painted later, nobody sees its course: it goes straight."""

from __future__ import annotations

import cv2
import numpy as np
from numba import njit
from numpy.typing import NDArray

LEAST = 4
"""Hidden points in a row from which on they are left out."""

TRIED = 12
"""Stretches of a contour that are tried one by one at most, the longest first."""

_CROSS = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))

Points = NDArray[np.float32]
Mask = NDArray[np.uint8]
Places = NDArray[np.intp]


def shortened(contour: Points, region: Mask, free: Mask) -> Points:
    """A closed contour (N, 2), px of the masks (h, w; 0/1), without its points below ``free``.

    What is left still holds the ``region`` with a px beyond its hidden border, and nothing seen beside it.
    """
    long, short = (_runs(hidden) for hidden in _hidden(contour, region, free))
    if not long:
        return contour
    needed = region | (cv2.dilate(region, _CROSS) & free)
    allowed = region | free
    before = np.zeros(region.shape, dtype=np.bool_)
    _fill(contour.astype(np.float64), before)

    def holds(points: Points) -> bool:
        if len(points) < 3:
            return False
        after = np.zeros(region.shape, dtype=np.bool_)
        _fill(points.astype(np.float64), after)
        lost, added = before & ~after, after & ~before
        return not (lost & (needed > 0)).any() and not (added & (allowed == 0)).any()

    taken = np.zeros(len(contour), dtype=np.bool_)
    if short and holds(_without(contour, short)):
        taken[np.concatenate(short)] = True
        short = []
    for run in [*_longest(short), *_longest(long)]:
        if holds(_without(contour, [np.flatnonzero(taken), run])):
            taken[run] = True
    return contour[~taken]


def _longest(runs: list[Places]) -> list[Places]:
    return sorted(runs, key=len, reverse=True)[:TRIED]


def _hidden(contour: Points, region: Mask, free: Mask) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which points by something free are not between the region and what is seen, or by nothing seen."""
    height, width = region.shape
    columns = [np.clip(np.floor(contour[:, 0] + side).astype(np.intp), 0, width - 1) for side in (-0.5, 0.5)]
    rows = [np.clip(np.floor(contour[:, 1] + side).astype(np.intp), 0, height - 1) for side in (-0.5, 0.5)]
    around = [(y, x) for y in rows for x in columns]
    inside, below = (np.array([mask[place] > 0 for place in around]) for mask in (region, free))
    apart = (inside | below).all(axis=0)
    return below.any(axis=0) & (apart | ~inside.any(axis=0)), below.any(axis=0) & apart


def _runs(hidden: NDArray[np.bool_]) -> list[Places]:
    """Indices of hidden points in a row, round the ring."""
    if hidden.all() or not hidden.any():
        return []
    count = len(hidden)
    order = (np.arange(count) + int(np.flatnonzero(~hidden)[0])) % count
    ends = np.flatnonzero(np.diff(hidden[order].astype(np.int8), append=0))
    return [order[a + 1 : b + 1] for a, b in zip(ends[::2], ends[1::2], strict=True) if b - a >= LEAST]


def _without(contour: Points, runs: list[Places]) -> Points:
    return np.delete(contour, np.concatenate(runs), axis=0)


@njit(cache=True, nogil=True)
def _fill(points, inside):  # type: ignore[no-untyped-def]
    """Mark the px (h, w) whose centres lie inside a closed polygon (N, 2), even-odd."""
    height, width = inside.shape
    count = len(points)
    crossings = np.empty(count)
    for y in range(height):
        middle = y + 0.5
        met = 0
        for i in range(count):
            x0, y0 = points[i]
            x1, y1 = points[(i + 1) % count]
            if (y0 <= middle) != (y1 <= middle):
                crossings[met] = x0 + (middle - y0) * (x1 - x0) / (y1 - y0)
                met += 1
        if met == 0:
            continue
        found = np.sort(crossings[:met])
        for pair in range(0, met - 1, 2):
            left = max(int(np.ceil(found[pair] - 0.5)), 0)
            right = min(int(np.ceil(found[pair + 1] - 0.5)), width)
            for x in range(left, right):
                inside[y, x] = True
