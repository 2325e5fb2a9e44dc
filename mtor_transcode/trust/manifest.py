# SPDX-License-Identifier: Apache-2.0
"""Manifests: which sections they sign, by which hashes; their bytes in SIGNATURE sections."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
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

FIRST_NUMBER: Final = 2
"""Number of the first section that is signed: 0 is the header, 1 the first signature."""

_FIRST, _NONCE, _LAST, _WHOLE, _RUNS = 4, 8, 16, 32, 64
_LABEL: Final = b"mtor manifest v1\0"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What one signature covers: ``sections`` sections from number ``first`` on, in units.

    ``runs`` counts each unit's sections (0: a repair, which is in no unit), ``hashes`` has the units'
    truncated hashes; both are empty if ``whole``: the signature is then over the full hash of all the
    sections as one unit. ``repairs`` is the hash of all the repairs, or empty. The first manifest of a film
    has the ``key_id`` of its signer and, if others follow, a ``nonce``; ``last`` ends the film.
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
        """The number after the last section's."""
        return self.first + self.sections

    def units(self) -> Iterator[tuple[range, bytes]]:
        """The numbers of each unit's sections and the unit's hash (empty for a repair, and if ``whole``)."""
        if self.whole:
            yield range(self.first, self.end), b""
        hashes = iter(self.hashes)
        at = self.first
        for run in self.runs:
            yield range(at, at + max(run, 1)), next(hashes, b"") if run else b""
            at += max(run, 1)

    def repair_numbers(self) -> list[int]:
        """The numbers of the repairs."""
        return [numbers[0] for run, (numbers, _) in zip(self.runs, self.units(), strict=False) if not run]

    def pack(self) -> bytes:
        """The bytes that are signed and written, without the signature."""
        size = len(self.hashes[0]) if self.hashes else HASHES[0]
        flags = HASHES.index(size)
        flags |= _FIRST if self.key_id else 0
        flags |= _NONCE if self.nonce else 0
        flags |= _LAST if self.last else 0
        flags |= _WHOLE if self.whole else 0
        flags |= _RUNS if any(run != 1 for run in self.runs) else 0
        out = bytes([flags]) + self.first.to_bytes(3, "big") + self.sections.to_bytes(2, "big")
        out += self.key_id + self.nonce
        if flags & _RUNS:
            out += len(self.runs).to_bytes(2, "big") + bytes(self.runs)
        return out + b"".join(self.hashes) + self.repairs

    def size(self, hash_bytes: int) -> int:
        """Bytes of the payload that this manifest will have once its hashes are there."""
        blank = bytes(hash_bytes)
        hashes = (blank,) * sum(run > 0 for run in self.runs)
        repairs = blank if 0 in self.runs else b""
        return len(replace(self, hashes=hashes, repairs=repairs).pack()) + SIGNATURE_BYTES


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
    table, rest = _split(rest, size * sum(run > 0 for run in runs), where)
    repairs, rest = _split(rest, size if 0 in runs else 0, where)
    hashes = tuple(table[at : at + size] for at in range(0, len(table), size))
    found = Manifest(first, sections, runs, hashes, repairs, key_id, nonce, bool(flags & _LAST))
    if rest or not _sound(found) or found.pack() != signed:
        raise damaged(where)
    return found, signed, signature


def _sound(found: Manifest) -> bool:
    """Whether what a manifest says fits together."""
    opens = bool(found.key_id)
    counted = found.whole or (sum(max(run, 1) for run in found.runs) == found.sections and bool(found.hashes))
    return (
        counted
        and (found.first == FIRST_NUMBER if opens else found.first >= FIRST_NUMBER)
        and (opens or not found.nonce)
        and (found.sections > 0 or opens)
    )


def damaged(where: str) -> TrustError:
    """The error of what is no manifest."""
    return TrustError("the signature is damaged", where=where, remedy="fetch the film again")


def _split(data: bytes, count: int, where: str) -> tuple[bytes, bytes]:
    if len(data) < count:
        raise damaged(where)
    return data[:count], data[count:]
