# SPDX-License-Identifier: Apache-2.0
"""Pictures between two pictures of a texture, by motion that the decoder finds in them itself.

The motion of a block is symmetric about the picture between: it takes a block of the first picture there and
one of the second from there. It is searched from coarse to fine among what neighbours and the coarser level
found, and small steps from the best of them, as recursive search in television sets does (de Haan et al.,
"True-motion estimation with 3-D recursive search block matching", IEEE Trans. CSVT 3(5), 1993). All of it is
whole numbers: every decoder finds the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

Plane = NDArray[np.uint8]
Vectors = NDArray[np.int32]

SEARCHED: Final = 384
"""Motion is searched in pictures whose longer side, halved as often as it takes, is at most so many px."""

BLOCK, WINDOW = 8, 16
"""Px of a block's sides, and of what is compared around it."""

LEVELS: Final = 5
"""The most that such a picture and its halves are."""

SMOOTH: Final = 32
"""What it costs that a vector is a px away from the mean of its neighbours, in eighths of a level."""

STILL: Final = 256
"""A block that has changed by no more, summed over its window, stands still."""

COARSE_STEP, FINE_STEP = 4, 1
"""The least steps of the search, in eighths of a px: where pictures are halved further, and in the end."""

AROUND: Final = 24
"""Px by which edges are continued for the search: most windows then lie inside, which is faster."""

FIRST_STEP, MOVES = 8, 3
"""The greatest step, and how often each is repeated while it helps."""

MOST_TRIED: Final = 6 + 4 * MOVES * FIRST_STEP.bit_length()
"""Vectors that are tried for a block at most."""


@dataclass(frozen=True, slots=True)
class MotionField:
    """Vectors ``(rows, columns, 2)`` (x, y) of blocks of ``BLOCK << halvings`` px.

    In eighths of a px of luma halved so often: half of the way from a picture to the next.
    """

    vectors: Vectors
    halvings: int


