# SPDX-License-Identifier: Apache-2.0
"""Fragments: textures of films in packets, cut into packets. What comes up to the first gap is of use."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from mtor_transcode.codec.fields import Payload, varint
from mtor_transcode.codec.limits import MAX_SECTION, MAX_TEXTURES
from mtor_transcode.codec.packets import MAX_PACKETS, PACKET_BYTES

_FRAME: Final = 20
"""Bytes at most, about, of a fragment's section and plain fields."""


@dataclass(frozen=True, slots=True)
class Fragment:
    """Packet ``number`` of the film: piece ``place`` of ``count`` of the texture ``texture``."""

    number: int
    texture: int
    place: int
    count: int

    def write(self, data: bytes) -> bytes:
        """Returns the payload."""
        return b"".join(map(varint, (self.number, self.texture, self.place, self.count))) + data


def read_fragment(payload: Payload) -> Fragment:
    """Returns the plain fields at the start of a fragment; its data are the rest. Raises FormatError."""
    number = payload.varint(MAX_PACKETS, "number of a packet")
    texture = payload.varint(MAX_TEXTURES, "id of a texture")
    place = payload.varint(MAX_SECTION, "place of a fragment")
    count = payload.varint(MAX_SECTION, "number of fragments")
    if place >= count:
        raise payload.damaged(f"it is fragment {place} of {count}")
    return Fragment(number, texture, place, count)


def fragments(number: int, texture: int, data: bytes) -> Iterator[bytes]:
    """Yields the payloads of the fragments of a texture's section payload, numbered from ``number`` on."""
    size = PACKET_BYTES - _FRAME
    count = -(-len(data) // size)
    for place in range(count):
        fragment = Fragment(number + place, texture, place, count)
        yield fragment.write(data[place * size : (place + 1) * size])
