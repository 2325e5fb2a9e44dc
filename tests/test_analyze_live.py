# SPDX-License-Identifier: Apache-2.0
"""The encoder's picture is the decoder's picture, and what it says of gains is what happens."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from analyze_films import GROUND, PALE, RED, Picture, flat
from hypothesis import given, settings
from hypothesis import strategies as st
from memory_films import MemoryFilm
from numpy.typing import NDArray
from render_film import C, S, header, scene

from mtor_transcode.analyze.canvas.easel import (
    best_colour,
    composite,
    composite_spans,
    cover_rect,
    gain_of,
    greatest_change,
    spans_of,
)
from mtor_transcode.analyze.canvas.easel import paint_colours as colours_of
from mtor_transcode.analyze.canvas.live_shapes import NOBODY, LiveShapes, error_change, rect_of
from mtor_transcode.analyze.canvas.regions import CHROMA_WEIGHT
from mtor_transcode.analyze.canvas.shades import Shades
from mtor_transcode.analyze.paints.simple import fit_gradient, fit_solid
from mtor_transcode.model import (
    STILL_CAMERA,
    Camera,
    Contour,
    Enter,
    LinearGradient,
    Outline,
    Paint,
    SceneStart,
    ShapeState,
    Solid,
    Transform,
)
from mtor_transcode.render.frames import FrameRenderer
from mtor_transcode.render.matrix import IDENTITY_MATRIX
from mtor_transcode.render.rasterizer import rasterizer

SIZE = (72, 56)
SAME = 2
"""Levels by which the encoder's picture may be off."""

PLAIN = Solid(GROUND)


def outline(*points: tuple[float, float], smooth: bool = False) -> Outline:
    units = tuple((round(16 * x), round(16 * y)) for x, y in points)
    return Outline((Contour(units, (S if smooth else C,) * len(units)),))


BOX = outline((-14, -9), (14, -9), (14, 9), (-14, 9))
LEAF = outline((-20, 3), (0, -12), (18, 0), (2, 15), smooth=True)
DART = outline((-16, -13), (21, 0.7), (-11, 14), (-4, 1))
RING = Outline((BOX.contours[0], Contour(((-64, -64), (64, -64), (64, 64), (-64, 64)), (C,) * 4)))
FADE = LinearGradient(RED, PALE, angle=5)
PAINTS: tuple[Paint, ...] = (Solid(RED), Solid(PALE), FADE, LinearGradient(GROUND, PALE, 40, 3, 11))


def state(which: Outline, x: float, y: float, paint: Paint, scale: float = 1, turn: float = 0) -> ShapeState:
    place = Transform(round(16 * x), round(16 * y), round(4096 * scale), round(4096 * turn))
    return ShapeState(which, paint, place)


def decoded(live: LiveShapes) -> Picture:
    """What a decoder shows of the same state."""
    head = SceneStart(0, 0, live.background, live.camera)
    tokens = [Enter(0, number, shape.state) for number, shape in enumerate(live.shapes)]
    film = MemoryFilm(header(*SIZE), [scene(head, 5, tokens)])
    return FrameRenderer(film).frame(0)


def assert_shows_the_truth(live: LiveShapes) -> None:
    difference = np.abs(live.shown.astype(int) - decoded(live))
    assert difference.max() <= SAME


def stage(*states: ShapeState, background: Paint = PLAIN) -> LiveShapes:
    live = LiveShapes(rasterizer(), SIZE, background)
    for number, one in enumerate(states):
        live.add(live.make(number, one))
    return live


def change(live: LiveShapes, number: int, fresh: ShapeState | None) -> None:
    index = live.index_of(number)
    other = None if fresh is None else live.make(number, fresh)
    live.change(index, other, *live.seen_with(index, other))


states = st.builds(
    state,
    st.sampled_from([BOX, LEAF, DART, RING]),
    st.floats(-20, 90),
    st.floats(-20, 75),
    st.sampled_from(PAINTS),
    st.sampled_from([0.3, 1, 1, 1, 2.5]),
    st.sampled_from([0, 0, 0.13, 0.5]),
)
cameras = st.one_of(
    st.just(STILL_CAMERA),
    st.builds(
        Camera,
        st.integers(-300, 300),
        st.integers(-300, 300),
        st.sampled_from([4096, 3000, 6000]),
        st.sampled_from([0, 0, 100, 3000]),
    ),
)
acts = st.lists(
    st.one_of(
        st.tuples(st.just("add"), states),
        st.tuples(st.just("change"), st.integers(0, 9), states),
        st.tuples(st.just("leave"), st.integers(0, 9)),
        st.tuples(st.just("camera"), cameras),
    ),
    max_size=9,
)


