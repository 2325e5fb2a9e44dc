# SPDX-License-Identifier: Apache-2.0
"""Pictures to pixels. While camera and background rest, only what changed is drawn again, to the same pixels.

A pixel depends on the shapes that touch it and on nothing else. So the shapes that touch the rectangles of
the change are drawn whole, over the background, and those alone are taken over into the last frame.
(Drawing with a clip would be shorter, but engines cut edges at its border: some pixels come out a level off.)
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mtor_transcode.render.between import Placed
from mtor_transcode.render.curves import bordered, hull
from mtor_transcode.render.gradient import Box
from mtor_transcode.render.matrix import (
    Matrix,
    Similarity,
    box_through,
    compose,
    placed,
    sized,
    through_camera,
)
from mtor_transcode.render.overlay import Overlay
from mtor_transcode.render.path_cache import PathCache
from mtor_transcode.render.rasterizer import Rasterizer, Rect
from mtor_transcode.render.rectangles import area, gathered
from mtor_transcode.render.soften import deviation, soften
from mtor_transcode.render.stage import Picture
from mtor_transcode.render.stamps import Stamps, seen_through
from mtor_transcode.render.textures import TextureScreen, TextureShown
from mtor_transcode.render.tiles import Tiles

WHOLE = 0.6
"""Share of the frame from which on it is drawn whole."""

Frame = NDArray[np.uint8]


class Painter:
    """Paints pictures of one film at one size.

    Frames are (H, W, 3) arrays of Y, Cb and Cr codes, read-only, and never changed later.
    """

    def __init__(self, rasterizer: Rasterizer, film: tuple[int, int], size: tuple[int, int]) -> None:
        self._film = film
        self._size = size
        self._screen = sized(*film, size)
        self._canvas = rasterizer.canvas(*size)
        self._hulls: PathCache[Box] = PathCache(hull)
        tiles = Tiles(film)
        self._stamps = Stamps(self._canvas, self._hulls, tiles)
        self._overlay = Overlay(rasterizer, self._hulls, tiles, size)
        self._textures = TextureScreen(size)
        self._last: tuple[Picture, Frame] | None = None
        self._soft: tuple[Frame, int, Frame] | None = None

    def paint(self, picture: Picture, softness: int = 0) -> Frame:
        """The frame of a picture, blurred by a scene's ``softness``: the last one itself if nothing in sight
        changed.
        """
        if isinstance(picture.background, TextureShown):
            return self._textured(picture, picture.background)
        frame = self._repaint(picture)
        frame.flags.writeable = False
        self._last = (picture, frame)
        return self._softened(frame, softness) if softness else frame

    def _textured(self, picture: Picture, shown: TextureShown) -> Frame:
        """Shapes over a picture of a texture; nothing is blurred."""
        below = self._textures.pixels(shown)
        if not picture.shapes:
            self._last = None
            return below
        if self._last is not None and self._last[0] == picture:
            return self._last[1]
        frame = self._overlay.over(below, picture, self._view(picture.camera))
        frame.flags.writeable = False
        self._last = (picture, frame)
        return frame

    def _softened(self, frame: Frame, softness: int) -> Frame:
        """A blurred copy; the sharp frame stays, as partial redraws go on from it."""
        if self._soft is None or self._soft[0] is not frame or self._soft[1] != softness:
            blurred = soften(frame, deviation(softness, self._film, self._size))
            blurred.flags.writeable = False
            self._soft = (frame, softness, blurred)
        return self._soft[2]

    def _repaint(self, picture: Picture) -> Frame:
        if self._last is None:
            return self._whole(picture)
        before, frame = self._last
        if before.background != picture.background or before.camera != picture.camera:
            return self._whole(picture)
        changed = _changed(before.shapes, picture.shapes)
        if changed is None:
            return self._whole(picture)
        view = self._view(picture.camera)
        boxes = [box for box in (self._box(shape, view) for shape in changed) if box is not None]
        if not boxes:
            return frame
        rects = gathered(boxes)
        if sum(map(area, rects)) > WHOLE * self._size[0] * self._size[1]:
            return self._whole(picture)
        return self._part(picture, rects, frame)

    def _whole(self, picture: Picture) -> Frame:
        self._paint(picture, [(0, 0, *self._size)])
        return self._canvas.ycc

    def _part(self, picture: Picture, rects: Sequence[Rect], frame: Frame) -> Frame:
        """The last frame with rectangles of it painted anew."""
        self._paint(picture, rects)
        renewed = frame.copy()
        for rect in rects:
            x0, y0, x1, y1 = rect
            renewed[y0:y1, x0:x1] = self._canvas.read(rect)
        return renewed

    def _paint(self, picture: Picture, rects: Sequence[Rect]) -> None:
        """Draw what touches rectangles of the canvas."""
        assert not isinstance(picture.background, TextureShown)
        self._canvas.fill(picture.background, box=(0, 0, *self._film), view=self._screen)
        view = self._view(picture.camera)
        seen = [seen_through(view, rect) for rect in rects]
        self._canvas.draw_stamps(self._stamps.of(picture.shapes, seen), view)

    def _view(self, camera: Similarity) -> Matrix:
        return compose(self._screen, through_camera(camera, *self._film))

    def _box(self, shape: Placed, view: Matrix) -> Rect | None:
        """The px that a shape may touch, a px of margin included; None if there is none on the canvas."""
        hull_of = self._hulls.get(bordered(shape.outline, shape.paint.border))
        x0, y0, x1, y1 = box_through(compose(view, placed(shape.transform)), hull_of)
        left, top = max(0, math.floor(x0) - 1), max(0, math.floor(y0) - 1)
        right, bottom = min(self._size[0], math.ceil(x1) + 1), min(self._size[1], math.ceil(y1) + 1)
        return (left, top, right, bottom) if left < right and top < bottom else None


def _changed(before: tuple[Placed, ...], after: tuple[Placed, ...]) -> list[Placed] | None:
    """All old and new forms of shapes that differ; None if the order of those that stay is another."""
    old = {shape.shape: shape for shape in before}
    new = {shape.shape: shape for shape in after}
    if [key for key in old if key in new] != [key for key in new if key in old]:
        return None
    differing = [shape for key, shape in old.items() if _differs(new.get(key), shape)]
    return differing + [shape for key, shape in new.items() if _differs(old.get(key), shape)]


def _differs(a: Placed | None, b: Placed) -> bool:
    return a is not b and a != b
