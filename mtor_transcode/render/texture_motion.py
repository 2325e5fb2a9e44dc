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

from mtor_transcode.model import PARTS

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

FIRST_STEP, MOVES = 8, 3
"""The greatest step, and how often each is repeated while it helps."""


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


def on_the_way(first: list[Plane], second: list[Plane], field: MotionField, part: int) -> list[Plane]:
    """Y, Cb and Cr of the picture that is ``part`` of ``PARTS`` on the way between two."""
    return [
        _between(one, other, field.vectors, field.halvings, part, min(place, 1))
        for place, (one, other) in enumerate(zip(first, second, strict=True))
    ]


def sharpened(plane: Plane, sharpness: int) -> Plane:
    """A plane from which some eighths of its blur by (1, 2, 1) / 4, across and down, are taken away."""
    return plane if sharpness == 0 else _sharpened(plane, sharpness)


@njit(cache=True, nogil=True)
def _sharpened(plane, sharpness):  # type: ignore[no-untyped-def]
    height, width = plane.shape
    out = np.empty_like(plane)
    for y in range(height):
        above, below = max(y - 1, 0), min(y + 1, height - 1)
        for x in range(width):
            left, right = max(x - 1, 0), min(x + 1, width - 1)
            here = np.int32(plane[y, x])
            beside = np.int32(plane[y, left]) + plane[y, right] + plane[above, x] + plane[below, x]
            corners = (
                np.int32(plane[above, left]) + plane[above, right] + plane[below, left] + plane[below, right]
            )
            detail = 12 * here - 2 * beside - corners
            out[y, x] = min(max((128 * here + sharpness * detail + 64) >> 7, 0), 255)
    return out


