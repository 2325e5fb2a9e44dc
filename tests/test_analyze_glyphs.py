# SPDX-License-Identifier: Apache-2.0
"""Text found in pictures, and coded as masks: what repeats is paid once, and is right."""

from __future__ import annotations

from fractions import Fraction
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import pytest

from mtor_transcode.analyze.canvas.library import OutlineLibrary
from mtor_transcode.analyze.letters.forms import forms_of
from mtor_transcode.analyze.letters.glyphs import WIDEST, find_glyphs
from mtor_transcode.analyze.letters.letter_fields import BASE, SIDE
from mtor_transcode.analyze.letters.mask_fit import Letter
from mtor_transcode.analyze.letters.mask_levels import levels_for, quantised
from mtor_transcode.analyze.motion.tracks import Times
from mtor_transcode.analyze.paints.backdrop import background_of
from mtor_transcode.analyze.scene.scene_coder import SceneCoder
from mtor_transcode.codec.film_writer import FilmWriter
from mtor_transcode.model import Enter, FilmHeader, Mask, SceneStart
from mtor_transcode.render.rasterizer import rasterizer

LINES = ("the quick brown fox jumps", "over the lazy dog and the", "thin iii jjj ::: ;; text")


def page(ink: int, ground: int) -> np.ndarray:
    """Three lines of anti-aliased text, (H, W, 3)."""
    luma = np.full((120, 320), ground, np.uint8)
    for number, line in enumerate(LINES):
        cv2.putText(luma, line, (10, 30 + 34 * number), cv2.FONT_HERSHEY_SIMPLEX, 0.55, ink, 1, cv2.LINE_AA)
    picture = np.full((120, 320, 3), 128, np.uint8)
    picture[..., 0] = luma
    return picture


@pytest.mark.parametrize(("ink", "ground"), [(235, 30), (40, 220)])
def test_text_is_found_dark_and_light(ink: int, ground: int) -> None:
    picture = page(ink, ground)
    glyphs = find_glyphs(picture, np.ones(picture.shape[:2], bool))
    assert glyphs is not None
    letters = sum(len(line.replace(" ", "")) for line in LINES)
    assert 0.75 * letters <= len(glyphs.boxes) - 1 <= 1.2 * letters
    assert np.abs(glyphs.plain[..., 0].astype(int) - ground).max() <= 12


def test_letters_in_a_column_are_not_one_letter() -> None:
    """Pieces of which each two are near enough to be one letter, as of a plot's label that runs upwards."""
    picture = page(40, 220)
    picture[10:113, 300:312, 0] = 220
    for top in range(10, 100, 11):
        picture[top : top + 8, 302:310, 0] = 40
    glyphs = find_glyphs(picture, np.ones(picture.shape[:2], bool))
    assert glyphs is not None
    sides = glyphs.boxes[1:, 2:] - glyphs.boxes[1:, :2]
    assert sides.max() <= WIDEST
    assert (glyphs.boxes[:, 0] > 298).sum() >= 4


def test_what_is_no_text_is_left_alone() -> None:
    picture = np.full((120, 320, 3), 128, np.uint8)
    picture[..., 0] = 30
    picture[20:90, 40:200, 0] = 200
    assert find_glyphs(picture, np.ones((120, 320), bool)) is None
    noise = np.random.default_rng(1).integers(0, 255, (120, 320, 3)).astype(np.uint8)
    assert find_glyphs(noise, np.ones((120, 320), bool)) is None


def test_letters_alike_share_a_mask_without_their_noise() -> None:
    generator = np.random.default_rng(3)
    truth = np.zeros((SIDE, SIDE), np.float32)
    truth[BASE - 12 : BASE, 18:20] = 1
    truth[BASE - 2 : BASE, 14:24] = 1
    letters = [
        Letter(
            np.clip(truth + generator.normal(0, 0.02, truth.shape), 0, 1).astype(np.float32), (9 * n, 5), 2e4
        )
        for n in range(12)
    ]
    forms = forms_of(letters, 800.0, [], [])
    assert len(forms) == 1
    assert sorted(x for _, x, _ in forms[0].places) == [16 * (9 * n + 19) for n in range(12)]
    mask = forms[0].outline
    assert isinstance(mask, Mask)
    values = np.frombuffer(mask.values, np.uint8).reshape(mask.height, mask.width) / mask.levels
    assert np.abs(values - truth[BASE - 12 : BASE, 14:24]).max() <= 0.2
    assert forms_of(letters, 800.0, [mask], [])[0].outline is mask


