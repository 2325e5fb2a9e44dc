# SPDX-License-Identifier: Apache-2.0
"""A scene put together from the packets that came: tokens that always fit each other.

What a lost packet would have brought is left out: changes of shapes that never entered are dropped, shapes
whose outline is missing enter without one, and are seen once a change gives them one.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from mtor_transcode.codec.container import FETCH_AGAIN
from mtor_transcode.codec.limits import KEPT_NODES, MAX_LIVE, MAX_LIVE_TEXTURES
from mtor_transcode.codec.packet_memory import BACKDROP, CAMERA, ENTER, LEAVE, Change
from mtor_transcode.codec.packet_table import PacketScene, PacketTable
from mtor_transcode.codec.packets import UNREAD
from mtor_transcode.codec.rangecoder import RangeReader
from mtor_transcode.codec.scene_memory import NOBODY, texture_weight
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
    Mask,
    Outline,
    ShapeState,
    Solid,
    Span,
    TexturePaint,
    Token,
)

NOTHING: Final = Outline(())
"""Stands for an outline that is missing."""


_NO_PAINT: Final = Solid((126, 128, 128))
_UNSEEN: Final = ShapeState(NOTHING, _NO_PAINT)
"""A shape of which nothing has been told; grey is seen where its texture is missing."""


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
        self._textured = 0
        self._camera = scene.head.camera
        self._backdrop: Backdrop = scene.head.background
        self._spent = 0
        self._again: OrderedDict[int, Outline] = OrderedDict()
        self._again_nodes = 0
        self._lacks: dict[int, int] = {}
        self._blank: dict[int, set[int]] = {}

    def spans(self) -> Iterator[Span]:
        """Yields a span for each packet; where packets are missing, one starts after the end of that before.

        The first may start after the scene. Only a packet's tokens can last over its end.
        """
        for number in self._scene.numbers:
            packet = self._table.read(number, self._names, self._make)
            self._table.keep(number, packet.outlines)
            tokens = [token for change in packet.changes for token in self._tokens(change)]
            yield Span(packet.plain.start, packet.plain.end, tuple(tokens))

    def _tokens(self, change: Change) -> Iterator[Token]:
        """What a change comes to here; an outline told again is given to all shapes that lack it."""
        if change.again and change.outline is not None and change.outline_id not in self._again:
            self._keep_again(change.outline_id, change.outline)
            for shape in sorted(self._blank.get(change.outline_id, set()) - {change.shape}):
                self._has_outline(shape)
                self._set(shape, replace(self._states[shape], outline=change.outline))
                yield Edit(change.at, 0, shape, self._states[shape])
        token = self._token(change)
        if token is not None:
            yield token

    def _keep_again(self, outline_id: int, outline: Outline) -> None:
        """Keeps an outline that was told again, and lets go of those told longest ago."""
        self._again[outline_id] = outline
        self._again_nodes += outline.node_count
        while self._again_nodes > KEPT_NODES and len(self._again) > 1:
            _, dropped = self._again.popitem(last=False)
            self._again_nodes -= dropped.node_count

    def _has_outline(self, shape: int) -> None:
        """Notes that a shape lacks no outline, or not the one it lacked."""
        outline_id = self._lacks.pop(shape, None)
        if outline_id is not None:
            self._blank[outline_id].discard(shape)
            if not self._blank[outline_id]:
                del self._blank[outline_id]

    def _token(self, change: Change) -> Token | None:
        if change.kind in (CAMERA, BACKDROP):
            return self._view(change)
        shape = change.shape
        if change.kind == ENTER:
            return self._enter(change)
        if shape not in self._states:
            return None
        if change.kind == LEAVE:
            self._textured -= texture_weight(self._states.pop(shape).paint)
            self._has_outline(shape)
            return Leave(change.at, shape, change.duration)
        self._set(shape, self._changed(self._states[shape], change))
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
        old = self._states.get(change.shape)
        state = self._changed(old or _UNSEEN, change)
        if len(self._states) >= MAX_LIVE and old is None:
            raise FormatError("too many shapes", where=f"scene {self._scene.head.number}", remedy=FETCH_AGAIN)
        state = self._set(change.shape, state)
        if old is not None:
            return None if old == state else Edit(change.at, change.duration, change.shape, state)
        return Enter(change.at, change.shape, state, change.under, change.duration)

    def _changed(self, old: ShapeState, change: Change) -> ShapeState:
        """A state after a change; a texture that is not at hand changes nothing."""
        paint = old.paint if change.paint is None else change.paint
        if isinstance(paint, TexturePaint) and paint.texture is UNREAD:
            paint = old.paint
        return replace(
            old,
            outline=old.outline if change.outline_id == NOBODY else self._outline(change),
            paint=paint,
            transform=old.transform if change.place is None else change.place,
            opacity=old.opacity if change.opacity is None else change.opacity,
        )

    def _set(self, shape: int, state: ShapeState) -> ShapeState:
        """Takes over what a shape has come to, and returns it: a mask never shows a texture."""
        if isinstance(state.outline, Mask) and isinstance(state.paint, TexturePaint):
            state = replace(state, paint=_NO_PAINT)
        old = self._states.get(shape, _UNSEEN)
        self._textured += texture_weight(state.paint) - texture_weight(old.paint)
        if self._textured > MAX_LIVE_TEXTURES:
            where = f"scene {self._scene.head.number}"
            raise FormatError("too many shapes show textures", where=where, remedy=FETCH_AGAIN)
        self._states[shape] = state
        return state

    def _outline(self, change: Change) -> Outline:
        self._has_outline(change.shape)
        found = change.outline or self._looked_up(change.outline_id) or self._again.get(change.outline_id)
        if found is None:
            self._lacks[change.shape] = change.outline_id
            self._blank.setdefault(change.outline_id, set()).add(change.shape)
            return NOTHING
        return found

    def _looked_up(self, outline_id: int) -> Outline | None:
        """An outline of the packets; refuses to decode them over and over, even for one packet's tokens."""
        before = self._table.decoded
        found = self._table.outline(outline_id)
        self._spent += self._table.decoded - before
        self._table.check_spent(self._spent)
        return found
