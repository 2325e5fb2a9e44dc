# SPDX-License-Identifier: Apache-2.0
"""Coverage masks: their syntax, what hostile bytes do, prices, and what both rasterizers show."""

from __future__ import annotations

import io
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from codec_films import masks
from hypothesis import given, settings
from hypothesis import strategies as st

from mtor_transcode.analyze.canvas.easel import coverage
from mtor_transcode.codec.adaptive import Adaptive
from mtor_transcode.codec.canonical import canonical_state, grid_of
from mtor_transcode.codec.checks import check_outline
from mtor_transcode.codec.dictionary import NewOutlines
from mtor_transcode.codec.dictionary_reader import read_outlines
from mtor_transcode.codec.film_reader import FilmReader
from mtor_transcode.codec.film_writer import FilmWriter
from mtor_transcode.codec.rangecoder import RangeReader, RangeWriter
from mtor_transcode.codec.writers import CountingWriter
from mtor_transcode.errors import FormatError, MissingExtraError, UsageError
from mtor_transcode.model import (
    Background,
    Edit,
    Enter,
    FilmHeader,
    LinearGradient,
    Mask,
    Outline,
    SceneStart,
    ShapeState,
    Solid,
    Span,
    Transform,
)
from mtor_transcode.render.between import Placed, placed_course
from mtor_transcode.render.rasterizer import NAMES, Rasterizer, rasterizer
from mtor_transcode.render.sprites import mask_coverage

RING = Mask(
    6, 5, 3, bytes([0, 1, 2, 3, 2, 1, 1, 3, 0, 0, 3, 1, 2, 3, 0, 0, 3, 2, 1, 3, 0, 0, 3, 1, 0, 1, 3, 3, 1, 0])
)
BLACK, INK = Solid((0, 0, 0)), Solid((200, 130, 60))


def coded(outlines: list[Outline]) -> bytes:
    adaptive = Adaptive()
    writer, section = RangeWriter(adaptive), NewOutlines(0)
    for outline in outlines:
        section.write(writer, adaptive, outline, None)
        section.add(outline)
    return writer.finish()


def decoded(data: bytes, count: int, size: int | None = None) -> list[Outline]:
    return read_outlines(RangeReader(data, Adaptive(), "here"), count, size or 1000)


@settings(max_examples=40)
@given(st.lists(masks(), min_size=1, max_size=6))
def test_masks_come_back(made: list[Mask]) -> None:
    assert decoded(coded([*made]), len(made)) == made


@settings(max_examples=40)
@given(masks(), st.data())
def test_masks_much_alike_come_back(old: Mask, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(old.values) - 1))
    values = bytearray(old.values)
    values[place] = data.draw(st.integers(0, old.levels))
    wider = Mask(old.width, old.height + 1, old.levels, bytes(old.width) + bytes(values))
    made: list[Outline] = [old, Mask(old.width, old.height, old.levels, bytes(values)), wider]
    assert decoded(coded(made), 3) == made


def test_a_mask_much_like_another_is_cheaper() -> None:
    generator = np.random.default_rng(5)
    values = (generator.integers(0, 4, (20, 14)) * (generator.random((20, 14)) < 0.5)).astype(np.uint8)
    old = Mask(14, 20, 3, values.tobytes())
    values[3, 3] ^= 1
    new = Mask(14, 20, 3, values.tobytes())
    prices = []
    for before in ([], [old]):
        section, adaptive = NewOutlines(0), Adaptive()
        for outline in before:
            section.add(outline)
        counter = CountingWriter(adaptive)
        section.write(counter, adaptive, new, None)
        prices.append(counter.take())
    assert prices[1] < 0.8 * prices[0]


@settings(max_examples=60)
@given(st.binary(max_size=60))
def test_any_bytes_decode_or_are_refused(data: bytes) -> None:
    try:
        found = decoded(data, 3, len(data))
    except FormatError:
        return
    for outline in found:
        if isinstance(outline, Mask):
            check_outline(outline)


def test_a_mask_may_not_be_larger_than_its_bytes_allow() -> None:
    data = coded([Mask(64, 64, 15, bytes(4096))])
    with pytest.raises(FormatError, match="nodes"):
        decoded(data, 1, 4)


@pytest.mark.parametrize(
    "mask",
    [
        Mask(65, 1, 1, bytes(65)),
        Mask(0, 1, 1, b""),
        Mask(1, 1, 16, b"\1"),
        Mask(1, 1, 0, b"\0"),
        Mask(2, 1, 3, b"\4\0"),
        Mask(2, 1, 3, b"\0"),
        Mask(1, 1, 2, b"\1", colours=((1, 2, 3),)),
        Mask(1, 1, 9, b"\1", colours=((1, 2, 3),) * 9),
        Mask(1, 1, 1, b"\1", colours=((1, 2, 256),)),
    ],
)
def test_writers_refuse_what_readers_would(mask: Mask) -> None:
    with pytest.raises(UsageError):
        check_outline(mask)


