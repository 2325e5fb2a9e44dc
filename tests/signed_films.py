# SPDX-License-Identifier: Apache-2.0
"""Signed films and their keys for the tests."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from busy_films import busy_film
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from memory_films import write_film
from packet_films import write_packets

from mtor_transcode.api.signing import sign_bytes
from mtor_transcode.cli import entry
from mtor_transcode.codec.signing import Parts, take_apart
from mtor_transcode.trust.guard import Guard
from mtor_transcode.trust.keys import PrivateKey
from mtor_transcode.trust.leaves import REPAIR, SIGNATURE

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs ``mtor`` in this process: a dozen of interpreters would take half a minute."""

    def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        monkeypatch.setattr(sys, "argv", ["mtor", *map(str, arguments)])
        code = entry._run()
        said = capsys.readouterr()
        return subprocess.CompletedProcess(arguments, code, said.out, said.err)

    return run


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


def numbered(parts: Parts) -> list[tuple[int, int, bytes]]:
    """Number, kind and payload of all sections but the header, signatures and repairs."""
    return [
        (number, *part) for number, part in enumerate(parts) if number and part[0] not in (SIGNATURE, REPAIR)
    ]


def signatures(parts: Parts) -> list[tuple[int, bytes]]:
    """Number and payload of all signatures."""
    return [(number, payload) for number, (kind, payload) in enumerate(parts) if kind == SIGNATURE]
