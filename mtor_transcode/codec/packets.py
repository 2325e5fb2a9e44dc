# SPDX-License-Identifier: Apache-2.0
"""Packets: payloads of about 500 bytes at most that are read alone; built change by change, and read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from mtor_transcode.codec.adaptive import Adaptive
from mtor_transcode.codec.binarise import read_number, write_number
from mtor_transcode.codec.contexts import BASE
from mtor_transcode.codec.fields import Payload, varint
from mtor_transcode.codec.limits import (
    MAX_OUTLINES,
    MAX_SECTION,
    MAX_SECTION_NODES,
    MAX_SPAN_TEXTURES,
    MAX_SPAN_TOKENS,
    MAX_STEP,
    MAX_TICK,
    NODES_PER_BYTE,
    TOKENS_PER_BYTE,
)
from mtor_transcode.codec.packet_memory import Change, PacketMemory
from mtor_transcode.codec.packet_syntax import MAX_SHAPE, read_change, write_change
from mtor_transcode.codec.rangecoder import RangeReader, RangeWriter
from mtor_transcode.codec.scene_reader import MakeReader
from mtor_transcode.codec.scene_syntax import ScenePlain, read_scene_head, write_scene_head
from mtor_transcode.codec.texture_syntax import NO_TEXTURES, TextureNames
from mtor_transcode.codec.token_syntax import write_end
from mtor_transcode.codec.writers import CountingWriter
from mtor_transcode.errors import FormatError, UsageError
from mtor_transcode.model import Outline, SceneStart, Texture, TexturePaint

PACKET_BYTES: Final = 500
"""Bytes of a packet, its section's frame included, that a writer keeps to unless one change takes more."""

MAX_PACKETS: Final = 1 << 20
"""Packets of a film."""

UNREAD: Final = Texture(1, 1, (0,), b"")
"""Stands for a texture that is not at hand."""

UNREAD_TEXTURES: Final = TextureNames(texture=lambda _: UNREAD)
"""For reading packets whatever textures they name."""

_FRAME: Final = 22
"""Bytes at most, about, of a packet's section and plain fields."""

MOST_BYTES: Final = float(PACKET_BYTES - _FRAME)
"""Bytes of the coded part of a packet."""

_HEAD: Final = BASE["packet.head"]
_START: Final = BASE["packet.start"]


@dataclass(frozen=True, slots=True)
class PacketPlain:
    """Plain fields of a packet: its number in the film, its scene's, and the time from ``start`` to ``end``.

    ``next_new`` is the id of the first outline that it may define, ``next_shape`` the first shape's to enter.
    """

    number: int
    scene: int
    start: int
    end: int
    next_new: int
    next_shape: int

    def write(self) -> bytes:
        """Returns the fields' bytes."""
        values = (
            self.number, self.scene, self.start, self.end - self.start, self.next_new, self.next_shape
        )  # fmt: skip
        return b"".join(map(varint, values))


def read_packet_plain(payload: Payload) -> PacketPlain:
    """Returns the plain fields at the start of a packet."""
    number = payload.varint(MAX_PACKETS, "number of a packet")
    scene = payload.varint(2**31 - 1, "number of a scene")
    start = payload.varint(MAX_TICK, "start")
    end = start + payload.varint(MAX_STEP, "duration of a packet")
    return PacketPlain(
        number,
        scene,
        start,
        end,
        payload.varint(MAX_OUTLINES, "id of an outline"),
        payload.varint(MAX_SHAPE, "number of a shape"),
    )


@dataclass(frozen=True, slots=True)
class Packet:
    """A packet that was read: the scene's head if it has it, its changes, the outlines that it defines."""

    plain: PacketPlain
    head: SceneStart | None
    changes: tuple[Change, ...]
    outlines: tuple[Outline, ...]


