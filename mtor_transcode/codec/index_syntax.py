# SPDX-License-Identifier: Apache-2.0
"""The index: duration, and where scenes, dictionary and textures lie, for players that fetch parts."""

from __future__ import annotations

from dataclasses import dataclass, field

from mtor_transcode.codec.fields import Payload, varint
from mtor_transcode.codec.limits import MAX_SECTION_OUTLINES, MAX_SECTIONS, MAX_TEXTURES, MAX_TICK


@dataclass
class Index:
    """``scenes``: (start in ticks, offset of the section); ``dictionaries``: (offset, number of outlines).

    ``textures``: offsets in the order of their ids.
    """

    scenes: list[tuple[int, int]] = field(default_factory=list)
    dictionaries: list[tuple[int, int]] = field(default_factory=list)
    textures: list[int] = field(default_factory=list)

    def add_scene(self, start: int, offset: int) -> None:
        """Adds a scene."""
        self.scenes.append((start, offset))

    def add_dictionary(self, offset: int, count: int) -> None:
        """Adds a dictionary section."""
        self.dictionaries.append((offset, count))

    def write(self, duration: int) -> bytes:
        """Returns the payload of the index section."""
        out = bytearray(varint(duration) + varint(len(self.scenes)))
        before = last = 0
        for start, offset in self.scenes:
            out += varint(start - before) + varint(offset - last)
            before, last = start, offset
        out += varint(len(self.dictionaries))
        last = 0
        for offset, count in self.dictionaries:
            out += varint(offset - last) + varint(count)
            last = offset
        if self.textures:
            out += varint(len(self.textures))
            last = 0
            for offset in self.textures:
                out += varint(offset - last)
                last = offset
        return bytes(out)


def read_index(payload: Payload) -> tuple[int, Index]:
    """Returns the duration in ticks and the index."""
    duration = payload.varint(MAX_TICK, "duration")
    index = Index()
    start = offset = 0
    for _ in range(payload.varint(MAX_SECTIONS, "number of scenes")):
        start += payload.varint(MAX_TICK, "start of a scene")
        offset += payload.varint(2**53, "offset of a scene")
        index.add_scene(start, offset)
    offset = 0
    for _ in range(payload.varint(MAX_SECTIONS, "number of dictionary sections")):
        offset += payload.varint(2**53, "offset of a dictionary section")
        index.add_dictionary(offset, payload.varint(MAX_SECTION_OUTLINES, "number of outlines"))
    if payload.place < len(payload.data):
        offset = 0
        for _ in range(payload.varint(MAX_TEXTURES, "number of textures")):
            offset += payload.varint(2**53, "offset of a texture")
            index.textures.append(offset)
    return duration, index
