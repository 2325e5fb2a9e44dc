# SPDX-License-Identifier: Apache-2.0
"""A picture becomes shapes: regions, layered back to front, each proposed, priced, seen, accepted or not."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numba import njit
from numpy.typing import NDArray

from mtor_transcode.analyze.canvas.easel import (
    Picture,
    Plane,
    composite,
    cover_rect,
    coverage,
    gain_of,
    paint_colours,
)
from mtor_transcode.analyze.canvas.library import LARGEST, OutlineLibrary, Palette
from mtor_transcode.analyze.canvas.regions import CHROMA_WEIGHT, Regions
from mtor_transcode.analyze.paints.fills import Layer, paint_bits, paints_of, shaded
from mtor_transcode.analyze.paints.simple import fit_gradient, fit_solid
from mtor_transcode.analyze.shapes.boxes import fit_box
from mtor_transcode.analyze.shapes.contours import area_and_centre, signed_area, trace_contours
from mtor_transcode.analyze.shapes.masks import edge_field, inner_colours, layer_mask
from mtor_transcode.analyze.shapes.order import label_boxes, label_stakes, painting_order
from mtor_transcode.analyze.shapes.outlines import fit_outline
from mtor_transcode.analyze.shapes.refine import refined
from mtor_transcode.analyze.shapes.shortcuts import shortened
from mtor_transcode.model import (
    Outline,
    Point,
    ShapeState,
    Solid,
    Transform,
)
from mtor_transcode.render.matrix import IDENTITY_MATRIX, Matrix
from mtor_transcode.render.rasterizer import Rasterizer, Rect

MARGIN = 4
"""Px by which pictures are continued beyond the frame, so that shapes run on past its edge."""

SMALL = 40
"""Regions of at most this size (px) get the level of their contour from their area."""

MIN_AREA = 0.6
"""Contours of less area (px^2) are dropped."""

MISTAKE = 0.3
"""Share of a shape's contrast by which the mean of 3x3 px may err when a known outline is taken over."""

LEAST_CONTRAST = 24.0
"""Luma codes below which contrast does not matter to that."""

REFINED = 136
"""Regions of at most this size (px) have their outlines refined against what they show."""

SPARED = 0.35
"""Share of lambda at which nodes of a new outline are spared: it may be used again."""

ALIKE = 5
"""Known outlines that are tried for a region."""

SURE = 2.5
"""A gain of so many times the guessed price is accepted without asking for the real one."""

LEAST_BITS = 24.0
"""No new shape costs less."""

CERTAIN = 6.0
"""Times the least price that an area must have at stake to be painted for certain."""

CONTOUR_BITS = 14.0
"""No contour costs less: smaller ones than what so many bits are worth are dropped."""

_FRAME = ((MARGIN, MARGIN), (MARGIN, MARGIN), (0, 0))

Price = Callable[[ShapeState], float]


@dataclass(frozen=True, slots=True)
class Task:
    """What the picture should be, and what an error there is worth.

    ``target`` (H, W, 3) uint8; ``weight`` (H, W) float32 scales squared errors; ``lam`` is distortion per
    bit; ``library`` and ``palette`` hold what the scene has used; ``view`` maps px of the world to px of the
    picture; ``refine`` asks for small new outlines to be fitted to the rendered error; regions of less than
    ``least_area`` px are left for later.
    """

    target: Picture
    weight: Plane
    lam: float
    fine: float
    library: OutlineLibrary
    palette: Palette
    view: Matrix = IDENTITY_MATRIX
    refine: bool = True
    least_area: int = 0


