# SPDX-License-Identifier: Apache-2.0
"""The sample films as scenes of known shapes: the ground truth for transcodes of their MP4s."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from mtor_transcode.measure.oracle.figures import (
    BLACK,
    CORAL,
    GOLD,
    INK,
    LEAF,
    NIGHT,
    PAPER,
    SEA,
    SKY,
    Book,
    at,
    box,
    disc,
    polygon,
    shape,
    star,
)
from mtor_transcode.measure.oracle.font import text, text_width
from mtor_transcode.model import (
    Background,
    Camera,
    CameraMove,
    FilmHeader,
    LinearGradient,
    Paint,
    Scene,
    SceneStart,
    Solid,
    Span,
    Transition,
)

FPS = 25
WIDTH, HEIGHT = 640, 360
SLIDE_LINES = ("ONE OUTLINE, MANY USES", "STATES, AND LINES BETWEEN", "STILL THINGS COST NOTHING")
HEADER = FilmHeader(WIDTH, HEIGHT, Fraction(1, FPS), Fraction(FPS))


def slide(number: int, start: int, seconds: float = 4.0) -> Scene:
    """A still slide: gradient behind, a bar, a headline, three lines of text with bullets."""
    book = Book(start)
    book.enter(shape(box(640, 64), SEA, at(320, 32)))
    for glyph in text("VECTORS, NOT PIXELS", 40, 20, 24, Solid(PAPER)):
        book.enter(glyph)
    for row, line in enumerate(SLIDE_LINES):
        top = 128 + 64 * row
        book.enter(shape(disc(9), CORAL, at(64, top + 9)))
        for glyph in text(line, 92, top, 18, Solid(INK)):
            book.enter(glyph)
    behind = LinearGradient(PAPER, (184, 136, 122), angle=16)
    return _scene(SceneStart(number, start, behind), book, seconds)


def motion(number: int, start: int, seconds: float = 3.0) -> Scene:
    """Figures that move, turn, grow, take another colour and change places in depth."""
    book = Book(start)
    end = round(seconds * FPS)
    book.enter(shape(box(640, 90), LEAF, at(320, 315)))
    ball = book.enter(shape(disc(40), CORAL, at(80, 200)))
    wheel = book.enter(shape(star(56), GOLD, at(480, 120)))
    block = book.enter(shape(box(90, 60), SEA, at(320, 90)))
    book.edit(ball, at=0, duration=end // 2, transform=at(320, 240))
    book.edit(ball, at=end // 2, duration=end - end // 2, transform=at(560, 180))
    book.edit(wheel, at=0, duration=end, transform=at(440, 140, turns=0.4))
    book.edit(block, at=10, duration=40, transform=at(180, 110, scale=1.5), paint=Solid(GOLD))
    return _scene(SceneStart(number, start, Solid(NIGHT)), book, seconds)


def pan(number: int, start: int, seconds: float = 3.0) -> Scene:
    """The camera runs along a row of houses whose windows are one outline."""
    book = Book(start)
    window = box(14, 20)
    for house in range(9):
        left, tall = -20 + 130 * house, 120 + 37 * (house * 5 % 4)
        book.enter(shape(box(104, tall), (SEA, CORAL, LEAF, NIGHT)[house % 4], at(left + 52, 330 - tall / 2)))
        for row in range(tall // 44):
            for column in range(3):
                book.enter(shape(window, GOLD, at(left + 22 + 30 * column, 330 - tall + 30 + 40 * row)))
    book.enter(shape(box(1400, 40), INK, at(600, 350)))
    book.enter(shape(polygon([(0, 60), (40, 0), (80, 60)]), GOLD, at(160, 60)))
    move = CameraMove(start + 12, round(seconds * FPS) - 25, Camera(dx=-400 * 16))
    book.add(move)
    behind = LinearGradient(SKY, (216, 120, 138), angle=16)
    return _scene(SceneStart(number, start, behind), book, seconds)


def title(number: int, start: int, seconds: float = 2.0) -> Scene:
    """The name of the thing, with a line that grows under it."""
    book = Book(start)
    left = (WIDTH - text_width("MTOR", 96)) / 2
    for glyph in text("MTOR", left, 110, 96, Solid(PAPER)):
        book.enter(glyph)
    line = book.enter(shape(box(400, 8), CORAL, at(320, 236, scale=0.1)))
    book.edit(line, at=5, duration=25, transform=at(320, 236))
    return _scene(SceneStart(number, start, Solid(NIGHT)), book, seconds)


def ending(number: int, start: int, seconds: float = 1.2) -> Scene:
    """Black, which the picture before fades to."""
    head = SceneStart(number, start, Solid(BLACK), transition=Transition.DISSOLVE, transition_duration=20)
    return _scene(head, Book(start), seconds)


def fade(number: int, start: int, seconds: float = 3.0) -> Scene:
    """Light comes up: the background and a disc brighten, then a word appears softly."""
    book = Book(start)
    dawn: Paint = Solid((150, 124, 140))
    sun = book.enter(shape(disc(60), (60, 120, 140), at(320, 200)))
    book.edit(sun, at=0, duration=40, paint=Solid(GOLD))
    book.add(Background(start, 40, dawn))
    left = (WIDTH - text_width("GOOD MORNING", 36)) / 2
    for glyph in text("GOOD MORNING", left, 60, 36, Solid(INK)):
        book.enter(glyph, at=45, duration=20)
    return _scene(SceneStart(number, start, Solid(BLACK)), book, seconds)


def story() -> tuple[Scene, ...]:
    """A title, a cut, moving figures, a dissolve to a pan, a slide, a fade to black."""
    scenes: list[Scene] = []
    for make, dissolve in STORY:
        start = scenes[-1].end if scenes else 0
        scenes.append(_dissolving(make(len(scenes), start), dissolve))
    return tuple(scenes)


STORY: tuple[tuple[Callable[..., Scene], int], ...] = (
    (title, 0),
    (motion, 0),
    (pan, 12),
    (slide, 0),
    (ending, 20),
)
"""The scenes of the demo, and over how many ticks each dissolves in."""

FILMS: dict[str, Callable[[], tuple[Scene, ...]]] = {
    "slide": lambda: (slide(0, 0),),
    "motion": lambda: (motion(0, 0),),
    "pan": lambda: (pan(0, 0),),
    "cut": lambda: (title(0, 0), motion(1, 2 * FPS)),
    "fade": lambda: (fade(0, 0),),
    "demo": story,
}
"""The films by name; ``demo`` has sound."""


def _scene(head: SceneStart, book: Book, seconds: float) -> Scene:
    return Scene(head, (Span(head.start, head.start + round(seconds * FPS), book.tokens()),))


def _dissolving(scene: Scene, ticks: int) -> Scene:
    if not ticks:
        return scene
    head = scene.head
    soft = SceneStart(head.number, head.start, head.background, head.camera, Transition.DISSOLVE, ticks)
    return Scene(soft, scene.spans)


__all__ = ["FILMS", "FPS", "HEADER", "HEIGHT", "WIDTH"]
