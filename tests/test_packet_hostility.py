# SPDX-License-Identifier: Apache-2.0
"""Packets that no writer makes, or that a link spoils: refused in little work, or as good as lost."""

from __future__ import annotations

import io
import random
from collections.abc import Sequence

import pytest
from busy_films import BLACK, HEADER, blob
from packet_films import TRAVELS
from test_codec_fuzz import section

from mtor_transcode.codec import packet_scene, packet_table
from mtor_transcode.codec.canonical import grid_of
from mtor_transcode.codec.container import MAGIC, VERSION, SectionKind
from mtor_transcode.codec.film_reader import FilmReader
from mtor_transcode.codec.header_syntax import write_header
from mtor_transcode.codec.packet_memory import ENTER, Change
from mtor_transcode.codec.packet_table import PacketScene
from mtor_transcode.codec.packets import PacketBuilder, PacketPlain
from mtor_transcode.errors import FormatError
from mtor_transcode.model import Edit, FilmHeader, Outline, SceneStart, Solid, Token, Transform

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
