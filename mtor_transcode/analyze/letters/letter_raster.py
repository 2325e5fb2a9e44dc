# SPDX-License-Identifier: Apache-2.0
"""Coverage of small outlines, as the renderer has it, in a compiled loop: for fits that draw thousands.

Areas are exact: each edge adds what it covers to the px that it crosses and to all right of them (as in
font-rs; Levien 2016). Contours that overlap are not for this.
"""

from __future__ import annotations

import numpy as np
from numba import njit

CHORDS = 5
"""Lines that stand for a curve."""


@njit(cache=True, nogil=True)
def draw(nodes, smooth, ends, x, y, scale, out):  # type: ignore[no-untyped-def]
    """The coverage (0-1) of closed contours in ``out`` (h, w), in place.

    ``nodes`` (n, 2) are px, scaled and laid at (x, y); ``smooth`` (n,) tells those that are no corners,
    ``ends`` (m,) where each contour ends among them.
    """
    out[:] = 0
    first = 0
    for end in ends:
        _contour(nodes, smooth, first, end, x, y, scale, out)
        first = end
    height, width = out.shape
    for row in range(height):
        total = 0.0
        for column in range(width):
            total += out[row, column]
            out[row, column] = min(abs(total), 1.0)


@njit(cache=True, nogil=True)
def _contour(nodes, smooth, first, end, x, y, scale, out):  # type: ignore[no-untyped-def]
    count = end - first
    for k in range(count):
        i, j = first + k, first + (k + 1) % count
        ax, ay = nodes[i, 0] * scale + x, nodes[i, 1] * scale + y
        bx, by = nodes[j, 0] * scale + x, nodes[j, 1] * scale + y
        if not (smooth[i] or smooth[j]):
            _line(out, ax, ay, bx, by)
            continue
        reach = np.hypot(bx - ax, by - ay) / 3
        px, py, qx, qy = ax, ay, bx, by
        if smooth[i]:
            ux, uy = _along(nodes, first + (k - 1) % count, j)
            px, py = ax + ux * reach, ay + uy * reach
        if smooth[j]:
            ux, uy = _along(nodes, i, first + (k + 2) % count)
            qx, qy = bx - ux * reach, by - uy * reach
        lx, ly = ax, ay
        for step in range(1, CHORDS + 1):
            t = step / CHORDS
            s = 1 - t
            a, b, c, d = s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t
            nx, ny = a * ax + b * px + c * qx + d * bx, a * ay + b * py + c * qy + d * by
            _line(out, lx, ly, nx, ny)
            lx, ly = nx, ny


@njit(cache=True, nogil=True)
def _along(nodes, before, after):  # type: ignore[no-untyped-def]
    """The direction from a node's neighbour to its other one; none if they are one point."""
    ux, uy = nodes[after, 0] - nodes[before, 0], nodes[after, 1] - nodes[before, 1]
    length = np.hypot(ux, uy)
    if length == 0:
        return 0.0, 0.0
    return ux / length, uy / length


@njit(cache=True, nogil=True)
def _line(out, ax, ay, bx, by):  # type: ignore[no-untyped-def]
    """What a line changes in the coverage of its px and the next: sums along rows are coverages."""
    height, width = out.shape
    if ay == by:
        return
    way = 1.0
    if ay > by:
        ax, ay, bx, by, way = bx, by, ax, ay, -1.0
    slope = (bx - ax) / (by - ay)
    for row in range(max(int(np.floor(ay)), 0), min(int(np.ceil(by)), height)):
        top, low = max(float(row), ay), min(row + 1.0, by)
        u = min(max(ax + slope * (top - ay), 0.0), width - 1.001)
        v = min(max(ax + slope * (low - ay), 0.0), width - 1.001)
        left, right = min(u, v), max(u, v)
        share = (low - top) * way / max(right - left, 1e-9)
        for column in range(int(left), int(right) + 1):
            a, b = max(left, float(column)), min(right, column + 1.0)
            area = share * (b - a) if right - left > 1e-9 else (low - top) * way
            inner = 0.5 * (a + b) - column
            out[row, column] += area * (1 - inner)
            out[row, column + 1] += area * inner
