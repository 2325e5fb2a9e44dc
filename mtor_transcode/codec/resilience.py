# SPDX-License-Identifier: Apache-2.0
"""What a level of resilience (1 to 10) means: how many more bytes packets may take, and for what.

That each packet starts from nothing costs 5 to 14%, whatever the level. Repeats take a fixed share of each
packet: few things matter so much that telling them twice is better than a repair. What is left of the
level's bytes goes to repairs, one whenever there is enough for one: a group is all packets since the last.
Where crowds of shapes move all the time, starting from nothing takes more than the level has; some repairs
there are then.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from mtor_transcode.codec.repair_syntax import Repair, make_repairs

LEVELS: Final = 10
"""The highest level of resilience; 0 is a film without packets."""

MORE: Final = 0.02
"""Share of more bytes for each level."""

LEAST: Final = 0.003
"""Share of packets' bytes, for each level, that repairs may take in any case."""

REPEATS: Final = 0.003
"""Share of a packet, for each level, that may repeat what was told before."""

LEAST_GROUP: Final = 3
"""Packets of a group, at least: of fewer, a copy of each would cost as much."""

MOST_GROUP: Final = 40
"""Packets of a group: older ones have no repair any more."""

_FRAME: Final = 10
"""Bytes of a repair beyond those of its longest packet, about."""


class Budget:
    """The bytes that a ``level`` has left for repairs, and the packets that have none yet.

    ``repeats`` is the share of a packet that may repeat what was told before.
    """

    def __init__(self, level: int) -> None:
        self.repeats = REPEATS * level
        self._level = level
        self._left = 0.0
        self._packets = 0
        self._group: list[bytes] = []

    def spend(self, payload: bytes, frame: int, plain: float) -> Iterator[Repair]:
        """Yields the repairs to follow a packet of ``frame`` bytes more than its payload.

        ``plain`` is what its tokens would take in a film without packets.
        """
        self._group = [*self._group[1 - MOST_GROUP :], payload]
        self._packets += 1
        rest = plain * (1 + MORE * self._level) - len(payload) - frame
        self._left += max(rest, LEAST * self._level * len(payload))
        cost = max(map(len, self._group)) + _FRAME
        if len(self._group) >= LEAST_GROUP and self._left >= cost:
            self._left -= cost
            yield from make_repairs(self._packets - len(self._group), self._group, 1)
            self._group = []


def shares(sizes: Sequence[int], plain: int) -> list[float]:
    """Returns ``plain`` bytes shared in proportion to the sizes of packets."""
    whole = sum(sizes)
    return [plain * size / whole for size in sizes] if whole else []
