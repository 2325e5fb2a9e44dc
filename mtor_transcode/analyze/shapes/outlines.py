# SPDX-License-Identifier: Apache-2.0
"""From a traced contour to an outline: vertices and kinds by dynamic programming over rate and distortion.

After Schuster and Katsaggelos (1998): the vertices are a subset of the contour's own points; a piece between
two of them costs the squared error that it makes, the edge's contrast being 1, plus ``area_per_bit`` times
its bits. An anti-aliased edge that is off by a small part of a px errs by the square of that, so much less
than the area beside it. A piece may be a line or a shallow arc; vertices between arcs become smooth nodes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import cv2
import numpy as np
from numba import njit
from numpy.typing import NDArray

from mtor_transcode.analyze.shapes.corners import level, sharpened
from mtor_transcode.model import UNITS_PER_PX, Contour, NodeKind, Outline, Point

LOOK_AHEAD = 32
MAX_POINTS = 320
NODE_BITS = 3.0
"""What a node costs beside its way to the next."""

GRID_GAIN = 26.0
"""Squared step (px) of the best grid, times a piece's length over ``area_per_bit``.

Nodes off by s^2 / 12 along each axis move the edge by two thirds of that (squares), and half the step takes
two bits more a node."""

RETRIES = 4
"""Finer fits that are tried when nothing is left of an outline at the tolerance asked for."""

ARC_COSINE = 0.2
"""Least cosine of the turn at a smooth node between two arcs (about 80 degrees)."""

STEEPEST = 0.17
"""Height of an arc, at most, as a share of its chord: a turn of about 75 degrees."""

SMOOTH_COSINE = 0.35
"""Least cosine of the turn at a node that may be smooth (about 70 degrees)."""


def fit_outline(
    contours: Sequence[NDArray[np.float32]], area_per_bit: float, *, curves: bool
) -> tuple[Outline, Point] | None:
    """Fit closed contours ((N, 2) px each) and return a canonical outline and its place in units.

    ``area_per_bit`` (px^2) is lambda over the squared contrast of the edge. None if nothing is left.
    """
    kept: list[tuple[NDArray[np.float64], NDArray[np.bool_]]] = []
    for _ in range(RETRIES):
        fitted = [_fit_contour(points, area_per_bit, curves) for points in contours]
        kept = [item for item in fitted if len(item[0]) >= 3]
        if kept:
            break
        area_per_bit /= 4
    if not kept:
        return None
    nodes = sum(len(points) for points, _ in kept)
    length = sum(float(np.hypot(*np.diff(p, axis=0, append=p[:1]).T).sum()) for p, _ in kept)
    step = grid_step(area_per_bit, length / nodes)
    chains = []
    for points, kinds in kept:
        chain = _on_grid(points, kinds, step)
        if chain is not None:
            chains.append(chain)
    if not chains:
        return None
    return Outline(tuple(chains)).centred(step)


def grid_step(area_per_bit: float, segment: float) -> int:
    """The grid's step in units, a power of two: where a bit less per coordinate costs what it saves."""
    wanted = math.sqrt(GRID_GAIN * area_per_bit / max(segment, 0.5))
    exponent = round(math.log2(max(wanted, 1e-6) * UNITS_PER_PX))
    return 1 << min(max(exponent, 1), 6)


def _on_grid(points: NDArray[np.float64], kinds: NDArray[np.bool_], step: int) -> Contour | None:
    grid = np.rint(points * (UNITS_PER_PX / step)).astype(np.int64) * step
    fresh = np.any(grid != np.concatenate([grid[-1:], grid[:-1]]), axis=1)
    grid, kinds = grid[fresh], kinds[fresh]
    if len(grid) < 3:
        return None
    return Contour(
        tuple((int(x), int(y)) for x, y in grid),
        tuple(NodeKind.SMOOTH if smooth else NodeKind.CORNER for smooth in kinds),
    )


