# SPDX-License-Identifier: Apache-2.0
"""Packets that no writer makes, or that a link spoils: refused in little work, or as good as lost."""

from __future__ import annotations

import io
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
import texture_films
from busy_films import BLACK, HEADER, blob
from memory_films import MemoryFilm
from packet_films import TRAVELS, write_packets
from test_codec_fuzz import section

from mtor_transcode.codec import packet_film_writer, packet_repairs, packet_scene, packet_table, textures
from mtor_transcode.codec.canonical import grid_of
from mtor_transcode.codec.container import MAGIC, TRAILER_BYTES, VERSION, SectionKind
from mtor_transcode.codec.extract import keep_scene
from mtor_transcode.codec.fields import Payload
from mtor_transcode.codec.film_reader import FilmReader
from mtor_transcode.codec.fragments import fragments
from mtor_transcode.codec.header_syntax import write_header
from mtor_transcode.codec.index_syntax import Index
from mtor_transcode.codec.loss import Loss
from mtor_transcode.codec.packet_memory import ENTER, Change
from mtor_transcode.codec.packet_table import PacketScene
from mtor_transcode.codec.packets import PacketBuilder, PacketPlain, read_packet, read_packet_plain
from mtor_transcode.codec.repair_syntax import Repair, Repaired, Sent, make_repair, repaired
from mtor_transcode.errors import FormatError, UsageError
from mtor_transcode.model import (
    AudioInfo,
    Camera,
    ColourSpec,
    Edit,
    FilmHeader,
    Outline,
    Scene,
    SceneStart,
    Solid,
    SubtitleInfo,
    Token,
    Transform,
)

HEAD = SceneStart(0, 0, BLACK)
CHANCE = random.Random(4)
OUTLINES = [blob(CHANCE, 30) for _ in range(6)]


def film_of(*sections: tuple[SectionKind, bytes], header: FilmHeader = HEADER) -> bytes:
    """A file of these sections after its header, without an index."""
    parts = [section(SectionKind.HEADER, write_header(header)), *(section(*part) for part in sections)]
    return MAGIC + bytes([VERSION]) + b"".join(parts)


def enter(
    at: int, shape: int, outline_id: int, outline: Outline | None = None, again: bool = False
) -> Change:
    """A shape that enters; it defines its outline if that is given."""
    grid = grid_of(OUTLINES[0])
    paint, place = Solid((99, 128, 128)), Transform(160, 160)
    return Change(at, 0, ENTER, shape, outline_id, outline, grid, place, paint, 255, again=again)


def packet(
    number: int,
    start: int,
    changes: Sequence[Change] = (),
    next_new: int = 0,
    next_shape: int = 0,
    scene: SceneStart | None = HEAD,
    scene_number: int = 0,
    lasts: int = 10,
) -> bytes:
    """The payload of a packet of scene 0, with the scene's head."""
    builder = PacketBuilder(PacketPlain(number, scene_number, start, start, next_new, next_shape), scene)
    for change in changes:
        builder.add(change)
    return builder.finish(start + lasts)[0]


def defining(number: int, start: int, first: int, count: int = 1) -> bytes:
    """A packet that defines outlines from id ``first`` on, each for a shape of the same number."""
    made = [enter(start, first + k, first + k, OUTLINES[first + k]) for k in range(count)]
    return packet(number, start, made, first, first)


def tokens_of(data: bytes) -> list[Token]:
    """The tokens of scene 0."""
    return [token for span in FilmReader(io.BytesIO(data)).spans(0) for token in span.tokens]


def sections_of(*payloads: bytes) -> list[tuple[SectionKind, bytes]]:
    """Payloads as PACKET sections."""
    return [(TRAVELS[0], payload) for payload in payloads]


def test_one_packet_cannot_have_others_decoded_over_and_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tokens of one packet that name two outlines in turn, of which a reader keeps one."""
    monkeypatch.setattr(packet_table, "KEPT_NODES", 1)
    monkeypatch.setattr(packet_table, "_FREE", 0)
    wild = packet(2, 20, [enter(20, 2 + k, k % 2) for k in range(2000)], 2, 2)
    data = film_of(*sections_of(defining(0, 0, 0), defining(1, 10, 1), wild))
    reader = FilmReader(io.BytesIO(data))
    with pytest.raises(FormatError, match="too wildly"):
        list(reader.spans(0))
    assert reader._packets.decoded < 10 * len(data)


def test_an_outline_told_again_goes_to_all_that_lack_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the shapes that lack an outline only those whose outline it is; few outlines told again are kept."""
    monkeypatch.setattr(packet_scene, "KEPT_NODES", 40)
    blank = packet(5, 20, [enter(20, 6 + k, k % 3) for k in range(9)], 6, 6)
    told = [enter(30, k, k, OUTLINES[k], again=True) for k in range(3)]
    data = film_of(*sections_of(blank, packet(6, 30, told, 6, 15)))
    reader = FilmReader(io.BytesIO(data))
    (entry,) = reader.heads()
    assert isinstance(entry, PacketScene)
    scene = reader._packet_reader(entry)
    tokens = [token for span in scene.spans() for token in span.tokens]
    mended = [(token.shape, token.state.outline) for token in tokens if isinstance(token, Edit)]
    assert mended == [(6 + k, OUTLINES[k % 3]) for k in (0, 3, 6, 1, 4, 7, 2, 5, 8)]
    assert sum(outline.node_count for outline in scene._again.values()) <= 40
    assert not scene._lacks


