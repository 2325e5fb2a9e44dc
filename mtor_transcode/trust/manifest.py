# SPDX-License-Identifier: Apache-2.0
"""Manifests: which sections they sign, by which hashes; their bytes in SIGNATURE sections."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mtor_transcode.errors import TrustError

HASHES: Final = (8, 12, 16, 32)
"""Sizes that a unit's hash may have, in bytes."""

KEY_ID_BYTES: Final = 8
NONCE_BYTES: Final = 16
SIGNATURE_BYTES: Final = 64
MAX_SECTIONS: Final = 0xFFFF
"""Sections of one manifest."""

MAX_RUN: Final = 255
"""Sections of one unit."""

_FIRST, _NONCE, _LAST, _WHOLE, _RUNS, _REPAIRS = 4, 8, 16, 32, 64, 128
_LABEL: Final = b"mtor manifest v1\0"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What one signature covers: ``sections`` sections from the place ``first`` on, in units.

    ``runs`` counts each unit's sections (it sums to ``sections``), ``hashes`` has their truncated hashes;
    both are empty if ``whole``: the signature is then over the full hash of all the sections as one unit.
    ``repairs`` is the hash of the repairs between the sections, or empty. The first manifest of a film has
    the ``key_id`` of its signer and, if others follow, a ``nonce``; ``last`` ends the film.
    """

    first: int
    sections: int
    runs: tuple[int, ...] = ()
    hashes: tuple[bytes, ...] = ()
    repairs: bytes = b""
    key_id: bytes = b""
    nonce: bytes = b""
    last: bool = False

    @property
    def whole(self) -> bool:
        """Whether the sections can only be checked all together."""
        return not self.runs

    @property
    def end(self) -> int:
        """The place after the last section."""
        return self.first + self.sections

    def pack(self) -> bytes:
        """The bytes that are signed and written, without the signature."""
        size = len(self.hashes[0]) if self.hashes else HASHES[0]
        plain = len(self.runs) == self.sections
        flags = HASHES.index(size)
        flags |= _FIRST if self.key_id else 0
        flags |= _NONCE if self.nonce else 0
        flags |= _LAST if self.last else 0
        flags |= _WHOLE if self.whole else 0
        flags |= _RUNS if self.runs and not plain else 0
        flags |= _REPAIRS if self.repairs else 0
        out = bytes([flags]) + self.first.to_bytes(3, "big") + self.sections.to_bytes(2, "big")
        out += self.key_id + self.nonce
        if flags & _RUNS:
            out += len(self.runs).to_bytes(2, "big") + bytes(self.runs)
        return out + b"".join(self.hashes) + self.repairs

    def size(self, hash_bytes: int) -> int:
        """Bytes of the payload that this manifest will have once its hashes are there."""
        blank = bytes(hash_bytes)
        hashes = (blank,) * len(self.runs)
        filled = Manifest(
            self.first, self.sections, self.runs, hashes,
            blank if self.repairs else b"", self.key_id, self.nonce, self.last,
        )  # fmt: skip
        return len(filled.pack()) + SIGNATURE_BYTES


def message(film: bytes, packed: bytes, whole: bytes = b"") -> bytes:
    """What is signed: the film's id, a manifest, and the hash of its sections if it has no table."""
    return _LABEL + film + packed + whole


def parse(payload: bytes, where: str) -> tuple[Manifest, bytes, bytes]:
    """The manifest in a SIGNATURE section, the bytes of it that are signed, and the signature.

    Raises TrustError if the bytes are no manifest, or not as ``pack`` writes it.
    """
    signed, signature = payload[:-SIGNATURE_BYTES], payload[-SIGNATURE_BYTES:]
    if len(signed) < 6:
        raise damaged(where)
    flags = signed[0]
    rest = signed[6:]
    first, sections = int.from_bytes(signed[1:4], "big"), int.from_bytes(signed[4:6], "big")
    key_id, rest = _split(rest, KEY_ID_BYTES if flags & _FIRST else 0, where)
    nonce, rest = _split(rest, NONCE_BYTES if flags & _NONCE else 0, where)
    runs: tuple[int, ...] = () if flags & _WHOLE else (1,) * sections
    if flags & _RUNS:
        count, rest = _split(rest, 2, where)
        counts, rest = _split(rest, int.from_bytes(count, "big"), where)
        runs = tuple(counts)
    size = HASHES[flags & 3]
    table, rest = _split(rest, size * len(runs), where)
    repairs, rest = _split(rest, size if flags & _REPAIRS else 0, where)
    hashes = tuple(table[at : at + size] for at in range(0, len(table), size))
    found = Manifest(first, sections, runs, hashes, repairs, key_id, nonce, bool(flags & _LAST))
    right = sections > 0 and bool(key_id) == (first == 0) and (bool(key_id) or not nonce)
    if rest or not right or (runs and (0 in runs or sum(runs) != sections)) or found.pack() != signed:
        raise damaged(where)
    return found, signed, signature


def damaged(where: str) -> TrustError:
    """The error of what is no manifest."""
    return TrustError("the signature is damaged", where=where, remedy="fetch the film again")


def _split(data: bytes, count: int, where: str) -> tuple[bytes, bytes]:
    if len(data) < count:
        raise damaged(where)
    return data[:count], data[count:]
