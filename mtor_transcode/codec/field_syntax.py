# SPDX-License-Identifier: Apache-2.0
"""The grids of shading fields: levels told from their neighbours, afresh or as changes (format.md)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from mtor_transcode.codec.binarise import read_signed, read_tree, write_signed, write_tree
from mtor_transcode.codec.contexts import BASE, SIGNED
from mtor_transcode.codec.writers import Reader, Writer
from mtor_transcode.model import ShadingField
from mtor_transcode.model.paint import FIELD_STEPS, MAX_FIELD_SIDE

_AGAIN: Final = BASE["field.again"]
_SIDE: Final = BASE["field.side"]
_STEPS: Final = BASE["field.steps"]
_LEVEL: Final = BASE["field.level"]
_KEPT: Final = BASE["field.kept"]
_CHANGE: Final = BASE["field.change"]

_LEAST_SIDE: Final = 2
_SIDE_BITS: Final = 4
_STEPS_BITS: Final = 2
_CALM: Final = 3
"""How much neighbours differ, at most, where the levels change but little."""

assert _LEAST_SIDE + (1 << _SIDE_BITS) - 1 == MAX_FIELD_SIDE
assert len(FIELD_STEPS) == 1 << _STEPS_BITS

Grid = tuple[int, tuple[int, ...], int]
"""columns, levels, steps of a shading field."""

FIRST_GRID: Final[Grid] = (2, (0, 0, 16, 16), 16)
"""What a scene's first shading field is told after: from top to bottom."""


def grid_of(field: ShadingField) -> Grid:
    """The levels of a shading field."""
    return (field.columns, field.levels, field.steps)


def grid_in_range(grid: Grid) -> bool:
    """Whether levels may be written."""
    columns, levels, steps = grid
    if not _LEAST_SIDE <= columns <= MAX_FIELD_SIDE or len(levels) % columns or steps not in FIELD_STEPS:
        return False
    rows = len(levels) // columns
    return _LEAST_SIDE <= rows <= MAX_FIELD_SIDE and 0 <= min(levels) <= max(levels) <= steps


def write_grid(writer: Writer, grid: Grid, last: Grid) -> None:
    """Writes levels; ``last`` are those of the last shading field."""
    writer.bit(_AGAIN, grid == last)
    if grid == last:
        return
    columns, levels, steps = grid
    write_tree(writer, _SIDE, columns - _LEAST_SIDE, _SIDE_BITS)
    write_tree(writer, _SIDE + 15, len(levels) // columns - _LEAST_SIDE, _SIDE_BITS)
    write_tree(writer, _STEPS, FIELD_STEPS.index(steps), _STEPS_BITS)
    for place, level in enumerate(levels):
        context, expected = _expected(levels, place, columns, steps)
        write_signed(writer, _LEVEL + context * SIGNED, level - expected)


def read_grid(reader: Reader, last: Grid) -> Grid:
    """Returns levels that ``write_grid`` wrote."""
    if reader.bit(_AGAIN):
        return last
    columns = _LEAST_SIDE + read_tree(reader, _SIDE, _SIDE_BITS)
    rows = _LEAST_SIDE + read_tree(reader, _SIDE + 15, _SIDE_BITS)
    steps = FIELD_STEPS[read_tree(reader, _STEPS, _STEPS_BITS)]
    levels: list[int] = []
    for place in range(columns * rows):
        context, expected = _expected(levels, place, columns, steps)
        levels.append(_checked(reader, expected + read_signed(reader, _LEVEL + context * SIGNED), steps))
    return (columns, tuple(levels), steps)


def write_grid_change(writer: Writer, grid: Grid, old: Grid, last: Grid) -> None:
    """Writes levels where ``old`` were before: as a change if they are as many, of as many steps."""
    kept = _form(grid) == _form(old)
    writer.bit(_KEPT, kept)
    if not kept:
        write_grid(writer, grid, last)
        return
    for level, before in zip(grid[1], old[1], strict=True):
        write_signed(writer, _CHANGE, level - before)


def read_grid_change(reader: Reader, old: Grid, last: Grid) -> Grid:
    """Returns levels that ``write_grid_change`` wrote."""
    if not reader.bit(_KEPT):
        return read_grid(reader, last)
    columns, levels, steps = old
    changed = (_checked(reader, level + read_signed(reader, _CHANGE), steps) for level in levels)
    return (columns, tuple(changed), steps)


def _form(grid: Grid) -> tuple[int, int, int]:
    return (grid[0], len(grid[1]), grid[2])


def _expected(levels: Sequence[int], place: int, columns: int, steps: int) -> tuple[int, int]:
    """The class of contexts of a level (0-3) and what it is told from, by those before it."""
    if place < columns:
        return 0, levels[place - 1] if place else steps // 2
    up = levels[place - columns]
    if place % columns == 0:
        return 0, up
    left, corner = levels[place - 1], levels[place - columns - 1]
    change = abs(left - corner) + abs(up - corner)
    return 1 if change == 0 else 2 if change <= _CALM else 3, max(0, min(steps, left + up - corner))


def _checked(reader: Reader, level: int, steps: int) -> int:
    if not 0 <= level <= steps:
        raise reader.damaged("a level of a shading field is out of range")
    return level
