# SPDX-License-Identifier: Apache-2.0
"""Drawing with Skia (``skia-python``, optional): Blend2D's reference and fallback."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mtor_transcode.errors import MissingExtraError, UsageError
from mtor_transcode.model import UNITS_PER_PX, Colour, Mask, Solid
from mtor_transcode.render.curves import MITRE, AnyOutline, bordered, is_sharp, px_bounds, trace
from mtor_transcode.render.field import AnyField, field_matrix
from mtor_transcode.render.gradient import (
    AnyGradient,
    AnyPaint,
    AnyRadial,
    Box,
    gradient_axis,
    gradient_ellipse,
    inner_share,
)
from mtor_transcode.render.matrix import IDENTITY_MATRIX, Matrix, Similarity, compose, placed
from mtor_transcode.render.path_cache import PathCache
from mtor_transcode.render.rasterizer import Brush, Canvas, Rect, drawn_coverage, laid_over, without_alpha
from mtor_transcode.render.sprites import SpriteCache, sprite_corner
from mtor_transcode.render.tiles import Tile, TileCache, field_tile

try:
    import skia
except ImportError as error:
    raise MissingExtraError(
        "the Skia rasterizer is not installed", remedy="pip install 'mtor-transcode[skia]'"
    ) from error

_BILINEAR = skia.SamplingOptions(skia.FilterMode.kLinear)

_Stamp = tuple[Any, Any, Matrix, Any]
"""Path (of a mask: its sprite), paint, place (of a mask: its sprite's corner), the border's paint or None."""


class _Pen:
    """Writes a ``skia.Path``."""

    def __init__(self) -> None:
        self.path: Any = skia.Path()
        self.path.setFillType(skia.PathFillType.kEvenOdd)
        self.move_to = self.path.moveTo
        self.line_to = self.path.lineTo
        self.quad_to = self.path.quadTo
        self.cubic_to = self.path.cubicTo
        self.close = self.path.close


def _path(outline: AnyOutline) -> Any:
    pen = _Pen()
    trace(outline, pen)
    return pen.path


def _colour(colour: Colour) -> int:
    return int(skia.Color(*colour))


def _brush(paint: AnyPaint, box: Box, opacity: float) -> Any:
    brush = skia.Paint(AntiAlias=True)
    if isinstance(paint, Solid):
        brush.setColor(_colour(paint.colour))
    else:
        brush.setShader(_shader(paint, box))
    brush.setAlphaf(opacity / 255)
    return brush


def _shader(paint: AnyGradient, box: Box) -> Any:
    assert not isinstance(paint, AnyField)
    colours = [_colour(paint.first), _colour(paint.last)]
    if isinstance(paint, AnyRadial):
        # All three stops are told: of two at 1/2 and 1 Skia makes two at 0 and 1.
        return skia.GradientShader.MakeRadial(
            center=skia.Point(0, 0),
            radius=1,
            colors=[colours[0], *colours],
            positions=[0.0, inner_share(paint), 1.0],
            localMatrix=_matrix(gradient_ellipse(paint, box)),
        )
    x0, y0, x1, y1 = gradient_axis(paint, box)
    ends = [skia.Point(x0, y0), skia.Point(x1, y1)]
    return skia.GradientShader.MakeLinear(points=ends, colors=colours)


def _stroke(brush: Any, outline: AnyOutline) -> None:
    """Let a paint draw the lines of an outline."""
    brush.setStyle(skia.Paint.kStroke_Style)
    brush.setStrokeWidth(outline.stroke_width / UNITS_PER_PX)
    brush.setStrokeJoin(skia.Paint.kMiter_Join if is_sharp(outline) else skia.Paint.kRound_Join)
    brush.setStrokeMiter(MITRE)
    brush.setStrokeCap(skia.Paint.kRound_Cap)


def _sprite(pixels: NDArray[np.uint8]) -> Any:
    return skia.Image.fromarray(
        np.ascontiguousarray(pixels), skia.kRGBA_8888_ColorType, skia.AlphaType.kPremul_AlphaType
    )


def _matrix(matrix: Matrix) -> Any:
    a, b, c, d, e, f = matrix
    return skia.Matrix.MakeAll(a, c, e, b, d, f, 0, 0, 1)


def _tile_image(pixels: NDArray[np.uint8]) -> Any:
    return skia.Image.fromarray(
        cv2.cvtColor(pixels, cv2.COLOR_RGB2RGBA), skia.kRGBA_8888_ColorType, skia.AlphaType.kOpaque_AlphaType
    )


class SkiaCanvas:
    """A canvas on a numpy array; see ``Canvas``."""

    def __init__(
        self,
        width: int,
        height: int,
        paths: PathCache[Any],
        sprites: SpriteCache[Any],
        tiles: TileCache[Any],
        alpha: bool = False,
    ) -> None:
        self.width = width
        self.height = height
        self.pixels: NDArray[np.uint8] = np.zeros((height, width, 4), np.uint8)
        self.pixels[..., 3] = 0 if alpha else 255
        self._paths = paths
        self._sprites = sprites
        self._tiles = tiles
        self._surface: Any = skia.Surface(
            self.pixels,
            skia.kRGBA_8888_ColorType,
            skia.AlphaType.kPremul_AlphaType if alpha else skia.AlphaType.kOpaque_AlphaType,
        )
        self._canvas: Any = self._surface.getCanvas()

    @property
    def ycc(self) -> NDArray[np.uint8]:
        """See ``Canvas.ycc``."""
        return without_alpha(self.pixels)

    @property
    def luma(self) -> NDArray[np.uint8]:
        """See ``Canvas.luma``."""
        return self.pixels[..., 0].copy()

    def read(self, rect: Rect) -> NDArray[np.uint8]:
        """See ``Canvas.read``."""
        x0, y0, x1, y1 = rect
        return without_alpha(self.pixels[y0:y1, x0:x1])

    def fill(
        self,
        paint: AnyPaint,
        *,
        box: Box | None = None,
        view: Matrix = IDENTITY_MATRIX,
        clip: Rect | None = None,
    ) -> None:
        """See ``Canvas.fill``."""
        canvas = self._begin(clip, view)
        canvas.drawPaint(self._brush(paint, box or (0, 0, self.width, self.height), 255))
        canvas.restore()

    def draw(
        self,
        outline: AnyOutline,
        paint: Brush,
        transform: Similarity,
        opacity: float = 255,
        view: Matrix = IDENTITY_MATRIX,
        clip: Rect | None = None,
    ) -> None:
        """See ``Canvas.draw``."""
        self.draw_stamps((self.stamp(outline, paint, transform, opacity),), view, clip)

    def stamp(self, outline: AnyOutline, paint: Brush, transform: Similarity, opacity: float = 255) -> _Stamp:
        """See ``Canvas.stamp``."""
        if isinstance(outline, Mask):
            assert not isinstance(paint, Tile)
            place = compose(placed(transform), (1.0, 0.0, 0.0, 1.0, *sprite_corner(outline)))
            return self._sprites.get(outline, paint), skia.Paint(Alphaf=opacity / 255), place, None
        brush = self._brush(paint, px_bounds(outline), opacity)
        if outline.stroke_width:
            _stroke(brush, outline)
        border = None
        if paint.border is not None:
            border = self._brush(Solid(paint.border.colour), px_bounds(outline), opacity)
            _stroke(border, bordered(outline, paint.border))
        return self._paths.get(outline), brush, placed(transform), border

    def _brush(self, brush: Brush, box: Box, opacity: float) -> Any:
        if isinstance(brush, AnyField):
            tile, place = field_tile(brush), field_matrix(brush, box)
        elif isinstance(brush, Tile):
            tile, place = brush, brush.over(box)
        else:
            return _brush(brush, box, opacity)
        edge = skia.TileMode.kClamp
        shader = self._tiles.get(tile).makeShader(edge, edge, _BILINEAR, _matrix(place))
        paint = skia.Paint(AntiAlias=True, Shader=shader)
        paint.setAlphaf(opacity / 255)
        return paint

    def draw_stamps(
        self, stamps: Iterable[_Stamp], view: Matrix = IDENTITY_MATRIX, clip: Rect | None = None
    ) -> None:
        """See ``Canvas.draw_stamps``."""
        for path, brush, place, border in stamps:
            canvas = self._begin(clip, compose(view, place))
            if isinstance(path, skia.Image):
                canvas.drawImage(path, 0, 0, _BILINEAR, brush)
            else:
                if border is not None:
                    canvas.drawPath(path, border)
                canvas.drawPath(path, brush)
            canvas.restore()

    def copy(self, source: Canvas, rect: Rect | None = None, to: tuple[int, int] | None = None) -> None:
        """See ``Canvas.copy``."""
        if not isinstance(source, SkiaCanvas):
            raise UsageError("a Skia canvas copies from its own kind", where=type(source).__name__)
        x0, y0, x1, y1 = rect or (0, 0, source.width, source.height)
        x, y = to or (x0, y0)
        part = source.pixels[y0:y1, x0:x1]
        self.pixels[y : y + part.shape[0], x : x + part.shape[1]] = part

    def clear(self) -> None:
        """See ``Canvas.clear``."""
        self._canvas.clear(skia.ColorTRANSPARENT)

    def over(self, below: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """See ``Canvas.over``."""
        return laid_over(self.pixels, below)

    def flush(self) -> None:
        """See ``Canvas.flush``; Skia's raster surfaces draw at once."""

    def _begin(self, clip: Rect | None, matrix: Matrix) -> Any:
        """The canvas with clip and matrix set, to be restored after the drawing."""
        canvas = self._canvas
        canvas.save()
        if clip is not None:
            canvas.clipRect(skia.Rect.MakeLTRB(*clip))
        canvas.concat(_matrix(matrix))
        return canvas


class SkiaRasterizer:
    """See ``Rasterizer``; its canvases share caches of paths, of sprites and of tiles."""

    name = "skia"

    def __init__(self) -> None:
        self._paths: PathCache[Any] = PathCache(_path)
        self._sprites: SpriteCache[Any] = SpriteCache(_sprite)
        self._tiles: TileCache[Any] = TileCache(_tile_image)

    def canvas(self, width: int, height: int, *, alpha: bool = False) -> Canvas:
        """See ``Rasterizer.canvas``."""
        return SkiaCanvas(width, height, self._paths, self._sprites, self._tiles, alpha)

    def coverage(
        self, outline: AnyOutline, transform: Similarity, size: tuple[int, int], view: Matrix
    ) -> NDArray[np.uint8]:
        """See ``Rasterizer.coverage``."""
        return drawn_coverage(self, outline, transform, size, view)
