# SPDX-License-Identifier: Apache-2.0
"""Where one shape has gone between two pictures: a masked match for its shift, then a similarity."""

from __future__ import annotations

import math

import cv2
import numpy as np

from mtor_transcode.analyze.canvas.easel import Picture
from mtor_transcode.model import SCALE_ONE, TURN, UNITS_PER_PX, Transform
from mtor_transcode.render.rasterizer import Rect

REACH = 10
"""Px beyond the expected shift in which a shape is looked for."""

LARGEST = 200
"""Shapes wider or higher than this (px) are not matched: their flow is good enough."""

STEPS = 30
"""Iterations of the alignment at most."""


def matched_shift(
    before: Picture, after: Picture, rect: Rect, visible: Picture, expected: tuple[float, float]
) -> tuple[float, float] | None:
    """The shift (px) that carries luma ``before`` in ``rect`` to ``after``; only ``visible`` (0-255) counts.

    The least squared difference within ``REACH`` of ``expected``, to a fraction of a px by a parabola through
    its neighbours; None where the shape is too large, hidden, or near the frame's edge.
    """
    x0, y0, x1, y1 = rect
    if max(x1 - x0, y1 - y0) > LARGEST or min(x1 - x0, y1 - y0) < 4 or np.count_nonzero(visible) < 12:
        return None
    height, width = after.shape
    across, down = round(expected[0]), round(expected[1])
    left, top = max(0, x0 + across - REACH), max(0, y0 + down - REACH)
    right, bottom = min(width, x1 + across + REACH), min(height, y1 + down + REACH)
    if right - left < x1 - x0 or bottom - top < y1 - y0:
        return None
    mask = (visible > 127).astype(np.float32)
    window = after[top:bottom, left:right].astype(np.float32)
    costs = cv2.matchTemplate(window, before[y0:y1, x0:x1].astype(np.float32), cv2.TM_SQDIFF, mask=mask)
    row, column = divmod(int(np.argmin(costs)), costs.shape[1])
    fine_x = _valley(costs[row, max(0, column - 1) : column + 2], column)
    fine_y = _valley(costs[max(0, row - 1) : row + 2, column], row)
    return left - x0 + float(column) + fine_x, top - y0 + float(row) + fine_y


def aligned(
    before: Picture, after: Picture, rect: Rect, shift: tuple[float, float]
) -> tuple[float, float, float, float, float, float] | None:
    """The similarity ``(a, b, c, d, e, f)`` in px that carries ``before`` in ``rect`` to ``after``.

    Starts from ``shift``; by maximising the correlation (Evangelidis and Psarakis 2008) over affine maps, of
    which the nearest similarity is taken. None if it does not converge.
    """
    x0, y0, x1, y1 = rect
    if min(x1 - x0, y1 - y0) < 10 or max(x1 - x0, y1 - y0) > LARGEST:
        return None
    warp = np.array([[1, 0, x0 + shift[0]], [0, 1, y0 + shift[1]]], dtype=np.float32)
    criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, STEPS, 1e-3)
    try:
        _, warp = cv2.findTransformECC(
            before[y0:y1, x0:x1], after, warp, cv2.MOTION_AFFINE, criteria, None, 3
        )
    except cv2.error:
        return None
    a, b = (warp[0, 0] + warp[1, 1]) / 2, (warp[1, 0] - warp[0, 1]) / 2
    middle = np.array([(x1 - x0) / 2, (y1 - y0) / 2])
    goal = warp[:, :2] @ middle + warp[:, 2]
    e = goal[0] - a * (middle[0] + x0) + b * (middle[1] + y0)
    f = goal[1] - b * (middle[0] + x0) - a * (middle[1] + y0)
    return float(a), float(b), float(-b), float(a), float(e), float(f)


def carried(place: Transform, map_: tuple[float, float, float, float, float, float]) -> Transform:
    """A shape's place after a similarity of the world (px) has moved it."""
    a, b, c, d, e, f = map_
    x, y = place.dx / UNITS_PER_PX, place.dy / UNITS_PER_PX
    return Transform(
        dx=round((a * x + c * y + e) * UNITS_PER_PX),
        dy=round((b * x + d * y + f) * UNITS_PER_PX),
        scale=min(max(round(place.scale * math.hypot(a, b)), SCALE_ONE // 16), SCALE_ONE * 16),
        angle=round(place.angle + math.atan2(b, a) * TURN / (2 * math.pi)),
    )


def _valley(costs: Picture, centre: int) -> float:
    """Offset of the least of a parabola through three costs, within half a sample."""
    if len(costs) != 3 or centre == 0:
        return 0.0
    low, middle, high = (float(v) for v in costs)
    bend = low - 2 * middle + high
    return min(max(0.5 * (low - high) / bend, -0.5), 0.5) if bend > 0 else 0.0
