# SPDX-License-Identifier: Apache-2.0
"""A scene put together from the packets that came: tokens that always fit each other.

What a lost packet would have brought is left out: changes of shapes that never entered are dropped, shapes
whose outline is missing enter without one, and are seen once a change gives them one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from mtor_transcode.codec.limits import MAX_LIVE
from mtor_transcode.codec.packet_memory import BACKDROP, CAMERA, ENTER, LEAVE, Change
from mtor_transcode.codec.packet_table import PacketScene, PacketTable
from mtor_transcode.codec.packets import UNREAD
from mtor_transcode.codec.rangecoder import RangeReader
from mtor_transcode.codec.scene_memory import NOBODY
from mtor_transcode.codec.scene_reader import MakeReader
from mtor_transcode.codec.texture_syntax import TextureNames
from mtor_transcode.errors import FormatError
from mtor_transcode.model import (
    Backdrop,
    Background,
    CameraMove,
    Edit,
    Enter,
    Leave,
    Outline,
    ShapeState,
    Span,
    TexturePaint,
    Token,
)

NOTHING: Final = Outline(())
"""Stands for an outline that is missing."""


class PacketSceneReader:
    """Decodes the packets of a scene one after the other."""

    def __init__(
        self, table: PacketTable, scene: PacketScene, names: TextureNames, make: MakeReader = RangeReader
    ) -> None:
        self._table = table
        self._scene = scene
        self._names = names
        self._make = make
        self._states: dict[int, ShapeState] = {}
        self._camera = scene.head.camera
        self._backdrop: Backdrop = scene.head.background
        self._again: dict[int, Outline] = {}
        self._blank: dict[int, int] = {}

    def spans(self) -> Iterator[Span]:
        """Yields a span for each packet; where packets are missing, one starts after the end of that before.

        The first may start after the scene. Only a packet's tokens can last over its end.
        """
        spent = self._table.decoded
        for number in self._scene.numbers:
            packet = self._table.read(number, self._names, self._make)
            self._table.keep(number, packet.outlines)
            tokens = [token for change in packet.changes for token in self._tokens(change)]
            self._table.check_spent(spent)
            yield Span(packet.plain.start, packet.plain.end, tuple(tokens))

    def _tokens(self, change: Change) -> Iterator[Token]:
        """What a change comes to here; an outline told again is given to all shapes that lack it."""
        if change.again and change.outline is not None and change.outline_id not in self._again:
            self._again[change.outline_id] = change.outline
            for shape, outline_id in list(self._blank.items()):
                if outline_id == change.outline_id and shape != change.shape:
                    del self._blank[shape]
                    state = self._states[shape] = replace(self._states[shape], outline=change.outline)
                    yield Edit(change.at, 0, shape, state)
        token = self._token(change)
        if token is not None:
            yield token

    def _token(self, change: Change) -> Token | None:
        if change.kind in (CAMERA, BACKDROP):
            return self._view(change)
        shape = change.shape
        if change.kind == ENTER:
            return self._enter(change)
        if shape not in self._states:
            return None
        if change.kind == LEAVE:
            del self._states[shape]
            self._blank.pop(shape, None)
            return Leave(change.at, shape, change.duration)
        self._states[shape] = self._changed(self._states[shape], change)
        return Edit(change.at, change.duration, shape, self._states[shape])

    def _view(self, change: Change) -> Token | None:
        """A new camera or background; what is told again is left out where it came before."""
        if change.camera is not None:
            before, self._camera = self._camera, change.camera
            if change.again and before == change.camera:
                return None
            return CameraMove(change.at, change.duration, change.camera)
        paint = change.backdrop
        assert paint is not None
        if isinstance(paint, TexturePaint) and paint.texture is UNREAD:
            return None
        old, self._backdrop = self._backdrop, paint
        return None if change.again and old == paint else Background(change.at, change.duration, paint)

    def _enter(self, change: Change) -> Token | None:
        assert change.place is not None
        assert change.paint is not None
        assert change.opacity is not None
        outline = self._outline(change)
        state = ShapeState(outline, change.paint, change.place, change.opacity)
        old = self._states.get(change.shape)
        if len(self._states) >= MAX_LIVE and old is None:
            raise FormatError("too many shapes", where=f"scene {self._scene.head.number}")
        self._states[change.shape] = state
        if old is not None:
            return None if old == state else Edit(change.at, change.duration, change.shape, state)
        return Enter(change.at, change.shape, state, change.under, change.duration)

    def _changed(self, old: ShapeState, change: Change) -> ShapeState:
        return replace(
            old,
            outline=old.outline if change.outline_id == NOBODY else self._outline(change),
            paint=old.paint if change.paint is None else change.paint,
            transform=old.transform if change.place is None else change.place,
            opacity=old.opacity if change.opacity is None else change.opacity,
        )

    def _outline(self, change: Change) -> Outline:
        self._blank.pop(change.shape, None)
        found = change.outline or self._table.outline(change.outline_id) or self._again.get(change.outline_id)
        if found is None:
            self._blank[change.shape] = change.outline_id
            return NOTHING
        return found
