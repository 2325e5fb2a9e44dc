# SPDX-License-Identifier: Apache-2.0
"""What packets repeat: of all shapes, those whose loss would cost the picture most for the bytes.

A state that was told in n packets is missing with the probability ``LOSS ** n``. Telling it once more is
worth what it covers times that, and the more if it brings an outline that others use, too. It is a carousel:
what matters most comes round again first, and one that comes late in the scene sees it come.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from heapq import nlargest
from typing import Final

from mtor_transcode.codec.canonical import grid_of
from mtor_transcode.codec.packet_memory import BACKDROP, CAMERA, ENTER, LEAVE, Change
from mtor_transcode.model import SCALE_ONE, Outline, ShapeState

LOSS: Final = 0.1
"""Share of packets that repeats reckon to be lost."""

_PLACE_BYTES: Final = 7.0
"""What telling a state costs, about, without the outline."""

_NODE_BYTES: Final = 1.5
"""What a node of an outline costs, about."""

_LEAVE_BYTES: Final = 1.5

_BORDER: Final = 8 * 16
"""Units inside a shape's border that count: of flat areas not much is lost but their border."""

_VIEW_COPIES: Final = 2
"""Packets in which a new camera or background is repeated."""


@dataclass(slots=True)
class _Told:
    """A shape (``state`` None: it left) and in how many packets its present state was told."""

    state: ShapeState | None
    outline_id: int
    area: float
    copies: int = 1


class Repeats:
    """The shapes of a scene as its packets have told them; outlines below id ``shared`` are never missing."""

    def __init__(self, shared: int = 0) -> None:
        self._shared = shared
        self._views: dict[int, list[Change]] = {}
        self._told: dict[int, _Told] = {}
        self._order: list[int] = []
        self._users: dict[int, float] = {}
        self._copies: dict[int, int] = {}

    def take(self, change: Change, state: ShapeState | None, outline_id: int) -> None:
        """Goes on after a packet's change of a shape; ``state`` is its whole state then, None if it left."""
        shape = change.shape
        old = self._told.get(shape)
        if change.kind in (CAMERA, BACKDROP):
            if not change.again:
                self._views[change.kind] = [replace(change, duration=0, again=True)] * _VIEW_COPIES
            return
        if change.again:
            self._repeated(change)
            return
        if old is not None and old.state is not None:
            self._users[old.outline_id] -= old.area
        if state is None:
            if old is not None and old.state is None:
                del self._told[shape]
            elif old is not None:
                self._told[shape] = _Told(None, old.outline_id, old.area)
                self._order.remove(shape)
            return
        if change.kind == ENTER:
            self._order.insert(max(0, len(self._order) - change.under), shape)
        area = _area(state)
        self._told[shape] = _Told(state, outline_id, area)
        self._users[outline_id] = self._users.get(outline_id, 0.0) + area
        if change.outline is not None:
            self._copies[outline_id] = 1

    def _repeated(self, change: Change) -> None:
        self._told[change.shape].copies += 1
        if change.outline is not None:
            self._copies[change.outline_id] = self._copies.get(change.outline_id, 1) + 1

    def views(self, at: int) -> list[Change]:
        """Camera and background as the packets before have set them, if they are still to be repeated."""
        return [replace(views.pop(), at=at) for views in self._views.values() if views]

    def best(self, at: int, count: int) -> list[Change]:
        """The ``count`` changes of shapes that are most worth repeating at a tick, the best first."""
        return [self._change(shape, at) for shape in nlargest(count, self._told, key=self._worth)]

    def _worth(self, shape: int) -> float:
        told = self._told[shape]
        own = told.area * LOSS**told.copies
        if told.state is None:
            return own / _LEAVE_BYTES
        plain = own / _PLACE_BYTES
        if not self._brings(told):
            return plain
        copies = self._copies.get(told.outline_id, 1)
        whole = own + self._users[told.outline_id] * LOSS**copies
        return max(plain, whole / (_PLACE_BYTES + _NODE_BYTES * told.state.outline.node_count))

    def _brings(self, told: _Told) -> bool:
        """Whether a state is to be told with its outline."""
        return told.outline_id >= self._shared and self._copies.get(told.outline_id, 1) <= told.copies

    def _change(self, shape: int, at: int) -> Change:
        told = self._told[shape]
        state = told.state
        if state is None:
            return Change(at, 0, LEAVE, shape)
        return Change(
            at,
            0,
            ENTER,
            shape,
            told.outline_id,
            state.outline if self._brings(told) else None,
            grid_of(state.outline),
            state.transform,
            state.paint,
            state.opacity,
            len(self._order) - 1 - self._order.index(shape),
            again=True,
        )


def _area(state: ShapeState) -> float:
    """What a shape covers, in square units: of its outline's bounding box what lies near the border."""
    outline: Outline = state.outline
    x0, y0, x1, y1 = outline.bounds
    scale = state.transform.scale / SCALE_ONE
    border = state.paint.border
    beyond = outline.stroke_width + (2 * border.width if border else 0)
    width = (x1 - x0 + beyond) * scale
    height = (y1 - y0 + beyond) * scale
    inside = max(0.0, width - 2 * _BORDER) * max(0.0, height - 2 * _BORDER)
    return (width * height - inside) * state.opacity / 255