def test_the_canonical_form_is_the_mask() -> None:
    state = ShapeState(RING, INK, Transform(7, 9))
    assert canonical_state(state) is state
    assert grid_of(RING) == 4


def test_films_hold_masks_and_edits_between_them() -> None:
    other = replace(RING, values=RING.values[::-1])
    first = ShapeState(RING, INK, Transform(160, 160))
    tokens = (Enter(0, 0, first), Edit(3, 0, 0, replace(first, outline=other)), Background(4, 0, INK))
    stream = io.BytesIO()
    writer = FilmWriter(stream, FilmHeader(64, 64, Fraction(1, 25), Fraction(25)))
    writer.scene(SceneStart(0, 0, BLACK))
    before = writer.pricer().token(tokens[0])
    writer.span(Span(0, 10, tokens))
    assert writer.pricer().token(Enter(10, 1, first)) < before
    writer.finish(10)
    film = FilmReader(io.BytesIO(stream.getvalue()))
    assert film.scene(0).spans[0].tokens == tokens
    assert list(film.dictionary()) == [RING, other]


@pytest.fixture(params=NAMES)
def engine(request: pytest.FixtureRequest) -> Rasterizer:
    try:
        return rasterizer(request.param)
    except (ImportError, MissingExtraError):
        pytest.skip(f"{request.param} is not installed")


def test_cells_on_px_show_exactly(engine: Rasterizer) -> None:
    canvas = engine.canvas(24, 20)
    canvas.fill(Solid((40, 100, 128)))
    canvas.draw(RING, INK, Transform(10 * 16, 12 * 16), 255)
    cover = np.zeros((20, 24, 1))
    cover[7:12, 7:13, 0] = mask_coverage(RING) / 255
    wanted = np.array([40, 100, 128]) * (1 - cover) + np.array(INK.colour) * cover
    assert np.abs(canvas.ycc - wanted).max() <= 1.0


@pytest.mark.parametrize(
    "place", [Transform(168, 164), Transform(160, 160, 8192), Transform(160, 165, 4096, 300)]
)
def test_elsewhere_coverage_is_bilinear(engine: Rasterizer, place: Transform) -> None:
    canvas = engine.canvas(26, 26)
    canvas.draw(RING, Solid((255, 255, 255)), place, 255)
    wanted = _bilinear(RING, place, 26)
    assert np.abs(canvas.ycc[..., 0] - wanted).max() <= 4


def _bilinear(mask: Mask, place: Transform, size: int) -> np.ndarray:
    """The rule of docs/format.md, pixel by pixel."""
    padded = np.pad(mask_coverage(mask).astype(float), 2)
    turn = 2 * np.pi * place.angle / 4096
    out = np.zeros((size, size))
    for y in range(size):
        for x in range(size):
            u, v = x + 0.5 - place.dx / 16, y + 0.5 - place.dy / 16
            s = place.scale / 4096
            u, v = (u * np.cos(turn) + v * np.sin(turn)) / s, (v * np.cos(turn) - u * np.sin(turn)) / s
            column, row = u + mask.width // 2 - 0.5 + 2, v + mask.height - 0.5 + 2
            i, j = int(np.floor(column)), int(np.floor(row))
            if 0 <= i < padded.shape[1] - 1 and 0 <= j < padded.shape[0] - 1:
                p, q = column - i, row - j
                top = padded[j, i] * (1 - p) + padded[j, i + 1] * p
                low = padded[j + 1, i] * (1 - p) + padded[j + 1, i + 1] * p
                out[y, x] = top * (1 - q) + low * q
    return out


def test_gradients_and_opacity(engine: Rasterizer) -> None:
    full = Mask(8, 4, 1, b"\1" * 32)
    canvas = engine.canvas(8, 4)
    canvas.draw(full, LinearGradient((0, 128, 128), (240, 128, 128)), Transform(64, 64), 255)
    assert np.abs(canvas.ycc[0, :, 0] - np.arange(15, 240, 30)).max() <= 1
    canvas.fill(BLACK)
    canvas.draw(full, Solid((200, 100, 50)), Transform(64, 64), 51)
    assert np.abs(canvas.ycc - np.array([40, 20, 10])).max() <= 1


def test_the_encoder_sees_what_is_drawn() -> None:
    engine = rasterizer()
    for place in (Transform(160, 160), Transform(16, 32), Transform(171, 165)):
        canvas = engine.canvas(24, 20)
        canvas.draw(RING, Solid((255, 255, 255)), place, 255)
        seen = coverage(engine, RING, place, (2, 1, 22, 19))
        assert np.abs(seen.astype(int) - canvas.ycc[1:19, 2:22, 0]).max() <= 1


def test_masks_jump() -> None:
    a = Placed(1, RING, INK, Transform(), 255)
    b = Placed(1, replace(RING, values=RING.values[::-1]), INK, Transform(32), 255)
    between = placed_course(a, b)(0.5)
    assert between.outline is RING
    assert between.transform.dx == 16
