# SPDX-License-Identifier: Apache-2.0
"""The easel: what the decoder would show, as an array that the encoder can paint on and measure against.

Coverage comes from the same rasterizer that renders films; compositing is done here, so that a proposal is
seen by touching its own rectangle only.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import cast

import cv2
import numpy as np
from numba import njit
from numpy.typing import NDArray

from mtor_transcode.analyze.canvas.field_colours import field_colours
from mtor_transcode.analyze.canvas.regions import CHROMA_WEIGHT
from mtor_transcode.codec.limits import MAX_SIDE
from mtor_transcode.model import (
    SCALE_ONE,
    UNITS_PER_PX,
    Fill,
    Gradient,
    LinearGradient,
    Mask,
    Outline,
    Paint,
    RadialGradient,
    ShadingField,
    ShapeState,
    Solid,
    Texture,
    TexturePaint,
    Transform,
)
from mtor_transcode.render.curves import bordered, reach_of_stroke
from mtor_transcode.render.gradient import gradient_axis, gradient_ellipse, inner_share
from mtor_transcode.render.matrix import IDENTITY_MATRIX, Matrix, box_through, compose, placed
from mtor_transcode.render.rasterizer import Rasterizer, Rect
from mtor_transcode.render.sprites import cell_colours, mask_coverage
from mtor_transcode.render.textures import TextureDecoder, stretched
from mtor_transcode.render.tiles import Tile, tile_size

Picture = NDArray[np.uint8]
Plane = NDArray[np.float32]

TILES = 64
"""Pictures of textures that are kept."""


def cover_rect(outline: Outline, transform: Transform, view: Matrix, size: tuple[int, int]) -> Rect:
    """The pixels ``(x0, y0, x1, y1)`` that a placed outline may touch, cut to ``size``; may be empty."""
    margin = reach_of_stroke(outline) / UNITS_PER_PX + 1
    x0, y0, x1, y1 = (v / UNITS_PER_PX for v in outline.bounds)
    box = (x0 - margin, y0 - margin, x1 + margin, y1 + margin)
    x0, y0, x1, y1 = box_through(compose(view, placed(transform)), box)
    width, height = size
    left, top = max(0, math.floor(x0)), max(0, math.floor(y0))
    return left, top, max(left, min(width, math.ceil(x1))), max(top, min(height, math.ceil(y1)))


def coverage(
    engine: Rasterizer, outline: Outline, transform: Transform, rect: Rect, view: Matrix = IDENTITY_MATRIX
) -> Picture:
    """Coverage (0-255) of a placed outline over the pixels of ``rect``: (h, w) uint8."""
    if isinstance(outline, Mask) and view == IDENTITY_MATRIX and on_cells(transform):
        return _cells(outline, transform, rect)
    x0, y0, x1, y1 = rect
    shifted = compose((1.0, 0.0, 0.0, 1.0, -float(x0), -float(y0)), view)
    return engine.coverage(outline, transform, (x1 - x0, y1 - y0), shifted)


def appearance(engine: Rasterizer, state: ShapeState, rect: Rect, view: Matrix) -> tuple[Picture, Plane]:
    """Coverage (h, w) of a shape and its border over ``rect``; its colours, as ``paint_colours`` has them."""
    outline, place, border = state.outline, state.transform, state.paint.border
    fill = coverage(engine, outline, place, rect, view)
    colours = paint_colours(state.paint, outline, place, rect, view)
    if border is None:
        return fill, colours
    line = coverage(engine, border_of(state), place, rect, view)
    both, mixed = _bordered(fill, line, colours, np.array(border.colour, dtype=np.float32))
    return both, mixed


@njit(cache=True, nogil=True)
def _bordered(fill, line, colours, edge):  # type: ignore[no-untyped-def]
    """Coverage and colours of what is filled with ``colours``, over its line in the colour ``edge``."""
    height, width = fill.shape
    solid = colours.shape[0] == 1 and colours.shape[1] == 1
    one, full = np.float32(1), np.float32(255)
    both, mixed = np.zeros((height, width), dtype=np.uint8), np.zeros((height, width, 3), dtype=np.float32)
    for y in range(height):
        for x in range(width):
            if fill[y, x] == 0 and line[y, x] == 0:
                continue
            inner = np.float32(fill[y, x]) / full
            outer = np.float32(line[y, x]) / full * (one - inner)
            covered = inner + outer
            both[y, x] = np.uint8(np.rint(covered * full))
            for c in range(3):
                colour = colours[0, 0, c] if solid else colours[y, x, c]
                mixed[y, x, c] = (inner * colour + outer * edge[c]) / max(covered, np.float32(1e-6))
    return both, mixed


def border_of(state: ShapeState) -> Outline:
    """What is drawn to draw a shape's border; its own outline if it has none."""
    line = bordered(state.outline, state.paint.border)
    assert isinstance(line, Outline)
    return line


