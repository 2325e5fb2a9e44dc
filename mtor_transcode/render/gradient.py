# SPDX-License-Identifier: Apache-2.0
"""The geometry of linear gradients: from a paint and a box to the axis that every sink draws along."""

from __future__ import annotations

import math
from dataclasses import dataclass

from mtor_transcode.model import Border, Colour, LinearGradient, Paint
from mtor_transcode.model.paint import GRADIENT_ANGLES, GRADIENT_STEPS

HARD_STEP = 1 / 256
"""Length in px of the axis of a gradient that begins where it ends: sinks need a direction."""

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class FloatGradient:
    """A gradient between key times: the fields of ``LinearGradient``, its geometry as floats."""

    first: Colour
    last: Colour
    angle: float
    start: float
    end: float
    border: Border | None = None


AnyGradient = LinearGradient | FloatGradient
AnyPaint = Paint | FloatGradient


def gradient_axis(paint: AnyGradient, box: Box) -> tuple[float, float, float, float]:
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
