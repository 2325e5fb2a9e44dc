# SPDX-License-Identifier: Apache-2.0
"""Plain figures as outlines, colours by name, and a book that numbers shapes while it collects tokens."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

from mtor_transcode.model import (
    OPAQUE,
    UNITS_PER_PX,
    Colour,
    Contour,
    Edit,
    Enter,
    Leave,
    NodeKind,
    Outline,
    Paint,
    Point,
    ShapeState,
    Solid,
    Token,
    Transform,
)

INK: Colour = (28, 132, 124)
PAPER: Colour = (226, 122, 132)
SKY: Colour = (168, 152, 108)
NIGHT: Colour = (44, 140, 122)
CORAL: Colour = (138, 104, 186)
GOLD: Colour = (184, 64, 150)
LEAF: Colour = (132, 96, 96)
SEA: Colour = (104, 168, 92)
BLACK: Colour = (16, 128, 128)


def polygon(points: Iterable[tuple[float, float]], *, smooth: bool = False) -> Outline:
    """A closed outline through ``points`` (px), centred."""
    places = tuple((round(x * UNITS_PER_PX), round(y * UNITS_PER_PX)) for x, y in points)
    kind = NodeKind.SMOOTH if smooth else NodeKind.CORNER
    return Outline((Contour(places, (kind,) * len(places)),)).centred()[0]


def box(width: float, height: float) -> Outline:
    """A rectangle, ``width`` x ``height`` px."""
    return polygon([(0, 0), (width, 0), (width, height), (0, height)])


def disc(radius: float) -> Outline:
    """A round figure of 8 smooth nodes."""
    turns = (math.tau * step / 8 for step in range(8))
    return polygon([(radius * math.cos(turn), radius * math.sin(turn)) for turn in turns], smooth=True)


def star(radius: float, points: int = 5) -> Outline:
    """A star with ``points`` points."""
    tips = ((radius * (0.45 if step % 2 else 1), math.pi * step / points) for step in range(2 * points))
    return polygon([(length * math.sin(turn), -length * math.cos(turn)) for length, turn in tips])


def line(points: Iterable[tuple[float, float]], width: float) -> Outline:
    """An open chain of lines through ``points`` (px), centred, stroked ``width`` px wide."""
    places = tuple((round(x * UNITS_PER_PX), round(y * UNITS_PER_PX)) for x, y in points)
    chain = Contour(places, (NodeKind.CORNER,) * len(places), closed=False)
    return Outline((chain,), stroke_width=round(width * UNITS_PER_PX)).centred()[0]


def at(x: float, y: float, *, scale: float = 1.0, turns: float = 0.0) -> Transform:
    """A place in px, a scale, an angle in turns."""
    return Transform(
        round(x * UNITS_PER_PX), round(y * UNITS_PER_PX), round(scale * 4096), round(turns * 4096) % 4096
    )


def shape(outline: Outline, colour: Colour | Paint, place: Transform, opacity: int = OPAQUE) -> ShapeState:
    """A state; a bare colour is a solid paint."""
    return ShapeState(outline, Solid(colour) if isinstance(colour, tuple) else colour, place, opacity)


class Book:
    """Collects the tokens of a scene, numbers its shapes, remembers their last states."""

    def __init__(self, start: int = 0) -> None:
        self._tokens: list[Token] = []
        self._states: dict[int, ShapeState] = {}
        self._start = start

    def enter(self, state: ShapeState, *, at: int = 0, duration: int = 0) -> int:
        """A shape appears ``at`` ticks into the scene; its number is returned."""
        number = len(self._states)
        self._states[number] = state
        self._tokens.append(Enter(self._start + at, number, state, duration=duration))
        return number

    def edit(self, number: int, *, at: int, duration: int, **changes: object) -> None:
        """A shape goes over to its last state with ``changes``."""
        old = self._states[number]
        new = replace(old, **changes)  # type: ignore[arg-type]
        self._states[number] = new
        self._tokens.append(Edit(self._start + at, duration, number, new))

    def leave(self, number: int, *, at: int, duration: int = 0) -> None:
        """A shape disappears."""
        self._tokens.append(Leave(self._start + at, number, duration))

    def add(self, token: Token) -> None:
        """Any other token, with absolute times."""
        self._tokens.append(token)

    def tokens(self) -> tuple[Token, ...]:
        """All tokens in order of time, shapes numbered as they appear (as a reader numbers them)."""
        ordered = sorted(self._tokens, key=lambda token: token.at)
        entering = [token.shape for token in ordered if isinstance(token, Enter)]
        numbers = {shape: number for number, shape in enumerate(entering)}
        return tuple(
            replace(token, shape=numbers[token.shape]) if isinstance(token, Enter | Edit | Leave) else token
            for token in ordered
        )


__all__ = [
    "BLACK", "CORAL", "GOLD", "INK", "LEAF", "NIGHT", "PAPER", "SEA", "SKY",
    "Book", "Point", "at", "box", "disc", "line", "polygon", "shape", "star",
]  # fmt: skip