def paint_regions(
    engine: Rasterizer, task: Task, shown: Picture, regions: Regions, price: Price
) -> Iterator[ShapeState]:
    """Yield the accepted shapes, back to front, and paint each on ``shown`` (H, W, 3) in place.

    ``price`` tells the bits of a shape; it is asked again for the shape just yielded only after the caller
    has gone on, so a caller that commits what it gets sees prices move with the entropy state.
    """
    if regions.count == 0:
        return
    labels = np.pad(regions.labels, MARGIN, mode="edge")
    target = np.pad(task.target, _FRAME, mode="edge")
    weight = np.pad(task.weight, MARGIN)
    boxes, areas = label_boxes(labels, regions.count)
    stakes = label_stakes(labels, regions.count, target, np.pad(shown, _FRAME, mode="edge"), weight)
    # What cannot pay for a shape is not painted, so nothing below may run on over it.
    worthy = stakes >= task.lam * LEAST_BITS
    large = areas >= task.least_area
    order = [label for label in painting_order(boxes, areas) if worthy[label] and large[label]]
    rank_of = np.full(regions.count + 1, -1, dtype=np.int32)
    rank_of[order] = np.arange(len(order))
    rank_of[np.flatnonzero(worthy & ~large)] = len(order)  # Painted later, so below they may run on.
    rank = rank_of[labels]
    certain = worthy & large & (stakes >= CERTAIN * task.lam * LEAST_BITS)
    certain &= np.maximum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]) > LARGEST
    sure = np.append(certain, False)[labels]
    for place, label in enumerate(order):
        layer = _cut(boxes[label], place, rank, sure, target, shown, weight)
        state = _propose(engine, task, layer, price)
        if state is not None:
            apply_state(engine, state, shown, task.view)
            yield state


def apply_state(engine: Rasterizer, state: ShapeState, shown: Picture, view: Matrix) -> None:
    """Paint a shape on ``shown`` in place."""
    height, width = shown.shape[:2]
    rect = cover_rect(state.outline, state.transform, view, (width, height))
    x0, y0, x1, y1 = rect
    if x1 <= x0 or y1 <= y0:
        return
    cover = coverage(engine, state.outline, state.transform, rect, view)
    composite(
        shown[y0:y1, x0:x1],
        cover,
        paint_colours(state.paint, state.outline, state.transform, rect, view),
    )


def _cut(
    box: NDArray[np.int64],
    place: int,
    rank: NDArray[np.int32],
    sure: NDArray[np.bool_],
    target: Picture,
    shown: Picture,
    weight: Plane,
) -> Layer:
    height, width = rank.shape
    x0, y0 = max(0, int(box[0]) - MARGIN), max(0, int(box[1]) - MARGIN)
    x1, y1 = min(width, int(box[2]) + MARGIN), min(height, int(box[3]) + MARGIN)
    region, free, below, worth = _parts((x0, y0, x1, y1), place, rank, shown, weight)
    return Layer(
        rect=(x0 - MARGIN, y0 - MARGIN, x1 - MARGIN, y1 - MARGIN),
        region=region,
        free=free,
        covered=free & sure[y0:y1, x0:x1].astype(np.uint8),
        target=target[y0:y1, x0:x1],
        shown=below,
        weight=worth,
    )


@njit(cache=True, nogil=True)
def _parts(rect, place, rank, shown, weight):  # type: ignore[no-untyped-def]
    """What is the region's, what is free, what is shown, and weights where it is not free, in ``rect``."""
    x0, y0, x1, y1 = rect
    shape = (y1 - y0, x1 - x0)
    region, free = np.empty(shape, dtype=np.uint8), np.empty(shape, dtype=np.uint8)
    below, worth = np.empty((*shape, 3), dtype=np.uint8), np.empty(shape, dtype=np.float32)
    for y in range(shape[0]):
        row = min(max(y0 + y - MARGIN, 0), shown.shape[0] - 1)
        for x in range(shape[1]):
            column = min(max(x0 + x - MARGIN, 0), shown.shape[1] - 1)
            here = rank[y0 + y, x0 + x]
            region[y, x] = here == place
            free[y, x] = here > place
            worth[y, x] = 0 if here > place else weight[y0 + y, x0 + x]
            for c in range(3):
                below[y, x, c] = shown[row, column, c]
    return region, free, below, worth


