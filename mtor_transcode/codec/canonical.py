# SPDX-License-Identifier: Apache-2.0
"""The form in which outlines are stored: centred, on the coarsest grid that holds all their points."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from math import cos, pi, sin

from mtor_transcode.model import SCALE_ONE, TURN, Mask, Outline, Point, ShapeState

MAX_GRID = 7
"""Largest binary logarithm of a grid's step in units."""


MASK_GRID = 4
"""Of a mask: a cell, so that places on whole px are cheap."""


@lru_cache(maxsize=1024)
def grid_of(outline: Outline) -> int:
    """Returns the largest g (0-7) such that all coordinates are multiples of 2**g units; 4 for a mask."""
    if isinstance(outline, Mask):
        return MASK_GRID
    every = 1 << MAX_GRID
    for contour in outline.contours:
        for x, y in contour.points:
            every |= x | y
    return (every & -every).bit_length() - 1


@lru_cache(maxsize=1024)
def is_canonical(outline: Outline) -> bool:
    """Whether a writer takes the outline as it is: ``centred`` on its own grid does not move it."""
    return canonical_outline(outline)[1] == (0, 0)


def canonical_outline(outline: Outline) -> tuple[Outline, Point]:
    """Returns the canonical outline and where its origin lay in the given one's coordinates (units).

    Any outline that was centred on a grid that its points are on is canonical already. (A shift may show a
    coarser grid, but what is centred to within a fine step is centred to within a coarser one.)
    """
    return outline.centred(1 << grid_of(outline))


def canonical_state(state: ShapeState) -> ShapeState:
    """Returns the same picture with a canonical outline: the transform takes over the shift.

    Exact at scale 1 and angle 0; otherwise the place is rounded to a unit.
    """
    outline, (x, y) = canonical_outline(state.outline)
    if outline is state.outline:
        return state
    transform = state.transform
    if transform.scale != SCALE_ONE or transform.angle:
        turn = 2 * pi * transform.angle / TURN
        scale = transform.scale / SCALE_ONE
        x, y = (
            round(scale * (x * cos(turn) - y * sin(turn))),
            round(scale * (x * sin(turn) + y * cos(turn))),
        )
    moved = replace(transform, dx=transform.dx + x, dy=transform.dy + y)
    return replace(state, outline=outline, transform=moved)
