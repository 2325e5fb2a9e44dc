# SPDX-License-Identifier: Apache-2.0
"""Repair sections: what brings back lost packets of a group, see ``erasure``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mtor_transcode.codec.erasure import MAX_BLOCKS, MAX_REPAIRS, recovered, repairs
from mtor_transcode.codec.fields import Payload, varint
from mtor_transcode.codec.packets import MAX_PACKETS

_LENGTH = 3
"""Bytes in front of a packet's payload, in its block, that tell its length."""

_FRAGMENT = 1 << 23
"""Added to the length of a fragment."""

MAX_REPAIR = 1 << 14
"""Bytes of a repair's data: of a longer packet it brings back the beginning. It bounds a reader's work."""

MOST_PAYLOAD = _FRAGMENT - 1
"""Bytes of a packet's payload."""


@dataclass(frozen=True, slots=True)
class Repair:
    """Repair ``index`` of the group of ``count`` packets whose numbers start with ``first``."""

    first: int
    count: int
    index: int
    data: bytes

    def write(self) -> bytes:
        """Returns the payload."""
        return varint(self.first) + bytes([self.count, self.index]) + self.data


def read_repair(payload: Payload) -> Repair:
    """Returns what ``Repair.write`` wrote. Raises FormatError."""
    first = payload.varint(MAX_PACKETS, "number of a packet")
    count, index = payload.take(2, "repair")
    data = payload.rest()
    if not 0 < count <= MAX_BLOCKS or index >= MAX_REPAIRS or len(data) > MAX_REPAIR:
        raise payload.damaged(f"repair {index} of {count} packets has {len(data)} bytes")
    return Repair(first, count, index, data)


@dataclass(frozen=True, slots=True)
class Sent:
    """The payload of a packet, or of a fragment."""

    data: bytes
    fragment: bool = False


def make_repair(first: int, packets: Sequence[Sent], index: int, most: int) -> Repair:
    """Returns a repair of at most ``most`` bytes of data for packets numbered from ``first`` on.

    A shorter one than the longest packet brings back only the beginning of a packet.
    """
    blocks = [_block(packet)[: min(most, MAX_REPAIR)] for packet in packets]
    return Repair(first, len(blocks), index, repairs(blocks, index + 1)[index])


@dataclass(frozen=True, slots=True)
class Repaired:
    """The payload of a packet or fragment that was brought back, or if it is not ``whole`` its beginning."""

    data: bytes
    whole: bool
    fragment: bool = False


def repaired(found: Mapping[int, Sent], group: Sequence[Repair]) -> dict[int, Repaired]:
    """Returns the packets by number that a group's repairs bring back, none if there are too few repairs.

    ``found`` has the payloads that came. Repairs of different lengths do as far as the shortest one goes that
    is needed. Repairs that contradict the packets bring back what makes no sense; reading it refuses it.
    """
    numbers = range(group[0].first, group[0].first + group[0].count)
    blocks = [_block(found[number]) if number in found else None for number in numbers]
    missing = sum(block is None for block in blocks)
    by_index = {repair.index: repair.data for repair in group}
    longest = sorted(by_index, key=lambda index: len(by_index[index]), reverse=True)[:missing]
    length = min((len(by_index[index]) for index in longest), default=0)
    made = recovered(blocks, {index: by_index[index][:length] for index in longest})
    if made is None or length < _LENGTH:
        return {}
    back: dict[int, Repaired] = {}
    for number, block in zip(numbers, made, strict=True):
        if number not in found:
            told = int.from_bytes(block[:_LENGTH], "big")
            size = told & MOST_PAYLOAD
            payload = block[_LENGTH : _LENGTH + size]
            back[number] = Repaired(payload, len(payload) == size, bool(told & _FRAGMENT))
    return back


def _block(packet: Sent) -> bytes:
    return (len(packet.data) | _FRAGMENT * packet.fragment).to_bytes(_LENGTH, "big") + packet.data
