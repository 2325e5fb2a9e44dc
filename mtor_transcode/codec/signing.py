# SPDX-License-Identifier: Apache-2.0
"""A film's sections as signatures see them: taken apart, planned, put together with signatures between.

Only the index knows where sections lie, so it alone is written anew when sections move.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import BinaryIO, Final

from mtor_transcode.codec.container import MAGIC, TRAILER_BYTES, VERSION, SectionKind, SectionReader, sealed
from mtor_transcode.codec.fields import Payload
from mtor_transcode.codec.index_syntax import Index, read_index
from mtor_transcode.codec.limits import MAX_TICK
from mtor_transcode.errors import FormatError
from mtor_transcode.trust.manifest import Manifest
from mtor_transcode.trust.plan import Part

Parts = list[tuple[int, bytes]]
"""Kinds and payloads of all sections of a film, in order."""

LOST_ALONE: Final = (SectionKind.PACKET, SectionKind.FRAGMENT)
"""Sections that are read, lost and so judged alone."""

ENTRIES: Final = (SectionKind.SNAPSHOT, SectionKind.AUDIO, SectionKind.INDEX)
"""Sections that streams send without those before them, besides the first ones of scenes."""

_START: Final = len(MAGIC) + 1


def take_apart(stream: BinaryIO, name: str) -> Parts:
    """All sections of a whole film, their checksums checked. Raises FormatError, also if the file is cut."""
    reader = SectionReader(stream, name)
    contents = reader.scan()
    parts = [(section.kind, reader.payload(section)) for section in contents.sections]
    if contents.truncated:
        raise FormatError("the file is cut, or still being written", where=name, remedy="take the whole film")
    return parts


def section_starts(stream: BinaryIO, name: str) -> tuple[list[int], list[int]]:
    """The offsets and kinds of all sections of a whole film, heads alone read. Raises FormatError."""
    contents = SectionReader(stream, name).scan()
    if contents.truncated:
        raise FormatError("the file is cut, or still being written", where=name, remedy="take the whole film")
    return [each.offset for each in contents.sections], [each.kind for each in contents.sections]


def plannable(parts: Parts) -> list[Part]:
    """What a plan of signatures has to know of the sections after the header (signatures are left out)."""
    found: list[Part] = []
    scene = -1
    for kind, payload in parts[1:]:
        before = scene
        if kind == SectionKind.SCENE:
            scene += 1
        elif kind == SectionKind.PACKET:
            scene = _scene_of(payload)
        if kind != SectionKind.SIGNATURE:
            starts = scene != before
            entry = starts or kind in ENTRIES
            found.append(Part(kind, len(sealed(kind, payload)), starts, entry, alone=kind in LOST_ALONE))
    return found


def put_together(parts: Parts) -> bytes:
    """The bytes of a whole film that has these sections, INDEX the last."""
    body = b"".join(sealed(kind, payload) for kind, payload in parts)
    return MAGIC + bytes([VERSION]) + body + len(sealed(*parts[-1])).to_bytes(TRAILER_BYTES, "big")


def without_signatures(parts: Parts) -> Parts:
    """The film's sections without signatures, the index as it is then."""
    return _moved(parts, [part for part in parts if part[0] != SectionKind.SIGNATURE])


def with_room(sections: Parts, plans: Sequence[Manifest], hash_bytes: int) -> Parts:
    """Unsigned sections with blank signatures before what ``plans`` cover, and the index as it is then."""
    woven = list(sections)
    for plan in plans:
        woven.insert(plan.first - 1, (SectionKind.SIGNATURE, bytes(plan.size(hash_bytes))))
    return _moved(sections, woven)


def with_signatures(sections: Parts, payloads: Sequence[bytes]) -> Parts:
    """The sections of ``with_room`` with the payloads of their signatures."""
    left = iter(payloads)
    return [(kind, next(left) if kind == SectionKind.SIGNATURE else payload) for kind, payload in sections]


def _moved(before: Parts, after: Parts) -> Parts:
    """``after`` with an index that says where its sections lie, from that of ``before``."""
    old, new = _offsets(before), _offsets(after)
    places = {offset: new[number] for number, offset in enumerate(old)}
    return [
        (kind, _reindexed(payload, places) if kind == SectionKind.INDEX else payload)
        for kind, payload in after
    ]


def _offsets(parts: Parts) -> list[int]:
    """The offset of each section that is no signature."""
    offsets: list[int] = []
    at = _START
    for kind, payload in parts:
        if kind != SectionKind.SIGNATURE:
            offsets.append(at)
        at += len(sealed(kind, payload))
    return offsets


def _reindexed(payload: bytes, places: dict[int, int]) -> bytes:
    read = Payload(payload, "INDEX section")
    duration, index = read_index(read)
    rest = payload[read.place :]
    try:
        moved = Index(
            [(start, places[offset]) for start, offset in index.scenes],
            [(places[offset], count) for offset, count in index.dictionaries],
            [places[offset] for offset in index.textures],
        )
    except KeyError as error:
        raise read.damaged(f"the index names byte {error.args[0]}, where no section starts") from None
    if rest:
        raise read.damaged("the index is longer than this program knows")
    return moved.write(duration)


def _scene_of(payload: bytes) -> int:
    """The number of the scene that a packet belongs to."""
    fields = Payload(payload, "PACKET section")
    fields.varint(MAX_TICK, "number of a packet")
    return fields.varint(MAX_TICK, "number of a scene")