@given(acts=acts, background=st.sampled_from([Solid(GROUND), LinearGradient(RED, GROUND, 16)]))
@settings(max_examples=80, deadline=None)
def test_the_picture_stays_that_of_the_decoder(acts: Sequence[tuple], background: Paint) -> None:
    live = stage(background=background)
    fresh = 0
    for act in acts:
        if act[0] == "add":
            live.add(live.make(fresh, act[1]))
            fresh += 1
        elif act[0] == "camera":
            live.set_camera(act[1], live.with_camera(act[1]))
        elif live.shapes:
            number = live.shapes[act[1] % len(live.shapes)].number
            change(live, number, act[2] if act[0] == "change" else None)
        assert_shows_the_truth(live)


def test_a_shape_below_others_changes_below_them() -> None:
    live = stage(state(BOX, 30, 25, Solid(RED)), state(BOX, 36, 28, Solid(PALE)))
    change(live, 0, state(BOX, 40, 28, Solid((20, 90, 90))))
    assert_shows_the_truth(live)
    assert tuple(live.shown[28, 36]) == PALE
    assert tuple(live.shown[28, 52]) == (20, 90, 90)


def test_looking_changes_nothing() -> None:
    live = stage(state(BOX, 30, 25, Solid(RED)), state(LEAF, 36, 28, FADE))
    before, rects = live.shown.copy(), [shape.rect for shape in live.shapes]
    covers = [live.cover_of(shape).copy() for shape in live.shapes]
    live.seen_with(0, live.make(0, state(BOX, 50, 25, Solid(PALE))))
    live.seen_with(1, None)
    picture = live.with_camera(Camera(dx=320, scale=6000))
    assert np.array_equal(live.shown, before)
    assert [shape.rect for shape in live.shapes] == rects
    assert all(np.array_equal(live.cover_of(s), c) for s, c in zip(live.shapes, covers, strict=True))
    assert live.camera == STILL_CAMERA
    assert not np.array_equal(picture, before)
    assert_shows_the_truth(live)


def test_a_wider_stage_shows_the_same_and_what_is_around() -> None:
    live = stage(state(BOX, 10, 10, Solid(RED)), state(DART, SIZE[0] + 8, 30, FADE))
    camera = Camera(48, -32)
    live.set_camera(camera, live.with_camera(camera))
    before = live.shown.copy()
    behind = np.full((SIZE[1] + 10, SIZE[0] + 40, 3), GROUND, np.uint8)
    wide = live.widened((-8, -4, SIZE[0] + 32, SIZE[1] + 6), behind)
    assert np.array_equal(wide.shown[4 : 4 + SIZE[1], 8 : 8 + SIZE[0]], before)
    assert (wide.shown[:, 8 + SIZE[0] :] != GROUND).any(), "the dart lies out of the frame"
    wide.add(wide.make(7, state(BOX, 30, 30, Solid(PALE))))
    assert np.array_equal(live.shown, before)
    assert len(live.shapes) == 2


def test_what_is_seen_holds_all_that_changes() -> None:
    live = stage(state(BOX, 30, 25, Solid(RED)), state(DART, 36, 30, Solid(PALE)))
    other = live.make(0, state(LEAF, 44, 33, FADE))
    (x0, y0, x1, y1), pixels = live.seen_with(0, other)
    before = live.shown.copy()
    live.change(0, other, (x0, y0, x1, y1), pixels)
    outside = np.ones(before.shape[:2], bool)
    outside[y0:y1, x0:x1] = False
    assert np.array_equal(decoded(live)[outside], before[outside])


def test_shapes_painted_already_are_not_painted_again() -> None:
    live = stage()
    live.shown[:] = 77
    live.add(live.make(0, state(BOX, 30, 25, Solid(RED))), painted=True)
    assert np.all(live.shown == 77)


