# SPDX-License-Identifier: Apache-2.0
"""Iso-contours of a coverage field at sub-pixel accuracy: marching squares.

The 2-D form of marching cubes (Lorensen and Cline 1987).
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray


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
    height, width = field.shape
    # Crossings of grid edges: 2 i from sample i to its right neighbour, 2 i + 1 to the one below.
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
            top = 2 * i
            left = 2 * i + 1
            right = 2 * (i + 1) + 1
            bottom = 2 * (i + width)
            total += 1
            if case == 1:
                follow[top] = left
            elif case == 2:
                follow[right] = top
            elif case == 4:
                follow[bottom] = right
            elif case == 8:
                follow[left] = bottom
            elif case == 3:
                follow[right] = left
            elif case == 6:
                follow[bottom] = top
            elif case == 12:
                follow[left] = right
            elif case == 9:
                follow[top] = bottom
            elif case == 14:
                follow[left] = top
            elif case == 13:
                follow[top] = right
            elif case == 11:
                follow[right] = bottom
            elif case == 7:
                follow[bottom] = left
            else:
                total += 1
                mean = (field[y, x] + field[y, x + 1] + field[y + 1, x + 1] + field[y + 1, x]) / 4
                joined = mean >= level
                if case == 5:
                    follow[top] = right if joined else left
                    follow[bottom] = left if joined else right
                else:
                    follow[right] = bottom if joined else top
                    follow[left] = top if joined else bottom
    points = np.empty((total, 2), dtype=np.float32)
    ends = np.empty(total, dtype=np.int64)
    n = 0
    loops = 0
    for start in range(2 * height * width):
        if follow[start] < 0:
            continue
        edge = start
        while follow[edge] >= 0:
            i = edge >> 1
            y = i // width
            x = i - y * width
            here = field[y, x]
            if edge & 1:
                there = field[y + 1, x]
                points[n, 0] = x + 0.5
                before = field[y - 1, x] if y > 0 else here
                after = field[y + 2, x] if y + 2 < height else there
                points[n, 1] = y + 0.5 + _crossing(before, here, there, after, level)
            else:
                there = field[y, x + 1]
                before = field[y, x - 1] if x > 0 else here
                after = field[y, x + 2] if x + 2 < width else there
                points[n, 0] = x + 0.5 + _crossing(before, here, there, after, level)
                points[n, 1] = y + 0.5
            n += 1
            after = follow[edge]
            follow[edge] = -1
            edge = after
        ends[loops] = n
        loops += 1
    return points[:n], ends[:loops]