def motion_between(first: Plane, second: Plane) -> MotionField:
    """The motion from one luma plane to the next one of the same size."""
    halvings = 0
    while max(first.shape) > SEARCHED:
        first, second = halved(first), halved(second)
        halvings += 1
    levels = [(first, second)]
    while len(levels) < LEVELS and min(first.shape) >= 2 * WINDOW:
        first, second = halved(first), halved(second)
        levels.append((first, second))
    vectors = np.zeros((1, 1, 2), np.int32)
    for number, (first, second) in reversed(list(enumerate(levels))):
        rows, columns = (-(-side // BLOCK) for side in first.shape)
        down = np.minimum(np.arange(rows) // 2, vectors.shape[0] - 1)
        across = np.minimum(np.arange(columns) // 2, vectors.shape[1] - 1)
        vectors = np.ascontiguousarray(2 * vectors[down][:, across])
        _search(first, second, vectors, COARSE_STEP if number else FINE_STEP)
    return MotionField(vectors, halvings)


def halved(plane: Plane) -> Plane:
    """A plane of half the sides, rounded up: means of four px."""
    height, width = plane.shape
    if height & 1 or width & 1:
        plane = np.pad(plane, ((0, height & 1), (0, width & 1)), mode="edge")
    total = plane[::2, ::2].astype(np.uint16) + plane[1::2, ::2] + plane[::2, 1::2] + plane[1::2, 1::2]
    mean: Plane = ((total + 2) >> 2).astype(np.uint8)
    return mean


@njit(cache=True, nogil=True)
def _search(first, second, vectors, finest):  # type: ignore[no-untyped-def]
    """Improve vectors in place: from the first block to the last, and back."""
    first, second = _continued(first), _continued(second)
    rows, columns, _ = vectors.shape
    for turn in range(2):
        for number in range(rows * columns):
            place = number if turn == 0 else rows * columns - 1 - number
            _search_block(first, second, vectors, place // columns, place % columns, finest)


@njit(cache=True, nogil=True)
def _continued(plane):  # type: ignore[no-untyped-def]
    """A plane whose edges go on for ``AROUND`` px."""
    height, width = plane.shape
    wide = np.empty((height + 2 * AROUND, width + 2 * AROUND), plane.dtype)
    for y in range(wide.shape[0]):
        row = plane[min(max(y - AROUND, 0), height - 1)]
        wide[y, :AROUND] = row[0]
        wide[y, AROUND : AROUND + width] = row
        wide[y, AROUND + width :] = row[width - 1]
    return wide


@njit(cache=True, nogil=True)
def _search_block(first, second, vectors, row, column, finest):  # type: ignore[no-untyped-def]
    """See ``_search``; edges of both planes go on for ``AROUND`` px."""
    rows, columns, _ = vectors.shape
    height, width = first.shape[0] - 2 * AROUND, first.shape[1] - 2 * AROUND
    margin = (WINDOW - BLOCK) // 2
    left = AROUND + min(max(column * BLOCK - margin, 0), max(width - WINDOW, 0))
    top = AROUND + min(max(row * BLOCK - margin, 0), max(height - WINDOW, 0))
    best = _difference(first, second, left, top, 0, 0, 1 << 30)
    if best <= STILL:
        vectors[row, column] = 0
        return
    around = np.zeros((MOST_TRIED, 2), np.int32)  # And, from there on, what has been tried.
    around[0] = vectors[row, column]
    count = 1
    for y, x in ((row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)):
        if 0 <= y < rows and 0 <= x < columns:
            around[count] = vectors[y, x]
            count += 1
    near_x, near_y = np.int32(0), np.int32(0)
    for k in range(1, count):
        near_x += around[k, 0]
        near_y += around[k, 1]
    near_x, near_y = near_x // max(count - 1, 1), near_y // max(count - 1, 1)
    best += _strange(0, 0, near_x, near_y)
    at_x, at_y = np.int32(0), np.int32(0)
    around[count, 0], around[count, 1] = near_x, near_y
    count += 1
    for k in range(count):
        x, y = around[k]
        if (x == 0 and y == 0) or _is_among(around, k, x, y):
            continue
        cost = _cost(first, second, left, top, x, y, near_x, near_y, best)
        if cost < best:
            best, at_x, at_y = cost, x, y
    step = FIRST_STEP
    while step >= finest:
        for _ in range(MOVES):
            from_x, from_y = at_x, at_y
            for down, across in ((-step, 0), (step, 0), (0, -step), (0, step)):
                x, y = from_x + across, from_y + down
                if _is_among(around, count, x, y):
                    continue
                around[count, 0], around[count, 1] = x, y
                count += 1
                cost = _cost(first, second, left, top, x, y, near_x, near_y, best)
                if cost < best:
                    best, at_x, at_y = cost, x, y
            if at_x == from_x and at_y == from_y:
                break
        step >>= 1
    vectors[row, column, 0] = at_x
    vectors[row, column, 1] = at_y


@njit(cache=True, nogil=True)
def _is_among(tried, count, x, y):  # type: ignore[no-untyped-def]
    """Whether a vector is one of the first ``count``: it is no better the second time."""
    found = False
    for k in range(count):
        found |= tried[k, 0] == x and tried[k, 1] == y
    return found


@njit(cache=True, nogil=True)
def _strange(x, y, near_x, near_y):  # type: ignore[no-untyped-def]
    return (SMOOTH * (abs(x - near_x) + abs(y - near_y))) >> 3


@njit(cache=True, nogil=True)
def _cost(first, second, left, top, x, y, near_x, near_y, most):  # type: ignore[no-untyped-def]
    """What a vector costs; anything from ``most`` on if it is no less."""
    cost = _strange(x, y, near_x, near_y)
    return cost if cost >= most else cost + _difference(first, second, left, top, x, y, most - cost)


@njit(cache=True, nogil=True)
def _difference(first, second, left, top, x, y, most):  # type: ignore[no-untyped-def]
    """Sum over a window of how the first picture, moved by a vector, differs from the second, moved back."""
    height, width = first.shape
    back_x, back_y, part_back_x, part_back_y = (-x) >> 3, (-y) >> 3, (-x) & 7, (-y) & 7
    on_x, on_y, part_x, part_y = x >> 3, y >> 3, x & 7, y & 7
    inside = (
        left + min(back_x, on_x) >= 0
        and top + min(back_y, on_y) >= 0
        and left + WINDOW + max(back_x, on_x) < width
        and top + WINDOW + max(back_y, on_y) < height
    )
    if inside:
        whole = 1 << 3
        before, after = weights(part_back_x, part_back_y, whole), weights(part_x, part_y, whole)
        one = np.uintp((top + back_y) * width + left + back_x)
        other = np.uintp((top + on_y) * width + left + on_x)
        return _difference_inside(first, second, one, other, before, after, most)
    total = 0
    for row in range(top, top + WINDOW):
        for column in range(left, left + WINDOW):
            here = sample(first, column + back_x, row + back_y, part_back_x, part_back_y, 3)
            there = sample(second, column + on_x, row + on_y, part_x, part_y, 3)
            total += abs(here - there)
        if total >> 6 >= most:
            break
    return total >> 6


@njit(cache=True, nogil=True)
def _difference_inside(first, second, one, other, before, after, most):  # type: ignore[no-untyped-def]
    """The same of windows that lie inside, from the px ``one`` and ``other`` on, counted row by row.

    Unsigned places and 32 bits let the processor take many px at once.
    """
    width, following = np.uintp(first.shape[1]), np.uintp(1)
    these, those = first.reshape(-1), second.reshape(-1)
    total = np.int32(0)
    for _ in range(WINDOW):
        line = np.int32(0)
        for column in range(WINDOW):
            at, on = one + np.uintp(column), other + np.uintp(column)
            here = np.int32(
                before[0] * these[at]
                + before[1] * these[at + following]
                + before[2] * these[at + width]
                + before[3] * these[at + width + following]
            )
            there = np.int32(
                after[0] * those[on]
                + after[1] * those[on + following]
                + after[2] * those[on + width]
                + after[3] * those[on + width + following]
            )
            line += np.int32(abs(np.int32(here - there)))
        total += line
        one += width
        other += width
        if total >> 6 >= most:
            break
    return total >> 6


@njit(cache=True, nogil=True)
def weights(part_x, part_y, whole):  # type: ignore[no-untyped-def]
    """What a px, the next one, and the two below them count between them, in the square of ``whole``."""
    rest_x, rest_y = whole - part_x, whole - part_y
    return (
        np.int32(rest_y * rest_x),
        np.int32(rest_y * part_x),
        np.int32(part_y * rest_x),
        np.int32(part_y * part_x),
    )


@njit(cache=True, nogil=True)
def sample(plane, x, y, part_x, part_y, bits):  # type: ignore[no-untyped-def]
    """A plane's value between px, ``part_x`` and ``part_y`` of ``1 << bits`` on, times the square of that.

    The edge goes on beyond it.
    """
    height, width = plane.shape
    x0, x1 = min(max(x, 0), width - 1), min(max(x + 1, 0), width - 1)
    y0, y1 = min(max(y, 0), height - 1), min(max(y + 1, 0), height - 1)
    whole = 1 << bits
    upper = (whole - part_x) * np.int32(plane[y0, x0]) + part_x * np.int32(plane[y0, x1])
    lower = (whole - part_x) * np.int32(plane[y1, x0]) + part_x * np.int32(plane[y1, x1])
    return (whole - part_y) * upper + part_y * lower
