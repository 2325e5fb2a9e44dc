# SPDX-License-Identifier: Apache-2.0
"""Coverage masks: outlines of small things given by their pixels, as JBIG2's symbols, but anti-aliased."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from mtor_transcode.model.geometry import UNITS_PER_PX, Contour, Outline
from mtor_transcode.model.paint import Colour

CELLS_PER_NODE = 8
"""Cells of a mask that count as one node where nodes are counted."""

BITMAP_STRIDE = 80
"""Bits from one row of a bitmap to the next: more than the widest mask has cells."""

BITMAP_MARGIN = 4
"""Empty rows and columns below and beside a bitmap, so that it may be moved."""


@dataclass(frozen=True)
class Mask(Outline):
    """An outline without contours: a grid of square cells, each 1 px (16 units) wide, and how full each is.

    ``values`` has ``width * height`` bytes, row by row from the top, each 0 (empty) to ``levels`` (full). The
    origin lies at the lower left corner of cell ``width // 2`` of the last row, so that on whole px of the
    screen cells are pixels, and letters on one line share their ``dy``. Masks do not morph.

    With ``colours`` (``levels`` of them) it is a small picture, a *palette patch*: a cell of value v above 0
    is full, of the colour v - 1, whatever paint its shape has.
    """

    width: int
    height: int
    levels: int
    values: bytes
    contours: tuple[Contour, ...] = field(default=(), init=False)
    stroke_width: int = field(default=0, init=False)
    colours: tuple[Colour, ...] = ()

    @cached_property
    def _hash(self) -> int:
        return hash((self.width, self.levels, self.values, self.colours))

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def bounds(self) -> tuple[int, int, int, int]:
        """``(x0, y0, x1, y1)`` of the grid in units."""
        left = -(self.width // 2) * UNITS_PER_PX
        return (left, -self.height * UNITS_PER_PX, left + self.width * UNITS_PER_PX, 0)

    @cached_property
    def bitmap(self) -> tuple[int, int]:
        """Which cells are at least half full, as one integer from the last row up, and their number."""
        half = bytes(49 if value and 2 * value >= self.levels else 48 for value in range(256))
        cells, bits = self.values.translate(half)[::-1], 0
        for y in range(self.height):
            row = int(cells[y * self.width : (y + 1) * self.width], 2)
            bits |= row << (y + BITMAP_MARGIN) * BITMAP_STRIDE + BITMAP_MARGIN
        return bits, bits.bit_count()

    @property
    def node_count(self) -> int:
        """What the mask counts where nodes are counted (limits, caches): ``CELLS_PER_NODE`` cells are one."""
        return -(-self.width * self.height // CELLS_PER_NODE)

    @property
    def silhouette(self) -> Mask:
        """The mask without its colours: where a palette patch is not empty; any other mask as it is."""
        if not self.colours:
            return self
        return Mask(self.width, self.height, 1, bytes(value > 0 for value in self.values))

    def centred(self, step: int = 1) -> tuple[Outline, tuple[int, int]]:
        """The mask itself: it has one form only."""
        return self, (0, 0)
