# SPDX-License-Identifier: Apache-2.0
"""Borders that the encoder finds: bands read off a picture, given to shapes of a kind where that pays."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from analyze_films import PALE, luma_psnr, rendered, write_y4m
from render_film import box, place, state

import mtor_transcode as mtor
from mtor_transcode.analyze.canvas.live_shapes import LiveShapes
from mtor_transcode.analyze.lines import bands, borders
from mtor_transcode.analyze.lines.bands import Band, distance, find_band
from mtor_transcode.analyze.lines.borders import Trial, give_borders, ink_of
from mtor_transcode.analyze.lines.withdrawing import Stakes, withdraw
from mtor_transcode.codec.film_reader import FilmReader
from mtor_transcode.model import Border, Enter, Solid
from mtor_transcode.render.rasterizer import rasterizer

WIDTH, HEIGHT = 256, 160
GROUND = (130, 128, 128)
INK = (30, 128, 128)
PLACES = [(x, y) for y in (24, 80, 136) for x in (32, 80, 128, 176, 224)]
"""Centres of boxes of 28 x 20 px."""


def boxes(frame: float, sharp: bool = False) -> np.ndarray:
    """Pale boxes with frames of ``frame`` px around them, round at the corners or ``sharp``."""
    canvas = rasterizer().canvas(WIDTH, HEIGHT)
    canvas.fill(Solid(GROUND))
    border = Border(round(16 * frame), INK, sharp) if frame else None
    for x, y in PLACES:
        canvas.draw(box(28, 20), Solid(PALE, border), place(x, y))
    return canvas.ycc.copy()


def stage(frame: float) -> LiveShapes:
    """The same, each as one box upon another."""
    live = LiveShapes(rasterizer(), (WIDTH, HEIGHT), Solid(GROUND))
    for number, (x, y) in enumerate(PLACES):
        live.add(live.make(number, state(box(28 + 2 * frame, 20 + 2 * frame), x, y, Solid(INK))))
    for number, (x, y) in enumerate(PLACES):
        live.add(live.make(100 + number, state(box(28, 20), x, y, Solid(PALE))))
    return live


def stakes_of(picture: np.ndarray) -> Stakes:
    return Stakes(picture, np.ones((HEIGHT, WIDTH), np.float32), 100.0)


@pytest.mark.parametrize("width", [1.5, 2.0, 3.25, 5.0])
def test_a_band_is_as_wide_as_it_is_drawn(width: float) -> None:
    picture = boxes(width).astype(int) + np.random.default_rng(1).integers(-3, 4, (HEIGHT, WIDTH, 3))
    live = LiveShapes(rasterizer(), (WIDTH, HEIGHT), Solid(GROUND))
    live.add(live.make(7, state(box(28, 20), *PLACES[6], Solid(PALE))))
    inks = np.stack([ink_of(shape.state) for shape in live.shapes])
    band = find_band(live, 0, picture.astype(np.uint8), live.owners(), inks)
    assert band is not None
    assert band.number == 7
    assert abs(band.width - width) <= 0.5
    assert np.abs(band.colour - INK).max() < 10


def test_there_is_no_band_around_a_plain_box() -> None:
    live = LiveShapes(rasterizer(), (WIDTH, HEIGHT), Solid(GROUND))
    live.add(live.make(0, state(box(28, 20), *PLACES[6], Solid(PALE))))
    inks = np.stack([ink_of(shape.state) for shape in live.shapes])
    assert find_band(live, 0, boxes(0), live.owners(), inks) is None


@pytest.mark.parametrize("sharp", [False, True])
def test_one_border_takes_the_place_of_the_boxes_below(sharp: bool) -> None:
    """Fifteen frames become one border; what is left of the stage shows the picture as well as before."""
    live, picture = stage(3), boxes(3, sharp)
    paid = dict.fromkeys((shape.number for shape in live.shapes), 60.0)
    error = float(((live.shown.astype(int) - picture) ** 2).sum())
    change = give_borders(live, stakes_of(picture), paid)
    assert change is not None
    assert [shape.number for shape in live.shapes] == [100 + number for number in range(len(PLACES))]
    borders = {shape.state.paint.border for shape in live.shapes}
    assert len(borders) == 1
    (border,) = borders
    assert isinstance(border, Border)
    assert border.sharp == sharp
    assert abs(border.width - 48) <= 4
    assert max(abs(a - b) for a, b in zip(border.colour, INK, strict=True)) <= 3
    after = float(((live.shown.astype(int) - picture) ** 2).sum())
    assert after < error + 100.0 * 60 * len(PLACES) / 2
    withdraw(live, stakes_of(picture), paid)
    assert len(live.shapes) == len(PLACES), "what has a border is worth its bits"


def test_where_no_border_pays_nothing_changes() -> None:
    live, picture = stage(0), boxes(0)
    before, shown = list(live.shapes), live.shown.copy()
    paid = dict.fromkeys((shape.number for shape in live.shapes), 60.0)
    assert give_borders(live, stakes_of(picture), paid) is None
    assert live.shapes == before
    assert (live.shown == shown).all()
    live, picture = stage(3), boxes(3)
    before, shown = list(live.shapes), live.shown.copy()
    dear = replace(stakes_of(picture), lam=1e5)
    assert give_borders(live, dear, dict.fromkeys(paid, 0.5)) is None, "boxes that are there cost less"
    assert live.shapes == before
    assert (live.shown == shown).all()


def test_shapes_of_before_are_left_alone() -> None:
    live, picture = stage(3), boxes(3)
    assert give_borders(live, stakes_of(picture), {}) is None
    assert all(shape.state.paint.border is None for shape in live.shapes)


def test_a_film_of_framed_boxes_has_borders(tmp_path: Path) -> None:
    picture = boxes(3)
    source = write_y4m(tmp_path / "boxes.y4m", [picture] * 2)
    mtor.transcode(source, tmp_path / "boxes.mtor", quality=50, mode="vector")
    with (tmp_path / "boxes.mtor").open("rb") as stream:
        film = FilmReader(stream)
        tokens = [token for span in film.spans(film.heads()[0].head.number) for token in span.tokens]
    entered = [token.state.paint.border for token in tokens if isinstance(token, Enter)]
    assert sum(border is not None for border in entered) >= len(PLACES) - 1
    assert len(entered) <= len(PLACES) + 4
    assert luma_psnr(rendered(tmp_path / "boxes.mtor", [0]), [picture]) > 36


def test_a_shape_that_a_border_would_spoil_stays_out_of_the_group() -> None:
    """Of two boxes with the same band told, one has a frame to be seen, and below it what stands for it."""
    live, picture = stage(3), boxes(3)
    live.add(live.make(200, state(box(28, 6), 56, 108, Solid(PALE))))
    trial = Trial(live, stakes_of(picture), {})
    bands = [Band(number, 3.0, np.array(INK, np.float64), 1e5) for number in (106, 200)]
    assert trial.harmless(bands, Border(48, INK)) == [106]


def test_a_shape_takes_the_border_so_that_what_stands_for_it_can_go() -> None:
    """By itself it gains nothing while the box is below it, and the box cannot go while it has none."""
    picture, border = boxes(3), Border(48, INK)
    live = LiveShapes(rasterizer(), (WIDTH, HEIGHT), Solid(GROUND))
    x, y = PLACES[0]
    live.add(live.make(0, state(box(34, 26), x, y, Solid(INK))))
    for number, (x, y) in enumerate(PLACES, 1):
        live.add(live.make(number, state(box(28, 20), x, y, Solid(PALE, border if number > 1 else None))))
    trial = Trial(live, stakes_of(picture), dict.fromkeys((0, 1), 60.0))
    trial._relieve([shape.number for shape in live.shapes[2:]], border)
    assert [shape.number for shape in live.shapes] == list(range(1, len(PLACES) + 1))
    assert live.shapes[0].state.paint.border == border
    cheap = Trial(live, stakes_of(picture), {})
    cheap._relieve([2], border)
    assert len(live.shapes) == len(PLACES)


def test_groups_hold_what_is_near_their_strongest_band() -> None:
    chance = np.random.default_rng(1)
    bands = [
        Band(number, float(chance.integers(2, 12)) / 4, chance.uniform(0, 90, 3), float(chance.uniform(1, 9)))
        for number in range(60)
    ]
    groups = borders._groups(bands)
    assert sorted(band.number for group in groups for band in group) == list(range(60))
    assert 1 < len(groups) < 60
    for group in groups:
        for band in group:
            assert band.gain <= group[0].gain
            assert abs(band.width - group[0].width) <= borders.NEAR_WIDTH
            assert distance(band.colour, group[0].colour) <= borders.NEAR_COLOUR
    assert borders._groups([]) == []


def test_the_quick_look_at_a_profile_overlooks_no_band(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing else is found without it, and it does spare most profiles the long one."""
    rng, looked = np.random.default_rng(4), []
    for number in range(200):
        counts = rng.integers(0, 60, bands.REACH).astype(np.float64) + 1
        ground, ink = rng.uniform(16, 235, (2, 3))
        share = bands._SHARES[number % len(bands._SHARES)][:, None] * rng.choice((0.0, 1.0))
        means = share * ink + (1 - share) * ground + rng.normal(0, rng.choice((0.5, 8.0)), (bands.REACH, 3))
        quick = bands._fitted(counts, means)
        least = bands._least_left(counts, means, bands._SHARES, bands._CHANNELS)
        with monkeypatch.context() as patched:
            patched.setattr(bands, "_least_left", lambda *_: 0.0)
            whole = bands._fitted(counts, means)
        assert (quick is None) == (whole is None)
        if quick is not None and whole is not None:
            assert (quick[0], quick[3]) == (whole[0], whole[3])
            flat = counts @ means / counts.sum()
            before = counts @ (((means - flat) ** 2) @ bands._CHANNELS)
            assert least == pytest.approx(before - quick[3])
        looked.append(quick is not None)
    assert 40 < sum(looked) < 160
