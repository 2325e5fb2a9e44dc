# SPDX-License-Identifier: Apache-2.0
"""Signed films and their keys for the tests."""

from __future__ import annotations

import io
from functools import cache

from busy_films import busy_film
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from memory_films import write_film
from packet_films import write_packets

from mtor_transcode.api.signing import sign_bytes
from mtor_transcode.codec.signing import Parts, take_apart
from mtor_transcode.trust.guard import Guard
from mtor_transcode.trust.keys import PrivateKey
from mtor_transcode.trust.leaves import REPAIR, SIGNATURE


def key_of(seed: int) -> PrivateKey:
    """A signing key that is always the same."""
    return PrivateKey("signing", Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32))


KEY, OTHER = key_of(1), key_of(2)


def sign(data: bytes, key: PrivateKey = KEY, hash_bytes: int = 12) -> bytes:
    return sign_bytes(data, key, hash_bytes)[0]


@cache
def plain(scenes: int = 16) -> bytes:
    """An unsigned film of some kB."""
    return write_film(busy_film(scenes))[0]


@cache
def in_packets(level: int = 10, scenes: int = 12) -> bytes:
    """An unsigned film in packets, with repairs."""
    return write_packets(busy_film(scenes), level)[0]


def parts_of(data: bytes) -> Parts:
    return take_apart(io.BytesIO(data), "film")


def opened(parts: Parts, key: PrivateKey = KEY) -> Guard:
    """A guard that has the header and the first signature."""
    return Guard([key.public], parts[0][1], parts[1][1])


def placed(parts: Parts) -> list[tuple[int, int, bytes]]:
    """Place, kind and payload of all numbered sections but the header."""
    numbered = [part for part in parts if part[0] not in (SIGNATURE, REPAIR)]
    return [(place, kind, payload) for place, (kind, payload) in enumerate(numbered)][1:]


def manifests(parts: Parts) -> list[bytes]:
    return [payload for kind, payload in parts if kind == SIGNATURE]
