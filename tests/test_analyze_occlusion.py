# SPDX-License-Identifier: Apache-2.0
"""Shapes that pass behind others: one outline each, however long they are out of sight."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from analyze_films import PALE, luma_psnr, rendered, write_y4m
from render_film import box, place, state

import mtor_transcode as mtor
from mtor_transcode.analyze.canvas.live_shapes import LiveShapes
from mtor_transcode.analyze.motion.occlusion import Mover, Orders, lift
from mtor_transcode.analyze.motion.pose import PoseFit, setting_of
from mtor_transcode.codec.film_reader import FilmReader
from mtor_transcode.model import Edit, Enter, Leave, Solid
from mtor_transcode.render.rasterizer import rasterizer

WIDTH, HEIGHT, FRAMES = 256, 128, 48
GROUND, BAR, DISC = Solid((60, 128, 128)), Solid((20, 128, 128)), Solid(PALE)


def picture(x: float) -> np.ndarray:
    """A box of 20 px that has come to x, behind a bar of 36 px."""
    canvas = rasterizer().canvas(WIDTH, HEIGHT)
    canvas.fill(GROUND)
    canvas.draw(box(20, 20), DISC, place(x, 64))
    canvas.draw(box(36, 100), BAR, place(128, 64))
    return canvas.ycc.copy()


def test_what_passes_behind_a_bar_comes_out_again(tmp_path: Path) -> None:
    """It is out of sight for some keys; the bar comes to the top once, and nothing enters a second time."""
    pictures = [picture(30 + 4 * number) for number in range(FRAMES)]
    source = write_y4m(tmp_path / "behind.y4m", pictures)
    mtor.transcode(source, tmp_path / "behind.mtor", quality=50, mode="vector")
    with (tmp_path / "behind.mtor").open("rb") as stream:
        film = FilmReader(stream)
        tokens = [token for span in film.spans(film.heads()[0].head.number) for token in span.tokens]
    entered = [token for token in tokens if isinstance(token, Enter)]
    assert len(entered) <= 3, "the bar, the box, the bar again"
    assert len([token for token in tokens if isinstance(token, Leave)]) <= 1
    assert len([token for token in tokens if isinstance(token, Edit)]) <= 6
    shown = rendered(tmp_path / "behind.mtor", [0, 12, 22, 26, 36, 44])
    assert luma_psnr(shown, [pictures[number] for number in (0, 12, 22, 26, 36, 44)]) > 32


def stage() -> LiveShapes:
    live = LiveShapes(rasterizer(), (WIDTH, HEIGHT), GROUND)
    live.add(live.make(1, state(box(36, 100), 128, 64, BAR)))
    live.add(live.make(2, state(box(40, 8), 40, 20, BAR)))
    live.add(live.make(3, state(box(20, 20), 100, 64, DISC)))
    return live


def behind(live: LiveShapes, number: int, x: float, rests: set[int], shown: np.ndarray) -> int | None:
    """The number of what a box that went to x went behind, as ``Orders`` finds it."""
    worth = np.ones((HEIGHT, WIDTH), np.float32)
    orders = Orders(live, shown, worth, 50.0, lambda: rests, lambda number, mover: 40.0)
    index = live.index_of(number)
    was, gone = live.shapes[index].state, place(x, 64)
    setting = setting_of(live, index, (84, 48, 146, 79), shown, worth)
    cost = PoseFit(live, was, setting).error(gone)
    mover = Mover(index, was, [gone], gone, cost, setting, lambda fit: [fit.fitted(gone, similarity=False)])
    found = orders.behind(mover, lambda state: 3.0)
    return None if found is None else found[1]


def test_what_hides_a_shape_is_found() -> None:
    live = stage()
    before, seen = list(live.shapes), live.shown.copy()
    assert behind(live, 3, 118, {1, 2}, picture(118)) == 1
    assert live.shapes == before
    assert (live.shown == seen).all()
    assert behind(live, 3, 118, {2}, picture(118)) is None, "the bar moves"
    above = stage()
    above.shapes.append(above.shapes.pop(0))
    assert behind(above, 3, 118, {1, 2}, picture(118)) is None, "it lies before it already"


def test_what_would_hide_more_than_it_should_stays_beneath() -> None:
    """The bar would explain the box, but would then hide a large box that lies before it elsewhere."""
    live = stage()
    live.add(live.make(4, state(box(30, 40), 128, 100, DISC)))
    target = picture(118)
    large = live.make(4, live.shapes[-1].state)
    x0, y0, x1, y1 = large.rect
    target[y0:y1, x0:x1] = live.shown[y0:y1, x0:x1]
    assert behind(live, 3, 118, {1, 2}, target) is None


def test_a_lifted_shape_is_on_top() -> None:
    live = stage()
    live.change(2, live.make(3, state(box(20, 20), 118, 64, DISC)), (0, 0, WIDTH, HEIGHT), picture(118))
    lift(live, 1, 9)
    assert [shape.number for shape in live.shapes] == [2, 3, 9]
    assert (live.shown[40:90, 110:146] == np.array(BAR.colour)).all()
