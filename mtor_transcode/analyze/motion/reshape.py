# SPDX-License-Identifier: Apache-2.0
"""Shapes that change their form: each node moves to where the picture has the edge now.

From samples along the outline the edge is looked for across it, where most error would be taken away by
covering or uncovering what lies between (regions' energy: Chan and Vese 2001; looking along normals: Cootes
et al. 1995, active shape models). Nodes go by least squares, first stiffly and far, then freely and near.
An outline that keeps its structure is told by what changed, and the decoder goes over node by node.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from operator import itemgetter

import numpy as np
from numba import njit
from numpy.typing import NDArray

from mtor_transcode.analyze.canvas.easel import Picture, appearance, coverage, paint_colours
from mtor_transcode.analyze.canvas.live_shapes import LiveShapes
from mtor_transcode.analyze.canvas.regions import CHROMA_WEIGHT
from mtor_transcode.analyze.motion.forms import (
    Form,
    Nodes,
    Samples,
    evened,
    form_of,
    nodes_of,
    outline_of,
    refined,
    samples_of,
    thinned,
)
from mtor_transcode.analyze.motion.pose import Pose, Setting, picture_error
from mtor_transcode.codec.canonical import canonical_state, grid_of
from mtor_transcode.model import Mask, NodeKind, ShapeState
from mtor_transcode.render.matrix import Matrix, compose, inverse, placed

NODES = (3, 96)
"""Outlines of fewer or more nodes are not reshaped."""

PASSES = ((16, 1.0), (16, 0.5), (8, 0.3), (8, 0.15), (4, 0.1), (4, 0.05), (2, 0.03), (2, 0.02), (1, 0.01))
"""Px within which the edge is looked for in turn, and how stiff the outline is: how much a step between the
shifts of two neighbours weighs beside what the samples of a node say."""

APART = 1.5
"""Px between two samples at most."""

SLOPE = 0.02
"""Share of the mean energy by which a px further off is worse: the nearer of two edges is taken."""

EVEN = (0.0, 0.5, 1.0, 2.0)
"""Px by which the shift of a node may differ from that of the one before and become it: that is cheaper."""

MISSED = 0.3
"""Share of the error that the shape's own nodes may leave before more are tried."""

EXPLAINED = 0.7
"""Share of what is wrong with the shape that other nodes must take away."""

LEAST_BITS = 150.0
"""Forms whose change is worth fewer bits are left as they are."""

COARSEST = 4
"""Grid (binary logarithm of units) of the new nodes at most: a px."""

Price = Callable[[ShapeState], float]
"""Bits of the token that brings a shape to another state."""


def can_reshape(state: ShapeState) -> bool:
    """Whether a shape is an area with corners and smooth nodes, not too many."""
    outline = state.outline
    if isinstance(outline, Mask) or outline.stroke_width or not NODES[0] <= outline.node_count <= NODES[1]:
        return False
    return all(contour.closed and NodeKind.CONTROL not in contour.kinds for contour in outline.contours)


