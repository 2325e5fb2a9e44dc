# SPDX-License-Identifier: Apache-2.0
"""Iso-contours of a coverage field at sub-pixel accuracy: marching squares.

The 2-D form of marching cubes (Lorensen and Cline 1987).
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

_TOP, _RIGHT, _BOTTOM, _LEFT = range(4)

_PATHS = np.zeros((16, 2), dtype=np.int64)
"""Side of a cell by which a contour comes in and by which it leaves, for each set of corners above the level
(1 top left, 2 top right, 4 bottom right, 8 bottom left)."""
_PATHS[1] = _TOP, _LEFT
_PATHS[2] = _RIGHT, _TOP
_PATHS[3] = _RIGHT, _LEFT
_PATHS[4] = _BOTTOM, _RIGHT
_PATHS[6] = _BOTTOM, _TOP
_PATHS[7] = _BOTTOM, _LEFT
_PATHS[8] = _LEFT, _BOTTOM
_PATHS[9] = _TOP, _BOTTOM
_PATHS[11] = _RIGHT, _BOTTOM
_PATHS[12] = _LEFT, _RIGHT
_PATHS[13] = _TOP, _RIGHT
_PATHS[14] = _LEFT, _TOP


def trace_contours(field: NDArray[np.float32], level: float) -> list[NDArray[np.float32]]:
    """Return the closed contours of ``field`` (H, W) at ``level``, each (N, 2) float32 as (x, y).

    Coordinates are px with the centre of sample [0, 0] at (0.5, 0.5). What is above the level lies on the
    right hand on the screen: outer borders run clockwise, holes the other way. The field must be below the
    level along its own border, so that every contour closes.
    """
    points, ends = _march(np.ascontiguousarray(field, dtype=np.float32), np.float32(level))
    return np.split(points, ends[:-1]) if len(ends) else []


def signed_area(points: NDArray[np.float32]) -> float:
    """Area of a closed polygon in px^2; positive for an outer border of ``trace_contours``."""
    return float(_signed_area(points))


def area_and_centre(contours: list[NDArray[np.float32]]) -> tuple[float, float, float]:
    """Area (px^2) of closed contours, holes taken off, and their centre of mass ``(area, x, y)`` in px."""
    area, x, y = np.sum([_moments(points) for points in contours], axis=0)
    return (float(area), float(x / area), float(y / area)) if area > 0 else (0.0, 0.0, 0.0)


@njit(cache=True, nogil=True)
def _moments(points):  # type: ignore[no-untyped-def]
    """Area of a polygon and its first moments (Green's theorem)."""
    area = mx = my = 0.0
    for i in range(len(points)):
        j = i + 1 if i + 1 < len(points) else 0
        x0, y0 = float(points[i, 0]), float(points[i, 1])
        x1, y1 = float(points[j, 0]), float(points[j, 1])
        cross = x0 * y1 - x1 * y0
        area += cross / 2
        mx += (x0 + x1) * cross / 6
        my += (y0 + y1) * cross / 6
    return area, mx, my


@njit(cache=True, nogil=True)
def _signed_area(points):  # type: ignore[no-untyped-def]
    twice = 0.0
    for i in range(len(points)):
        j = i + 1 if i + 1 < len(points) else 0
        twice += float(points[i, 0]) * points[j, 1] - float(points[i, 1]) * points[j, 0]
    return twice / 2


@njit(cache=True, nogil=True)
def _crossing(before, here, there, after, level):  # type: ignore[no-untyped-def]
    """Where between ``here`` (0) and ``there`` (1) the level is crossed.

    A border that runs through a few pixels of a row lies where their coverages add up to what lies behind
    it: exact for a straight one. Other slopes are taken as linear between two samples.
    """
    linear = (level - here) / (there - here)
    if level != 0.5:
        return linear
    if here > there:
        before, here, there, after = 1 - before, 1 - here, 1 - there, 1 - after
    if before > 0.1 or after < 0.9 or before < 0 or after > 1:
        return linear
    # The pixel edges are at -1.5, -0.5, 0.5, 1.5, 2.5; 0 and 1 are centres.
    return np.float32(min(max(2.5 - (before + here + there + after), 0.0), 1.0))


@njit(cache=True, nogil=True)
def _march(field, level):  # type: ignore[no-untyped-def]
    """Points of all contours, one after the other, and where each ends."""
    follow, total = _ways(field, level)
    points = np.empty((total, 2), dtype=np.float32)
    ends = np.empty(total, dtype=np.int64)
    n = 0
    loops = 0
    for start in range(len(follow)):
        if follow[start] < 0:
            continue
        edge = start
        while follow[edge] >= 0:
            _place(field, level, edge, points[n])
            n += 1
            after = follow[edge]
            follow[edge] = -1
            edge = after
        ends[loops] = n
        loops += 1
    return points[:n], ends[:loops]


@njit(cache=True, nogil=True)
def _ways(field, level):  # type: ignore[no-untyped-def]
    """Which crossed grid edge follows each one along its contour (-1: not crossed), and how many are crossed.

    Edges are numbered 2 i from sample i to its right neighbour, 2 i + 1 to the one below.
    """
    height, width = field.shape
    follow = np.full(2 * height * width, -1, dtype=np.int32)
    total = 0
    for y in range(height - 1):
        for x in range(width - 1):
            a = field[y, x] >= level
            b = field[y, x + 1] >= level
            c = field[y + 1, x + 1] >= level
            d = field[y + 1, x] >= level
            case = a + 2 * b + 4 * c + 8 * d
            if case in (0, 15):
                continue
            i = y * width + x
            sides = (2 * i, 2 * (i + 1) + 1, 2 * (i + width), 2 * i + 1)
            total += 1
            if case in (5, 10):
                total += 1
                mean = (field[y, x] + field[y, x + 1] + field[y + 1, x + 1] + field[y + 1, x]) / 4
                one, other = (_TOP, _BOTTOM) if case == 5 else (_RIGHT, _LEFT)
                turn = 1 if mean >= level else 3
                follow[sides[one]] = sides[(one + turn) % 4]
                follow[sides[other]] = sides[(other + turn) % 4]
            else:
                follow[sides[_PATHS[case, 0]]] = sides[_PATHS[case, 1]]
    return follow, total


@njit(cache=True, nogil=True)
def _place(field, level, edge, point):  # type: ignore[no-untyped-def]
    """Where the contour crosses a grid edge, in px."""
    height, width = field.shape
    i = edge >> 1
    y = i // width
    x = i - y * width
    here = field[y, x]
    if edge & 1:
        there = field[y + 1, x]
        before = field[y - 1, x] if y > 0 else here
        after = field[y + 2, x] if y + 2 < height else there
        point[0] = x + 0.5
        point[1] = y + 0.5 + _crossing(before, here, there, after, level)
    else:
        there = field[y, x + 1]
        before = field[y, x - 1] if x > 0 else here
        after = field[y, x + 2] if x + 2 < width else there
        point[0] = x + 0.5 + _crossing(before, here, there, after, level)
        point[1] = y + 0.5
