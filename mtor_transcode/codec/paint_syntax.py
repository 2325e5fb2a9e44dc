# SPDX-License-Identifier: Apache-2.0
"""Paints: colours from a palette of the last used ones or near them, gradients, and changes of a paint.

Where a paint is to come that fills a shape, a texture may be marked instead: ``texture_syntax`` goes on then.
"""

from __future__ import annotations

from typing import Final

from mtor_transcode.codec.binarise import (
    read_number,
    read_signed,
    read_tree,
    write_number,
    write_signed,
    write_tree,
)
from mtor_transcode.codec.colour_syntax import read_difference, write_difference
from mtor_transcode.codec.contexts import BASE, COLOUR, SIGNED
from mtor_transcode.codec.field_syntax import (
    FIRST_GRID,
    Grid,
    grid_of,
    read_grid,
    read_grid_change,
    write_grid,
    write_grid_change,
)
from mtor_transcode.codec.radial_syntax import (
    FIRST_RINGS,
    Rings,
    read_moved,
    read_rings,
    rings_of,
    write_moved,
    write_rings,
)
from mtor_transcode.codec.writers import Reader, Writer
from mtor_transcode.model import (
    Border,
    Colour,
    Fill,
    Gradient,
    LinearGradient,
    Paint,
    RadialGradient,
    ShadingField,
    Solid,
    TexturePaint,
)
from mtor_transcode.model.paint import GRADIENT_ANGLES, GRADIENT_STEPS

_GRADIENT: Final = BASE["paint.gradient"]
_TEXTURE: Final = BASE["paint.texture"]
_HIT: Final = BASE["paint.hit"]
_RANK: Final = BASE["paint.rank"]
_COLOUR: Final = BASE["paint.colour"]
_LAST: Final = BASE["paint.last"]
_SAME_ANGLE: Final = BASE["paint.same_angle"]
_ANGLE: Final = BASE["paint.angle"]
_DEFAULT_ENDS: Final = BASE["paint.default_ends"]
_ENDS: Final = BASE["paint.ends"]
_RELATIVE: Final = BASE["paint.relative"]
_CHANGE: Final = BASE["paint.change"]
_CHANGE_GEOMETRY: Final = BASE["paint.change_geometry"]
_CHANGE_ANGLE: Final = BASE["paint.change_angle"]
_CHANGE_ENDS: Final = BASE["paint.change_ends"]
_RADIAL: Final = BASE["radial.is"]
_FIELD: Final = BASE["field.is"]

PALETTE: Final = 24
"""Colours that are remembered, the last used first."""

_GREY: Final = (128, 128, 128)
_ANGLE_BITS: Final = 6


class PaintMemory:
    """What is known of the paints of a scene so far; the same for writer and reader.

    ``border`` is the last border of a shape, ``bordered`` whether the last paint had one; ``rings`` is where
    the last radial gradient lay, ``radial`` whether the last gradient was one; ``grid`` and ``field`` say the
    same of shading fields.
    """

    __slots__ = ("angle", "border", "bordered", "field", "gradient", "grid", "palette", "radial", "rings")

    def __init__(self) -> None:
        self.palette: list[Colour] = []
        self.gradient = 0
        self.angle = 0
        self.bordered = 0
        self.border: Border | None = None
        self.radial = 0
        self.rings: Rings = FIRST_RINGS
        self.field = 0
        self.grid: Grid = FIRST_GRID

    def add(self, paint: Fill) -> None:
        """Goes on after a paint: its border first, if that is another than the last, then its colour.

        A texture changes nothing.
        """
        if isinstance(paint, TexturePaint):
            return
        self.bordered = int(paint.border is not None)
        if paint.border is not None and paint.border != self.border:
            self.border = paint.border
            self._remember(paint.border.colour)
        self._remember(paint.colour if isinstance(paint, Solid) else paint.first)
        self.gradient = int(not isinstance(paint, Solid))
        if isinstance(paint, Solid):
            return
        self.radial, self.field = int(isinstance(paint, RadialGradient)), int(isinstance(paint, ShadingField))
        if isinstance(paint, LinearGradient):
            self.angle = paint.angle
        elif isinstance(paint, RadialGradient):
            self.rings = rings_of(paint)
        else:
            self.grid = grid_of(paint)

    def _remember(self, colour: Colour) -> None:
        palette = self.palette
        if colour in palette:
            palette.remove(colour)
        elif len(palette) == PALETTE:
            palette.pop()
        palette.insert(0, colour)

    def fork(self) -> PaintMemory:
        """Returns an independent copy."""
        copy = PaintMemory()
        copy.palette = self.palette.copy()
        copy.gradient = self.gradient
        copy.angle = self.angle
        copy.bordered = self.bordered
        copy.border = self.border
        copy.radial = self.radial
        copy.rings = self.rings
        copy.field = self.field
        copy.grid = self.grid
        return copy


