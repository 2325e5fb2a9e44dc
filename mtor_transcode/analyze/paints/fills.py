# SPDX-License-Identifier: Apache-2.0
"""What may fill a shape: paints in closed form for a coverage, and which of them pays."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mtor_transcode.analyze.canvas.easel import Picture, Plane, best_colour, coverage, gain_of, paint_colours
from mtor_transcode.analyze.canvas.library import Palette
from mtor_transcode.analyze.canvas.regions import CHROMA_WEIGHT
from mtor_transcode.analyze.paints.radial import block_sums, fit_radial
from mtor_transcode.analyze.paints.shading import field_bits, fit_field
from mtor_transcode.analyze.paints.simple import fit_gradient, to_colour
from mtor_transcode.model import (
    UNITS_PER_PX,
    Fill,
    Outline,
    Paint,
    RadialGradient,
    ShadingField,
    ShapeState,
    Solid,
    Transform,
)
from mtor_transcode.render.gradient import Box
from mtor_transcode.render.matrix import Matrix
from mtor_transcode.render.rasterizer import Rasterizer, Rect

GRADIENT_BITS = 34.0
"""What a linear gradient costs, roughly."""

ROUND_AREA = 400
"""Px of a region from which on a radial gradient is tried."""

ROUND_BITS = 16.0
"""What a radial gradient costs more than a linear one: roughly, and at the least."""

SMOOTH = 16
"""Blocks along a region's longer side that are looked at for error that is smooth."""

FIELD_BITS = 30.0
"""What a shading field costs more than a gradient, at the least."""

FIELDS_PAY = 2.0
"""How many times its price a field must gain: later shapes would mend part of the same."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One region cut out of the padded pictures; ``rect`` in px of the picture (may reach beyond it).

    What is painted later may lie over it where it is ``free``, and will for certain where it is ``covered``.
    """

    rect: Rect
    region: NDArray[np.uint8]
    free: NDArray[np.uint8]
    covered: NDArray[np.uint8]
    target: Picture
    shown: Picture
    weight: Plane


def paint_bits(paint: Fill, palette: Palette) -> float:
    """What a new paint costs, roughly."""
    if isinstance(paint, Solid):
        return 4.0 if paint.colour in palette else 14.0
    if isinstance(paint, ShadingField):
        return field_bits(paint)
    return GRADIENT_BITS + (ROUND_BITS if isinstance(paint, RadialGradient) else 0.0)


def paints_of(
    layer: Layer,
    cover: Picture,
    tilted: bool,
    outline: Outline,
    transform: Transform,
    palette: Palette,
    view: Matrix,
) -> Iterator[Paint]:
    """Closed-form paints for a coverage: one colour, the nearest known one, a gradient where it tilts."""
    colour = to_colour(best_colour(layer.target, layer.shown, cover, layer.weight))
    yield Solid(colour)
    known = palette.nearest(colour)
    if known is not None and known != colour:
        yield Solid(known)
    if not tilted:
        return
    solid_cover = (cover == 255) * layer.weight
    box = box_of(outline, transform, view)
    gradient = fit_gradient(layer.target, solid_cover, layer.rect, box)
    if gradient is not None:
        yield gradient


def box_of(outline: Outline, place: Transform, view: Matrix) -> Box:
    """The bounding box of an outline in px of the picture; views only scale and move."""
    x0, y0, x1, y1 = outline.bounds
    a, _, _, d, e, f = view
    left, top = (x0 + place.dx) / UNITS_PER_PX, (y0 + place.dy) / UNITS_PER_PX
    right, low = (x1 + place.dx) / UNITS_PER_PX, (y1 + place.dy) / UNITS_PER_PX
    return (a * left + e, d * top + f, a * right + e, d * low + f)


def shaded(
    engine: Rasterizer,
    layer: Layer,
    state: ShapeState,
    gain: float,
    price: Callable[[ShapeState], float],
    lam: float,
    view: Matrix,
) -> tuple[ShapeState, float]:
    """A shape in the paint, of radial gradients and shading fields, that pays best for its real price.

    With what it gains; the shape as it is where neither pays, or where too little is wrong to try.
    """
    if layer.region.sum() < ROUND_AREA:
        return state, gain
    outline, place = state.outline, state.transform
    cover = coverage(engine, outline, place, layer.rect, view)
    perfect = gain_of(layer.target, layer.shown, cover, layer.target.astype(np.float32), layer.weight)
    solid_cover = (cover == 255) * layer.weight
    box = box_of(outline, place, view)
    wrong = _smooth_error(layer, solid_cover, paint_colours(state.paint, outline, place, layer.rect, view))
    fits: tuple[tuple[float, Callable[[], Paint | None]], ...] = (
        (ROUND_BITS, lambda: fit_radial(layer.target, solid_cover, layer.rect, box)),
        (FIELD_BITS, lambda: fit_field(layer.target, solid_cover, layer.rect, box, lam)),
    )
    for least, fit in fits:
        if perfect - gain < lam * least or wrong < lam * least:
            continue
        paint = fit()
        if paint is None:
            continue
        other = replace(state, paint=paint)
        colours = paint_colours(paint, outline, place, layer.rect, view)
        better = gain_of(layer.target, layer.shown, cover, colours, layer.weight)
        sure = FIELDS_PAY if isinstance(paint, ShadingField) else 1.0
        if better - gain > lam * max(least, sure * (price(other) - price(state))):
            state, gain = other, better
    return state, gain


def _smooth_error(layer: Layer, weight: Plane, colours: Plane) -> float:
    """The squared error of a paint that blocks of px have in common: what a smoother paint may mend."""
    side = max(4, math.ceil(max(weight.shape) / SMOOTH))
    sums = block_sums(layer.target - colours, weight, side)
    squares = sums[..., 3:] ** 2 / np.maximum(sums[..., :1], 1e-9)
    return float(squares[..., 0].sum() + CHROMA_WEIGHT * squares[..., 1:].sum())
