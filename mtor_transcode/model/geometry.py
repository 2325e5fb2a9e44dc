# SPDX-License-Identifier: Apache-2.0
"""Outlines and transforms in integer units.

Lengths are in *units* of 1/16 px of the film's own picture size (``UNITS_PER_PX``), x to the right, y down.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property

UNITS_PER_PX = 16
"""Units in one pixel of the film's picture."""

SCALE_ONE = 4096
"""The value of ``scale`` that means 1."""

TURN = 4096
"""The value of ``angle`` that means a full turn, clockwise on the screen."""

Point = tuple[int, int]


class NodeKind(IntEnum):
    """What a node of a contour does to the curve.

    Two neighbouring on-curve nodes (CORNER or SMOOTH) are joined by a line if both are corners, else by a
    cubic whose handle at a smooth node lies along the chord of its two neighbours with a third of the
    segment's length, and whose handle at a corner is the corner itself. One CONTROL between on-curve nodes
    makes a quadratic, two make a cubic.
    """

    CORNER = 0
    SMOOTH = 1
    CONTROL = 2


@dataclass(frozen=True, slots=True)
class Contour:
    """A closed or open chain of nodes; ``points`` in units, one kind for each point."""

    points: tuple[Point, ...]
    kinds: tuple[NodeKind, ...]
    closed: bool = True


@dataclass(frozen=True)
class Outline:
    """One or more contours in local units, filled even-odd, or stroked if ``stroke_width`` (units) is set.

    The canonical form has the centre of the bounding box of all its points at the origin, see ``centred``.
    """

    contours: tuple[Contour, ...]
    stroke_width: int = 0

    @cached_property
    def _hash(self) -> int:
        return hash((self.contours, self.stroke_width))

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def bounds(self) -> tuple[int, int, int, int]:
        """``(x0, y0, x1, y1)`` of all points (control points included), in units; zeros if empty."""
        xs = [x for contour in self.contours for x, _ in contour.points]
        ys = [y for contour in self.contours for _, y in contour.points]
        return (min(xs), min(ys), max(xs), max(ys)) if xs else (0, 0, 0, 0)

    @property
    def node_count(self) -> int:
        """Nodes in all contours."""
        return sum(len(contour.points) for contour in self.contours)

    def centred(self, step: int = 1) -> tuple[Outline, Point]:
        """The canonical form and where its origin lay: ``(outline, (cx, cy))``.

        The centre is floored to a multiple of ``step`` units, so that points on a grid stay on it.
        """
        x0, y0, x1, y1 = self.bounds
        cx = (x0 + x1) // 2 // step * step
        cy = (y0 + y1) // 2 // step * step
        if cx == 0 and cy == 0:
            return self, (0, 0)
        moved = tuple(
            Contour(tuple((x - cx, y - cy) for x, y in contour.points), contour.kinds, contour.closed)
            for contour in self.contours
        )
        return Outline(moved, self.stroke_width), (cx, cy)


@dataclass(frozen=True, slots=True)
class Transform:
    """A similarity: scale (``SCALE_ONE`` = 1), rotation (``TURN`` = a turn), then translation (units)."""

    dx: int = 0
    dy: int = 0
    scale: int = SCALE_ONE
    angle: int = 0


@dataclass(frozen=True, slots=True)
class Camera:
    """What the screen shows: ``screen = C + s R (world - C) + (dx, dy)``, C the frame's centre."""

    dx: int = 0
    dy: int = 0
    scale: int = SCALE_ONE
    angle: int = 0


IDENTITY = Transform()
STILL_CAMERA = Camera()
