# SPDX-License-Identifier: Apache-2.0
"""Rasterizers: what draws outlines into pixels, behind one protocol.

Canvases have four channels of 8 bits. Y, Cb and Cr lie in the three colour channels and alpha is 255, so the
ordinary anti-aliased "over" of any 2-D engine composites in the film's own YCbCr, with no conversion.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from mtor_transcode.errors import UsageError
from mtor_transcode.model import Mask, Solid
from mtor_transcode.render.curves import AnyOutline
from mtor_transcode.render.gradient import AnyPaint, Box
from mtor_transcode.render.matrix import IDENTITY_MATRIX, Matrix, Similarity
from mtor_transcode.render.tiles import Tile

Rect = tuple[int, int, int, int]
"""``(x0, y0, x1, y1)`` in whole px of a canvas, the second corner exclusive."""

Brush = AnyPaint | Tile
"""What an outline is painted with: a tile lies over its bounding box, bilinear between px."""

_WHITE = Solid((255, 255, 255))

Stamp = Any
"""What an engine keeps of a shape so that drawing it again, through any view, takes the least time."""


def without_alpha(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The first three of four channels, contiguous (cv2: 100 times as fast as a copy by numpy)."""
    return cast("NDArray[np.uint8]", cv2.cvtColor(pixels, cv2.COLOR_BGRA2BGR))


def laid_over(pixels: NDArray[np.uint8], below: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A picture with alpha, premultiplied (H, W, 4), over one without (H, W, 3)."""
    rest = cv2.cvtColor(cv2.bitwise_not(cv2.extractChannel(pixels, 3)), cv2.COLOR_GRAY2BGR)
    through = cv2.multiply(below, rest, scale=1 / 255)
    return cast("NDArray[np.uint8]", cv2.add(through, without_alpha(pixels)))


class Canvas(Protocol):
    """A picture that can be drawn on. Coordinates of rectangles are px of the canvas."""

    width: int
    height: int

    @property
    def ycc(self) -> NDArray[np.uint8]:
        """All that has been drawn: ``(height, width, 3)`` in order Y, Cb, Cr, contiguous.

        An array of its own, which later drawing leaves alone: take it again after drawing.
        """

    @property
    def luma(self) -> NDArray[np.uint8]:
        """The first channel alone, ``(height, width)``: a copy, cheaper than all of ``ycc``."""

    def read(self, rect: Rect) -> NDArray[np.uint8]:
        """A copy of a part of the picture, ``(y1 - y0, x1 - x0, 3)``; cheaper than all of ``ycc``."""

    def fill(
        self,
        paint: AnyPaint,
        *,
        box: Box | None = None,
        view: Matrix = IDENTITY_MATRIX,
        clip: Rect | None = None,
    ) -> None:
        """Paint the whole canvas, or ``clip``.

        A gradient runs over ``box`` mapped by ``view`` (the canvas itself if ``box`` is None).
        """

    def draw(
        self,
        outline: AnyOutline,
        paint: Brush,
        transform: Similarity,
        opacity: float = 255,
        view: Matrix = IDENTITY_MATRIX,
        clip: Rect | None = None,
    ) -> None:
        """Paint an outline, even-odd, or stroked with round joins and caps if it has a stroke width.

        If the paint has a border, that is painted first, as a stroke of its own, with the same opacity.
        ``transform`` places it in the world, ``view`` maps px of the world to px of the canvas, ``opacity``
        is 0-255. Nothing outside ``clip`` changes; inside, pixels may differ by one level from those of a
        drawing without clip, as engines cut edges at its border.
        """

    def stamp(self, outline: AnyOutline, paint: Brush, transform: Similarity, opacity: float = 255) -> Stamp:
        """A shape made ready for ``draw_stamps`` of this canvas and of others of its rasterizer.

        A mask takes no tile.
        """

    def draw_stamps(
        self, stamps: Iterable[Stamp], view: Matrix = IDENTITY_MATRIX, clip: Rect | None = None
    ) -> None:
        """Paint shapes back to front, to the very pixels of ``draw`` for each of them."""

    def copy(self, source: Canvas, rect: Rect | None = None, to: tuple[int, int] | None = None) -> None:
        """Copy ``rect`` (all if None) of another canvas of the same rasterizer.

        Its corner comes to lie at ``to`` (the same place if None). ``UsageError`` if the canvas is of another
        kind.
        """

    def clear(self) -> None:
        """Forget all that was drawn: transparent, on a canvas with ``alpha``."""

    def over(self, below: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """What was drawn on a canvas with ``alpha`` over a picture of its size: a new ``(H, W, 3)`` array."""

    def flush(self) -> None:
        """Finish all drawing."""


class Rasterizer(Protocol):
    """Makes canvases, and keeps what is worth keeping of outlines. To be used by one thread at a time."""

    name: str

    def canvas(self, width: int, height: int, *, alpha: bool = False) -> Canvas:
        """A new canvas, black at first (Y = Cb = Cr = 0), or transparent with ``alpha``."""

    def coverage(
        self, outline: AnyOutline, transform: Similarity, size: tuple[int, int], view: Matrix
    ) -> NDArray[np.uint8]:
        """How much of each pixel of a canvas of ``size`` (width, height) an outline covers, 0-255: (H, W).

        What ``draw`` of it in white would leave in each channel of a black canvas, in half the time.
        """


def drawn_coverage(
    engine: Rasterizer, outline: AnyOutline, transform: Similarity, size: tuple[int, int], view: Matrix
) -> NDArray[np.uint8]:
    """``Rasterizer.coverage`` by drawing."""
    canvas = engine.canvas(*size)
    canvas.draw(outline.silhouette if isinstance(outline, Mask) else outline, _WHITE, transform, 255, view)
    return canvas.luma


NAMES = ("blend2d", "skia")


def rasterizer(name: str | None = None) -> Rasterizer:
    """The rasterizer of that name; by default Blend2D, and Skia where Blend2D cannot be loaded.

    ``UsageError`` for an unknown name, ``MissingExtraError`` if it is not installed.
    """
    if name is None:
        try:
            return rasterizer("blend2d")
        except ImportError:
            return rasterizer("skia")
    if name == "blend2d":
        from mtor_transcode.render.rasterizers.blend2d import Blend2dRasterizer

        return Blend2dRasterizer()
    if name == "skia":
        from mtor_transcode.render.rasterizers.skia import SkiaRasterizer

        return SkiaRasterizer()
    raise UsageError(f"unknown rasterizer {name!r}", remedy=f"one of {', '.join(NAMES)}")