def _propose(engine: Rasterizer, task: Task, layer: Layer, price: Price) -> ShapeState | None:
    """The best shape for a region, if it is worth its bits."""
    region_weight = layer.weight * layer.region
    if not region_weight.any():
        return None
    inner = cv2.erode(layer.region, np.ones((3, 3), np.uint8)) * layer.weight
    flat = fit_solid(layer.target, inner if inner.any() else region_weight)
    flat_colours = np.array(flat.colour, dtype=np.float32).reshape(1, 1, 3)
    promise = gain_of(layer.target, layer.shown, layer.region * np.uint8(255), flat_colours, layer.weight)
    box = _world_box(layer.rect)
    tilted = fit_gradient(layer.target, region_weight, layer.rect, box) if layer.region.sum() > 64 else None
    if tilted is None and promise < task.lam * LEAST_BITS:
        return None
    mask = layer_mask(layer.region, layer.free)
    shades = inner_colours(layer.region, layer.target, flat.colour)
    colour = flat.colour if shades is None else shades
    field = edge_field(mask, layer.free, layer.target, layer.shown, colour)
    field[0, :] = field[-1, :] = 0
    field[:, 0] = field[:, -1] = 0
    small = max(layer.region.shape) <= LARGEST + 2 * MARGIN
    lam = math.sqrt(task.fine * task.lam) if small else task.lam
    area_per_bit = _area_per_bit(lam, layer, flat)
    contours = _contours(field, min(max(MIN_AREA, CONTOUR_BITS * area_per_bit), 0.2 * float(field.sum())))
    if not contours:
        return None
    if layer.covered.any():
        contours = [shortened(points, layer.region, layer.covered) for points in contours]
    best: ShapeState | None = None
    best_worth = best_gain = best_guess = 0.0
    world = _to_world(contours, layer.rect, task.view)
    for outline, (dx, dy) in _forms(world, area_per_bit, task.library):
        transform = Transform(dx, dy)
        cover = coverage(engine, outline, transform, layer.rect, task.view)
        for paint in paints_of(layer, cover, tilted is not None, outline, transform, task.palette, task.view):
            state = ShapeState(outline, paint, transform)
            colours = paint_colours(paint, outline, transform, layer.rect, task.view)
            if outline in task.library and _mistaken(layer, cover, colours):
                continue
            gain = gain_of(layer.target, layer.shown, cover, colours, layer.weight)
            guess = guessed_bits(state, task)
            if gain - lam * guess > best_worth:
                best, best_worth, best_gain, best_guess = state, gain - lam * guess, gain, guess
    if best is not None:
        best, best_gain = shaded(engine, layer, best, best_gain, price, lam, task.view)
        best_guess = guessed_bits(best, task)
    fit = task.refine and max(layer.region.shape) <= REFINED
    if best is not None and fit and best.outline not in task.library:
        best = refined(best, lambda state: _gain(engine, task, layer, state), SPARED * lam)
    if best is None or best_gain > SURE * task.lam * best_guess:
        return best
    return best if best_gain > task.lam * price(best) else None


def _mistaken(layer: Layer, cover: Picture, colours: Plane) -> bool:
    """Whether a known outline would say something else: an o for an e is cheap, and wrong.

    As print coders have found (JBIG2's substitutions), a squared error alone cannot tell; a stroke that is
    missing or too much somewhere can.
    """
    mine = (cover > 0) | (layer.region > 0)
    before = layer.shown[..., 0].astype(np.float32)
    after = before + (colours[..., 0] - before) * (cover.astype(np.float32) / 255)
    error = np.where(mine, after - layer.target[..., 0], np.float32(0)).astype(np.float32)
    inside = cover > 127
    if not inside.any():
        return True
    contrast = float(np.abs(after - before)[inside].mean())
    return float(np.abs(cv2.blur(error, (3, 3))).max()) > MISTAKE * max(contrast, LEAST_CONTRAST)


def _gain(engine: Rasterizer, task: Task, layer: Layer, state: ShapeState) -> float:
    """Fall of the weighted squared error when a shape is painted on its layer."""
    cover = coverage(engine, state.outline, state.transform, layer.rect, task.view)
    colours = paint_colours(state.paint, state.outline, state.transform, layer.rect, task.view)
    return float(gain_of(layer.target, layer.shown, cover, colours, layer.weight))


