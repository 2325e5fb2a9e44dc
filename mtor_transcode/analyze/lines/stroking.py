# SPDX-License-Identifier: Apache-2.0
"""Thin lines painted as strokes; a family of lines (a grid) shares width, length and colour if that pays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from mtor_transcode.analyze.canvas.easel import Picture, Plane, best_colour, cover_rect, coverage, gain_of
from mtor_transcode.analyze.canvas.library import Palette
from mtor_transcode.analyze.canvas.live_shapes import LiveShapes
from mtor_transcode.analyze.lines.strokes import Line, Lines
from mtor_transcode.analyze.paints.simple import to_colour
from mtor_transcode.analyze.shapes.vectorize import apply_state
from mtor_transcode.codec.canonical import canonical_state
from mtor_transcode.model import UNITS_PER_PX, Outline, ShapeState, Solid, Transform
from mtor_transcode.render.rasterizer import Rasterizer

WIDTHS = (1.0, 0.75, 1.3)
"""Factors of the measured width that are tried."""

KNOWN = 8
"""Used strokes that are tried for a line: the last ones."""

FAMILY = 24.0
"""Codes of contrast by which lines of one family differ, about."""

_NO_PAINT = Solid((0, 128, 128))

Price = Callable[[ShapeState], float]
"""Tells the bits of a new shape."""


@dataclass(frozen=True, slots=True)
class Easel:
    """What strokes are tried on, and what they cost.

    Of ``live`` the picture shown is painted on; ``target`` (H, W, 3) is what it should be, ``weight`` (H, W)
    scales squared errors, ``lam`` is error per bit; ``palette`` has the colours used, ``price`` tells bits.
    """

    engine: Rasterizer
    palette: Palette
    live: LiveShapes
    target: Picture
    weight: Plane
    lam: float
    price: Price


def paint_lines(easel: Easel, lines: Lines) -> Iterator[ShapeState]:
    """Yield the strokes that pay, and paint each on what is shown, in place."""
    used: dict[Outline, Transform] = {}
    for line in _in_families(lines.lines):
        found = _best(easel, line, used)
        if found is not None:
            apply_state(easel.engine, found, easel.live.shown, easel.live.view)
            used.pop(found.outline, None)
            used[found.outline] = found.transform
            yield found


def _in_families(lines: list[Line]) -> list[Line]:
    """Level lines, upright ones, the others; one family (brightness) after the other, each in its order.

    So an outline, a colour and the way to the next place are taken over from line to line.
    """

    def key(line: Line) -> tuple[int, int, int]:
        (x0, y0), (x1, y1) = line.path.points[0], line.path.points[-1]
        straight = len(line.path.points) == 2
        if straight and y0 == y1:
            return 0, round(line.contrast / FAMILY), y0
        if straight and x0 == x1:
            return 1, round(line.contrast / FAMILY), x0
        return 2, 0, 0

    return sorted(lines, key=key)


def _best(easel: Easel, line: Line, used: dict[Outline, Transform]) -> ShapeState | None:
    """The stroke along a line that pays most, if one does: its own, or a used one laid over it."""
    best: ShapeState | None = None
    most = 0.0
    for outline, place in _forms(line, used):
        for state, gain in _painted(easel, outline, place):
            if gain <= most:
                continue
            worth = gain - easel.lam * easel.price(state)
            if worth > most:
                best, most = state, worth
    return best


def _forms(line: Line, used: dict[Outline, Transform]) -> Iterator[tuple[Outline, Transform]]:
    """Outlines for a line with their places: its own in some widths, then used ones that run its way."""
    widths = {max(round(line.width * factor * 4), 2) * (UNITS_PER_PX // 4) for factor in WIDTHS}
    for path in (line.angular, line.path):
        if path is None:
            continue
        for units in sorted(widths):
            placed = canonical_state(ShapeState(Outline((path,), units), _NO_PAINT))
            yield placed.outline, placed.transform
    way, length, x, y = course(placed.outline, placed.transform)
    if not way:
        return
    for outline, place in list(used.items())[: -KNOWN - 1 : -1]:
        other, long, u, v = course(outline, place)
        if other != way or not 0.75 * length < long < 1.33 * length:
            continue
        if outline.stroke_width > 2 * max(widths) or 2 * outline.stroke_width < min(widths):
            continue
        # Its ends where they are in the line that it is from, as in a grid, or about this line's middle.
        yield outline, Transform(u, y) if way == 1 else Transform(x, v)
        if (u if way == 1 else v) != (x if way == 1 else y):
            yield outline, Transform(x, y)


def course(outline: Outline, place: Transform) -> tuple[int, int, int, int]:
    """Whether a stroke is one level (1) or upright (2) line, else 0; its length and its place (units)."""
    points = outline.contours[0].points
    if len(points) != 2 or len(outline.contours) != 1:
        return 0, 0, place.dx, place.dy
    (x0, y0), (x1, y1) = points
    way = 1 if y0 == y1 else 2 if x0 == x1 else 0
    return way, abs(x1 - x0) + abs(y1 - y0), place.dx, place.dy


def _painted(easel: Easel, outline: Outline, place: Transform) -> Iterator[tuple[ShapeState, float]]:
    """A stroke in its own colour and in the nearest known one, each with what it gains."""
    rect = cover_rect(outline, place, easel.live.view, easel.live.size)
    x0, y0, x1, y1 = rect
    if x1 <= x0 or y1 <= y0:
        return
    cover = coverage(easel.engine, outline, place, rect, easel.live.view)
    part = slice(y0, y1), slice(x0, x1)
    target, shown, weight = easel.target[part], easel.live.shown[part], easel.weight[part]
    for paint in _paints(to_colour(best_colour(target, shown, cover, weight)), easel.palette):
        colours = np.array(paint.colour, dtype=np.float32).reshape(1, 1, 3)
        yield ShapeState(outline, paint, place), float(gain_of(target, shown, cover, colours, weight))


def _paints(colour: tuple[int, int, int], palette: Palette) -> Iterator[Solid]:
    yield Solid(colour)
    known = palette.nearest(colour)
    if known is not None and known != colour:
        yield Solid(known)
