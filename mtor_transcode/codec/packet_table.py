# SPDX-License-Identifier: Apache-2.0
"""The packets of a file: those that came, those that repairs bring back, the scenes and outlines in them."""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from mtor_transcode.codec.container import FETCH_AGAIN, Section, SectionKind, SectionReader
from mtor_transcode.codec.dictionary_reader import LazyOutlines
from mtor_transcode.codec.fields import Payload
from mtor_transcode.codec.fragments import Fragment, read_fragment
from mtor_transcode.codec.limits import DECODES, KEPT_NODES, MAX_TICK
from mtor_transcode.codec.packet_repairs import PacketRepairs, contradictions
from mtor_transcode.codec.packets import (
    MAX_PACKETS,
    UNREAD_TEXTURES,
    Packet,
    PacketPlain,
    read_packet,
    read_packet_head,
    read_packet_plain,
)
from mtor_transcode.codec.rangecoder import RangeReader
from mtor_transcode.codec.repair_syntax import MOST_PAYLOAD, Repaired, Sent, read_repair
from mtor_transcode.codec.scene_reader import MakeReader
from mtor_transcode.codec.texture_syntax import TextureNames
from mtor_transcode.errors import FormatError
from mtor_transcode.model import Outline, SceneStart, Solid

_FREE: Final = 1 << 20
"""Bytes of packets that may be decoded for the outlines of a scene in any case."""

_UNKNOWN: Final = Solid((16, 128, 128))
"""Background of a scene of which no packet came that tells it."""


@dataclass(slots=True)
class PacketScene:
    """A scene in packets: its head, the tick at which it is over, the numbers of the packets at hand."""

    head: SceneStart
    numbers: list[int] = field(default_factory=list)
    end: int = 0


