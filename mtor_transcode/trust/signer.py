# SPDX-License-Identifier: Apache-2.0
"""Signs the sections of a film."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256

from mtor_transcode.trust.keys import PrivateKey
from mtor_transcode.trust.leaves import REPAIR, film_id, leaf, unit
from mtor_transcode.trust.manifest import NONCE_BYTES, Manifest, message

Sections = Sequence[tuple[int, bytes]]
"""Kinds and payloads of a film's sections in order, the header first, without signatures."""


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
    leaves, repairs = _leaves(film, sections)
    opened = [replace(plans[0], nonce=nonce), *plans[1:]]
    return [_payload(film, each, leaves, repairs, key, hash_bytes) for each in opened]


def _payload(
    film: bytes,
    plan: Manifest,
    leaves: Sequence[bytes],
    repairs: dict[int, list[bytes]],
    key: PrivateKey,
    hash_bytes: int,
) -> bytes:
    whole = unit(leaves[plan.first : plan.end]) if plan.whole else b""
    hashes: list[bytes] = []
    at = plan.first
    for run in plan.runs:
        hashes.append(unit(leaves[at : at + run])[:hash_bytes])
        at += run
    own = [each for place in range(plan.first + 1, plan.end + 1) for each in repairs.get(place, ())]
    mended = unit(own)[:hash_bytes] if own else b""
    packed = replace(plan, hashes=tuple(hashes), repairs=mended).pack()
    return packed + key.sign(message(film, packed, whole))


def _leaves(film: bytes, sections: Sections) -> tuple[list[bytes], dict[int, list[bytes]]]:
    """The leaves of sections by their places, and of repairs by the place that follows them."""
    leaves: list[bytes] = []
    repairs: dict[int, list[bytes]] = {}
    for kind, payload in sections:
        digest = leaf(film, len(leaves), kind, payload)
        if kind == REPAIR:
            repairs.setdefault(len(leaves), []).append(digest)
        else:
            leaves.append(digest)
    return leaves, repairs


def _nonce(sections: Sections) -> bytes:
    whole = sha256(b"mtor nonce v1\0")
    for kind, payload in sections:
        whole.update(bytes([kind]) + len(payload).to_bytes(4, "big") + payload)
    return whole.digest()[:NONCE_BYTES]
