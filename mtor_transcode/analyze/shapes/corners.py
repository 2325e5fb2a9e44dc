# SPDX-License-Identifier: Apache-2.0
"""Vertices of a traced contour moved to where its corners were, and straight edges made level or upright."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

CORNER_REACH = 0.9
"""Points this near (px) to a vertex do not tell where the line through a piece runs."""

CORNER_CUT = 2.0
"""Longest piece (px) that may stand for a corner cut off by anti-aliasing."""

CORNER_SHIFT = 1.3
"""Furthest (px) that a vertex is moved to where two lines meet."""

UPRIGHT = 0.35
"""Px by which the ends of a level or upright piece may differ."""

LEVEL = 12.0
"""Times that, at least, it is long."""


@njit(cache=True, nogil=True)
def level(vertices, arcs):  # type: ignore[no-untyped-def]
    """Make straight pieces that are all but level or upright so, in place.

    ``vertices`` (M, 2) px of a ring, ``arcs`` (M,) which pieces after them are bent. On the grid, a long edge
    would be aslant.
    """
    count = len(vertices)
    for axis in range(2):
        for k in range(count):
            after = (k + 1) % count
            across = abs(vertices[after, axis] - vertices[k, axis])
            along = abs(vertices[after, 1 - axis] - vertices[k, 1 - axis])
            if arcs[k] or across > UPRIGHT or along < LEVEL * across or along < 2.0:
                continue
            mean = 0.5 * (vertices[k, axis] + vertices[after, axis])
            vertices[k, axis] = mean
            vertices[after, axis] = mean


@njit(cache=True, nogil=True)
def sharpened(points, vertices, arcs):  # type: ignore[no-untyped-def]
    """Vertices between two straight pieces, moved to where the lines through the pieces' points meet.

    Anti-aliasing rounds the corners of a traced contour; its straight stretches tell where they were. The
    vertices are among ``points``, in their order.
    """
    count = len(vertices)
    lines = _lines(points, vertices, arcs, _places(points, vertices))
    out = vertices.copy()
    for k in range(count):
        # A corner is cut by nothing, or by one short piece that no line fits: then both its ends are moved.
        after = (k + 1) % count
        cut = lines[k, 2] == 0.0 and lines[k, 3] == 0.0
        chord = math.hypot(vertices[after, 0] - vertices[k, 0], vertices[after, 1] - vertices[k, 1])
        if cut and chord > CORNER_CUT:
            continue
        one = lines[k - 1]
        two = lines[after] if cut else lines[k]
        cross = one[2] * two[3] - one[3] * two[2]
        if abs(cross) < 0.2:
            continue
        t = ((two[0] - one[0]) * two[3] - (two[1] - one[1]) * two[2]) / cross
        x = one[0] + t * one[2]
        y = one[1] + t * one[3]
        shift = math.hypot(x - vertices[k, 0], y - vertices[k, 1])
        if cut:
            shift = max(shift, math.hypot(x - vertices[after, 0], y - vertices[after, 1]))
        if shift < CORNER_SHIFT:
            out[k, 0] = x
            out[k, 1] = y
            if cut:
                out[after, 0] = x
                out[after, 1] = y
    return out


@njit(cache=True, nogil=True)
def _places(points, vertices):  # type: ignore[no-untyped-def]
    """Index of the point nearest to each vertex."""
    places = np.empty(len(vertices), dtype=np.int64)
    for k in range(len(vertices)):
        best = 1e30
        for i in range(len(points)):
            d = (points[i, 0] - vertices[k, 0]) ** 2 + (points[i, 1] - vertices[k, 1]) ** 2
            if d < best:
                best = d
                places[k] = i
    return places


@njit(cache=True, nogil=True)
def _lines(points, vertices, arcs, places):  # type: ignore[no-untyped-def]
    """A line for each piece: a point on it and its direction, which is 0 where there is too little to fit."""
    n = len(points)
    count = len(vertices)
    lines = np.zeros((count, 4))
    for k in range(count):
        if arcs[k]:
            continue
        a = vertices[k]
        b = vertices[(k + 1) % count]
        length = (places[(k + 1) % count] - places[k]) % n
        weight = sx = sy = sxx = sxy = syy = 0.0
        for m in range(1, length):
            p = points[(places[k] + m) % n]
            near = min((p[0] - a[0]) ** 2 + (p[1] - a[1]) ** 2, (p[0] - b[0]) ** 2 + (p[1] - b[1]) ** 2)
            if near < CORNER_REACH * CORNER_REACH:
                continue
            weight += 1.0
            sx += p[0]
            sy += p[1]
            sxx += p[0] * p[0]
            sxy += p[0] * p[1]
            syy += p[1] * p[1]
        if weight < 2:
            continue
        mx = sx / weight
        my = sy / weight
        angle = 0.5 * math.atan2(
            2 * (sxy / weight - mx * my), sxx / weight - mx * mx - syy / weight + my * my
        )
        lines[k, 0] = mx
        lines[k, 1] = my
        lines[k, 2] = math.cos(angle)
        lines[k, 3] = math.sin(angle)
    return lines
