# SPDX-License-Identifier: Apache-2.0
"""Coverage masks: cells by adaptive bins, from cells already known, or from a mask that is much alike.

Each cell is up to three questions: is it more than empty, is it full, and how full. What is known of the
cells around chooses the contexts (JBIG2, ITU-T T.88, codes symbols and their refinements in the same way; the
templates and the three classes of a cell are our own).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mtor_transcode.codec.binarise import (
    read_number,
    read_signed,
    read_tree,
    write_number,
    write_signed,
    write_tree,
)
from mtor_transcode.codec.contexts import BASE, SIGNED
from mtor_transcode.codec.limits import MAX_LEVELS, MAX_MASK_SIDE
from mtor_transcode.codec.writers import Reader, Writer
from mtor_transcode.model import Mask

_LIKE: Final = BASE["mask.like"]
_LIKE_BACK: Final = BASE["mask.like_back"]
_SIZE: Final = BASE["mask.size"]
_CHANGE: Final = BASE["mask.change"]
_SAME_LEVELS: Final = BASE["mask.same_levels"]
_LEVELS: Final = BASE["mask.levels"]
_SOME: Final = BASE["mask.some"]
_FULL: Final = BASE["mask.full"]
_MIDDLE: Final = BASE["mask.middle"]
_LIKE_SOME: Final = BASE["mask.like_some"]
_LIKE_FULL: Final = BASE["mask.like_full"]
_LIKE_MIDDLE: Final = BASE["mask.like_middle"]

_SIDE_BITS: Final = 6
_LEVEL_BITS: Final = 4
_EDGE: Final = 2
"""Empty cells that stand around a mask where its neighbours are asked for."""

Like = tuple[int, int, int]
"""A mask to code another by: how far back it is among the section's masks (1: the last), and the place of
its lower left cell in the grid of the new one, from that one's own (right, up)."""


def write_mask(writer: Writer, masks: Sequence[Mask], mask: Mask, like: Like | None = None) -> None:
    """Writes a mask, by one that is much alike if ``like`` says so; ``masks`` are the section's before it."""
    old = masks[-like[0]] if like else None
    if masks:
        writer.bit(_LIKE, like is not None)
    if like is not None and old is not None:
        write_number(writer, _LIKE_BACK, like[0] - 1)
        write_signed(writer, _CHANGE, mask.width - old.width)
        write_signed(writer, _CHANGE + SIGNED, mask.height - old.height)
        write_signed(writer, _CHANGE + 2 * SIGNED, like[1])
        write_signed(writer, _CHANGE + 3 * SIGNED, like[2])
    else:
        write_tree(writer, _SIZE, mask.width - 1, _SIDE_BITS)
        write_tree(writer, _SIZE + 63, mask.height - 1, _SIDE_BITS)
    if masks:
        same = mask.levels == masks[-1].levels
        writer.bit(_SAME_LEVELS, same)
    if not masks or not same:
        write_tree(writer, _LEVELS, mask.levels, _LEVEL_BITS)
    _write_values(writer, mask, old, like)


def _write_values(writer: Writer, mask: Mask, old: Mask | None, like: Like | None) -> None:
    from mtor_transcode.codec.mask_bins import mask_bins  # brings numba, which readers do without

    values = np.frombuffer(mask.values, dtype=np.uint8).reshape(mask.height, mask.width)
    if old is None or like is None:
        laid, bases = None, (_SOME, _FULL, _MIDDLE)
    else:
        laid, bases = laid_classes(old, mask.width, mask.height, like), (_LIKE_SOME, _LIKE_FULL, _LIKE_MIDDLE)
    writer.bins(*mask_bins(values, mask.levels, _middle_bits(mask.levels), laid, bases))


def read_mask(reader: Reader, masks: Sequence[Mask]) -> Mask:
    """Returns a mask that ``write_mask`` wrote; ``masks`` are the section's before it."""
    like: Like | None = None
    old: Mask | None = None
    if masks and reader.bit(_LIKE):
        back = read_number(reader, _LIKE_BACK) + 1
        if back > len(masks):
            raise reader.damaged("a mask is like one that does not exist")
        old = masks[-back]
        width = old.width + read_signed(reader, _CHANGE)
        height = old.height + read_signed(reader, _CHANGE + SIGNED)
        right = read_signed(reader, _CHANGE + 2 * SIGNED)
        like = (back, right, read_signed(reader, _CHANGE + 3 * SIGNED))
        if not (0 < width <= MAX_MASK_SIDE and 0 < height <= MAX_MASK_SIDE):
            raise reader.damaged("the size of a mask is out of range")
        if max(abs(like[1]), abs(like[2])) > MAX_MASK_SIDE:
            raise reader.damaged("a mask is like one that is too far away")
    else:
        width = read_tree(reader, _SIZE, _SIDE_BITS) + 1
        height = read_tree(reader, _SIZE + 63, _SIDE_BITS) + 1
    if masks and reader.bit(_SAME_LEVELS):
        levels = masks[-1].levels
    else:
        levels = read_tree(reader, _LEVELS, _LEVEL_BITS)
    if not 0 < levels <= MAX_LEVELS:
        raise reader.damaged("a mask has no levels")
    return Mask(width, height, levels, _read_values(reader, width, height, levels, old, like))