def _fit_contour(
    points: NDArray[np.float32], area_per_bit: float, curves: bool
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Vertices (M, 2) in px and which of them are smooth."""
    tolerance = min(max(0.08, 0.4 * math.sqrt(area_per_bit)), 2.5)
    thin = _thinned(points, tolerance)
    while len(thin) > MAX_POINTS:
        tolerance *= 1.6
        thin = _thinned(points, tolerance)
    if len(thin) < 4:
        return thin, np.zeros(len(thin), dtype=bool)
    centre = thin.mean(axis=0)
    first = int(np.argmax(((thin - centre) ** 2).sum(axis=1)))
    closed = np.concatenate([thin[first:], thin[: first + 1]])
    chosen, arcs = best_vertices(closed, area_per_bit, curves)
    vertices = closed[chosen[:-1]]
    if len(vertices) >= 3:
        vertices = sharpened(np.ascontiguousarray(points, dtype=np.float64), vertices, arcs)
        level(vertices, arcs)
    if not curves or len(vertices) < 3:
        return vertices, np.zeros(len(vertices), dtype=bool)
    return vertices, smooth_nodes(vertices, arcs, closed=True)


def smooth_nodes(
    vertices: NDArray[np.float64], arcs: NDArray[np.bool_], *, closed: bool
) -> NDArray[np.bool_]:
    """Which of the vertices (M, 2) are smooth, where ``arcs`` tells the pieces between them that are bent."""
    before = vertices - np.concatenate([vertices[-1:], vertices[:-1]])
    after = np.concatenate([before[1:], before[:1]])
    norm = np.hypot(before[:, 0], before[:, 1]) * np.hypot(after[:, 0], after[:, 1])
    cosine = (before * after).sum(axis=1) / np.maximum(norm, 1e-9)
    if not closed:
        arcs = np.concatenate([arcs, [False]])
        cosine[[0, -1]] = -1.0
    earlier = np.concatenate([arcs[-1:], arcs[:-1]])
    smooth: NDArray[np.bool_] = ((arcs | earlier) & (cosine > SMOOTH_COSINE)) | (
        arcs & earlier & (cosine > ARC_COSINE)
    )
    return smooth


def _thinned(points: NDArray[np.float32], tolerance: float) -> NDArray[np.float64]:
    """The contour without points within ``tolerance`` px of the rest (Ramer, Douglas and Peucker)."""
    thin = cv2.approxPolyDP(points.reshape(-1, 1, 2), tolerance, True)
    return np.asarray(thin, dtype=np.float64).reshape(-1, 2)


@njit(cache=True, nogil=True)
def best_vertices(points, area_per_bit, curves):  # type: ignore[no-untyped-def]
    """Indices of the best vertices from the first point to the last, and which pieces are arcs.

    A ring is given with its first point repeated at the end.
    """
    n = len(points)
    cost = np.full(n, 1e30)
    parent = np.zeros(n, dtype=np.int64)
    arc = np.zeros(n, dtype=np.bool_)
    lengths = np.zeros(n)
    for m in range(1, n):
        lengths[m] = math.hypot(points[m, 0] - points[m - 1, 0], points[m, 1] - points[m - 1, 1])
    cost[0] = 0.0
    # Steps of the grid that pieces of some px get, see ``grid_step``; a piece is aslant by 0.7 of its length.
    fine = 0.7 / min(max(2.0 * math.sqrt(area_per_bit), 0.125), 2.0)
    scratch = np.empty((3, LOOK_AHEAD))
    for j in range(1, n):
        # Short pieces first: of long ones it is then soon known that they err too much. Of equals the longest
        # is taken.
        for i in range(j - 1, max(0, j - LOOK_AHEAD) - 1, -1):
            if cost[i] + area_per_bit * NODE_BITS > cost[j]:
                continue
            dx = points[j, 0] - points[i, 0]
            dy = points[j, 1] - points[i, 1]
            chord = math.sqrt(dx * dx + dy * dy)
            bits = NODE_BITS + 2.0 * math.log2(1.0 + fine * chord)
            base = cost[i] + area_per_bit * bits
            if base > cost[j]:
                continue
            price = (base, math.inf if curves else cost[j])
            straight, sag = _straight(points, lengths, i, j, (dx, dy, chord), scratch, price)
            least = base + straight
            bends = False
            if curves and j > i + 1 and chord >= 1e-6:
                bent = _bent(lengths[i + 1 : j + 1], chord, sag, scratch, (base, area_per_bit, cost[j]))
                bends = base + bent + area_per_bit < least
                least = min(least, base + bent + area_per_bit)
            if least <= cost[j]:
                cost[j] = least
                parent[j] = i
                arc[j] = bends
    count = 1
    j = n - 1
    while j > 0:
        j = parent[j]
        count += 1
    chosen = np.empty(count, dtype=np.int64)
    arcs = np.zeros(count - 1, dtype=np.bool_)
    j = n - 1
    for k in range(count - 1, -1, -1):
        chosen[k] = j
        if k > 0:
            arcs[k - 1] = arc[j]
        j = parent[j]
    return chosen, arcs


@njit(cache=True, nogil=True)
def _moved(d):  # type: ignore[no-untyped-def]
    """Squared error a px of an anti-aliased edge (its contrast 1) that is moved by ``d`` px."""
    d = abs(d)
    return d * d * (1.0 - d / 3.0) if d < 1.0 else d - 1.0 / 3.0


@njit(cache=True, nogil=True)
def _straight(points, lengths, i, j, piece, scratch, price):  # type: ignore[no-untyped-def]
    """Squared error of the chord in the contour's place; the height of the parabola that fits best.

    ``lengths`` are those of the contour's pieces, by where they end; ``piece`` is the chord and its length.
    ``scratch`` (3, LOOK_AHEAD) gets where the points are along the chord, the same as a share of it in 0 to
    1, and how far aside they are. ``price`` is what the piece costs beside its
    error, and the cost beyond which that is not added up to its end.
    """
    dx, dy, chord = piece
    if j == i + 1:
        return 0.0, 0.0
    if chord < 1e-6:
        twice = 0.0
        for m in range(i, j):
            twice += points[m, 0] * points[m + 1, 1] - points[m + 1, 0] * points[m, 1]
        return 0.5 * abs(twice) + 1.0, 0.0
    straight = num = den = 0.0
    last_t = last_d = last_moved = 0.0
    for m in range(i + 1, j + 1):
        px = points[m, 0] - points[i, 0]
        py = points[m, 1] - points[i, 1]
        t = (px * dx + py * dy) / chord
        d = (py * dx - px * dy) / chord
        length = lengths[m]
        moved = _moved(d)
        # Simpson's rule from end to end.
        straight += (last_moved + 4.0 * _moved(0.5 * (last_d + d)) + moved) / 6.0 * length
        # A path that runs back along the chord is no graph over it: charge the way back.
        if t < last_t:
            straight += 0.5 * (last_t - t) * length
        u = min(max(t / chord, 0.0), 1.0)
        bump = 4.0 * u * (1.0 - u)
        num += bump * d * length
        den += bump * bump * length
        if price[0] + straight > price[1]:
            break
        scratch[0, m - i - 1], scratch[1, m - i - 1], scratch[2, m - i - 1] = t, u, d
        last_t, last_d, last_moved = t, d, moved
    sag = num / den if den > 0 else 0.0
    limit = STEEPEST * chord
    sag = min(max(sag, -limit), limit)
    # Between smooth nodes with handles of a third of the chord the curve is flatter than a circle.
    return straight, sag / (1.0 + 4.0 * (sag / chord) ** 2)


@njit(cache=True, nogil=True)
def _bent(lengths, chord, sag, scratch, price):  # type: ignore[no-untyped-def]
    """Squared error of a parabola in the place of a contour's pieces of these ``lengths``.

    ``price`` is what the arc costs beside that, in two parts, and the cost beyond which it does not matter.
    """
    base, more, limit = price
    bent = last_t = last_d = last_moved = 0.0
    for m in range(len(lengths)):
        t, u = scratch[0, m], scratch[1, m]
        d = scratch[2, m] - sag * 4.0 * u * (1.0 - u)
        moved = _moved(d)
        bent += (last_moved + 4.0 * _moved(0.5 * (last_d + d)) + moved) / 6.0 * lengths[m]
        if t < last_t:
            bent += 0.5 * (last_t - t) * lengths[m]
        if base + bent + more > limit:
            break
        last_t, last_d, last_moved = t, d, moved
    return bent
