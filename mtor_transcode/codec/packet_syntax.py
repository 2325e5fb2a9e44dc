# SPDX-License-Identifier: Apache-2.0
"""The coded part of a packet: perhaps the head of its scene, then changes, each outline where it first comes.

What is read depends on nothing outside of the packet, not even on whether the outlines are known that it
names: a packet can be read, and what it defines be used, whatever else is lost.
"""

from __future__ import annotations

from typing import Final, Protocol

from mtor_transcode.codec.adaptive import Adaptive
from mtor_transcode.codec.binarise import (
    read_number,
    read_signed,
    read_tree,
    write_number,
    write_signed,
    write_tree,
)
from mtor_transcode.codec.border_syntax import (
    read_shape_paint,
    read_shape_paint_change,
    write_shape_paint,
    write_shape_paint_change,
)
from mtor_transcode.codec.canonical import grid_of
from mtor_transcode.codec.contexts import BASE
from mtor_transcode.codec.limits import MAX_LIVE
from mtor_transcode.codec.outline_syntax import read_outline, write_outline
from mtor_transcode.codec.packet_memory import (
    BACKDROP,
    CAMERA,
    EDIT,
    ENTER,
    Change,
    Known,
    PacketMemory,
)
from mtor_transcode.codec.place_syntax import (
    read_camera,
    read_move,
    read_place,
    write_camera,
    write_move,
    write_place,
)
from mtor_transcode.codec.rangecoder import RangeReader
from mtor_transcode.codec.reference_syntax import read_outline_reference, write_outline_reference
from mtor_transcode.codec.scene_memory import NOBODY
from mtor_transcode.codec.texture_syntax import (
    read_backdrop,
    write_backdrop,
)
from mtor_transcode.codec.token_syntax import read_lead, write_lead
from mtor_transcode.codec.writers import Reader, Writer
from mtor_transcode.model import OPAQUE, Outline, Transform

_AGAIN: Final = BASE["packet.again"]
_KNOWN: Final = BASE["packet.known"]
_SHAPE: Final = BASE["packet.shape"]
_CHANGES: Final = BASE["packet.changes"]
_GRID: Final = BASE["packet.grid"]
_UNDER: Final = BASE["enter.under"]
_OPAQUE: Final = BASE["enter.opaque"]
_OPACITY: Final = BASE["enter.opacity"]
_FADE: Final = BASE["edit.opacity"]

_FIELDS: Final = 4
MAX_SHAPE: Final = 2**31
"""Largest coded id of a shape."""


class CodingWriter(Writer, Protocol):
    """A writer whose contexts are at hand."""

    adaptive: Adaptive


def write_change(writer: CodingWriter, memory: PacketMemory, change: Change) -> None:
    """Writes a change. Of the memory only the moment goes on; the caller lets it ``take`` the change."""
    write_lead(writer, memory, change.at, change.kind, change.duration)
    if change.kind in (CAMERA, BACKDROP):
        writer.bit(_AGAIN + 2, change.again)
    if change.kind == CAMERA:
        assert change.camera is not None
        write_camera(writer, memory.camera, memory.camera_motion, change.camera)
    elif change.kind == BACKDROP:
        assert change.backdrop is not None
        write_backdrop(writer, memory.paints, memory.textures, change.at, memory.backdrop, change.backdrop)
    elif change.kind == ENTER:
        assert change.place is not None
        assert change.paint is not None
        writer.bit(_AGAIN, change.again)
        if change.again:
            write_signed(writer, _SHAPE, change.shape - memory.last_named)
        _write_outline(writer, memory, change, NOBODY)
        _write_place(writer, memory, None, (0, 0), change)
        write_shape_paint(writer, memory.paints, memory.textures, change.at, change.paint)
        _write_opacity(writer, None, change.opacity)
        write_number(writer, _UNDER, change.under)
    else:
        _write_shape(writer, memory, change.shape)
        if change.kind == EDIT:
            _write_edit(writer, memory, change)


