# SPDX-License-Identifier: Apache-2.0
"""Colours of gradients over the shapes that show them, kept: shapes are painted again and again."""

from __future__ import annotations

from collections import OrderedDict

from mtor_transcode.analyze.canvas.easel import Plane, paint_colours
from mtor_transcode.model import Gradient, Mask, ShapeState
from mtor_transcode.render.matrix import Matrix
from mtor_transcode.render.rasterizer import Rect
from mtor_transcode.render.rectangles import area

ROOM = 1 << 21
"""Px whose colours are kept, 12 bytes each."""

PART = 4
"""Colours are first made for the whole of a shape where at least a share of one in so many is asked for."""

_Key = tuple[ShapeState, Rect, Matrix]


class Shades:
    """The colours of the gradients that were asked for last."""

    def __init__(self) -> None:
        self._kept: OrderedDict[_Key, Plane] = OrderedDict()
        self._room = ROOM

    def of(self, state: ShapeState, whole: Rect, rect: Rect, view: Matrix) -> Plane:
        """The colours of a shape over ``rect``, a part of the ``whole`` that it may touch.

        See ``paint_colours``; they are the same.
        """
        several = isinstance(state.outline, Mask) and state.outline.colours
        if not isinstance(state.paint, Gradient) or several or area(whole) > ROOM:
            return paint_colours(state.paint, state.outline, state.transform, rect, view)
        key = (state, whole, view)
        colours = self._kept.get(key)
        if colours is None:
            if PART * area(rect) < area(whole):
                return paint_colours(state.paint, state.outline, state.transform, rect, view)
            colours = paint_colours(state.paint, state.outline, state.transform, whole, view)
            self._kept[key] = colours
            self._room -= colours[..., 0].size
            while self._room < 0:
                self._room += self._kept.popitem(last=False)[1][..., 0].size
        else:
            self._kept.move_to_end(key)
        if colours.shape[:2] == (1, 1):
            return colours
        left, top = whole[0], whole[1]
        return colours[rect[1] - top : rect[3] - top, rect[0] - left : rect[2] - left]
