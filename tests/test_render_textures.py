# SPDX-License-Identifier: Apache-2.0
"""Textures on the screen: which picture when, at which size, under which shapes."""

from __future__ import annotations

import io
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from texture_films import GREY, HEADER, TEXTURE, scene, written

from mtor_transcode.codec.film_reader import FilmReader
from mtor_transcode.model import Background, Solid, Span, TexturePaint
from mtor_transcode.render.chroma import subsample
from mtor_transcode.render.frames import FrameRenderer
from mtor_transcode.render.rasterizer import NAMES, rasterizer
from mtor_transcode.render.stage import Stage
from mtor_transcode.render.textures import TextureDecoder, TextureShown, stretched


def film(*tokens: Background) -> FilmReader:
    only = scene(0, 0)
    if tokens:
        only = replace(only, spans=(Span(0, 30, tokens),))
    return FilmReader(io.BytesIO(written([only])[0]))


def box_left(frame: np.ndarray) -> float:
    """Where the bright box of the texture begins, in 64ths of the width."""
    row = frame[frame.shape[0] // 2, :, 0].astype(float)
    return float(np.argmax(row > 145)) * 64 / frame.shape[1]


def test_pictures_are_held_until_the_next() -> None:
    """The box moves by 5 px of the texture with each picture, two ticks long; the last one stays."""
    renderer = FrameRenderer(film())
    places = [box_left(renderer.frame(tick)) for tick in range(12)]
    assert places == pytest.approx([6, 6, 11, 11, 16, 16, 21, 21, 26, 26, 31, 31], abs=1)
    assert renderer.frame(2) is not renderer.frame(4)
    assert renderer.frame(Fraction(9, 2)) is renderer.frame(5)


def test_going_back_gives_the_same_pixels() -> None:
    """Decoding starts anew; nothing depends on what was shown before."""
    renderer = FrameRenderer(film())
    late, early = renderer.frame(10).copy(), renderer.frame(2).copy()
    assert (FrameRenderer(film()).frame(2) == early).all()
    assert (renderer.frame(10) == late).all()


def test_a_texture_may_start_before_and_after_its_token() -> None:
    """Before its start it shows its first picture."""
    renderer = FrameRenderer(film(Background(0, 0, TexturePaint(TEXTURE, 4))))
    assert box_left(renderer.frame(3)) == pytest.approx(6, abs=1)
    assert box_left(renderer.frame(6)) == pytest.approx(11, abs=1)
    renderer = FrameRenderer(film(Background(0, 0, TexturePaint(TEXTURE, -6))))
    assert box_left(renderer.frame(0)) == pytest.approx(21, abs=1)


def test_backgrounds_jump_to_and_from_textures() -> None:
    """Whatever the token's duration."""
    tokens = (Background(4, 8, TexturePaint(TEXTURE, 4)), Background(14, 8, Solid((200, 90, 90))))
    renderer = FrameRenderer(film(*tokens))
    assert (renderer.frame(3) == GREY.colour).all()
    assert box_left(renderer.frame(4)) == pytest.approx(6, abs=1)
    assert (renderer.frame(14) == (200, 90, 90)).all()


def test_the_stage_tells_when_the_next_picture_comes() -> None:
    """So that still pictures are not rendered again."""
    only = scene(0, 0)
    stage = Stage(only.head)
    stage.feed(only.spans[0].tokens)
    picture = stage.at(3)
    assert picture.background == TextureShown(1, TEXTURE)
    assert picture.next_change == 4
    assert not stage.at(Fraction(7, 2)).changed
    assert stage.at(4).changed
    assert stage.at(11).next_change is None


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("size", [(128, 72), (64, 36), (200, 90)])
def test_shapes_lie_over_textures(name: str, size: tuple[int, int]) -> None:
    """Half opaque: half way between paint and picture, inside; the bare picture outside."""
    bare = FrameRenderer(film(), size).frame(6).astype(int)
    covered = FilmReader(io.BytesIO(written([scene(0, 0, shapes=True)])[0]))
    frame = FrameRenderer(covered, size, rasterizer(name)).frame(6).astype(int)
    middle = (size[1] // 2, size[0] // 2)
    wanted = (np.array((81, 90, 240)) * 128 + bare[middle] * 127) / 255
    assert np.abs(frame[middle] - wanted).max() <= 1.5
    assert (frame[:4] == bare[:4]).all()


def test_softness_leaves_textures_sharp() -> None:
    """The scene's blur is for painted shapes."""
    soft = scene(0, 0)
    soft = replace(soft, head=replace(soft.head, softness=40))
    reader = FilmReader(io.BytesIO(written([soft])[0]))
    assert (FrameRenderer(reader).frame(4) == FrameRenderer(film()).frame(4)).all()


def test_planes_come_back_as_they_were() -> None:
    """At the texture's own size luma is exact, and 4:2:0 chroma within a level or two."""
    planes = TextureDecoder(TEXTURE).planes(3)
    back = subsample(stretched(planes, (64, 36)))
    assert (back[0] == planes[0]).all()
    for before, after in zip(planes[1:], back[1:], strict=True):
        apart = np.abs(before.astype(int) - after)
        assert apart.mean() < 0.4
        assert apart.max() <= 6


def test_the_decoder_keeps_one_picture() -> None:
    """Any order gives the pictures of the right order."""
    decoder = TextureDecoder(TEXTURE)
    first = [decoder.planes(index)[0].copy() for index in range(6)]
    for index in (5, 0, 3, 2, 4, 1):
        assert (decoder.planes(index)[0] == first[index]).all()
    assert HEADER.width == 128