@njit(cache=True, nogil=True)
def _search(first, second, vectors, finest):  # type: ignore[no-untyped-def]
    """Improve vectors in place: from the first block to the last, and back."""
    rows, columns, _ = vectors.shape
    for turn in range(2):
        for number in range(rows * columns):
            place = number if turn == 0 else rows * columns - 1 - number
            _search_block(first, second, vectors, place // columns, place % columns, finest)


@njit(cache=True, nogil=True)
def _search_block(first, second, vectors, row, column, finest):  # type: ignore[no-untyped-def]
    rows, columns, _ = vectors.shape
    height, width = first.shape
    margin = (WINDOW - BLOCK) // 2
    left = min(max(column * BLOCK - margin, 0), max(width - WINDOW, 0))
    top = min(max(row * BLOCK - margin, 0), max(height - WINDOW, 0))
    best = _difference(first, second, left, top, 0, 0, 1 << 30)
    if best <= STILL:
        vectors[row, column] = 0
        return
    around = np.zeros((5, 2), np.int32)
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
    for k in range(count):
        x, y = around[k]
        cost = _cost(first, second, left, top, x, y, near_x, near_y, best)
        if cost < best:
            best, at_x, at_y = cost, x, y
    cost = _cost(first, second, left, top, near_x, near_y, near_x, near_y, best)
    if cost < best:
        best, at_x, at_y = cost, near_x, near_y
    step = FIRST_STEP
    while step >= finest:
        for _ in range(MOVES):
            from_x, from_y = at_x, at_y
            for down, across in ((-step, 0), (step, 0), (0, -step), (0, step)):
                x, y = from_x + across, from_y + down
                cost = _cost(first, second, left, top, x, y, near_x, near_y, best)
                if cost < best:
                    best, at_x, at_y = cost, x, y
            if at_x == from_x and at_y == from_y:
                break
        step >>= 1
    vectors[row, column, 0] = at_x
    vectors[row, column, 1] = at_y


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
    total = 0
    for row in range(top, top + WINDOW):
        for column in range(left, left + WINDOW):
            if inside:
                one = _inside(first, column + back_x, row + back_y, part_back_x, part_back_y)
                other = _inside(second, column + on_x, row + on_y, part_x, part_y)
            else:
                one = _sample(first, column + back_x, row + back_y, part_back_x, part_back_y, 3)
                other = _sample(second, column + on_x, row + on_y, part_x, part_y, 3)
            total += abs(one - other)
        if total >> 6 >= most:
            break
    return total >> 6


@njit(cache=True, nogil=True)
def _inside(plane, x, y, part_x, part_y):  # type: ignore[no-untyped-def]
    """64 times a plane's value at a place in eighths of a px; it and the next px are inside."""
    upper = (8 - part_x) * np.int32(plane[y, x]) + part_x * np.int32(plane[y, x + 1])
    lower = (8 - part_x) * np.int32(plane[y + 1, x]) + part_x * np.int32(plane[y + 1, x + 1])
    return (8 - part_y) * upper + part_y * lower


@njit(cache=True, nogil=True)
def _sample(plane, x, y, part_x, part_y, bits):  # type: ignore[no-untyped-def]
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


@njit(cache=True, nogil=True)
def _between(first, second, vectors, halvings, part, smaller):  # type: ignore[no-untyped-def]
    """A plane on the way; ``smaller`` is 1 for chroma, whose sides are half of luma's.

    It is made of cells between the centres of four blocks, row by row of px.
    """
    height, width = first.shape
    rows, columns, _ = vectors.shape
    out = np.empty_like(first)
    pitch = 2 * BLOCK << halvings  # Of blocks, in halves of luma's px.
    bits = 4 + halvings
    for y in range(height):
        below = 2 * (y << smaller) + 1 - pitch // 2
        row, down = below >> bits, below & (pitch - 1)
        upper, lower = min(max(row, 0), rows - 1), min(max(row + 1, 0), rows - 1)
        start = 0
        for column in range(-1, columns):
            end = -((pitch // 2 - 1 + (column + 1) * pitch) // -(2 << smaller))
            end = width if column == columns - 1 else min(end, width)
            left, right = max(column, 0), min(column + 1, columns - 1)
            still = True
            for k in range(2):
                still &= vectors[upper, left, k] == 0 and vectors[upper, right, k] == 0
                still &= vectors[lower, left, k] == 0 and vectors[lower, right, k] == 0
            if still:
                for x in range(start, end):
                    both = (PARTS - part) * np.int32(first[y, x]) + part * np.int32(second[y, x])
                    out[y, x] = (both + PARTS // 2) >> 6
            else:
                moved = np.empty((2, 2), np.int32)
                for k in range(2):
                    moved[k, 0] = (pitch - down) * vectors[upper, left, k] + down * vectors[lower, left, k]
                    moved[k, 1] = (pitch - down) * vectors[upper, right, k] + down * vectors[lower, right, k]
                for x in range(start, end):
                    across = (2 * (x << smaller) + 1 - pitch // 2) & (pitch - 1)
                    out[y, x] = _moved_px(first, second, x, y, moved, across, pitch, bits, part, smaller)
            start = max(start, end)
    return out


@njit(cache=True, nogil=True)
def _moved_px(first, second, x, y, moved, across, pitch, bits, part, smaller):  # type: ignore[no-untyped-def]
    """A px of a plane on the way, ``across`` of ``pitch`` from the vectors at the left to those at the right.

    Both are times ``pitch`` already.
    """
    to_sixteenths = bits + 3  # Of a px, and from twice times pitch.
    way_x = ((pitch - across) * moved[0, 0] + across * moved[0, 1]) >> to_sixteenths
    way_y = ((pitch - across) * moved[1, 0] + across * moved[1, 1]) >> to_sixteenths
    turn = 5 + smaller  # From twice a share of PARTS of luma's sixteenths to the plane's own.
    half, rest = 1 << (turn - 1), PARTS - part
    back_x, back_y = -((part * way_x + half) >> turn), -((part * way_y + half) >> turn)
    on_x, on_y = (rest * way_x + half) >> turn, (rest * way_y + half) >> turn
    one = _sample(first, x + (back_x >> 4), y + (back_y >> 4), back_x & 15, back_y & 15, 4)
    other = _sample(second, x + (on_x >> 4), y + (on_y >> 4), on_x & 15, on_y & 15, 4)
    return (rest * one + part * other + (1 << 13)) >> 14
