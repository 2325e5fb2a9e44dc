# SPDX-License-Identifier: Apache-2.0
"""Drawing with Blend2D (``blend2d-python``): the default, 300 paths at 720p in 3 to 5 ms.

What the binding does, as measured: a colour is a tuple of floats 0-1, cut off to bytes, in the order in which
``getDataAsNumPy`` returns them; ``getDataAsNumPy`` returns a copy of its own (0.3 ms at 720p), so reading is
lazy and parts are read through a small image; ``BLContext.transform`` sets the matrix, it does not multiply.
"""

from __future__ import annotations

import os
import struct
import tempfile
from collections.abc import Iterable
from typing import Any, cast

import blend2d
import cv2
import numpy as np
from numpy.typing import NDArray

from mtor_transcode.errors import OutputError, UsageError
from mtor_transcode.model import UNITS_PER_PX, Border, Mask, Solid
from mtor_transcode.render.curves import MITRE, AnyOutline, bordered, is_sharp, px_bounds, trace
from mtor_transcode.render.field import AnyField, field_matrix
from mtor_transcode.render.flat import FlatPen
from mtor_transcode.render.gradient import AnyPaint, Box
from mtor_transcode.render.matrix import IDENTITY_MATRIX, Matrix, Similarity, compose, placed
from mtor_transcode.render.path_cache import PathCache
from mtor_transcode.render.rasterizer import Brush, Canvas, Rect, drawn_coverage, laid_over, without_alpha
from mtor_transcode.render.rasterizers.blend2d_styles import LEVELS, Rings, colour_of, style_of
from mtor_transcode.render.sprites import SpriteCache, sprite_corner
from mtor_transcode.render.tiles import Tile, TileCache, field_tile

_ROUND, _SHARP = blend2d.BLStrokeJoin.JOIN_ROUND, blend2d.BLStrokeJoin.JOIN_MITER_BEVEL

_CORNER = blend2d.BLPoint(0, 0)
_FULL = (1.0, 1.0, 1.0)

_Line = tuple[Any, Any, float, bool]
"""Path, style, stroke width in px, and whether it is sharp."""

_Stamp = tuple[Any, Any, Matrix, float, float, _Line | None]
"""Path, style, place, opacity 0-1, stroke width in px (0: a fill), and the border to be painted before.

A mask has no path; its sprite stands for the style, its place is that of the sprite's corner.
"""


class _Pen:
    """Writes a ``BLPath``."""

    def __init__(self) -> None:
        self.path: Any = blend2d.BLPath()
        self.move_to = self.path.move_to
        self.line_to = self.path.line_to
        self.quad_to = self.path.quadric_to
        self.cubic_to = self.path.cubic_to
        self.close = self.path.close


def _path(outline: AnyOutline) -> Any:
    pen = _Pen()
    # Blend2D's stroker never returns from some cubics that are all but straight.
    trace(outline, FlatPen(pen) if outline.stroke_width else pen)
    return pen.path


def _context(image: Any) -> Any:
    """What draws on an image: even-odd, strokes with round joins and caps."""
    context = blend2d.BLContext(image)
    context.fill_rule = blend2d.BLFillRule.EVEN_ODD
    context.stroke_join = _ROUND
    context.stroke_miter_limit = MITRE
    context.set_stroke_caps(blend2d.BLStrokeCap.CAP_ROUND)
    return context


def _sprite(pixels: NDArray[np.uint8]) -> Any:
    """A ``BLImage``, drawn cell by cell, as the binding takes no pixels in."""
    height, width = pixels.shape[:2]
    image = blend2d.BLImage(width, height, blend2d.BLFormat.PRGB32)
    context = blend2d.BLContext(image)
    context.clear_all()
    context.comp_op = blend2d.BLCompOp.SRC_COPY
    cells: dict[tuple[int, ...], list[tuple[int, int]]] = {}
    for y, row in enumerate(pixels.tolist()):
        for x, cell in enumerate(row):
            if cell[3]:
                cells.setdefault(tuple(cell), []).append((x, y))
    for (*colour, alpha), places in cells.items():
        plain = (min(1.0, (code + 0.25) / alpha) for code in colour)
        context.set_fill_style((*plain, LEVELS[alpha]))
        for x, y in places:
            context.fill_rect(blend2d.BLRect(x, y, 1, 1))
    context.flush()
    return image


