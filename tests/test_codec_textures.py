# SPDX-License-Identifier: Apache-2.0
"""Textures in files: written and read back, stored once, found by scenes alone, refused where hostile."""

from __future__ import annotations

import io
import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_codec_fuzz import mutated, mutated_inside, section
from texture_films import DATA, HEADER, TEXTURE, scene, textures, written

from mtor_transcode.codec import obu
from mtor_transcode.codec.container import SectionKind, SectionReader
from mtor_transcode.codec.extract import keep_scene
from mtor_transcode.codec.film_reader import FilmReader
from mtor_transcode.codec.film_writer import FilmWriter
from mtor_transcode.codec.limits import MAX_SPAN_TEXTURES
from mtor_transcode.codec.texture_syntax import write_texture
from mtor_transcode.errors import FormatError, MtorError, UsageError
from mtor_transcode.model import Background, SceneStart, Solid, Span, Texture, TexturePaint
from mtor_transcode.render.frames import FrameRenderer


def read(data: bytes) -> FilmReader:
    return FilmReader(io.BytesIO(data))


@settings(max_examples=60, deadline=None)
@given(textures(), st.integers(-(2**32) + 1, 2**32 - 1))
def test_what_is_written_is_read(texture: Texture, start: int) -> None:
    """Times of any kind, starts before and after the token, changes from and to plain paints."""
    stream = io.BytesIO()
    writer = FilmWriter(stream, HEADER)
    writer.scene(SceneStart(0, 0, Solid((1, 2, 3))))
    tokens = (
        Background(0, 0, TexturePaint(texture, start)),
        Background(5, 3, Solid((9, 8, 7))),
        Background(9, 0, TexturePaint(texture, 9)),
        Background(9, 0, TexturePaint(TEXTURE, 7)),
    )
    writer.span(Span(0, 20, tokens))
    writer.finish(20)
    reader = read(stream.getvalue())
    assert reader.scene(0).spans[0].tokens == tokens
    assert reader.bytes_by_kind == writer.bytes_by_kind
    assert sum(writer.bytes_by_kind.values()) == len(stream.getvalue())


def test_equal_textures_are_stored_once() -> None:
    """By content: the second scene costs a few bytes."""
    once, _ = written([scene(0, 0)])
    again = replace(TEXTURE, data=bytes(bytearray(DATA)))
    twice, writer = written([scene(0, 0), scene(1, 12, texture=again)])
    assert len(twice) - len(once) < 40
    kinds = [part.kind for part in SectionReader(io.BytesIO(twice), "").scan().sections]
    assert kinds.count(SectionKind.TEXTURE) == 1
    assert len(DATA) < writer.bytes_by_kind["textures"] < len(DATA) + 12


def test_a_scene_decodes_alone() -> None:
    """From the dictionary and itself, to the same pictures."""
    other = replace(TEXTURE, times=(0, 1, 2, 3, 4, 5))
    data, _ = written([scene(0, 0), scene(1, 12, texture=other), scene(2, 24, shapes=True)])
    whole = FrameRenderer(read(data))
    for number in range(3):
        alone = io.BytesIO()
        keep_scene(io.BytesIO(data), alone, number)
        renderer = FrameRenderer(FilmReader(alone))
        for tick in range(12 * number, 12 * number + 12, 5):
            assert (renderer.frame(tick) == whole.frame(tick)).all()


def test_a_snapshot_holds_the_texture() -> None:
    """Who enters there sees the same picture of it."""
    stream = io.BytesIO()
    writer = FilmWriter(stream, HEADER)
    first = scene(0, 0)
    writer.scene(first.head)
    writer.span(first.spans[0])
    writer.snapshot(12, replace(first.head, background=TexturePaint(TEXTURE, 0)), [])
    writer.span(Span(12, 20, ()))
    writer.finish(20)
    entered = next(read(stream.getvalue()).spans(0, 15))
    assert entered.tokens[0] == Background(12, 0, TexturePaint(TEXTURE, 0))