def test_owners_are_the_topmost_shapes() -> None:
    live = stage(state(BOX, 30, 25, Solid(RED)), state(BOX, 40, 25, Solid(RED)))
    owners = live.owners()
    assert owners[25, 20] == 0
    assert owners[25, 40] == owners[25, 30] == 1
    assert owners[2, 2] == NOBODY
    assert np.count_nonzero(owners != NOBODY) == 38 * 18


def error(target: Picture, shown: NDArray, weight: NDArray) -> float:
    """Weighted squared error by the formula."""
    square = (target.astype(float) - shown.astype(float)) ** 2
    return float((weight * (square[..., 0] + CHROMA_WEIGHT * (square[..., 1] + square[..., 2]))).sum())


@given(seed=st.integers(0, 2**32 - 1), gradient=st.booleans())
@settings(max_examples=40, deadline=None)
def test_gains_are_what_the_formula_says(seed: int, gradient: bool) -> None:
    rng = np.random.default_rng(seed)
    target, shown = (rng.integers(0, 256, (17, 23, 3)).astype(np.uint8) for _ in range(2))
    cover = rng.choice(np.array([0, 40, 255], np.uint8), (17, 23))
    weight = rng.choice(np.array([0, 0.2, 1], np.float32), (17, 23))
    paint = rng.random((17, 23, 3) if gradient else (1, 1, 3)).astype(np.float32) * 255
    alpha = cover[..., None] / 255.0
    exact = shown + (paint - shown) * alpha
    wanted = error(target, shown, weight) - error(target, exact, weight)
    assert gain_of(target, shown, cover, paint, weight) == pytest.approx(wanted, rel=1e-5, abs=1)
    after = shown.copy()
    composite(after, cover, paint)
    assert np.array_equal(after, np.floor(exact + 0.5).astype(np.uint8)) or (
        np.abs(after - exact).max() <= 0.501
    )
    assert np.array_equal(after[cover == 0], shown[cover == 0])
    change = error(target, after, weight) - error(target, shown, weight)
    assert error_change(target, shown, after, weight) == pytest.approx(change, rel=1e-6, abs=1e-3)


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None)
def test_no_colour_is_better_than_the_best(seed: int) -> None:
    rng = np.random.default_rng(seed)
    target, shown = (rng.integers(0, 256, (9, 11, 3)).astype(np.uint8) for _ in range(2))
    cover = rng.integers(0, 256, (9, 11)).astype(np.uint8)
    weight = rng.random((9, 11)).astype(np.float32)
    best = best_colour(target, shown, cover, weight)

    def gain(colour: NDArray) -> float:
        return float(gain_of(target, shown, cover, colour.astype(np.float32).reshape(1, 1, 3), weight))

    for away in np.vstack([np.eye(3), -np.eye(3)]) * 4:
        assert gain(best) > gain(best + away)


def test_the_colour_of_an_anti_aliased_figure_is_found() -> None:
    live = stage(state(DART, 36, 28, Solid(RED)))
    shape = live.shapes[0]
    cover, target = live.cover_of(shape), rect_of(live.shown, shape.rect)
    weight = np.ones(cover.shape, np.float32)
    found = best_colour(target, rect_of(flat(*SIZE), shape.rect), cover, weight)
    assert np.allclose(found, RED, atol=0.1)


def test_a_rectangle_of_a_shape_holds_all_of_it() -> None:
    engine = rasterizer()
    for which, turn in ((BOX, 0.1), (LEAF, 0.3), (DART, 0.77)):
        place = Transform(16 * 36, 16 * 28, 5000, round(turn * 4096))
        x0, y0, x1, y1 = cover_rect(which, place, IDENTITY_MATRIX, SIZE)
        canvas = engine.canvas(*SIZE)
        canvas.draw(which, Solid((255, 255, 255)), place, 255, IDENTITY_MATRIX)
        luma = canvas.luma.copy()
        luma[y0:y1, x0:x1] = 0
        assert not luma.any()


@pytest.mark.parametrize("angle", [0, 5, 16, 27, 40, 61])
def test_a_gradient_is_found_again(angle: int) -> None:
    paint = LinearGradient((50, 100, 140), (190, 150, 90), angle)
    place = Transform(16 * 36, 16 * 28)
    rect = (22, 19, 50, 37)
    target = np.rint(colours_of(paint, BOX, place, rect, IDENTITY_MATRIX)).astype(np.uint8)
    found = fit_gradient(target, np.ones(target.shape[:2], np.float32), rect, (22, 19, 50, 37))
    assert found is not None
    assert found.angle == angle
    assert np.abs(np.subtract(found.first, paint.first)).max() <= 1
    assert np.abs(np.subtract(found.last, paint.last)).max() <= 1


