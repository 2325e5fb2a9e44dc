# SPDX-License-Identifier: Apache-2.0
"""The RFC's F(t) = (1 - t/T) V_start + (t/T) V_end, for each thing that a state holds.

Each ``..._course`` takes both ends once and returns the function of ``u = t/T`` (0-1).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from mtor_transcode.model import TURN, Border, Colour, Mask, Solid, TexturePaint
from mtor_transcode.model.paint import GRADIENT_ANGLES
from mtor_transcode.render.curves import AnyOutline
from mtor_transcode.render.field import AnyField, FloatField, field_grid
from mtor_transcode.render.gradient import (
    AnyGradient,
    AnyLinear,
    AnyPaint,
    AnyRadial,
    FloatGradient,
    FloatRadial,
)
from mtor_transcode.render.matrix import Place, Similarity
from mtor_transcode.render.morph import matched, outline_between
from mtor_transcode.render.textures import TextureShown

Backdrop = AnyPaint | TexturePaint
"""What fills the frame behind all shapes, at one time."""

Filling = AnyPaint | TexturePaint | TextureShown
"""What fills a shape at one time; in a picture never the paint, but what it shows then."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A shape at one time: what a canvas needs to draw it. ``opacity`` is 0-255."""

    shape: int
    outline: AnyOutline
    paint: Filling
    transform: Similarity
    opacity: float


def number_between(a: float, b: float, u: float) -> float:
    """Plainly linear."""
    return a + (b - a) * u


def turn_between(a: float, b: float, u: float, turn: float) -> float:
    """The shortest way round a circle of ``turn``; clockwise if both ways are half a turn."""
    half = turn / 2
    return a + (half - (half - (b - a)) % turn) * u


def place_between(a: Similarity, b: Similarity, u: float) -> Place:
    """Linear in offset and scale, the shortest way round in angle."""
    return Place(
        number_between(a.dx, b.dx, u),
        number_between(a.dy, b.dy, u),
        number_between(a.scale, b.scale, u),
        turn_between(a.angle, b.angle, u, TURN),
    )


def paint_between(a: AnyPaint, b: AnyPaint, u: float) -> AnyPaint:
    """Linear in the colours, rounded to whole codes, and in the border, see ``border_between``.

    A solid paint counts as a gradient with equal ends and the other paint's geometry. Directions go the
    shortest way round. Between gradients of two kinds, or fields of unlike grids, there is no way: it is
    ``b`` at once.
    """
    border = border_between(a.border, b.border, u)
    if isinstance(a, Solid) and isinstance(b, Solid):
        return Solid(_colour_between(a.colour, b.colour, u), border)
    first = _as_gradient(a, b)
    last = _as_gradient(b, a)
    if isinstance(first, AnyRadial) and isinstance(last, AnyRadial):
        return FloatRadial(
            _colour_between(first.first, last.first, u),
            _colour_between(first.last, last.last, u),
            number_between(first.x, last.x, u),
            number_between(first.y, last.y, u),
            number_between(first.rx, last.rx, u),
            number_between(first.ry, last.ry, u),
            number_between(first.inner, last.inner, u),
            border,
        )
    if isinstance(first, AnyField) and isinstance(last, AnyField) and _alike(first, last):
        return _field_between(first, last, u, border)
    if not (isinstance(first, AnyLinear) and isinstance(last, AnyLinear)):
        return replace(last, border=border)
    return FloatGradient(
        _colour_between(first.first, last.first, u),
        _colour_between(first.last, last.last, u),
        turn_between(first.angle, last.angle, u, GRADIENT_ANGLES),
        number_between(first.start, last.start, u),
        number_between(first.end, last.end, u),
        border,
    )


def _alike(a: AnyField, b: AnyField) -> bool:
    return a.columns == b.columns and len(a.levels) == len(b.levels)


def _field_between(a: AnyField, b: AnyField, u: float, border: Border | None) -> FloatField:
    shares = (1 - u) * field_grid(a) + u * field_grid(b)
    return FloatField(
        _colour_between(a.first, b.first, u),
        _colour_between(a.last, b.last, u),
        a.columns,
        tuple(shares.ravel().tolist()),
        border,
    )


def border_between(a: Border | None, b: Border | None, u: float) -> Border | None:
    """Linear in width and colour, rounded; none is one of width 0 in the other's colour, with its corners.

    Corners stay as they are until all is over.
    """
    if a == b:
        return a
    first, last = a or b, b or a
    assert first is not None
    assert last is not None
    width = int(number_between(a.width if a else 0, b.width if b else 0, u) + 0.5)
    if not width:
        return None
    return Border(width, _colour_between(first.colour, last.colour, u), first.sharp)


def placed_course(a: Placed, b: Placed) -> Callable[[float], Placed]:
    """How a shape goes over from ``a`` to ``b``."""
    outline = outline_course(a.outline, b.outline)
    filling = filling_course(a.paint, b.paint)

    def at(u: float) -> Placed:
        return Placed(
            b.shape,
            outline(u),
            filling(u),
            a.transform if a.transform == b.transform else place_between(a.transform, b.transform, u),
            number_between(a.opacity, b.opacity, u),
        )

    return at


def outline_course(a: AnyOutline, b: AnyOutline) -> Callable[[float], AnyOutline]:
    """How an outline goes over; see ``morph`` for the rule. A mask holds until it jumps."""
    if isinstance(a, Mask) or isinstance(b, Mask):
        return lambda _: a
    if a is b or a == b or (a.stroke_width == 0) != (b.stroke_width == 0):
        return lambda _: a
    first, last = matched(a, b)
    return lambda u: outline_between(first, last, u)


def paint_course(a: AnyPaint, b: AnyPaint) -> Callable[[float], AnyPaint]:
    """How a paint goes over."""
    return lambda u: paint_between(a, b, u)


def filling_course(a: Filling, b: Filling) -> Callable[[float], Filling]:
    """How what fills a shape goes over; to and from a texture it jumps at once."""
    textured = (TexturePaint, TextureShown)
    if isinstance(a, textured) or isinstance(b, textured):
        return lambda _: b
    return (lambda _: a) if a == b else paint_course(a, b)


def backdrop_course(a: Backdrop, b: Backdrop) -> Callable[[float], Backdrop]:
    """How a background goes over; to and from a texture there is no way between."""
    if isinstance(a, TexturePaint) or isinstance(b, TexturePaint):
        return lambda _: b
    return paint_course(a, b)


def place_course(a: Similarity, b: Similarity) -> Callable[[float], Similarity]:
    """How a camera goes over."""
    return lambda u: place_between(a, b, u)


def faded(placed: Placed) -> Placed:
    """The same shape, not to be seen."""
    return replace(placed, opacity=0)


def _colour_between(a: Colour, b: Colour, u: float) -> Colour:
    y, cb, cr = (int(number_between(p, q, u) + 0.5) for p, q in zip(a, b, strict=True))
    return (y, cb, cr)


def _as_gradient(paint: AnyPaint, other: AnyPaint) -> AnyGradient:
    if not isinstance(paint, Solid):
        return paint
    assert not isinstance(other, Solid)
    return replace(other, first=paint.colour, last=paint.colour, border=None)