def test_values_cost_and_worth() -> None:
    field = np.zeros((9, 9), np.float32)
    field[2:7, 2:7] = 1
    field[4, 8] = 0.3
    cheap, dear = quantised(field, 2.0), quantised(field, 400.0)
    assert cheap is not None
    assert dear is not None
    assert (cheap[0].width, cheap[0].height, cheap[1:]) == (5, 5, (2, 7))
    assert dear[0].width == 7
    assert levels_for(2.0) < levels_for(400.0) <= 15
    assert quantised(field * 0, 400.0) is None


def test_a_page_of_text_becomes_letters(tmp_path: Path) -> None:
    picture = page(235, 30)
    engine, worth = rasterizer(), np.ones(picture.shape[:2], np.float32)
    background = background_of(picture)
    with (tmp_path / "film").open("wb") as stream:
        writer = FilmWriter(stream, FilmHeader(320, 120, Fraction(1, 25), Fraction(25)))
        writer.scene(SceneStart(0, 0, background))
        coder = SceneCoder(OutlineLibrary(engine), picture, 200.0, background)
        coder.begin(writer.pricer(), picture, worth, 0)
        enters = [token for token in coder.take_tokens() if isinstance(token, Enter)]
        masks = [token.state.outline for token in enters if isinstance(token.state.outline, Mask)]
        assert len(masks) > 0.7 * len(enters)
        assert len(set(masks)) < 0.8 * len(masks)
        assert np.mean((coder.live.shown[..., 0].astype(float) - picture[..., 0]) ** 2) < 100
        known, count = set(masks), len(enters)
        picture[80:, :] = picture[:40, :]
        coder.step(picture, worth, Times(0, 1, 1), True)
        fresh = [token for token in coder.take_tokens() if isinstance(token, Enter)]
        assert len(fresh) < count
        assert any(token.state.outline in known for token in fresh)


def test_letters_on_a_narrow_bar_are_found() -> None:
    """Two px of bar above letters have no even block of 3x3 px."""
    page = np.full((120, 400, 3), (26, 128, 128), np.uint8)
    page[50:69] = (119, 80, 90)
    places = range(20, 380, 18)
    for x in places:
        page[52:64, x : x + 2] = page[52:54, x : x + 9] = page[62:64, x : x + 9] = (26, 128, 128)
    found = find_glyphs(page, np.ones(page.shape[:2], bool))
    assert found is not None
    assert {tuple(box) for box in found.boxes[1:].tolist()} == {(x, 52, x + 9, 64) for x in places}
    assert (found.plain[50:69] == (119, 80, 90)).all()


def test_joined_letters_are_found_up_to_their_width() -> None:
    """Words on a line that joins them, as in Devanagari: 34 px wide ones are text, 44 px ones are not."""
    page = np.full((80, 700, 3), (235, 128, 128), np.uint8)
    for number, wide in enumerate([34] * 9 + [44] * 3):
        x = 10 + 55 * number
        page[30:33, x : x + wide] = page[30:46, x : x + 3] = page[30:46, x + wide - 3 : x + wide] = 20
    found = find_glyphs(page, np.ones(page.shape[:2], bool), 1)
    assert found is not None
    assert sorted(found.boxes[1:, 2] - found.boxes[1:, 0]) == [34] * 9


def test_dots_of_numbers_stay() -> None:
    """Each is worth less than what a letter costs whose place nobody expects, but all are expected soon."""
    picture = np.full((320, 480, 3), 128, np.uint8)
    luma = np.full((320, 480), 235, np.uint8)
    dice = np.random.default_rng(2)
    dots = []
    for y in range(20, 310, 16):
        for x in (20, 90, 170, 230, 330, 420):
            whole, tenths = dice.integers(0, 10, 2)
            cv2.putText(luma, str(whole), (x, y), cv2.FONT_HERSHEY_SIMPLEX, 0.4, 90, 1, cv2.LINE_AA)
            cv2.putText(luma, str(tenths), (x + 12, y), cv2.FONT_HERSHEY_SIMPLEX, 0.4, 90, 1, cv2.LINE_AA)
            luma[y - 1 : y + 1, x + 9 : x + 11] = 155
            dots.append((slice(y - 1, y + 1), slice(x + 9, x + 11)))
    picture[..., 0] = luma
    shown = _painted(picture, 2500.0)
    assert sum(float(shown[dot].mean()) < 215 for dot in dots) >= 0.9 * len(dots)


def _painted(picture: np.ndarray, lam: float) -> np.ndarray:
    """Luma of what a scene shows that begins with ``picture``."""
    height, width = picture.shape[:2]
    background = background_of(picture)
    writer = FilmWriter(BytesIO(), FilmHeader(width, height, Fraction(1, 25), Fraction(25)))
    writer.scene(SceneStart(0, 0, background))
    coder = SceneCoder(OutlineLibrary(rasterizer()), picture, lam, background)
    coder.begin(writer.pricer(), picture, np.ones((height, width), np.float32), 0)
    return coder.live.shown[..., 0]
