# SPDX-License-Identifier: Apache-2.0
"""Repair sections: what brings back lost packets of a group, see ``erasure``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mtor_transcode.codec.erasure import MAX_BLOCKS, MAX_REPAIRS, recovered, repairs
from mtor_transcode.codec.fields import Payload, varint
from mtor_transcode.codec.limits import MAX_SECTION
from mtor_transcode.codec.packets import MAX_PACKETS

_LENGTH = 3
"""Bytes in front of a packet's payload, in its block, that tell its length."""


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
    if not 0 < count <= MAX_BLOCKS or index >= MAX_REPAIRS:
        raise payload.damaged(f"repair {index} of {count} packets")
    return Repair(first, count, index, payload.rest())


def make_repairs(first: int, payloads: Sequence[bytes], count: int) -> list[Repair]:
    """Returns ``count`` repairs for packets numbered from ``first`` on."""
    blocks = [len(payload).to_bytes(_LENGTH, "big") + payload for payload in payloads]
    return [Repair(first, len(blocks), index, data) for index, data in enumerate(repairs(blocks, count))]


def repaired(found: Mapping[int, bytes], group: Sequence[Repair]) -> dict[int, bytes]:
    """Returns the payloads by number that a group's repairs bring back, none if there are too few repairs.

    ``found`` has the payloads that came. Repairs that contradict each other or the packets are of no use.
    """
    repair = group[0]
    numbers = range(repair.first, repair.first + repair.count)
    alike = {other.index: other.data for other in group if len(other.data) == len(repair.data)}
    blocks = [
        len(found[number]).to_bytes(_LENGTH, "big") + found[number] if number in found else None
        for number in numbers
    ]
    if any(block is not None and len(block) > len(repair.data) for block in blocks):
        return {}
    made = recovered(blocks, alike)
    if made is None:
        return {}
    back: dict[int, bytes] = {}
    for number, block in zip(numbers, made, strict=True):
        length = int.from_bytes(block[:_LENGTH], "big")
        if number not in found and length <= min(MAX_SECTION, len(block) - _LENGTH):
            back[number] = block[_LENGTH : _LENGTH + length]
    return back
