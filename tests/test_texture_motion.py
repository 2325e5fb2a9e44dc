# SPDX-License-Identifier: Apache-2.0
"""Pictures on their way from one picture of a texture to the next, and how they are sharpened."""

from __future__ import annotations

import io
from dataclasses import replace
from fractions import Fraction

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from texture_films import HEADER, MOVING, TEXTURE, scene, written

from mtor_transcode.codec.film_reader import FilmReader
from mtor_transcode.errors import UsageError
from mtor_transcode.model import PARTS, TexturePaint
from mtor_transcode.render.frames import FrameRenderer
from mtor_transcode.render.texture_between import on_the_way, sharpened
from mtor_transcode.render.texture_motion import MotionField, halved, motion_between
from mtor_transcode.render.textures import TextureDecoder

Plane = NDArray[np.uint8]
PLANE_SIDES = st.integers(1, 70)


def cloth(height: int, width: int, seed: int = 1) -> NDArray[np.float32]:
    """A plane of soft spots."""
    noise = np.random.default_rng(seed).normal(size=(height, width)).astype(np.float32)
    soft = cv2.GaussianBlur(noise, (0, 0), 4)
    return np.asarray(128 + 60 * soft / soft.std(), np.float32)


def cut(plane: NDArray[np.float32], x: float, y: float) -> Plane:
    """96 x 80 px of a plane, from (40 + x, 40 + y) on."""
    matrix = np.array([[1, 0, 40 + x], [0, 1, 40 + y]], np.float32)
    there = cv2.warpAffine(plane, matrix, (96, 80), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    return np.asarray(np.clip(np.rint(there), 0, 255), np.uint8)


def planes_at(cloths: list[NDArray[np.float32]], x: float, y: float) -> list[Plane]:
    """Y, Cb and Cr of a window on them that has moved by (x, y) px of luma."""
    small = [halved(cut(chroma, x, y)) for chroma in cloths[1:]]
    return [cut(cloths[0], x, y), *small]


@pytest.mark.parametrize(("x", "y"), [(6, -3), (-11, 5), (0.5, 0.25), (13, 9)])
@pytest.mark.parametrize("part", [8, 32, 50])
def test_what_moves_is_on_its_way(x: float, y: float, part: int) -> None:
    """A window that glides over cloth is within a few levels of where it truly is, luma and chroma."""
    cloths = [cloth(200, 200, seed) for seed in (1, 2, 3)]
    first, second = planes_at(cloths, 0, 0), planes_at(cloths, x, y)
    shown = on_the_way(first, second, motion_between(first[0], second[0]), part)
    truth = planes_at(cloths, x * part / PARTS, y * part / PARTS)
    for plane, true in zip(shown, truth, strict=True):
        edge = 14 if plane.shape[0] == 80 else 7
        error = np.abs(plane.astype(int) - true)[edge:-edge, edge:-edge]
        assert error.mean() < 3, (error.mean(), plane.shape)


def test_large_pictures_are_searched_small() -> None:
    """The motion of pictures above the searched size is found all the same, in their own px."""
    wide = cv2.resize(cloth(200, 300), (1200, 800), interpolation=cv2.INTER_CUBIC)
    first, second = (np.clip(wide[40:640, x : x + 1000], 0, 255).astype(np.uint8) for x in (40, 64))
    field = motion_between(first, second)
    assert field.halvings == 2
    chroma = np.zeros((300, 500), np.uint8)
    shown = on_the_way([first, chroma, chroma], [second, chroma, chroma], field, 32)[0]
    truth = np.clip(wide[40:640, 52:1052], 0, 255)
    assert np.abs(shown - truth)[40:-40, 40:-40].mean() < 2


@settings(max_examples=40, deadline=None)
@given(PLANE_SIDES, PLANE_SIDES, st.integers(0, PARTS), st.integers(0, 2**32 - 1))
def test_any_size_will_do(height: int, width: int, part: int, seed: int) -> None:
    """Noise of any size: nothing breaks, a picture without change stays, the ends are the pictures."""
    rng = np.random.default_rng(seed)
    half = ((height + 1) // 2, (width + 1) // 2)
    first, second = (
        [rng.integers(0, 256, shape, np.uint8) for shape in ((height, width), half, half)] for _ in range(2)
    )
    still = motion_between(first[0], first[0])
    assert not still.vectors.any()
    for plane, same in zip(on_the_way(first, first, still, part), first, strict=True):
        assert (plane == same).all()
    field = motion_between(first[0], second[0])
    for end, planes in ((0, first), (PARTS, second)):
        for plane, same in zip(on_the_way(first, second, field, end), planes, strict=True):
            assert (plane == same).all()


@settings(max_examples=30, deadline=None)
@given(
    st.integers(2, 40),
    st.integers(2, 60),
    st.integers(0, PARTS),
    st.sampled_from((0, 3, 90)),
    st.integers(0, 99),
)
def test_every_px_comes_from_where_its_vector_says(
    height: int, width: int, part: int, spread: int, seed: int
) -> None:
    """Vectors that are all alike, hardly differ, or lead beyond the edges: always as the format says."""
    rng = np.random.default_rng(seed)
    first, second = (rng.integers(0, 256, (height, width), np.uint8) for _ in range(2))
    rows, columns = -(-height // 8), -(-width // 8)
    vectors = rng.integers(-20, 21, 2) + rng.integers(-spread, spread + 1, (rows, columns, 2))
    field = MotionField(vectors.astype(np.int32), 0)
    shown = on_the_way([first], [second], field, part)[0]
    wanted = [[_moved(first, second, vectors, part, x, y) for x in range(width)] for y in range(height)]
    assert shown.tolist() == wanted


def _moved(first: Plane, second: Plane, vectors: NDArray[np.int64], part: int, x: int, y: int) -> int:
    """A px of luma on its way by ``docs/format.md``, one after the other."""
    rows, columns, _ = vectors.shape
    below, right = 2 * y + 1 - 8, 2 * x + 1 - 8
    row, down, column, across = below >> 4, below & 15, right >> 4, right & 15
    upper, lower = min(max(row, 0), rows - 1), min(max(row + 1, 0), rows - 1)
    near, far = min(max(column, 0), columns - 1), min(max(column + 1, 0), columns - 1)
    corners = [vectors[i, j].tolist() for i in (upper, lower) for j in (near, far)]
    if not any(map(any, corners)):
        return ((PARTS - part) * int(first[y, x]) + part * int(second[y, x]) + 32) >> 6
    total = 1 << 13
    for plane, share, way in ((first, PARTS - part, -part), (second, part, PARTS - part)):
        at = []
        for k, here in enumerate((x, y)):
            sides = [(16 - down) * corners[i][k] + down * corners[i + 2][k] for i in (0, 1)]
            vector = ((16 - across) * sides[0] + across * sides[1]) >> 7
            moved = (abs(way) * vector + 16) >> 5
            at.append(16 * here + (-moved if way < 0 or plane is first else moved))
        total += share * _between_px(plane, *at)
    return total >> 14


def _between_px(plane: Plane, x: int, y: int) -> int:
    """256 times the value at a place in sixteenths of a px; edges go on."""
    height, width = plane.shape
    value = 0
    for j, high in ((y >> 4, 16 - (y & 15)), ((y >> 4) + 1, y & 15)):
        for i, wide in ((x >> 4, 16 - (x & 15)), ((x >> 4) + 1, x & 15)):
            value += high * wide * int(plane[min(max(j, 0), height - 1), min(max(i, 0), width - 1)])
    return value


def test_sharpening_takes_blur_away() -> None:
    """As the formula says; a flat plane stays, and so does any by 0."""
    plane = np.clip(cloth(37, 53), 0, 255).astype(np.uint8)
    assert sharpened(plane, 0) is plane
    kernel = np.array([1, 2, 1], np.float64) / 4
    blurred = cv2.sepFilter2D(plane.astype(np.float64), -1, kernel, kernel, borderType=cv2.BORDER_REPLICATE)
    wanted = np.clip(plane + 5 / 8 * (plane - blurred), 0, 255)
    assert np.abs(sharpened(plane, 5) - wanted).max() <= 0.5
    flat = np.full((3, 5), 77, np.uint8)
    assert (sharpened(flat, 15) == flat).all()


def test_a_decoder_shows_the_same_in_any_order() -> None:
    """Back and forth, picture or way: what is shown depends on nothing that was shown before."""
    asked = [(0, 0), (0, 32), (1, 0), (1, 16), (4, 40), (5, 0), (4, 40), (0, 32), (3, 0), (2, 63)]
    straight = {place: TextureDecoder(MOVING).shown(*place) for place in asked}
    decoder = TextureDecoder(MOVING)
    for place in asked:
        for plane, same in zip(decoder.shown(*place), straight[place], strict=True):
            assert (plane == same).all()
    plain = TextureDecoder(TEXTURE).shown(1)
    assert (plain[0] != straight[(1, 0)][0]).any(), "sharpness does nothing"
    assert (plain[1] == straight[(1, 0)][1]).all(), "chroma is sharpened"


def test_the_way_of_a_paint() -> None:
    """Parts by whole ticks; none before the start, after the end, and where a picture does not move."""
    texture = replace(MOVING, times=(0, 4, 8, 12, 24, 30))
    paint = TexturePaint(texture, 100)
    shown = [
        (paint.picture_at(tick), paint.part_at(tick)) for tick in (90, 100, 101, 103, 104, 109, 115, 131)
    ]
    assert shown == [(0, 0), (0, 0), (0, 16), (0, 48), (1, 0), (2, 0), (3, 16), (5, 0)]
    assert paint.part_at(Fraction(1027, 10)) == 32
    changes = [paint.next_change(tick) for tick in (90, 100, Fraction(201, 2), 107, 108, 111, 113, 129, 130)]
    assert changes == [101, 101, 101, 108, 112, 112, 114, 130, None]


def test_a_film_moves_between_pictures() -> None:
    """A film shows at each tick what its texture's decoder does, also with shapes over it."""
    data, _ = written([scene(0, 0, shapes=True, texture=MOVING)])
    renderer = FrameRenderer(FilmReader(io.BytesIO(data)))
    held = FrameRenderer(FilmReader(io.BytesIO(written([scene(0, 0, texture=TEXTURE)])[0])))
    frames = [renderer.frame(tick) for tick in range(12)]
    assert (frames[1] != frames[0]).any()
    assert (frames[4] == frames[5]).all(), "the third picture holds"
    assert (frames[6] != frames[7]).any()
    assert (held.frame(1) == held.frame(0)).all()
    assert (renderer.frame(3) == frames[3]).all()


@pytest.mark.parametrize(
    "texture",
    [
        replace(MOVING, sharpness=16),
        replace(MOVING, sharpness=-1),
        replace(MOVING, moves=(True,)),
        replace(MOVING, moves=(False,) * 5),
    ],
)
def test_a_writer_refuses_ways_that_no_reader_knows(texture: object) -> None:
    """Sharper than sharp, a way for some pictures only, and one that goes nowhere."""
    with pytest.raises(UsageError):
        written([scene(0, 0, texture=texture)], HEADER)  # type: ignore[arg-type]