def test_a_packet_too_long_for_repairs_is_refused() -> None:
    """Its length would not fit into the block of a repair."""
    long = defining(0, 0, 0) + bytes(1 << 23)
    repair = Repair(0, 2, 0, bytes(60)).write()
    with pytest.raises(FormatError, match="at most 8388607"):
        FilmReader(io.BytesIO(film_of(*sections_of(long), (SectionKind.REPAIR, repair))))


def test_a_packet_that_comes_twice_comes_once() -> None:
    first, second = defining(0, 0, 0), defining(1, 10, 1)
    part = (SectionKind.FRAGMENT, b"".join(fragments(2, 0, b"some")))
    once = film_of(*sections_of(first, second), part)
    twice = film_of(*sections_of(first, second, first), part, part)
    assert tokens_of(twice) == tokens_of(once) != []
    assert FilmReader(io.BytesIO(twice)).packets_at_hand == 3


def repairs_of(first: int, packets: Sequence[bytes], most: int = 10_000) -> tuple[SectionKind, bytes]:
    """A repair of packets numbered from ``first`` on."""
    return SectionKind.REPAIR, make_repair(first, [Sent(payload) for payload in packets], 0, most).write()


def garbage(payload: bytes) -> bytes:
    """A packet with its plain fields and what cannot be read after them."""
    plain = read_packet_plain(Payload(payload, "")).write()
    return plain + b"\x90" * 90


@pytest.mark.parametrize(
    "wrong",
    [
        packet(1, 500),
        packet(1, 5, lasts=2),
        packet(1, 10, scene_number=7),
        packet(1, 10, next_new=9),
        garbage(packet(1, 10)),
        b"\xff" * 40,
    ],
    ids=["late", "early", "scene", "ids", "garbage", "fields"],
)
def test_a_wrong_repair_is_as_good_as_none(wrong: bytes) -> None:
    """What it brings back contradicts the packets around it, or cannot be read."""
    first, last = defining(0, 0, 0), defining(2, 20, 2)
    data = film_of(*sections_of(first, last), repairs_of(0, [first, wrong, last]))
    assert tokens_of(data) == tokens_of(film_of(*sections_of(first, last)))
    FilmReader(io.BytesIO(data)).dictionary()


def test_a_wrong_repair_does_not_outlast_the_film() -> None:
    """After the last packet that came only the index says what cannot be."""
    first, index = defining(0, 0, 0), Index([(0, 40)]).write(10)
    wrong = repairs_of(0, [first, packet(1, 500)])
    data = film_of(*sections_of(first), wrong, (SectionKind.INDEX, index))
    trailer = len(section(SectionKind.INDEX, index)).to_bytes(TRAILER_BYTES, "big")
    reader = FilmReader(io.BytesIO(data + trailer))
    assert (reader.duration, reader.packets_at_hand, reader.packets_sent) == (10, 1, 2)


@pytest.mark.parametrize("most", range(3, 40))
def test_repairs_may_be_cut_anywhere(most: int) -> None:
    """Also inside the plain fields or the scene's head of what they bring back: no head is made up then."""
    head = SceneStart(0, 0, Solid((70, 90, 200)), Camera(1600, 320, 4000, 9), softness=3)
    first = packet(0, 70_000, [enter(70_000, 0, 0, OUTLINES[0])], scene=head)
    last = packet(1, 70_010, scene=None)
    data = film_of(*sections_of(last), repairs_of(0, [first], most))
    reader = FilmReader(io.BytesIO(data))
    list(reader.spans(0))
    assert reader.heads()[0].head in (
        head,
        SceneStart(0, 70_000, Solid((16, 128, 128))),
        SceneStart(0, 70_010, Solid((16, 128, 128))),
    )


