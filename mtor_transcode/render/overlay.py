# SPDX-License-Identifier: Apache-2.0
"""Shapes on a transparent canvas, to be laid over the pictures of a texture."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mtor_transcode.render.between import Placed
from mtor_transcode.render.gradient import Box
from mtor_transcode.render.matrix import Matrix
from mtor_transcode.render.path_cache import PathCache
from mtor_transcode.render.rasterizer import Canvas, Rasterizer
from mtor_transcode.render.stage import Picture
from mtor_transcode.render.stamps import Stamps, seen_through
from mtor_transcode.render.tiles import Tiles


class Overlay:
    """Draws shapes once and lays them over one picture after the other while they rest."""

    def __init__(
        self, rasterizer: Rasterizer, hulls: PathCache[Box], tiles: Tiles, size: tuple[int, int]
    ) -> None:
        self._rasterizer = rasterizer
        self._hulls = hulls
        self._tiles = tiles
        self._size = size
        self._canvas: Canvas | None = None
        self._stamps: Stamps | None = None
        self._drawn: tuple[tuple[Placed, ...], Matrix] | None = None

    def over(self, below: NDArray[np.uint8], picture: Picture, view: Matrix) -> NDArray[np.uint8]:
        """The shapes of a picture over ``below`` (H, W, 3): a new array."""
        if self._canvas is None or self._stamps is None:
            self._canvas = self._rasterizer.canvas(*self._size, alpha=True)
            self._stamps = Stamps(self._canvas, self._hulls, self._tiles)
        if self._drawn != (picture.shapes, view):
            self._canvas.clear()
            seen = [seen_through(view, (0, 0, *self._size))]
            self._canvas.draw_stamps(self._stamps.of(picture.shapes, seen), view)
            self._drawn = (picture.shapes, view)
        return self._canvas.over(below)
