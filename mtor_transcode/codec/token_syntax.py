# SPDX-License-Identifier: Apache-2.0
"""Tokens: when, what, which shape, and what changes. ``SceneMemory`` predicts; it is not changed here."""

from __future__ import annotations

from typing import Final

from mtor_transcode.codec.binarise import read_number, write_number
from mtor_transcode.codec.contexts import BASE, NUMBER
from mtor_transcode.codec.place_syntax import read_camera, write_camera
from mtor_transcode.codec.reference_syntax import read_shape_reference, write_shape_reference
from mtor_transcode.codec.scene_memory import KINDS, NOBODY, SceneMemory
from mtor_transcode.codec.state_syntax import Resolve, read_edit, read_enter, write_edit, write_enter
from mtor_transcode.codec.texture_syntax import read_backdrop, write_backdrop
from mtor_transcode.codec.writers import Reader, Writer
from mtor_transcode.model import Background, CameraMove, Edit, Enter, Leave, Token

_SAME_TIME: Final = BASE["token.same_time"]
_MORE: Final = BASE["token.more"]
_FIRST_TIME: Final = BASE["token.first_time"]
_SAME_STEP: Final = BASE["token.same_step"]
_STEP: Final = BASE["token.step"]
_KIND: Final = BASE["token.kind"]
_SAME_DURATION: Final = BASE["token.same_duration"]
_DURATION: Final = BASE["token.duration"]


def write_token(writer: Writer, memory: SceneMemory, token: Token, shape: int, outline_id: int) -> None:
    """Writes a token whose shape has the coded id ``shape`` and whose outline the id ``outline_id``.

    Of the memory only the moment goes on; the caller lets it ``remember`` the token.
    """
    write_lead(writer, memory, token.at, KINDS.index(type(token)), token.duration)
    if isinstance(token, Enter):
        write_enter(writer, memory, token, shape, outline_id)
    elif isinstance(token, Edit):
        write_shape_reference(writer, memory, shape)
        write_edit(writer, memory, token.state, memory.shapes[shape], outline_id)
    elif isinstance(token, Leave):
        write_shape_reference(writer, memory, shape)
    elif isinstance(token, CameraMove):
        write_camera(writer, memory.camera, memory.camera_motion, token.camera)
    else:
        write_backdrop(
            writer, memory.paints, memory.textures, memory.moment.time, memory.background, token.paint
        )


def write_lead(writer: Writer, memory: SceneMemory, at: int, kind: int, duration: int) -> None:
    """Writes how every token begins: its time, its kind (a place in ``KINDS``), its duration."""
    _write_time(writer, memory, at)
    group = _KIND + 4 * memory.kind
    for place in range(min(kind + 1, 4)):
        writer.bit(group + place, place == kind)
    same = duration == memory.durations[kind]
    writer.bit(_SAME_DURATION + kind, same)
    if not same:
        write_number(writer, _DURATION + NUMBER * kind, duration)


def read_lead(reader: Reader, memory: SceneMemory) -> tuple[int, int, int] | None:
    """Returns time, kind and duration of the next token, or None at the end of the span."""
    at = _read_time(reader, memory)
    if at is None:
        return None
    group = _KIND + 4 * memory.kind
    kind = 0
    while kind < 4 and not reader.bit(group + kind):
        kind += 1
    duration = memory.durations[kind]
    if not reader.bit(_SAME_DURATION + kind):
        duration = read_number(reader, _DURATION + NUMBER * kind)
    return at, kind, duration


def write_end(writer: Writer, memory: SceneMemory) -> None:
    """Writes that the span has no more tokens."""
    if memory.moment.open:
        writer.bit(_SAME_TIME + memory.kind, 0)
    writer.bit(_MORE, 0)


def read_token(reader: Reader, memory: SceneMemory, resolve: Resolve) -> Token | None:
    """Returns the next token and lets the memory remember it, or None at the end of the span."""
    lead = read_lead(reader, memory)
    if lead is None:
        return None
    at, kind, duration = lead
    token: Token
    outline_id = shape = NOBODY
    if KINDS[kind] is Enter:
        shape, outline_id, under, state = read_enter(reader, memory, resolve)
        token = Enter(at, shape, state, under, duration)
    elif KINDS[kind] is Edit:
        shape = read_shape_reference(reader, memory)
        outline_id, state = read_edit(reader, memory, memory.shapes[shape], resolve)
        token = Edit(at, duration, shape, state)
    elif KINDS[kind] is Leave:
        shape = read_shape_reference(reader, memory)
        token = Leave(at, shape, duration)
    elif KINDS[kind] is CameraMove:
        token = CameraMove(at, duration, read_camera(reader, memory.camera, memory.camera_motion))
    else:
        paint = read_backdrop(reader, memory.paints, memory.textures, at, memory.background)
        token = Background(at, duration, paint)
    memory.remember(token, shape, outline_id)
    return token


def _write_time(writer: Writer, memory: SceneMemory, at: int) -> None:
    """Writes the time of a token; one before the present (only a price may be asked for it) as if after."""
    moment = memory.moment
    difference = abs(at - moment.time)
    if moment.open:
        writer.bit(_SAME_TIME + memory.kind, difference == 0)
        if difference == 0:
            return
    writer.bit(_MORE, 1)
    if not moment.open:
        write_number(writer, _FIRST_TIME, difference)
    else:
        writer.bit(_SAME_STEP, difference == moment.step)
        if difference != moment.step:
            write_number(writer, _STEP, difference - 1)
    memory.at_time(at)


def _read_time(reader: Reader, memory: SceneMemory) -> int | None:
    moment = memory.moment
    if moment.open and reader.bit(_SAME_TIME + memory.kind):
        return moment.time
    if not reader.bit(_MORE):
        return None
    if not moment.open:
        difference = read_number(reader, _FIRST_TIME)
    elif reader.bit(_SAME_STEP):
        difference = moment.step
    else:
        difference = read_number(reader, _STEP) + 1
    memory.at_time(moment.time + difference)
    return memory.moment.time
