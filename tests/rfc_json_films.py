# SPDX-License-Identifier: Apache-2.0
"""Films in memory and hypothesis strategies for them, for the tests of RFC JSON."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from hypothesis import strategies as st
from memory_films import MemoryFilm

from mtor_transcode.codec.canonical import canonical_outline, is_canonical
from mtor_transcode.model import (
    AudioInfo,
    AudioPacket,
    Background,
    Border,
    Camera,
    CameraMove,
    ColourSpec,
    Contour,
    Edit,
    Enter,
    FilmHeader,
    Leave,
    LinearGradient,
    NodeKind,
    Outline,
    RadialGradient,
    Scene,
    SceneStart,
    ShadingField,
    ShapeState,
    Solid,
    Span,
    Subtitle,
    SubtitleInfo,
    Token,
    Transform,
    Transition,
)

LIMIT = 1 << 20


def film_maker(made: list[MemoryFilm]):
    """A ``make_film`` for import_json that keeps what it begins in ``made``."""

    def make(header: FilmHeader) -> MemoryFilm:
        made.append(MemoryFilm(header))
        return made[-1]

    return make


coordinates = st.one_of(st.integers(-3000, 3000), st.integers(-LIMIT // 2, LIMIT // 2))
colours = st.tuples(*[st.integers(0, 255)] * 3)
paints = st.one_of(
    st.builds(Solid, colours),
    st.builds(
        LinearGradient, colours, colours, st.integers(0, 63), st.integers(-16, 32), st.integers(-16, 32)
    ),
    st.builds(
        RadialGradient,
        *(colours, colours, st.integers(-64, 128), st.integers(-64, 128)),
        *(st.integers(1, 256), st.integers(1, 256), st.integers(0, 15)),
    ),
    st.builds(
        ShadingField,
        *(colours, colours, st.just(3)),
        st.lists(st.integers(0, 8), min_size=12, max_size=12).map(tuple),
        st.sampled_from([8, 16, 32, 64]),
    ),
)
transforms = st.builds(Transform, coordinates, coordinates, st.integers(1, LIMIT), st.integers(-LIMIT, LIMIT))
cameras = st.builds(Camera, coordinates, coordinates, st.integers(1, LIMIT), st.integers(-LIMIT, LIMIT))


@st.composite
def contours(draw: st.DrawFn) -> Contour:
    points = draw(st.lists(st.tuples(coordinates, coordinates), min_size=1, max_size=7))
    kinds = draw(st.lists(st.sampled_from(NodeKind), min_size=len(points), max_size=len(points)))
    return Contour(tuple(points), tuple(kinds), draw(st.booleans()))


outlines = (
    st.builds(
        Outline, st.lists(contours(), max_size=3).map(tuple), st.one_of(st.just(0), st.integers(1, 999))
    )
    .map(lambda outline: canonical_outline(outline)[0])
    .filter(is_canonical)
)
borders = st.one_of(st.none(), st.builds(Border, st.integers(1, 1 << 16), colours, st.booleans()))
shape_paints = st.builds(lambda paint, border: replace(paint, border=border), paints, borders)
states = st.builds(ShapeState, outlines, shape_paints, transforms, st.integers(0, 255))


@st.composite
def tokens_between(draw: st.DrawFn, start: int, end: int, live: list[int], next_id: list[int]) -> list[Token]:
    times = sorted(draw(st.lists(st.integers(start, end), max_size=6)))
    made: list[Token] = []
    for at in times:
        duration = draw(st.one_of(st.just(0), st.integers(1, 5000)))
        kind = draw(st.sampled_from(["enter", "edit", "leave", "camera", "background"]))
        if kind == "enter" or (kind in ("edit", "leave") and not live):
            under = draw(st.integers(0, len(live)))
            made.append(Enter(at, next_id[0], draw(states), under, duration))
            live.append(next_id[0])
            next_id[0] += draw(st.integers(1, 3))
        elif kind == "edit":
            made.append(Edit(at, duration, draw(st.sampled_from(live)), draw(states)))
        elif kind == "leave":
            shape = draw(st.sampled_from(live))
            live.remove(shape)
            made.append(Leave(at, shape, duration))
        elif kind == "camera":
            made.append(CameraMove(at, duration, draw(cameras)))
        else:
            made.append(Background(at, duration, draw(paints)))
    return made


@st.composite
def scenes(draw: st.DrawFn, number: int, start: int) -> Scene:
    dissolves = draw(st.booleans())
    head = SceneStart(
        number,
        start,
        draw(paints),
        draw(cameras),
        Transition.DISSOLVE if dissolves else Transition.CUT,
        draw(st.integers(1, 100)) if dissolves else 0,
        draw(st.sampled_from((0, 1, 20, 63))),
    )
    live: list[int] = []
    next_id = [draw(st.integers(0, 5))]
    spans = []
    for length in draw(st.lists(st.integers(1, 900), max_size=3)):
        made = draw(tokens_between(start, start + length, live, next_id))
        spans.append(Span(start, start + length, tuple(made)))
        start += length
    return Scene(head, tuple(spans))


headers = st.builds(
    FilmHeader,
    st.integers(1, 16384),
    st.integers(1, 16384),
    st.sampled_from([Fraction(1, 1000), Fraction(1, 30), Fraction(1001, 30000), Fraction(1, 90000)]),
    st.sampled_from([Fraction(25), Fraction(30000, 1001)]),
    st.sampled_from([Fraction(1), Fraction(40, 33)]),
    st.builds(ColourSpec, *[st.integers(0, 255)] * 3, st.booleans()),
    st.one_of(
        st.none(),
        st.builds(
            AudioInfo,
            st.sampled_from(["opus", "aac"]),
            st.sampled_from([8000, 48000]),
            st.integers(1, 8),
            st.sampled_from(["", "eng"]),
            st.binary(max_size=9),
            st.integers(0, 400),
        ),
    ),
    st.lists(st.builds(SubtitleInfo, st.sampled_from(["", "fra"])), max_size=2).map(tuple),
)


@st.composite
def films(draw: st.DrawFn) -> MemoryFilm:
    film = MemoryFilm(draw(headers))
    start = 0
    for number in range(draw(st.integers(0, 3))):
        film.scenes.append(draw(scenes(number, start)))
        start = film.scenes[-1].end
    film.duration = start + draw(st.integers(0, 50))
    if film.header.audio:
        durations = draw(st.lists(st.integers(1, 9000), max_size=5))
        pts = draw(st.integers(-500, 500))
        for duration in durations:
            film.packets.append(AudioPacket(pts, duration, draw(st.binary(max_size=12))))
            pts += duration
    if film.header.subtitles:
        track = st.integers(0, len(film.header.subtitles) - 1)
        at = 0
        for text in draw(st.lists(st.text(max_size=12), max_size=4)):
            film.lines.append(Subtitle(draw(track), at, at + 700, text))
            at += draw(st.integers(0, 2000))
    return film


def add_sound_and_text(film: MemoryFilm) -> None:
    """Give a film one packet of sound and one line of text."""
    film.header = replace(film.header, audio=AudioInfo("opus", 48000, 1), subtitles=(SubtitleInfo("eng"),))
    film.packets.append(AudioPacket(-312, 2880, b"\x01\x02"))
    film.lines.append(Subtitle(0, 100, 900, "hello <b>there</b>"))
