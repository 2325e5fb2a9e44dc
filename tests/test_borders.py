# SPDX-License-Identifier: Apache-2.0
"""Borders of shapes: what they cost, what is refused, what they look like, how they change."""

from __future__ import annotations

import io
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from codec_films import paints, shape_paints
from hypothesis import given
from hypothesis import strategies as st
from memory_films import write_film
from render_film import GREY, WHITE, box, enter, one_scene, place, polygon, state

from mtor_transcode.analyze.canvas.easel import appearance
from mtor_transcode.analyze.canvas.live_shapes import LiveShapes
from mtor_transcode.analyze.motion.pose import PoseFit, setting_of
from mtor_transcode.analyze.paints.simple import recoloured
from mtor_transcode.codec.adaptive import Adaptive
from mtor_transcode.codec.border_syntax import (
    check_mask_paint,
    read_shape_paint,
    read_shape_paint_change,
    write_shape_paint,
    write_shape_paint_change,
)
from mtor_transcode.codec.checks import check_scene_start, check_state, check_token
from mtor_transcode.codec.film_reader import FilmReader
from mtor_transcode.codec.limits import MAX_BORDER
from mtor_transcode.codec.paint_syntax import PaintMemory, write_paint
from mtor_transcode.codec.rangecoder import RangeReader, RangeWriter
from mtor_transcode.codec.texture_syntax import NO_TEXTURES
from mtor_transcode.codec.writers import CountingWriter
from mtor_transcode.errors import FormatError, UsageError
from mtor_transcode.model import (
    Background,
    Border,
    Contour,
    Edit,
    LinearGradient,
    Mask,
    NodeKind,
    Outline,
    Paint,
    SceneStart,
    ShapeState,
    Solid,
    Transform,
)
from mtor_transcode.render import curves
from mtor_transcode.render.between import Placed, border_between, paint_between
from mtor_transcode.render.curves import bordered, hull
from mtor_transcode.render.matrix import IDENTITY_MATRIX
from mtor_transcode.render.painter import Painter
from mtor_transcode.render.path_cache import PathCache
from mtor_transcode.render.rasterizer import Rasterizer, rasterizer
from mtor_transcode.render.stage import Picture
from mtor_transcode.render.stamps import Stamps
from mtor_transcode.render.tiles import Tiles

HALO = Border(48, (16, 128, 128))
INK = Solid((235, 128, 128), HALO)
MASK = Mask(2, 2, 1, bytes([1, 1, 1, 0]))


@pytest.fixture(params=["blend2d", "skia"])
def engine(request: pytest.FixtureRequest) -> Rasterizer:
    if request.param == "skia":
        pytest.importorskip("skia", reason="skia-python is not installed")
    return rasterizer(request.param)


def bits_of(memory: PaintMemory, paint: Paint, *, border: bool = True) -> float:
    """What a paint costs at first, and its border if that counts."""
    counter = CountingWriter(Adaptive())
    if border:
        write_shape_paint(counter, memory, NO_TEXTURES, 0, paint)
    else:
        write_paint(counter, memory, paint)
    return counter.bits


def test_shapes_without_border_pay_next_to_nothing() -> None:
    for paint in (WHITE, LinearGradient((1, 2, 3), (4, 5, 6))):
        assert 0 < bits_of(PaintMemory(), paint) - bits_of(PaintMemory(), paint, border=False) < 0.05


def test_the_same_border_costs_about_a_bit() -> None:
    adaptive, memory = Adaptive(), PaintMemory()
    costs = []
    for _ in range(8):
        plain = CountingWriter(adaptive.fork())
        write_paint(plain, memory, INK)
        counter = CountingWriter(adaptive)
        write_shape_paint(counter, memory, NO_TEXTURES, 0, INK)
        memory.add(INK)
        costs.append(counter.bits - plain.bits)
    assert 15 < costs[0] < 60
    assert max(costs[1:]) < 1.2
    assert costs[-1] < 0.6


