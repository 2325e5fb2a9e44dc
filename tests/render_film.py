# SPDX-License-Identifier: Apache-2.0
"""A film in memory for the tests of rendering, and shapes to put into it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from mtor_transcode.model import (
    AudioPacket,
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
    Subtitle,
    Token,
    Transform,
)

C, S, Q = NodeKind.CORNER, NodeKind.SMOOTH, NodeKind.CONTROL
GREY = Solid((60, 128, 128))
WHITE = Solid((235, 128, 128))


@dataclass(frozen=True)
class FakeEntry:
    """A scene in a table."""

    head: SceneStart
    end: int


@dataclass
class FakeFilm:
    """A ``Film``; ``decoded`` counts the spans taken from it."""

    header: FilmHeader
    scenes: Sequence[Scene]
    sound: Sequence[AudioPacket] = ()
    lines: Sequence[Subtitle] = ()
    decoded: list[int] = field(default_factory=list)

    @property
    def duration(self) -> int:
        return self.scenes[-1].end if self.scenes else 0

    def heads(self) -> list[FakeEntry]:
        return [FakeEntry(scene.head, scene.end) for scene in self.scenes]

    def spans(self, number: int, from_tick: int | None = None) -> Iterator[Span]:
        (scene,) = (scene for scene in self.scenes if scene.head.number == number)
        for span in scene.spans:
            self.decoded.append(span.start)
            yield span

    def audio(self) -> Iterator[AudioPacket]:
        return iter(self.sound)

    def subtitles(self) -> Iterator[Subtitle]:
        return iter(self.lines)


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


def one_scene(end: int, tokens: Sequence[Token], film: FilmHeader | None = None) -> FakeFilm:
    """A film of one scene over a grey ground."""
    return FakeFilm(film or header(), [scene(SceneStart(0, 0, GREY), end, tokens)])


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
