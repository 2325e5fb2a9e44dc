# SPDX-License-Identifier: Apache-2.0
"""Shapes that pass behind others: one outline each, however long they are out of sight."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from analyze_films import PALE, luma_psnr, rendered, write_y4m
from render_film import box, place, state

import mtor_transcode as mtor
from mtor_transcode.analyze.live import LiveShapes
from mtor_transcode.analyze.occlusion import lift, rivals
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


def test_what_hides_a_shape_is_found() -> None:
    live, worth = stage(), np.ones((HEIGHT, WIDTH), np.float32)
    before = list(live.shapes)
    behind = state(box(20, 20), 118, 64, DISC)
    assert rivals(live, 3, [behind], picture(118), worth, {1, 2}) == [1]
    assert live.shapes == before
    assert rivals(live, 3, [behind], picture(118), worth, {2}) == [], "the bar moves"
    above = stage()
    above.shapes.append(above.shapes.pop(0))
    assert rivals(above, 3, [behind], picture(118), worth, {1, 2}) == [], "it lies before it already"


def test_a_lifted_shape_is_on_top() -> None:
    live = stage()
    live.change(2, live.make(3, state(box(20, 20), 118, 64, DISC)), (0, 0, WIDTH, HEIGHT), picture(118))
    lift(live, 1, 9)
    assert [shape.number for shape in live.shapes] == [2, 3, 9]
    assert (live.shown[40:90, 110:146] == np.array(BAR.colour)).all()
