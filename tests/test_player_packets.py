# SPDX-License-Identifier: Apache-2.0
"""The browser's decoder beside ours with films in packets: lost, damaged, repaired, hostile."""

from __future__ import annotations

import io
import random
from collections.abc import Callable

import pytest
from busy_films import HEADER, busy_scene
from memory_films import MemoryFilm, write_film
from packet_films import TRAVELS, write_packets
from player_node import Node, NodeDecoder, decoded, decoder
from test_codec_fuzz import mutated, section
from test_codec_golden import FILMS

from mtor_transcode.codec.container import MAGIC, Section, SectionKind, SectionReader
from mtor_transcode.codec.repair_syntax import Sent, make_repair

__all__ = ["decoder"]

Replace = Callable[[Section, bytes], bytes]


SMALL = ("masks", "borders", "textured", "patches", "palettes", "radial", "fields")


@pytest.fixture(scope="module")
def films() -> list[bytes]:
    """Films in packets: all kinds of paints and masks, textures in fragments, many packets and repairs."""
    crowd = MemoryFilm(HEADER, [busy_scene(0, 0, shapes=150), busy_scene(1, 100, seed=2)], [], [], 200)
    made = [FILMS[name]() for name in SMALL]
    return [write_packets(film, 10)[0] for film in [*made, crowd]]


def _remade(data: bytes, replace: Replace) -> bytes:
    """A film with ``replace`` (of the section and its bytes) in place of each packet, fragment and repair."""
    found = SectionReader(io.BytesIO(data), "").scan().sections
    made = bytearray(data[: len(MAGIC) + 1])
    for part in found:
        whole = data[part.offset : part.end]
        made += replace(part, whole) if part.kind in TRAVELS else whole
    return bytes(made + data[found[-1].end :])


def test_whole_films(decoder: NodeDecoder, films: list[bytes]) -> None:
    for data in films:
        ours = decoded(data)
        assert ours["in_packets"]
        assert decoder.film(data) == ours


@pytest.mark.parametrize("seed", range(12))
def test_losses(decoder: NodeDecoder, films: list[bytes], seed: int) -> None:
    """Packets, fragments and repairs dropped or damaged: the same is brought back, shown, and counted."""
    chance = random.Random(seed)
    share = (0.1, 0.3, 0.6)[seed % 3]

    def lose(_: Section, whole: bytes) -> bytes:
        if chance.random() >= share:
            return whole
        if chance.random() < 0.7:
            return b""
        place = chance.randrange(3, len(whole))
        return whole[:place] + bytes([whole[place] ^ 1 << chance.randrange(8)]) + whole[place + 1 :]

    for data in (films[seed // 2], films[-1]):
        left = _remade(data, lose)
        assert decoder.film(left) == decoded(left)


def _bare(data: bytes) -> tuple[bytes, list[Sent]]:
    """A film without its repairs, and its packets."""
    payloads: list[Sent] = []

    def note(part: Section, whole: bytes) -> bytes:
        if part.kind == SectionKind.REPAIR:
            return b""
        payloads.append(Sent(whole[part.start - part.offset : -2]))
        return whole

    return _remade(data, note), payloads


def test_repairs(decoder: NodeDecoder, films: list[bytes]) -> None:
    """Three packets lost, three repairs as long as the longest: the browser has the whole film again."""
    bare, payloads = _bare(films[-1])
    repairs = b"".join(
        section(SectionKind.REPAIR, make_repair(0, payloads, index, 1 << 14).write()) for index in (0, 3, 7)
    )
    places = iter(range(len(payloads)))

    def lose(_: Section, whole: bytes) -> bytes:
        place = next(places)
        return (b"" if place in (0, 2, 4) else whole) + (repairs if place == len(payloads) - 1 else b"")

    whole, left = decoder.film(bare), decoder.film(_remade(bare, lose))
    assert len(payloads) > 5
    assert left["packets"] == whole["packets"]
    assert left["scenes"] == whole["scenes"]


@pytest.mark.parametrize("kind", [SectionKind.PACKET, SectionKind.REPAIR, SectionKind.FRAGMENT])
def test_hostile_packets(decoder: NodeDecoder, films: list[bytes], kind: SectionKind) -> None:
    """Contents changed under right checksums, some others lost: the same verdict, the same values."""
    chance = random.Random(int(kind))
    read = 0
    for number in range(24):

        def hurt(part: Section, whole: bytes) -> bytes:
            if part.kind == kind and chance.random() < 0.5:
                return section(kind, mutated(whole[part.start - part.offset : -2], chance))
            return b"" if chance.random() < 0.2 else whole

        left = _remade(films[number % len(films)], hurt)
        ours, theirs = decoded(left), decoder.film(left)
        assert ("error" in theirs) == ("error" in ours), (number, ours.get("error"), theirs.get("error"))
        if "error" not in ours:
            assert theirs == ours, number
            read += 1
    assert read


def test_packets_arrive(films: list[bytes]) -> None:
    """Packets and repairs in any order, some never, settled and read after each: in the end as if at once."""
    found = SectionReader(io.BytesIO(films[-1]), "").scan().sections
    travel = [place for place, part in enumerate(found) if part.kind in TRAVELS]
    parts = Node("parts.mjs")
    for seed in range(4):
        order = random.Random(seed).sample(travel, len(travel) - seed)
        left = _remade(films[-1], lambda part, whole: whole if found.index(part) in order else b"")  # noqa: B023
        expected = [scene["spans"] for scene in decoded(left)["scenes"]]
        assert parts.ask(what="arriving", bytes=films[-1].hex(), order=order) == expected
    parts.close()


def test_a_packet_comes_after_its_beginning(films: list[bytes]) -> None:
    """What a short repair brought back of a packet, and was read of it, gives way to the packet itself."""
    bare, payloads = _bare(films[-1])
    short = section(SectionKind.REPAIR, make_repair(0, payloads, 0, 150).write())
    places = iter(range(len(payloads)))
    film = _remade(bare, lambda _, whole: whole + short * (next(places) == len(payloads) - 1))
    travel = [
        place
        for place, part in enumerate(SectionReader(io.BytesIO(film), "").scan().sections)
        if part.kind in TRAVELS
    ]
    expected = [scene["spans"] for scene in decoded(film)["scenes"]]
    parts = Node("parts.mjs")
    for late in travel[:-1]:
        order = [place for place in travel if place != late] + [late]
        assert parts.ask(what="arriving", bytes=film.hex(), order=order) == expected
    parts.close()


def test_textures_are_of_fragments_only(decoder: NodeDecoder) -> None:
    """In a film in packets no TEXTURE section counts, not even where no packet is whole."""
    data = write_film(FILMS["textured"]())[0]
    found = SectionReader(io.BytesIO(data), "").scan().sections
    texture = next(part for part in found if part.kind == SectionKind.TEXTURE)
    made = bytearray(data[: texture.end] + section(SectionKind.PACKET, b"\0\0\0\0\0\0"))
    for place in (texture.start + 9, len(made) - 1):
        made[place] ^= 1
    ours = decoded(bytes(made))
    assert ours["packets"] == {"sent": 0, "at_hand": 0, "damaged": 1}
    assert decoder.film(bytes(made)) == ours