def read_change(reader: RangeReader, memory: PacketMemory, most: int) -> Change | None:
    """Returns the next change and lets the memory take it, or None at the packet's end.

    An outline that it defines has at most ``most`` nodes.
    """
    lead = read_lead(reader, memory)
    if lead is None:
        return None
    at, kind, duration = lead
    again = kind in (CAMERA, BACKDROP) and bool(reader.bit(_AGAIN + 2))
    if kind == CAMERA:
        camera = read_camera(reader, memory.camera, memory.camera_motion)
        change = Change(at, duration, kind, camera=camera, again=again)
    elif kind == BACKDROP:
        backdrop = read_backdrop(reader, memory.paints, memory.textures, at, memory.backdrop)
        change = Change(at, duration, kind, backdrop=backdrop, again=again)
    elif kind == ENTER:
        change = _read_enter(reader, memory, at, duration, most)
    else:
        shape = _read_shape(reader, memory)
        change = Change(at, duration, kind, shape)
        if kind == EDIT:
            change = _read_edit(reader, memory, change, most)
    memory.take(change)
    return change


def _read_enter(reader: RangeReader, memory: PacketMemory, at: int, duration: int, most: int) -> Change:
    if len(memory.known) >= MAX_LIVE or memory.next_shape >= MAX_SHAPE:
        raise reader.damaged("too many shapes")
    shape, again = memory.next_shape, bool(reader.bit(_AGAIN))
    if again:
        shape = memory.last_named + read_signed(reader, _SHAPE)
        if not 0 <= shape < memory.next_shape:
            raise reader.damaged("a shape's number is out of range")
    outline_id, outline = _read_outline(reader, memory, most, again)
    grid, place = _read_place(reader, memory, Known(), outline)
    paint = read_shape_paint(reader, memory.paints, memory.textures, at)
    opacity = _read_opacity(reader, None)
    under = read_number(reader, _UNDER)
    if under > MAX_LIVE:
        raise reader.damaged("a shape enters below too many")
    return Change(
        at, duration, ENTER, shape, outline_id, outline, grid, place, paint, opacity, under, again=again
    )


def _write_edit(writer: CodingWriter, memory: PacketMemory, change: Change) -> None:
    known = memory.known.get(change.shape, Known())
    fields = (change.place, change.paint, change.outline_id != NOBODY or None, change.opacity)
    some = 0
    for number, field in enumerate(fields):
        writer.bit(_context(memory, number, some), field is not None)
        some |= field is not None
    if change.outline_id != NOBODY:
        _write_outline(writer, memory, change, known.outline)
    if change.place is not None:
        _write_place(writer, memory, known.place, known.motion, change)
    if change.paint is not None:
        if known.paint is None:
            write_shape_paint(writer, memory.paints, memory.textures, change.at, change.paint)
        else:
            names = memory.textures
            write_shape_paint_change(writer, memory.paints, names, change.at, known.paint, change.paint)
    if change.opacity is not None:
        _write_opacity(writer, known.opacity, change.opacity)


def _read_edit(reader: RangeReader, memory: PacketMemory, change: Change, most: int) -> Change:
    known = memory.known.get(change.shape, Known())
    some = 0
    fields: list[int] = []
    for number in range(_FIELDS):
        fields.append(reader.bit(_context(memory, number, some)))
        some |= fields[-1]
    moved, painted, reshaped, faded = fields
    outline_id, outline = _read_outline(reader, memory, most) if reshaped else (NOBODY, None)
    grid, place = _read_place(reader, memory, known, outline) if moved else (0, None)
    paint = None
    if painted and known.paint is None:
        paint = read_shape_paint(reader, memory.paints, memory.textures, change.at)
    elif painted and known.paint is not None:
        names = memory.textures
        paint = read_shape_paint_change(reader, memory.paints, names, change.at, known.paint)
    opacity = _read_opacity(reader, known.opacity) if faded else None
    return Change(
        change.at, change.duration, EDIT, change.shape, outline_id, outline, grid, place, paint, opacity
    )


