# SPDX-License-Identifier: Apache-2.0
"""What may fill a shape: paints in closed form for a coverage, and which of them pays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mtor_transcode.analyze.easel import Picture, Plane, best_colour, coverage, gain_of, paint_colours
from mtor_transcode.analyze.library import Palette
from mtor_transcode.analyze.paints import fit_gradient, to_colour
from mtor_transcode.analyze.radial import fit_radial
from mtor_transcode.model import (
    UNITS_PER_PX,
    Fill,
    Outline,
    Paint,
    RadialGradient,
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


@dataclass(frozen=True, slots=True)
class Layer:
    """One region cut out of the padded pictures; ``rect`` in px of the picture (may reach beyond it)."""

    rect: Rect
    region: NDArray[np.uint8]
    free: NDArray[np.uint8]
    target: Picture
    shown: Picture
    weight: Plane


def paint_bits(paint: Fill, palette: Palette) -> float:
    """What a new paint costs, roughly."""
    if isinstance(paint, Solid):
        return 4.0 if paint.colour in palette else 14.0
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


def rounder(
    engine: Rasterizer,
    layer: Layer,
    state: ShapeState,
    gain: float,
    price: Callable[[ShapeState], float],
    lam: float,
    view: Matrix,
) -> tuple[ShapeState, float]:
    """A shape in a radial gradient, with what it gains, if that pays for its real price; else as it is."""
    if layer.region.sum() < ROUND_AREA:
        return state, gain
    outline, place = state.outline, state.transform
    cover = coverage(engine, outline, place, layer.rect, view)
    perfect = gain_of(layer.target, layer.shown, cover, layer.target.astype(np.float32), layer.weight)
    if perfect - gain < lam * ROUND_BITS:
        return state, gain
    solid_cover = (cover == 255) * layer.weight
    paint = fit_radial(layer.target, solid_cover, layer.rect, box_of(outline, place, view))
    if paint is None:
        return state, gain
    other = replace(state, paint=paint)
    colours = paint_colours(paint, outline, place, layer.rect, view)
    better = gain_of(layer.target, layer.shown, cover, colours, layer.weight)
    if better - gain < lam * ROUND_BITS:
        return state, gain
    pays = better - gain > lam * (price(other) - price(state))
    return (other, better) if pays else (state, gain)