@given(st.lists(shape_paints(box(4, 4)), min_size=2, max_size=10), st.booleans())
def test_borders_come_back(made: list[Paint], changes: bool) -> None:
    writer, memory = RangeWriter(Adaptive()), PaintMemory()
    write_shape_paint(writer, memory, NO_TEXTURES, 0, made[0])
    memory.add(made[0])
    for old, new in pairwise(made):
        if changes:
            write_shape_paint_change(writer, memory, NO_TEXTURES, 0, old, new)
        else:
            write_shape_paint(writer, memory, NO_TEXTURES, 0, new)
        memory.add(new)
    reader, memory = RangeReader(writer.finish(), Adaptive()), PaintMemory()
    back = [read_shape_paint(reader, memory, NO_TEXTURES, 0)]
    memory.add(back[0])
    for _ in made[1:]:
        back.append(
            read_shape_paint_change(reader, memory, NO_TEXTURES, 0, back[-1])
            if changes
            else read_shape_paint(reader, memory, NO_TEXTURES, 0)
        )
        memory.add(back[-1])
    assert back == made


@given(paints)
def test_a_fork_remembers_borders_alone(paint: Paint) -> None:
    memory = PaintMemory()
    memory.add(INK)
    fork = memory.fork()
    fork.add(replace(paint, border=Border(3, (1, 2, 3))))
    assert (memory.border, memory.bordered) == (HALO, 1)
    assert memory.palette == [INK.colour, HALO.colour]
    fork.add(paint)
    assert (fork.border, fork.bordered) == (Border(3, (1, 2, 3)), 0), (
        "the last border outlives shapes without"
    )


def test_writers_refuse_what_has_no_border_and_borders_out_of_range() -> None:
    check_state(ShapeState(box(4, 4), INK), 0)
    for outline, border in [
        (MASK, HALO),
        (box(4, 4), Border(0, (16, 128, 128))),
        (box(4, 4), Border(MAX_BORDER + 1, (16, 128, 128))),
        (box(4, 4), Border(3, (16, 128, 256))),
    ]:
        with pytest.raises(UsageError):
            check_state(ShapeState(outline, Solid((1, 2, 3), border)), 0)
    with pytest.raises(UsageError, match="background"):
        check_token(Background(0, 0, INK))
    with pytest.raises(UsageError, match="background"):
        check_scene_start(SceneStart(0, 0, INK))


def test_readers_refuse_borders_that_are_too_wide_and_those_of_masks() -> None:
    writer = RangeWriter(Adaptive())
    write_shape_paint(
        writer, PaintMemory(), NO_TEXTURES, 0, replace(WHITE, border=Border(MAX_BORDER + 1, (0, 0, 0)))
    )
    reader = RangeReader(writer.finish(), Adaptive())
    with pytest.raises(FormatError):
        read_shape_paint(reader, PaintMemory(), NO_TEXTURES, 0)
    check_mask_paint(reader, box(2, 2), INK)
    with pytest.raises(FormatError):
        check_mask_paint(reader, MASK, INK)


def test_a_border_is_to_be_seen_outside_and_below(engine: Rasterizer) -> None:
    """A box of 20 x 10 px with a halo of 3 px, round at its corners."""
    canvas = engine.canvas(64, 48)
    canvas.fill(GREY)
    canvas.draw(box(20, 10), INK, place(30, 20))
    luma = canvas.luma
    assert (luma[15:25, 20:40] == 235).all()
    assert (luma[12:15, 20:40] == 16).all()
    assert (luma[15:25, 40:43] == 16).all()
    assert (luma[11, :] == 60).all()
    assert (luma[:, 43:] == 60).all()
    assert luma[12, 17] > 50, "corners are round"


def test_sharp_corners(engine: Rasterizer) -> None:
    """Corners of a box are whole; one of less than 60 degrees is cut off, not a spike."""
    canvas = engine.canvas(64, 48)
    canvas.fill(GREY)
    canvas.draw(box(20, 10), replace(INK, border=replace(HALO, sharp=True)), place(30, 20))
    luma = canvas.luma
    assert (luma[12:15, 17:43] == 16).all()
    assert (luma[12:28, 17:20] == 16).all()
    assert (luma[11, :] == 60).all()
    assert (luma[:, 16] == 60).all()
    canvas.fill(GREY)
    canvas.draw(
        polygon((-14, -1), (-14, 1), (14, 0)), replace(INK, border=replace(HALO, sharp=True)), place(30, 20)
    )
    assert (canvas.luma[:, 48:] == 60).all()


