# SPDX-License-Identifier: Apache-2.0
"""An erasure code over packets: ``m`` repair blocks bring back any ``m`` that are missing of ``k``.

Systematic Reed-Solomon with a Cauchy matrix over GF(256), polynomial 0x11D (Bloemer et al., "An XOR-based
erasure-resilient coding scheme", 1995): repair ``j`` is the sum of ``block[i] / ((255 - j) + i)``, sums being
exclusive ors. Any square part of a Cauchy matrix can be inverted, so any repairs do for any blocks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

MAX_BLOCKS: Final = 64
"""Blocks of a group."""

MAX_REPAIRS: Final = 16
"""Repair blocks of a group."""

_POLYNOMIAL: Final = 0x11D

Bytes = NDArray[np.uint8]


def _tables() -> tuple[Bytes, NDArray[np.int64]]:
    """Powers of 2 (twice around, so that sums of logarithms need no modulus), and logarithms."""
    power = np.zeros(510, np.uint8)
    log = np.zeros(256, np.int64)
    value = 1
    for exponent in range(255):
        power[exponent] = power[exponent + 255] = value
        log[value] = exponent
        value <<= 1
        if value > 255:
            value ^= _POLYNOMIAL
    return power, log


_POWER, _LOG = _tables()


def times(factor: int, block: Bytes) -> Bytes:
    """The product of a number with each byte of a block, in GF(256)."""
    if factor == 0:
        return np.zeros_like(block)
    product: Bytes = _POWER[_LOG[factor] + _LOG[block]]
    product[block == 0] = 0
    return product


def inverse(value: int) -> int:
    """The number whose product with ``value`` (not 0) is 1."""
    return int(_POWER[255 - _LOG[value]])


def weight(repair: int, block: int) -> int:
    """What block ``block`` counts in repair ``repair``."""
    return inverse((255 - repair) ^ block)


def repairs(blocks: Sequence[bytes], count: int) -> list[bytes]:
    """``count`` repair blocks (at most ``MAX_REPAIRS``) of at most ``MAX_BLOCKS`` blocks of any lengths.

    They are as long as the longest; shorter blocks count as if zeros followed.
    """
    padded = _padded(blocks, max(map(len, blocks), default=0))
    return [_sum(padded, [weight(j, i) for i in range(len(padded))]).tobytes() for j in range(count)]


def recovered(blocks: Sequence[bytes | None], found: Mapping[int, bytes]) -> list[bytes] | None:
    """All blocks, zeros after those that were missing (None); None if ``found`` repairs are too few.

    ``found`` has repairs by their number, all of one length.
    """
    missing = [number for number, block in enumerate(blocks) if block is None]
    if not missing:
        return [block for block in blocks if block is not None]
    if len(found) < len(missing):
        return None
    chosen = sorted(found)[: len(missing)]
    length = len(found[chosen[0]])
    padded = _padded([block or b"" for block in blocks], length)
    right = []
    for number in chosen:
        known = _sum(padded, [weight(number, i) for i in range(len(blocks))])
        right.append(known ^ np.frombuffer(found[number], np.uint8))
    solved = _solved([[weight(j, i) for i in missing] for j in chosen], right)
    made = list(blocks)
    for number, block in zip(missing, solved, strict=True):
        made[number] = block.tobytes()
    return [block for block in made if block is not None]


def _padded(blocks: Sequence[bytes], length: int) -> list[Bytes]:
    return [np.frombuffer(block[:length].ljust(length, b"\0"), np.uint8) for block in blocks]


def _sum(blocks: Sequence[Bytes], weights: Sequence[int]) -> Bytes:
    total = np.zeros(len(blocks[0]) if blocks else 0, np.uint8)
    for block, factor in zip(blocks, weights, strict=True):
        total ^= times(factor, block)
    return total


def _solved(matrix: list[list[int]], right: list[Bytes]) -> list[Bytes]:
    """The blocks whose sums with the rows of ``matrix`` are ``right`` (Gauss-Jordan)."""
    size = len(matrix)
    for column in range(size):
        pivot = next(row for row in range(column, size) if matrix[row][column])
        matrix[column], matrix[pivot] = matrix[pivot], matrix[column]
        right[column], right[pivot] = right[pivot], right[column]
        factor = inverse(matrix[column][column])
        matrix[column] = [_product(factor, value) for value in matrix[column]]
        right[column] = times(factor, right[column])
        for row in range(size):
            share = matrix[row][column]
            if row != column and share:
                matrix[row] = [
                    value ^ _product(share, pivoted)
                    for value, pivoted in zip(matrix[row], matrix[column], strict=True)
                ]
                right[row] = right[row] ^ times(share, right[column])
    return right


def _product(one: int, other: int) -> int:
    return int(_POWER[_LOG[one] + _LOG[other]]) if one and other else 0
