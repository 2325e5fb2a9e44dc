# SPDX-License-Identifier: Apache-2.0
"""Textures by id: on the writer's side those written, on the reader's those of a file, read when needed."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import Final

from mtor_transcode.codec.container import FETCH_AGAIN, Section, SectionReader
from mtor_transcode.codec.fields import Payload, varint
from mtor_transcode.codec.limits import DECODES, MAX_TEXTURE_BYTES
from mtor_transcode.codec.packet_table import PacketTable
from mtor_transcode.codec.packets import UNREAD
from mtor_transcode.codec.texture_syntax import (
    TextureNames,
    paint_of,
    read_texture,
    texture_number,
    write_texture,
)
from mtor_transcode.errors import FormatError
from mtor_transcode.model import FilmHeader, Texture, TexturePaint, Token

REMEMBERED: Final = 4096
"""Textures that a writer remembers, by the hash of their content."""

KEPT: Final = 3
"""Textures that a reader keeps."""

_FREE: Final = 1 << 22
"""Bytes of textures that may be read for a scene in any case."""

_HEAD: Final = 1 << 16
"""Bytes that a texture's section may have beyond its AV1: more than the times of all its pictures take."""

_PEEK: Final = 8


def textures_of(tokens: Iterable[Token]) -> list[Texture]:
    """The textures that tokens bring, in order."""
    paints = [paint_of(token) for token in tokens]
    return [paint.texture for paint in paints if isinstance(paint, TexturePaint)]


class KnownTextures:
    """The textures that a film has, by content."""

    def __init__(self) -> None:
        self._ids: OrderedDict[bytes, int] = OrderedDict()
        self._last: tuple[Texture, bytes] | None = None
        self.count = 0
        self.names = TextureNames(self.id_of)

    def id_of(self, texture: Texture) -> int:
        """The id of a texture; that of the next new one if it is not in the film."""
        return self._ids.get(self._digest(texture), self.count)

    def add(self, texture: Texture) -> bytes | None:
        """The payload of the section to be written for a texture; None if the film has it."""
        digest = self._digest(texture)
        if digest in self._ids:
            self._ids.move_to_end(digest)
            return None
        payload = write_texture(texture, self.count)
        self._ids[digest] = self.count
        self.count += 1
        if len(self._ids) > REMEMBERED:
            self._ids.popitem(last=False)
        return payload

    def _digest(self, texture: Texture) -> bytes:
        if self._last is None or self._last[0] is not texture:
            moves = (len(texture.moves), *texture.moves)
            numbers = (texture.width, texture.height, texture.sharpness, *moves, *texture.times)
            head = b"".join(map(varint, numbers))
            self._last = texture, sha256(varint(len(head)) + head + texture.data).digest()
        return self._last[1]


class TextureReader:
    """Finds textures by their id. Keeps the last used ones."""

    def __init__(self, sections: SectionReader) -> None:
        self._sections = sections
        self._by_id: dict[int, Section] = {}
        self._kept: OrderedDict[int, Texture] = OrderedDict()
        self._bytes = 0
        self._read = 0
        self._packets: PacketTable | None = None
        self._fragments: dict[int, list[int]] = {}

    def add_packets(self, packets: PacketTable) -> None:
        """Takes the textures in the fragments of a film in packets; what is missing there is no error."""
        self._packets = packets
        self._fragments = packets.textures()
        self._bytes = packets.fragment_bytes

    def add(self, section: Section) -> None:
        """Takes note of a section, without reading it."""
        where = self._sections.where(section)
        number = texture_number(Payload(self._sections.peek(section, _PEEK), where))
        if number in self._by_id:
            raise FormatError("its id is taken", where=where, remedy="the file is damaged")
        self._by_id[number] = section
        self._bytes += section.length

    def names(self, header: FilmHeader) -> TextureNames:
        """For one pass through a scene; refuses to read textures over and over."""
        return TextureNames(texture=self._for_scene(header))

    def _for_scene(self, header: FilmHeader) -> Callable[[int], Texture]:
        start = self._read

        def check() -> None:
            if self._read - start > DECODES * self._bytes + _FREE:
                raise FormatError(
                    "a scene changes its textures too wildly", where=self._sections.name, remedy=FETCH_AGAIN
                )

        def texture(number: int) -> Texture:
            check()
            found = self._texture(number, header)
            check()
            return found

        return texture

    def _texture(self, number: int, header: FilmHeader) -> Texture:
        if number in self._kept:
            self._kept.move_to_end(number)
            return self._kept[number]
        if self._packets is not None:
            texture = self._pieced(self._packets, number, header)
            return self._keep(number, texture)
        section = self._by_id.get(number)
        if section is None:
            raise FormatError(
                f"texture {number} is missing", where=self._sections.name, remedy="the file is damaged"
            )
        payload = Payload(self._sections.payload(section), self._sections.where(section))
        self._read += section.length
        return self._keep(number, read_texture(payload, header))

    def _keep(self, number: int, texture: Texture) -> Texture:
        self._kept[number] = texture
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return texture

    def _pieced(self, packets: PacketTable, number: int, header: FilmHeader) -> Texture:
        """A texture put together from what came of it, ``UNREAD`` if that is no picture."""
        made = bytearray()
        whole = False
        numbers = self._fragments.get(number, ())
        for fragment in numbers:
            piece, whole = packets.fragment(fragment)
            made += piece
            self._read += len(piece)
            if len(made) > MAX_TEXTURE_BYTES + _HEAD:
                raise FormatError(
                    f"texture {number} has too many bytes", where=self._sections.name, remedy=FETCH_AGAIN
                )
        data = bytes(made)
        if whole and packets.all_came(numbers):
            return read_texture(Payload(data, self._sections.name), header)
        try:
            return read_texture(Payload(data, self._sections.name), header, whole=whole)
        except FormatError:
            return UNREAD
