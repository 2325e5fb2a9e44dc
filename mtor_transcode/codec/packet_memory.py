# SPDX-License-Identifier: Apache-2.0
"""What both sides know inside one packet, and the changes that a packet carries.

A packet starts from nothing: what it says of a shape for the first time is absolute, so it means the same
whether the packets before it came or not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from mtor_transcode.codec.dictionary import NewOutlines
from mtor_transcode.codec.paint_syntax import PaintMemory
from mtor_transcode.codec.scene_memory import KINDS, NOBODY, Motion, SceneMemory, is_fine
from mtor_transcode.codec.texture_syntax import NO_TEXTURES, TextureNames
from mtor_transcode.model import (
    STILL_CAMERA,
    Backdrop,
    Background,
    Camera,
    CameraMove,
    Edit,
    Enter,
    Fill,
    Leave,
    Outline,
    Solid,
    Transform,
)

EDIT, ENTER, LEAVE, CAMERA, BACKDROP = map(KINDS.index, (Edit, Enter, Leave, CameraMove, Background))

_GREY = Solid((128, 128, 128))


@dataclass(frozen=True, slots=True)
class Change:
    """A token as a packet has it: what it does not change is None (``NOBODY`` for ids).

    ``kind`` is a place in ``KINDS``, ``shape`` a coded id, ``outline`` the outline itself if this change
    defines it; ``grid`` is the grid (bits) of the outline that the shape then has. An Enter ``again`` repeats
    what a shape has come to that entered before.
    """

    at: int
    duration: int
    kind: int
    shape: int = NOBODY
    outline_id: int = NOBODY
    outline: Outline | None = None
    grid: int = 0
    place: Transform | None = None
    paint: Fill | None = None
    opacity: int | None = None
    under: int = 0
    camera: Camera | None = None
    backdrop: Backdrop | None = None
    again: bool = False


class Known(NamedTuple):
    """What the packet has said of a shape; ``outline`` counts the outlines that the packet defines."""

    place: Transform | None = None
    motion: Motion = (0, 0)
    paint: Fill | None = None
    opacity: int | None = None
    outline: int = NOBODY


class PacketMemory(SceneMemory):
    """The memory of one packet, which begins at tick ``start``.

    ``next_new`` is the id of the first outline that it defines, ``next_shape`` the next shape's to enter.
    """

    def __init__(
        self, start: int, next_new: int, next_shape: int, textures: TextureNames = NO_TEXTURES
    ) -> None:
        super().__init__(_GREY, STILL_CAMERA, next_new, start, textures)
        self.paints = PaintMemory()
        self.next_shape = next_shape
        self.known: dict[int, Known] = {}
        self.new = NewOutlines(next_new)
        self.grid = 0
        self.backdrop: Backdrop | None = None
        self.last_named = next_shape

    def expected(self) -> tuple[int, int]:
        """``(shape, known)``: known (1) if it followed the last named one before, else the next by id (0)."""
        shape = self.successor.get(self.moment.shape, NOBODY)
        return (shape, 1) if shape != NOBODY else (self.last_named + 1, 0)

    def take(self, change: Change) -> None:
        """Goes on after a change (``at_time`` was called before, by the syntax)."""
        self.kind = change.kind
        self.durations[change.kind] = change.duration
        if change.camera is not None:
            old, new = self.camera, change.camera
            self.camera_motion = (
                new.dx - old.dx, new.dy - old.dy, new.scale - old.scale, new.angle - old.angle
            )  # fmt: skip
            self.camera = new
        elif change.backdrop is not None:
            self.backdrop = change.backdrop
            self.paints.add(change.backdrop)
        else:
            self._take_shape(change)

    def _take_shape(self, change: Change) -> None:
        shape = change.shape
        old = self.known.get(shape, Known())
        if change.kind == ENTER:
            old = Known()
            if not change.again:
                self.next_shape = shape + 1
        else:
            self._name(shape)
        self.last_named = shape
        if change.kind == LEAVE:
            self.known.pop(shape, None)
            self.successor.pop(shape, None)
            return
        self.known[shape] = Known(
            old.place if change.place is None else change.place,
            self._moved(old, change),
            old.paint if change.paint is None else change.paint,
            old.opacity if change.opacity is None else change.opacity,
            self._took_outline(old.outline, change),
        )
        if change.paint is not None:
            self.paints.add(change.paint)
        if change.kind == EDIT:
            self.changes = (
                (change.place is not None)
                | (change.paint is not None) << 1
                | (change.outline_id != NOBODY) << 2
                | (change.opacity is not None) << 3
            )

    def _moved(self, old: Known, change: Change) -> Motion:
        """The shape's last motion afterwards; a place that is absolute moves ``place`` and ``fine``."""
        new = change.place
        if new is None:
            return old.motion
        if old.place is not None:
            motion = (new.dx - old.place.dx, new.dy - old.place.dy)
            self.moment = self.moment._replace(motion=motion)
            return motion
        self.place = new
        self.grid = change.grid
        if change.grid:
            self.fine = int(is_fine(change.grid, new))
        return (0, 0)

    def _took_outline(self, old: int, change: Change) -> int:
        if change.outline_id == NOBODY:
            return old
        if change.outline is not None and not change.again:
            self.new.add(change.outline)
        self._use(change.outline_id)
        index = change.outline_id - self.new.first
        return index if 0 <= index < len(self.new.section.outlines) else NOBODY
