# SPDX-License-Identifier: Apache-2.0
"""Radial gradients: drawn alike everywhere, between key times, refused where out of range, fitted, chosen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from analyze_films import (
    GROUND,
    Picture,
    box_cover,
    disc_cover,
    flat,
    luma_psnr,
    over,
    rendered,
    write_y4m,
)
from busy_films import HEADER
from memory_films import MemoryFilm, write_film
from render_film import box, place, polygon

import mtor_transcode as mtor
from mtor_transcode.analyze.canvas.easel import Plane, frame_colours, paint_colours
from mtor_transcode.analyze.canvas.regions import merge_regions
from mtor_transcode.analyze.paints.backdrop import background_of
from mtor_transcode.analyze.paints.radial import fit_radial
from mtor_transcode.analyze.paints.simple import recoloured
from mtor_transcode.analyze.paints.unions import united
from mtor_transcode.codec.adaptive import Adaptive
from mtor_transcode.codec.film_reader import FilmReader
from mtor_transcode.codec.paint_syntax import PaintMemory, read_paint, write_paint
from mtor_transcode.codec.rangecoder import RangeReader, RangeWriter
from mtor_transcode.errors import FormatError, UsageError
from mtor_transcode.model import (
    Border,
    Enter,
    LinearGradient,
    Mask,
    RadialGradient,
    Scene,
    SceneStart,
    Solid,
    Transform,
)
from mtor_transcode.render.between import paint_between
from mtor_transcode.render.curves import px_bounds
from mtor_transcode.render.gradient import FloatRadial, gradient_shares
from mtor_transcode.render.matrix import IDENTITY_MATRIX
from mtor_transcode.render.rasterizer import Rasterizer, rasterizer

GLOW = RadialGradient((220, 100, 150), (60, 150, 110), 20, 16, 50, 40, 4)


@pytest.fixture(params=["blend2d", "skia"])
def engine(request: pytest.FixtureRequest) -> Rasterizer:
    if request.param == "skia":
        pytest.importorskip("skia", reason="skia-python is not installed")
    return rasterizer(request.param)


def truth(paint: RadialGradient, size: tuple[int, int]) -> Plane:
    """By the format's own words: the colours of a box, px by px."""
    width, height = size
    x = (np.arange(width)[None, :] + 0.5) * 64 / width
    y = (np.arange(height)[:, None] + 0.5) * 64 / height
    away = np.sqrt(((x - paint.x) / paint.rx) ** 2 + ((y - paint.y) / paint.ry) ** 2)
    share = np.clip((16 * away - paint.inner) / (16 - paint.inner), 0, 1)[..., None]
    return (np.array(paint.first) * (1 - share) + np.array(paint.last) * share).astype(np.float32)


@pytest.mark.parametrize("inner", range(16))
def test_all_draw_any_inner_part(engine: Rasterizer, inner: int) -> None:
    paint, canvas = replace(GLOW, inner=inner), engine.canvas(80, 50)
    canvas.fill(paint)
    off = np.abs(canvas.ycc - truth(paint, (80, 50)))
    assert off.mean() < 1
    assert (off > 3).mean() < 0.02, "but for what is hard between px"


@pytest.mark.parametrize("paint", [GLOW, replace(GLOW, x=-10, y=70, rx=90, ry=120, inner=0)])
def test_all_draw_it_alike(engine: Rasterizer, paint: RadialGradient) -> None:
    canvas = engine.canvas(80, 50)
    canvas.fill(paint)
    assert np.abs(canvas.ycc - truth(paint, (80, 50))).max() <= 2
    canvas.fill(Solid((16, 128, 128)))
    canvas.draw(box(60, 40), paint, place(40, 25))
    assert np.abs(canvas.ycc[5:45, 10:70] - truth(paint, (60, 40))).max() <= 2
    seen = paint_colours(paint, box(60, 40), place(40, 25), (10, 5, 70, 45), IDENTITY_MATRIX)
    assert np.abs(seen - truth(paint, (60, 40))).max() < 0.01
    mask = Mask(60, 40, 1, b"\1" * 2400)
    canvas.draw(mask, paint, Transform(40 * 16, 45 * 16))
    assert np.abs(canvas.ycc[5:45, 10:70] - truth(paint, (60, 40))).max() <= 1


def test_it_turns_with_its_shape_and_strokes_keep_their_width(engine: Rasterizer) -> None:
    canvas = engine.canvas(64, 48)
    canvas.draw(box(40, 20), GLOW, place(32, 24, turn=0.25))
    turned = np.rot90(truth(GLOW, (40, 20)), -1)
    assert np.abs(canvas.ycc[5:43, 23:41] - turned[1:39, 1:19]).max() <= 3
    canvas.fill(Solid((0, 0, 0)))
    canvas.draw(polygon((-20, -8), (20, 8), closed=False, stroke=8), GLOW, place(32, 24))
    drawn = canvas.ycc[..., 1] > 90
    assert abs(int(drawn.sum()) - (8 * np.hypot(40, 16) + np.pi * 16)) < 20