def test_what_is_flat_has_no_gradient_but_its_mean() -> None:
    rng = np.random.default_rng(5)
    target = flat(30, 20, RED)
    assert fit_gradient(target, np.ones((20, 30), np.float32), (0, 0, 30, 20), (0, 0, 30, 20)) is None
    target[:, :10] = PALE
    weight = np.ones((20, 30), np.float32)
    weight[:, :10] = 0
    assert fit_solid(target, weight) == Solid(RED)
    noisy = np.clip(target[:, 10:] + rng.normal(0, 4, (20, 20, 3)), 0, 255).astype(np.uint8)
    assert np.abs(np.subtract(fit_solid(noisy, weight[:, 10:]).colour, RED)).max() <= 1


def test_the_greatest_change_is_that_of_any_channel() -> None:
    first = flat(3, 1, (100, 100, 100))
    second = np.array([[[90, 101, 100], [100, 130, 99], [101, 98, 140]]], np.uint8)
    assert greatest_change(first, second).tolist() == [[10, 30, 40]]


def test_colours_that_are_kept_are_those_of_the_paint() -> None:
    """Of a part, of the whole, and of a part once the whole is known; of two shapes in turn."""
    shades, whole = Shades(), (4, 6, 60, 46)
    for paint in (*PAINTS[2:], PAINTS[0], *PAINTS[2:]):
        shape = state(LEAF, 30, 24, paint)
        for rect in ((10, 10, 15, 18), whole, (11, 9, 40, 30)):
            fresh = colours_of(paint, LEAF, shape.transform, rect, IDENTITY_MATRIX)
            np.testing.assert_array_equal(shades.of(shape, whole, rect, IDENTITY_MATRIX), fresh)


def test_room_for_colours_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mtor_transcode.analyze.canvas.shades.paint_colours", made := _Counted())
    shades = Shades()
    rects = [(0, 0, 1000, 900), (0, 0, 900, 1000), (0, 0, 1000, 800)]
    for rect in (rects[0], rects[0], rects[1], rects[2], rects[2], rects[0]):
        shades.of(state(BOX, 0, 0, FADE), rect, rect, IDENTITY_MATRIX)
    assert made.count == 4  # Each once, and the first one again: there is room for two.


class _Counted:
    """Makes colours and counts how often."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, *asked: object) -> NDArray[np.float32]:
        self.count += 1
        x0, y0, x1, y1 = asked[3]  # type: ignore[misc]
        return np.zeros((y1 - y0, x1 - x0, 3), dtype=np.float32)


@given(st.integers(0, 99), st.sampled_from((0.0, 0.02, 0.5)), st.booleans())
@settings(max_examples=40, deadline=None)
def test_spans_paint_what_coverage_does(seed: int, share: float, solid: bool) -> None:
    """Whatever part of a shape is painted: lines without coverage, gaps, a part that begins inside a span."""
    rng = np.random.default_rng(seed)
    cover = rng.integers(1, 256, (24, 40), np.uint8) * (rng.random((24, 40)) < share).astype(np.uint8)
    colours = rng.uniform(0, 255, (1, 1, 3) if solid else (24, 40, 3)).astype(np.float32)
    spans = spans_of(cover)
    for line, (start, end) in zip(cover, spans, strict=True):
        covered = np.flatnonzero(line)
        assert (start, end) == ((covered[0], covered[-1] + 1) if len(covered) else (0, 0))
    x0, x1, y0, y1 = *sorted(rng.integers(0, 41, 2)), *sorted(rng.integers(0, 25, 2))
    part = slice(y0, y1), slice(x0, x1)
    below = rng.integers(0, 256, (y1 - y0, x1 - x0, 3), np.uint8)
    plain, quick = below.copy(), below.copy()
    inside = colours if solid else colours[part]
    composite(plain, cover[part], inside)
    composite_spans(quick, cover[part], inside, spans[y0:y1], x0)
    assert (plain == quick).all()
