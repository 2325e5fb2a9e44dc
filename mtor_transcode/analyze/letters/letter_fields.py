# SPDX-License-Identifier: Apache-2.0
"""Coverages of letters compared, each in a square field of ``SIDE`` px."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

SIDE = 40
"""Px of the square in which coverages are compared; letters stand on its line ``BASE``, about its middle."""

BASE = 36

REACH = 1
"""Px by which letters are shifted to match."""

MISTAKE = 0.3
"""Mean error of 3x3 px, as a share of the contrast, that makes another letter of a letter."""

Field = NDArray[np.float32]


@njit(cache=True, nogil=True)
def extent(field):  # type: ignore[no-untyped-def]
    """The box of what is not 0: (top, bottom, left, right), ends excluded; no rows and columns if all is."""
    side = field.shape[0]
    box = (side, 0, side, 0)
    for y in range(side):
        for x in range(side):
            if field[y, x] != 0:
                box = (min(box[0], y), max(box[1], y + 1), min(box[2], x), max(box[3], x + 1))
    return box


@njit(cache=True, nogil=True)
def apart(field, centre, dx, dy, most, box, other):  # type: ignore[no-untyped-def]
    """Squared difference of a field and a centre shifted by (dx, dy); some number above ``most`` if more.

    ``box`` and ``other`` are their extents: elsewhere both are 0.
    """
    side = field.shape[0]
    top, bottom = max(0, min(box[0], other[0] + dy)), min(side, max(box[1], other[1] + dy))
    left, right = max(0, min(box[2], other[2] + dx)), min(side, max(box[3], other[3] + dx))
    first, last = max(left, dx), min(right, side + dx)
    total = 0.0
    for y in range(top, bottom):
        v = y - dy
        if not 0 <= v < side:
            for x in range(left, right):
                total += field[y, x] * field[y, x]
        else:
            for x in range(left, first):
                total += field[y, x] * field[y, x]
            for x in range(first, last):
                d = field[y, x] - centre[v, x - dx]
                total += d * d
            for x in range(last, right):
                total += field[y, x] * field[y, x]
        if total > most:
            return total
    return total


@njit(cache=True, nogil=True)
def mistaken(field, centre, dx, dy):  # type: ignore[no-untyped-def]
    """Whether a stroke is missing or too much somewhere."""
    side = field.shape[0]
    error = np.zeros((side, side), dtype=np.float32)
    for y in range(side):
        for x in range(side):
            v, u = y - dy, x - dx
            c = centre[v, u] if 0 <= v < side and 0 <= u < side else np.float32(0)
            error[y, x] = field[y, x] - c
    for y in range(1, side - 1):
        for x in range(1, side - 1):
            mean = 0.0
            for v in range(y - 1, y + 2):
                for u in range(x - 1, x + 2):
                    mean += error[v, u]
            if abs(mean) > 9 * MISTAKE:
                return True
    return False
