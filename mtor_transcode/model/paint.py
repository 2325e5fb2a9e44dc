# SPDX-License-Identifier: Apache-2.0
"""Paints: what fills and borders an outline. Colours are Y, Cb, Cr codes of the film's colour space."""

from __future__ import annotations

from dataclasses import dataclass

from mtor_transcode.model.texture import TexturePaint

Colour = tuple[int, int, int]
"""(Y, Cb, Cr), each 0-255, in the matrix and range that the film's header names."""

GRADIENT_ANGLES = 64
"""Directions of a gradient in a full turn."""

GRADIENT_STEPS = 16
"""Steps along the extent of the outline's bounding box."""

RADIAL_STEPS = 64
"""Steps of a radial gradient along each side of the outline's bounding box."""

INNER_STEPS = 16
"""Steps along the radius of a radial gradient."""

FIELD_STEPS = (8, 16, 32, 64)
"""Steps between the two colours of a shading field."""

MAX_FIELD_SIDE = 17
"""Nodes of a shading field across and down, at most; at least 2."""


@dataclass(frozen=True, slots=True)
class Border:
    """A line along the outline of a shape, painted below what fills it: a halo, an ink line, a frame.

    ``width`` (units of the outline, at least 1) is how far it reaches beyond the outline, or beyond the line
    if that is stroked. It is a stroke of the same path, round at its ends, ``2 * width`` wider than the line.
    Its corners are round, or with ``sharp`` mitred where they have 60 degrees and more. Masks and backgrounds
    have none.
    """

    width: int
    colour: Colour
    sharp: bool = False


@dataclass(frozen=True, slots=True)
class Solid:
    """One colour."""

    colour: Colour
    border: Border | None = None


@dataclass(frozen=True, slots=True)
class LinearGradient:
    """Two colours along a direction.

    ``angle`` counts 64ths of a turn (0 to the right, 16 down). The outline's bounding box, seen along that
    direction, has an extent; ``start`` and ``end`` are places on it in 16ths (0 where the box begins, 16
    where it ends; -16..32 allowed). Before ``start`` is ``first``, after ``end`` is ``last``.
    """

    first: Colour
    last: Colour
    angle: int = 0
    start: int = 0
    end: int = GRADIENT_STEPS
    border: Border | None = None


@dataclass(frozen=True, slots=True)
class RadialGradient:
    """Two colours around a point, on ellipses along the axes of the outline.

    The centre (``x``, ``y``; -64..128 allowed) and the radii ``rx`` and ``ry`` (1 to 256) count 64ths of the
    sides of the outline's bounding box. From the centre to ``inner`` 16ths of the radii (0 to 15) is
    ``first``, from the radii on is ``last``.
    """

    first: Colour
    last: Colour
    x: int = RADIAL_STEPS // 2
    y: int = RADIAL_STEPS // 2
    rx: int = RADIAL_STEPS // 2
    ry: int = RADIAL_STEPS // 2
    inner: int = 0
    border: Border | None = None


@dataclass(frozen=True, slots=True)
class ShadingField:
    """Two colours mixed by levels on a coarse grid: soft shadows, shading, what no gradient describes.

    ``levels`` (row by row, each 0 to ``steps``) are the control points of a uniform cubic B-spline over the
    outline's bounding box, ``columns`` of them across, the first and the last on its sides; beyond the sides
    the grid goes on in straight lines, so the corners' levels are those at the box's corners. A level of 0 is
    ``first``, one of ``steps`` (one of ``FIELD_STEPS``) is ``last``.
    """

    first: Colour
    last: Colour
    columns: int
    levels: tuple[int, ...]
    steps: int = 16
    border: Border | None = None


Gradient = LinearGradient | RadialGradient | ShadingField
"""Paints of two colours."""

Paint = Solid | Gradient
"""Plain paints, with the border around what they fill."""

Fill = Paint | TexturePaint
"""What fills a shape."""

Backdrop = Paint | TexturePaint
"""What fills the frame behind all shapes."""