class ReshapeFit:
    """Fits the nodes of one shape inside its setting, from where ``state`` has them."""

    def __init__(self, live: LiveShapes, state: ShapeState, setting: Setting) -> None:
        self._live = live
        self._state = state
        self._setting = setting
        x0, y0 = setting.rect[:2]
        here: Matrix = (1.0, 0.0, 0.0, 1.0, -float(x0), -float(y0))
        self._matrix = compose(here, compose(live.view, placed(state.transform)))
        self._step = 1 << min(grid_of(state.outline), COARSEST)
        colours = paint_colours(state.paint, state.outline, state.transform, setting.rect, live.view)
        self._energy = _energy(
            setting.target, setting.under, setting.over, setting.through, setting.weight, colours
        )

    def fitted(self, price: Price, lam: float) -> Pose | None:
        """The shape with the nodes that leave least error and bits; None if that is not a better one.

        Where its own nodes leave much, nodes are added between them first, and those not needed go.
        """
        error = self.error(self._state)
        if not error:
            return None
        form = form_of(self._state.outline, self._matrix)
        if self._promised(form) < lam * LEAST_BITS:
            return None
        found = self._moved(form, error)
        fits = [] if found is None else self._evened(form, found, price, lam)
        if found is None or self.error(self._at(found)) > MISSED * error:
            more = refined(form)
            finer = self._moved(more, error) if len(more.nodes) > len(form.nodes) else None
            if finer is not None:
                fits.append(self._posed(thinned(finer), price, lam))
        pose = min(fits, key=itemgetter(0), default=(0.0, None))[1]
        if pose is None or pose.outline == self._state.outline:
            return None
        return pose if error - pose.error > EXPLAINED * self._own_error(pose) else None

    def error(self, state: ShapeState) -> float:
        """Weighted squared error inside the setting's rectangle with the shape in another state."""
        cover, colours = appearance(self._live.engine, state, self._setting.rect, self._live.view)
        return picture_error(self._setting, cover, colours)

    def _promised(self, form: Form) -> float:
        """The error that would go if the edge were everywhere where it is best, about."""
        return float(self._looked(form, PASSES[0][0])[2].sum())

    def _moved(self, form: Form, error: float) -> Form | None:
        """The form with its nodes where they leave least error; None if nothing is less than ``error``."""
        best, found = error, None
        for number, (reach, stiffness) in enumerate(PASSES):
            form = form.at(form.nodes + self._pull(form, reach, stiffness))
            if number + 1 == len(PASSES) or PASSES[number + 1][0] != reach:
                left = self.error(self._at(form))
                if left < best:
                    best, found = left, form
        return found

    def _own_error(self, pose: Pose) -> float:
        """What is wrong with the shape as it was where it, or what has become of it, shows."""
        state, rect, live = self._state, self._setting.rect, self._live
        assert pose.outline is not None
        cover, colours = appearance(live.engine, state, rect, live.view)
        other = coverage(live.engine, pose.outline, pose.place, rect, live.view)
        near = np.where(np.maximum(cover, other) > 0, self._setting.weight, np.float32(0))
        return picture_error(replace(self._setting, weight=near), cover, colours)

    def _evened(self, start: Form, found: Form, price: Price, lam: float) -> list[tuple[float, Pose]]:
        """What the nodes cost with shifts evened out more or less."""
        shifts = found.nodes - start.nodes
        forms = [start.at(start.nodes + evened(shifts, even)) for even in EVEN]
        return [self._posed(form, price, lam) for form in forms]

    def _posed(self, form: Form, price: Price, lam: float) -> tuple[float, Pose]:
        """Error and bits of a form, and all of its pose."""
        state = self._at(form)
        error = self.error(state)
        pose = Pose(state.transform, error, self._stiffness(form), 1.0, 0.0, state.outline, nodes_of)
        return error + lam * price(state), pose

    def _pull(self, form: Form, reach: int, stiffness: float) -> Nodes:
        """By how much the nodes go: (n, 2) px."""
        samples, away, _, worth = self._looked(form, reach)
        return _solved(form, samples, away, worth, stiffness)

    def _looked(
        self, form: Form, reach: int
    ) -> tuple[Samples, NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Samples; how far (px) from each the edge is, the error that would go, how sure that is: (s,)."""
        state, energy = self._at(form), self._energy
        rect, live = self._setting.rect, self._live
        cover = coverage(live.engine, state.outline, state.transform, rect, live.view)
        samples = samples_of(form, APART)
        normals = samples.normals * _outwards(samples, form.contour[samples.first], cover)[:, None]
        slope = SLOPE * float(np.abs(energy).mean())
        away, saved, worth = _edges(samples.places, normals, energy, cover, reach, slope)
        return replace(samples, normals=normals), away, APART * saved, worth

    def _stiffness(self, form: Form) -> NDArray[np.float64]:
        """How the error grows when nodes stray: (2 n, 2 n), see ``Pose``; a px beside an edge is wrong."""
        samples = samples_of(form, APART)
        height, width = self._energy.shape
        x = np.clip(samples.places[:, 0].astype(np.int64), 0, width - 1)
        y = np.clip(samples.places[:, 1].astype(np.int64), 0, height - 1)
        worth = APART * np.abs(self._energy[y, x]).astype(np.float64)
        stiffness: NDArray[np.float64] = _equations(form, samples, np.zeros(len(x)), worth)[0]
        return stiffness

    def _at(self, form: Form) -> ShapeState:
        """The shape with its nodes elsewhere, on its grid."""
        return canonical_state(
            replace(self._state, outline=outline_of(form, inverse(self._matrix), self._step))
        )


def _outwards(samples: Samples, contour: NDArray[np.int64], cover: Picture) -> NDArray[np.float64]:
    """1 where a normal leads out of the shape, -1 where it leads in: (s,), alike all along a contour."""
    height, width = cover.shape

    def seen(at: Nodes) -> NDArray[np.float64]:
        x = np.clip(np.floor(at[:, 0]).astype(int), 0, width - 1)
        y = np.clip(np.floor(at[:, 1]).astype(int), 0, height - 1)
        found: NDArray[np.float64] = cover[y, x].astype(np.float64)
        return found

    aside = 1.5 * samples.normals
    ways = np.bincount(contour, seen(samples.places - aside) - seen(samples.places + aside))
    return np.where(ways >= 0, 1.0, -1.0)[contour]


def _solved(
    form: Form, samples: Samples, away: NDArray[np.float64], worth: NDArray[np.float64], stiffness: float
) -> Nodes:
    """The shifts of nodes that bring samples ``away`` (px) across the outline: least squares, (n, 2)."""
    count = len(form.nodes)
    matrix, pull = _equations(form, samples, away, worth)
    stiff = stiffness * max(float(np.trace(matrix)) / (2 * count), 1e-9)
    for axis in range(2):
        nodes, after = np.arange(count) * 2 + axis, form.after * 2 + axis
        np.add.at(matrix, (nodes, nodes), stiff)
        np.add.at(matrix, (after, after), stiff)
        np.add.at(matrix, (nodes, after), -stiff)
        np.add.at(matrix, (after, nodes), -stiff)
    matrix[np.diag_indices(2 * count)] += 1e-3 * stiff + 1e-9
    shifts: Nodes = _envelope_solved(matrix, pull).reshape(count, 2)
    return shifts


def _equations(
    form: Form, samples: Samples, away: NDArray[np.float64], worth: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The normal equations of samples that lie ``away`` from where they should: (2 n, 2 n) and (2 n,)."""
    made: tuple[NDArray[np.float64], NDArray[np.float64]] = _normal(
        len(form.nodes), samples.normals, samples.first, samples.second, samples.share, away, worth
    )
    return made


@njit(cache=True, nogil=True)
def _envelope_solved(matrix, right):  # type: ignore[no-untyped-def]
    """The solution of positive definite equations, by Cholesky inside the envelope (Jennings 1977).

    Only neighbours have common terms, so a row begins near the diagonal; LAPACK would not see that.
    """
    count = len(right)
    first = np.empty(count, np.int64)
    solution = right.copy()
    for i in range(count):
        first[i] = 0
        while matrix[i, first[i]] == 0:
            first[i] += 1
        for j in range(first[i], i + 1):
            total = matrix[i, j]
            for k in range(max(first[i], first[j]), j):
                total -= matrix[i, k] * matrix[j, k]
            matrix[i, j] = np.sqrt(total) if i == j else total / matrix[j, j]
        for j in range(first[i], i):
            solution[i] -= matrix[i, j] * solution[j]
        solution[i] /= matrix[i, i]
    for i in range(count - 1, -1, -1):
        solution[i] /= matrix[i, i]
        for j in range(first[i], i):
            solution[j] -= matrix[i, j] * solution[i]
    return solution


@njit(cache=True, nogil=True)
def _normal(count, normals, first, second, share, away, worth):  # type: ignore[no-untyped-def]
    """See ``_equations``."""
    matrix = np.zeros((2 * count, 2 * count))
    pull = np.zeros(2 * count)
    row = np.empty(4)
    places = np.empty(4, np.int64)
    for s in range(len(first)):
        if worth[s] == 0:
            continue
        t = share[s]
        for axis in range(2):
            row[axis] = (1 - t) * normals[s, axis]
            row[2 + axis] = t * normals[s, axis]
            places[axis] = 2 * first[s] + axis
            places[2 + axis] = 2 * second[s] + axis
        for i in range(4):
            pull[places[i]] += worth[s] * row[i] * away[s]
            for j in range(4):
                matrix[places[i], places[j]] += worth[s] * row[i] * row[j]
    return matrix, pull


@njit(cache=True, nogil=True)
def _energy(target, under, over, through, weight, colours):  # type: ignore[no-untyped-def]
    """What covering a px adds to the weighted squared error, (h, w) float32."""
    height, width = weight.shape
    solid = colours.shape[0] == 1 and colours.shape[1] == 1
    made = np.empty((height, width), np.float32)
    for y in range(height):
        for x in range(width):
            cy = 0 if solid else y
            cx = 0 if solid else x
            change = np.float32(0)
            for c in range(3):
                left = target[y, x, c] - over[y, x, c]
                inside = left - through[y, x, 0] * colours[cy, cx, c]
                outside = left - through[y, x, 0] * under[y, x, c]
                share = np.float32(1) if c == 0 else np.float32(CHROMA_WEIGHT)
                change += share * (inside * inside - outside * outside)
            made[y, x] = weight[y, x] * change
    return made


@njit(cache=True, nogil=True)
def _edges(places, normals, energy, cover, reach, slope):  # type: ignore[no-untyped-def]
    """How far (px, outwards) from each sample the edge is, what that saves a px of outline, how sure it is.

    Looking out ends where the shape comes again, looking in where it ends.
    """
    height, width = energy.shape
    count = len(places)
    away = np.zeros(count)
    worth = np.zeros(count)
    saved = np.zeros(count)
    for s in range(count):
        least = 0.0
        sure = 0.0
        for way in (1.0, -1.0):
            total = 0.0
            for step in range(1, reach + 1):
                x = places[s, 0] + way * (step - 0.5) * normals[s, 0]
                y = places[s, 1] + way * (step - 0.5) * normals[s, 1]
                px = int(np.floor(x))
                py = int(np.floor(y))
                if px < 0 or py < 0 or px >= width or py >= height:
                    break
                if step > 1 and (cover[py, px] > 127) == (way > 0):
                    break
                value = energy[py, px]
                if step <= 3:
                    sure += abs(value)
                total += way * value
                if total + slope * step < least:
                    least = total + slope * step
                    away[s] = way * step
                    saved[s] = -total
                    sure += abs(value)
        worth[s] = sure
    # A picture's strongest edges must not be all that counts.
    middle = np.median(worth) if count else 0.0
    for s in range(count):
        worth[s] = worth[s] / (worth[s] + middle + 1e-6)
    return away, saved, worth
