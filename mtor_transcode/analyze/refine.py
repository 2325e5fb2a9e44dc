# SPDX-License-Identifier: Apache-2.0
"""Small outlines refined against what they show: nodes move by a step of their grid while that helps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from mtor_transcode.codec.canonical import grid_of
from mtor_transcode.model import Contour, Outline, ShapeState

MOST_NODES = 28
"""Outlines of more nodes are left as they are: the work grows with the nodes."""

_WAYS = ((1, 0), (-1, 0), (0, 1), (0, -1))


def refined(state: ShapeState, gain: Callable[[ShapeState], float]) -> ShapeState:
    """The shape after one round of coordinate descent on its nodes.

    ``gain`` tells what a state is worth (higher is better). The number and kinds of nodes and the grid stay,
    so the price hardly changes.
    """
    if state.outline.node_count > MOST_NODES:
        return state
    step = 1 << grid_of(state.outline)
    best, best_gain = state, gain(state)
    for contour in range(len(state.outline.contours)):
        for node in range(len(state.outline.contours[contour].points)):
            for dx, dy in _WAYS:
                moved = _with_node(best, contour, node, dx * step, dy * step, step)
                worth = gain(moved)
                if worth > best_gain:
                    best, best_gain = moved, worth
                    break
    return best


def _with_node(state: ShapeState, contour: int, node: int, dx: int, dy: int, step: int) -> ShapeState:
    """The state with one node elsewhere, its outline centred again and placed so that the rest stays."""
    contours = list(state.outline.contours)
    old = contours[contour]
    points = list(old.points)
    points[node] = (points[node][0] + dx, points[node][1] + dy)
    contours[contour] = Contour(tuple(points), old.kinds, old.closed)
    outline, (x, y) = Outline(tuple(contours), state.outline.stroke_width).centred(step)
    place = state.transform
    return replace(state, outline=outline, transform=replace(place, dx=place.dx + x, dy=place.dy + y))