def write_paint(writer: Writer, memory: PaintMemory, paint: Paint) -> None:
    """Writes a paint afresh, without its border; ``memory`` is not changed: the caller adds the paint."""
    if isinstance(paint, Solid):
        writer.bit(_GRADIENT + memory.gradient, 0)
        write_colour(writer, memory, paint.colour, 0)
        return
    writer.bit(_GRADIENT + memory.gradient, 1)
    writer.bit(_TEXTURE, 0)
    write_colour(writer, memory, paint.first, 1)
    write_difference(writer, _LAST, paint.last, paint.first)
    writer.bit(_RADIAL + memory.radial, isinstance(paint, RadialGradient))
    if isinstance(paint, RadialGradient):
        write_rings(writer, rings_of(paint), memory.rings)
        return
    writer.bit(_FIELD + memory.field, isinstance(paint, ShadingField))
    if isinstance(paint, ShadingField):
        write_grid(writer, grid_of(paint), memory.grid)
    else:
        _write_line(writer, memory, paint)


def _write_line(writer: Writer, memory: PaintMemory, paint: LinearGradient) -> None:
    writer.bit(_SAME_ANGLE, paint.angle == memory.angle)
    if paint.angle != memory.angle:
        write_tree(writer, _ANGLE, paint.angle, _ANGLE_BITS)
    default = paint.start == 0 and paint.end == GRADIENT_STEPS
    writer.bit(_DEFAULT_ENDS, default)
    if not default:
        write_signed(writer, _ENDS, paint.start)
        write_signed(writer, _ENDS + SIGNED, paint.end - GRADIENT_STEPS)


def mark_texture(writer: Writer, memory: PaintMemory) -> None:
    """Writes that a texture comes, where ``read_plain`` is asked for a paint."""
    writer.bit(_GRADIENT + memory.gradient, 1)
    writer.bit(_TEXTURE, 1)


def read_paint(reader: Reader, memory: PaintMemory) -> Paint:
    """Returns a paint that ``write_paint`` wrote, without border."""
    paint = read_plain(reader, memory)
    if paint is None:
        raise reader.damaged("a texture stands where none may be")
    return paint


def read_plain(reader: Reader, memory: PaintMemory) -> Paint | None:
    """Returns a paint that ``write_paint`` wrote, None for what ``mark_texture`` wrote."""
    if not reader.bit(_GRADIENT + memory.gradient):
        return Solid(read_colour(reader, memory, 0))
    if reader.bit(_TEXTURE):
        return None
    first = read_colour(reader, memory, 1)
    last = read_difference(reader, _LAST, first)
    if reader.bit(_RADIAL + memory.radial):
        return RadialGradient(first, last, *read_rings(reader, memory.rings))
    if reader.bit(_FIELD + memory.field):
        return ShadingField(first, last, *read_grid(reader, memory.grid))
    angle = memory.angle if reader.bit(_SAME_ANGLE) else read_tree(reader, _ANGLE, _ANGLE_BITS)
    start, end = 0, GRADIENT_STEPS
    if not reader.bit(_DEFAULT_ENDS):
        start = read_signed(reader, _ENDS)
        end = GRADIENT_STEPS + read_signed(reader, _ENDS + SIGNED)
    return _checked(reader, LinearGradient(first, last, angle, start, end))


