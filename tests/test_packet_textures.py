# SPDX-License-Identifier: Apache-2.0
"""Textures of films in packets: cut into fragments, repaired, and of use up to the first that is missing."""

from __future__ import annotations

import io

import pytest
import texture_films
from memory_films import MemoryFilm
from packet_films import FilmReader, film_without, write_packets

from mtor_transcode.codec import fragments as pieces
from mtor_transcode.codec import obu, resilience
from mtor_transcode.codec.container import SectionKind
from mtor_transcode.model import Background, TexturePaint
from mtor_transcode.render.frames import FrameRenderer

SCENES = [texture_films.scene(0, 0, shapes=True), texture_films.scene(1, 12)]


@pytest.fixture(scope="module")
def data() -> bytes:
    """Two scenes that share a texture of several fragments, with whole repairs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pieces, "PACKET_BYTES", 80)
        patch.setattr(resilience, "MORE", 0.09)
        return write_packets(MemoryFilm(texture_films.HEADER, SCENES, duration=24))[0]


def places(data: bytes, kind: SectionKind) -> list[int]:
    """Where the sections of a kind are among all that may get lost."""
    lossy = (SectionKind.PACKET, SectionKind.FRAGMENT, SectionKind.REPAIR)
    sections = [section for section in FilmReader(io.BytesIO(data))._all if section.kind in lossy]
    return [place for place, section in enumerate(sections) if section.kind == kind]


def shown(reader: FilmReader, scene: int = 0) -> list[TexturePaint]:
    """The textures that a scene shows."""
    tokens = [token for span in reader.spans(scene) for token in span.tokens if isinstance(token, Background)]
    return [token.paint for token in tokens if isinstance(token.paint, TexturePaint)]


def test_textures_come_back_whole(data: bytes) -> None:
    reader = FilmReader(io.BytesIO(data))
    assert len(places(data, SectionKind.FRAGMENT)) > 4
    assert [reader.scene(number) for number in (0, 1)] == SCENES
    assert sum(reader.bytes_by_kind.values()) == len(data)
    assert reader.bytes_by_kind["textures"] > len(texture_films.DATA)


def test_a_lost_fragment_is_repaired(data: bytes) -> None:
    for place in places(data, SectionKind.FRAGMENT):
        reader = film_without(data, {place})
        assert reader.packets_at_hand == reader.packets_sent
        assert shown(reader) == [TexturePaint(texture_films.TEXTURE, 0)]


def test_a_texture_is_of_use_up_to_what_is_missing(data: bytes) -> None:
    parts = places(data, SectionKind.FRAGMENT)
    repairs = places(data, SectionKind.REPAIR)
    counts: list[int] = []
    for place in parts[1:]:
        reader = film_without(data, {place, *repairs})
        found = shown(reader)
        counts.append(len(found[0].texture.times) if found else 0)
        for paint in found:
            assert texture_films.DATA.startswith(paint.texture.data)
            assert paint.texture.times == texture_films.TEXTURE.times[: counts[-1]]
        frames = FrameRenderer(reader)
        assert frames.frame(0).shape == frames.frame(23).shape
    assert counts == sorted(counts)
    assert 0 < counts[-1] < len(texture_films.TEXTURE.times)


def test_without_its_first_fragment_a_texture_is_not_there(data: bytes) -> None:
    lost = {places(data, SectionKind.FRAGMENT)[0], *places(data, SectionKind.REPAIR)}
    reader = film_without(data, lost)
    assert shown(reader) == shown(reader, 1) == []
    assert FrameRenderer(reader).frame(20).mean() > 80


@pytest.mark.parametrize("cut", range(0, len(texture_films.DATA), 17))
def test_a_beginning_is_whole_pictures(cut: int) -> None:
    begun = obu.beginning(texture_films.DATA[:cut])
    whole = obu.pictures(texture_films.DATA)
    assert begun in (b"".join(whole[:count]) for count in range(len(whole)))
    assert len(begun) <= cut