def on_cells(transform: Transform) -> bool:
    """Whether a mask placed so has its cells on the world's px."""
    upright = transform.scale == SCALE_ONE and transform.angle == 0
    return upright and not (transform.dx | transform.dy) % UNITS_PER_PX


def _cells(mask: Mask, transform: Transform, rect: Rect) -> Picture:
    """The coverage of a mask whose cells are px, with no engine."""
    x0, y0, x1, y1 = rect
    left = transform.dx // UNITS_PER_PX - mask.width // 2
    top = transform.dy // UNITS_PER_PX - mask.height
    right, low = min(left + mask.width, x1), min(top + mask.height, y1)
    cover: Picture = np.zeros((y1 - y0, x1 - x0), dtype=np.uint8)
    x, y = max(left, x0), max(top, y0)
    if x < right and y < low:
        cover[y - y0 : low - y0, x - x0 : right - x0] = mask_coverage(mask)[
            y - top : low - top, x - left : right - left
        ]
    return cover


def paint_colours(paint: Fill, outline: Outline, transform: Transform, rect: Rect, view: Matrix) -> Plane:
    """The colours of a paint over ``rect``: (h, w, 3) float32, or (1, 1, 3) for a solid one.

    Of a texture, its first picture. A palette patch has colours of its own.
    """
    if isinstance(outline, Mask) and outline.colours:
        return _cell_colours(outline, transform, rect, view)
    if isinstance(paint, Solid):
        return np.array(paint.colour, dtype=np.float32).reshape(1, 1, 3)
    box = tuple(v / UNITS_PER_PX for v in outline.bounds)
    matrix = compose(view, placed(transform))
    if isinstance(paint, TexturePaint):
        tile = _tile(paint.texture, tile_size((box[0], box[1], box[2], box[3]), (MAX_SIDE, MAX_SIDE)))
        return _tile_colours(tile, compose(matrix, tile.over((box[0], box[1], box[2], box[3]))), rect)
    return _gradient_colours(paint, (box[0], box[1], box[2], box[3]), matrix, rect)