class PacketBuilder:
    """A packet in the making. ``end`` and the number may be told at its end."""

    def __init__(
        self, plain: PacketPlain, head: SceneStart | None, names: TextureNames = NO_TEXTURES
    ) -> None:
        self.plain = plain
        self.count = 0
        self.memory = PacketMemory(plain.start, plain.next_new, plain.next_shape, names)
        self._adaptive = Adaptive()
        self._writer = RangeWriter(self._adaptive)
        self._nodes = 0
        self._writer.bit(_HEAD, head is not None)
        if head is not None:
            write_number(self._writer, _START, plain.start - head.start)
            write_scene_head(self._writer, head)

    @property
    def bits(self) -> list[float]:
        """Bits by ``Kind`` so far."""
        return self._writer.bits

    @property
    def size(self) -> float:
        """Bytes of the coded part so far."""
        return sum(self._writer.bits) / 8

    def fits(self, change: Change, most: float = MOST_BYTES) -> bool:
        """Whether the coded part has at most ``most`` bytes with a change; the first fits a whole packet."""
        if not self.count and most == MOST_BYTES:
            return True
        if self.count >= MAX_SPAN_TOKENS or self._nodes >= MAX_SECTION_NODES // 2:
            return False
        counter = CountingWriter(self._adaptive)
        moment = self.memory.moment
        counter.try_out()
        write_change(counter, self.memory, change)
        self.memory.moment = moment
        return self.size + counter.undo() / 8 <= most

    def add(self, change: Change) -> None:
        """Writes a change."""
        write_change(self._writer, self.memory, change)
        self.memory.take(change)
        self.count += 1
        if change.outline is not None:
            self._nodes += change.outline.node_count

    def finish(self, end: int) -> tuple[bytes, int]:
        """Returns the payload of the packet, which lasts to tick ``end``, and its plain fields' bytes."""
        write_end(self._writer, self.memory)
        data = self._writer.finish()
        plain = PacketPlain(
            self.plain.number,
            self.plain.scene,
            self.plain.start,
            end,
            self.plain.next_new,
            self.plain.next_shape,
        ).write()
        least = max(-(-self._nodes // NODES_PER_BYTE), -(-self.count // TOKENS_PER_BYTE))
        data += bytes(max(0, least - len(data)))
        if len(plain) + len(data) > MAX_SECTION // 2 - 1:
            raise UsageError(f"a packet has {len(data)} bytes", remedy="make outlines simpler")
        return plain + data, len(plain)


def read_packet_head(payload: Payload, *, whole: bool = True) -> SceneStart | None:
    """Returns the scene's head if the packet of a payload has it. Raises FormatError.

    Of a packet that is not ``whole`` the head counts only if all of it is there.
    """
    plain = read_packet_plain(payload)
    data = payload.rest()
    if whole:
        return _read_head(RangeReader(data, Adaptive(), payload.where), plain)
    try:
        return _sure_head(RangeReader(data, Adaptive(), payload.where), plain)
    except FormatError:
        return None


def _read_head(reader: RangeReader, plain: PacketPlain) -> SceneStart | None:
    if not reader.bit(_HEAD):
        return None
    start = plain.start - read_number(reader, _START)
    if start < 0:
        raise reader.damaged("a scene starts before the film")
    return read_scene_head(reader, ScenePlain(plain.scene, start, 0))


def _sure_head(reader: RangeReader, plain: PacketPlain) -> SceneStart | None:
    """The head of a packet that is cut, None if some of it is past the cut."""
    head = _read_head(reader, plain)
    return None if reader.past_end else head


def read_packet(
    payload: Payload,
    names: TextureNames = NO_TEXTURES,
    make: MakeReader = RangeReader,
    *,
    whole: bool = True,
) -> Packet:
    """Returns a packet read from a payload that has not been touched yet. Raises FormatError.

    If it is not ``whole`` but only its beginning, the packet ends with the last change that is sure.
    """
    plain = read_packet_plain(payload)
    data = payload.rest()
    head: SceneStart | None = None
    changes: list[Change] = []
    try:
        reader = make(data, Adaptive(), payload.where)
        head = _read_head(reader, plain) if whole else _sure_head(reader, plain)
        for change in _changes(reader, plain, names, len(data)):
            if not whole and reader.past_end:
                break
            changes.append(change)
    except FormatError:
        if whole:
            raise
    if not whole:
        plain = replace(plain, end=changes[-1].at if changes else plain.start)
    new = (change.outline for change in changes if not change.again)
    return Packet(plain, head, tuple(changes), tuple(outline for outline in new if outline is not None))


def _changes(reader: RangeReader, plain: PacketPlain, names: TextureNames, size: int) -> Iterator[Change]:
    """Yields the changes of a packet that has ``size`` bytes of entropy-coded data."""
    memory = PacketMemory(plain.start, plain.next_new, plain.next_shape, names)
    most = min(MAX_SPAN_TOKENS, TOKENS_PER_BYTE * size)
    left = min(MAX_SECTION_NODES, NODES_PER_BYTE * size)
    textures = 0
    while (change := read_change(reader, memory, left)) is not None:
        if not most:
            raise reader.damaged("a packet has too many tokens")
        if change.at > plain.end:
            raise reader.damaged("a token comes after the end of its packet")
        most -= 1
        left -= change.outline.node_count if change.outline is not None else 0
        textures += isinstance(change.backdrop or change.paint, TexturePaint)
        if textures > MAX_SPAN_TEXTURES:
            raise reader.damaged("a packet has too many textures")
        yield change