def test_a_line_without_height_takes_the_last_colour(engine: Rasterizer) -> None:
    canvas = engine.canvas(40, 20)
    flat_line = polygon((-12, 0), (12, 0), closed=False, stroke=6)
    canvas.draw(flat_line, GLOW, place(20, 10))
    assert np.abs(canvas.ycc[12, 20].astype(int) - GLOW.last).max() <= 2
    assert px_bounds(flat_line)[1] == px_bounds(flat_line)[3]


def test_between() -> None:
    other = RadialGradient((20, 200, 50), (60, 50, 10), 40, -16, 70, 20, 8)
    assert paint_between(GLOW, other, 0.5) == FloatRadial(
        (120, 150, 100), (60, 100, 60), 30, 0, 60, 30, 6, None
    )
    from_one_colour = paint_between(Solid((100, 100, 100)), GLOW, 0.25)
    assert from_one_colour == FloatRadial((130, 100, 113), (90, 113, 103), 20, 16, 50, 40, 4, None)


def test_kinds_of_gradients_do_not_blend_but_their_borders_do() -> None:
    line = LinearGradient((0, 0, 0), (9, 9, 9), border=Border(40, (16, 128, 128)))
    for a, b in ((line, GLOW), (replace(GLOW, border=line.border), replace(line, border=None))):
        assert paint_between(a, b, 0.25) == replace(b, border=Border(30, (16, 128, 128)))
        assert paint_between(a, b, 1) == replace(b, border=None)


@pytest.mark.parametrize(
    "wrong", [{"x": -65}, {"y": 129}, {"rx": 0}, {"ry": 257}, {"inner": 16}, {"inner": -1}, {"rx": 2.0}]
)
def test_writers_and_readers_refuse_what_is_out_of_range(wrong: dict[str, int]) -> None:
    paint = replace(GLOW, **wrong)
    with pytest.raises(UsageError):
        write_film(MemoryFilm(HEADER, [Scene(SceneStart(0, 0, paint), ())], [], [], 0))
    if wrong in ({"inner": -1}, {"rx": 2.0}):
        return  # No syntax says so.
    writer = RangeWriter(Adaptive())
    write_paint(writer, PaintMemory(), paint)
    with pytest.raises(FormatError, match="radial gradient"):
        read_paint(RangeReader(writer.finish(), Adaptive()), PaintMemory())


FITS = {
    "a ball": ((170, 170), RadialGradient((230, 110, 140), (40, 140, 120), 22, 19, 64, 64)),
    "a page": ((320, 180), RadialGradient((180, 120, 130), (30, 130, 126), 32, 26, 45, 53)),
    "a ring": ((120, 90), RadialGradient((70, 190, 120), (150, 90, 140), 32, 32, 32, 43, 6)),
    "light from a corner": ((200, 110), RadialGradient((110, 170, 140), (50, 140, 130), 0, 0, 73, 130)),
}