def _read_values(
    reader: Reader, width: int, height: int, levels: int, old: Mask | None, like: Like | None
) -> bytes:
    cells = _Cells(width, height, levels, old, like)
    values = bytearray()
    for row in range(height):
        cells.begin(row)
        for column in range(width):
            some, full, middle = cells.contexts(column)
            value = reader.bit(some)
            if value and levels > 1:
                if reader.bit(full):
                    value = levels
                elif levels > 2:
                    value = 1 + read_tree(reader, middle, cells.middle_bits)
                    if value >= levels:
                        raise reader.damaged("a cell of a mask is out of range")
            cells.put(column, value)
            values.append(value)
    return bytes(values)


def _class(value: int, levels: int) -> int:
    """0 empty, 1 between, 2 full."""
    return 0 if value == 0 else 2 if value == levels else 1


class _Cells:
    """The classes of the cells known so far, and the contexts that they choose for the next one.

    Rows begin and end with ``_EDGE`` empty cells.
    """

    def __init__(self, width: int, height: int, levels: int, old: Mask | None, like: Like | None) -> None:
        self.middle_bits = _middle_bits(levels)
        self._levels = levels
        self._old: list[list[int]] | None = None
        if old is not None and like is not None:
            self._old = laid_classes(old, width, height, like).tolist()
        self._empty = [0] * (width + 2 * _EDGE)
        self._above = self._empty
        self._here = self._empty
        self._beyond = self._empty

    def begin(self, row: int) -> None:
        """Goes on to a row."""
        self._beyond, self._above, self._here = self._above, self._here, self._empty.copy()
        if self._old is not None:
            self._old_above, self._old_here, self._old_below = self._old[row : row + 3]

    def put(self, column: int, value: int) -> None:
        """Takes note of a cell."""
        self._here[column + _EDGE] = _class(value, self._levels)

    def contexts(self, column: int) -> tuple[int, int, int]:
        """Returns a cell's contexts: of "more than empty", of "full", the first of the tree of the others."""
        at = column + _EDGE
        here, above = self._here, self._above
        left, up = here[at - 1], above[at]
        if self._old is None:
            near = ((left * 3 + up) * 3 + above[at + 1]) * 3 + above[at - 1]
            far = 2 * (here[at - 2] > 0) + (self._beyond[at] > 0)
            return _SOME + 4 * near + far, _FULL + near, _MIDDLE + 15 * ((left + up + 1) // 2)
        old = self._old_here
        near = (((left * 3 + up) * 3 + old[at]) * 3 + old[at - 1]) * 3 + old[at + 1]
        far = (self._old_above[at] > 0) + (self._old_below[at] > 0)
        return _LIKE_SOME + 3 * near + far, _LIKE_FULL + near, _LIKE_MIDDLE + 15 * old[at]


def _middle_bits(levels: int) -> int:
    """Bits of a value that is neither 0 nor ``levels``."""
    return max(0, (levels - 2).bit_length())


def laid_classes(old: Mask, width: int, height: int, like: Like) -> NDArray[np.uint8]:
    """The classes of an old mask in the grid of a new one: a row more at the top and at the bottom."""
    values = np.frombuffer(old.values, dtype=np.uint8).reshape(old.height, old.width)
    laid = np.zeros((height + 2, width + 2 * _EDGE), dtype=np.uint8)
    top, left = height - old.height - like[2] + 1, like[1] + _EDGE
    rows = slice(max(0, -top), max(0, laid.shape[0] - top))
    columns = slice(max(0, -left), max(0, laid.shape[1] - left))
    part = values[rows, columns]
    classes = (part > 0).astype(np.uint8) + (part == old.levels)
    y, x = max(0, top), max(0, left)
    laid[y : y + part.shape[0], x : x + part.shape[1]] = classes
    return laid
