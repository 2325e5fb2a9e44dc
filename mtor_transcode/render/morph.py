# SPDX-License-Identifier: Apache-2.0
"""Between two outlines: which point goes where.

Outlines of equal structure (as many contours, each with the same kinds of nodes, closed or open alike) go
over node by node. For all others the documented rule is:

1. Contours pair up in the order in which they are stored. A contour without a partner shrinks to, or grows
   from, the mean of its nodes.
2. Both contours of a pair are flattened (each curve into ``FLAT_STEPS`` lines). A closed one is turned so
   that it runs clockwise on the screen and begins at its topmost, then leftmost vertex; an open one so that
   it begins at the topmost, then leftmost of its two ends. A closed contour paired with an open one becomes
   open, with its first vertex repeated as its last.
3. Both get vertices at the union of the two contours' fractions of arc length, so each passes through all
   vertices of its own: there is no jump at either end of the transition.

A fill and a stroke have nothing between them: the first outline holds until the transition is over.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

import numpy as np
from numpy.typing import NDArray

from mtor_transcode.model import UNITS_PER_PX, NodeKind
from mtor_transcode.render.curves import (
    AnyContour,
    AnyOutline,
    FloatContour,
    FloatOutline,
    FloatPoint,
    trace_contour,
)

FLAT_STEPS = 8
"""Lines that stand for one curve."""

Vertices = NDArray[np.float64]


def same_structure(a: AnyOutline, b: AnyOutline) -> bool:
    """Whether the outlines go over into each other node by node."""
    return len(a.contours) == len(b.contours) and all(
        p.kinds == q.kinds and p.closed == q.closed for p, q in zip(_contours(a), _contours(b), strict=True)
    )


def matched(a: AnyOutline, b: AnyOutline) -> tuple[AnyOutline, AnyOutline]:
    """Two outlines of equal structure that look like ``a`` and ``b``; themselves if theirs is equal."""
    if same_structure(a, b):
        return a, b
    pairs = [_matched_contours(p, q) for p, q in zip_longest(_contours(a), _contours(b))]
    return (
        FloatOutline(tuple(p for p, _ in pairs), a.stroke_width),
        FloatOutline(tuple(q for _, q in pairs), b.stroke_width),
    )


def outline_between(a: AnyOutline, b: AnyOutline, u: float) -> FloatOutline:
    """The outline at ``u`` (0-1) of the way between two outlines of equal structure."""
    v = 1.0 - u
    contours = tuple(
        FloatContour(
            tuple(
                (v * x0 + u * x1, v * y0 + u * y1)
                for (x0, y0), (x1, y1) in zip(p.points, q.points, strict=True)
            ),
            p.kinds,
            p.closed,
        )
        for p, q in zip(_contours(a), _contours(b), strict=True)
    )
    return FloatOutline(contours, v * a.stroke_width + u * b.stroke_width)


def _contours(outline: AnyOutline) -> Sequence[AnyContour]:
    return outline.contours


def _matched_contours(p: AnyContour | None, q: AnyContour | None) -> tuple[FloatContour, FloatContour]:
    if p is None or not p.points:
        return (_shrunk(q), _whole(q)) if q is not None and q.points else (_NOTHING, _NOTHING)
    if q is None or not q.points:
        return _whole(p), _shrunk(p)
    if p.kinds == q.kinds and p.closed == q.closed:
        return _whole(p), _whole(q)
    closed = p.closed and q.closed
    first, second = _vertices(p, closed), _vertices(q, closed)
    at_first, at_second = _fractions(first, closed), _fractions(second, closed)
    fractions = np.unique(np.concatenate((at_first, at_second)))
    return (
        _polygon(_sampled(first, at_first, fractions, closed), closed),
        _polygon(_sampled(second, at_second, fractions, closed), closed),
    )


_NOTHING = FloatContour((), ())


def _whole(contour: AnyContour) -> FloatContour:
    return FloatContour(tuple((float(x), float(y)) for x, y in contour.points), contour.kinds, contour.closed)


def _shrunk(contour: AnyContour) -> FloatContour:
    count = len(contour.points)
    mean = (sum(x for x, _ in contour.points) / count, sum(y for _, y in contour.points) / count)
    return FloatContour((mean,) * count, contour.kinds, contour.closed)


def _polygon(vertices: Vertices, closed: bool) -> FloatContour:
    points = tuple((float(x), float(y)) for x, y in vertices)
    return FloatContour(points, (NodeKind.CORNER,) * len(points), closed)


def _vertices(contour: AnyContour, closed: bool) -> Vertices:
    """The flattened contour in units, begun and turned by the rule."""
    pen = _FlatPen()
    trace_contour(contour, pen)
    vertices = np.array(pen.points) * UNITS_PER_PX
    if not contour.closed:
        return vertices[::-1] if tuple(vertices[-1, ::-1]) < tuple(vertices[0, ::-1]) else vertices
    if len(vertices) > 1 and np.array_equal(vertices[0], vertices[-1]):
        vertices = vertices[:-1]
    x, y = vertices[:, 0], vertices[:, 1]
    if float(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1))) < 0:
        vertices = vertices[::-1]
    start = int(np.lexsort((vertices[:, 0], vertices[:, 1]))[0])
    vertices = np.roll(vertices, -start, axis=0)
    return vertices if closed else np.concatenate((vertices, vertices[:1]))


def _fractions(vertices: Vertices, closed: bool) -> Vertices:
    """Where each vertex lies along the contour, 0-1; evenly spread if the contour has no length."""
    ring = np.concatenate((vertices, vertices[:1])) if closed else vertices
    run = np.concatenate(([0.0], np.cumsum(np.hypot(*np.diff(ring, axis=0).T))))
    if run[-1] == 0:
        run = np.arange(len(ring), dtype=np.float64)
    along = run / max(float(run[-1]), 1e-300)
    return along[:-1] if closed else along


def _sampled(vertices: Vertices, at: Vertices, fractions: Vertices, closed: bool) -> Vertices:
    if closed:
        vertices, at = np.concatenate((vertices, vertices[:1])), np.append(at, 1.0)
    x = np.interp(fractions, at, vertices[:, 0])
    return np.stack((x, np.interp(fractions, at, vertices[:, 1])), axis=1)


class _FlatPen:
    """Collects the vertices of one contour, each curve as ``FLAT_STEPS`` lines; ``close`` adds nothing."""

    def __init__(self) -> None:
        self.points: list[FloatPoint] = []

    def move_to(self, x: float, y: float) -> None:
        self.points.append((x, y))

    def line_to(self, x: float, y: float) -> None:
        self.points.append((x, y))

    def quad_to(self, x1: float, y1: float, x: float, y: float) -> None:
        x0, y0 = self.points[-1]
        for step in range(1, FLAT_STEPS + 1):
            t = step / FLAT_STEPS
            weights = ((1 - t) ** 2, 2 * t * (1 - t), t * t)
            self.points.append((_dot(weights, (x0, x1, x)), _dot(weights, (y0, y1, y))))

    def cubic_to(self, x1: float, y1: float, x2: float, y2: float, x: float, y: float) -> None:
        x0, y0 = self.points[-1]
        for step in range(1, FLAT_STEPS + 1):
            t = step / FLAT_STEPS
            s = 1 - t
            weights = (s**3, 3 * t * s * s, 3 * t * t * s, t**3)
            self.points.append((_dot(weights, (x0, x1, x2, x)), _dot(weights, (y0, y1, y2, y))))

    def close(self) -> None:
        return None


def _dot(weights: Sequence[float], values: Sequence[float]) -> float:
    return sum(weight * value for weight, value in zip(weights, values, strict=True))
