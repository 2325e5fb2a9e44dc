# SPDX-License-Identifier: Apache-2.0
"""One outline fitted to what it shows at several places and sizes: sharper than each, as many show one form.

Least squares over the nodes (Gauss and Newton); then nodes go that cost more bits than error, and the others
come to the grid that is worth its bits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from mtor_transcode.analyze.letters.letter_fields import SIDE, Field
from mtor_transcode.analyze.letters.letter_raster import draw
from mtor_transcode.analyze.shapes.refine import NODE_BITS, STEP_BITS
from mtor_transcode.model import UNITS_PER_PX, Contour, NodeKind, Outline

PASSES = 3
NUDGE = 0.1
"""Px by which a node is moved to see what that changes."""

STIFF = 0.02
"""Share of the mean curvature that every node has at least: those that hardly matter stay where they are."""

FARTHEST = 1.0
"""Px that a node goes at most at a time."""

GRIDS = (1, 2, 4, 8)
"""Steps (units) of grids that are tried."""

MARGIN = 3
"""Px around a letter that are looked at."""

PHASES = (8, 4)
"""Places in a px, across and down, that a letter may have."""

Nodes = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Form:
    """An outline as numbers: ``nodes`` (n, 2) px, ``smooth`` (n,), ``ends`` (m,) of its contours."""

    nodes: Nodes
    smooth: NDArray[np.bool_]
    ends: NDArray[np.int64]

    @classmethod
    def of(cls, outline: Outline) -> Form:
        """An outline of corners and smooth nodes."""
        points = [point for contour in outline.contours for point in contour.points]
        kinds = [kind for contour in outline.contours for kind in contour.kinds]
        ends = np.cumsum([len(contour.points) for contour in outline.contours])
        smooth = np.array([kind is NodeKind.SMOOTH for kind in kinds])
        return cls(np.array(points, dtype=np.float64) / UNITS_PER_PX, smooth, ends.astype(np.int64))

    def outline(self, step: int) -> Outline:
        """The outline with its nodes on a grid (units)."""
        units = np.rint(self.nodes * (UNITS_PER_PX / step)).astype(np.int64) * step
        contours, first = [], 0
        for end in self.ends:
            kinds = tuple(NodeKind.SMOOTH if soft else NodeKind.CORNER for soft in self.smooth[first:end])
            contours.append(Contour(tuple((int(x), int(y)) for x, y in units[first:end]), kinds))
            first = int(end)
        return Outline(tuple(contours)).centred(step)[0]

    def without(self, node: int) -> Form | None:
        """The form without a node; None if a contour is left with too few."""
        contour = int(np.searchsorted(self.ends, node, side="right"))
        if self.ends[contour] - (self.ends[contour - 1] if contour else 0) <= 3:
            return None
        ends = self.ends.copy()
        ends[contour:] -= 1
        return Form(np.delete(self.nodes, node, axis=0), np.delete(self.smooth, node), ends)

    def bits(self, step: int) -> float:
        """What it costs on a grid of ``step`` units, about."""
        first, bits = 0, 6.0
        for end in self.ends.tolist():
            ways = np.abs(np.diff(self.nodes[first:end], axis=0)) * (UNITS_PER_PX / step)
            bits += 5.0 + NODE_BITS * (end - first) + STEP_BITS * float(np.log2(1 + ways).sum())
            first = end
        return bits


@dataclass(frozen=True, slots=True)
class Sights:
    """Where a form is seen: ``fields`` (k, SIDE, SIDE), the ``boxes`` (k, 4) of what they hold, its
    place there ``at`` (k, 2) px, ``scales`` (k,), and what an error of a px of full contrast costs,
    ``weights`` (k,).
    """

    fields: Field
    boxes: NDArray[np.int64]
    at: Nodes
    scales: NDArray[np.float64]
    weights: NDArray[np.float64]

    def error(self, form: Form) -> float:
        """What the form's squared error costs in all of them."""
        return float(
            _error(
                form.nodes,
                form.smooth,
                form.ends,
                self.fields,
                self.boxes,
                self.at,
                self.scales,
                self.weights,
            )
        )


def fitted(form: Form, sights: Sights) -> tuple[Form, int, float]:
    """The form with least error and bits, the grid's step (units) it is to have, and its error."""
    form = _settled(form, sights, PASSES)
    form = _sparser(form, sights, 4)
    form = _settled(form, sights, PASSES - 1)
    best: tuple[float, Form, int, float] | None = None
    for step in GRIDS:
        grid = np.rint(form.nodes * (UNITS_PER_PX / step)) * (step / UNITS_PER_PX)
        laid = Form(grid, form.smooth, form.ends)
        error = sights.error(laid)
        cost = error + form.bits(step)
        if best is None or cost < best[0]:
            best = cost, laid, step, error
    assert best is not None
    return best[1:]


def _settled(form: Form, sights: Sights, passes: int) -> Form:
    """Nodes where the squared error is least."""
    best, least = form, sights.error(form)
    for _ in range(passes):
        curvature, slope = _normal(
            best.nodes,
            best.smooth,
            best.ends,
            sights.fields,
            sights.boxes,
            sights.at,
            sights.scales,
            sights.weights,
        )
        mean = float(np.trace(curvature)) / len(slope)
        way = np.linalg.solve(curvature + np.eye(len(slope)) * (STIFF * mean + 1e-9), slope)
        nodes = best.nodes + np.clip(way, -FARTHEST, FARTHEST).reshape(-1, 2)
        moved = Form(nodes, form.smooth, form.ends)
        error = sights.error(moved)
        if error >= least:
            break
        best, least = moved, error
    return best


