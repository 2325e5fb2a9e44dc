# SPDX-License-Identifier: Apache-2.0
"""Lines that other shapes cover: fragments become one stroke beneath them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from analyze_films import PALE
from render_film import box, state

from mtor_transcode.analyze.canvas.live_shapes import LiveShapes
from mtor_transcode.analyze.lines.bridges import bridge
from mtor_transcode.analyze.lines.withdrawing import Stakes
from mtor_transcode.model import Contour, LinearGradient, NodeKind, Outline, ShapeState, Solid, Transform
from mtor_transcode.render.rasterizer import rasterizer

WIDTH, HEIGHT = 320, 120
GROUND, GREY, INK = (60, 128, 128), (150, 128, 128), (20, 128, 128)
ROW = 60
BOXES = range(110, 250, 34)
"""Middles of the boxes that cover the line between px 93 and 263."""

LAM = 100.0


def line(first: int, last: int, width: int = 3, *, upright: bool = False) -> ShapeState:
    """A stroke in the middle row (or column 160), from px to px."""
    reach = 8 * (last - first)
    points = ((0, -reach), (0, reach)) if upright else ((-reach, 0), (reach, 0))
    outline = Outline((Contour(points, (NodeKind.CORNER,) * 2, closed=False),), 16 * width)
    middle = 8 * (first + last)
    return ShapeState(
        outline, Solid(GREY), Transform(16 * 160, middle) if upright else Transform(middle, 16 * ROW)
    )


def painted(*states: ShapeState) -> np.ndarray:
    canvas = rasterizer().canvas(WIDTH, HEIGHT)
    canvas.fill(Solid(GROUND))
    for one in states:
        canvas.draw(one.outline, one.paint, one.transform)
    return canvas.ycc.copy()


def staged(*states: ShapeState) -> LiveShapes:
    live = LiveShapes(rasterizer(), (WIDTH, HEIGHT), Solid(GROUND))
    for number, one in enumerate(states):
        live.add(live.make(number, one))
    return live


def stakes_of(picture: np.ndarray) -> Stakes:
    return Stakes(picture, np.ones((HEIGHT, WIDTH), np.float32), LAM)


def paid_for(live: LiveShapes, bits: float = 60.0) -> dict[int, float]:
    return dict.fromkeys((shape.number for shape in live.shapes), bits)


CARDS = [state(box(28, 20), x, ROW, Solid(PALE)) for x in BOXES]
SLIVERS = [state(box(6, 3), x + 17, ROW, Solid(GREY)) for x in BOXES]
"""What is seen of the line between the boxes, laid over all."""


def test_fragments_become_one_stroke_beneath() -> None:
    live = staged(line(10, 96), line(260, 310), *CARDS, *SLIVERS[:-1])
    picture = painted(line(10, 310), *CARDS)
    change = bridge(live, stakes_of(picture), paid_for(live))
    assert change is not None
    assert len(live.shapes) == 1 + len(CARDS)
    whole = live.shapes[0].state
    assert whole.outline.stroke_width == 48
    assert whole.transform == Transform(16 * 160, 16 * ROW)
    assert np.abs(live.shown.astype(int) - picture).max() <= 2


def test_a_longer_stroke_that_is_known_serves() -> None:
    """It costs less than one that ends where the fragments do, and its ends are seen by nobody."""
    known = line(0, 320)
    high = ShapeState(known.outline, known.paint, Transform(16 * 160, 16 * 20))
    live = staged(high, line(2, 96), line(260, 318), *CARDS)
    picture = painted(high, line(0, 320), *CARDS)
    assert bridge(live, stakes_of(picture), paid_for(live)) is not None
    assert [shape.state.outline for shape in live.shapes[:2]] == [known.outline] * 2


@pytest.mark.parametrize("upright", [False, True])
def test_gaps_that_are_seen_stay(upright: bool) -> None:
    parts = (line(10, 40, upright=upright), line(80, 110, upright=upright))
    live = staged(*parts)
    assert bridge(live, stakes_of(painted(*parts)), paid_for(live)) is None
    assert [shape.state for shape in live.shapes] == list(parts)


def test_strokes_of_several_colours_are_no_line() -> None:
    shade = LinearGradient(GREY, (154, 128, 128))
    parts = [replace(line(*ends), paint=shade) for ends in ((10, 96), (260, 310))]
    live = staged(*parts, *CARDS)
    assert bridge(live, stakes_of(painted(line(10, 310), *CARDS)), paid_for(live)) is None
    assert [shape.state for shape in live.shapes[:2]] == parts


def test_upright_lines_are_joined_too() -> None:
    card = state(box(40, 30), 160, ROW, Solid(PALE))
    live = staged(line(4, 46, upright=True), line(74, 116, upright=True), card)
    picture = painted(line(4, 116, upright=True), card)
    assert bridge(live, stakes_of(picture), paid_for(live)) is not None
    assert len(live.shapes) == 2


def test_strokes_that_another_line_made_needless_are_joined_no_more() -> None:
    """Between the boxes the line shows in a paler colour: strokes of their own, which go with the first."""
    pale = [replace(line(x + 14, x + 20), paint=Solid((190, 128, 128))) for x in BOXES]
    live = staged(line(10, 96), line(260, 310), *CARDS, *pale)
    picture = painted(line(10, 310), *CARDS)
    assert bridge(live, stakes_of(picture), paid_for(live)) is not None
    assert len(live.shapes) == 1 + len(CARDS)
    # Of two strokes one is left that shows something: that is no line, and the other is not spared twice.
    left = replace(line(140, 150), paint=Solid((190, 128, 128)))
    live = staged(line(10, 96), line(260, 310), *CARDS[:1], *CARDS[2:], pale[0], left)
    picture = painted(line(10, 310), *CARDS[:1], *CARDS[2:], left)
    assert bridge(live, stakes_of(picture), paid_for(live)) is not None
    assert live.shapes[-1].state == left


def test_what_was_not_bought_now_is_left_alone() -> None:
    live = staged(line(10, 96), line(260, 310), *CARDS)
    before = list(live.shapes)
    assert bridge(live, stakes_of(painted(line(10, 310), *CARDS)), {}) is None
    assert live.shapes == before