def test_rests_of_a_stroke_keep_round_corners(engine: Rasterizer) -> None:
    """A line after a sharp border is drawn as it is without one before."""
    pictures = []
    for before in (WHITE, replace(INK, border=replace(HALO, sharp=True))):
        canvas = engine.canvas(64, 48)
        canvas.fill(GREY)
        stamps = [
            canvas.stamp(box(4, 4), before, place(8, 8)),
            canvas.stamp(polygon((-9, 9), (0, -9), (9, 9), stroke=6), INK, place(42, 26)),
        ]
        canvas.draw_stamps(stamps)
        pictures.append(canvas.luma[:, 24:])
    assert (pictures[0] == pictures[1]).all()


def test_a_line_has_its_border_on_both_sides(engine: Rasterizer) -> None:
    canvas = engine.canvas(64, 48)
    canvas.fill(GREY)
    canvas.draw(polygon((-15, 0), (15, 0), closed=False, stroke=4), INK, place(30, 20))
    column = canvas.luma[:, 30].tolist()
    assert column[14:26] == [60] + [16] * 3 + [235] * 4 + [16] * 3 + [60]


def test_rasterizers_agree_on_borders() -> None:
    pytest.importorskip("skia", reason="skia-python is not installed")
    pictures = []
    for name in ("blend2d", "skia"):
        canvas = rasterizer(name).canvas(64, 48)
        canvas.fill(GREY)
        canvas.draw(polygon((-12, -9), (14, -3), (2, 12)), INK, place(30, 22, 1.2, 0.05), 160)
        pictures.append(canvas.ycc.astype(int))
    assert np.abs(pictures[0] - pictures[1]).max() <= 12
    assert np.abs(pictures[0] - pictures[1]).mean() < 0.2


def test_partial_redraws_and_stamps_know_how_far_a_border_reaches() -> None:
    """A shape recoloured on and off, and one that leaves: the same frames as those painted from nothing."""
    wide = Solid((200, 100, 150), Border(96, (30, 90, 200)))
    lists = [
        [(box(8, 8), INK, 20.3), (box(6, 6), wide, 44.6)],
        [(box(8, 8), WHITE, 20.3), (box(6, 6), wide, 44.6)],
        [(box(8, 8), INK, 20.3)],
        [(box(8, 8), replace(INK, border=wide.border), 20.3)],
    ]
    painter = Painter(rasterizer(), (64, 48), (64, 48))
    for number, shown in enumerate(lists):
        shapes = tuple(
            Placed(key, outline, paint, place(x, 24), 255) for key, (outline, paint, x) in enumerate(shown)
        )
        picture = Picture(GREY, place(0, 0), shapes, True, None)
        fresh = Painter(rasterizer(), (64, 48), (64, 48)).paint(picture)
        assert (painter.paint(picture) == fresh).all(), number
    canvas = rasterizer().canvas(64, 48)
    shape = Placed(0, box(6, 6), wide, place(44, 24), 255)
    reached = [(50.0, 20.0, 52.0, 22.0)]
    assert len(list(Stamps(canvas, PathCache(hull), Tiles((64, 48))).of([shape], reached))) == 1
    plain = replace(shape, paint=WHITE)
    assert not list(Stamps(canvas, PathCache(hull), Tiles((64, 48))).of([plain], reached))


def test_the_hull_holds_the_border() -> None:
    assert hull(bordered(box(20, 10), HALO)) == (-13, -8, 13, 8)
    assert bordered(MASK, HALO) is MASK
    corner = hull(bordered(box(20, 10), replace(HALO, sharp=True)))
    assert corner[0] <= -13
    assert corner[1] <= -8


