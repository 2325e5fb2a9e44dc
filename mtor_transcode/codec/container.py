# SPDX-License-Identifier: Apache-2.0
"""The container: magic, version, and sections of kind, length, payload and checksum, one after the other.

The checksum is the CRC-16 of the CCITT (polynomial 0x1021, start 0xFFFF) over kind, length and payload: it
finds every burst of up to 16 bits, so any flipped byte, at half the bytes of a CRC-32, which at 2 kbit/s and
four sections a scene would be one byte in a hundred. Against malice only a signature helps.
"""

from __future__ import annotations

from binascii import crc_hqx
from dataclasses import dataclass
from enum import IntEnum
from typing import BinaryIO, Final

from mtor_transcode.codec.fields import Payload, varint
from mtor_transcode.codec.limits import MAX_SECTION, MAX_SECTIONS
from mtor_transcode.errors import FormatError, OutputError
from mtor_transcode.trust.leaves import SEALED_MAGIC

MAGIC: Final = b"MTOR"
VERSION: Final = 2
SKIPPABLE: Final = 0x40
"""Bit of a kind: a reader that does not know the kind skips the section; without it, it refuses the file."""

FETCH_AGAIN: Final = "the file is damaged; fetch it again"
"""What to do about what no writer writes."""

CRC_BYTES: Final = 2
TRAILER_BYTES: Final = 3
_HEAD: Final = 5
"""Most bytes of a section's kind and length."""


class SectionKind(IntEnum):
    """Kinds of sections."""

    HEADER = 1
    DICT = 2
    SCENE = 3
    SPAN = 4
    SNAPSHOT = 5
    AUDIO = 6
    SUBTITLES = 7
    INDEX = 8
    TEXTURE = 9
    PACKET = 10
    REPAIR = 11
    FRAGMENT = 12
    SIGNATURE = 0x41


@dataclass(frozen=True, slots=True)
class Section:
    """Where a section lies: ``offset`` of its kind, ``start`` of its payload and the payload's ``length``."""

    kind: int
    offset: int
    start: int
    length: int

    @property
    def end(self) -> int:
        """Offset of the byte after the checksum."""
        return self.start + self.length + CRC_BYTES

    @property
    def overhead(self) -> int:
        """Bytes that are not payload."""
        return self.start - self.offset + CRC_BYTES

    @property
    def name(self) -> str:
        """What the section is, for errors."""
        known = {kind.value: kind.name for kind in SectionKind}
        return f"{known.get(self.kind, f'kind {self.kind}')} section at byte {self.offset}"


def sealed(kind: int, payload: bytes) -> bytes:
    """Returns a section: its kind, length, payload and checksum."""
    head = bytes([kind]) + varint(len(payload))
    checksum = crc_hqx(payload, crc_hqx(head, 0xFFFF))
    return head + payload + checksum.to_bytes(CRC_BYTES, "big")


def unsealed(kind: SectionKind, data: bytes, name: str) -> bytes:
    """Returns the payload of ``data``, which must be one section of that kind; ``name`` is for errors."""
    fields = Payload(data, name)
    found = fields.take(1, "section")[0]
    payload = fields.take(fields.varint(MAX_SECTION, "length of a section"), "section")
    if found != kind or sealed(kind, payload) != data:
        raise FormatError("the checksum is wrong", where=name, remedy=FETCH_AGAIN)
    return payload


