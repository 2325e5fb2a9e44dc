# SPDX-License-Identifier: Apache-2.0
"""Pictures of a texture as they are shown: between two of them, by the motion found there, and sharpened.

All of it is whole numbers: every decoder shows the same.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from mtor_transcode.model import PARTS
from mtor_transcode.render.texture_motion import BLOCK, MotionField, Plane, sample, weights


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
                _mixed_line(first, second, out, y, start, end, part)
            elif start < end:
                moved = (
                    (pitch - down) * vectors[upper, left, 0] + down * vectors[lower, left, 0],
                    (pitch - down) * vectors[upper, left, 1] + down * vectors[lower, left, 1],
                    (pitch - down) * vectors[upper, right, 0] + down * vectors[lower, right, 0],
                    (pitch - down) * vectors[upper, right, 1] + down * vectors[lower, right, 1],
                )
                _moved_line(first, second, out, y, start, end, moved, bits, part, smaller)
            start = max(start, end)
    return out


@njit(cache=True, nogil=True)
def _mixed_line(first, second, out, y, start, end, part):  # type: ignore[no-untyped-def]
    """Px of a line that stand still."""
    here, there, half = np.int32(PARTS - part), np.int32(part), np.int32(PARTS // 2)
    for x in range(np.uintp(start), np.uintp(end)):
        out[y, x] = np.int32(here * first[y, x] + there * second[y, x] + half) >> 6


@njit(cache=True, nogil=True)
def _moved_line(first, second, out, y, start, end, moved, bits, part, smaller):  # type: ignore[no-untyped-def]
    """Px of a line on the way, where vectors go over from those at the left to those at the right.

    ``moved`` holds x and y of both, times the cells' pitch.
    """
    height, width = first.shape
    pitch = 1 << bits
    begin = (2 * (start << smaller) + 1 - pitch // 2) & (pitch - 1)
    step = 2 << smaller
    before = _ways(moved, begin, bits, part, smaller)
    after = _ways(moved, begin + step * (end - 1 - start), bits, part, smaller)
    left = start + (min(before[0], before[2], after[0], after[2]) >> 4)
    right = end + (max(before[0], before[2], after[0], after[2]) >> 4)
    top = y + (min(before[1], before[3], after[1], after[3]) >> 4)
    low = y + 1 + (max(before[1], before[3], after[1], after[3]) >> 4)
    if left < 0 or top < 0 or right >= width or low >= height:
        for x in range(start, end):
            back_x, back_y, on_x, on_y = _ways(moved, begin + step * (x - start), bits, part, smaller)
            one = sample(first, x + (back_x >> 4), y + (back_y >> 4), back_x & 15, back_y & 15, 4)
            other = sample(second, x + (on_x >> 4), y + (on_y >> 4), on_x & 15, on_y & 15, 4)
            out[y, x] = ((PARTS - part) * one + part * other + (1 << 13)) >> 14
    elif before == after:
        _shifted_line(first, second, out, y, start, end, before, part)
    else:
        for x in range(start, end):
            back_x, back_y, on_x, on_y = _ways(moved, begin + step * (x - start), bits, part, smaller)
            one = _inside(first, x + (back_x >> 4), y + (back_y >> 4), back_x & 15, back_y & 15)
            other = _inside(second, x + (on_x >> 4), y + (on_y >> 4), on_x & 15, on_y & 15)
            out[y, x] = ((PARTS - part) * one + part * other + (1 << 13)) >> 14


@njit(cache=True, nogil=True)
def _ways(moved, across, bits, part, smaller):  # type: ignore[no-untyped-def]
    """Where a px comes from in both pictures, sixteenths of a px (x, y, x, y).

    It is ``across`` of a cell's pitch from the vectors at the left to those at the right.
    """
    pitch, to_sixteenths = 1 << bits, bits + 3  # Of a px, and from twice times pitch.
    way_x = ((pitch - across) * moved[0] + across * moved[2]) >> to_sixteenths
    way_y = ((pitch - across) * moved[1] + across * moved[3]) >> to_sixteenths
    turn = 5 + smaller  # From twice a share of PARTS of luma's sixteenths to the plane's own.
    half, rest = 1 << (turn - 1), PARTS - part
    return (
        -((part * way_x + half) >> turn),
        -((part * way_y + half) >> turn),
        (rest * way_x + half) >> turn,
        (rest * way_y + half) >> turn,
    )


@njit(cache=True, nogil=True)
def _shifted_line(first, second, out, y, start, end, ways, part):  # type: ignore[no-untyped-def]
    """Px of a line that all come from as far away, inside both pictures."""
    back_x, back_y, on_x, on_y = ways
    width, following = np.uintp(first.shape[1]), np.uintp(1)
    one = np.uintp((y + (back_y >> 4)) * first.shape[1] + start + (back_x >> 4))
    other = np.uintp((y + (on_y >> 4)) * first.shape[1] + start + (on_x >> 4))
    before, after = weights(back_x & 15, back_y & 15, 16), weights(on_x & 15, on_y & 15, 16)
    rest, share, half = np.int32(PARTS - part), np.int32(part), np.int32(1 << 13)
    these, those, line = first.reshape(-1), second.reshape(-1), out[y, start:end]
    for number in range(len(line)):
        at, on = one + np.uintp(number), other + np.uintp(number)
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
        line[number] = np.int32(rest * here + share * there + half) >> 14


@njit(cache=True, nogil=True)
def _inside(plane, x, y, part_x, part_y):  # type: ignore[no-untyped-def]
    """256 times a plane's value between px, in sixteenths; it and the next px are inside."""
    x0, y0, one = np.uintp(x), np.uintp(y), np.uintp(1)
    upper = (16 - part_x) * np.int32(plane[y0, x0]) + part_x * np.int32(plane[y0, x0 + one])
    lower = (16 - part_x) * np.int32(plane[y0 + one, x0]) + part_x * np.int32(plane[y0 + one, x0 + one])
    return (16 - part_y) * upper + part_y * lower