def _sparser(form: Form, sights: Sights, step: int) -> Form:
    """Without nodes that cost more than they are worth."""
    error = sights.error(form)
    while True:
        best: tuple[float, Form, float] | None = None
        bits = form.bits(step)
        for node in range(len(form.nodes)):
            fewer = form.without(node)
            if fewer is None:
                continue
            wrong = sights.error(fewer)
            gain = bits - fewer.bits(step) - (wrong - error)
            if gain > (best[0] if best else 0.0):
                best = gain, fewer, wrong
        if best is None:
            return form
        _, form, error = best


@njit(cache=True, nogil=True)
def _window(box):  # type: ignore[no-untyped-def]
    top, low = max(box[0] - MARGIN, 0), min(box[1] + MARGIN, SIDE)
    left, right = max(box[2] - MARGIN, 0), min(box[3] + MARGIN, SIDE)
    return top, low, left, right


@njit(cache=True, nogil=True)
def _error(nodes, smooth, ends, fields, boxes, at, scales, weights):  # type: ignore[no-untyped-def]
    total = 0.0
    buffer = np.zeros((SIDE, SIDE))
    for k in range(len(fields)):
        top, low, left, right = _window(boxes[k])
        out = buffer[: low - top, : right - left]
        draw(nodes, smooth, ends, at[k, 0] - left, at[k, 1] - top, scales[k], out)
        error = 0.0
        for y in range(top, low):
            for x in range(left, right):
                d = fields[k, y, x] - out[y - top, x - left]
                error += d * d
        total += weights[k] * error
    return total


@njit(cache=True, nogil=True)
def _normal(nodes, smooth, ends, fields, boxes, at, scales, weights):  # type: ignore[no-untyped-def]
    """The normal equations of the nodes' coordinates: (2n, 2n) and (2n,)."""
    count = 2 * len(nodes)
    curvature, slope = np.zeros((count, count)), np.zeros(count)
    still, nudged = np.zeros((SIDE, SIDE)), np.zeros((SIDE, SIDE))
    moved = nodes.copy()
    for k in range(len(fields)):
        top, low, left, right = _window(boxes[k])
        x, y, size = at[k, 0] - left, at[k, 1] - top, (low - top) * (right - left)
        a, b = still[: low - top, : right - left], nudged[: low - top, : right - left]
        draw(nodes, smooth, ends, x, y, scales[k], a)
        off = np.empty(size)
        for i in range(size):
            v, u = divmod(i, right - left)
            off[i] = fields[k, top + v, left + u] - a[v, u]
        ways = np.zeros((count, size))
        reach = np.zeros((count, 2), dtype=np.int64)  # Of each coordinate, where it changes anything.
        for j in range(count):
            node, axis = divmod(j, 2)
            moved[node, axis] = nodes[node, axis] + NUDGE
            draw(moved, smooth, ends, x, y, scales[k], b)
            moved[node, axis] = nodes[node, axis]
            reach[j, 0], reach[j, 1] = size, 0
            for i in range(size):
                v, u = divmod(i, right - left)
                way = (b[v, u] - a[v, u]) / NUDGE
                if way != 0:
                    ways[j, i] = way
                    reach[j, 0], reach[j, 1] = min(reach[j, 0], i), i + 1
        for j in range(count):
            for i in range(reach[j, 0], reach[j, 1]):
                slope[j] += weights[k] * ways[j, i] * off[i]
            for m in range(j + 1):
                total = 0.0
                for i in range(max(reach[j, 0], reach[m, 0]), min(reach[j, 1], reach[m, 1])):
                    total += ways[j, i] * ways[m, i]
                curvature[j, m] += weights[k] * total
    for j in range(count):
        for m in range(j):
            curvature[m, j] = curvature[j, m]
    return curvature, slope


@njit(cache=True, nogil=True)
def place(nodes, smooth, ends, heart, scale, field, box, middle):  # type: ignore[no-untyped-def]
    """Where a form fits a field best: its squared error and place (px).

    ``heart`` is the form's centre of mass, ``middle`` the field's.
    """
    top, low, left, right = _window(box)
    out = np.zeros((low - top, right - left))
    x = np.rint((middle[0] - heart[0] * scale) * PHASES[0]) / PHASES[0]
    y = np.rint((middle[1] - heart[1] * scale) * PHASES[1]) / PHASES[1]
    least, bx, by = 1e30, x, y
    for _ in range(3):
        x, y = bx, by
        for dy in range(-1, 2):
            for dx in range(-1, 2):
                px, py = x + dx / PHASES[0], y + dy / PHASES[1]
                draw(nodes, smooth, ends, px - left, py - top, scale, out)
                error = 0.0
                for v in range(low - top):
                    for u in range(right - left):
                        d = field[top + v, left + u] - out[v, u]
                        error += d * d
                if error < least:
                    least, bx, by = error, px, py
        if bx == x and by == y:
            break
    return least, bx, by