class SectionWriter:
    """Appends sections to a stream; never seeks. ``offset`` counts the bytes written."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.offset = 0
        self._put(MAGIC + bytes([VERSION]))

    def write(self, kind: SectionKind, payload: bytes) -> int:
        """Writes a section and returns its bytes without the payload."""
        section = sealed(kind, payload)
        self._put(section)
        return len(section) - len(payload)

    def trailer(self, index_bytes: int) -> None:
        """Ends the file with the length of the index section before it."""
        self._put(index_bytes.to_bytes(TRAILER_BYTES, "big"))

    def _put(self, data: bytes) -> None:
        try:
            self._stream.write(data)
        except OSError as error:
            reason = error.strerror or str(error)
            raise OutputError(
                f"cannot write: {reason}", remedy="free space or choose another place"
            ) from error
        self.offset += len(data)


@dataclass(frozen=True, slots=True)
class Contents:
    """The sections of a file that are whole, and whether the file ends early."""

    sections: list[Section]
    truncated: bool


class SectionReader:
    """Finds and reads the sections of a seekable stream; ``name`` stands for the file in errors."""

    def __init__(self, stream: BinaryIO, name: str) -> None:
        self._stream = stream
        self.name = name or "MTOR file"
        self.size = stream.seek(0, 2)
        self._check_magic()

    def where(self, section: Section) -> str:
        """Names a section for errors."""
        return f"{self.name}: {section.name}"

    def _check_magic(self) -> None:
        start = self._at(0, len(MAGIC) + 1)
        if not start:
            raise FormatError("the file is empty", where=self.name, remedy="give a .mtor file")
        if start[: len(SEALED_MAGIC)] == SEALED_MAGIC:
            raise FormatError(
                "the film is sealed", where=self.name, remedy="open it with mtor unseal and your key"
            )
        if start[: len(MAGIC)] != MAGIC:
            raise FormatError(
                "not an MTOR file", where=self.name, remedy="give a file made by mtor transcode"
            )
        if len(start) <= len(MAGIC):
            raise self._cut()
        version = start[len(MAGIC)]
        if version > VERSION:
            raise FormatError(
                f"made for version {version} of the format, this program reads version {VERSION}",
                where=self.name,
                remedy="install a newer mtor_transcode",
            )
        if version < VERSION:
            raise FormatError(
                f"made for version {version} of the format, which is read no more: this is {VERSION}",
                where=self.name,
                remedy="make the film again with mtor transcode",
            )

    def _cut(self) -> FormatError:
        return FormatError(
            "the file ends before its header is complete", where=self.name, remedy="fetch the whole file"
        )

    def grown(self) -> bool:
        """Whether the stream has become longer since; ``size`` is its new size then."""
        before, self.size = self.size, self._stream.seek(0, 2)
        return self.size > before

    def scan(self, after: Section | None = None) -> Contents:
        """Returns where the whole sections lie, without reading them (but for their heads).

        Those behind ``after``, if it is given.
        """
        if after is not None and after.kind == SectionKind.INDEX:
            return Contents([], self._ends_early(after))
        sections: list[Section] = []
        place = len(MAGIC) + 1 if after is None else after.end
        while place < self.size:
            section = self._section_at(place)
            if section is None or section.end > self.size:
                break
            if not sections and after is None and section.kind != SectionKind.HEADER:
                raise FormatError("the header is missing", where=self.where(section), remedy=FETCH_AGAIN)
            if len(sections) >= MAX_SECTIONS:
                raise FormatError(
                    "the file has too many sections", where=self.where(section), remedy=FETCH_AGAIN
                )
            sections.append(section)
            place = section.end
            if section.kind == SectionKind.INDEX:
                return Contents(sections, self._ends_early(section))
        if not sections and after is None:
            raise self._cut()
        return Contents(sections, True)

    def _section_at(self, place: int) -> Section | None:
        head = self._at(place, _HEAD)
        kind = head[0]
        if not (kind & SKIPPABLE) and kind not in list(SectionKind):
            raise FormatError(
                f"unknown section kind {kind} at byte {place}",
                where=self.name,
                remedy="the file is damaged, or a newer mtor_transcode is needed",
            )
        length = 0
        for count, byte in enumerate(head[1:]):
            length |= (byte & 0x7F) << (7 * count)
            if byte < 0x80:
                if length > MAX_SECTION or (count and not byte):
                    break
                return Section(kind, place, place + 2 + count, length)
        if len(head) < _HEAD and length <= MAX_SECTION:
            return None
        raise FormatError(
            f"the length of the section at byte {place} is wrong", where=self.name, remedy=FETCH_AGAIN
        )

    def _ends_early(self, index: Section) -> bool:
        trailer = self._at(index.end, TRAILER_BYTES + 1)
        if len(trailer) > TRAILER_BYTES:
            raise FormatError(
                f"{self.size - index.end - TRAILER_BYTES} bytes follow the index",
                where=self.name,
                remedy="the file is damaged",
            )
        whole = len(trailer) == TRAILER_BYTES
        if whole and int.from_bytes(trailer, "big") != index.end - index.offset:
            raise FormatError(
                "the trailer does not fit the index", where=self.name, remedy="the file is damaged"
            )
        return not whole

    def payload(self, section: Section) -> bytes:
        """Returns the payload of a section after its checksum has been checked."""
        data = self._at(section.offset, section.end - section.offset)
        if len(data) < section.end - section.offset:
            raise FormatError(
                "the file became shorter while it was read",
                where=self.where(section),
                remedy="read it when it is whole",
            )
        stored = int.from_bytes(data[-CRC_BYTES:], "big")
        if crc_hqx(data[:-CRC_BYTES], 0xFFFF) != stored:
            raise FormatError(
                "the checksum is wrong",
                where=self.where(section),
                remedy=FETCH_AGAIN,
            )
        return data[section.start - section.offset : -CRC_BYTES]

    def peek(self, section: Section, count: int) -> bytes:
        """Returns the first bytes of a payload, unchecked."""
        return self._at(section.start, min(count, section.length))

    def _at(self, place: int, count: int) -> bytes:
        self._stream.seek(place)
        return self._stream.read(count)
