# SPDX-License-Identifier: Apache-2.0
"""Affine maps of the plane, and the similarities of the model as such maps.

A matrix ``(a, b, c, d, e, f)`` maps ``(x, y)`` to ``(a x + c y + e, b x + d y + f)``, as in SVG and PDF. x
runs to the right and y down, so a positive angle turns clockwise on the screen.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from mtor_transcode.model import SCALE_ONE, TURN, UNITS_PER_PX, Camera, Transform

Matrix = tuple[float, float, float, float, float, float]

IDENTITY_MATRIX: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)


class Place(NamedTuple):
    """A similarity between key times: the fields and units of ``Transform`` and ``Camera``, as floats."""

    dx: float
    dy: float
    scale: float
    angle: float


Similarity = Transform | Camera | Place


def compose(outer: Matrix, inner: Matrix) -> Matrix:
    """The map that does ``inner`` first, then ``outer``."""
    a, b, c, d, e, f = outer
    g, h, i, j, k, m = inner
    return (
        a * g + c * h,
        b * g + d * h,
        a * i + c * j,
        b * i + d * j,
        a * k + c * m + e,
        b * k + d * m + f,
    )


def inverse(matrix: Matrix) -> Matrix:
    """The map that undoes ``matrix``, which must not be singular."""
    a, b, c, d, e, f = matrix
    det = a * d - b * c
    return (d / det, -b / det, -c / det, a / det, (c * f - d * e) / det, (b * e - a * f) / det)


def placed(transform: Similarity) -> Matrix:
    """Local px of an outline to px of the world: scale, then rotation, then translation."""
    scale = transform.scale / SCALE_ONE
    dx, dy = transform.dx / UNITS_PER_PX, transform.dy / UNITS_PER_PX
    if not transform.angle:
        return (scale, 0.0, 0.0, scale, dx, dy)
    turn = transform.angle * (2 * math.pi / TURN)
    cos, sin = scale * math.cos(turn), scale * math.sin(turn)
    return (cos, sin, -sin, cos, dx, dy)


def through_camera(camera: Similarity, width: int, height: int) -> Matrix:
    """Px of the world to px of a frame of ``width`` x ``height``, about the frame's centre C.

    ``screen = C + s R (world - C) + (dx, dy)``
    """
    a, b, c, d, e, f = placed(camera)
    x, y = width / 2, height / 2
    return (a, b, c, d, e + x - a * x - c * y, f + y - b * x - d * y)


def sized(width: int, height: int, size: tuple[int, int]) -> Matrix:
    """Px of a frame of ``width`` x ``height`` to px of the same picture at another ``size``."""
    return (size[0] / width, 0.0, 0.0, size[1] / height, 0.0, 0.0)


def box_through(matrix: Matrix, box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    """The bounding box ``(x0, y0, x1, y1)`` of a box's image."""
    a, b, c, d, e, f = matrix
    x0, y0, x1, y1 = box
    xs = (a * x0 + c * y0, a * x1 + c * y0, a * x0 + c * y1, a * x1 + c * y1)
    ys = (b * x0 + d * y0, b * x1 + d * y0, b * x0 + d * y1, b * x1 + d * y1)
    return (min(xs) + e, min(ys) + f, max(xs) + e, max(ys) + f)


def stretch(matrix: Matrix) -> float:
    """By how much the map makes lengths longer at most (the largest singular value, bounded from above)."""
    a, b, c, d, _, _ = matrix
    return math.hypot(math.hypot(a, b), math.hypot(c, d))
