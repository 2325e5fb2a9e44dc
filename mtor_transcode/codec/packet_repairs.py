# SPDX-License-Identifier: Apache-2.0
"""What the repairs of a film bring back, in bounded work, and what of that cannot be right."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterator, Mapping

from mtor_transcode.codec.packets import PacketPlain
from mtor_transcode.codec.repair_syntax import Repair, Repaired, Sent, repaired


class PacketRepairs:
    """The repairs of a film by their groups."""

    def __init__(self) -> None:
        self._groups: dict[tuple[int, int], list[Repair]] = {}

    def add(self, repair: Repair) -> None:
        """Takes note of a repair."""
        self._groups.setdefault((repair.first, repair.count), []).append(repair)

    def brought_back(
        self, came: Collection[int], sent: Callable[[int], Sent]
    ) -> Iterator[tuple[int, Repaired]]:
        """Yields the packets by number that groups with enough repairs bring back, and forgets all repairs.

        ``came`` has the numbers of the packets that came, ``sent`` returns one of these. Of groups that
        overlap, of which writers make none, the first counts: no packet is used more than once.
        """
        done: set[int] = set()
        for group in self._groups.values():
            numbers = range(group[0].first, group[0].first + group[0].count)
            missing = sum(number not in came for number in numbers)
            if not 0 < missing <= len(group) or not done.isdisjoint(numbers):
                continue
            done.update(numbers)
            found = {number: sent(number) for number in numbers if number in came}
            yield from repaired(found, group).items()
        self._groups.clear()


def contradictions(packets: Mapping[int, PacketPlain], came: Collection[int], latest: int) -> list[int]:
    """Returns the numbers of those packets brought back that contradict the ones that ``came``.

    So do those that last beyond tick ``latest``: a repair of theirs was wrong. One brought back
    that fits counts for those after it.
    """
    numbers = sorted(packets)
    sure = [number for number in numbers if number in came]
    wrong: list[int] = []
    before: PacketPlain | None = None
    for number in numbers:
        plain = packets[number]
        place = bisect_right(sure, number)
        after = packets[sure[place]] if place < len(sure) else None
        fits = (before is None or _follows(before, plain)) and (after is None or _follows(plain, after))
        if number in came or (fits and plain.end <= latest):
            before = plain
        else:
            wrong.append(number)
    return wrong


def _follows(one: PacketPlain, other: PacketPlain) -> bool:
    """Whether a packet of a higher number can be ``other`` where ``one`` is."""
    return one.scene <= other.scene and one.end <= other.start and one.next_new <= other.next_new