def write_paint_change(writer: Writer, memory: PaintMemory, old: Paint, new: Paint) -> None:
    """Writes a paint, without its border, as a change of ``old`` if it is of its kind, unless it is known.

    A solid one is known if the palette has its colour.
    """
    if isinstance(old, Solid) and isinstance(new, Solid) and new.colour not in memory.palette:
        writer.bit(_RELATIVE, 1)
        write_difference(writer, _CHANGE, new.colour, old.colour)
        return
    if isinstance(old, RadialGradient) and isinstance(new, RadialGradient):
        _write_ends_change(writer, old, new)
        moved = rings_of(new) != rings_of(old)
        writer.bit(_CHANGE_GEOMETRY, moved)
        if moved:
            write_moved(writer, rings_of(new), rings_of(old))
        return
    if isinstance(old, ShadingField) and isinstance(new, ShadingField):
        _write_ends_change(writer, old, new)
        moved = grid_of(new) != grid_of(old)
        writer.bit(_CHANGE_GEOMETRY, moved)
        if moved:
            write_grid_change(writer, grid_of(new), grid_of(old), memory.grid)
        return
    if isinstance(old, LinearGradient) and isinstance(new, LinearGradient):
        _write_ends_change(writer, old, new)
        turn = (new.angle - old.angle + GRADIENT_ANGLES // 2) % GRADIENT_ANGLES - GRADIENT_ANGLES // 2
        write_signed(writer, _CHANGE_ANGLE, turn)
        moved = (new.start, new.end) != (old.start, old.end)
        writer.bit(_CHANGE_GEOMETRY, moved)
        if moved:
            write_signed(writer, _CHANGE_ENDS, new.start - old.start)
            write_signed(writer, _CHANGE_ENDS + SIGNED, new.end - old.end)
        return
    mark_afresh(writer)
    write_paint(writer, memory, new)


def _write_ends_change(writer: Writer, old: Gradient, new: Gradient) -> None:
    writer.bit(_RELATIVE, 1)
    write_difference(writer, _CHANGE, new.first, old.first)
    write_difference(writer, _CHANGE + COLOUR, new.last, _follow(old, new.first))


def mark_afresh(writer: Writer) -> None:
    """Writes that what comes is no change of a paint, where ``read_relative`` is asked for one."""
    writer.bit(_RELATIVE, 0)


def read_paint_change(reader: Reader, memory: PaintMemory, old: Paint) -> Paint:
    """Returns a paint that ``write_paint_change`` wrote, without border."""
    return read_relative(reader, memory, old) or read_paint(reader, memory)


def read_relative(reader: Reader, memory: PaintMemory, old: Paint) -> Paint | None:
    """Returns a paint written as a change of ``old``, None if another comes afresh."""
    if not reader.bit(_RELATIVE):
        return None
    if isinstance(old, Solid):
        return Solid(read_difference(reader, _CHANGE, old.colour))
    first = read_difference(reader, _CHANGE, old.first)
    last = read_difference(reader, _CHANGE + COLOUR, _follow(old, first))
    if isinstance(old, RadialGradient):
        moved = reader.bit(_CHANGE_GEOMETRY)
        return RadialGradient(first, last, *(read_moved(reader, rings_of(old)) if moved else rings_of(old)))
    if isinstance(old, ShadingField):
        moved = reader.bit(_CHANGE_GEOMETRY)
        grid = read_grid_change(reader, grid_of(old), memory.grid) if moved else grid_of(old)
        return ShadingField(first, last, *grid)
    angle = (old.angle + read_signed(reader, _CHANGE_ANGLE)) % GRADIENT_ANGLES
    start, end = old.start, old.end
    if reader.bit(_CHANGE_GEOMETRY):
        start += read_signed(reader, _CHANGE_ENDS)
        end += read_signed(reader, _CHANGE_ENDS + SIGNED)
    return _checked(reader, LinearGradient(first, last, angle, start, end))


def _follow(old: Gradient, first: Colour) -> Colour:
    """The last colour if it changed as the first did, within the range of a code."""
    y, u, v = (min(255, max(0, b + f - a)) for a, b, f in zip(old.first, old.last, first, strict=True))
    return (y, u, v)


def write_colour(writer: Writer, memory: PaintMemory, colour: Colour, gradient: int) -> None:
    """Writes a colour by its place in the palette, or near the last; ``gradient`` is 1 for a gradient's."""
    palette = memory.palette
    hit = colour in palette
    if palette:
        writer.bit(_HIT + gradient, hit)
    if hit:
        write_number(writer, _RANK, palette.index(colour))
    else:
        write_difference(writer, _COLOUR, colour, palette[0] if palette else _GREY)


def read_colour(reader: Reader, memory: PaintMemory, gradient: int) -> Colour:
    """Returns a colour that ``write_colour`` wrote."""
    palette = memory.palette
    if palette and reader.bit(_HIT + gradient):
        rank = read_number(reader, _RANK)
        if rank >= len(palette):
            raise reader.damaged("a colour is not in the palette")
        return palette[rank]
    return read_difference(reader, _COLOUR, palette[0] if palette else _GREY)


def _checked(reader: Reader, paint: LinearGradient) -> LinearGradient:
    low, high = -GRADIENT_STEPS, 2 * GRADIENT_STEPS
    if not (low <= paint.start <= high and low <= paint.end <= high):
        raise reader.damaged("a gradient is out of range")
    return paint
