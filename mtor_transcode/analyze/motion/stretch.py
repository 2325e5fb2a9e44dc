# SPDX-License-Identifier: Apache-2.0
"""Shapes that grow or shrink at a side: bars of a chart, lines that draw themselves, bars of progress.

No turn and no change of size of a similarity tells that one side stays. What does is another outline, the
old one stretched, into which the decoder goes over node by node.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mtor_transcode.analyze.canvas.easel import (
    Picture,
    appearance,
    border_of,
    cover_rect,
    coverage,
    paint_colours,
)
from mtor_transcode.analyze.canvas.live_shapes import LiveShapes
from mtor_transcode.analyze.motion.pose import Pose, Setting, matrix_of, picture_error
from mtor_transcode.codec.canonical import canonical_outline, grid_of
from mtor_transcode.model import (
    SCALE_ONE,
    UNITS_PER_PX,
    Contour,
    Mask,
    NodeKind,
    Outline,
    Point,
    ShapeState,
    Transform,
)

STEPS = (64.0, 32.0, 16.0, 8.0, 4.0, 2.0, 1.0, 0.5, 0.25)
"""Px by which a side is moved in turn, to and fro, while that pays."""

MOST_NODES = 10
"""Outlines of more nodes are not stretched: what has so many hardly is."""

LEAST_SIDE = 4
"""Units that a side must have to be stretched: from less no direction can be told."""

FINE = 4
"""Units of the grid on which sides move, at least as fine."""

Sides = NDArray[np.float64]
"""Left, top, right and bottom (px of the world): (4,) float64."""


def can_stretch(state: ShapeState) -> bool:
    """Whether a shape is simple and upright, so that its sides are those of its outline."""
    outline, place = state.outline, state.transform
    upright = place.scale == SCALE_ONE and place.angle == 0
    return upright and not isinstance(outline, Mask) and 2 <= outline.node_count <= MOST_NODES


def sides_of(state: ShapeState) -> Sides:
    """The sides of an upright shape."""
    x0, y0, x1, y1 = state.outline.bounds
    x, y = state.transform.dx, state.transform.dy
    return np.array([x0 + x, y0 + y, x1 + x, y1 + y], dtype=np.float64) / UNITS_PER_PX


def stretched(outline: Outline, sides: Sides) -> tuple[Outline, Transform] | None:
    """The outline stretched to other sides, on its own grid, and its place; None if it would vanish.

    A direction in which the outline has no extent is only shifted.
    """
    x0, y0, x1, y1 = outline.bounds
    step = min(1 << grid_of(outline), FINE)
    left, top, right, bottom = (round(float(v) * UNITS_PER_PX / step) * step for v in sides)
    across, down = _way(x0, x1, left, right), _way(y0, y1, top, bottom)
    if across is None or down is None:
        return None

    def moved(point: Point) -> Point:
        x = across[1] + (point[0] - across[0]) * across[2]
        y = down[1] + (point[1] - down[0]) * down[2]
        return round(x / step) * step, round(y / step) * step

    contours = tuple(
        Contour(tuple(moved(point) for point in contour.points), contour.kinds, contour.closed)
        for contour in outline.contours
    )
    centred, (x, y) = canonical_outline(Outline(contours, outline.stroke_width))
    return centred, Transform(x, y)


def squared(outline: Outline) -> Outline | None:
    """The rectangle that an outline of four corners is meant to be, its nodes in their order; else None."""
    x0, y0, x1, y1 = outline.bounds
    if outline.stroke_width or len(outline.contours) != 1:
        return None
    contour = outline.contours[0]
    if contour.kinds != (NodeKind.CORNER,) * 4 or not contour.closed:
        return None
    points = tuple((x0 if x - x0 < x1 - x else x1, y0 if y - y0 < y1 - y else y1) for x, y in contour.points)
    return Outline((Contour(points, contour.kinds),)) if len(set(points)) == 4 else None


def _way(low: int, high: int, to_low: int, to_high: int) -> tuple[int, int, float] | None:
    """Origin, where it goes, and the factor beyond it; None if nothing would be left."""
    if high - low < LEAST_SIDE:
        return low, to_low, 1.0
    if to_high - to_low < LEAST_SIDE:
        return None
    return low, to_low, (to_high - to_low) / (high - low)


class StretchFit:
    """Fits the sides of one shape inside its setting."""

    def __init__(self, live: LiveShapes, state: ShapeState, setting: Setting) -> None:
        self._live = live
        self._state = state
        self._setting = setting
        self._flat = np.array([state.outline.bounds[i + 2] - state.outline.bounds[i] for i in (0, 1)])

    def fitted(self) -> Pose | None:
        """The shape with the sides that leave least error, each moved while that pays; None if none moves."""
        sides = sides_of(self._state)
        start = error = self.error(sides)
        for step in STEPS:
            for number in range(4):
                if self._flat[number % 2] < LEAST_SIDE:
                    continue
                for way in (step, -step):
                    other = sides.copy()
                    other[number] += way
                    better = self.error(other)
                    if better < error:
                        sides, error = other, better
                        break
        made = stretched(self._state.outline, sides)
        if error >= start or made is None:
            return None
        shown = self._cover(made) * (self._setting.through[..., 0] / np.float32(255))
        area = float((shown * self._setting.weight).sum(dtype=np.float64))
        return Pose(made[1], error, self._stiffness(sides, made), 1.0, area, made[0], sides_of)

    def error(self, sides: Sides) -> float:
        """Weighted squared error with the shape stretched to ``sides``; infinite if it would vanish, or reach
        where the setting tells nothing."""
        made = stretched(self._state.outline, sides)
        if made is None or not self._holds(made):
            return float("inf")
        return picture_error(self._setting, self._cover(made), self._colours(made))

    def _holds(self, made: tuple[Outline, Transform]) -> bool:
        """Whether what is seen of a stretched shape lies inside the setting."""
        x0, y0, x1, y1 = self._setting.rect
        left, top, right, bottom = cover_rect(
            border_of(self._at(made)), made[1], self._live.view, self._live.size
        )
        return x0 <= left and y0 <= top and right <= x1 and bottom <= y1

    def _stiffness(self, sides: Sides, made: tuple[Outline, Transform]) -> NDArray[np.float64]:
        """How the error grows when sides stray: (4, 4), see ``Pose``."""
        pairs = []
        for number in range(4):
            step = np.zeros(4)
            step[number] = 1.0
            ends = [stretched(self._state.outline, sides + way * step) or made for way in (1, -1)]
            pairs.append((self._cover(ends[0]), self._cover(ends[1])))
        return matrix_of(self._setting, self._cover(made), self._colours(made), pairs, 1.0)[0]

    def _cover(self, made: tuple[Outline, Transform]) -> Picture:
        if self._state.paint.border is None:
            return coverage(self._live.engine, *made, self._setting.rect, self._live.view)
        return appearance(self._live.engine, self._at(made), self._setting.rect, self._live.view)[0]

    def _colours(self, made: tuple[Outline, Transform]) -> NDArray[np.float32]:
        if self._state.paint.border is None:
            return paint_colours(self._state.paint, *made, self._setting.rect, self._live.view)
        return appearance(self._live.engine, self._at(made), self._setting.rect, self._live.view)[1]

    def _at(self, made: tuple[Outline, Transform]) -> ShapeState:
        return replace(self._state, outline=made[0], transform=made[1])
