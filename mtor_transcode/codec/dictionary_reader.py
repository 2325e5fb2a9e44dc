# SPDX-License-Identifier: Apache-2.0
"""The dictionary on the reader's side: sections decoded when they are needed, the last used ones kept."""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, overload

from mtor_transcode.codec.adaptive import Adaptive
from mtor_transcode.codec.container import Section, SectionReader
from mtor_transcode.codec.fields import Payload
from mtor_transcode.codec.limits import (
    DECODES,
    KEPT_NODES,
    MAX_OUTLINES,
    MAX_SECTION_NODES,
    MAX_SECTION_OUTLINES,
    NODES_PER_BYTE,
)
from mtor_transcode.codec.outline_syntax import OutlineSection, read_outline
from mtor_transcode.codec.rangecoder import RangeReader
from mtor_transcode.codec.state_syntax import Resolve
from mtor_transcode.errors import FormatError
from mtor_transcode.model import Outline

_FREE: Final = 1 << 20
"""Bytes of dictionary payloads that may be decoded for a scene in any case."""


@dataclass(frozen=True, slots=True)
class _Entry:
    first: int
    count: int
    section: Section


def dictionary_plain(payload: Payload) -> tuple[int, int]:
    """Returns the plain fields of a dictionary section: id of the first outline, number of outlines."""
    first = payload.varint(MAX_OUTLINES, "id of an outline")
    return first, payload.varint(MAX_SECTION_OUTLINES, "number of outlines")


def read_outlines(reader: RangeReader, count: int, size: int) -> list[Outline]:
    """Returns the ``count`` outlines of a section that has ``size`` bytes of entropy-coded data."""
    section = OutlineSection()
    left = min(MAX_SECTION_NODES, NODES_PER_BYTE * size)
    for _ in range(count):
        outline, grid = read_outline(reader, section, left)
        left -= outline.node_count
        section.add(outline, grid)
    return section.outlines


class DictionaryReader:
    """Finds outlines by their id: first those of a ``series``, then the file's own. Memory is bounded,
    whatever the file says.
    """

    def __init__(self, sections: SectionReader, series: Sequence[Outline] = ()) -> None:
        self._sections = sections
        self._series = series
        self._entries: list[_Entry] = []
        self._firsts: list[int] = []
        self._kept: OrderedDict[int, list[Outline]] = OrderedDict()
        self._kept_nodes = 0
        self._bytes = 0
        self.decoded = 0
        """Bytes of dictionary payloads decoded so far."""

    def add(self, section: Section) -> None:
        """Takes note of a dictionary section, without decoding it."""
        where = self._sections.where(section)
        first, count = dictionary_plain(Payload(self._sections.peek(section, 16), where))
        taken = self._entries[-1].first + self._entries[-1].count if self._entries else len(self._series)
        if first < taken:
            raise FormatError(
                "its outlines have ids that are taken", where=where, remedy="the file is damaged"
            )
        self._entries.append(_Entry(first, count, section))
        self._firsts.append(first)
        self._bytes += section.length

    def outline(self, outline_id: int) -> Outline:
        """Returns an outline. Raises FormatError if no section has it."""
        if outline_id < len(self._series):
            return self._series[outline_id]
        place = bisect_right(self._firsts, outline_id) - 1
        if place >= 0:
            entry = self._entries[place]
            if outline_id < entry.first + entry.count:
                return self._decoded(place)[outline_id - entry.first]
        raise FormatError(
            f"outline {outline_id} is missing", where=self._sections.name, remedy="the file is damaged"
        )

    def for_scene(self) -> Resolve:
        """Returns ``outline`` for one pass through a scene; it refuses to decode all over and over."""
        spent = 0

        def resolve(outline_id: int) -> Outline:
            nonlocal spent
            before = self.decoded
            outline = self.outline(outline_id)
            spent += self.decoded - before
            if spent > DECODES * self._bytes + _FREE:
                raise FormatError(
                    "a scene refers to the dictionary too wildly",
                    where=self._sections.name,
                    remedy="the file is damaged",
                )
            return outline

        return resolve

    def _decoded(self, place: int) -> list[Outline]:
        if place in self._kept:
            self._kept.move_to_end(place)
            return self._kept[place]
        section = self._entries[place].section
        payload = Payload(self._sections.payload(section), self._sections.where(section))
        _, count = dictionary_plain(payload)
        data = payload.rest()
        outlines = read_outlines(RangeReader(data, Adaptive(), payload.where), count, len(data))
        self.decoded += section.length
        self._kept[place] = outlines
        self._kept_nodes += sum(outline.node_count for outline in outlines)
        while self._kept_nodes > KEPT_NODES and len(self._kept) > 1:
            _, dropped = self._kept.popitem(last=False)
            self._kept_nodes -= sum(outline.node_count for outline in dropped)
        return outlines

    def all(self) -> Sequence[Outline]:
        """Returns all outlines of the file itself in the order of their ids, decoded when asked for."""
        return LazyOutlines(
            self.outline, [range(entry.first, entry.first + entry.count) for entry in self._entries]
        )


class LazyOutlines(Sequence[Outline]):
    """The outlines of a file that have these ``ids``, each looked up by ``resolve`` when it is asked for."""

    def __init__(self, resolve: Resolve, ids: list[range]) -> None:
        self._resolve = resolve
        self._ids = ids
        self._starts: list[int] = []
        self._length = 0
        for part in ids:
            self._starts.append(self._length)
            self._length += len(part)

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, index: int) -> Outline: ...
    @overload
    def __getitem__(self, index: slice) -> list[Outline]: ...
    def __getitem__(self, index: int | slice) -> Outline | list[Outline]:
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(self._length))]
        place = index + self._length if index < 0 else index
        if not 0 <= place < self._length:
            raise IndexError(index)
        part = bisect_right(self._starts, place) - 1
        return self._resolve(self._ids[part][place - self._starts[part]])