class PacketTable:
    """The packets of a file. ``add`` all sections, then ``settle``."""

    def __init__(self, sections: SectionReader, series: Sequence[Outline] = ()) -> None:
        self._sections = sections
        self._series = series
        self._where: dict[int, Section] = {}
        self._back: dict[int, Repaired] = {}
        self._repairs = PacketRepairs()
        self._plain: dict[int, PacketPlain] = {}
        self._firsts: list[int] = []
        self._owners: list[int] = []
        self._fragments: dict[int, Fragment] = {}
        self._kept: OrderedDict[int, tuple[Outline, ...]] = OrderedDict()
        self._kept_nodes = 0
        self._bytes = 0
        self.fragment_bytes = 0
        """Bytes of all fragments at hand."""
        self.sent = 0
        """Packets and fragments that the film was made of, as far as numbers tell, those of repairs too."""
        self.damaged = 0
        """Sections whose checksum is wrong."""
        self.decoded = 0
        """Bytes of packets decoded for their outlines so far."""

    def __len__(self) -> int:
        """Packets that are wholly at hand."""
        return len(self._plain) + len(self._fragments) - sum(not back.whole for back in self._back.values())

    def __bool__(self) -> bool:
        """Whether anything is at hand of any packet."""
        return bool(self._plain or self._fragments)

    def add(self, section: Section) -> None:
        """Takes note of a packet, unless it came before; one whose checksum is wrong is as good as lost."""
        payload = self._sound_packet(section)
        if payload is None:
            return
        plain = read_packet_plain(payload)
        self._tells(plain.number)
        if plain.number in self._where:
            return
        self._plain[plain.number] = plain
        self._where[plain.number] = section
        self._bytes += section.length

    def add_fragment(self, section: Section) -> None:
        """Takes note of a fragment, as ``add`` does of a packet."""
        payload = self._sound_packet(section)
        if payload is None:
            return
        fragment = read_fragment(payload)
        self._tells(fragment.number)
        if fragment.number in self._where:
            return
        self._fragments[fragment.number] = fragment
        self._where[fragment.number] = section
        self.fragment_bytes += section.length

    def textures(self) -> dict[int, list[int]]:
        """Returns the numbers of the fragments by the id of their texture, up to a missing or cut one."""
        pieces: dict[int, dict[int, int]] = {}
        for number, fragment in self._fragments.items():
            pieces.setdefault(fragment.texture, {}).setdefault(fragment.place, number)
        found: dict[int, list[int]] = {}
        for texture, by_place in pieces.items():
            numbers: list[int] = []
            while len(numbers) in by_place and (not numbers or self._is_whole(numbers[-1])):
                numbers.append(by_place[len(numbers)])
            found[texture] = numbers
        return found

    def fragment(self, number: int) -> tuple[bytes, bool]:
        """Returns the data of a fragment that is at hand, and whether the texture ends with it."""
        payload = self.payload(number)
        fragment = read_fragment(payload)
        return payload.rest(), self._is_whole(number) and fragment.place == fragment.count - 1

    def all_came(self, numbers: Iterable[int]) -> bool:
        """Whether none of these packets and fragments had to be brought back."""
        return self._where.keys() >= set(numbers)

    def _is_whole(self, number: int) -> bool:
        back = self._back.get(number)
        return back is None or back.whole

    def add_repair(self, section: Section) -> None:
        """Takes note of a repair; one whose checksum is wrong is as good as lost."""
        payload = self._sound(section)
        if payload is None:
            return
        repair = read_repair(payload)
        self._tells(repair.first + repair.count - 1)
        self._repairs.add(repair)

    def lose(self, section: Section) -> None:
        """Takes note of a packet, fragment or repair that is lost on purpose: it counts among those sent."""
        payload = self._sound(section)
        if payload is None:
            return
        if section.kind == SectionKind.REPAIR:
            repair = read_repair(payload)
            self._tells(repair.first + repair.count - 1)
        else:
            self._tells(payload.varint(MAX_PACKETS, "number of a packet"))

    def _tells(self, number: int) -> None:
        self.sent = max(self.sent, number + 1)

    def settle(self, latest: int = MAX_TICK) -> list[PacketScene]:
        """Brings back what can be brought back, of a film that ends at tick ``latest``.

        Returns the scenes that are known of, in order.
        """
        self._bring_back(latest)
        by_scene: dict[int, list[int]] = {}
        for number in sorted(self._plain):
            plain = self._plain[number]
            by_scene.setdefault(plain.scene, []).append(number)
            if self._firsts and plain.next_new < self._firsts[-1]:
                raise self._taken(self._named(number))
            self._firsts.append(plain.next_new)
            self._owners.append(number)
        scenes: list[PacketScene] = []
        for numbers in by_scene.values():
            scenes.append(self._scene(numbers, scenes[-1].end if scenes else 0))
        for scene, following in pairwise(scenes):
            between = range(scene.numbers[-1] + 1, following.numbers[0])
            if any(number not in self._fragments for number in between):
                scene.end = max(scene.end, following.head.start)
        return scenes

    def payload(self, number: int) -> Payload:
        """Returns the payload of a packet that is at hand."""
        if number in self._back:
            return Payload(self._back[number].data, self._named(number))
        return self._payload(self._where[number])

    def read(
        self, number: int, names: TextureNames = UNREAD_TEXTURES, make: MakeReader = RangeReader
    ) -> Packet:
        """Returns a packet that is at hand, or as much of it as was brought back and makes sense."""
        if number in self._where or not self._is_whole(number):
            return read_packet(self.payload(number), names, make, whole=number in self._where)
        try:
            return read_packet(self.payload(number), names, make)
        except FormatError:
            return Packet(self._plain[number], None, (), ())

    def outline(self, outline_id: int) -> Outline | None:
        """Returns an outline, None if the packet is missing that has it."""
        if outline_id < len(self._series):
            return self._series[outline_id]
        place = bisect_right(self._firsts, outline_id) - 1
        if place < 0:
            return None
        outlines = self._outlines(self._owners[place])
        index = outline_id - self._firsts[place]
        return outlines[index] if index < len(outlines) else None

    def all_outlines(self) -> Sequence[Outline]:
        """Returns all outlines that the packets at hand define, by their ids, decoded when asked for.

        Packets before a gap are decoded now, to see how many outlines they define.
        """
        ids: list[range] = []
        for place, (number, first) in enumerate(zip(self._owners, self._firsts, strict=True)):
            if self._is_next(place + 1, number):
                ids.append(range(first, self._firsts[place + 1]))
            else:
                ids.append(range(first, first + len(self._outlines(number))))
        return LazyOutlines(self._surely, ids)

    def _is_next(self, place: int, number: int) -> bool:
        """Whether what is at a place in ``_owners`` comes right after packet ``number``, which is whole."""
        if place == len(self._owners) or not self._is_whole(number):
            return False
        return all(between in self._fragments for between in range(number + 1, self._owners[place]))

    def _surely(self, outline_id: int) -> Outline:
        found = self.outline(outline_id)
        if found is None:
            raise FormatError(
                f"outline {outline_id} is missing", where=self._sections.name, remedy=FETCH_AGAIN
            )
        return found

    def check_spent(self, spent: int) -> None:
        """Raises FormatError if ``spent`` bytes decoded for a scene are more work than it may make."""
        if spent > DECODES * self._bytes + _FREE:
            raise FormatError(
                "a scene refers to the dictionary too wildly", where=self._sections.name, remedy=FETCH_AGAIN
            )

    def _bring_back(self, latest: int) -> None:
        for number, back in self._repairs.brought_back(self._where.keys(), self._sent):
            with suppress(FormatError):
                self._take_back(number, back)
        for number in contradictions(self._plain, self._where.keys(), latest):
            del self._plain[number], self._back[number]
        self._bytes += sum(len(back.data) for back in self._back.values() if not back.fragment)

    def _sent(self, number: int) -> Sent:
        return Sent(self.payload(number).data, number in self._fragments)

    def _take_back(self, number: int, back: Repaired) -> None:
        """Takes what a repair brought back. Raises FormatError if its plain fields cannot be read."""
        payload = Payload(back.data, self._named(number))
        if back.fragment:
            fragment = read_fragment(payload)
            if fragment.number == number:
                self._fragments[number] = fragment
                self._back[number] = back
                self.fragment_bytes += len(back.data)
            return
        plain = read_packet_plain(payload)
        if plain.number == number:
            self._plain[number] = plain
            self._back[number] = back

    def _scene(self, numbers: list[int], earliest: int) -> PacketScene:
        """The scene that has these packets; its head is from the first packet that tells it.

        The scene before ends at tick ``earliest``.
        """
        heads = (self._head(number, earliest) for number in numbers)
        head = next((head for head in heads if head is not None), None)
        first = self._plain[numbers[0]]
        if head is None or head.start > first.start:
            head = SceneStart(first.scene, first.start, _UNKNOWN)
        before = head.start
        for number in numbers:
            plain = self._plain[number]
            if plain.start < before:
                raise FormatError("is out of order", where=self._named(number), remedy=FETCH_AGAIN)
            before = plain.end
        return PacketScene(head, numbers, before)

    def _head(self, number: int, earliest: int) -> SceneStart | None:
        """The scene's head in a packet; None also where one brought back makes no sense of it."""
        if number in self._where:
            return read_packet_head(self.payload(number))
        try:
            head = read_packet_head(self.payload(number), whole=self._is_whole(number))
        except FormatError:
            return None
        return None if head is None or head.start < earliest else head

    def _outlines(self, number: int) -> tuple[Outline, ...]:
        if number in self._kept:
            self._kept.move_to_end(number)
            return self._kept[number]
        outlines = self.read(number).outlines
        self.decoded += len(self.payload(number).data)
        self.keep(number, outlines)
        return outlines

    def keep(self, number: int, outlines: tuple[Outline, ...]) -> None:
        """Keeps the outlines of a packet that was read, and lets go of those used longest ago."""
        if number in self._kept:
            return
        self._kept[number] = outlines
        self._kept_nodes += sum(outline.node_count for outline in outlines)
        while self._kept_nodes > KEPT_NODES and len(self._kept) > 1:
            _, dropped = self._kept.popitem(last=False)
            self._kept_nodes -= sum(outline.node_count for outline in dropped)

    def _sound_packet(self, section: Section) -> Payload | None:
        payload = self._sound(section)
        if payload is not None and section.length > MOST_PAYLOAD:
            raise payload.damaged(f"a packet has {section.length} bytes, at most {MOST_PAYLOAD}")
        return payload

    def _sound(self, section: Section) -> Payload | None:
        try:
            return self._payload(section)
        except FormatError:
            self.damaged += 1
            return None

    def _payload(self, section: Section) -> Payload:
        return Payload(self._sections.payload(section), self._sections.where(section))

    def _named(self, number: int) -> str:
        return f"{self._sections.name}: packet {number}"

    def _taken(self, where: str) -> FormatError:
        return FormatError("its number or the ids of its outlines are taken", where=where, remedy=FETCH_AGAIN)