def _tile_image(pixels: NDArray[np.uint8]) -> Any:
    """A ``BLImage`` of a tile, by way of a bitmap file, as the binding takes pixels in from files only."""
    height, width = pixels.shape[:2]
    rows = cv2.cvtColor(pixels, cv2.COLOR_BGR2BGRA)
    head = struct.pack("<2sIII", b"BM", 54 + rows.nbytes, 0, 54)
    head += struct.pack("<IiiHHIIiiII", 40, width, -height, 1, 32, 0, rows.nbytes, 0, 0, 0, 0)
    try:
        return _read_bitmap(head, rows)
    except OSError as error:
        raise OutputError(
            f"a texture cannot be set aside: {error.strerror}",
            where=tempfile.gettempdir(),
            remedy="free some space there, or name another folder in TMPDIR",
        ) from error


def _read_bitmap(head: bytes, rows: NDArray[np.uint8]) -> Any:
    """The image of a bitmap file that is written and gone again at once. Raises OSError."""
    place, path = tempfile.mkstemp(suffix=".bmp")
    try:
        with os.fdopen(place, "wb") as file:
            file.write(head)
            file.write(rows.data)
        image = blend2d.BLImage()
        image.readFromFile(path)
    finally:
        os.unlink(path)
    return image


class Blend2dCanvas:
    """A canvas in a ``BLImage``; see ``Canvas``."""

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
        layout = blend2d.BLFormat.PRGB32 if alpha else blend2d.BLFormat.XRGB32
        self.image: Any = blend2d.BLImage(width, height, layout)
        self._paths = paths
        self._sprites = sprites
        self._tiles = tiles
        self._context = _context(self.image)
        self._clip: Rect | None = None
        self._picture: NDArray[np.uint8] | None = None
        if alpha:
            self.clear()
        else:
            self.fill(Solid((0, 0, 0)))

    @property
    def ycc(self) -> NDArray[np.uint8]:
        """See ``Canvas.ycc``."""
        if self._picture is None:
            self._context.flush()
            self._picture = without_alpha(self.image.getDataAsNumPy())
        return self._picture

    @property
    def luma(self) -> NDArray[np.uint8]:
        """See ``Canvas.luma``."""
        self._context.flush()
        return cast("NDArray[np.uint8]", cv2.extractChannel(self.image.getDataAsNumPy(), 0))

    def read(self, rect: Rect) -> NDArray[np.uint8]:
        """See ``Canvas.read``."""
        x0, y0, x1, y1 = rect
        part = Blend2dCanvas(x1 - x0, y1 - y0, self._paths, self._sprites, self._tiles)
        part.copy(self, rect, (0, 0))
        return part.ycc

    def fill(
        self,
        paint: AnyPaint,
        *,
        box: Box | None = None,
        view: Matrix = IDENTITY_MATRIX,
        clip: Rect | None = None,
    ) -> None:
        """See ``Canvas.fill``."""
        context = self._begin(clip)
        context.transform(blend2d.Matrix2D(*view))
        context.global_alpha = 1.0
        style = self._style(paint, box or (0, 0, self.width, self.height))
        context.set_fill_style(style.through(view) if isinstance(style, Rings) else style)
        context.fill_all()

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
            return None, self._sprites.get(outline, paint), place, opacity / 255, 0.0, None
        return (
            self._paths.get(outline),
            self._style(paint, px_bounds(outline)),
            placed(transform),
            opacity / 255,
            outline.stroke_width / UNITS_PER_PX,
            self._border(outline, paint.border),
        )

    def _style(self, brush: Brush, box: Box) -> Any:
        """What ``set_fill_style`` takes, or a ``Rings``."""
        if isinstance(brush, AnyField):
            return self._pattern(field_tile(brush), field_matrix(brush, box))
        if isinstance(brush, Tile):
            return self._pattern(brush, brush.over(box))
        return style_of(brush, box)

    def _pattern(self, tile: Tile, place: Matrix) -> Any:
        image = self._tiles.get(tile)
        whole = blend2d.BLRectI(0, 0, image.width, image.height)
        return blend2d.BLPattern(image, whole, blend2d.BLExtendMode.PAD, blend2d.Matrix2D(*place))

    def _border(self, outline: AnyOutline, border: Border | None) -> _Line | None:
        if border is None:
            return None
        line = bordered(outline, border)
        width = line.stroke_width / UNITS_PER_PX
        return self._paths.get(line), colour_of(border.colour), width, border.sharp

    def draw_stamps(
        self, stamps: Iterable[_Stamp], view: Matrix = IDENTITY_MATRIX, clip: Rect | None = None
    ) -> None:
        """See ``Canvas.draw_stamps``."""
        context = self._begin(clip)
        context.global_alpha = opacity = 1.0
        transform, fill, matrix = context.transform, context.fill_path, blend2d.Matrix2D
        a, b, c, d, e, f = view
        for path, fills, (g, h, i, j, k, m), alpha, width, border in stamps:
            # As ``compose(view, place)``, without a call for each of many hundred shapes.
            transform(
                matrix(
                    a * g + c * h,
                    b * g + d * h,
                    a * i + c * j,
                    b * i + d * j,
                    a * k + c * m + e,
                    b * k + d * m + f,
                )
            )
            if alpha != opacity:
                context.global_alpha = opacity = alpha
            if border is not None:
                line, colour, reach, sharp = border
                context.set_stroke_style(colour)
                context.stroke_width = reach
                if sharp:
                    context.stroke_join = _SHARP
                context.stroke_path(line)
                if sharp:
                    context.stroke_join = _ROUND
            style = fills
            if style.__class__ is Rings:
                style = style.through(compose(view, (g, h, i, j, k, m)))
            if path is None:
                context.blit_image(_CORNER, style)
            elif width:
                context.set_stroke_style(style)
                context.stroke_width = width
                context.stroke_path(path)
            else:
                context.set_fill_style(style)
                fill(path)

    def copy(self, source: Canvas, rect: Rect | None = None, to: tuple[int, int] | None = None) -> None:
        """See ``Canvas.copy``."""
        if not isinstance(source, Blend2dCanvas):
            raise UsageError("a Blend2D canvas copies from its own kind", where=type(source).__name__)
        x0, y0, x1, y1 = rect or (0, 0, source.width, source.height)
        x, y = to or (x0, y0)
        source.flush()
        context = self._begin(None)
        context.reset_transform()
        context.global_alpha = 1.0
        area = blend2d.BLRectI(x0, y0, x1 - x0, y1 - y0)
        context.blit_image(blend2d.BLPoint(x, y), source.image, area)

    def clear(self) -> None:
        """See ``Canvas.clear``."""
        self._begin(None).clear_all()

    def over(self, below: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """See ``Canvas.over``."""
        self._context.flush()
        return laid_over(self.image.getDataAsNumPy(), below)

    def flush(self) -> None:
        """See ``Canvas.flush``."""
        self._context.flush()

    def _begin(self, clip: Rect | None) -> Any:
        """The context, to be drawn with inside ``clip``."""
        context = self._context
        self._picture = None
        if clip != self._clip:
            context.reset_transform()
            context.restore_clipping()
            if clip is not None:
                x0, y0, x1, y1 = clip
                context.clip_to_rect(blend2d.BLRect(x0, y0, x1 - x0, y1 - y0))
            self._clip = clip
        return context


class Blend2dRasterizer:
    """See ``Rasterizer``; its canvases share caches of paths, of sprites and of tiles."""

    name = "blend2d"

    def __init__(self) -> None:
        self._paths: PathCache[Any] = PathCache(_path)
        self._sprites: SpriteCache[Any] = SpriteCache(_sprite)
        self._tiles: TileCache[Any] = TileCache(_tile_image)

    def canvas(self, width: int, height: int, *, alpha: bool = False) -> Canvas:
        """See ``Rasterizer.canvas``."""
        return Blend2dCanvas(width, height, self._paths, self._sprites, self._tiles, alpha)

    def coverage(
        self, outline: AnyOutline, transform: Similarity, size: tuple[int, int], view: Matrix
    ) -> NDArray[np.uint8]:
        """See ``Rasterizer.coverage``: on an image of alpha alone, to the very values of a canvas."""
        if isinstance(outline, Mask):
            return drawn_coverage(self, outline, transform, size, view)
        image = blend2d.BLImage(*size, blend2d.BLFormat.A8)
        context = _context(image)
        context.clear_all()
        context.transform(blend2d.Matrix2D(*compose(view, placed(transform))))
        if outline.stroke_width:
            context.set_stroke_style(_FULL)
            context.stroke_width = outline.stroke_width / UNITS_PER_PX
            if is_sharp(outline):
                context.stroke_join = _SHARP
            context.stroke_path(self._paths.get(outline))
        else:
            context.set_fill_style(_FULL)
            context.fill_path(self._paths.get(outline))
        context.flush()
        return cast("NDArray[np.uint8]", image.getDataAsNumPy())
