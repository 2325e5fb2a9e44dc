# SPDX-License-Identifier: Apache-2.0
"""What a level of resilience (1 to 10) means: how many more bytes packets may take, and for what.

That each packet starts from nothing costs 5 to 14%, whatever the level. Repeats take a fixed share of each
packet: few things matter so much that telling them twice is better than a repair. What is left of the
level's bytes goes to repairs, a few for each group of packets; the last one is as long as the bytes allow,
and brings back the beginning of a packet. Where crowds of shapes move all the time, starting from nothing
takes more than the level has; some repairs there are then.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from mtor_transcode.codec.repair_syntax import Repair, Sent, make_repair

LEVELS: Final = 10
"""The highest level of resilience; 0 is a film without packets."""

MORE: Final = 0.02
"""Share of more bytes for each level."""

LEAST: Final = 0.003
"""Share of packets' bytes, for each level, that repairs may take in any case."""

REPEATS: Final = 0.0015
"""Share of a packet, for each level, that may repeat what was told before."""

GROUP: Final = 10
"""Packets of a group. At a loss of one in ten, a repair of k packets brings back the share 0.9 ** k of what
is lost for 1 / k as many bytes: best near 10."""

LEAST_GROUP: Final = 3
"""Packets that the last group of a scene has at least."""

LEAST_REPAIR: Final = 60
"""Bytes of data below which a repair is not worth its frame."""

MOST_REPAIRS: Final = 4
"""Repairs of a group."""

_FRAME: Final = 10
"""Bytes of a repair beyond its data, about."""


class Budget:
    """The bytes that a ``level`` has left for repairs, and the packets that have none yet.

    ``repeats`` is the share of a packet that may repeat what was told before.
    """

    def __init__(self, level: int) -> None:
        self.repeats = REPEATS * level
        self._level = level
        self._left = 0.0
        self._packets = 0
        self._group: list[Sent] = []

    def spend(self, sent: Sent, frame: int, plain: float) -> Iterator[Repair]:
        """Yields the repairs to follow a packet of ``frame`` bytes more than its payload.

        ``plain`` is what it holds would take in a film without packets.
        """
        self._group.append(sent)
        self._packets += 1
        self._left += plain * (1 + MORE * self._level) - len(sent.data) - frame
        if len(self._group) >= GROUP:
            yield from self.settle()

    def settle(self) -> Iterator[Repair]:
        """Yields the repairs of the packets since the last ones, if there are enough: a group is full, or a
        scene ends.
        """
        if len(self._group) < LEAST_GROUP:
            return
        left = max(self._left, LEAST * self._level * sum(len(sent.data) for sent in self._group))
        for index in range(MOST_REPAIRS):
            most = int(left) - _FRAME
            if most < LEAST_REPAIR:
                break
            repair = make_repair(self._packets - len(self._group), self._group, index, most)
            left -= len(repair.data) + _FRAME
            self._left -= len(repair.data) + _FRAME
            yield repair
        self._group = []


def shares(sizes: Sequence[int], plain: int) -> list[float]:
    """Returns ``plain`` bytes shared in proportion to the sizes of packets."""
    whole = sum(sizes)
    return [plain * size / whole for size in sizes] if whole else []
