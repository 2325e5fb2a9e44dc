# SPDX-License-Identifier: Apache-2.0
"""States: that of an entering shape, and the change of a live shape's state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from mtor_transcode.codec.binarise import read_number, read_signed, write_number, write_signed
from mtor_transcode.codec.border_syntax import (
    check_mask_paint,
    read_shape_paint,
    read_shape_paint_change,
    write_shape_paint,
    write_shape_paint_change,
)
from mtor_transcode.codec.canonical import grid_of
from mtor_transcode.codec.contexts import BASE
from mtor_transcode.codec.limits import MAX_LIVE
from mtor_transcode.codec.place_syntax import read_move, read_next_place, write_move, write_next_place
from mtor_transcode.codec.reference_syntax import read_outline_reference, write_outline_reference
from mtor_transcode.codec.scene_memory import LiveShape, SceneMemory
from mtor_transcode.codec.writers import Reader, Writer
from mtor_transcode.model import OPAQUE, Enter, Outline, ShapeState

_EXPLICIT: Final = BASE["shape.explicit"]
_UNDER: Final = BASE["enter.under"]
_OPAQUE: Final = BASE["enter.opaque"]
_OPACITY: Final = BASE["enter.opacity"]
_EDIT_CHANGES: Final = BASE["edit.changes"]
_EDIT_OPACITY: Final = BASE["edit.opacity"]

Resolve = Callable[[int], Outline]
"""Gives the outline of a dictionary id."""


def write_enter(writer: Writer, memory: SceneMemory, token: Enter, shape: int, outline_id: int) -> None:
    """Writes an entering shape; its coded id only in a snapshot, else it is the next one."""
    if memory.explicit_ids:
        write_signed(writer, _EXPLICIT, shape - memory.last_entered - 1)
    state = token.state
    write_outline_reference(writer, memory, outline_id)
    write_next_place(writer, memory, outline_id, grid_of(state.outline), state.transform)
    write_shape_paint(writer, memory.paints, memory.textures, memory.moment.time, state.paint)
    opaque = state.opacity == OPAQUE
    writer.bit(_OPAQUE, opaque)
    if not opaque:
        write_number(writer, _OPACITY, OPAQUE - 1 - state.opacity)
    write_number(writer, _UNDER, token.under)


def read_enter(reader: Reader, memory: SceneMemory, resolve: Resolve) -> tuple[int, int, int, ShapeState]:
    """Returns what ``write_enter`` wrote: coded id, dictionary id of the outline, ``under``, state."""
    shape = memory.next_shape
    if memory.explicit_ids:
        shape = memory.last_entered + 1 + read_signed(reader, _EXPLICIT)
        if shape in memory.shapes or not 0 <= shape < memory.next_shape:
            raise reader.damaged("a shape's number is out of range")
    if len(memory.shapes) >= MAX_LIVE:
        raise reader.damaged("too many shapes")
    outline_id = read_outline_reference(reader, memory)
    outline = resolve(outline_id)
    place = read_next_place(reader, memory, outline_id, grid_of(outline))
    paint = read_shape_paint(reader, memory.paints, memory.textures, memory.moment.time)
    check_mask_paint(reader, outline, paint)
    opacity = OPAQUE
    if not reader.bit(_OPAQUE):
        opacity = _checked_opacity(reader, OPAQUE - 1 - read_number(reader, _OPACITY))
    under = read_number(reader, _UNDER)
    if under > MAX_LIVE:
        raise reader.damaged("a shape enters below too many")
    return shape, outline_id, under, ShapeState(outline, paint, place, opacity)


def write_edit(
    writer: Writer, memory: SceneMemory, state: ShapeState, live: LiveShape, outline_id: int
) -> None:
    """Writes the next state of a live shape: which fields change, and how."""
    old = live.state
    changes = (
        state.transform != old.transform,
        state.paint != old.paint,
        outline_id != live.outline_id,
        state.opacity != old.opacity,
    )
    some = 0
    for number, changed in enumerate(changes):
        writer.bit(_change_context(memory, number, some), changed)
        some |= changed
    moved, painted, reshaped, faded = changes
    if reshaped:
        write_outline_reference(writer, memory, outline_id)
    if moved:
        write_move(writer, memory, old.transform, live.motion, state.transform)
    if painted:
        now = memory.moment.time
        write_shape_paint_change(writer, memory.paints, memory.textures, now, old.paint, state.paint)
    if faded:
        write_signed(writer, _EDIT_OPACITY, state.opacity - old.opacity)


def read_edit(
    reader: Reader, memory: SceneMemory, live: LiveShape, resolve: Resolve
) -> tuple[int, ShapeState]:
    """Returns what ``write_edit`` wrote: the dictionary id of the outline, and the state."""
    old = live.state
    some = 0
    changes: list[int] = []
    for number in range(4):
        changed = reader.bit(_change_context(memory, number, some))
        some |= changed
        changes.append(changed)
    moved, painted, reshaped, faded = changes
    outline_id = read_outline_reference(reader, memory) if reshaped else live.outline_id
    outline = resolve(outline_id) if reshaped else old.outline
    place = read_move(reader, memory, old.transform, live.motion) if moved else old.transform
    paint = old.paint
    if painted:
        paint = read_shape_paint_change(reader, memory.paints, memory.textures, memory.moment.time, paint)
    check_mask_paint(reader, outline, paint)
    opacity = old.opacity
    if faded:
        opacity = _checked_opacity(reader, opacity + read_signed(reader, _EDIT_OPACITY))
    return outline_id, ShapeState(outline, paint, place, opacity)


def _change_context(memory: SceneMemory, number: int, some: int) -> int:
    """Context of "does field ``number`` change": did it in the last edit, does a field before it now."""
    return _EDIT_CHANGES + 4 * number + 2 * (memory.changes >> number & 1) + some


def _checked_opacity(reader: Reader, opacity: int) -> int:
    if not 0 <= opacity <= OPAQUE:
        raise reader.damaged("an opacity is out of range")
    return opacity
