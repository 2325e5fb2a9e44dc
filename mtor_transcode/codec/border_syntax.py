# SPDX-License-Identifier: Apache-2.0
"""Paints of shapes: what fills them, as ``texture_syntax`` has it, then their border.

Letters of a text, bars of a chart and boxes of an interface have one border over and over: after the first it
costs two bins each, and shapes without one, where there is none, next to nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from mtor_transcode.codec.binarise import read_number, write_number
from mtor_transcode.codec.contexts import BASE
from mtor_transcode.codec.limits import MAX_BORDER
from mtor_transcode.codec.paint_syntax import PaintMemory, read_colour, write_colour
from mtor_transcode.codec.texture_syntax import (
    TextureNames,
    read_fill,
    read_fill_change,
    write_fill,
    write_fill_change,
)
from mtor_transcode.codec.writers import Reader, Writer
from mtor_transcode.model import Border, Fill, Mask, Outline, TexturePaint

_SOME: Final = BASE["border.some"]
_SAME: Final = BASE["border.same"]
_WIDTH: Final = BASE["border.width"]
_KEPT: Final = BASE["border.kept"]
_SHARP: Final = BASE["border.sharp"]


def write_shape_paint(
    writer: Writer, memory: PaintMemory, names: TextureNames, now: int, paint: Fill
) -> None:
    """Writes a shape's paint from tick ``now`` on afresh; the caller adds it to ``memory``."""
    write_fill(writer, memory, names, now, paint)
    if not isinstance(paint, TexturePaint):
        _write_border(writer, memory, paint.border)


def read_shape_paint(reader: Reader, memory: PaintMemory, names: TextureNames, now: int) -> Fill:
    """Returns a paint that ``write_shape_paint`` wrote."""
    paint = read_fill(reader, memory, names, now)
    if isinstance(paint, TexturePaint):
        return paint
    return replace(paint, border=_read_border(reader, memory))


def write_shape_paint_change(
    writer: Writer, memory: PaintMemory, names: TextureNames, now: int, old: Fill, new: Fill
) -> None:
    """Writes a shape's paint where ``old`` was before: what fills it, then whether its border is kept."""
    write_fill_change(writer, memory, names, now, old, new)
    if isinstance(new, TexturePaint):
        return
    kept = new.border == old.border
    writer.bit(_KEPT + (old.border is not None), kept)
    if not kept:
        _write_border(writer, memory, new.border)


def read_shape_paint_change(
    reader: Reader, memory: PaintMemory, names: TextureNames, now: int, old: Fill
) -> Fill:
    """Returns a paint that ``write_shape_paint_change`` wrote."""
    paint = read_fill_change(reader, memory, names, now, old)
    if isinstance(paint, TexturePaint):
        return paint
    kept = reader.bit(_KEPT + (old.border is not None))
    return replace(paint, border=old.border if kept else _read_border(reader, memory))


def check_mask_paint(reader: Reader, outline: Outline, paint: Fill) -> None:
    """Raises the reader's error for a mask with a texture or a border."""
    if not isinstance(outline, Mask):
        return
    if isinstance(paint, TexturePaint):
        raise reader.damaged("a mask shows a texture")
    if paint.border is not None:
        raise reader.damaged("a mask has a border")


def _write_border(writer: Writer, memory: PaintMemory, border: Border | None) -> None:
    writer.bit(_SOME + memory.bordered, border is not None)
    if border is None:
        return
    if memory.border is not None:
        writer.bit(_SAME, border == memory.border)
        if border == memory.border:
            return
    write_number(writer, _WIDTH, border.width - 1)
    writer.bit(_SHARP, border.sharp)
    write_colour(writer, memory, border.colour, 0)


def _read_border(reader: Reader, memory: PaintMemory) -> Border | None:
    if not reader.bit(_SOME + memory.bordered):
        return None
    if memory.border is not None and reader.bit(_SAME):
        return memory.border
    width = read_number(reader, _WIDTH) + 1
    if width > MAX_BORDER:
        raise reader.damaged("a border is too wide")
    sharp = bool(reader.bit(_SHARP))
    return Border(width, read_colour(reader, memory, 0), sharp)
