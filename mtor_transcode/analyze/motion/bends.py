# SPDX-License-Identifier: Apache-2.0
"""Where a track bends between two keys: what is known on both sides of it tells.

A shape that begins to move between two keys, or stops, is seen at neither of them just then. But how it moves
before and how it moves after are known, and where the two lines meet is when it turned.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mtor_transcode.analyze.motion.forms import nodes_of
from mtor_transcode.analyze.motion.pose import reach_of
from mtor_transcode.model import (
    SCALE_ONE,
    TURN,
    UNITS_PER_PX,
    Colour,
    Fill,
    Gradient,
    ShapeState,
    Solid,
    Transform,
)

BENT = 0.75
"""Px by which a track must leave the line it was on, at the next key, for a bend before it."""

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Knot:
    """A shape's state at a tick; ``seen`` unless it is only where a track may bend."""

    at: int
    state: ShapeState
    seen: bool = True


def bends_of(knots: Sequence[Knot]) -> list[Knot]:
    """Where the track through ``knots`` may bend between two of them; before and after them it rests."""
    if len(knots) < 3:
        return []
    reformed = any(knot.state.outline != knots[0].state.outline for knot in knots)
    values = [_values(knot.state, reformed) for knot in knots]
    found = []
    for place in range(len(knots) - 1):
        bend = _bend(knots, values, place, reformed)
        if bend is not None:
            found.append(bend)
    return found


def _bend(knots: Sequence[Knot], values: list[Values], place: int, reformed: bool) -> Knot | None:
    """The bend between the knots at ``place`` and ``place + 1``."""
    here, there = knots[place], knots[place + 1]
    before = _speed(knots, values, place - 1)
    after = _speed(knots, values, place + 1)
    span = there.at - here.at
    turn = before - after
    away = values[place] + before * span - values[place + 1]
    if float(np.abs(away).max()) < BENT or float(turn @ turn) == 0.0:
        return None
    ticks = span - round(float(away @ turn) / float(turn @ turn))
    if not 0 < ticks < span:
        return None
    at = here.at + ticks
    if not before.any():
        return Knot(at, here.state, seen=False)
    if not after.any():
        return Knot(at, there.state, seen=False)
    if reformed:
        return None
    last = knots[place - 1]
    return Knot(at, between(last.state, here.state, (at - last.at) / (here.at - last.at)), seen=False)


def _speed(knots: Sequence[Knot], values: list[Values], place: int) -> Values:
    """By how much the track changes in a tick between the knots at ``place`` and ``place + 1``."""
    if not 0 <= place < len(knots) - 1:
        return np.zeros_like(values[0])
    return (values[place + 1] - values[place]) / (knots[place + 1].at - knots[place].at)


def _values(state: ShapeState, reformed: bool) -> Values:
    """What of a state changes along a track, in px: its nodes if its form does, else its place."""
    if reformed:
        return nodes_of(state)
    place, radius = state.transform, reach_of(state.outline)
    return np.array(
        [
            place.dx / UNITS_PER_PX,
            place.dy / UNITS_PER_PX,
            place.scale / SCALE_ONE * radius,
            place.angle * (2 * np.pi / TURN) * radius,
        ]
    )


def between(a: ShapeState, b: ShapeState, share: float) -> ShapeState:
    """The place and colour on the way from ``a`` to ``b``; with a ``share`` above 1 beyond, but visible."""
    p, q = a.transform, b.transform
    place = Transform(
        round(p.dx + (q.dx - p.dx) * share),
        round(p.dy + (q.dy - p.dy) * share),
        max(round(p.scale + (q.scale - p.scale) * share), 1),
        round(p.angle + (q.angle - p.angle) * share),
    )
    return replace(a, transform=place, paint=paint_between(a.paint, b.paint, share))


def paint_between(a: Fill, b: Fill, share: float) -> Fill:
    if isinstance(a, Solid) and isinstance(b, Solid):
        return replace(a, colour=_mixed(a.colour, b.colour, share))
    if isinstance(a, Gradient) and isinstance(b, Gradient):
        return replace(a, first=_mixed(a.first, b.first, share), last=_mixed(a.last, b.last, share))
    return a


def _mixed(a: Colour, b: Colour, share: float) -> Colour:
    y, u, v = (min(max(round(p + (q - p) * share), 0), 255) for p, q in zip(a, b, strict=True))
    return y, u, v
