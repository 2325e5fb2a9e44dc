# SPDX-License-Identifier: Apache-2.0
"""The oracle's scenes: known vectors of the kinds of pictures that the codec is for."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

from mtor_transcode.measure.oracle.figures import (
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
    line,
    polygon,
    shape,
    star,
)
from mtor_transcode.measure.oracle.font import text, text_width
from mtor_transcode.measure.oracle.walk import walk
from mtor_transcode.model import (
    Camera,
    CameraMove,
    Colour,
    FilmHeader,
    LinearGradient,
    Outline,
    Scene,
    SceneStart,
    Solid,
    Span,
    Transform,
    Transition,
)

FPS = 25
WIDTH, HEIGHT = 640, 360
HEADER = FilmHeader(WIDTH, HEIGHT, Fraction(1, FPS), Fraction(FPS))

DIM: Colour = (110, 128, 126)
BRIGHT: Colour = (190, 122, 126)

PARAGRAPH = (
    "EVERY SHAPE IS AN OUTLINE, A PAINT AND A PLACE.",
    "WHAT MOVES IS SAID ONCE, FROM HERE TO THERE, IN 12 FRAMES.",
    "WHAT STANDS STILL COSTS NOTHING AFTER ITS FIRST FRAME.",
    "LETTERS OF ONE KIND SHARE ONE OUTLINE, 4-5 BITS A PLACE.",
)
LISTING = (
    ("LS -L", BRIGHT),
    ("TOTAL 48", DIM),
    ("RW-R--R-- 1 ANNA STAFF 2048 MAR 12 09.41 NOTES.TXT", PAPER),
    ("RW-R--R-- 1 ANNA STAFF 5120 MAR 14 17.20 FIGURES.PY", PAPER),
    ("RWXR-XR-X 3 ANNA STAFF 4096 APR 02 08.15 SAMPLES", SEA),
    ("MAKE TEST", BRIGHT),
    ("COLLECTED 324 ITEMS", DIM),
    ("317 PASSED, 7 SKIPPED IN 51.30 S", LEAF),
)


@dataclass(frozen=True)
class Oracle:
    """A film of known scenes: its name, what is in it, and how it is made."""

    name: str
    about: str
    make: Callable[[], tuple[Scene, ...]]


def text_light() -> tuple[Scene, ...]:
    """A page: a headline and paragraphs in four sizes, dark on light, all there from the first frame."""
    book = Book()
    book.enter(shape(box(560, 2), CORAL, at(320, 74)))
    _write(book, "HOW VECTORS SPEAK", 40, 30, 28, INK)
    top = 96.0
    for cap in (8, 10, 13):
        for words in PARAGRAPH[: 4 if cap < 13 else 2]:
            _write(book, words, 40, top, cap, INK)
            top += 2 * cap
        top += 14
    _write(book, "PAGE 7", 560, 338, 7, DIM)
    return (_scene(SceneStart(0, 0, Solid(PAPER)), book, 2.0),)


def text_dark() -> tuple[Scene, ...]:
    """A terminal: light glyphs on dark, typed letter by letter at two prompts, results line by line."""
    book = Book()
    tick = 4
    cursor = book.enter(shape(box(7, 12), BRIGHT, at(52, 26)))
    for row, (words, colour) in enumerate(LISTING):
        top = 20.0 + 26 * row
        typed = colour == BRIGHT
        if typed:
            _write(book, "-", 24, top, 10, LEAF, tick=tick)
        for glyph in text(words, 44 if typed else 24, top, 10, Solid(colour)):
            book.enter(glyph, at=tick)
            if typed:
                tick += 2
                place = replace(glyph.transform, dx=glyph.transform.dx + 200, dy=round((top + 6) * 16))
                book.edit(cursor, at=tick, duration=0, transform=replace(place, scale=4096))
        tick += 6 if typed else 3
    return (_scene(SceneStart(0, 0, Solid(NIGHT)), book, (tick + 15) / FPS),)


def chart() -> tuple[Scene, ...]:
    """Axes, a grid, bars that grow one after another, then a line that draws itself through their tops."""
    book = Book()
    for step in range(5):
        top = 300 - 55 * step
        book.enter(shape(line([(0, 0), (520, 0)], 1), BRIGHT, at(330, top)))
        _write(book, str(25 * step), 40, top - 4, 8, INK)
    heights = (60, 110, 90, 150, 132, 190, 205)
    grown = 15
    for number, tall in enumerate(heights):
        x = 110 + 70 * number
        colour = (SEA, CORAL, GOLD)[number % 3]
        begin = 4 + 6 * number
        bar = book.enter(shape(box(44, 2), colour, at(x, 299)), at=begin)
        book.edit(bar, at=begin, duration=grown, outline=box(44, tall), transform=at(x, 300 - tall / 2))
        _write(book, f"Q{number + 1}", x - 9, 310, 8, INK)
    book.enter(shape(line([(0, 0), (0, 240)], 2), INK, at(70, 180)))
    book.enter(shape(line([(0, 0), (520, 0)], 2), INK, at(330, 300)))
    _write(book, "SALES BY QUARTER", 70, 20, 16, INK)
    _trace(book, [(110 + 70 * n, 292 - tall) for n, tall in enumerate(heights)], start=62, each=5)
    return (_scene(SceneStart(0, 0, Solid(PAPER)), book, 4.4),)


def pan() -> tuple[Scene, ...]:
    """A diagram wider than the screen: boxes with labels and arrows, past which the camera runs and nears."""
    book = Book()
    names = ("SOURCE", "SCENES", "SHAPES", "TRACKS", "TOKENS", "CODER", "FILE")
    for number, name in enumerate(names):
        x, y = 100 + 190 * number, 180 + (-50, 40, 0)[number % 3]
        following = 180 + (-50, 40, 0)[(number + 1) % 3]
        if number + 1 < len(names):
            book.enter(shape(line([(x, y), (x + 190, following)], 3), INK, _middle(x, y, x + 190, following)))
        book.enter(shape(box(120, 64), (SEA, GOLD, CORAL)[number % 3], at(x, y)))
        _write(book, name, x - text_width(name, 14) / 2, y - 7, 14, PAPER)
        book.enter(shape(disc(9), LEAF, at(x, y - 46)))
    begin, length = 10, 60
    book.add(CameraMove(begin, length, Camera(dx=-700 * 16)))
    book.add(CameraMove(begin + length, 20, Camera(dx=-910 * 16, dy=-160, scale=round(4096 * 1.3))))
    return (_scene(SceneStart(0, 0, LinearGradient(PAPER, SKY, angle=16)), book, 4.0),)


def occlusion() -> tuple[Scene, ...]:
    """A ball, a star and a word pass behind posts and a wall, vanish, and come out as they went in."""
    book = Book()
    end = 90
    book.enter(shape(box(640, 70), LEAF, at(320, 325)))
    ball = book.enter(shape(disc(34), CORAL, at(60, 250)))
    sun = book.enter(shape(star(30, 7), GOLD, at(600, 70)))
    word = [book.enter(glyph) for glyph in text("BEHIND", 30, 150, 20, Solid(PAPER))]
    first = [state.transform for state in text("BEHIND", 30, 150, 20, Solid(PAPER))]
    last = [state.transform for state in text("BEHIND", 480, 150, 20, Solid(PAPER))]
    book.edit(ball, at=0, duration=end, transform=at(590, 250))
    book.edit(sun, at=0, duration=end, transform=at(70, 110, turns=0.4))
    for letter, here, there in zip(word, first, last, strict=True):
        book.edit(letter, at=10, duration=end - 20, transform=replace(here, dx=there.dx))
    for x, wide, colour in ((180, 16, INK), (240, 16, INK), (400, 130, SEA), (540, 16, INK)):
        book.enter(shape(box(wide, 280), colour, at(x, 180)))
    return (_scene(SceneStart(0, 0, Solid(NIGHT)), book, end / FPS),)


def dissolve() -> tuple[Scene, ...]:
    """A slide that goes over softly into another, whose figure then moves, which goes over into a third."""
    first, second, third = Book(0), Book(40), Book(100)
    _write(first, "FIRST THIS", 180, 60, 30, PAPER)
    first.enter(shape(disc(70), CORAL, at(320, 220)))
    _write(second, "THEN THAT", 60, 40, 24, INK)
    wheel = second.enter(shape(star(80), SEA, at(200, 220)))
    second.edit(wheel, at=20, duration=40, transform=at(440, 220, turns=0.25))
    third.enter(shape(polygon([(0, 120), (160, 0), (320, 120)]), GOLD, at(320, 150)))
    third.enter(shape(box(260, 110), CORAL, at(320, 265)))
    soft = Transition.DISSOLVE
    return (
        _scene(SceneStart(0, 0, Solid(NIGHT)), first, 40 / FPS),
        _scene(SceneStart(1, 40, Solid(PAPER), transition=soft, transition_duration=20), second, 60 / FPS),
        _scene(SceneStart(2, 100, Solid(SKY), transition=soft, transition_duration=12), third, 40 / FPS),
    )


def cartoon() -> tuple[Scene, ...]:
    """A figure of ten parts walks through a landscape: joints turn, the body bobs, a cloud drifts."""
    book = Book()
    end = 75
    book.enter(shape(disc(46), GOLD, at(530, 80)))
    cloud = book.enter(shape(_cloud(), PAPER, at(150, 70)))
    book.edit(cloud, at=0, duration=end, transform=at(230, 66))
    hills = polygon(
        [(0, 90), (120, 20), (260, 70), (400, 0), (560, 60), (700, 30), (700, 180), (0, 180)], smooth=True
    )
    book.enter(shape(hills, LEAF, at(320, 270)))
    book.enter(shape(box(660, 50), INK, at(320, 340)))
    walk(book, end=end, begin_x=120, end_x=500, ground=316)
    return (_scene(SceneStart(0, 0, LinearGradient(SKY, (216, 120, 138), angle=16)), book, end / FPS),)


ORACLES: dict[str, Oracle] = {
    oracle.name: oracle
    for oracle in (
        Oracle("text_light", "a page of text, four sizes, dark on light, still", text_light),
        Oracle("text_dark", "a terminal, light on dark, typed", text_dark),
        Oracle("cartoon", "a figure of jointed parts walks through a landscape", cartoon),
        Oracle("chart", "axes, growing bars, a line that draws itself", chart),
        Oracle("pan", "the camera runs along a diagram, and nears", pan),
        Oracle("occlusion", "things pass behind others and come out again", occlusion),
        Oracle("dissolve", "three pictures that go over softly into each other", dissolve),
    )
}
"""All scenes by name."""


def _write(
    book: Book, words: str, left: float, top: float, cap: float, paint: Colour, *, tick: int = 0
) -> None:
    for glyph in text(words, left, top, cap, Solid(paint)):
        book.enter(glyph, at=tick)


def _trace(book: Book, places: list[tuple[float, float]], *, start: int, each: int) -> None:
    """A chain of segments, each growing out of the last one's end, and a dot where it arrives."""
    for number, ((x0, y0), (x1, y1)) in enumerate(pairwise(places)):
        begin = start + each * number
        seed, whole = line([(0, 0), (2, 0)], 3), line([(x0, y0), (x1, y1)], 3)
        segment = book.enter(shape(seed, INK, at(x0, y0)), at=begin)
        book.edit(segment, at=begin, duration=each, outline=whole, transform=_middle(x0, y0, x1, y1))
        book.enter(shape(disc(5), INK, at(x1, y1)), at=begin + each)


def _middle(x0: float, y0: float, x1: float, y1: float) -> Transform:
    return at((x0 + x1) / 2, (y0 + y1) / 2)


def _cloud() -> Outline:
    lobes = ((30, 0.0), (24, 0.9), (30, 1.8), (22, 2.7), (28, 3.6), (22, 4.5), (28, 5.4))
    return polygon([(2 * r * math.cos(a), r * math.sin(a)) for r, a in lobes], smooth=True)


def _scene(head: SceneStart, book: Book, seconds: float) -> Scene:
    return Scene(head, (Span(head.start, head.start + round(seconds * FPS), book.tokens()),))
