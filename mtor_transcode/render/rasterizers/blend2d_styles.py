# SPDX-License-Identifier: Apache-2.0
"""Paints as Blend2D takes them: colours and gradients (see ``blend2d`` for what its binding does)."""

from __future__ import annotations

from typing import Any

import blend2d

from mtor_transcode.model import Colour, Solid
from mtor_transcode.render.field import AnyField
from mtor_transcode.render.gradient import (
    AnyLinear,
    AnyPaint,
    AnyRadial,
    Box,
    gradient_axis,
    gradient_ellipse,
    inner_share,
)
from mtor_transcode.render.matrix import Matrix, compose

LEVELS = tuple(min(1.0, (level + 0.25) / 255) for level in range(256))
"""A binding that cuts off and one that rounds both make the level of these."""


def colour_of(colour: Colour) -> tuple[float, float, float]:
    """Parts of 0-1."""
    return (LEVELS[colour[0]], LEVELS[colour[1]], LEVELS[colour[2]])


def _gradient(paint: AnyLinear, box: Box) -> Any:
    gradient = blend2d.create_linear_gradient(*gradient_axis(paint, box))
    gradient.add_stop(0.0, colour_of(paint.first))
    gradient.add_stop(1.0, colour_of(paint.last))
    return gradient


class Rings:
    """A radial gradient: a style for each matrix that turns it, as Blend2D then misses the px' centres."""

    def __init__(self, paint: AnyRadial, box: Box) -> None:
        self._paint = paint
        self._ellipse = gradient_ellipse(paint, box)
        self._upright = self._styled(self._ellipse)

    def through(self, matrix: Matrix) -> Any:
        """What ``set_fill_style`` takes on a context with a matrix."""
        a, b, c, d, _, _ = compose(matrix, self._ellipse)
        det = a * d - b * c
        if not (b or c) or not det:
            return self._upright
        # Half a px is added transposed: by rows of the inverse matrix where it should be by columns.
        off = (b - c) / (2 * det)
        return self._styled(compose(self._ellipse, (1.0, 0.0, 0.0, 1.0, -off, off)))

    def _styled(self, ellipse: Matrix) -> Any:
        gradient = blend2d.create_radial_gradient(0.0, 0.0, 0.0, 0.0, 1.0)
        gradient.set_transform(blend2d.Matrix2D(*ellipse))
        gradient.add_stop(inner_share(self._paint), colour_of(self._paint.first))
        gradient.add_stop(1.0, colour_of(self._paint.last))
        return gradient


def style_of(paint: AnyPaint, box: Box) -> Any:
    """What ``set_fill_style`` takes, or a ``Rings``; of a shading field a canvas makes a pattern."""
    assert not isinstance(paint, AnyField)
    if isinstance(paint, Solid):
        return colour_of(paint.colour)
    return Rings(paint, box) if isinstance(paint, AnyRadial) else _gradient(paint, box)
