# SPDX-License-Identifier: Apache-2.0
"""Hypothesis strategies for outlines, paints, states, tokens and whole films, for the tests of the codec."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from hypothesis import strategies as st
from memory_films import MemoryFilm

from mtor_transcode.codec.canonical import canonical_outline
from mtor_transcode.codec.limits import MAX_PATCH_COLOURS
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
    Mask,
    NodeKind,
    Outline,
    Paint,
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

codes = st.integers(0, 255)
colours = st.tuples(codes, codes, codes)
few_colours = st.sampled_from([(16, 128, 128), (235, 128, 128), (81, 90, 240)])
numbers = st.one_of(st.integers(-3, 3), st.integers(-400, 400), st.integers(-(2**18), 2**18))
durations = st.one_of(st.just(0), st.integers(0, 12), st.integers(0, 2**32 - 1))


@st.composite
def contours(draw: st.DrawFn, step: int) -> Contour:
    count = draw(st.integers(1, 9))
    if draw(st.integers(0, 4)) == 0:
        sides = st.integers(-500, 500)
        x, y, width, height = (draw(sides) * step for _ in range(4))
        corners = ((x, y), (x + width, y), (x + width, y + height), (x, y + height))
        return Contour(corners, (NodeKind.CORNER,) * 4)
    values = st.integers(-(2**10), 2**10) if draw(st.booleans()) else st.integers(-20, 20)
    points = tuple((draw(values) * step, draw(values) * step) for _ in range(count))
    kinds = tuple(draw(st.sampled_from(NodeKind)) for _ in range(count))
    return Contour(points, kinds, draw(st.booleans()))


@st.composite
def masks(draw: st.DrawFn) -> Mask:
    width, height = draw(st.integers(1, 7)), draw(st.integers(1, 7))
    levels = draw(st.sampled_from([1, 2, 3, 4, 7, 15]))
    coloured = levels <= MAX_PATCH_COLOURS and draw(st.booleans())
    made = tuple(draw(colours) for _ in range(levels)) if coloured else ()
    values = draw(st.lists(st.integers(0, levels), min_size=width * height, max_size=width * height))
    return Mask(width, height, levels, bytes(values), colours=made)


@st.composite
def outlines(draw: st.DrawFn) -> Outline:
    if draw(st.integers(0, 4)) == 0:
        return draw(masks())
    step = 1 << draw(st.integers(0, 7))
    parts = tuple(draw(contours(step)) for _ in range(draw(st.integers(0, 3))))
    width = draw(st.one_of(st.just(0), st.integers(1, 4000)))
    return canonical_outline(Outline(parts, width))[0]


@st.composite
def gradients(draw: st.DrawFn) -> LinearGradient:
    ends = st.integers(-16, 32)
    start, end = draw(st.one_of(st.just((0, 16)), st.tuples(ends, ends)))
    return LinearGradient(draw(colours), draw(colours), draw(st.integers(0, 63)), start, end)


@st.composite
def radials(draw: st.DrawFn) -> RadialGradient:
    place, radius = st.integers(-64, 128), st.integers(1, 256)
    free = st.tuples(place, place, radius, radius, st.integers(0, 15))
    rings = draw(st.one_of(st.just((32, 32, 45, 45, 0)), st.just((20, 9, 77, 77, 3)), free))
    return RadialGradient(draw(colours), draw(colours), *rings)


@st.composite
def fields(draw: st.DrawFn) -> ShadingField:
    columns, rows = (draw(st.one_of(st.integers(2, 4), st.just(17))) for _ in range(2))
    steps = draw(st.sampled_from([8, 16, 32, 64]))
    chance = draw(st.randoms(use_true_random=False))
    levels = tuple(chance.randint(0, steps) for _ in range(columns * rows))
    if draw(st.booleans()):
        columns, levels, steps = 2, (0, 0, 16, 16), 16
    return ShadingField(draw(colours), draw(colours), columns, levels, steps)


paints = st.one_of(st.builds(Solid, st.one_of(few_colours, colours)), gradients(), radials(), fields())
borders = st.one_of(
    st.none(),
    st.just(Border(40, (16, 128, 128))),
    st.builds(Border, st.integers(1, 2**16), colours, st.booleans()),
)


@st.composite
def shape_paints(draw: st.DrawFn, outline: Outline) -> Paint:
    """Paints of shapes: borders are for outlines that are no masks."""
    paint = draw(paints)
    return paint if isinstance(outline, Mask) else replace(paint, border=draw(borders))


places = st.one_of(
    st.builds(Transform, numbers, numbers), st.builds(Transform, numbers, numbers, numbers, numbers)
)
cameras = st.one_of(st.just(Camera()), st.builds(Camera, numbers, numbers, numbers, numbers))


@st.composite
def states(draw: st.DrawFn, library: list[Outline]) -> ShapeState:
    outline = draw(st.sampled_from(library)) if draw(st.booleans()) else draw(outlines())
    opacity = draw(st.one_of(st.just(255), codes))
    return ShapeState(outline, draw(shape_paints(outline)), draw(places), opacity)


def nudged(outline: Outline, by: int) -> Outline:
    """An outline of the same structure, a little different."""
    if not outline.contours:
        return outline
    first = outline.contours[0]
    points = tuple((x + by * (place % 3), y - by) for place, (x, y) in enumerate(first.points))
    moved = (Contour(points, first.kinds, first.closed), *outline.contours[1:])
    return canonical_outline(Outline(moved, outline.stroke_width))[0]


@st.composite
def changed(draw: st.DrawFn, state: ShapeState, library: list[Outline]) -> ShapeState:
    if draw(st.booleans()):
        place = state.transform
        dx = max(-(2**20), min(2**20, place.dx + draw(st.integers(-40, 40))))
        state = replace(
            state, transform=replace(place, dx=dx, dy=place.dy // 2, angle=draw(st.integers(-9, 9)))
        )
    if draw(st.integers(0, 2)) == 0:
        shape = draw(st.sampled_from(library)) if draw(st.booleans()) else nudged(state.outline, 2)
        state = replace(state, outline=shape)
    if draw(st.integers(0, 2)) == 0 or isinstance(state.outline, Mask):
        state = replace(state, paint=draw(shape_paints(state.outline)))
    if draw(st.integers(0, 3)) == 0:
        state = replace(state, opacity=draw(codes))
    return state


@dataclass
class _Stage:
    """Which shapes live while tokens are drawn, across the spans of a scene."""

    live: dict[int, ShapeState]
    next_shape: int = 0


@st.composite
def tokens(draw: st.DrawFn, at: int, stage: _Stage, library: list[Outline]) -> Token:
    kind = draw(st.integers(0, 9))
    duration = draw(durations)
    if kind == 9:
        return CameraMove(at, duration, draw(cameras))
    if kind == 8:
        return Background(at, duration, draw(paints))
    if kind < 4 or not stage.live:
        shape, stage.next_shape = stage.next_shape, stage.next_shape + 1
        stage.live[shape] = draw(states(library))
        return Enter(at, shape, stage.live[shape], draw(st.integers(0, 3)), duration)
    shape = draw(st.sampled_from(sorted(stage.live)))
    if kind == 7:
        del stage.live[shape]
        return Leave(at, shape, duration)
    stage.live[shape] = draw(changed(stage.live[shape], library))
    return Edit(at, duration, shape, stage.live[shape])


@st.composite
def scenes(draw: st.DrawFn, number: int, start: int, library: list[Outline]) -> Scene:
    dissolve = draw(st.booleans())
    head = SceneStart(
        number,
        start,
        draw(paints),
        draw(cameras),
        Transition.DISSOLVE if dissolve else Transition.CUT,
        draw(st.integers(0, 99)) if dissolve else 0,
        draw(st.one_of(st.just(0), st.integers(0, 63))),
    )
    stage = _Stage({})
    spans: list[Span] = []
    for _ in range(draw(st.integers(0, 3))):
        at = start
        drawn: list[Token] = []
        for _ in range(draw(st.integers(0, 8))):
            at += draw(st.one_of(st.just(0), st.just(10), st.integers(0, 1000), st.integers(0, 2**31)))
            drawn.append(draw(tokens(at, stage, library)))
        end = at + draw(st.integers(0, 50))
        spans.append(Span(start, end, tuple(drawn)))
        start = end
    return Scene(head, tuple(spans))


ratios = st.builds(Fraction, st.integers(1, 2**31 - 1), st.integers(1, 2**31 - 1))
strings = st.text(max_size=12)


@st.composite
def headers(draw: st.DrawFn) -> FilmHeader:
    sides = st.integers(1, 16384)
    base = draw(st.one_of(st.sampled_from([Fraction(1, 25), Fraction(1001, 30000)]), ratios))
    rate = 1 / base if draw(st.booleans()) else draw(ratios)
    sound = st.builds(
        AudioInfo,
        st.sampled_from(["opus", "aac"]),
        st.integers(1, 192000),
        st.integers(1, 8),
        strings,
        st.binary(max_size=40),
        st.integers(0, 9000),
    )
    return FilmHeader(
        draw(sides),
        draw(sides),
        base,
        rate,
        draw(st.one_of(st.just(Fraction(1)), ratios)),
        draw(st.one_of(st.just(ColourSpec()), st.builds(ColourSpec, codes, codes, codes, st.booleans()))),
        draw(st.one_of(st.none(), sound)),
        tuple(draw(st.lists(st.builds(SubtitleInfo, strings), max_size=3))),
    )


@st.composite
def packets(draw: st.DrawFn) -> list[AudioPacket]:
    made: list[AudioPacket] = []
    pts = draw(st.integers(-700, 2**40))
    same_start = draw(st.booleans())
    for _ in range(draw(st.integers(1, 20))):
        data = draw(st.binary(max_size=60))
        data = b"\x48" + data if same_start else data
        made.append(AudioPacket(pts, draw(st.sampled_from([960, 960, 960, 2880, 0])), data))
        pts += made[-1].duration + draw(st.sampled_from([0, 0, 0, 1, 5000]))
    return made


@st.composite
def subtitle_lines(draw: st.DrawFn, tracks: int) -> list[Subtitle]:
    lines: list[Subtitle] = []
    for _ in range(draw(st.integers(0, 6))):
        start = draw(st.integers(0, 2**33))
        lines.append(
            Subtitle(
                draw(st.integers(0, tracks - 1)),
                start,
                start + draw(st.integers(0, 9000)),
                draw(st.text(max_size=50)),
            )
        )
    return lines


@st.composite
def films(draw: st.DrawFn) -> MemoryFilm:
    header = draw(headers())
    library = draw(st.lists(outlines(), min_size=1, max_size=4))
    made: list[Scene] = []
    at = draw(st.integers(0, 100))
    for number in range(draw(st.integers(0, 3))):
        made.append(draw(scenes(2 * number, at, library)))
        at = made[-1].end + draw(st.integers(0, 5))
    sound = draw(packets()) if header.audio else []
    lines = draw(subtitle_lines(len(header.subtitles))) if header.subtitles else []
    return MemoryFilm(header, made, sound, lines, at)