@pytest.mark.parametrize("name", FITS)
@pytest.mark.parametrize("noise", [0, 3])
def test_fits(name: str, noise: int) -> None:
    """To one code in the mean, with noise and with text on it that does not belong."""
    (width, height), paint = FITS[name]
    clean = truth(paint, (width, height))
    chance = np.random.default_rng(2)
    picture = np.clip(np.rint(clean + chance.normal(0, noise, clean.shape)), 0, 255).astype(np.uint8)
    picture[height // 2 : height // 2 + 6, width // 3 : width // 2] = (235, 128, 128)
    weight = np.ones((height, width), np.float32)
    weight[:9, -20:] = 0
    box = (0.0, 0.0, float(width), float(height))
    found = fit_radial(picture, weight, (0, 0, width, height), box)
    assert found is not None
    assert float(np.abs(truth(found, (width, height)) - clean).mean()) < 1
    assert abs(found.x - paint.x) <= 2
    assert abs(found.y - paint.y) <= 2


def test_a_fit_gets_over_a_step_that_was_too_long() -> None:
    """A flat ellipse of which a third is hidden, in noise: with long steps alone it is 1.3 codes off."""
    size, paint = (194, 62), RadialGradient((156, 110, 140), (104, 140, 120), 22, 26, 58, 22, 4)
    clean, off = truth(paint, size), []
    weight = np.ones(clean.shape[:2], np.float32)
    weight[: size[1] // 3] = 0
    for seed in range(4):
        noise = np.random.default_rng(seed).normal(0, 4, clean.shape)
        picture = np.clip(np.rint(clean + noise), 0, 255).astype(np.uint8)
        found = fit_radial(picture, weight, (0, 0, *size), (0.0, 0.0, *map(float, size)))
        assert found is not None
        off.append(float(np.abs(truth(found, size) - clean)[size[1] // 3 :].mean()))
    assert max(off) < 0.8


def test_nothing_radial_is_seen_where_nothing_is() -> None:
    rect, box = (0, 0, 64, 48), (0.0, 0.0, 64.0, 48.0)
    weight = np.ones((48, 64), np.float32)
    assert fit_radial(flat(64, 48), weight, rect, box) is None
    assert fit_radial(flat(64, 48), weight * 0, rect, box) is None
    faint = replace(GLOW, last=(217, 103, 150))
    assert fit_radial(np.rint(truth(faint, (64, 48))).astype(np.uint8), weight, rect, box) is None
    speck = np.zeros((48, 64), np.float32)
    speck[10:13, 20:24] = 1
    assert fit_radial(np.rint(truth(GLOW, (64, 48))).astype(np.uint8), speck, rect, box) is None


def ball() -> tuple[Picture, Plane]:
    """A shaded ball on a ground, and how it covers that."""
    cover = disc_cover(200, 140, 100, 70, 55)
    shade = np.zeros((140, 200, 3), np.float32)
    shade[15:125, 45:155] = truth(RadialGradient((235, 110, 150), (40, 120, 170), 22, 20, 60, 60), (110, 110))
    mixed = flat(200, 140) * (1 - cover[..., None]) + shade * cover[..., None]
    return np.rint(mixed).astype(np.uint8), cover


def test_pieces_of_a_ball_are_united_and_flat_neighbours_are_not() -> None:
    picture, cover = ball()
    picture = over(picture, box_cover(200, 140, (0, 0, 30, 140)), (64, 120, 136))
    weight = np.ones((140, 200), np.float32)
    apart = merge_regions(picture, weight, np.ones((140, 200), bool), 60.0, 0.8)
    whole = united(apart, picture, weight, 60.0, 0.8)
    inside = cover > 0.99
    assert len(np.unique(apart.labels[inside])) > 3
    assert len(np.unique(whole.labels[inside])) == 1
    outside = cover == 0
    assert len(np.unique(whole.labels[outside])) == len(np.unique(apart.labels[outside])) == 2
    assert sorted(np.unique(whole.labels)) == list(range(whole.count))


def test_a_ball_becomes_one_shape_of_a_film(tmp_path: Path) -> None:
    picture, _ = ball()
    source = write_y4m(tmp_path / "ball.y4m", [picture])
    made = mtor.transcode(source, tmp_path / "ball.mtor", quality=50, mode="vector")
    with (tmp_path / "ball.mtor").open("rb") as stream:
        film = FilmReader(stream)
        tokens = [token for span in film.spans(film.heads()[0].head.number) for token in span.tokens]
    paints = [token.state.paint for token in tokens if isinstance(token, Enter)]
    assert any(isinstance(paint, RadialGradient) for paint in paints)
    assert len(paints) <= 3
    assert made.bytes < 330
    assert luma_psnr(rendered(tmp_path / "ball.mtor", [0]), [picture]) > 38


def test_a_new_colour_shifts_all_of_it() -> None:
    """By what its mean lacks, whose place is not the middle between the ends."""
    shown = np.rint(truth(GLOW, (40, 30))).astype(np.uint8)
    cover, weight = np.full((30, 40), 255, np.uint8), np.ones((30, 40), np.float32)
    fresh = recoloured(GLOW, shown + np.uint8(9), shown, flat(40, 30), cover, weight)
    assert fresh == replace(GLOW, first=(229, 109, 159), last=(69, 159, 119))
    assert recoloured(GLOW, shown, shown, flat(40, 30), cover * 0, weight) is None


def test_the_background_may_be_radial() -> None:
    vignette = RadialGradient((220, 120, 134), (90, 124, 140), 32, 32, 45, 45, 4)
    clean = np.rint(truth(vignette, (160, 96))).astype(np.uint8)
    covered = over(clean, box_cover(160, 96, (20, 60, 90, 80)), GROUND)
    found = background_of(covered)
    assert isinstance(found, RadialGradient)
    free = (covered == clean).all(axis=2)
    assert float(np.abs(frame_colours(found, (160, 96)) - clean)[free].mean()) < 1.5


def test_shares_of_both_kinds() -> None:
    x, y = np.array([0.0, 20.0, 40.0]), np.array([10.0, 10.0, 10.0])
    middle = RadialGradient((0, 0, 0), (9, 9, 9), 32, 32, 32, 32)
    assert gradient_shares(middle, (0, 0, 40, 20), x, y).tolist() == [1, 0, 1]
    assert gradient_shares(LinearGradient((0, 0, 0), (9, 9, 9)), (0, 0, 40, 20), x, y).tolist() == [0, 0.5, 1]