def _forms(
    world: list[NDArray[np.float32]], area_per_bit: float, library: OutlineLibrary
) -> Iterator[tuple[Outline, Point]]:
    """Outlines for contours (px of the world), each with its place: known ones that are alike, new ones."""
    points = np.concatenate(world)
    low, high = points.min(axis=0), points.max(axis=0)
    width, height = float(high[0] - low[0]), float(high[1] - low[1])
    if max(width, height) <= LARGEST:
        area, x, y = area_and_centre(world)
        if area > 0:
            yield from library.alike(width, height, area, (x, y), ALIKE)
    box = fit_box(world, area_per_bit)
    if box is not None:
        yield box
    tried: set[Outline] = set()
    for curves in (True, False):
        fitted = fit_outline(world, area_per_bit, curves=curves)
        if fitted is not None and fitted[0] not in tried:
            tried.add(fitted[0])
            yield fitted


def guessed_bits(state: ShapeState, task: Task) -> float:
    """What a new shape costs, roughly: to choose between forms of one shape, and where there is no doubt."""
    bits = 16.0 + paint_bits(state.paint, task.palette)
    if state.outline in task.library:
        return bits + 8.0
    for contour in state.outline.contours:
        points = np.array(contour.points)
        steps = np.abs(np.diff(points, axis=0, append=points[:1]))
        grid = max(int(np.gcd.reduce(steps, axis=None)), 1)
        bits += 5.0 + 3.1 * len(points) + 1.45 * float(np.log2(1 + steps / grid).sum())
    return bits


def _world_box(rect: Rect) -> tuple[float, float, float, float]:
    return (float(rect[0]), float(rect[1]), float(rect[2]), float(rect[3]))


def _contours(field: NDArray[np.float32], least: float) -> list[NDArray[np.float32]]:
    """Contours at the level whose area is that of the coverage itself (small shapes), else at one half."""
    wanted = float(field.sum())
    level = 0.5
    contours = _kept(trace_contours(field, level), least)
    if max(field.shape) > SMALL + 2 * MARGIN:
        return contours
    low, high = 0.15, 0.85
    for _ in range(3):
        area = sum(signed_area(points) for points in contours)
        if area > wanted:
            low = level
        else:
            high = level
        if abs(area - wanted) < 0.03 * wanted:
            break
        level = (low + high) / 2
        contours = _kept(trace_contours(field, level), least)
    return contours


def _kept(contours: list[NDArray[np.float32]], least: float) -> list[NDArray[np.float32]]:
    return [points for points in contours if abs(signed_area(points)) >= least]


def _to_world(contours: list[NDArray[np.float32]], rect: Rect, view: Matrix) -> list[NDArray[np.float32]]:
    """From px of the layer to px of the world."""
    a, b, c, d, e, f = view
    det = a * d - b * c
    out = []
    for points in contours:
        x = points[:, 0] + np.float32(rect[0] - e)
        y = points[:, 1] + np.float32(rect[1] - f)
        out.append(np.stack([(d * x - c * y) / det, (a * y - b * x) / det], axis=1).astype(np.float32))
    return out


def _energy(difference: Plane) -> Plane:
    """Squared error (N,) of colour differences (N, 3)."""
    squares = difference * difference
    return np.asarray(squares[:, 0] + CHROMA_WEIGHT * (squares[:, 1] + squares[:, 2]), dtype=np.float32)


def _area_per_bit(lam: float, layer: Layer, flat: Solid) -> float:
    """Area of outline error (px^2) that is worth a bit: lambda over what a pixel on the wrong side costs."""
    block = np.ones((3, 3), np.uint8)
    border = (cv2.dilate(layer.region, block) > cv2.erode(layer.region, block)) & (layer.free == 0)
    weights = layer.weight[border]
    total = float(weights.sum())
    if total <= 0:
        return 4.0
    truth = layer.target[border].astype(np.float32)
    without = _energy(layer.shown[border].astype(np.float32) - truth)
    within = _energy(np.array(flat.colour, dtype=np.float32) - truth)
    loss = np.where(layer.region[border] > 0, without - within, within - without)
    contrast = float((np.maximum(loss, 0) * weights).sum()) / len(weights)
    return min(max(lam / max(contrast, 1e-3), 0.002), 60.0)
