# SPDX-License-Identifier: Apache-2.0
"""What is said over the socket besides the film itself (``docs/wire.md``): strict, small, typed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from mtor_transcode.codec.fields import varint

BINARY: Final = "mtor.v1+bin"
JSON: Final = "mtor.v1+json"
PROTOCOLS: Final = (BINARY, JSON)

MOST_BYTES: Final = 4096
"""Bytes of a client's message."""

PART: Final = 1200
"""Bytes of a section in one message: larger ones come in parts, so that all takes its turn on a slow link."""

Tick = Annotated[int, Meta(ge=0, le=2**48)]
Number = Annotated[int, Meta(ge=0, le=2**20)]
Key = Annotated[str, Meta(pattern=r"^(live-)?[0-9a-f]{64}$")]
Ranges = Annotated[list[tuple[Number, Number]], Meta(max_length=128)]


class Play(msgspec.Struct, tag="play", tag_field="type", forbid_unknown_fields=True):
    """Send the film from tick ``at`` on, until ``ahead`` seconds beyond where the client is.

    ``rate`` (bit/s) bounds what is sent; ``have`` are ranges of sections (first, last) that the client holds;
    with ``repairs`` repairs are sent, too.
    """

    film: Key
    at: Tick = 0
    rate: Annotated[float, Meta(ge=1000, le=1e9)] | None = None
    ahead: Annotated[float, Meta(ge=1, le=600)] = 30.0
    repairs: bool = False
    have: Ranges = []


class At(msgspec.Struct, tag="at", tag_field="type", forbid_unknown_fields=True):
    """Where the client is, whether its time runs and how fast, and the last message that came to it."""

    tick: Tick
    playing: bool = False
    speed: Annotated[float, Meta(ge=0, le=16)] = 1.0
    got: Annotated[int, Meta(ge=-1, le=2**48)] = -1


class Want(msgspec.Struct, tag="want", tag_field="type", forbid_unknown_fields=True):
    """Send these sections (first, last) again, and these parts of sections (number, from, to in bytes)."""

    sections: Ranges = []
    parts: Annotated[list[tuple[Number, Number, Number]], Meta(max_length=128)] = []


class Stop(msgspec.Struct, tag="stop", tag_field="type", forbid_unknown_fields=True):
    """Send no more of the film."""


Request = Play | At | Want | Stop

_DECODER: Final = msgspec.json.Decoder(Play | At | Want | Stop)
_ENCODER: Final = msgspec.json.Encoder()


def read_request(text: str) -> Request:
    """A client's message. Raises ValueError for anything that is none."""
    try:
        request: Request = _DECODER.decode(text)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise ValueError(str(error)) from None
    return request


def told(kind: str, **fields: Any) -> str:
    """A message of the server."""
    return _ENCODER.encode({"type": kind, **fields}).decode()


def parted(
    number: int, section: bytes, start: int = 0, stop: int | None = None
) -> Iterator[tuple[int, bytes]]:
    """Cuts a section, or its bytes from ``start`` to ``stop``, into parts: number, place, bytes."""
    end = len(section) if stop is None else min(stop, len(section))
    for place in range(start, end, PART):
        yield place, section[place : min(place + PART, end)]


def part_message(number: int, message: int, back: int, place: int, data: bytes) -> bytes:
    """A binary message: number of the section, count of the message, ``Piece.back``, place, bytes."""
    return varint(number) + bytes([message & 0xFF]) + varint(back) + varint(place) + data
