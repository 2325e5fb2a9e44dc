# SPDX-License-Identifier: Apache-2.0
"""What is hashed: sections bound to their film and number, and units of them.

Every hash starts with its own label, so that no hash of one sort can stand for one of another. The number
is in the hash, so that a forger has to hit one hash and not any of a film's (no gain from many targets).
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import Final

SIGNATURE: Final = 0x41
"""Kind of the sections that hold manifests. Has the bit 0x40: readers that know no signatures skip it."""

SEALED_MAGIC: Final = b"MTOS"
"""What sealed films start with, instead of ``MTOR``."""

HEADER: Final = 1
REPAIR: Final = 11
"""Kinds of ``docs/format.md`` that signatures treat apart: the first section, and repairs of lost packets."""

ID_BYTES: Final = 16
"""Bytes of a film's id."""

_FILM: Final = b"mtor film v1\0"
_SECTION: Final = b"mtor section v1\0"
_UNIT: Final = b"mtor unit v1\0"


def film_id(public: bytes, nonce: bytes, header: bytes) -> bytes:
    """The id that a film's signatures are bound to: of its signer, its nonce and its header's payload."""
    return sha256(_FILM + public + nonce + sha256(header).digest()).digest()[:ID_BYTES]


def leaf(film: bytes, number: int, kind: int, payload: bytes) -> bytes:
    """The hash of a section (32 bytes). ``number`` is its place in the file, the header's being 0."""
    head = number.to_bytes(4, "big") + bytes([kind]) + len(payload).to_bytes(4, "big")
    return sha256(_SECTION + film + head + payload).digest()


def unit(leaves: Iterable[bytes]) -> bytes:
    """The hash of a unit (32 bytes), of the leaves of its sections in order."""
    return sha256(_UNIT + b"".join(leaves)).digest()