@pytest.mark.parametrize(
    "texture",
    [
        replace(TEXTURE, width=66),
        replace(TEXTURE, times=(0, 2, 4)),
        replace(TEXTURE, times=(0, 2, 4, 4, 8, 10)),
        replace(TEXTURE, times=(1, 2, 4, 6, 8, 10)),
        replace(TEXTURE, data=DATA[:-4]),
        replace(TEXTURE, data=b""),
        replace(TEXTURE, data=DATA + DATA),
        replace(TEXTURE, data=b"\x12\x00" + DATA),
    ],
)
def test_a_writer_refuses(texture: Texture) -> None:
    """Wrong sizes, times that do not fit, streams that are broken or not stripped."""
    with pytest.raises(UsageError):
        written([scene(0, 0, texture=texture)])


def test_a_writer_refuses_what_would_not_stay_cheap() -> None:
    """Textures larger than the film, in a scene's head, or too many in a span."""
    with pytest.raises(UsageError, match="64x36 px in a film of 48x20"):
        written([scene(0, 0)], replace(HEADER, width=48, height=20))
    with pytest.raises(UsageError, match="begins with a texture"):
        written([replace(scene(0, 0), head=SceneStart(0, 0, TexturePaint(TEXTURE, 0)))])
    many = tuple(Background(0, 0, TexturePaint(TEXTURE, start)) for start in range(MAX_SPAN_TEXTURES + 1))
    with pytest.raises(UsageError, match=f"at most {MAX_SPAN_TEXTURES}"):
        written([replace(scene(0, 0), spans=(Span(0, 12, many),))])


def test_a_reader_refuses_another_size() -> None:
    """What the sequence header says is checked before anything is decoded."""
    data, _ = written([scene(0, 0)])
    payload = write_texture(replace(TEXTURE, width=60), 0)
    made = bytearray(data[:5])
    sections = SectionReader(io.BytesIO(data), "")
    for part in sections.scan().sections:
        own = payload if part.kind == SectionKind.TEXTURE else sections.payload(part)
        if part.kind != SectionKind.INDEX:
            made += section(part.kind, own)
    with pytest.raises(FormatError, match="64x36"):
        read(bytes(made)).scene(0)


def test_a_missing_texture_is_told() -> None:
    """A file that lost its texture says which one."""
    data, _ = written([scene(0, 0)])
    sections = SectionReader(io.BytesIO(data), "")
    kept = [part for part in sections.scan().sections if part.kind not in (9, 8)]
    made = data[:5] + b"".join(section(part.kind, sections.payload(part)) for part in kept)
    with pytest.raises(FormatError, match="texture 0 is missing"):
        read(made).scene(0)


@pytest.mark.parametrize("seed", range(4))
def test_hostile_streams_raise_nothing_else(seed: int) -> None:
    """Mutated AV1 and mutated sections: pictures or MtorError, for every frame."""
    chance = random.Random(seed)
    data, _ = written([scene(0, 0, shapes=True), scene(1, 12)])
    for _ in range(60):
        hostile = mutated_inside(data, chance)
        try:
            renderer = FrameRenderer(read(hostile))
            for tick in (0, 4, 10, 13, 20):
                renderer.frame(tick)
        except MtorError:
            continue


def test_mutated_streams_in_whole_sections() -> None:
    """AV1 that is broken inside its frames reaches the decoder and does no harm."""
    chance = random.Random(5)
    reached = 0
    for _ in range(150):
        texture = replace(TEXTURE, data=mutated(DATA, chance))
        try:
            data, _ = written([scene(0, 0, texture=texture)])
            renderer = FrameRenderer(read(data))
            reached += 1
            for tick in range(0, 12, 2):
                renderer.frame(tick)
        except MtorError:
            continue
    assert reached > 5


def test_units_and_pictures() -> None:
    """The sample: a sequence header, six shown pictures, two of them shown from store."""
    kinds = [unit.kind for unit in obu.units(DATA)]
    assert kinds[0] == obu.SEQUENCE
    assert obu.read_sequence(next(obu.units(DATA))) == obu.Sequence(64, 36, True, False)
    shown = obu.pictures(DATA)
    assert len(shown) == 6
    assert b"".join(shown) == DATA
    assert obu.stripped(b"\x12\x00" + DATA) == DATA
