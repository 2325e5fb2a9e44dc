# SPDX-License-Identifier: Apache-2.0
"""From the nodes of an outline to drawing commands: one place for all sinks (rasterizers, SVG, flattening).

Coordinates handed to a pen are local px. What a node does is said at ``NodeKind``; this module adds what the
rule leaves open:

- the neighbours of a SMOOTH node are the nodes before and after it in the contour, of any kind;
- a SMOOTH node at the end of an open contour has the handle of a corner;
- more than two CONTROLs in a row are quadratics whose inner on-curve points lie half way between them, and a
  closed contour of CONTROLs only begins half way between its last and its first (the rule of TrueType);
- an open contour takes its first and last node as on-curve.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Protocol

from mtor_transcode.model import UNITS_PER_PX, Border, Contour, Mask, NodeKind, Outline

FloatPoint = tuple[float, float]

DOT = 1 / 64
"""Length in px of the line that stands for a contour of one node, so that its round caps draw a dot."""

MITRE = 2.0
"""Widths of a stroke that a mitred corner may be long: with that corners of 60 degrees and more are sharp."""

KEPT_NODES = 256
"""Nodes of the largest outlines whose borders are kept."""

_UNIT = 1.0 / UNITS_PER_PX
_ON = (NodeKind.CORNER, NodeKind.SMOOTH)


class Pen(Protocol):
    """A sink of path commands in float px."""

    def move_to(self, x: float, y: float) -> object:
        """Begin a contour."""

    def line_to(self, x: float, y: float) -> object:
        """Go on straight."""

    def quad_to(self, x1: float, y1: float, x: float, y: float) -> object:
        """Go on by a quadratic Bezier curve."""

    def cubic_to(self, x1: float, y1: float, x2: float, y2: float, x: float, y: float) -> object:
        """Go on by a cubic Bezier curve."""

    def close(self) -> object:
        """Go back to where the contour began and end it."""


@dataclass(frozen=True, slots=True)
class FloatContour:
    """A contour between key times; ``points`` in units."""

    points: tuple[FloatPoint, ...]
    kinds: tuple[NodeKind, ...]
    closed: bool = True


@dataclass(frozen=True, eq=False)
class FloatOutline:
    """An outline between key times, drawn like an ``Outline`` but never cached (it lives for one picture)."""

    contours: tuple[FloatContour, ...]
    stroke_width: float = 0.0
    sharp: bool = False

    @cached_property
    def bounds(self) -> tuple[float, float, float, float]:
        """``(x0, y0, x1, y1)`` of all points in units; zeros if empty."""
        xs = [x for contour in self.contours for x, _ in contour.points]
        ys = [y for contour in self.contours for _, y in contour.points]
        return (min(xs), min(ys), max(xs), max(ys)) if xs else (0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True)
class SharpOutline(Outline):
    """An outline that is stroked with sharp corners: only borders are."""

    __hash__ = Outline.__hash__


AnyContour = Contour | FloatContour
AnyOutline = Outline | FloatOutline


def px_bounds(outline: AnyOutline) -> tuple[float, float, float, float]:
    """The outline's bounding box in px."""
    x0, y0, x1, y1 = outline.bounds
    return (x0 * _UNIT, y0 * _UNIT, x1 * _UNIT, y1 * _UNIT)


def hull(outline: AnyOutline) -> tuple[float, float, float, float]:
    """A box in px that holds all that is drawn: handles, half a stroke, half a cell around a mask."""
    if isinstance(outline, Mask):
        x0, y0, x1, y1 = px_bounds(outline)
        return (x0 - 0.5, y0 - 0.5, x1 + 0.5, y1 + 0.5)
    pen = _HullPen()
    trace(outline, pen)
    if not pen.xs:
        return (0.0, 0.0, 0.0, 0.0)
    reach = reach_of_stroke(outline) * _UNIT
    return (min(pen.xs) - reach, min(pen.ys) - reach, max(pen.xs) + reach, max(pen.ys) + reach)


def bordered(outline: AnyOutline, border: Border | None) -> AnyOutline:
    """What is drawn to draw a border: the same path, stroked; the outline itself if there is none.

    Masks have no border.
    """
    if border is None or isinstance(outline, Mask):
        return outline
    width = outline.stroke_width + 2 * border.width
    if isinstance(outline, FloatOutline):
        return FloatOutline(outline.contours, width, border.sharp)
    # What is large is not kept: thousands of the largest outlines would take gigabytes.
    small = outline.node_count <= KEPT_NODES
    return (_kept_stroke if small else _stroke)(outline, int(width), border.sharp)


def _stroke(outline: Outline, width: int, sharp: bool) -> Outline:
    return (SharpOutline if sharp else Outline)(outline.contours, width)


_kept_stroke = lru_cache(maxsize=4096)(_stroke)
"""Kept, so that caches by outline find it at once."""