def test_between_two_borders() -> None:
    other = Border(8, (116, 28, 128))
    assert border_between(HALO, other, 0.5) == Border(28, (66, 78, 128))
    assert border_between(None, other, 0.25) == Border(2, (116, 28, 128))
    assert border_between(HALO, None, 1) is None
    assert border_between(HALO, HALO, 0.3) is HALO
    sharp = replace(HALO, sharp=True)
    assert border_between(sharp, other, 0.5) == Border(28, (66, 78, 128), sharp=True)
    assert border_between(None, sharp, 0.5) == Border(24, HALO.colour, sharp=True)
    halfway = paint_between(INK, LinearGradient((0, 0, 0), (9, 9, 9)), 0.5)
    assert halfway.border == Border(24, HALO.colour)


def test_a_film_keeps_borders_through_edits() -> None:
    shape = state(box(9, 9), 20, 20, INK)
    red = replace(shape, paint=Solid((81, 90, 240), HALO))
    film = one_scene(40, [enter(0, shape), Edit(10, 10, 0, red), Edit(25, 0, 0, replace(red, paint=WHITE))])
    data, _ = write_film(film)
    assert FilmReader(io.BytesIO(data)).scene(0) == film.scenes[0]


def test_the_encoder_sees_borders_as_the_decoder_shows_them() -> None:
    """The easel's picture beside the rasterizer's; what a fit of places sees is the same picture."""
    engine = rasterizer()
    live = LiveShapes(engine, (64, 48), GREY)
    first = state(
        polygon((-9, -8), (11, -3), (2, 9)), 20.4, 20.2, replace(INK, border=replace(HALO, sharp=True))
    )
    second = state(polygon((-12, 3), (12, -3), closed=False, stroke=3), 40, 30, INK)
    for number, shape in enumerate((first, second)):
        live.add(live.make(number, shape))
    canvas = engine.canvas(64, 48)
    canvas.fill(GREY)
    for shape in (first, second):
        canvas.draw(shape.outline, shape.paint, shape.transform)
    shown = canvas.ycc.astype(int)
    assert np.abs(live.shown.astype(int) - shown).max() <= 2
    assert (live.owners()[(shown[..., 0] == 16)] >= 0).all()
    whole = (0, 0, 64, 48)
    fit = PoseFit(live, second, setting_of(live, 1, whole, canvas.ycc, np.ones((48, 64), np.float32)))
    assert fit.error(second.transform) < 64 * 48 * 0.5
    assert fit.error(Transform(second.transform.dx + 8, second.transform.dy)) > 64 * 48
    cover, _ = appearance(engine, second, whole, IDENTITY_MATRIX)
    assert cover[36, 28] > cover[5, 5] == 0
    live.change(0, None, *live.seen_with(0, None))
    assert (live.shown[13:17, 8:12, 0] == 60).all(), "nothing of a border is left behind"


def test_a_new_colour_keeps_the_border() -> None:
    picture = np.full((4, 4, 3), 90, np.uint8)
    cover = np.full((4, 4), 255, np.uint8)
    for paint in (INK, LinearGradient((0, 0, 0), (50, 50, 50), border=HALO)):
        wanted = np.full((4, 4, 3), (100, 110, 120), np.uint8)
        weight = np.ones((4, 4), np.float32)
        fresh = recoloured(paint, wanted, picture, picture, cover, weight)
        assert fresh is not None
        assert fresh.border == HALO
        assert fresh != paint


def test_outlines_of_borders_are_kept() -> None:
    outline = box(7, 7)
    line = bordered(outline, HALO)
    assert isinstance(line, Outline)
    assert line.stroke_width == 96
    assert bordered(outline, HALO) is line
    sharp = bordered(outline, replace(HALO, sharp=True))
    assert sharp != line
    assert len({line, sharp}) == 2


def test_borders_of_the_largest_outlines_are_not_kept() -> None:
    zigzag = tuple((16 * k, 16 * (k % 2)) for k in range(curves.KEPT_NODES + 1))
    outline = Outline((Contour(zigzag, (NodeKind.CORNER,) * len(zigzag)),))
    line = bordered(outline, HALO)
    assert bordered(outline, HALO) == line
    assert bordered(outline, HALO) is not line
