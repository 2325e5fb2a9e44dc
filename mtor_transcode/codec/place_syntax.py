# SPDX-License-Identifier: Apache-2.0
"""Places: where a shape enters, how it moves, where the camera goes."""

from __future__ import annotations

from typing import Final

from mtor_transcode.codec.binarise import read_signed, write_signed
from mtor_transcode.codec.contexts import BASE, SIGNED
from mtor_transcode.codec.limits import MAX_COORDINATE
from mtor_transcode.codec.scene_memory import Motion, SceneMemory, is_fine
from mtor_transcode.codec.writers import Reader, Writer
from mtor_transcode.model import SCALE_ONE, Camera, Transform

_UPRIGHT: Final = BASE["enter.upright"]
_ENTER_SCALE: Final = BASE["enter.scale"]
_ENTER_ANGLE: Final = BASE["enter.angle"]
_FINE: Final = BASE["enter.fine"]
_STEP: Final = BASE["enter.again"]
_ENTER_DX: Final = BASE["enter.dx"]
_ENTER_DY: Final = BASE["enter.dy"]
_TURNED: Final = BASE["edit.turned"]
_EXACT: Final = BASE["edit.exact"]
_DX: Final = BASE["edit.dx"]
_DY: Final = BASE["edit.dy"]
_SCALE: Final = BASE["edit.scale"]
_ANGLE: Final = BASE["edit.angle"]
_AGAIN: Final = BASE["camera.again"]
_VALUE: Final = BASE["camera.value"]

_STILL: Final = (0, 0)


def write_next_place(
    writer: Writer, memory: SceneMemory, outline_id: int, grid: int, place: Transform
) -> None:
    """Writes where a shape enters: at the expected step from the shape before it, or like ``write_place``."""
    (dx, dy), source = memory.steps.expected(outline_id, outline_id == memory.next_new)
    old = memory.place
    upright = place.scale == SCALE_ONE and place.angle == 0
    hit = upright and place.dx == old.dx + dx and place.dy == old.dy + dy
    writer.bit(_STEP + 2 * source + memory.steps.hit, hit)
    if not hit:
        write_place(writer, memory, grid, place)


def read_next_place(reader: Reader, memory: SceneMemory, outline_id: int, grid: int) -> Transform:
    """Returns a place that ``write_next_place`` wrote."""
    (dx, dy), source = memory.steps.expected(outline_id, outline_id == memory.next_new)
    if not reader.bit(_STEP + 2 * source + memory.steps.hit):
        return read_place(reader, memory, grid)
    return _checked(reader, Transform(memory.place.dx + dx, memory.place.dy + dy))


def write_place(writer: Writer, memory: SceneMemory, grid: int, place: Transform) -> None:
    """Writes where a shape enters, relative to the shape that entered before it, on its outline's grid."""
    fine = 1
    if grid:
        fine = int(is_fine(grid, place))
        writer.bit(_FINE + memory.fine, fine)
    step = 0 if fine else grid
    dx = (place.dx >> step) - (memory.place.dx >> step)
    dy = (place.dy >> step) - (memory.place.dy >> step)
    write_signed(writer, _ENTER_DY + SIGNED * fine, dy)
    write_signed(writer, _ENTER_DX + SIGNED * (2 * fine + (dy == 0)), dx)
    upright = place.scale == SCALE_ONE and place.angle == 0
    writer.bit(_UPRIGHT, upright)
    if not upright:
        write_signed(writer, _ENTER_SCALE, place.scale - memory.place.scale)
        write_signed(writer, _ENTER_ANGLE, place.angle - memory.place.angle)


def read_place(reader: Reader, memory: SceneMemory, grid: int) -> Transform:
    """Returns a place that ``write_place`` wrote."""
    fine = reader.bit(_FINE + memory.fine) if grid else 1
    step = 0 if fine else grid
    dy = read_signed(reader, _ENTER_DY + SIGNED * fine)
    dx = read_signed(reader, _ENTER_DX + SIGNED * (2 * fine + (dy == 0)))
    x = ((memory.place.dx >> step) + dx) << step
    y = ((memory.place.dy >> step) + dy) << step
    scale, angle = SCALE_ONE, 0
    if not reader.bit(_UPRIGHT):
        scale = memory.place.scale + read_signed(reader, _ENTER_SCALE)
        angle = memory.place.angle + read_signed(reader, _ENTER_ANGLE)
    return _checked(reader, Transform(x, y, scale, angle))


def _prediction(memory: SceneMemory, own: Motion) -> tuple[int, Motion]:
    """Which motion to expect, and its source: 0 the group's last motion, 1 the shape's own last, 2 none."""
    if memory.moment.motion is not None:
        return 0, memory.moment.motion
    if own != _STILL:
        return 1, own
    return 2, _STILL


def write_move(writer: Writer, memory: SceneMemory, old: Transform, own: Motion, place: Transform) -> None:
    """Writes where a shape goes from its target place ``old``; ``own`` is its last motion."""
    source, (px, py) = _prediction(memory, own)
    x, y = place.dx - old.dx - px, place.dy - old.dy - py
    exact = x == 0 and y == 0
    if source < 2:
        writer.bit(_EXACT + source, exact)
    if source == 2 or not exact:
        write_signed(writer, _DX + SIGNED * source, x)
        write_signed(writer, _DY + SIGNED * source, y)
    turned = place.scale != old.scale or place.angle != old.angle
    writer.bit(_TURNED, turned)
    if turned:
        write_signed(writer, _SCALE, place.scale - old.scale)
        write_signed(writer, _ANGLE, place.angle - old.angle)


def read_move(reader: Reader, memory: SceneMemory, old: Transform, own: Motion) -> Transform:
    """Returns a place that ``write_move`` wrote."""
    source, (x, y) = _prediction(memory, own)
    if source == 2 or not reader.bit(_EXACT + source):
        x += read_signed(reader, _DX + SIGNED * source)
        y += read_signed(reader, _DY + SIGNED * source)
    scale, angle = old.scale, old.angle
    if reader.bit(_TURNED):
        scale += read_signed(reader, _SCALE)
        angle += read_signed(reader, _ANGLE)
    return _checked(reader, Transform(old.dx + x, old.dy + y, scale, angle))


def _fields(camera: Camera) -> tuple[int, int, int, int]:
    return camera.dx, camera.dy, camera.scale, camera.angle


def write_camera(writer: Writer, old: Camera, motion: tuple[int, int, int, int], new: Camera) -> None:
    """Writes where the camera goes: on as before, or by field how far it goes."""
    change = tuple(b - a for a, b in zip(_fields(old), _fields(new), strict=True))
    again = change == motion
    writer.bit(_AGAIN, again)
    if again:
        return
    for number, value in enumerate(change):
        write_signed(writer, _VALUE + SIGNED * number, value)


def read_camera(reader: Reader, old: Camera, motion: tuple[int, int, int, int]) -> Camera:
    """Returns a camera that ``write_camera`` wrote."""
    change = list(motion)
    if not reader.bit(_AGAIN):
        change = [read_signed(reader, _VALUE + SIGNED * number) for number in range(4)]
    dx, dy, scale, angle = (a + b for a, b in zip(_fields(old), change, strict=True))
    _checked(reader, Transform(dx, dy, scale, angle))
    return Camera(dx, dy, scale, angle)


def _checked(reader: Reader, place: Transform) -> Transform:
    if max(abs(place.dx), abs(place.dy), abs(place.scale), abs(place.angle)) > MAX_COORDINATE:
        raise reader.damaged("a place is out of range")
    return place
