# SPDX-License-Identifier: Apache-2.0
"""Lines that other shapes cover in part: one stroke beneath them instead of a fragment in every gap.

Lines are painted before what lies on them and only as far as they are seen, so that a grid behind a text
comes as fragments: strokes beside the text, slivers between its letters. Where level or upright strokes lie
on one line, a single one from end to end (or a longer one that the picture has already) is tried beneath all
the others, and what it makes needless is withdrawn.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mtor_transcode.analyze.canvas.live_shapes import LiveShape, LiveShapes
from mtor_transcode.analyze.lines.bands import distance
from mtor_transcode.analyze.lines.borders import NEAR_COLOUR, ink_of
from mtor_transcode.analyze.lines.stroking import course
from mtor_transcode.analyze.lines.withdrawing import Prices, Stakes, change_of
from mtor_transcode.codec.canonical import canonical_state
from mtor_transcode.model import (
    SCALE_ONE,
    Contour,
    NodeKind,
    Outline,
    ShapeState,
    TexturePaint,
    Transform,
)
from mtor_transcode.render.rasterizer import Rect

ASIDE: Final = 12
"""Units by which strokes of one line may lie beside each other."""

NEW_BITS, KNOWN_BITS = 42.0, 16.0
"""What a stroke costs, about: with an outline of its own, with one that the picture has."""

NEAR: Final = 8
"""Px beside a line within which a shape lies that may be a piece of it."""

KNOWN: Final = 4
"""Longer strokes of the picture that are tried."""


def bridge(live: LiveShapes, stakes: Stakes, paid: Mapping[int, float]) -> float | None:
    """Join strokes that are parts of one line, and take off the stage what that makes needless.

    Returns by how much that changes the error, None if nothing pays. Only shapes in ``paid`` (number to bits)
    are touched.
    """
    total: float | None = None
    for numbers in _lines(live, paid):
        change = _joined(live, stakes, paid, numbers)
        if change is not None:
            total = change + (total or 0.0)
    return total


def _lines(live: LiveShapes, paid: Mapping[int, float]) -> list[list[int]]:
    """Numbers of strokes that lie on one line, in one colour, lowest first."""
    lines: list[tuple[int, int, NDArray[np.float64], list[int]]] = []
    for shape in live.shapes:
        way = _way(shape.state) if shape.number in paid else 0
        if not way:
            continue
        aside, ink = _aside(shape.state, way), ink_of(shape.state)
        for other, beside, colour, numbers in lines:
            if way == other and abs(aside - beside) <= ASIDE and distance(ink, colour) < NEAR_COLOUR:
                numbers.append(shape.number)
                break
        else:
            lines.append((way, aside, ink, [shape.number]))
    return [numbers for *_, numbers in lines if len(numbers) > 1]


def _way(state: ShapeState) -> int:
    """1 for a level stroke, 2 for an upright one, 0 for all else."""
    outline, place = state.outline, state.transform
    if not isinstance(outline, Outline) or isinstance(state.paint, TexturePaint) or not outline.stroke_width:
        return 0
    if place.scale != SCALE_ONE or place.angle:
        return 0
    return course(outline, place)[0]


def _aside(state: ShapeState, way: int) -> int:
    """Where a level or upright stroke lies across its way, units."""
    return state.transform.dy if way == 1 else state.transform.dx


def _ends(state: ShapeState) -> tuple[int, int]:
    """Where a level or upright stroke begins and ends along its way, units."""
    axis = _way(state) - 1
    at = (state.transform.dx, state.transform.dy)[axis]
    ends = sorted(point[axis] for point in state.outline.contours[0].points)
    return at + ends[0], at + ends[1]


def _joined(
    live: LiveShapes, stakes: Stakes, paid: Mapping[int, float], numbers: Sequence[int]
) -> float | None:
    """Make one stroke of some if that pays: by how much the error changes."""
    wanted = set(numbers)
    # Strokes of other lines that were joined before may have made these needless.
    parts = [shape for shape in live.shapes if shape.number in wanted]
    if len(parts) < 2:
        return None
    spent, kept = sum(paid[part.number] for part in parts), live.kept()
    least, best = 0.0, None
    for state, bits in _forms(live, parts):
        change, spared = _replaced(live, stakes, paid, parts, state)
        live.put_back((kept[0].copy(), kept[1].copy()))
        cost = change + stakes.lam * (bits - spent - spared)
        if cost < least:
            least, best = cost, state
    return None if best is None else _replaced(live, stakes, paid, parts, best)[0]


def _forms(live: LiveShapes, parts: Sequence[LiveShape]) -> Iterator[tuple[ShapeState, float]]:
    """One stroke for several: from end to end, or a longer one known; what each costs, about."""
    longest = max((part.state for part in parts), key=_length)
    way = _way(longest)
    aside = _aside(longest, way)
    starts, ends = zip(*(_ends(part.state) for part in parts), strict=True)
    first, last = min(starts), max(ends)
    middle = (first + last) // 2
    points = (
        ((first - middle, 0), (last - middle, 0)) if way == 1 else ((0, first - middle), (0, last - middle))
    )
    path = Contour(points, (NodeKind.CORNER,) * 2, closed=False)
    whole = Outline((path,), longest.outline.stroke_width)
    yield canonical_state(replace(longest, outline=whole, transform=_at(way, middle, aside))), NEW_BITS
    known: dict[Outline, ShapeState] = {}
    for shape in live.shapes:
        if _way(shape.state) == way and _ends(shape.state)[0] <= first and _ends(shape.state)[1] >= last:
            known.setdefault(shape.state.outline, shape.state)
    for outline, state in list(known.items())[:KNOWN]:
        along = state.transform.dx if way == 1 else state.transform.dy
        yield replace(longest, outline=outline, transform=_at(way, along, aside)), KNOWN_BITS


def _length(state: ShapeState) -> int:
    first, last = _ends(state)
    return last - first


def _at(way: int, along: int, aside: int) -> Transform:
    return Transform(along, aside) if way == 1 else Transform(aside, along)


def _replaced(
    live: LiveShapes,
    stakes: Stakes,
    paid: Mapping[int, float],
    parts: Sequence[LiveShape],
    state: ShapeState,
) -> tuple[float, float]:
    """Show a stroke where the lowest of some parts was, without them and the pieces that it makes needless.

    Returns by how much the error changes and the bits of those pieces.
    """
    places = {shape.number: index for index, shape in enumerate(live.shapes)}
    others: dict[int, LiveShape | None] = {places[part.number]: None for part in parts}
    lowest = min(others)
    joined = others[lowest] = live.make(live.shapes[lowest].number, state)
    rect, pixels = live.seen_with_all(others)
    change, spared = change_of(live, stakes, rect, pixels), 0.0
    live.change_all(others, rect, pixels)
    prices = Prices(live, paid)
    for index in range(len(live.shapes) - 1, lowest, -1):
        piece = live.shapes[index]
        if piece.number not in paid or not _beside(piece.rect, joined.rect):
            continue
        rect, pixels = live.seen_with(index, None)
        more = change_of(live, stakes, rect, pixels)
        if more < stakes.lam * prices.least(piece.state.outline):
            live.change(index, None, rect, pixels)
            change, spared = change + more, spared + prices.spare(piece.state.outline)
    return change, spared


def _beside(rect: Rect, line: Rect) -> bool:
    """Whether a shape lies along a line."""
    x0, y0, x1, y1 = line
    return rect[0] >= x0 - NEAR and rect[1] >= y0 - NEAR and rect[2] <= x1 + NEAR and rect[3] <= y1 + NEAR
