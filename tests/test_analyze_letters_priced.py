# SPDX-License-Identifier: Apache-2.0
"""Outlines for a page's letters only where the syntax's bits for the whole page say so."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from io import BytesIO

import numpy as np
from test_analyze_letter_outlines import GLYPHS, drawn, form_of

from mtor_transcode.analyze.canvas.live_shapes import LiveShapes
from mtor_transcode.analyze.letters.glyphs import find_glyphs
from mtor_transcode.analyze.letters.letter_fields import BASE, SIDE
from mtor_transcode.analyze.letters.lettering import Page, paint_letters
from mtor_transcode.analyze.scene.decisions import Decisions
from mtor_transcode.codec.film_writer import FilmWriter
from mtor_transcode.codec.price import Pricer
from mtor_transcode.model import Enter, FilmHeader, Mask, SceneStart, ShapeState, Solid, Transform
from mtor_transcode.render.rasterizer import rasterizer

PAPER, INK = (235, 128, 128), (20, 128, 128)
WIDTH, HEIGHT = 480, 200


def pricer_of() -> Pricer:
    writer = FilmWriter(BytesIO(), FilmHeader(WIDTH, HEIGHT, Fraction(1, 25), Fraction(25)))
    writer.scene(SceneStart(0, 0, Solid(PAPER)))
    return writer.pricer()


def run_price(states: Sequence[ShapeState]) -> float:
    pricer = pricer_of()
    return sum(pricer.commit(Enter(0, number, state)) for number, state in enumerate(states))


def written_page() -> np.ndarray:
    """Lines of three sizes at steps that are no whole px: (HEIGHT, WIDTH, 3)."""
    picture = np.full((HEIGHT, WIDTH, 3), PAPER, np.uint8)
    words = np.random.default_rng(2).choice(list(GLYPHS), 30)
    for line, scale in enumerate([1.0, 1.0, 0.75, 0.75, 1.25]):
        x, y = 20.3, 40.0 + 34 * line
        for glyph in words:
            width = max(u for u, _ in GLYPHS[glyph])
            left, top = int(x) - 12, int(y) - BASE
            cover = drawn(form_of(glyph), 12 + x - int(x), BASE, scale)
            part = picture[top : top + SIDE, left : left + SIDE, 0]
            part[:] = np.rint(part + cover * (INK[0] - part.astype(float)))
            x += scale * (width + 2.3)
    return picture


def letters(prices: Callable[[Sequence[ShapeState]], float]) -> tuple[list[ShapeState], np.ndarray]:
    """What the page is painted with, and the picture after it."""
    target = written_page()
    shown = np.full_like(target, PAPER)
    weight = np.ones(target.shape[:2], np.float32)
    glyphs = find_glyphs(target, np.ones(target.shape[:2], bool))
    assert glyphs is not None
    price = pricer_of()
    page = Page(
        rasterizer(),
        target,
        shown,
        weight,
        400.0,
        [],
        [],
        [],
        lambda state: price.token(Enter(0, 0, state)),
        prices,
    )
    return list(paint_letters(page, glyphs)), shown


def outlined(states: Sequence[ShapeState]) -> int:
    return sum(not isinstance(state.outline, Mask) for state in states)


def test_what_the_syntax_takes_decides_between_outlines_and_masks() -> None:
    """By its bits this page is cheaper as outlines; where their places are dear it has none at all."""
    states, shown = letters(run_price)
    assert outlined(states) > 100
    plain, soft = letters(lambda each: run_price(each) + 40.0 * outlined(each))
    assert len(plain) > 100
    assert outlined(plain) == 0
    target = written_page().astype(float)

    def cost(of: Sequence[ShapeState], picture: np.ndarray) -> float:
        return 400.0 * run_price(of) + float(np.square(target - picture)[..., 0].sum())

    assert cost(states, shown) < cost(plain, soft)


def test_the_price_of_a_run_is_what_it_takes_one_after_another_and_changes_nothing() -> None:
    live = LiveShapes(rasterizer(), (WIDTH, HEIGHT), Solid(PAPER))
    decisions = Decisions(live, 400.0)
    decisions.price_with(pricer_of())
    outline = form_of("L").outline(1)
    states = [ShapeState(outline, Solid(INK), Transform(400 * n, 400)) for n in range(4)]
    tokens = [Enter(0, number, state) for number, state in enumerate(states)]
    before = decisions._token_price(tokens[0])
    together = decisions._run_price(tokens)
    assert together == run_price(states)
    assert together < 4 * before
    assert decisions._token_price(tokens[0]) == before
