# SPDX-License-Identifier: Apache-2.0
"""Payloads of scene, span and snapshot sections: a few plain fields, then entropy-coded syntax.

A scene's contexts and its memory go on from its head through its spans, until a snapshot starts both anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from mtor_transcode.codec.binarise import read_number, write_number
from mtor_transcode.codec.contexts import BASE
from mtor_transcode.codec.fields import Payload, varint
from mtor_transcode.codec.limits import MAX_OUTLINES, MAX_SOFTNESS, MAX_STEP, MAX_TICK
from mtor_transcode.codec.paint_syntax import PaintMemory, read_paint, write_paint
from mtor_transcode.codec.place_syntax import read_camera, write_camera
from mtor_transcode.codec.texture_syntax import TextureNames, read_backdrop, write_backdrop
from mtor_transcode.codec.writers import Reader, Writer
from mtor_transcode.model import STILL_CAMERA, Backdrop, Camera, SceneStart, TexturePaint, Transition

_DISSOLVE: Final = BASE["scene.dissolve"]
_TRANSITION: Final = BASE["scene.transition"]
_SOFTNESS: Final = BASE["scene.softness"]
_STILL: Final = (0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class ScenePlain:
    """Plain fields of a scene section: number, start, and the dictionary id of its first new outline."""

    number: int
    start: int
    next_new: int

    def write(self) -> bytes:
        """Returns the fields' bytes."""
        return varint(self.number) + varint(self.start) + varint(self.next_new)


def read_scene_plain(payload: Payload) -> ScenePlain:
    """Returns the plain fields at the start of a scene section."""
    number = payload.varint(2**31 - 1, "number of a scene")
    return ScenePlain(
        number, payload.varint(MAX_TICK, "start"), payload.varint(MAX_OUTLINES, "id of an outline")
    )


def write_scene_head(writer: Writer, head: SceneStart) -> None:
    """Writes transition, softness, background and camera."""
    dissolve = head.transition == Transition.DISSOLVE
    writer.bit(_DISSOLVE, dissolve)
    if dissolve:
        write_number(writer, _TRANSITION, head.transition_duration)
    write_number(writer, _SOFTNESS, head.softness)
    assert not isinstance(head.background, TexturePaint)
    write_paint(writer, PaintMemory(), head.background)
    write_camera(writer, STILL_CAMERA, _STILL, head.camera)


def read_scene_head(reader: Reader, plain: ScenePlain) -> SceneStart:
    """Returns the head that ``write_scene_head`` wrote."""
    transition, duration = Transition.CUT, 0
    if reader.bit(_DISSOLVE):
        transition, duration = Transition.DISSOLVE, read_number(reader, _TRANSITION)
    softness = read_number(reader, _SOFTNESS)
    if softness > MAX_SOFTNESS:
        raise reader.damaged(f"a scene has the softness {softness}")
    background, camera = read_paint(reader, PaintMemory()), read_camera(reader, STILL_CAMERA, _STILL)
    return SceneStart(plain.number, plain.start, background, camera, transition, duration, softness)


def write_view(writer: Writer, background: Backdrop, camera: Camera, names: TextureNames, start: int) -> None:
    """Writes the background and the camera with which a snapshot starts, at tick ``start``."""
    write_backdrop(writer, PaintMemory(), names, start, None, background)
    write_camera(writer, STILL_CAMERA, _STILL, camera)


def read_view(reader: Reader, names: TextureNames, start: int) -> tuple[Backdrop, Camera]:
    """Returns what ``write_view`` wrote."""
    background = read_backdrop(reader, PaintMemory(), names, start, None)
    return background, read_camera(reader, STILL_CAMERA, _STILL)


@dataclass(frozen=True, slots=True)
class SnapshotPlain:
    """Plain fields of a snapshot: time after the scene's start, next new outline, next coded shape id."""

    after: int
    next_new: int
    next_shape: int

    def write(self) -> bytes:
        """Returns the fields' bytes."""
        return varint(self.after) + varint(self.next_new) + varint(self.next_shape)


def read_snapshot_plain(payload: Payload) -> SnapshotPlain:
    """Returns the plain fields at the start of a snapshot section."""
    return SnapshotPlain(
        payload.varint(MAX_TICK, "time of a snapshot"),
        payload.varint(MAX_OUTLINES, "id of an outline"),
        payload.varint(2**53, "number of a shape"),
    )


def read_span_duration(payload: Payload) -> int:
    """Returns the duration at the start of a span section."""
    return payload.varint(MAX_STEP, "duration of a span")
