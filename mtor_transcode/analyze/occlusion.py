# SPDX-License-Identifier: Apache-2.0
"""Which shape lies before which: told by what is seen when one moves over another.

Shapes that do not meet in the first picture lie in any order. Where one then moves over another that should
hide it, the other is brought to the top: it leaves and enters at once, for the bits of a reference.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

from mtor_transcode.analyze.easel import Picture, Plane
from mtor_transcode.analyze.live import LiveShapes, error_change
from mtor_transcode.model import ShapeState
from mtor_transcode.render.rasterizer import Rect

MOST: Final = 3
"""Shapes that are tried before a moved one."""

NEAR: Final = 8
"""Px around a moved shape in which another one may lie."""


def rivals(
    live: LiveShapes,
    number: int,
    states: Iterable[ShapeState],
    target: Picture,
    worth: Plane,
    rests: Collection[int],
) -> list[int]:
    """Numbers of shapes beneath one that had better lie before it in one of ``states``, the likeliest first.

    Only those that rest are asked.
    """
    kept, shown = live.kept()
    found: dict[int, float] = {}
    for state in states:
        index = live.index_of(number)
        other = live.make(number, state)
        live.change(index, other, *live.seen_with(index, other))
        beneath, moved = live.kept()
        plain = float(error_change(target, shown, moved, worth))
        for shape in beneath[:index]:
            if shape.number not in rests or not _meet(shape.rect, other.rect):
                continue
            lift(live, shape.number, shape.number)
            change = float(error_change(target, shown, live.shown, worth))
            if change < plain:
                found[shape.number] = min(change, found.get(shape.number, change))
            live.put_back((beneath.copy(), moved.copy()))
        live.put_back((kept.copy(), shown.copy()))
    return sorted(found, key=found.__getitem__)[:MOST]


def lift(live: LiveShapes, number: int, following: int) -> ShapeState:
    """Bring a shape to the top of the stage under the number ``following``; its state."""
    index = live.index_of(number)
    state = live.shapes[index].state
    live.change(index, None, *live.seen_with(index, None))
    live.add(live.make(following, state))
    return state


def _meet(one: Rect, other: Rect) -> bool:
    x0, y0, x1, y1 = other
    return one[0] < x1 + NEAR and x0 - NEAR < one[2] and one[1] < y1 + NEAR and y0 - NEAR < one[3]
