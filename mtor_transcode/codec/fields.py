# SPDX-License-Identifier: Apache-2.0
"""Plain fields of a payload: variable-length integers, strings, ratios."""

from __future__ import annotations

from fractions import Fraction

from mtor_transcode.codec.limits import MAX_RATIO, MAX_TEXT
from mtor_transcode.errors import FormatError

_LONGEST = 8


def varint(value: int) -> bytes:
    """Returns ``value`` (0 .. 2**53) as groups of 7 bits, the lowest first.

    The high bit of a byte says that another follows.
    """
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def zigzag(value: int) -> bytes:
    """Returns a signed number as the varint of 0, -1, 1, -2, 2 ... counted from 0."""
    return varint(2 * value if value >= 0 else -2 * value - 1)


def text(value: str) -> bytes:
    """Returns a string as the length of its UTF-8 bytes and these."""
    data = value.encode()
    return varint(len(data)) + data


def ratio(value: Fraction) -> bytes:
    """Returns numerator and denominator."""
    return varint(value.numerator) + varint(value.denominator)


class Payload:
    """Reads plain fields of a section's payload; ``where`` names the section in errors."""

    def __init__(self, data: bytes, where: str) -> None:
        self.data = data
        self.where = where
        self.place = 0

    def damaged(self, what: str) -> FormatError:
        """Returns the error to raise for impossible data."""
        return FormatError(what, where=self.where, remedy="the file is damaged; fetch or transcode it again")

    def varint(self, most: int, what: str = "number") -> int:
        """Returns a variable-length integer; more than ``most`` is an error."""
        value = 0
        for count in range(_LONGEST):
            if self.place >= len(self.data):
                raise self.damaged(f"ends inside a {what}")
            byte = self.data[self.place]
            self.place += 1
            value |= (byte & 0x7F) << (7 * count)
            if byte < 0x80:
                if value > most:
                    raise self.damaged(f"{what} {value} is too large")
                return value
        raise self.damaged(f"{what} is too long")

    def zigzag(self, most: int, what: str = "number") -> int:
        """Returns a signed integer of at most ``most`` in magnitude."""
        value = self.varint(2 * most, what)
        return -(value + 1) // 2 if value & 1 else value // 2

    def take(self, count: int, what: str = "field") -> bytes:
        """Returns the next ``count`` bytes."""
        if self.place + count > len(self.data):
            raise self.damaged(f"ends inside a {what}")
        self.place += count
        return self.data[self.place - count : self.place]

    def text(self, what: str = "text") -> str:
        """Returns a string."""
        data = self.take(self.varint(MAX_TEXT, f"length of a {what}"), what)
        try:
            return data.decode()
        except UnicodeDecodeError:
            raise self.damaged(f"{what} is not UTF-8") from None

    def ratio(self, what: str = "ratio") -> Fraction:
        """Returns a positive fraction."""
        numerator = self.varint(MAX_RATIO, what)
        denominator = self.varint(MAX_RATIO, what)
        if not numerator or not denominator:
            raise self.damaged(f"{what} is not positive")
        return Fraction(numerator, denominator)

    def rest(self) -> bytes:
        """Returns all that is left."""
        return self.take(len(self.data) - self.place)
