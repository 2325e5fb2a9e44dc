# SPDX-License-Identifier: Apache-2.0
"""Palette patches: what they cost, what is shown of them, and where the encoder takes them."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import pytest
from analyze_films import Picture, luma_psnr, rendered, write_y4m
from hypothesis import given, settings
from hypothesis import strategies as st

from mtor_transcode import transcode
from mtor_transcode.analyze.canvas.easel import appearance
from mtor_transcode.analyze.patches.palette_fit import fit_patch, shown_by
from mtor_transcode.codec.adaptive import Adaptive
from mtor_transcode.codec.dictionary import NewOutlines
from mtor_transcode.codec.film_reader import FilmReader
from mtor_transcode.codec.rfc_json import figures, types
from mtor_transcode.codec.writers import CountingWriter
from mtor_transcode.errors import FormatError, MissingExtraError
from mtor_transcode.model import Enter, Mask, ShapeState, Solid, Transform
from mtor_transcode.render.matrix import IDENTITY_MATRIX
from mtor_transcode.render.rasterizer import NAMES, Rasterizer, rasterizer
from mtor_transcode.render.sprites import SpriteCache

RED, GOLD, INK, WHITE = (81, 90, 240), (180, 60, 150), (30, 128, 128), (235, 128, 128)
WIDTH, HEIGHT = 320, 192
FLAG = Mask(4, 3, 3, bytes([1, 1, 2, 0, 3, 1, 2, 2, 3, 3, 0, 1]), colours=(RED, WHITE, INK))


def bits(*outlines: Mask) -> list[float]:
    """What each costs after those before it."""
    section, adaptive = NewOutlines(0), Adaptive()
    counter = CountingWriter(adaptive)
    prices = []
    for outline in outlines:
        section.write(counter, adaptive, outline, None)
        section.add(outline)
        prices.append(counter.take())
    return prices


def creature(seed: int, size: int = 2) -> Picture:
    """A mirrored sprite of 12 x 12 blocks, (h, w, 3), with a border of ink."""
    chance = np.random.default_rng(seed)
    half = chance.choice(4, size=(12, 6), p=[0.2, 0.4, 0.2, 0.2])
    cells = np.array([INK, RED, GOLD, WHITE], dtype=np.uint8)[np.hstack([half, half[:, ::-1]])]
    return np.repeat(np.repeat(cells, size, 0), size, 1)


def test_a_colour_that_another_patch_has_costs_less() -> None:
    other = Mask(4, 3, 3, FLAG.values, colours=(WHITE, (200, 30, 90), RED))
    foreign = Mask(4, 3, 3, FLAG.values, colours=((9, 80, 70), (200, 30, 90), (60, 200, 10)))
    assert bits(FLAG, other)[1] < bits(FLAG, foreign)[1] - 20


def test_what_repeats_costs_little() -> None:
    striped = Mask(32, 32, 4, bytes([1, 1, 2, 2, 3, 3, 4, 4] * 4) * 32, colours=(RED, WHITE, INK, GOLD))
    noise = np.random.default_rng(3).integers(1, 5, 32 * 32).astype(np.uint8).tobytes()
    plain, wild = bits(striped)[0], bits(Mask(32, 32, 4, noise, colours=striped.colours))[0]
    assert plain < 0.4 * 32 * 32 < 1.6 * 32 * 32 < wild


@pytest.fixture(params=NAMES)
def engine(request: pytest.FixtureRequest) -> Rasterizer:
    try:
        return rasterizer(request.param)
    except (ImportError, MissingExtraError):
        pytest.skip(f"{request.param} is not installed")


def drawn(engine: Rasterizer, opacity: int, transform: Transform) -> Picture:
    canvas = engine.canvas(16, 16)
    canvas.fill(Solid((100, 120, 140)))
    canvas.draw(FLAG, Solid(GOLD), transform, opacity)
    return canvas.ycc


def test_cells_are_shown_in_their_own_colours(engine: Rasterizer) -> None:
    shown = drawn(engine, 255, Transform(6 * 16, 8 * 16))
    under = np.full((3, 4, 3), (100, 120, 140), dtype=np.uint8)
    np.testing.assert_array_equal(shown[5:8, 4:8], shown_by(FLAG, under))
    assert (shown[5, 7] == (100, 120, 140)).all(), "an empty cell shows what is below"
    half = drawn(engine, 128, Transform(6 * 16, 8 * 16))[5, 4].astype(int)
    assert (
        np.abs(half - np.array([(a + b) / 2 for a, b in zip(RED, (100, 120, 140), strict=True)])).max() <= 2
    )


def test_one_picture_of_a_patch_serves_for_all_paints() -> None:
    """A shape whose unseen paint changes all the time would have a picture made of it for each frame."""
    built = []
    cache: SpriteCache[int] = SpriteCache(lambda pixels: built.append(pixels) or len(built))
    bar = Mask(2, 1, 1, b"\1\1")
    for code in range(9):
        cache.get(FLAG, Solid((code, 128, 128)))
    assert len(cache) == len(built) == 1
    assert cache.get(bar, Solid(RED)) != cache.get(bar, Solid(INK)) != cache.get(FLAG, Solid(INK))


@pytest.mark.parametrize("place", [Transform(6 * 16, 8 * 16), Transform(103, 131), Transform(110, 140, 8192)])
def test_the_easel_sees_what_is_drawn(engine: Rasterizer, place: Transform) -> None:
    cover, colours = appearance(engine, ShapeState(FLAG, Solid(GOLD), place), (0, 0, 16, 16), IDENTITY_MATRIX)
    ground = np.array((100, 120, 140), dtype=np.float32)
    seen = ground + (colours - ground) * (cover[..., None].astype(np.float32) / 255)
    shown = drawn(engine, 255, place).astype(np.float32)
    solid = (cover == 255) | (cover == 0)
    assert np.abs(seen - shown)[solid].max() < 60
    assert np.abs(seen - shown).mean() < 4


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**31), st.integers(1, 4))
def test_a_few_colours_are_found_again(seed: int, count: int) -> None:
    chance = np.random.default_rng(seed)
    palette = np.array([RED, GOLD, INK, WHITE][:count], dtype=np.uint8)
    target = np.repeat(np.repeat(palette[chance.integers(0, count, (6, 6))], 4, 0), 4, 1)
    fit = fit_patch(target, np.full_like(target, 128), np.ones((24, 24), np.float32), 20.0)
    assert fit is not None
    assert set(fit.patch.colours) <= {tuple(colour) for colour in palette.tolist()}
    np.testing.assert_array_equal(shown_by(fit.patch, np.full_like(target, 128)), target)
    assert fit.error == 0


def test_nothing_is_fitted_where_nothing_is_wrong_and_less_where_bits_are_dear() -> None:
    target = creature(1)
    worth = np.ones(target.shape[:2], np.float32)
    assert fit_patch(target, target, worth, 20.0) is None
    fine, coarse = (fit_patch(target, np.full_like(target, 90), worth, lam) for lam in (20.0, 40000.0))
    assert fine is not None
    assert coarse is None or len(coarse.patch.colours) < len(fine.patch.colours)


def sprites() -> Picture:
    """Three creatures, two of them alike, on a plain ground with a large triangle."""
    picture = np.full((HEIGHT, WIDTH, 3), (150, 140, 110), dtype=np.uint8)
    cv2.fillPoly(picture, [np.array([(200, 180), (310, 180), (255, 110)])], (90, 110, 150))
    for (x, y), seed in {(40, 40): 1, (120, 60): 2, (200, 30): 1}.items():
        sprite = creature(seed)
        picture[y : y + 24, x : x + 24] = sprite
    return picture


def test_sprites_are_patches_that_are_used_again(tmp_path: Path) -> None:
    picture = sprites()
    source, film = tmp_path / "sprites.y4m", tmp_path / "sprites.mtor"
    write_y4m(source, [picture])
    transcode(source, film, quality=60)
    with film.open("rb") as stream:
        reader = FilmReader(BytesIO(stream.read()))
    patches = [one for one in reader.dictionary() if isinstance(one, Mask) and one.colours]
    entered = [token.state for token in reader.scene(0).spans[0].tokens if isinstance(token, Enter)]
    shown = [state for state in entered if isinstance(state.outline, Mask) and state.outline.colours]
    assert len(patches) == 2
    assert len(shown) == 3
    assert len(entered) <= 6, "what a patch hides is gone"
    (again,) = rendered(film, [0])
    assert luma_psnr(again[20:100], picture[20:100]) > 34


def test_areas_and_lines_take_no_patches(tmp_path: Path) -> None:
    picture = np.full((HEIGHT, WIDTH, 3), (220, 128, 128), dtype=np.uint8)
    cv2.circle(picture, (90, 90), 40, (90, 110, 150), -1, cv2.LINE_AA)
    cv2.line(picture, (160, 20), (300, 170), (40, 128, 128), 2, cv2.LINE_AA)
    source, film = tmp_path / "plain.y4m", tmp_path / "plain.mtor"
    write_y4m(source, [picture])
    transcode(source, film, quality=60)
    with film.open("rb") as stream:
        found = [*FilmReader(BytesIO(stream.read())).dictionary()]
    assert found
    assert not any(isinstance(one, Mask) and one.colours for one in found)


def test_json_refuses_another_number_of_colours() -> None:
    figure = types.Mask(width=2, height=1, levels=2, values=b"\1\2", colours=[RED])
    with pytest.raises(FormatError, match="1 colours"):
        figures.outline_of(figure, "here")
    figure.colours.append(INK)
    assert figures.outline_of(figure, "here") == Mask(2, 1, 2, b"\1\2", colours=(RED, INK))