def _context(memory: PacketMemory, number: int, some: int) -> int:
    return _CHANGES + 4 * number + 2 * (memory.changes >> number & 1) + some


def _write_shape(writer: CodingWriter, memory: PacketMemory, shape: int) -> None:
    expected, known = memory.expected()
    writer.bit(_KNOWN + known, shape == expected)
    if shape != expected:
        write_signed(writer, _SHAPE, shape - memory.last_named)


def _read_shape(reader: Reader, memory: PacketMemory) -> int:
    expected, known = memory.expected()
    if reader.bit(_KNOWN + known):
        return expected
    shape = memory.last_named + read_signed(reader, _SHAPE)
    if not 0 <= shape < MAX_SHAPE:
        raise reader.damaged("a shape's number is out of range")
    return shape


def _write_outline(writer: CodingWriter, memory: PacketMemory, change: Change, old: int) -> None:
    """Writes which outline, and the outline itself where the packet defines it (perhaps by ``old``).

    One that is defined again is one of those that the packet could name by its id only.
    """
    write_outline_reference(writer, memory, change.outline_id)
    if change.again:
        writer.bit(_AGAIN + 1, change.outline is not None)
        if change.outline is not None:
            write_outline(writer, memory.new.section, change.outline)
        return
    if change.outline is not None:
        before = memory.new.section.outlines[old] if old != NOBODY else None
        memory.new.write(writer, writer.adaptive, change.outline, before)


def _read_outline(
    reader: RangeReader, memory: PacketMemory, most: int, again: bool = False
) -> tuple[int, Outline | None]:
    outline_id = read_outline_reference(reader, memory)
    new = outline_id == memory.next_new
    if again:
        if new:
            raise reader.damaged("an outline is repeated that is new")
        new = bool(reader.bit(_AGAIN + 1))
    if not new:
        return outline_id, None
    return outline_id, read_outline(reader, memory.new.section, most)[0]


def _write_place(
    writer: CodingWriter, memory: PacketMemory, old: Transform | None, own: tuple[int, int], change: Change
) -> None:
    """Writes a place: as a move if the packet has said where the shape was, else afresh, on a grid."""
    assert change.place is not None
    if old is not None:
        write_move(writer, memory, old, own, change.place)
        return
    if change.outline is None:
        writer.bit(_GRID, change.grid == memory.grid)
        if change.grid != memory.grid:
            write_tree(writer, _GRID + 1, change.grid, 3)
    write_place(writer, memory, change.grid, change.place)


def _read_place(
    reader: RangeReader, memory: PacketMemory, known: Known, outline: Outline | None
) -> tuple[int, Transform]:
    if known.place is not None:
        return 0, read_move(reader, memory, known.place, known.motion)
    if outline is not None:
        grid = grid_of(outline)
    else:
        grid = memory.grid if reader.bit(_GRID) else read_tree(reader, _GRID + 1, 3)
    return grid, read_place(reader, memory, grid)


def _write_opacity(writer: CodingWriter, old: int | None, opacity: int | None) -> None:
    assert opacity is not None
    if old is not None:
        write_signed(writer, _FADE, opacity - old)
        return
    writer.bit(_OPAQUE, opacity == OPAQUE)
    if opacity != OPAQUE:
        write_number(writer, _OPACITY, OPAQUE - 1 - opacity)


def _read_opacity(reader: Reader, old: int | None) -> int:
    if old is not None:
        opacity = old + read_signed(reader, _FADE)
    else:
        opacity = OPAQUE if reader.bit(_OPAQUE) else OPAQUE - 1 - read_number(reader, _OPACITY)
    if not 0 <= opacity <= OPAQUE:
        raise reader.damaged("an opacity is out of range")
    return opacity
