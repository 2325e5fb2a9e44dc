# SPDX-License-Identifier: Apache-2.0
"""Shapes made ready for drawing, kept while they rest, so that a camera that moves costs only a matrix."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from mtor_transcode.model import Outline, TexturePaint
from mtor_transcode.render.between import Placed
from mtor_transcode.render.curves import bordered
from mtor_transcode.render.gradient import Box
from mtor_transcode.render.matrix import Matrix, box_through, inverse, placed
from mtor_transcode.render.path_cache import PathCache
from mtor_transcode.render.rasterizer import Canvas, Rect, Stamp
from mtor_transcode.render.textures import TextureShown
from mtor_transcode.render.tiles import Tile, Tiles

KEPT_NODES = 400_000
"""Nodes of all stamps that are kept: some tens of MB in the engines."""

KEPT_PIXELS = 64_000_000
"""Px of all tiles that are kept with their stamps: four bytes each in the engines."""

MARGIN = 2
"""Px around a rectangle in which a shape still counts as touching it: anti-aliasing, and rounding."""

_EVERYWHERE: Box = (-math.inf, -math.inf, math.inf, math.inf)


@dataclass(frozen=True, slots=True)
class _Kept:
    """A shape, its stamp, the box in px of the world that holds it, its nodes (None: it is not kept).

    ``pixels`` are those of its tile.
    """

    shape: Placed
    stamp: Stamp
    box: Box
    nodes: int | None
    pixels: int = 0


class Stamps:
    """The stamps of a canvas. A shape that rests is known by being the same object in each picture.

    Shapes on their way are made ready anew each time and not kept. ``tiles`` are what textured ones show.
    """

    def __init__(
        self,
        canvas: Canvas,
        hulls: PathCache[Box],
        tiles: Tiles,
        nodes: int = KEPT_NODES,
        pixels: int = KEPT_PIXELS,
    ) -> None:
        self._tiles = tiles
        self._pixels = pixels
        self._canvas = canvas
        self._hulls = hulls
        self._nodes = nodes
        self._kept: dict[int, _Kept] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def of(self, shapes: Iterable[Placed], seen: Sequence[Box]) -> Iterator[Stamp]:
        """The stamps, in order, of shapes that may touch one of the boxes ``seen`` (px of the world)."""
        before, self._kept = self._kept, {}
        room, pixels = self._nodes, self._pixels
        for shape in shapes:
            kept = before.get(shape.shape)
            if kept is None or kept.shape is not shape:
                kept = self._made(shape)
            x0, y0, x1, y1 = kept.box
            for left, top, right, bottom in seen:
                if x0 < right and left < x1 and y0 < bottom and top < y1:
                    yield kept.stamp
                    break
            if kept.nodes is not None:
                room -= kept.nodes
                if room >= 0 and kept.pixels <= pixels:
                    pixels -= kept.pixels
                    self._kept[shape.shape] = kept

    def _made(self, shape: Placed) -> _Kept:
        paint = shape.paint
        assert not isinstance(paint, TexturePaint)
        brush = self._tiles.get(paint, shape.outline) if isinstance(paint, TextureShown) else paint
        stamp = self._canvas.stamp(shape.outline, brush, shape.transform, shape.opacity)
        if not isinstance(shape.outline, Outline):
            # Its box would cost as much as the drawing that it might spare.
            return _Kept(shape, stamp, _EVERYWHERE, None)
        hull = self._hulls.get(bordered(shape.outline, shape.paint.border))
        box = box_through(placed(shape.transform), hull)
        pixels = brush.pixels.size // 3 if isinstance(brush, Tile) else 0
        return _Kept(shape, stamp, box, shape.outline.node_count, pixels)


def seen_through(view: Matrix, rect: Rect) -> Box:
    """The box in px of the world that holds all that a view shows in a rectangle of the canvas."""
    a, b, c, d, _, _ = view
    if a * d == b * c:
        return _EVERYWHERE
    x0, y0, x1, y1 = rect
    return box_through(inverse(view), (x0 - MARGIN, y0 - MARGIN, x1 + MARGIN, y1 + MARGIN))
