# SPDX-License-Identifier: Apache-2.0
"""Numbers as bins: adaptive Elias-gamma numbers, signed numbers, small trees.

A *number* v in 0 .. 2**32 - 1 is the gamma code of v + 1 = 2**n + rest: n ones and a zero, each with its own
context, then the n bits of rest, the two highest adaptive, the others raw. It takes a group of 40 contexts
(``contexts.NUMBER``): 16 for the prefix, then 3 for each n of 1 .. 8 (larger n share the last).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from mtor_transcode.codec.contexts import NUMBER
from mtor_transcode.codec.writers import Bins, Reader, Writer

_PREFIX: Final = 16
_LENGTHS: Final = 8
_LONGEST: Final = 32


def write_number(writer: Writer, context: int, value: int) -> None:
    """Writes ``value`` (0 .. 2**32 - 1) with the ``NUMBER`` contexts from ``context`` on."""
    bins, rest = _bins_of(value)
    writer.several(context, bins)
    if rest:
        _write_raw(writer, value + 1, rest)


@lru_cache(maxsize=4096)
def _bins_of(value: int) -> tuple[Bins, int]:
    """The adaptive bins of a number, and how many raw ones follow."""
    value += 1
    length = value.bit_length() - 1
    bins = [(min(place, _PREFIX - 1), 1) for place in range(length)]
    if length < _LONGEST:
        bins.append((min(length, _PREFIX - 1), 0))
    if length:
        top = _PREFIX + 3 * (min(length, _LENGTHS) - 1)
        high = value >> (length - 1) & 1
        bins.append((top, high))
        if length > 1:
            bins.append((top + 1 + high, value >> (length - 2) & 1))
    return tuple(bins), max(length - 2, 0)


def read_number(reader: Reader, context: int) -> int:
    """Returns a value that ``write_number`` wrote."""
    length = 0
    while length < _LONGEST and reader.bit(context + (length if length < _PREFIX else _PREFIX - 1)):
        length += 1
    value = 1
    if length:
        top = context + _PREFIX + 3 * ((length if length < _LENGTHS else _LENGTHS) - 1)
        high = reader.bit(top)
        value = 2 + high
        if length > 1:
            value = 2 * value + reader.bit(top + 1 + high)
            value = (value << (length - 2)) + _read_raw(reader, length - 2)
    return value - 1


def _write_raw(writer: Writer, value: int, count: int) -> None:
    """Writes the ``count`` lowest bits of ``value``, at most 16 a call, the highest first."""
    while count > 0:
        part = min(count, 16)
        count -= part
        writer.raw(value >> count & ((1 << part) - 1), part)


def _read_raw(reader: Reader, count: int) -> int:
    value = 0
    while count > 0:
        part = min(count, 16)
        count -= part
        value = (value << part) + reader.raw(part)
    return value


def write_signed(writer: Writer, context: int, value: int) -> None:
    """Writes ``value`` with ``SIGNED`` contexts: is it 0, is it negative, its magnitude less 1."""
    write_split(writer, (context, context + 1, context + 2), value)


def read_signed(reader: Reader, context: int) -> int:
    """Returns a value that ``write_signed`` wrote."""
    return read_split(reader, (context, context + 1, context + 2))


def write_split(writer: Writer, contexts: tuple[int, int, int], value: int) -> None:
    """Writes a signed number whose parts (is it 0, is it negative, magnitude less 1) have contexts apart."""
    writer.bit(contexts[0], value != 0)
    if value:
        writer.bit(contexts[1], value < 0)
        write_number(writer, contexts[2], abs(value) - 1)


def read_split(reader: Reader, contexts: tuple[int, int, int]) -> int:
    """Returns a value that ``write_split`` wrote."""
    if not reader.bit(contexts[0]):
        return 0
    negative = reader.bit(contexts[1])
    magnitude = read_number(reader, contexts[2]) + 1
    return -magnitude if negative else magnitude


def write_tree(writer: Writer, context: int, value: int, count: int) -> None:
    """Writes the ``count`` bits of ``value``, the highest first, each in the context of those before it.

    Takes 2**count - 1 contexts: node 1 is the root, node k has the children 2k and 2k + 1.
    """
    writer.several(context, _path_of(value, count))


@lru_cache(maxsize=4096)
def _path_of(value: int, count: int) -> Bins:
    """The bins from a tree's root to a leaf."""
    value &= (1 << count) - 1
    bits = [value >> place & 1 for place in range(count - 1, -1, -1)]
    nodes = [(1 << place) + (value >> (count - place)) for place in range(count)]
    return tuple((node - 1, bit) for node, bit in zip(nodes, bits, strict=True))


def read_tree(reader: Reader, context: int, count: int) -> int:
    """Returns a value that ``write_tree`` wrote."""
    node = 1
    for _ in range(count):
        node = 2 * node + reader.bit(context + node - 1)
    return node - (1 << count)


assert NUMBER == _PREFIX + 3 * _LENGTHS
