# SPDX-License-Identifier: Apache-2.0
"""Outlines refined against what they show: nodes go, or move by a step of their grid, while that helps."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from mtor_transcode.codec.canonical import canonical_state, grid_of
from mtor_transcode.model import Contour, NodeKind, Outline, Point, ShapeState

MOST_NODES = 40
"""Outlines of more nodes are left as they are: the work grows with the nodes."""

NODE_BITS = 3.1
STEP_BITS = 1.45
"""What a node costs, roughly: so much, and so much for each doubling of its way along each axis."""

_WAYS = ((1, 0), (-1, 0), (0, 1), (0, -1))

Gain = Callable[[ShapeState], float]
"""Tells what a state is worth (squared error; higher is better)."""


def refined(state: ShapeState, gain: Gain, lam: float) -> ShapeState:
    """The shape after nodes that do not pay are gone and the others have found their places.

    A round of coordinate descent on ``gain`` less ``lam`` times the bits of the nodes.
    """
    if state.outline.node_count > MOST_NODES:
        return state
    state = _sparser(state, gain, lam)
    state = _settled(state, gain)
    return _sparser(state, gain, lam)


def _sparser(state: ShapeState, gain: Gain, lam: float) -> ShapeState:
    """Without the nodes that cost more than they are worth, the least important tried first."""
    worth = gain(state)
    while True:
        for contour, node in _by_importance(state.outline):
            fewer = _without(state, contour, node)
            if fewer is None:
                continue
            left = gain(fewer)
            if worth - left < lam * _saved_bits(state.outline, contour, node):
                state, worth = fewer, left
                break
        else:
            return state


def _settled(state: ShapeState, gain: Gain) -> ShapeState:
    """Nodes moved by a step of their grid, each once, where that gains; the price hardly changes."""
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


def _by_importance(outline: Outline) -> list[tuple[int, int]]:
    """Contours and nodes in order of the area that their going would change; only the first half."""
    found = []
    for number, contour in enumerate(outline.contours):
        points = contour.points
        if len(points) <= 3:
            continue
        for node, (x, y) in enumerate(points):
            (ax, ay), (bx, by) = points[node - 1], points[(node + 1) % len(points)]
            found.append((abs((x - ax) * (by - ay) - (y - ay) * (bx - ax)), number, node))
    found.sort()
    return [(number, node) for _, number, node in found[: max(len(found) // 2, 1)]]


def _saved_bits(outline: Outline, contour: int, node: int) -> float:
    points = outline.contours[contour].points
    before, here, after = points[node - 1], points[node], points[(node + 1) % len(points)]
    scale = 1 << grid_of(outline)
    return NODE_BITS + STEP_BITS * (
        _way_bits(before, here, scale) + _way_bits(here, after, scale) - _way_bits(before, after, scale)
    )


def _way_bits(a: Point, b: Point, scale: int) -> float:
    return math.log2(1 + abs(b[0] - a[0]) / scale) + math.log2(1 + abs(b[1] - a[1]) / scale)


def _without(state: ShapeState, contour: int, node: int) -> ShapeState | None:
    """The state without one node, or None where that leaves no contour."""
    old = state.outline.contours[contour]
    if len(old.points) <= 3 or NodeKind.CONTROL in old.kinds:
        return None
    points = old.points[:node] + old.points[node + 1 :]
    kinds = old.kinds[:node] + old.kinds[node + 1 :]
    return _with_contour(state, contour, Contour(points, kinds, old.closed))


def _with_contour(state: ShapeState, number: int, contour: Contour) -> ShapeState:
    contours = list(state.outline.contours)
    contours[number] = contour
    return canonical_state(replace(state, outline=Outline(tuple(contours), state.outline.stroke_width)))


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
