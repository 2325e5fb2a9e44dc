# SPDX-License-Identifier: Apache-2.0
"""Stills among vectors: photos are found and coded as AV1, flat pictures and letters are left alone."""

from __future__ import annotations

import warnings
from fractions import Fraction
from io import BytesIO
from itertools import product
from pathlib import Path

import cv2
import numpy as np
import pytest
from analyze_films import Picture, luma_psnr, rendered, write_y4m

from mtor_transcode import transcode
from mtor_transcode.analyze.canvas.library import OutlineLibrary
from mtor_transcode.analyze.motion.tracks import Times
from mtor_transcode.analyze.patches import stills as patches
from mtor_transcode.analyze.scene.scene_coder import SceneCoder
from mtor_transcode.analyze.textures.av1 import codable_scale
from mtor_transcode.codec.film_reader import FilmReader
from mtor_transcode.codec.film_writer import FilmWriter
from mtor_transcode.model import Enter, FilmHeader, SceneStart, Solid, Span, TexturePaint
from mtor_transcode.render.rasterizer import rasterizer

WIDTH, HEIGHT = 320, 192
PAPER = Solid((230, 128, 128))
PHOTO = (160, 48, 288, 144)


def photo(seed: int = 1, width: int = 128, height: int = 96) -> Picture:
    """Soft noise at several sizes, as nature has it."""
    chance = np.random.default_rng(seed)
    total = np.zeros((height, width, 3), np.float32)
    for cells, depth in ((4, 60), (12, 40), (36, 20)):
        coarse = chance.normal(0, depth, (cells * height // width + 2, cells, 3)).astype(np.float32)
        total += cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    total[..., 1:] /= 4
    return np.clip(total + np.array((120, 120, 136)), 16, 235).astype(np.uint8)


def slide(*, with_photo: bool, caption: bool = False) -> Picture:
    """Paper with bars and perhaps a photo, perhaps with white bars on it."""
    picture: Picture = np.empty((HEIGHT, WIDTH, 3), np.uint8)
    picture[:] = PAPER.colour
    for y in range(30, 170, 24):
        picture[y : y + 6, 20:130] = (60, 110, 150)
    if with_photo:
        x0, y0, x1, y1 = PHOTO
        picture[y0:y1, x0:x1] = photo()
    if caption:
        picture[120:124, 180:270] = (235, 128, 128)
    return picture


def begun(picture: Picture, *, stills: bool, lam: float = 60.0) -> SceneCoder:
    writer = FilmWriter(BytesIO(), FilmHeader(WIDTH, HEIGHT, Fraction(1, 25), Fraction(25)))
    writer.scene(SceneStart(0, 0, PAPER))
    coder = SceneCoder(OutlineLibrary(rasterizer()), picture, lam, PAPER)
    coder.stills = 1.0 if stills else None
    coder.begin(writer.pricer(), picture, np.ones((HEIGHT, WIDTH), np.float32), 0)
    return coder


def pictures_of(coder: SceneCoder) -> list[Enter]:
    return [
        token
        for token in coder.tokens()
        if isinstance(token, Enter) and isinstance(token.state.paint, TexturePaint)
    ]


def price(coder: SceneCoder, picture: Picture) -> float:
    return float(patches.squared(picture, coder.live.shown).sum()) + coder.lam * coder.bits


def test_a_photo_becomes_a_still() -> None:
    """One, where the photo is, for less than shapes cost; nothing of them stays beneath."""
    picture = slide(with_photo=True)
    coder, plain = begun(picture, stills=True), begun(picture, stills=False)
    (still,) = pictures_of(coder)
    assert not pictures_of(plain)
    shape = next(shape for shape in coder.live.shapes if shape.number == still.shape)
    x0, y0, x1, y1 = shape.rect
    assert np.abs(np.array((x0, y0, x1, y1)) - PHOTO).max() <= 6
    assert price(coder, picture) < 0.7 * price(plain, picture)
    inside = [s for s in coder.live.shapes if s.rect[0] > x0 and s.rect[2] < x1 and s.rect[1] > y0]
    assert len(inside) <= 2
    assert len(coder.live.shapes) < len(plain.live.shapes)


def test_what_is_told_of_bits_is_what_was_paid() -> None:
    """Withdrawn shapes cost nothing; the still counts with all that its file has of it."""
    coder = begun(slide(with_photo=True), stills=True)
    stream = BytesIO()
    writer = FilmWriter(stream, FilmHeader(WIDTH, HEIGHT, Fraction(1, 25), Fraction(25)))
    writer.scene(SceneStart(0, 0, PAPER))
    before = len(stream.getvalue())
    writer.span(Span(0, 25, coder.tokens()))
    assert len(stream.getvalue()) - before == pytest.approx(coder.bits / 8, abs=25)


def test_pictures_without_photos_stay_vectors() -> None:
    picture = slide(with_photo=False)
    coder, plain = begun(picture, stills=True), begun(picture, stills=False)
    assert coder.tokens() == plain.tokens()
    assert coder.bits == plain.bits


def test_sharp_shapes_are_painted_over_stills(monkeypatch: pytest.MonkeyPatch) -> None:
    """A white bar, where the still is too coarse for it."""
    monkeypatch.setattr(patches, "_descended", lambda price, *_: price(2, 54))
    coder = begun(slide(with_photo=True, caption=True), stills=True)
    (still,) = pictures_of(coder)
    above = [shape for shape in coder.live.shapes if shape.number > still.shape]
    assert any(abs(shape.rect[1] - 120) <= 2 and shape.rect[2] - shape.rect[0] > 60 for shape in above)


def test_a_photo_that_appears_later_becomes_a_still() -> None:
    """At its key."""
    coder = begun(slide(with_photo=False), stills=True)
    coder.take_tokens()
    worth = np.ones((HEIGHT, WIDTH), np.float32)
    picture = slide(with_photo=True)
    coder.step(picture, worth, Times(0, 8, 8), True)
    (still,) = pictures_of(coder)
    assert still.at == 8


@pytest.mark.parametrize("mode", ["auto", "vector"])
def test_modes(tmp_path: Path, mode: str) -> None:
    """``vector`` has no textures; ``auto`` may, and shows the photo well in fewer bytes."""
    source = write_y4m(tmp_path / "slide.y4m", [slide(with_photo=True)] * 3)
    made = transcode(source, tmp_path / "slide.mtor", quality=60, mode=mode)
    with (tmp_path / "slide.mtor").open("rb") as file:
        textures = FilmReader(file).bytes_by_kind["textures"]
    assert (textures > 0) == (mode == "auto")
    if mode == "auto":
        assert made.bytes < 4000
        assert luma_psnr([slide(with_photo=True)], rendered(tmp_path / "slide.mtor", [1])) > 33


def test_the_greatest_sum_is_found() -> None:
    """Of all rectangles, as trying each of them tells."""
    values = np.random.default_rng(2).normal(-0.2, 1, (7, 9))
    sums = {
        (x0, y0, x1, y1): values[y0:y1, x0:x1].sum()
        for y0, y1, x0, x1 in product(range(8), range(8), range(10), range(10))
        if y0 < y1 and x0 < x1
    }
    gain, rect = patches._greatest(values)
    assert gain == pytest.approx(max(sums.values()))
    assert sums[rect] == pytest.approx(gain)


def test_sizes_that_av1_never_returns_from_are_not_asked_for() -> None:
    """A long narrow picture is made less small; others as small as they were to be."""
    assert codable_scale(1280, 192, 8) == 4
    assert codable_scale(1280, 720, 8) == 8
    assert codable_scale(320, 192, 8) == 8
    assert codable_scale(640, 32, 8) == 1


def test_sides_do_not_pass_each_other() -> None:
    luma = np.zeros((96, 96), np.uint8)
    luma[:, 46:50] = 100
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        x0, y0, x1, y1 = patches.fitted(luma, (32, 32, 64, 64))
    assert x0 < x1
    assert y0 < y1
