# SPDX-License-Identifier: Apache-2.0
"""AV1 in the low-overhead format, as far as a container must know it: units, shown pictures, their size.

After the AV1 specification (AOMedia, version 1.0.0 with errata 1): 5.3 (OBU header), 4.10.5 (leb128),
5.5 (sequence header), 5.9 (the first bits of a frame header).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mtor_transcode.errors import FormatError

SEQUENCE, DELIMITER, FRAME_HEADER, TILE_GROUP, FRAME = 1, 2, 3, 4, 6
_KEPT = frozenset({SEQUENCE, FRAME_HEADER, TILE_GROUP, FRAME})
_LEB128 = 8


@dataclass(frozen=True, slots=True)
class Unit:
    """An OBU: its type, all of its bytes, and where in them the payload begins."""

    kind: int
    data: bytes
    payload: int


@dataclass(frozen=True, slots=True)
class Sequence:
    """What a sequence header says: largest size in px, whether the codes are 8 bit 4:2:0, still pictures."""

    width: int
    height: int
    plain: bool
    reduced: bool


class _Bits:
    """The bits of some bytes, the highest first; zeros past the end."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data, "big")
        self._left = 8 * len(data)

    def take(self, count: int) -> int:
        self._left -= count
        if self._left < 0:
            raise FormatError("a sequence header of AV1 ends too early")
        return self._value >> self._left & ((1 << count) - 1)

    def uvlc(self) -> None:
        zeros = 0
        while not self.take(1):
            zeros += 1
        if zeros < 32:
            self.take(zeros)


def units(data: bytes) -> Iterator[Unit]:
    """The OBUs of ``data``, all of which must have a size. Raises FormatError."""
    place = 0
    while place < len(data):
        head = data[place]
        if head & 0x80 or not head & 0x02:
            raise FormatError("an OBU of AV1 has no size")
        begin = place + 2 if head & 0x04 else place + 1
        size = 0
        for count in range(_LEB128):
            if begin >= len(data):
                raise FormatError("an OBU of AV1 ends too early")
            byte = data[begin]
            begin += 1
            size |= (byte & 0x7F) << (7 * count)
            if byte < 0x80:
                break
        if begin + size > len(data):
            raise FormatError("an OBU of AV1 ends too early")
        yield Unit(head >> 3 & 15, data[place : begin + size], begin - place)
        place = begin + size


def stripped(packet: bytes) -> bytes:
    """A packet of an encoder with nothing but sequence headers and frames."""
    return b"".join(unit.data for unit in units(packet) if unit.kind in _KEPT)


def read_sequence(unit: Unit) -> Sequence:
    """What a sequence header says. Raises FormatError."""
    bits = _Bits(unit.data[unit.payload :])
    profile = bits.take(3)
    bits.take(1)
    reduced = bool(bits.take(1))
    if reduced:
        bits.take(5)
    else:
        _operating_points(bits)
    across, down = bits.take(4) + 1, bits.take(4) + 1
    width, height = bits.take(across) + 1, bits.take(down) + 1
    if not reduced and bits.take(1):
        bits.take(7)
    bits.take(3)
    if not reduced:
        _tools(bits)
    bits.take(3)
    deep, mono = bits.take(1), bits.take(1)
    return Sequence(width, height, profile == 0 and not deep and not mono, reduced)


def _operating_points(bits: _Bits) -> None:
    """Timing and operating points of a sequence header (5.5.1)."""
    model = 0
    delays = 0
    if bits.take(1):
        bits.take(64)
        if bits.take(1):
            bits.uvlc()
        model = bits.take(1)
        if model:
            delays = bits.take(5) + 1
            bits.take(42)
    display = bits.take(1)
    for _ in range(bits.take(5) + 1):
        bits.take(12)
        if bits.take(5) > 7:
            bits.take(1)
        if model and bits.take(1):
            bits.take(2 * delays + 1)
        if display and bits.take(1):
            bits.take(4)


def _tools(bits: _Bits) -> None:
    """Which coding tools a sequence uses (5.5.1)."""
    bits.take(4)
    ordered = bits.take(1)
    if ordered:
        bits.take(2)
    forced = 1 if bits.take(1) else bits.take(1)
    if forced and not bits.take(1):
        bits.take(1)
    if ordered:
        bits.take(3)


def pictures(data: bytes) -> list[bytes]:
    """The units of each shown picture, in order; the first has the sequence header. Raises FormatError."""
    found: list[bytes] = []
    part = bytearray()
    shown = False
    reduced = False
    for number, unit in enumerate(units(data)):
        if (unit.kind == SEQUENCE) != (number == 0) or unit.kind not in _KEPT:
            raise FormatError("a texture is not one sequence of AV1")
        if unit.kind == SEQUENCE:
            reduced = read_sequence(unit).reduced
        if unit.kind in (FRAME_HEADER, FRAME):
            if shown:
                found.append(bytes(part))
                part.clear()
            shown = _is_shown(unit, reduced)
        part += unit.data
    if not shown:
        raise FormatError("a texture ends with a picture that is not shown")
    return [*found, bytes(part)]


def beginning(data: bytes) -> bytes:
    """The whole pictures at the beginning of a texture whose end is missing; empty if there is none."""
    whole = bytearray()
    part = bytearray()
    shown = reduced = False
    try:
        for unit in units(data):
            if unit.kind == SEQUENCE:
                reduced = read_sequence(unit).reduced
            if unit.kind in (FRAME_HEADER, FRAME):
                if shown:
                    whole += part
                    part.clear()
                shown = _is_shown(unit, reduced)
            part += unit.data
    except FormatError:
        pass  # the cut
    return bytes(whole)


def _is_shown(unit: Unit, reduced: bool) -> bool:
    if reduced:
        return True
    if unit.payload >= len(unit.data):
        raise FormatError("a frame of AV1 is empty")
    first = unit.data[unit.payload]
    return bool(first & 0x80 or first & 0x10)
