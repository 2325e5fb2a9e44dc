# SPDX-License-Identifier: Apache-2.0
"""Parts of the browser's decoder, each alone: the range coder's vectors, SHA-256, deflated data."""

from __future__ import annotations

import hashlib
import json
import random
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from player_node import Node

VECTORS = Path(__file__).parent / "golden"
MOST = 40_000


@pytest.fixture(scope="module")
def parts() -> Iterator[Node]:
    """The decoder's parts in node."""
    made = Node("parts.mjs")
    yield made
    made.close()


def _vector(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))
    return found


def test_bins(parts: Node) -> None:
    vector = _vector("range_coder")
    read = parts.ask(what="bins", bytes=vector["bytes"], contexts=[context for context, _ in vector["bins"]])
    assert [value for value, _ in read] == [value for _, value in vector["bins"]]
    assert {raw for _, raw in read} == {None, 148 % 64}


def test_numbers(parts: Node) -> None:
    vector = _vector("binarisations")
    told = [vector[name] for name in ("numbers_at_0", "signed_at_40", "trees_at_82")]
    counts = dict(zip(("numbers", "signed", "trees"), map(len, told), strict=True))
    assert parts.ask(what="numbers", bytes=vector["bytes"], **counts) == told


def test_sha256(parts: Node) -> None:
    """All lengths around the ends of blocks."""
    chance = random.Random(1)
    for size in [*range(130), 1000, 100_001]:
        data = chance.randbytes(size)
        assert parts.ask(what="sha256", bytes=data.hex()) == hashlib.sha256(data).hexdigest()


def _deflated(data: bytes, level: int, strategy: int) -> bytes:
    packer = zlib.compressobj(level, zlib.DEFLATED, -15, 8, strategy)
    return packer.compress(data) + packer.flush()


def _inflated(data: bytes) -> str | None:
    """What zlib makes of the data: None if they are damaged, cut, or come to more than ``MOST``."""
    unpacker = zlib.decompressobj(-15)
    try:
        plain = unpacker.decompress(data, MOST)
    except zlib.error:
        return None
    return None if unpacker.unconsumed_tail or not unpacker.eof else plain.hex()


def _plain_texts() -> list[bytes]:
    chance = random.Random(2)
    words = [chance.randbytes(chance.randint(1, 9)) for _ in range(40)]
    text = b" ".join(chance.choice(words) for _ in range(2000))
    return [b"", b"a", bytes(30_000), chance.randbytes(3000), text, "Zürich, 12. März\n".encode() * 50]


@pytest.mark.parametrize("strategy", [zlib.Z_DEFAULT_STRATEGY, zlib.Z_FIXED, zlib.Z_HUFFMAN_ONLY])
def test_inflate(parts: Node, strategy: int) -> None:
    """Stored, fixed and dynamic blocks; then cut and damaged: the same verdict as zlib's."""
    chance = random.Random(strategy)
    refused = read = 0
    for data in _plain_texts():
        for level in (0, 1, 9):
            packed = _deflated(data, level, strategy)
            assert parts.ask(what="inflate", bytes=packed.hex(), most=MOST) == data.hex()
            for _ in range(12):
                hurt = bytearray(packed)
                place = chance.randrange(len(hurt))
                hurt[place] ^= 1 << chance.randrange(8)
                if chance.random() < 0.2:
                    del hurt[place:]
                expected = _inflated(bytes(hurt))
                assert parts.ask(what="inflate", bytes=bytes(hurt).hex(), most=MOST) == expected
                refused += expected is None
                read += expected is not None
    assert refused > 20
    assert read > 20


def test_inflate_stops(parts: Node) -> None:
    """A bomb is refused when it comes to more than was allowed."""
    packed = _deflated(bytes(10_000_000), 9, zlib.Z_DEFAULT_STRATEGY)
    assert parts.ask(what="inflate", bytes=packed.hex(), most=1 << 20) is None