def test_a_cut_packet_has_no_head_past_the_cut() -> None:
    head = SceneStart(0, 0, Solid((70, 90, 200)), Camera(1600, 320, 4000, 9), softness=3)
    payload = packet(0, 70_000, scene=head)
    plain = len(read_packet_plain(Payload(payload, "")).write())
    for cut in range(plain, len(payload)):
        assert read_packet(Payload(payload[:cut], ""), whole=False).head in (None, head)
    assert read_packet(Payload(payload[: plain + 2], ""), whole=False).head is None


def test_groups_that_overlap_are_solved_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a small file has a reader solve the same packets over and over."""
    packets = [packet(k, 10 * k) for k in range(40)]
    solved: list[int] = []

    def counted(found: Mapping[int, Sent], group: Sequence[Repair]) -> dict[int, Repaired]:
        solved.append(group[0].first)
        return repaired(found, group)

    monkeypatch.setattr(packet_repairs, "repaired", counted)
    groups = [repairs_of(first, packets[first:]) for first in range(20)]
    reader = FilmReader(io.BytesIO(film_of(*sections_of(*packets[:30], *packets[31:]), *groups)))
    assert reader.packets_at_hand == 40
    assert solved == [0]
    assert not reader._packets._repairs._groups


def test_packets_sent_are_those_that_numbers_tell() -> None:
    """Not the sections in a file: lost ones are not there, repaired ones neither."""
    packets = [packet(k, 10 * k) for k in range(5)]
    reader = FilmReader(io.BytesIO(film_of(*sections_of(*packets[:2], packets[4]))))
    assert (reader.packets_at_hand, reader.packets_sent) == (3, 5)
    repair = repairs_of(0, packets)
    reader = FilmReader(io.BytesIO(film_of(*sections_of(*packets[:4]), repair)))
    assert (reader.packets_at_hand, reader.packets_sent) == (5, 5)
    data = film_of(*sections_of(*packets), repair)
    reader = FilmReader(io.BytesIO(data), loss=Loss(1))
    assert (reader.packets_at_hand, reader.packets_sent, reader.in_packets) == (0, 5, True)
    broken = bytearray(data)
    broken[-3] ^= 1
    assert FilmReader(io.BytesIO(bytes(broken))).packets_damaged == 1


def test_textures_in_fragments_have_the_budget_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """What may be read grows with the textures' bytes, whatever sections they come in."""
    monkeypatch.setattr(textures, "_FREE", 0)
    scene = texture_films.scene(0, 0)
    data, _ = write_packets(MemoryFilm(texture_films.HEADER, [scene], duration=12))
    assert FilmReader(io.BytesIO(data)).scene(0) == scene


def test_fragments_are_not_put_together_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(textures, "MAX_TEXTURE_BYTES", 1000)
    asked: list[int] = []

    def fragment(number: int) -> tuple[bytes, bool]:
        asked.append(number)
        return bytes(480), False

    pieces = [(SectionKind.FRAGMENT, part) for part in fragments(0, 0, bytes(480 * 400))]
    reader = FilmReader(io.BytesIO(film_of(*pieces)))
    monkeypatch.setattr(reader._packets, "fragment", fragment)
    with pytest.raises(FormatError, match="too many bytes"):
        reader._textures.names(HEADER).texture(0)
    assert len(asked) < 150


def test_the_dictionary_of_packets_is_decoded_when_asked_for() -> None:
    packets = [defining(k, 10 * k, k) for k in range(6)]
    reader = FilmReader(io.BytesIO(film_of(*sections_of(*packets))))
    outlines = reader.dictionary()
    assert reader._packets.decoded <= len(packets[5])
    assert list(outlines) == OUTLINES
    gap = FilmReader(io.BytesIO(film_of(*sections_of(*packets[:2], *packets[4:])))).dictionary()
    assert list(gap) == OUTLINES[:2] + OUTLINES[4:]


def test_no_scene_is_cut_out_of_packets() -> None:
    target = io.BytesIO()
    with pytest.raises(UsageError, match="packets"):
        keep_scene(io.BytesIO(film_of(*sections_of(defining(0, 0, 0)))), target, 0)
    assert not target.getvalue()


def test_writers_refuse_more_packets_than_readers_take(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packet_film_writer, "MAX_PACKETS", 1)
    scenes = [Scene(SceneStart(number, 9 * number, BLACK), ()) for number in range(2)]
    with pytest.raises(UsageError, match="more than 1 packets"):
        write_packets(MemoryFilm(HEADER, scenes))


@pytest.mark.parametrize(
    "wrong",
    [
        {"colour": ColourSpec(matrix=300)},
        {"subtitles": (SubtitleInfo("en"),) * 65},
        {"dictionary": b"short"},
        {"audio": AudioInfo("opus", 0, 1)},
    ],
)
def test_headers_that_cannot_be_written_say_what_can(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError) as caught:
        write_header(replace(HEADER, **wrong))
    assert caught.value.remedy
