# SPDX-License-Identifier: Apache-2.0
"""Coverage masks in their colours: small pictures with premultiplied alpha, which engines lay over others.

A cell of value v covers its pixel by ``round(255 v / levels)`` 255ths. Between the cells' centres coverage is
bilinear, and all around the mask it is empty; so a mask on whole px, at scale 1, shows its very cells. The
cells of a palette patch that are not empty are full, in colours of their own.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from functools import cache
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from mtor_transcode.model import Mask, Solid
from mtor_transcode.render.curves import px_bounds
from mtor_transcode.render.gradient import AnyPaint, gradient_shares

SpriteT = TypeVar("SpriteT")

BORDER = 1
"""Empty cells around a sprite, for engines to interpolate towards."""

KEPT = 4096
"""Sprites kept: some MB in the engines."""

_OWN = Solid((0, 0, 0))
"""Stands for the paint of palette patches, which is not seen."""


def mask_coverage(mask: Mask) -> NDArray[np.uint8]:
    """Coverage (0-255) of each cell, ``(height, width)``."""
    values = np.frombuffer(mask.values, dtype=np.uint8).reshape(mask.height, mask.width)
    if mask.colours:
        return np.where(values > 0, np.uint8(255), np.uint8(0))
    cover: NDArray[np.uint8] = _shares(mask.levels)[values]
    return cover


@cache
def _shares(levels: int) -> NDArray[np.uint8]:
    """The coverage (0-255) of every value of a cell."""
    shares = [min((510 * v + levels) // (2 * levels), 255) for v in range(256)]
    return np.array(shares, dtype=np.uint8)


def sprite_pixels(mask: Mask, paint: AnyPaint) -> NDArray[np.uint8]:
    """Four channels, premultiplied, of each cell and of a border: ``(height + 2, width + 2, 4)``.

    A gradient is taken at the cells' centres.
    """
    cover = mask_coverage(mask).astype(np.float64)[..., None]
    pixels = np.zeros((mask.height + 2 * BORDER, mask.width + 2 * BORDER, 4), dtype=np.uint8)
    inner = pixels[BORDER:-BORDER, BORDER:-BORDER]
    inner[..., :3] = np.floor(cell_colours(mask, paint) * cover / 255 + 0.5)
    inner[..., 3:] = cover
    return pixels


def cell_colours(mask: Mask, paint: AnyPaint) -> NDArray[np.float64]:
    """The colours of a paint at the cells' centres: ``(height, width, 3)``, ``(1, 1, 3)`` if it is solid.

    A palette patch has its own, which are any where its cells are empty.
    """
    if mask.colours:
        table = np.array((mask.colours[0], *mask.colours), dtype=np.float64)
        return table[np.frombuffer(mask.values, dtype=np.uint8).reshape(mask.height, mask.width)]
    if isinstance(paint, Solid):
        return np.array(paint.colour, dtype=np.float64).reshape(1, 1, 3)
    box = px_bounds(mask)
    x = np.arange(mask.width)[None, :] + 0.5 + box[0]
    y = np.arange(mask.height)[:, None] + 0.5 + box[1]
    share = gradient_shares(paint, box, x, y)
    first, last = np.array(paint.first, dtype=np.float64), np.array(paint.last, dtype=np.float64)
    return np.asarray(first + (last - first) * share[..., None])


def sprite_corner(mask: Mask) -> tuple[int, int]:
    """Where a sprite's upper left corner lies in the mask's own px."""
    return -(mask.width // 2) - BORDER, -mask.height - BORDER


class SpriteCache(Generic[SpriteT]):
    """Engine pictures of masks in their paints, least recently used first out."""

    def __init__(self, build: Callable[[NDArray[np.uint8]], SpriteT], most: int = KEPT) -> None:
        self._build = build
        self._most = most
        self._sprites: OrderedDict[tuple[Mask, AnyPaint], SpriteT] = OrderedDict()

    def __len__(self) -> int:
        return len(self._sprites)

    def get(self, mask: Mask, paint: AnyPaint) -> SpriteT:
        """The picture of a mask in a paint, built if not at hand; any paint does for a palette patch."""
        key = (mask, _OWN if mask.colours else paint)
        sprite = self._sprites.get(key)
        if sprite is None:
            sprite = self._build(sprite_pixels(mask, paint))
            self._sprites[key] = sprite
            if len(self._sprites) > self._most:
                self._sprites.popitem(last=False)
        else:
            self._sprites.move_to_end(key)
        return sprite
