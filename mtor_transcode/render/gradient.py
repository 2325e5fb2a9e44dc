# SPDX-License-Identifier: Apache-2.0
"""The geometry of gradients: from paint and box to the axis or the ellipse that every sink draws along."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mtor_transcode.model import Border, Colour, LinearGradient, Paint, RadialGradient
from mtor_transcode.model.paint import GRADIENT_ANGLES, GRADIENT_STEPS, INNER_STEPS, RADIAL_STEPS
from mtor_transcode.render.field import AnyField, FloatField, field_shares
from mtor_transcode.render.matrix import Matrix

HARD_STEP = 1 / 256
"""Length in px of the axis of a gradient that begins where it ends, least radius: sinks need a direction."""

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class FloatGradient:
    """A linear gradient between key times: the fields of ``LinearGradient``, its geometry as floats."""

    first: Colour
    last: Colour
    angle: float
    start: float
    end: float
    border: Border | None = None


@dataclass(frozen=True, slots=True)
class FloatRadial:
    """A radial gradient between key times: the fields of ``RadialGradient``, its geometry as floats."""

    first: Colour
    last: Colour
    x: float
    y: float
    rx: float
    ry: float
    inner: float
    border: Border | None = None


AnyLinear = LinearGradient | FloatGradient
AnyRadial = RadialGradient | FloatRadial
AnyGradient = AnyLinear | AnyRadial | AnyField
AnyPaint = Paint | FloatGradient | FloatRadial | FloatField


def gradient_axis(paint: AnyLinear, box: Box) -> tuple[float, float, float, float]:
    """``(x0, y0, x1, y1)``: where the gradient has its first and its last colour, in the units of ``box``.

    The box ``(x0, y0, x1, y1)`` projected on the gradient's direction through its centre has an extent, of
    which ``start`` and ``end`` count sixteenths.
    """
    turn = paint.angle * (2 * math.pi / GRADIENT_ANGLES)
    ux, uy = math.cos(turn), math.sin(turn)
    half_width, half_height = (box[2] - box[0]) / 2, (box[3] - box[1]) / 2
    centre_x, centre_y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    reach = abs(ux) * half_width + abs(uy) * half_height
    first = reach * (2 * paint.start / GRADIENT_STEPS - 1)
    last = reach * (2 * paint.end / GRADIENT_STEPS - 1)
    if abs(last - first) < HARD_STEP:
        last = first + HARD_STEP
    return centre_x + ux * first, centre_y + uy * first, centre_x + ux * last, centre_y + uy * last


def gradient_ellipse(paint: AnyRadial, box: Box) -> Matrix:
    """The matrix from the unit circle to where a radial gradient has its last colour, in units of ``box``."""
    across, down = (box[2] - box[0]) / RADIAL_STEPS, (box[3] - box[1]) / RADIAL_STEPS
    rx, ry = max(paint.rx * across, HARD_STEP), max(paint.ry * down, HARD_STEP)
    return (rx, 0.0, 0.0, ry, box[0] + paint.x * across, box[1] + paint.y * down)


def inner_share(paint: AnyRadial) -> float:
    """Up to which share of the radii a radial gradient has its first colour."""
    return paint.inner / INNER_STEPS


def gradient_shares(
    paint: AnyGradient, box: Box, x: NDArray[np.floating], y: NDArray[np.floating]
) -> NDArray[np.float64]:
    """How far from the first colour to the last (0-1) a gradient is at places in the units of ``box``."""
    if isinstance(paint, AnyField):
        return field_shares(paint, box, x, y)
    if isinstance(paint, AnyRadial):
        rx, _, _, ry, cx, cy = gradient_ellipse(paint, box)
        inner = inner_share(paint)
        share = (np.hypot((x - cx) / rx, (y - cy) / ry) - inner) / (1 - inner)
    else:
        ax, ay, bx, by = gradient_axis(paint, box)
        share = ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / ((bx - ax) ** 2 + (by - ay) ** 2)
    return np.asarray(np.clip(share, 0, 1))
