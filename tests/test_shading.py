# SPDX-License-Identifier: Apache-2.0
"""Shading fields fitted to pixels, chosen, and regions united that one of them explains."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from analyze_films import Picture, box_cover, disc_cover, flat, luma_psnr, over, rendered, write_y4m
from test_fields import truth

import mtor_transcode as mtor
from mtor_transcode.analyze.canvas.field_colours import field_colours
from mtor_transcode.analyze.canvas.regions import merge_regions
from mtor_transcode.analyze.paints.shading import _blocks as blocks_of
from mtor_transcode.analyze.paints.shading import _rounded, _solve, _Solved, _worth, field_bits, fit_field
from mtor_transcode.analyze.paints.unions import united
from mtor_transcode.codec.adaptive import Adaptive
from mtor_transcode.codec.film_reader import FilmReader
from mtor_transcode.codec.paint_syntax import PaintMemory, write_paint
from mtor_transcode.codec.writers import CountingWriter
from mtor_transcode.model import Enter, ShadingField
from mtor_transcode.render.field import field_shares
from mtor_transcode.render.matrix import Matrix, inverse

LAMBDA = 60.0
PAGE, CARD = (235, 128, 128), (40, 120, 140)
SIZE = (220, 160)
WHOLE = (0.0, 0.0, 220.0, 160.0)


def wavy() -> ShadingField:
    chance = np.random.default_rng(5)
    smooth = cv2.GaussianBlur(chance.normal(0, 1, (6, 8)), (0, 0), 1.2)
    levels = np.rint(32 * (smooth - smooth.min()) / np.ptp(smooth)).astype(int)
    return ShadingField((210, 110, 150), (60, 150, 110), 8, tuple(levels.ravel().tolist()), 32)


def shadow_page() -> tuple[Picture, Picture]:
    """A card with a soft shadow on a page, and how much of a shadow each px has, 0 to 255."""
    shade = np.zeros(SIZE[::-1], np.float32)
    shade[50:120, 60:160] = 0.5
    shade = cv2.GaussianBlur(shade, (0, 0), 9)[..., None]
    page = flat(*SIZE, PAGE) * (1 - shade) + np.array((16, 128, 128)) * shade
    covered = over(np.rint(page).astype(np.uint8), box_cover(*SIZE, (58, 42, 162, 112)), CARD)
    return covered, np.rint(255 * shade[..., 0]).astype(np.uint8)


@pytest.mark.parametrize("noise", [0, 3])
def test_fits(noise: int) -> None:
    """To less than two codes in the mean, where px are hidden, too; dear bits make coarser fields."""
    clean, chance = truth(wavy(), SIZE), np.random.default_rng(2)
    picture = np.clip(np.rint(clean + chance.normal(0, noise, clean.shape)), 0, 255).astype(np.uint8)
    weight = np.ones(SIZE[::-1], np.float32)
    weight[60:100, 80:140] = 0
    picture[60:100, 80:140] = (235, 240, 16)
    found = fit_field(picture, weight, (0, 0, *SIZE), WHOLE, LAMBDA)
    assert found is not None
    assert float(np.abs(truth(found, SIZE) - clean)[weight > 0].mean()) < 1.5
    coarse = fit_field(picture, weight, (0, 0, *SIZE), WHOLE, 200 * LAMBDA)
    assert coarse is not None
    assert field_bits(coarse) < 0.7 * field_bits(found)


@pytest.mark.parametrize(
    "matrix",
    [
        (1.0, 0.0, 0.0, 1.0, 3.5, -2.0),
        (0.9, 0.4, -0.4, 0.9, 30.0, -20.0),
        (0.0, -1.5, 1.5, 0.0, 9.0, 200.0),
        (0.25, 0.125, 0.5, 0.25, 0.0, 0.0),
    ],
)
def test_the_encoder_sees_the_field_that_is_shown(matrix: Matrix) -> None:
    """Upright, turned, beyond its sides, and squeezed to a line: then it is the first colour."""
    field, box, rect = wavy(), (10.0, 20.0, 130.0, 110.0), (-7, 3, 150, 140)
    found = field_colours(field, box, matrix, rect)
    first, last = np.array(field.first, np.float64), np.array(field.last, np.float64)
    if matrix[0] * matrix[3] == matrix[1] * matrix[2]:
        assert (found == first).all()
        return
    a, b, c, d, e, f = inverse(matrix)
    x, y = np.arange(rect[0], rect[2])[None, :] + 0.5, np.arange(rect[1], rect[3])[:, None] + 0.5
    places = (a * x + c * y + e, b * x + d * y + f)
    share = field_shares(field, box, *(np.broadcast_to(place, found.shape[:2]) for place in places))
    assert np.abs(found - (first + (last - first) * share[..., None])).max() < 1e-3


def test_nothing_is_found_where_nothing_is() -> None:
    weight = np.ones(SIZE[::-1], np.float32)
    assert fit_field(flat(*SIZE), weight, (0, 0, *SIZE), WHOLE, LAMBDA) is None
    assert fit_field(shadow_page()[0], 0 * weight, (0, 0, *SIZE), WHOLE, LAMBDA) is None


def test_the_rough_price_is_about_the_real_one() -> None:
    for field in (wavy(), ShadingField((9, 9, 9), (99, 9, 9), 17, tuple(range(17)) * 9, 32)):
        counter = CountingWriter(Adaptive())
        write_paint(counter, PaintMemory(), field)
        assert field_bits(field) == pytest.approx(counter.take(), rel=0.35)


def test_levels_are_moved_where_that_pays() -> None:
    """Beside rounding alone, at a price of bits that counts."""
    picture = np.rint(truth(wavy(), SIZE)).astype(np.uint8)
    blocks = blocks_of(picture, np.ones(SIZE[::-1], np.float32), (0, 0, *SIZE), WHOLE)
    assert blocks is not None
    solved: _Solved = _solve(blocks, 7, 10)
    for worth, levels, steps in _rounded(solved, 2000.0):
        low, high = solved.points.min(), solved.points.max()
        plain = np.rint((solved.points - low) / (high - low) * steps).astype(np.int64)
        assert worth == pytest.approx(_worth(solved, levels, steps, 2000.0))
        assert worth < 0.97 * _worth(solved, plain, steps, 2000.0)


def test_a_soft_shadow_is_one_region_and_the_card_another() -> None:
    picture, shade = shadow_page()
    weight = np.ones(SIZE[::-1], np.float32)
    apart = merge_regions(picture, weight, weight > 0, LAMBDA, 0.8)
    whole = united(apart, picture, weight, LAMBDA, 0.8)
    card = (picture == CARD).all(axis=2)
    shadow = (shade > 24) & ~cv2.dilate(card.astype(np.uint8), np.ones((5, 5))).astype(bool)
    assert len(np.unique(apart.labels[shadow])) > 3
    assert len(np.unique(whole.labels[shadow])) == 1
    assert np.intersect1d(whole.labels[shadow], whole.labels[card]).size == 0
    assert sorted(np.unique(whole.labels)) == list(range(whole.count))


def test_a_shape_lit_from_several_sides_becomes_a_field_of_a_film(tmp_path: Path) -> None:
    lit = np.rint(truth(wavy(), SIZE)).astype(np.uint8)
    cover = disc_cover(*SIZE, 110, 80, 72)[..., None]
    picture = np.rint(flat(*SIZE, PAGE) * (1 - cover) + lit * cover).astype(np.uint8)
    source = write_y4m(tmp_path / "lit.y4m", [picture])
    made = mtor.transcode(source, tmp_path / "lit.mtor", quality=50, mode="vector")
    with (tmp_path / "lit.mtor").open("rb") as stream:
        film = FilmReader(stream)
        tokens = [token for span in film.spans(film.heads()[0].head.number) for token in span.tokens]
    paints = [token.state.paint for token in tokens if isinstance(token, Enter)]
    assert any(isinstance(paint, ShadingField) for paint in paints)
    assert len(paints) <= 3
    assert made.bytes < 150
    assert luma_psnr(rendered(tmp_path / "lit.mtor", [0]), [picture]) > 39
