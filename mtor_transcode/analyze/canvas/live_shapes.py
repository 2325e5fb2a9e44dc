# SPDX-License-Identifier: Apache-2.0
"""The decoded state at one time, as the encoder knows it: live shapes in painter's order, what they show."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from mtor_transcode.analyze.canvas.easel import (
    Picture,
    Plane,
    border_of,
    composite,
    composite_spans,
    cover_rect,
    coverage,
    frame_colours,
    spans_of,
)
from mtor_transcode.analyze.canvas.regions import CHROMA_WEIGHT
from mtor_transcode.analyze.canvas.shades import Shades
from mtor_transcode.model import STILL_CAMERA, Camera, Paint, ShapeState, Solid
from mtor_transcode.render.matrix import IDENTITY_MATRIX, Matrix, compose, inverse, through_camera
from mtor_transcode.render.rasterizer import Rasterizer, Rect
from mtor_transcode.render.rectangles import area, common, union

CACHED_AREA = 1 << 18
"""Coverage of rectangles of at most this many px is kept with the shape."""

NOBODY = -1

OUTLIER = 200.0
"""Squared error of a px that shows something else: how much else does not matter (Black and Anandan 1996)."""


@dataclass(slots=True)
class LiveShape:
    """A shape on the stage: its state, the px it may touch, and its coverage of them if it is kept.

    ``edge`` is the coverage of its border, as far as that goes below what fills it; ``spans`` (h, 2) is where
    each line of ``cover`` begins and ends.
    """

    number: int
    state: ShapeState
    rect: Rect
    cover: Picture | None = None
    edge: Picture | None = None
    spans: NDArray[np.int32] | None = None


class LiveShapes:
    """Painter's list with the picture it makes.

    ``shown`` (H, W, 3) uint8 is that picture; methods that change the list keep it true.
    """

    def __init__(self, engine: Rasterizer, size: tuple[int, int], background: Paint) -> None:
        self.engine = engine
        self.size = size
        self.background = background
        self.camera: Camera = STILL_CAMERA
        self.view: Matrix = IDENTITY_MATRIX
        self.shapes: list[LiveShape] = []
        width, height = size
        self._rects: NDArray[np.int32] | None = None
        self._behind: Picture | None = None
        self._shades = Shades()
        if not isinstance(background, Solid):
            self._behind = np.rint(frame_colours(background, size)).astype(np.uint8)
        self.shown: Picture = np.empty((height, width, 3), dtype=np.uint8)
        self._fill(self.shown, (0, 0, width, height))

    def make(self, number: int, state: ShapeState) -> LiveShape:
        """A shape as it would stand on the stage now; it is not added."""
        return LiveShape(number, state, cover_rect(border_of(state), state.transform, self.view, self.size))

    def widened(self, rect: Rect, behind: Picture) -> LiveShapes:
        """The same shapes on a stage that shows ``rect`` (px of this one's picture) before ``behind``.

        What is done there changes nothing here.
        """
        x0, y0, x1, y1 = rect
        wide = LiveShapes(self.engine, (x1 - x0, y1 - y0), self.background)
        wide._behind = behind
        wide.camera = self.camera
        wide.view = compose((1.0, 0.0, 0.0, 1.0, -float(x0), -float(y0)), self.view)
        wide.shapes = [wide.make(shape.number, shape.state) for shape in self.shapes]
        wide.shown = wide._compose((0, 0, x1 - x0, y1 - y0), {})
        return wide

    def add(self, shape: LiveShape, *, painted: bool = False) -> None:
        """Put a shape on top; ``painted`` if ``shown`` has it already."""
        self.shapes.append(shape)
        self._rects = None
        if not painted and area(shape.rect):
            x0, y0, x1, y1 = shape.rect
            self._paint(shape, self.shown[y0:y1, x0:x1], shape.rect)

    def index_of(self, number: int) -> int:
        """Place of a shape in the painter's list."""
        return next(i for i, shape in enumerate(self.shapes) if shape.number == number)

    def seen_with(self, index: int, other: LiveShape | None) -> tuple[Rect, Picture]:
        """The rectangle that would change, and its pixels, if a shape became ``other`` (None: left)."""
        return self.seen_with_all({index: other})

    def seen_with_all(self, others: Mapping[int, LiveShape | None]) -> tuple[Rect, Picture]:
        """The same of several shapes at once, by their places in the painter's list."""
        rect: Rect = (0, 0, 0, 0)
        for index, other in others.items():
            rect = union(rect, self.shapes[index].rect)
            if other is not None:
                rect = union(rect, other.rect)
        return rect, self._compose(rect, others)

    def seen_lifted(self, index: int, other: LiveShape, lifted: int) -> tuple[Rect, Picture]:
        """What would change if a shape became ``other`` and the one at ``lifted`` came to the top."""
        rect = union(self.shapes[lifted].rect, union(self.shapes[index].rect, other.rect))
        pixels = self._compose(rect, {index: other, lifted: None})
        self._paint(self.shapes[lifted], pixels, rect)
        return rect, pixels

    def change(self, index: int, other: LiveShape | None, rect: Rect, pixels: Picture) -> None:
        """Carry out what ``seen_with`` showed."""
        self.change_all({index: other}, rect, pixels)

    def change_all(self, others: Mapping[int, LiveShape | None], rect: Rect, pixels: Picture) -> None:
        """Carry out what ``seen_with_all`` showed."""
        x0, y0, x1, y1 = rect
        self.shown[y0:y1, x0:x1] = pixels
        self._rects = None
        for index in sorted(others, reverse=True):
            other = others[index]
            if other is None:
                del self.shapes[index]
            else:
                self.shapes[index] = other

    def leave(self, numbers: Collection[int]) -> None:
        """Take shapes off the stage."""
        gone = {place: None for place, shape in enumerate(self.shapes) if shape.number in numbers}
        self.change_all(gone, *self.seen_with_all(gone))

    def kept(self) -> tuple[list[LiveShape], Picture]:
        """The shapes and the picture as they are, to be ``put_back``."""
        return self.shapes.copy(), self.shown.copy()

    def put_back(self, kept: tuple[list[LiveShape], Picture]) -> None:
        """Undo all that was changed, with the camera at rest, since ``kept``."""
        self.shapes, self.shown = kept
        self._rects = None

    def with_camera(self, camera: Camera) -> Picture:
        """The whole picture as another camera would show it; nothing is changed."""
        held, view = self.camera, self.view
        kept = [(shape.rect, shape.cover, shape.edge, shape.spans) for shape in self.shapes]
        self._look(camera)
        width, height = self.size
        picture = self._compose((0, 0, width, height), {})
        self.camera, self.view = held, view
        self._rects = None
        for shape, (rect, cover, edge, spans) in zip(self.shapes, kept, strict=True):
            shape.rect, shape.cover, shape.edge, shape.spans = rect, cover, edge, spans
        return picture

    def set_camera(self, camera: Camera, picture: Picture) -> None:
        """Take a camera over, with the picture that ``with_camera`` gave."""
        self._look(camera)
        self.shown = picture

    def owners(self) -> NDArray[np.int32]:
        """For each pixel the place in the painter's list of the topmost shape that covers it, (H, W)."""
        width, height = self.size
        ids = np.full((height, width), NOBODY, dtype=np.int32)
        for index, shape in enumerate(self.shapes):
            if area(shape.rect):
                x0, y0, x1, y1 = shape.rect
                ids[y0:y1, x0:x1][self._cover(shape) > 127] = index
                if shape.state.paint.border is not None:
                    ids[y0:y1, x0:x1][self._edge(shape) > 127] = index
        return ids

    def cover_of(self, shape: LiveShape) -> Picture:
        """Coverage (0-255) of a shape over its rectangle, without its border."""
        return self._cover(shape)

    def below(self, index: int, rect: Rect, lifted: int = NOBODY) -> Picture:
        """``rect`` as it is under the shape at ``index`` of the painter's list, without the ``lifted``."""
        pixels: Picture = np.empty((rect[3] - rect[1], rect[2] - rect[0], 3), dtype=np.uint8)
        self._fill(pixels, rect)
        for i in self._touching(rect, ()):
            if i < index and i != lifted:
                self._paint(self.shapes[i], pixels, rect)
        return pixels

    def above(self, index: int, rect: Rect, pixels: Picture, lifted: int = NOBODY) -> Picture:
        """``pixels`` of ``rect`` with all above the shape at ``index`` painted on, the ``lifted`` last."""
        for i in self._touching(rect, ()):
            if i > index and i != lifted:
                self._paint(self.shapes[i], pixels, rect)
        if lifted != NOBODY:
            self._paint(self.shapes[lifted], pixels, rect)
        return pixels

    def painted(self, index: int, pixels: Picture, rect: Rect) -> Picture:
        """``pixels`` of ``rect`` with a shape painted on them once more."""
        over = pixels.copy()
        self._paint(self.shapes[index], over, rect)
        return over

    def to_world(self, across: float, down: float) -> tuple[float, float]:
        """A shift of the picture (px) as a shift of the world."""
        a, b, c, d, _, _ = inverse(self.view)
        return a * across + c * down, b * across + d * down

    def composited(self, shape: LiveShape, under: Picture) -> Picture:
        """The pixels of a shape's rectangle if it were painted last, over ``under``."""
        pixels = under.copy()
        self._paint(shape, pixels, shape.rect)
        return pixels

    def _look(self, camera: Camera) -> None:
        self.camera = camera
        self.view = IDENTITY_MATRIX if camera == STILL_CAMERA else through_camera(camera, *self.size)
        self._rects = None
        for shape in self.shapes:
            shape.rect = cover_rect(border_of(shape.state), shape.state.transform, self.view, self.size)
            shape.cover = shape.edge = shape.spans = None

    def _fill(self, pixels: Picture, rect: Rect) -> None:
        if self._behind is not None:
            pixels[:] = rect_of(self._behind, rect)
        elif isinstance(self.background, Solid):
            # By rows: numpy fills pixel by pixel else.
            pixels[:] = np.full(pixels.shape[1:], self.background.colour, np.uint8)

    def _compose(self, rect: Rect, others: Mapping[int, LiveShape | None]) -> Picture:
        x0, y0, x1, y1 = rect
        pixels: Picture = np.empty((y1 - y0, x1 - x0, 3), dtype=np.uint8)
        if not pixels.size:
            return pixels
        self._fill(pixels, rect)
        for i in self._touching(rect, others):
            shown = others.get(i, self.shapes[i])
            if shown is not None:
                self._paint(shown, pixels, rect)
        return pixels

    def _touching(self, rect: Rect, always: Iterable[int]) -> list[int]:
        """Places in the painter's list of the shapes that may show in ``rect``, and ``always``."""
        if self._rects is None:
            self._rects = np.array([shape.rect for shape in self.shapes], dtype=np.int32).reshape(-1, 4)
        x0, y0, x1, y1 = rect
        rects = self._rects
        touching = (rects[:, 0] < x1) & (rects[:, 2] > x0) & (rects[:, 1] < y1) & (rects[:, 3] > y0)
        touching[list(always)] = True
        return [int(i) for i in np.flatnonzero(touching)]

    def _paint(self, shape: LiveShape, pixels: Picture, rect: Rect) -> None:
        """Paint the part of a shape that lies in ``rect`` on its ``pixels``."""
        x0, y0, x1, y1 = common(shape.rect, rect)
        if x1 <= x0 or y1 <= y0:
            return
        part = pixels[y0 - rect[1] : y1 - rect[1], x0 - rect[0] : x1 - rect[0]]
        inside = (x0 - shape.rect[0], y0 - shape.rect[1], x1 - shape.rect[0], y1 - shape.rect[1])
        state = shape.state
        if state.paint.border is not None:
            colour = np.array(state.paint.border.colour, dtype=np.float32).reshape(1, 1, 3)
            composite(part, rect_of(self._edge(shape), inside), colour)
        colours = self._shades.of(state, shape.rect, (x0, y0, x1, y1), self.view)
        cover = rect_of(self._cover(shape), inside)
        if shape.spans is None:
            composite(part, cover, colours)
        else:
            composite_spans(part, cover, colours, shape.spans[inside[1] : inside[3]], inside[0])

    def _cover(self, shape: LiveShape) -> Picture:
        if shape.cover is not None:
            return shape.cover
        cover = coverage(self.engine, shape.state.outline, shape.state.transform, shape.rect, self.view)
        if area(shape.rect) <= CACHED_AREA:
            shape.cover, shape.spans = cover, spans_of(cover)
        return cover

    def _edge(self, shape: LiveShape) -> Picture:
        """Coverage of the border of a shape that has one."""
        if shape.edge is not None:
            return shape.edge
        edge = coverage(self.engine, border_of(shape.state), shape.state.transform, shape.rect, self.view)
        if area(shape.rect) <= CACHED_AREA:
            shape.edge = edge
        return edge


@njit(cache=True, nogil=True)
def error_change(target, before, after, weight):  # type: ignore[no-untyped-def]
    """Weighted squared error of ``after`` less that of ``before``."""
    total = 0.0
    for y in range(weight.shape[0]):
        for x in range(weight.shape[1]):
            w = weight[y, x]
            if w == 0.0:
                continue
            change = 0.0
            for c in range(3):
                if after[y, x, c] == before[y, x, c]:
                    continue
                t = float(target[y, x, c])
                new = float(after[y, x, c]) - t
                old = float(before[y, x, c]) - t
                e = new * new - old * old
                change += e if c == 0 else CHROMA_WEIGHT * e
            total += w * change
    return total


@njit(cache=True, nogil=True)
def agreement_change(target, before, after, weight):  # type: ignore[no-untyped-def]
    """The same with no px's error counted as more than ``OUTLIER``: what lies elsewhere does not vote."""
    total = 0.0
    for y in range(weight.shape[0]):
        for x in range(weight.shape[1]):
            w = weight[y, x]
            if w == 0.0:
                continue
            new = 0.0
            old = 0.0
            for c in range(3):
                share = 1.0 if c == 0 else CHROMA_WEIGHT
                t = float(target[y, x, c])
                new += share * (float(after[y, x, c]) - t) ** 2
                old += share * (float(before[y, x, c]) - t) ** 2
            total += w * (min(new, OUTLIER) - min(old, OUTLIER))
    return total


def rect_of(picture: Picture | Plane, rect: Rect) -> NDArray[np.uint8]:
    """The part of a picture inside a rectangle, as a view."""
    x0, y0, x1, y1 = rect
    return picture[y0:y1, x0:x1]  # type: ignore[return-value]
