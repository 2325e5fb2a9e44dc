# SPDX-License-Identifier: Apache-2.0
"""The nodes of outlines as arrays: where they are, how they hang together, and samples along the curve."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numba import njit
from numpy.typing import NDArray

from mtor_transcode.model import UNITS_PER_PX, Contour, NodeKind, Outline, ShapeState
from mtor_transcode.render.matrix import Matrix, placed

FAR = 16.0
"""Px between two nodes from which on others are added between them."""

MOST_PIECES = 4
"""Pieces into which nodes that are added part a segment at most."""

ADDED = 48
"""Nodes that are added at most, about: what they take grows with their cube."""

FEWEST = 4
"""Nodes of a contour that are kept."""

ALONG = 0.6
"""Px off the line between its neighbours within which a node is not needed."""

CURVED = 2.0
"""How much more a smooth node is needed: curves do not pass by as lines do."""

Nodes = NDArray[np.float64]
"""Nodes of all contours (n, 2), px."""


@dataclass(frozen=True, slots=True)
class Form:
    """Nodes (n, 2) of closed contours, px.

    Of each node those ``before`` and ``after`` it (n,) int64, whether it is ``smooth`` (n,) and the number of
    its ``contour`` (n,) int64.
    """

    nodes: Nodes
    before: NDArray[np.int64]
    after: NDArray[np.int64]
    smooth: NDArray[np.bool_]
    contour: NDArray[np.int64]

    def at(self, nodes: Nodes) -> Form:
        """The same with its nodes elsewhere."""
        return replace(self, nodes=nodes)


@dataclass(frozen=True, slots=True)
class Samples:
    """Places along a form's curve, px, and normals there, (s, 2).

    Each lies at a ``share`` (s,) of the segment from the ``first`` to the ``second`` node (s,) int64.
    """

    places: Nodes
    normals: Nodes
    first: NDArray[np.int64]
    second: NDArray[np.int64]
    share: NDArray[np.float64]


def form_of(outline: Outline, matrix: Matrix) -> Form:
    """The form of an outline of closed contours without CONTROL nodes, through ``matrix``."""
    smooth = np.array([kind is NodeKind.SMOOTH for contour in outline.contours for kind in contour.kinds])
    counts = [len(contour.points) for contour in outline.contours]
    return _linked(_through(outline, matrix), smooth, counts)


def outline_of(form: Form, matrix: Matrix, step: int) -> Outline:
    """The outline of a form, its nodes through ``matrix`` (to local px) on a grid of ``step`` units."""
    a, b, c, d, e, f = matrix
    x, y = form.nodes[:, 0], form.nodes[:, 1]
    local = np.stack([a * x + c * y + e, b * x + d * y + f], axis=1) * (UNITS_PER_PX / step)
    points = (np.rint(local).astype(np.int64) * step).tolist()
    contours = []
    for number in range(int(form.contour[-1]) + 1):
        own = np.flatnonzero(form.contour == number)
        kinds = tuple(NodeKind.SMOOTH if form.smooth[i] else NodeKind.CORNER for i in own)
        contours.append(Contour(tuple((points[i][0], points[i][1]) for i in own), kinds))
    return Outline(tuple(contours))


def nodes_of(state: ShapeState) -> NDArray[np.float64]:
    """The nodes of a shape in px of the world, all in a row: (2 n,)."""
    return _through(state.outline, placed(state.transform)).ravel()


def refined(form: Form) -> Form:
    """The form with nodes between any two that are far apart: of curves smooth, of lines corners."""
    lengths = np.hypot(*(form.nodes[form.after] - form.nodes).T)
    far = max(FAR, float(lengths.sum()) / ADDED)
    pieces = np.clip(np.ceil(lengths / far).astype(np.int64), 1, MOST_PIECES)
    order = np.repeat(np.arange(len(pieces)), pieces)
    share = np.concatenate([np.arange(count) / count for count in pieces])
    curved = form.smooth[order] | (form.smooth[form.after[order]] & (share > 0))
    smooth = np.where(share > 0, curved, form.smooth[order])
    return _chosen(form, order, _sampled(form, order, share).places, smooth)


def thinned(form: Form) -> Form:
    """The form without nodes that hardly lie off what joins their neighbours, nearest first."""
    while len(form.nodes) > FEWEST:
        before = form.nodes[form.before]
        along, off = form.nodes[form.after] - before, form.nodes - before
        length = np.maximum(np.hypot(*along.T), 1e-6)
        away = np.abs(along[:, 0] * off[:, 1] - along[:, 1] * off[:, 0]) / length
        away[form.smooth] *= CURVED
        away[np.bincount(form.contour)[form.contour] <= FEWEST] = np.inf
        least = int(np.argmin(away))
        if away[least] > ALONG:
            break
        kept = np.delete(np.arange(len(form.nodes)), least)
        form = _chosen(form, kept, form.nodes[kept], form.smooth[kept])
    return form


def evened(shifts: Nodes, even: float) -> Nodes:
    """Shifts (n, 2) of which each that differs from the one before by at most ``even`` px is the same."""
    if not even:
        return shifts
    made = shifts.copy()
    for node in range(1, len(shifts)):
        if np.abs(shifts[node] - made[node - 1]).max() <= even:
            made[node] = made[node - 1]
    return made


def samples_of(form: Form, apart: float) -> Samples:
    """Samples at most ``apart`` px from each other, two at least on each segment."""
    lengths = np.hypot(*(form.nodes[form.after] - form.nodes).T)
    pieces = np.maximum(np.ceil(lengths / apart).astype(np.int64), 2)
    order = np.repeat(np.arange(len(pieces)), pieces)
    count = np.arange(len(order)) - np.repeat(np.cumsum(pieces) - pieces, pieces)
    return _sampled(form, order, (count + 0.5) / pieces[order])


def _sampled(form: Form, order: NDArray[np.int64], share: NDArray[np.float64]) -> Samples:
    """Samples at a ``share`` of the segment that follows each node of ``order``."""
    places, normals = _sampled_at(form.nodes, form.before, form.after, form.smooth, order, share)
    return Samples(places, normals, order, form.after[order], share)


def _through(outline: Outline, matrix: Matrix) -> Nodes:
    a, b, c, d, e, f = matrix
    points = np.array([point for contour in outline.contours for point in contour.points], dtype=np.float64)
    x, y = points[:, 0] / UNITS_PER_PX, points[:, 1] / UNITS_PER_PX
    return np.stack([a * x + c * y + e, b * x + d * y + f], axis=1)


def _linked(nodes: Nodes, smooth: NDArray[np.bool_], counts: Sequence[int]) -> Form:
    """A form of contours of so many nodes each."""
    before, after, names = [], [], []
    first = 0
    for number, count in enumerate(counts):
        places = np.arange(count)
        before.append(first + (places - 1) % count)
        after.append(first + (places + 1) % count)
        names.append(np.full(count, number))
        first += count
    return Form(nodes, np.concatenate(before), np.concatenate(after), smooth, np.concatenate(names))


def _chosen(form: Form, order: NDArray[np.int64], nodes: Nodes, smooth: NDArray[np.bool_]) -> Form:
    """A form of other nodes, each of which belongs to the contour of that of ``order``."""
    return _linked(nodes, smooth, np.bincount(form.contour[order]).tolist())


@njit(cache=True, nogil=True)
def _sampled_at(nodes, before, after, smooth, order, share):  # type: ignore[no-untyped-def]
    """Places and normals (s, 2) at a ``share`` of the segment that follows each node of ``order``."""
    places = np.empty((len(order), 2))
    normals = np.zeros((len(order), 2))
    corner = np.empty((4, 2))
    for s in range(len(order)):
        i = order[s]
        j = after[i]
        length = np.hypot(nodes[j, 0] - nodes[i, 0], nodes[j, 1] - nodes[i, 1])
        corner[0], corner[1], corner[2], corner[3] = nodes[i], nodes[i], nodes[j], nodes[j]
        for end, way in ((i, 1.0), (j, -1.0)):
            if smooth[end]:
                chord = nodes[after[end]] - nodes[before[end]]
                norm = np.hypot(chord[0], chord[1])
                if norm > 0:
                    corner[1 if way > 0 else 2] += way * chord * (length / (3 * norm))
        t = share[s]
        u = 1 - t
        if smooth[i] or smooth[j]:
            places[s] = u * u * u * corner[0] + 3 * u * u * t * corner[1] + 3 * u * t * t * corner[2]
            places[s] += t * t * t * corner[3]
            along = u * u * (corner[1] - corner[0]) + 2 * u * t * (corner[2] - corner[1])
            along += t * t * (corner[3] - corner[2])
        else:
            places[s] = u * corner[0] + t * corner[3]
            along = corner[3] - corner[0]
        norm = np.hypot(along[0], along[1])
        if norm > 0:
            normals[s, 0] = along[1] / norm
            normals[s, 1] = -along[0] / norm
    return places, normals
