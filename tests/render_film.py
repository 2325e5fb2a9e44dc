# SPDX-License-Identifier: Apache-2.0
"""A film in memory for the tests of rendering, and shapes to put into it."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from memory_films import MemoryFilm

from mtor_transcode.model import (
    Contour,
    Enter,
    FilmHeader,
    NodeKind,
    Outline,
    Paint,
    Scene,
    SceneStart,
    ShapeState,
    Solid,
    Span,
    Token,
    Transform,
)

C, S, Q = NodeKind.CORNER, NodeKind.SMOOTH, NodeKind.CONTROL
GREY = Solid((60, 128, 128))
WHITE = Solid((235, 128, 128))


def header(width: int = 64, height: int = 48, fps: int = 30) -> FilmHeader:
    """A header whose ticks are frames."""
    return FilmHeader(width, height, Fraction(1, fps), Fraction(fps))


def scene(head: SceneStart, end: int, tokens: Sequence[Token], window: int = 10_000) -> Scene:
    """A scene of spans that are ``window`` ticks long."""
    spans = []
    for start in range(head.start, end, window):
        stop = min(start + window, end)
        spans.append(Span(start, stop, tuple(t for t in tokens if start <= t.at < stop)))
    return Scene(head, tuple(spans))


def one_scene(end: int, tokens: Sequence[Token], film: FilmHeader | None = None) -> MemoryFilm:
    """A film of one scene over a grey ground."""
    return MemoryFilm(film or header(), [scene(SceneStart(0, 0, GREY), end, tokens)])


def polygon(*points: tuple[float, float], closed: bool = True, stroke: float = 0) -> Outline:
    """Corners at places in px."""
    units = tuple((round(x * 16), round(y * 16)) for x, y in points)
    return Outline((Contour(units, (C,) * len(units), closed),), round(stroke * 16))


def box(width: float, height: float) -> Outline:
    """A rectangle about the origin, in px."""
    x, y = width / 2, height / 2
    return polygon((-x, -y), (x, -y), (x, y), (-x, y))


def place(x: float, y: float, scale: float = 1, turn: float = 0) -> Transform:
    """A transform in px, factors and turns."""
    return Transform(round(x * 16), round(y * 16), round(scale * 4096), round(turn * 4096))


def state(outline: Outline, x: float, y: float, paint: Paint = WHITE, opacity: int = 255) -> ShapeState:
    """A state at a place in px."""
    return ShapeState(outline, paint, place(x, y), opacity)


def enter(shape: int, what: ShapeState, at: int = 0, under: int = 0, duration: int = 0) -> Enter:
    """An ``Enter`` in a handy order."""
    return Enter(at, shape, what, under, duration)
