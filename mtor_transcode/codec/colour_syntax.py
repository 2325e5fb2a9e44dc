# SPDX-License-Identifier: Apache-2.0
"""Differences of colours: Y, then Cb in the light of Y, then Cr in the light of Cb.

Where one channel changes, the next one tends to change too, and its sign follows. A group of ``COLOUR``
contexts holds 8 for "is it 0", 7 for signs, and 8 groups for magnitudes.
"""

from __future__ import annotations

from typing import Final

from mtor_transcode.codec.binarise import read_split, write_split
from mtor_transcode.codec.contexts import NUMBER
from mtor_transcode.codec.writers import Reader, Writer
from mtor_transcode.model import Colour

_SIGN: Final = 8
_MAGNITUDE: Final = 15


def write_difference(writer: Writer, context: int, colour: Colour, other: Colour) -> None:
    """Writes ``colour`` as its difference from ``other``, with ``COLOUR`` contexts from ``context`` on."""
    before = 0
    for channel in range(3):
        difference = colour[channel] - other[channel]
        write_split(writer, _contexts(context, channel, before), difference)
        before = difference


def read_difference(reader: Reader, context: int, other: Colour) -> Colour:
    """Returns a colour that ``write_difference`` wrote."""
    before = 0
    codes: list[int] = []
    for channel in range(3):
        before = read_split(reader, _contexts(context, channel, before))
        code = other[channel] + before
        if not 0 <= code <= 255:
            raise reader.damaged("a colour is out of range")
        codes.append(code)
    return codes[0], codes[1], codes[2]


def _contexts(context: int, channel: int, before: int) -> tuple[int, int, int]:
    """Contexts of a channel's difference; ``before`` is that of the channel before."""
    if channel == 0:
        return context, context + _SIGN, context + _MAGNITUDE
    size = abs(before).bit_length()
    known = 1 + min(size // 2, 2) if channel == 1 else 4 + min(size, 3)
    sign = 3 * channel - 2 + (before > 0) - (before < 0) + 1
    return context + known, context + _SIGN + sign, context + _MAGNITUDE + NUMBER * known