def _cell_colours(patch: Mask, transform: Transform, rect: Rect, view: Matrix) -> Plane:
    """The colours of a palette patch over ``rect``, bilinear between its cells."""
    cells = cell_colours(patch, Solid(patch.colours[0]))
    left, top = -(patch.width // 2), -patch.height
    matrix = compose(compose(view, placed(transform)), (1.0, 0.0, 0.0, 1.0, float(left), float(top)))
    return _tile_colours(Tile(np.ascontiguousarray(cells, dtype=np.uint8)), matrix, rect)


def frame_colours(paint: Paint, size: tuple[int, int]) -> Plane:
    """The colours of a background over a whole frame of ``size`` (width, height): broadcastable (H, W, 3)."""
    width, height = size
    if isinstance(paint, Solid):
        return np.array(paint.colour, dtype=np.float32).reshape(1, 1, 3)
    return _gradient_colours(paint, (0, 0, width, height), IDENTITY_MATRIX, (0, 0, width, height))


@lru_cache(maxsize=TILES)
def _tile(texture: Texture, size: tuple[int, int]) -> Tile:
    """The first picture of a texture."""
    return Tile(stretched(TextureDecoder(texture).shown(0), size))


def _tile_colours(tile: Tile, matrix: Matrix, rect: Rect) -> Plane:
    """A tile as ``matrix`` shows it in ``rect``, bilinear; its edge goes on around it."""
    x0, y0, x1, y1 = rect
    a, b, c, d, e, f = matrix
    # Px of OpenCV have their centres at whole numbers.
    e, f = e - x0 + (a + c - 1) / 2, f - y0 + (b + d - 1) / 2
    shown = cv2.warpAffine(
        tile.pixels,
        np.array([[a, c, e], [b, d, f]]),
        (x1 - x0, y1 - y0),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return cast("Plane", shown.astype(np.float32))


def _gradient_colours(
    paint: Gradient, box: tuple[float, float, float, float], matrix: Matrix, rect: Rect
) -> Plane:
    if isinstance(paint, RadialGradient):
        return _ring_colours(paint, box, matrix, rect)
    if isinstance(paint, ShadingField):
        return field_colours(paint, box, matrix, rect)
    return _line_colours(paint, box, matrix, rect)


def _ring_colours(
    paint: RadialGradient, box: tuple[float, float, float, float], matrix: Matrix, rect: Rect
) -> Plane:
    a, b, c, d, e, f = compose(matrix, gradient_ellipse(paint, box))
    det = a * d - b * c
    if not det:
        return np.array(paint.last, dtype=np.float32).reshape(1, 1, 3)
    first = np.array(paint.first, dtype=np.float32)
    rise = np.array(paint.last, dtype=np.float32) - first
    inverse = (d / det, -b / det, -c / det, a / det)
    rings: Plane = _rings(first, rise, inverse, (e, f), inner_share(paint), rect)
    return rings


@njit(cache=True, nogil=True)
def _rings(first, rise, inverse, centre, inner, rect):  # type: ignore[no-untyped-def]
    x0, y0, x1, y1 = rect
    out = np.empty((y1 - y0, x1 - x0, 3), dtype=np.float32)
    for y in range(y1 - y0):
        dy = y + y0 + 0.5 - centre[1]
        for x in range(x1 - x0):
            dx = x + x0 + 0.5 - centre[0]
            u = inverse[0] * dx + inverse[2] * dy
            v = inverse[1] * dx + inverse[3] * dy
            share = (math.sqrt(u * u + v * v) - inner) / (1 - inner)
            share = np.float32(min(max(share, 0.0), 1.0))
            for c in range(3):
                out[y, x, c] = first[c] + rise[c] * share
    return out


def _line_colours(
    paint: LinearGradient, box: tuple[float, float, float, float], matrix: Matrix, rect: Rect
) -> Plane:
    ax, ay, bx, by = gradient_axis(paint, box)
    a, b, c, d, e, f = matrix
    px, py = a * ax + c * ay + e, b * ax + d * ay + f
    qx, qy = a * bx + c * by + e, b * bx + d * by + f
    length = (qx - px) ** 2 + (qy - py) ** 2
    along = ((qx - px) / length, (qy - py) / length)
    first = np.array(paint.first, dtype=np.float32)
    rise = np.array(paint.last, dtype=np.float32) - first
    ramp: Plane = _ramp(first, rise, along, (px, py), rect)
    return ramp


@njit(cache=True, nogil=True)
def _ramp(first, rise, along, origin, rect):  # type: ignore[no-untyped-def]
    x0, y0, x1, y1 = rect
    out = np.empty((y1 - y0, x1 - x0, 3), dtype=np.float32)
    for y in range(y1 - y0):
        down = (y + y0 + 0.5 - origin[1]) * along[1]
        for x in range(x1 - x0):
            share = np.float32(min(max((x + x0 + 0.5 - origin[0]) * along[0] + down, 0.0), 1.0))
            for c in range(3):
                out[y, x, c] = first[c] + rise[c] * share
    return out


@njit(cache=True, nogil=True)
def gain_of(target, shown, cover, colours, weight):  # type: ignore[no-untyped-def]
    """Fall of the weighted squared error when ``colours`` is composited over ``shown`` by ``cover``."""
    gain = 0.0
    solid = colours.shape[0] == 1 and colours.shape[1] == 1
    for y in range(cover.shape[0]):
        for x in range(cover.shape[1]):
            w = weight[y, x]
            if cover[y, x] == 0 or w == 0.0:
                continue
            alpha = 1.0 if cover[y, x] == 255 else cover[y, x] / 255.0  # Most are full: dividing takes long.
            cy = 0 if solid else y
            cx = 0 if solid else x
            error = 0.0
            for c in range(3):
                before = float(shown[y, x, c])
                after = before + (colours[cy, cx, c] - before) * alpha
                t = float(target[y, x, c])
                e = (before - t) * (before - t) - (after - t) * (after - t)
                error += e if c == 0 else CHROMA_WEIGHT * e
            gain += w * error
    return gain


@njit(cache=True, nogil=True)
def composite(shown, cover, colours):  # type: ignore[no-untyped-def]
    """Paint ``colours`` over ``shown`` (h, w, 3) in place."""
    for y in range(cover.shape[0]):
        _composite_line(shown, cover, colours, y, 0, cover.shape[1])


@njit(cache=True, nogil=True)
def composite_spans(shown, cover, colours, spans, left):  # type: ignore[no-untyped-def]
    """The same where ``spans`` (h, 2) tell from and up to which px a line is covered; ``left`` is the first.

    A stroke across the frame covers a hundredth of the rectangle that it lies in.
    """
    for y in range(cover.shape[0]):
        start, end = max(spans[y, 0] - left, 0), min(spans[y, 1] - left, cover.shape[1])
        _composite_line(shown, cover, colours, y, start, end)


@njit(cache=True, nogil=True)
def _composite_line(shown, cover, colours, y, start, end):  # type: ignore[no-untyped-def]
    solid = colours.shape[0] == 1 and colours.shape[1] == 1
    cy = 0 if solid else y
    for x in range(start, end):
        if cover[y, x] == 0:
            continue
        cx = 0 if solid else x
        if cover[y, x] == 255:
            for c in range(3):
                shown[y, x, c] = np.uint8(colours[cy, cx, c] + 0.5)
            continue
        alpha = cover[y, x] / 255.0
        for c in range(3):
            before = float(shown[y, x, c])
            shown[y, x, c] = np.uint8(before + (colours[cy, cx, c] - before) * alpha + 0.5)


@njit(cache=True, nogil=True)
def spans_of(cover):  # type: ignore[no-untyped-def]
    """From and up to which px each line of a coverage (h, w) has some: (h, 2), both 0 where none has."""
    height, width = cover.shape
    spans = np.zeros((height, 2), dtype=np.int32)
    for y in range(height):
        start, end = 0, width
        while start < end and cover[y, start] == 0:
            start += 1
        while end > start and cover[y, end - 1] == 0:
            end -= 1
        if end > start:
            spans[y, 0], spans[y, 1] = start, end
    return spans


@njit(cache=True, nogil=True)
def best_colour(target, shown, cover, weight):  # type: ignore[no-untyped-def]
    """The colour that minimises the weighted squared error once composited: closed form, (3,) float64."""
    top = np.zeros(3)
    low = 0.0
    for y in range(cover.shape[0]):
        for x in range(cover.shape[1]):
            alpha = cover[y, x] / 255.0
            w = weight[y, x] * alpha
            if w == 0.0:
                continue
            low += w * alpha
            for c in range(3):
                top[c] += w * (target[y, x, c] - (1.0 - alpha) * shown[y, x, c])
    if low > 0:
        top /= low
    return top


def greatest_change(first: Picture, second: Picture) -> Picture:
    """The greatest difference of any channel at each pixel: (H, W) uint8."""
    difference = cv2.absdiff(first, second)
    luma, blue, red = cv2.split(difference)
    greatest: Picture = cv2.max(luma, cv2.max(blue, red))
    return greatest
