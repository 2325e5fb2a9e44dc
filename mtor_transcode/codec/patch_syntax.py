# SPDX-License-Identifier: Apache-2.0
"""Palette patches: masks whose cells have colours, by which of their neighbours they are like.

A cell is asked whether it is as the one to its left, above, above to the right or above to the left, each
value once; what is none of them is named. Which of these neighbours are alike chooses the contexts. (AV1 and
the screen content tools of HEVC code palettes by neighbours, too; templates and binarisation are our own.)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from mtor_transcode.codec.binarise import read_number, read_tree, write_number, write_tree
from mtor_transcode.codec.colour_syntax import read_difference, write_difference
from mtor_transcode.codec.contexts import BASE
from mtor_transcode.codec.writers import Reader, Writer
from mtor_transcode.model import Colour, Mask

_SIZE: Final = BASE["patch.size"]
_COUNT: Final = BASE["patch.count"]
_HIT: Final = BASE["patch.hit"]
_RANK: Final = BASE["patch.rank"]
_COLOUR: Final = BASE["patch.colour"]
_SAME: Final = BASE["patch.same"]
_OTHER: Final = BASE["patch.other"]

_SIDE_BITS: Final = 6
_COUNT_BITS: Final = 3
_REMEMBERED: Final = 24
_GREY: Final = (128, 128, 128)
_PATTERNS: Final = 96
_EDGE: Final = 2
"""Empty cells that stand around a patch where its neighbours are asked for."""


def remember(palette: list[Colour], colours: Sequence[Colour]) -> None:
    """Moves each colour to the front of the palette, once only; the last of too many is dropped."""
    for colour in colours:
        if colour in palette:
            palette.remove(colour)
        palette.insert(0, colour)
        del palette[_REMEMBERED:]


def write_patch(writer: Writer, palette: Sequence[Colour], patch: Mask) -> None:
    """Writes a palette patch; ``palette`` has the colours of the section's patches before it."""
    write_tree(writer, _SIZE, patch.width - 1, _SIDE_BITS)
    write_tree(writer, _SIZE + 63, patch.height - 1, _SIDE_BITS)
    write_tree(writer, _COUNT, patch.levels - 1, _COUNT_BITS)
    known = list(palette)
    for colour in patch.colours:
        if known:
            writer.bit(_HIT, colour in known)
        if colour in known:
            write_number(writer, _RANK, known.index(colour))
        else:
            write_difference(writer, _COLOUR, colour, known[0] if known else _GREY)
        remember(known, (colour,))
    cells = _Cells(patch.width, patch.levels)
    at = 0
    for _ in range(patch.height):
        cells.begin()
        for column in range(patch.width):
            value = patch.values[at]
            at += 1
            _write_cell(writer, cells, column, value)
            cells.put(column, value)


def read_patch(reader: Reader, palette: Sequence[Colour]) -> Mask:
    """Returns a palette patch that ``write_patch`` wrote."""
    width = read_tree(reader, _SIZE, _SIDE_BITS) + 1
    height = read_tree(reader, _SIZE + 63, _SIDE_BITS) + 1
    count = read_tree(reader, _COUNT, _COUNT_BITS) + 1
    known = list(palette)
    colours: list[Colour] = []
    for _ in range(count):
        if known and reader.bit(_HIT):
            rank = read_number(reader, _RANK)
            if rank >= len(known):
                raise reader.damaged("a colour is not in the palette")
            colour = known[rank]
        else:
            colour = read_difference(reader, _COLOUR, known[0] if known else _GREY)
        colours.append(colour)
        remember(known, (colour,))
    cells = _Cells(width, count)
    values = bytearray()
    for _ in range(height):
        cells.begin()
        for column in range(width):
            value = _read_cell(reader, cells, column)
            cells.put(column, value)
            values.append(value)
    return Mask(width, height, count, bytes(values), colours=tuple(colours))


def _write_cell(writer: Writer, cells: _Cells, column: int, value: int) -> None:
    candidates, context = cells.around(column)
    for place, candidate in enumerate(candidates):
        if place == cells.most:
            return  # It is the only one left.
        writer.bit(context + _PATTERNS * place, value == candidate)
        if value == candidate:
            return
    others = [other for other in range(cells.most + 1) if other not in candidates]
    for place, other in enumerate(others[:-1]):
        writer.bit(_OTHER + place, value == other)
        if value == other:
            return


def _read_cell(reader: Reader, cells: _Cells, column: int) -> int:
    candidates, context = cells.around(column)
    for place, candidate in enumerate(candidates):
        if place == cells.most or reader.bit(context + _PATTERNS * place):
            return candidate
    others = [other for other in range(cells.most + 1) if other not in candidates]
    for place, other in enumerate(others[:-1]):
        if reader.bit(_OTHER + place):
            return other
    return others[-1]


class _Cells:
    """The values known so far. Around a patch all is empty; ``most`` is the largest value."""

    def __init__(self, width: int, most: int) -> None:
        self.most = most
        self._empty = [0] * (width + 2 * _EDGE)
        self._beyond = self._above = self._here = self._empty

    def begin(self) -> None:
        """Goes on to the next row."""
        self._beyond, self._above, self._here = self._above, self._here, self._empty.copy()

    def put(self, column: int, value: int) -> None:
        """Takes note of a cell."""
        self._here[column + _EDGE] = value

    def around(self, column: int) -> tuple[list[int], int]:
        """Returns the values of a cell's neighbours, each once, and the context of "as the first of them"."""
        at = column + _EDGE
        left, up = self._here[at - 1], self._above[at]
        right, before = self._above[at + 1], self._above[at - 1]
        pattern = 0 if up == left else 3
        pattern += 0 if before == left else 1 if before == up else 2
        pattern = 4 * pattern + (0 if right == left else 1 if right == up else 2 if right == before else 3)
        far = 2 * (self._here[at - 2] == left) + (self._beyond[at] == up)
        candidates: list[int] = []
        for value in (left, up, right, before):
            if value not in candidates:
                candidates.append(value)
        return candidates, _SAME + 4 * pattern + far
