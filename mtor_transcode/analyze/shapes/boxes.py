# SPDX-License-Identifier: Apache-2.0
"""Upright rectangles: what is all but one is tried as one, which is cheap to say and easy to stretch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mtor_transcode.analyze.shapes.contours import signed_area
from mtor_transcode.analyze.shapes.outlines import grid_step
from mtor_transcode.model import UNITS_PER_PX, Contour, NodeKind, Outline, Point

FULL = 0.9
"""Share of its bounding box that a contour must fill."""

LEAST_SIDE = 2.0
"""Px of the shorter side at least."""

CORNER = 1.5
"""Points this near (px) to a corner do not tell where a side runs."""


def fit_box(contours: Sequence[NDArray[np.float32]], area_per_bit: float) -> tuple[Outline, Point] | None:
    """The rectangle that a closed contour ((N, 2) px) is, about, as ``fit_outline`` returns it; else None."""
    if len(contours) != 1:
        return None
    points = contours[0].astype(np.float64)
    low, high = points.min(axis=0), points.max(axis=0)
    size = high - low
    if size.min() < LEAST_SIDE or abs(signed_area(contours[0])) < FULL * float(size.prod()):
        return None
    step = grid_step(area_per_bit, float(size.mean()))
    sides = [_side(points, axis, low, high, far=far) for far in (False, True) for axis in (0, 1)]
    left, top, right, bottom = (round(side * UNITS_PER_PX / step) * step for side in sides)
    if right <= left or bottom <= top:
        return None
    corners = ((left, top), (right, top), (right, bottom), (left, bottom))
    return Outline((Contour(corners, (NodeKind.CORNER,) * 4),)).centred(step)


def _side(
    points: NDArray[np.float64],
    axis: int,
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    *,
    far: bool,
) -> float:
    """Where the side at the low or far end of an axis runs: the median of the points along it."""
    other = 1 - axis
    middle = (low[axis] + high[axis]) / 2
    along = (points[:, other] > low[other] + CORNER) & (points[:, other] < high[other] - CORNER)
    near = along & ((points[:, axis] > middle) == far)
    if not near.any():
        return float((high if far else low)[axis])
    return float(np.median(points[near, axis]))
