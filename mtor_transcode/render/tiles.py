# SPDX-License-Identifier: Apache-2.0
"""Tiles: pictures that shapes are painted with, stretched over bounding boxes: of textures, of fields."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from mtor_transcode.render.curves import AnyOutline, px_bounds
from mtor_transcode.render.field import AnyField, field_pixels
from mtor_transcode.render.gradient import Box
from mtor_transcode.render.matrix import Matrix
from mtor_transcode.render.textures import Decoders, TextureShown, stretched

PictureT = TypeVar("PictureT")

KEPT_BYTES = 64 << 20
"""Bytes of tiles that are kept; the last one always is."""

FIELDS = 256
"""Tiles of shading fields that are kept, of at most 50 kB each."""

DECODERS = 16
"""Textures of shapes that are decoded side by side."""


@dataclass(frozen=True, slots=True, eq=False)
class Tile:
    """A picture ``(h, w, 3)`` Y, Cb, Cr, read-only; the same object is the same picture."""

    pixels: NDArray[np.uint8]

    @property
    def border(self) -> None:
        """Textures have no border."""

    def over(self, box: Box) -> Matrix:
        """The matrix that maps px of the tile to those of a box, whose corners meet."""
        height, width = self.pixels.shape[:2]
        x0, y0, x1, y1 = box
        return ((x1 - x0) / width, 0.0, 0.0, (y1 - y0) / height, x0, y0)


def field_tile(field: AnyField) -> Tile:
    """What a shading field is drawn with; the same object for fields that look alike."""
    return _field_tile(replace(field, border=None))


@lru_cache(maxsize=FIELDS)
def _field_tile(field: AnyField) -> Tile:
    return Tile(field_pixels(field))


class TileCache(Generic[PictureT]):
    """Engine pictures of tiles, least recently used first out."""

    def __init__(self, build: Callable[[NDArray[np.uint8]], PictureT]) -> None:
        self._build = build
        self._kept: OrderedDict[Tile, PictureT] = OrderedDict()
        self._bytes = 0

    def get(self, tile: Tile) -> PictureT:
        """The picture of a tile, built if it is not at hand."""
        picture = self._kept.get(tile)
        if picture is not None:
            self._kept.move_to_end(tile)
            return picture
        picture = self._kept[tile] = self._build(tile.pixels)
        self._bytes += tile.pixels.nbytes
        while self._bytes > KEPT_BYTES and len(self._kept) > 1:
            self._bytes -= self._kept.popitem(last=False)[0].pixels.nbytes
        return picture


class Tiles:
    """Makes tiles for shapes of a film of a size (width, height): no tile is larger than that."""

    def __init__(self, film: tuple[int, int]) -> None:
        self._film = film
        self._decoders = Decoders(DECODERS)
        self._tiles: OrderedDict[tuple[TextureShown, tuple[int, int]], Tile] = OrderedDict()
        self._bytes = 0

    def get(self, shown: TextureShown, outline: AnyOutline) -> Tile:
        """A picture of a texture at the size of an outline, in px of the film."""
        key = (shown, tile_size(px_bounds(outline), self._film))
        tile = self._tiles.get(key)
        if tile is not None:
            self._tiles.move_to_end(key)
            return tile
        pixels = stretched(self._decoders.planes(shown), key[1])
        pixels.flags.writeable = False
        tile = self._tiles[key] = Tile(pixels)
        self._bytes += pixels.nbytes
        while self._bytes > KEPT_BYTES and len(self._tiles) > 1:
            self._bytes -= self._tiles.popitem(last=False)[1].pixels.nbytes
        return tile


def tile_size(box: Box, film: tuple[int, int]) -> tuple[int, int]:
    """Width and height in px of a tile over a box: that of the box, rounded up, at most the film's."""
    across, down = (math.ceil(far - near) for near, far in ((box[0], box[2]), (box[1], box[3])))
    return min(max(across, 1), film[0]), min(max(down, 1), film[1])