def is_sharp(outline: AnyOutline) -> bool:
    """Whether a stroke's corners are mitred, up to ``MITRE`` (longer ones are cut off), not round."""
    return outline.sharp if isinstance(outline, FloatOutline) else isinstance(outline, SharpOutline)


def reach_of_stroke(outline: AnyOutline) -> float:
    """How far (units) a stroke may reach from its path."""
    return outline.stroke_width / 2 * (MITRE if is_sharp(outline) else 1)


class _HullPen:
    """Collects the coordinates of all points, handles included."""

    def __init__(self) -> None:
        self.xs: list[float] = []
        self.ys: list[float] = []

    def move_to(self, x: float, y: float) -> None:
        self.xs.append(x)
        self.ys.append(y)

    line_to = move_to

    def quad_to(self, x1: float, y1: float, x: float, y: float) -> None:
        self.xs += (x1, x)
        self.ys += (y1, y)

    def cubic_to(self, x1: float, y1: float, x2: float, y2: float, x: float, y: float) -> None:
        self.xs += (x1, x2, x)
        self.ys += (y1, y2, y)

    def close(self) -> None:
        """Nothing new: the contour began there."""


def trace(outline: AnyOutline, pen: Pen) -> None:
    """Draw all contours of an outline with a pen."""
    for contour in outline.contours:
        trace_contour(contour, pen)


def trace_contour(contour: AnyContour, pen: Pen) -> None:
    """Draw one contour with a pen; nothing if it has no nodes."""
    nodes = [(x * _UNIT, y * _UNIT) for x, y in contour.points]
    if not nodes:
        return
    if len(nodes) == 1:
        ((x, y),) = nodes
        pen.move_to(x, y)
        pen.line_to(x + DOT, y)
        return
    if NodeKind.SMOOTH not in contour.kinds and NodeKind.CONTROL not in contour.kinds:
        pen.move_to(*nodes[0])
        for node in nodes[1:]:
            pen.line_to(*node)
    else:
        _trace_curved(nodes, contour.kinds, contour.closed, pen)
    if contour.closed:
        pen.close()


def _trace_curved(nodes: Sequence[FloatPoint], kinds: Sequence[NodeKind], closed: bool, pen: Pen) -> None:
    count = len(nodes)
    on = [i for i in range(count) if kinds[i] in _ON or (not closed and i in (0, count - 1))]
    if not on:
        start = _middle(nodes[-1], nodes[0])
        pen.move_to(*start)
        _quadratics(list(nodes), start, pen)
        return
    pen.move_to(*nodes[on[0]])
    for here, there in _segments(on, count, closed):
        controls = [nodes[i % count] for i in range(here + 1, there)]
        end = nodes[there % count]
        if controls:
            _controlled(controls, end, pen)
        elif kinds[here] is not NodeKind.SMOOTH and kinds[there % count] is not NodeKind.SMOOTH:
            pen.line_to(*end)
        else:
            x1, y1 = _handle(nodes, kinds, closed, here, there % count, 1)
            x2, y2 = _handle(nodes, kinds, closed, there % count, here, -1)
            pen.cubic_to(x1, y1, x2, y2, *end)


def _segments(on: Sequence[int], count: int, closed: bool) -> Iterator[tuple[int, int]]:
    """Pairs of indices of neighbouring on-curve nodes; the second may run past ``count``."""
    yield from pairwise(on)
    if closed:
        yield on[-1], on[0] + count


def _controlled(controls: Sequence[FloatPoint], end: FloatPoint, pen: Pen) -> None:
    if len(controls) == 2:
        pen.cubic_to(*controls[0], *controls[1], *end)
    else:
        _quadratics(controls, end, pen)


def _quadratics(controls: Sequence[FloatPoint], end: FloatPoint, pen: Pen) -> None:
    for control, after in pairwise(controls):
        pen.quad_to(*control, *_middle(control, after))
    pen.quad_to(*controls[-1], *end)


def _handle(
    nodes: Sequence[FloatPoint],
    kinds: Sequence[NodeKind],
    closed: bool,
    at: int,
    other: int,
    side: int,
) -> FloatPoint:
    """The handle of node ``at`` on the segment to ``other``, forwards (side 1) or backwards (-1)."""
    x, y = nodes[at]
    count = len(nodes)
    if kinds[at] is not NodeKind.SMOOTH or (not closed and at in (0, count - 1)):
        return x, y
    before, after = nodes[at - 1], nodes[(at + 1) % count]
    chord_x, chord_y = after[0] - before[0], after[1] - before[1]
    chord = math.hypot(chord_x, chord_y)
    if chord == 0:
        return x, y
    reach = side * math.hypot(nodes[other][0] - x, nodes[other][1] - y) / (3 * chord)
    return x + chord_x * reach, y + chord_y * reach


def _middle(a: FloatPoint, b: FloatPoint) -> FloatPoint:
    return (a[0] + b[0]) / 2, (a[1] + b[1]) / 2
