# SPDX-License-Identifier: Apache-2.0
"""Curves as chords: a pen that hands lines on to another pen."""

from __future__ import annotations

import math

from mtor_transcode.render.curves import FloatPoint, Pen

TOLERANCE = 1 / 64
"""Px that a chord may stray from its curve, at scale 1."""

MOST_CHORDS = 256


class FlatPen:
    """Turns what it is told into lines for ``pen``."""

    def __init__(self, pen: Pen) -> None:
        self._pen = pen
        self._at: FloatPoint = (0.0, 0.0)

    def move_to(self, x: float, y: float) -> None:
        """Begin a contour."""
        self._at = x, y
        self._pen.move_to(x, y)

    def line_to(self, x: float, y: float) -> None:
        """A line as it is."""
        self._at = x, y
        self._pen.line_to(x, y)

    def quad_to(self, x1: float, y1: float, x: float, y: float) -> None:
        """A quadratic as chords: as the cubic that it is."""
        (x0, y0) = self._at
        self.cubic_to(
            x0 + 2 / 3 * (x1 - x0), y0 + 2 / 3 * (y1 - y0), x + 2 / 3 * (x1 - x), y + 2 / 3 * (y1 - y), x, y
        )

    def cubic_to(self, x1: float, y1: float, x2: float, y2: float, x: float, y: float) -> None:
        """A cubic as chords of equal parameter, as many as its second differences ask for."""
        (x0, y0) = self._at
        bend = max(
            math.hypot(x0 - 2 * x1 + x2, y0 - 2 * y1 + y2), math.hypot(x1 - 2 * x2 + x, y1 - 2 * y2 + y)
        )
        count = min(max(math.ceil(math.sqrt(0.75 * bend / TOLERANCE)), 1), MOST_CHORDS)
        for number in range(1, count):
            t = number / count
            s = 1 - t
            a, b, c, d = s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t
            self._pen.line_to(a * x0 + b * x1 + c * x2 + d * x, a * y0 + b * y1 + c * y2 + d * y)
        self.line_to(x, y)

    def close(self) -> None:
        """Close the contour."""
        self._pen.close()
