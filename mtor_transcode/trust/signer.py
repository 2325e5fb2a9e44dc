# SPDX-License-Identifier: Apache-2.0
"""Signs the sections of a film."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256

from mtor_transcode.trust.keys import PrivateKey
from mtor_transcode.trust.leaves import SIGNATURE, film_id, leaf, unit
from mtor_transcode.trust.manifest import NONCE_BYTES, Manifest, message

Sections = Sequence[tuple[int, bytes]]
"""Kinds and payloads of a film's sections in order, the header first; signatures are blank."""


def with_opening(plans: Sequence[Manifest], key_id: bytes) -> list[Manifest]:
    """The plans with what the film's first manifest says, the nonce still blank (its size is right)."""
    nonce = bytes(NONCE_BYTES) if len(plans) > 1 else b""
    return [replace(plans[0], key_id=key_id, nonce=nonce), *plans[1:]]


def signed(sections: Sections, plans: Sequence[Manifest], key: PrivateKey, hash_bytes: int) -> list[bytes]:
    """The payloads of the SIGNATURE sections for ``plans`` (of ``with_opening``).

    The nonce is taken from the film itself, so the same film, key and plan give the same bytes.
    """
    nonce = _nonce(sections) if plans[0].nonce else b""
    film = film_id(key.public.raw, nonce, sections[0][1])
    leaves = [leaf(film, number, *section) for number, section in enumerate(sections)]
    opened = [replace(plans[0], nonce=nonce), *plans[1:]]
    return [sign_manifest(film, each, leaves[each.first : each.end], key, hash_bytes) for each in opened]


def sign_manifest(
    film: bytes, plan: Manifest, leaves: Sequence[bytes], key: PrivateKey, hash_bytes: int
) -> bytes:
    """The payload of one SIGNATURE section; ``leaves`` are those of the sections that ``plan`` covers."""

    def of(numbers: Sequence[int]) -> bytes:
        return unit(leaves[number - plan.first] for number in numbers)

    mending = plan.repair_numbers()
    units = [numbers for run, (numbers, _) in zip(plan.runs, plan.units(), strict=False) if run]
    hashes = tuple(of(numbers)[:hash_bytes] for numbers in units)
    whole = of(range(plan.first, plan.end)) if plan.whole else b""
    repairs = of(mending)[:hash_bytes] if mending else b""
    packed = replace(plan, hashes=hashes, repairs=repairs).pack()
    return packed + key.sign(message(film, packed, whole))


def _nonce(sections: Sections) -> bytes:
    whole = sha256(b"mtor nonce v1\0")
    for kind, payload in sections:
        if kind != SIGNATURE:
            whole.update(bytes([kind]) + len(payload).to_bytes(4, "big") + payload)
    return whole.digest()[:NONCE_BYTES]
