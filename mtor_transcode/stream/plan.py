# SPDX-License-Identifier: Apache-2.0
"""What a film's sections are for and when: enough to send them in time, without decoding any picture.

Times come from plain fields (``docs/format.md``): films whose tokens nobody here can read are planned alike.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import BinaryIO, Final

from mtor_transcode.codec.container import Contents, Section, SectionKind, SectionReader
from mtor_transcode.codec.fields import Payload
from mtor_transcode.codec.header_syntax import read_header
from mtor_transcode.codec.limits import MAX_SECTION_PACKETS, MAX_TICK
from mtor_transcode.codec.packets import read_packet_plain
from mtor_transcode.codec.scene_syntax import read_scene_plain, read_snapshot_plain, read_span_duration
from mtor_transcode.model import FilmHeader

SOUND: Final = frozenset({SectionKind.AUDIO})
PICTURES: Final = frozenset(
    {
        SectionKind.SCENE,
        SectionKind.DICT,
        SectionKind.SPAN,
        SectionKind.SNAPSHOT,
        SectionKind.TEXTURE,
        SectionKind.PACKET,
        SectionKind.FRAGMENT,
    }
)
"""Kinds of sections that pictures are decoded from, in the order of the file."""

_PEEK: Final = 48
_PARTS: Final = (SectionKind.SPAN, SectionKind.SNAPSHOT)


@dataclass(frozen=True, slots=True)
class Piece:
    """Section ``number`` of a film (0 is the header): where it lies, and the ticks in which it is of use.

    ``scene`` counts scenes from 0; -1 is what holds for the whole film. ``back`` is how many sections before
    this one the last lies that carries pictures, too; 0 if this one does not, or is the first.
    """

    number: int
    kind: int
    offset: int
    size: int
    scene: int
    start: int
    end: int
    back: int = 0


@dataclass(slots=True)
class PlannedScene:
    """A scene: its number in the film, its ticks, its first section, and where it can be entered.

    ``entries`` are (tick, number of the section): the scene's own first, then its snapshots.
    """

    number: int
    start: int
    end: int
    first: int
    entries: list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Plan:
    """All sections of a film as far as they are there. ``duration`` is in ticks, ``size`` in bytes."""

    header: FilmHeader
    pieces: Sequence[Piece]
    scenes: Sequence[PlannedScene]
    duration: int
    size: int
    whole: bool

    def scene_at(self, tick: int) -> int:
        """The place of the scene that is shown at a tick; -1 if there is none at all."""
        if not self.scenes:
            return -1
        return max(0, bisect_right(self.scenes, tick, key=lambda scene: scene.start) - 1)

    def entry_at(self, tick: int) -> tuple[int, int]:
        """The scene at a tick, and the section at which it is entered there: a snapshot, or its first."""
        place = self.scene_at(tick)
        if place < 0:
            return -1, 1
        entries = self.scenes[place].entries
        return place, next((number for at, number in reversed(entries) if at <= tick), entries[0][1])


class _Planner:
    """Takes sections in the order of the file; those of unknown time wait for the next that has one."""

    def __init__(self, sections: SectionReader, header: FilmHeader) -> None:
        self._sections = sections
        self._header = header
        self._waiting: list[tuple[int, Section]] = []
        self._backs: dict[int, int] = {}
        self._last_picture = 0
        self.pieces: list[Piece | None] = []
        self.scenes: list[PlannedScene] = []

    def add(self, section: Section) -> None:
        """Takes the next section."""
        number = len(self.pieces)
        self.pieces.append(None)
        kind = section.kind
        if kind in PICTURES:
            self._backs[number] = number - self._last_picture if self._last_picture else 0
            self._last_picture = number
        if kind == SectionKind.HEADER:
            self._set(number, section, -1, 0, MAX_TICK)
        elif kind == SectionKind.SCENE:
            plain = read_scene_plain(self._peek(section))
            self._begin(plain.number, plain.start, number)
            self._timed(number, section, plain.start, plain.start)
        elif kind in _PARTS and self.scenes:
            self._part(number, section)
        elif kind == SectionKind.PACKET:
            packet = read_packet_plain(self._peek(section))
            if not self.scenes or self.scenes[-1].number != packet.scene:
                first = min([number, *(waits for waits, _ in self._waiting)])
                self._begin(packet.scene, packet.start, first)
            self._timed(number, section, packet.start, packet.end)
        elif kind == SectionKind.AUDIO and self._header.audio is not None:
            start = self._sound_start(section)
            self._set(number, section, -1, start, start)
        elif kind in (SectionKind.REPAIR, SectionKind.INDEX):
            end = self.scenes[-1].end if self.scenes else 0
            self._set(number, section, len(self.scenes) - 1, end, end)
        else:
            self._waiting.append((number, section))

    def so_far(self) -> list[Piece]:
        """All pieces; what still waits belongs to the last scene, unless more comes."""
        end = self.scenes[-1].end if self.scenes else 0
        waiting = dict(self._waiting)
        return [
            self._piece(number, waiting[number], len(self.scenes) - 1, end, end) if piece is None else piece
            for number, piece in enumerate(self.pieces)
        ]

    def _begin(self, number: int, start: int, first: int) -> None:
        self.scenes.append(PlannedScene(number, start, start, first, [(start, first)]))

    def _part(self, number: int, section: Section) -> None:
        scene = self.scenes[-1]
        if section.kind == SectionKind.SPAN:
            start = scene.end
            self._timed(number, section, start, start + read_span_duration(self._peek(section)))
        else:
            at = scene.start + read_snapshot_plain(self._peek(section)).after
            first = min([number, *(waits for waits, _ in self._waiting)])
            scene.entries.append((at, first))
            self._timed(number, section, at, at)

    def _timed(self, number: int, section: Section, start: int, end: int) -> None:
        self._release(start)
        self._set(number, section, len(self.scenes) - 1, start, end)
        self.scenes[-1].end = max(self.scenes[-1].end, end)

    def _release(self, start: int) -> None:
        for number, section in self._waiting:
            self._set(number, section, len(self.scenes) - 1, start, start)
        self._waiting.clear()

    def _set(self, number: int, section: Section, scene: int, start: int, end: int) -> None:
        self.pieces[number] = self._piece(number, section, scene, start, end)

    def _piece(self, number: int, section: Section, scene: int, start: int, end: int) -> Piece:
        size = section.end - section.offset
        back = self._backs.get(number, 0)
        return Piece(number, section.kind, section.offset, size, scene, start, end, back)

    def _sound_start(self, section: Section) -> int:
        fields = self._peek(section)
        count = fields.varint(2 * MAX_SECTION_PACKETS + 1, "number of packets")
        if count & 1:
            fields.take(1)
        assert self._header.audio is not None
        seconds = Fraction(fields.zigzag(MAX_TICK, "time of a packet"), self._header.audio.sample_rate)
        return max(0, int(seconds / self._header.time_base))

    def _peek(self, section: Section) -> Payload:
        return Payload(self._sections.peek(section, _PEEK), self._sections.where(section))


class Planning:
    """Plans the film in a stream that may grow: ``look`` goes on where the last look ended."""

    def __init__(self, stream: BinaryIO, name: str) -> None:
        """Raise FormatError if it is no film."""
        self._lock = threading.Lock()
        self._sections = SectionReader(stream, name)
        contents = self._sections.scan()
        first = contents.sections[0]
        self._header = read_header(Payload(self._sections.payload(first), self._sections.where(first)))
        self._planner = _Planner(self._sections, self._header)
        self._take(contents)

    def look(self) -> Plan:
        """The plan, with what has been appended since the last look. Raises FormatError."""
        with self._lock:
            return self._looked()

    def _looked(self) -> Plan:
        if not self._whole and self._sections.grown():
            self._take(self._sections.scan(self._last))
        scenes = [replace(scene, entries=list(scene.entries)) for scene in self._planner.scenes]
        duration = max((scene.end for scene in scenes), default=0)
        size = self._sections.size
        return Plan(self._header, self._planner.so_far(), scenes, duration, size, self._whole)

    def _take(self, contents: Contents) -> None:
        for section in contents.sections:
            self._planner.add(section)
            self._last = section
        self._whole = not contents.truncated


def plan_of(stream: BinaryIO, name: str) -> Plan:
    """Plans the film in a stream. Raises FormatError if it is none."""
    return Planning(stream, name).look()
