# SPDX-License-Identifier: Apache-2.0
"""What rasterizers draw, pixel by pixel, and that both draw the same."""

from __future__ import annotations

import builtins
import random
import sys
import time
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from render_film import GREY, WHITE, C, S, box, place, polygon

from mtor_transcode.errors import MissingExtraError, UsageError
from mtor_transcode.model import Contour, LinearGradient, Mask, Outline, Solid, Transform
from mtor_transcode.render.curves import FloatOutline, hull
from mtor_transcode.render.gradient import gradient_axis
from mtor_transcode.render.matrix import Place, box_through, compose, placed, sized, through_camera
from mtor_transcode.render.path_cache import PathCache
from mtor_transcode.render.rasterizer import Canvas, Rasterizer, rasterizer


@pytest.fixture(params=["blend2d", "skia"])
def engine(request: pytest.FixtureRequest) -> Rasterizer:
    if request.param == "skia":
        pytest.importorskip("skia", reason="skia-python is not installed")
    return rasterizer(request.param)


@pytest.fixture
def canvas(engine: Rasterizer) -> Canvas:
    made = engine.canvas(64, 48)
    made.fill(GREY)
    return made


def test_a_fill_is_exactly_the_colour(engine: Rasterizer) -> None:
    canvas = engine.canvas(5, 3)
    for value in range(256):
        colour = (value, (value * 7 + 3) % 256, 255 - value)
        canvas.fill(Solid(colour))
        picture = canvas.ycc
        assert picture.shape == (3, 5, 3)
        assert picture.dtype == np.uint8
        assert (picture == colour).all()


def test_a_new_canvas_is_black(engine: Rasterizer) -> None:
    assert not engine.canvas(7, 5).ycc.any()


def test_a_shape_is_exactly_its_colour_inside_and_half_at_half_a_pixel(canvas: Canvas) -> None:
    canvas.draw(box(10, 10), Solid((235, 90, 240)), place(20.5, 15))
    picture = canvas.ycc.astype(int)
    assert (picture[10:20, 16:25] == (235, 90, 240)).all()
    half = np.mean([(235, 90, 240), (60, 128, 128)], axis=0)
    assert np.abs(picture[10:20, [15, 25]] - half).max() <= 2
    assert (picture[:10] == (60, 128, 128)).all()
    assert (picture[:, 26:] == (60, 128, 128)).all()


def test_layers_have_no_seam(canvas: Canvas) -> None:
    """A shape that runs on below the one above it: the border shows only the two colours between them."""
    left, right = Solid((100, 110, 120)), Solid((100, 110, 121))
    canvas.draw(box(60, 40), left, place(32, 24))
    canvas.draw(polygon((0.3, -40), (40, -40), (40, 40), (-7.7, 40)), right, place(32, 24))
    assert (canvas.ycc[6:42, 4:60, 0] == 100).all()
    assert (canvas.ycc[6:42, 4:60, 1] == 110).all()


def test_even_odd(canvas: Canvas) -> None:
    canvas.draw(Outline((*box(20, 20).contours, *box(10, 10).contours)), WHITE, place(30, 24))
    assert tuple(canvas.ycc[24, 30]) == (60, 128, 128)
    assert tuple(canvas.ycc[24, 22]) == (235, 128, 128)


def test_strokes_have_width_and_round_ends(canvas: Canvas) -> None:
    canvas.draw(polygon((-10, 0), (10, 0), closed=False, stroke=8), WHITE, place(30, 24))
    luma = canvas.ycc[..., 0]
    assert (luma[21:27, 30] == 235).all()
    assert luma[19, 30] == luma[28, 30] == 60
    assert luma[24, 17] == 235
    assert luma[20, 17] < 150, "a square end would fill this corner"


def test_a_dot(canvas: Canvas) -> None:
    canvas.draw(polygon((0, 0), stroke=8), WHITE, place(30, 24))
    assert canvas.ycc[24, 30, 0] == 235
    assert canvas.ycc[24, 35, 0] == 60


def test_opacity(canvas: Canvas) -> None:
    canvas.draw(box(10, 10), WHITE, place(30, 24), 51)
    assert abs(int(canvas.ycc[24, 30, 0]) - (60 + (235 - 60) * 0.2)) <= 1


def test_scale_then_turn_then_move(canvas: Canvas) -> None:
    """A flag to the right of its origin, doubled and turned a quarter clockwise, hangs below its origin."""
    canvas.draw(polygon((0, -1), (8, -1), (8, 1), (0, 1)), WHITE, place(30, 10, scale=2, turn=0.25))
    luma = canvas.ycc[..., 0]
    assert (luma[11:25, 29:31] == 235).all()
    assert (luma[:, :27] == 60).all()
    assert (luma[:9] == 60).all()
    assert (luma[27:] == 60).all()


def test_a_view_maps_the_world_to_the_canvas(canvas: Canvas) -> None:
    canvas.draw(box(10, 10), WHITE, place(100, 100), view=(2.0, 0.0, 0.0, 2.0, -170.0, -180.0))
    assert (canvas.ycc[10:30, 20:40, 0] == 235).all()
    assert canvas.ycc[10:30, 20:40].shape == (20, 20, 3)
    assert canvas.ycc[9, 20, 0] == canvas.ycc[10, 19, 0] == canvas.ycc[30, 40, 0] == 60


def test_gradients_run_over_the_box_of_the_outline(canvas: Canvas) -> None:
    paint = LinearGradient((0, 50, 250), (250, 100, 50), 0, 0, 16)
    canvas.draw(box(50, 20), paint, place(32, 24))
    row = canvas.ycc[24, 7:57].astype(float)
    along = (np.arange(50) + 0.5) / 50
    assert np.abs(row[:, 0] - 250 * along).max() <= 1.5
    assert np.abs(row[:, 1] - (50 + 50 * along)).max() <= 1.5
    assert np.abs(row[:, 2] - (250 - 200 * along)).max() <= 1.5


def test_gradients_keep_their_ends_outside_and_turn_with_the_shape(canvas: Canvas) -> None:
    paint = LinearGradient((0, 128, 128), (200, 128, 128), 0, 4, 12)
    canvas.draw(box(40, 20), paint, place(32, 24, turn=0.25))
    column = canvas.ycc[5:43, 32, 0]
    assert (column[:8] == 0).all()
    assert (column[-8:] == 200).all()
    assert abs(int(column[19]) - 100) <= 6


def test_a_gradient_of_no_length_is_a_hard_step(canvas: Canvas) -> None:
    canvas.draw(box(40, 20), LinearGradient((0, 128, 128), (200, 128, 128), 0, 8, 8), place(32, 24))
    assert canvas.ycc[24, 31, 0] == 0
    assert canvas.ycc[24, 32, 0] == 200


def test_a_clip_keeps_everything_outside(canvas: Canvas) -> None:
    before = canvas.ycc.copy()
    canvas.draw(box(60, 40), WHITE, place(32, 24), clip=(10, 12, 20, 30))
    after = canvas.ycc
    assert (after[12:30, 10:20, 0] == 235).all()
    changed = (after != before).any(axis=2)
    changed[12:30, 10:20] = False
    assert not changed.any()
    canvas.fill(Solid((1, 2, 3)), clip=(0, 0, 2, 1))
    assert (canvas.ycc[0, :2] == (1, 2, 3)).all()
    assert tuple(canvas.ycc[1, 0]) == tuple(canvas.ycc[0, 2]) == (60, 128, 128)
    canvas.fill(WHITE)
    assert (canvas.ycc[..., 0] == 235).all()


def test_reading_parts_and_copying(engine: Rasterizer, canvas: Canvas) -> None:
    canvas.draw(box(20, 20), WHITE, place(32.3, 24.2, turn=0.1))
    part = canvas.read((20, 10, 45, 40))
    assert (part == canvas.ycc[10:40, 20:45]).all()
    other = engine.canvas(64, 48)
    other.copy(canvas, (20, 10, 45, 40), (1, 2))
    assert (other.ycc[2:32, 1:26] == part).all()
    assert not other.ycc[32:].any()
    other.copy(canvas)
    assert (other.ycc == canvas.ycc).all()


def test_pictures_stay_when_drawing_goes_on(canvas: Canvas) -> None:
    before = canvas.ycc
    canvas.fill(WHITE)
    assert (before == (60, 128, 128)).all()
    assert before.flags.c_contiguous


def crowd(count: int, width: int, height: int) -> list[tuple[Any, ...]]:
    """Typical shapes: blobs of 12 nodes, a quarter with gradients, half turned."""
    dice = random.Random(4)
    shapes = []
    for number in range(count):
        radius = dice.uniform(5, 50)
        points = tuple(
            (round(16 * radius * dice.uniform(0.6, 1) * x), round(16 * radius * dice.uniform(0.6, 1) * y))
            for x, y in ((np.cos(turn), np.sin(turn)) for turn in np.linspace(0, 2 * np.pi, 12, False))
        )
        outline = Outline((Contour(points, tuple(dice.choice((C, S)) for _ in points)),))
        colour = (dice.randrange(256), dice.randrange(256), dice.randrange(256))
        paint = Solid(colour) if number % 4 else LinearGradient(colour, (20, 99, 180), number % 64, 2, 14)
        turn = dice.choice((0, dice.randrange(4096)))
        spot = Transform(dice.randrange(width * 16), dice.randrange(height * 16), 4096, turn)
        shapes.append((outline, paint, spot, dice.choice((255, 255, 160))))
    return shapes


def test_both_rasterizers_agree() -> None:
    pytest.importorskip("skia", reason="skia-python is not installed")
    pictures: list[NDArray[np.int_]] = []
    for name in ("blend2d", "skia"):
        canvas = rasterizer(name).canvas(320, 180)
        canvas.fill(GREY)
        for shape in crowd(60, 320, 180):
            canvas.draw(*shape)
        pictures.append(canvas.ycc.astype(int))
    difference = np.abs(pictures[0] - pictures[1])
    assert difference.mean() < 0.6
    assert (difference <= 3).mean() > 0.97


def test_three_hundred_paths_at_720p_draw_in_time() -> None:
    canvas = rasterizer().canvas(1280, 720)
    shapes = crowd(300, 1280, 720)
    times = []
    for _ in range(8):
        begun = time.process_time()
        canvas.fill(GREY)
        for shape in shapes:
            canvas.draw(*shape)
        canvas.flush()
        times.append(time.process_time() - begun)
    assert min(times) < 0.008


def test_an_unknown_rasterizer_and_a_missing_one(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="blend2d, skia"):
        rasterizer("crayon")
    original = builtins.__import__

    def without_skia(name: str, *rest: Any, **more: Any) -> Any:
        if name == "skia":
            raise ImportError(name)
        return original(name, *rest, **more)

    monkeypatch.delitem(sys.modules, "mtor_transcode.render.rasterizers.skia", raising=False)
    monkeypatch.setattr(builtins, "__import__", without_skia)
    with pytest.raises(MissingExtraError, match=r"pip install 'mtor-transcode\[skia\]'"):
        rasterizer("skia")


def test_the_cache_is_bounded_and_keeps_what_is_used() -> None:
    built: list[Any] = []
    cache: PathCache[int] = PathCache(lambda outline: built.append(outline) or len(built), nodes=40)
    shapes = [box(size, size) for size in range(1, 6)]
    for shape in shapes[:3]:
        cache.get(shape)
    cache.get(box(1, 1))
    assert built == shapes[:3], "an equal outline is found again"
    cache.get(shapes[3])
    cache.get(shapes[0])
    assert built == shapes[:4], "the one used last stays, the oldest goes"
    cache.get(shapes[1])
    assert built[-1] == shapes[1]
    assert len(cache) == 3
    cache.get(FloatOutline(()))
    assert len(cache) == 3


def test_gradient_axes() -> None:
    paint = LinearGradient((0, 0, 0), (1, 1, 1), 16, 0, 16)
    assert gradient_axis(paint, (0, 0, 10, 20)) == pytest.approx((5, 0, 5, 20))
    diagonal = LinearGradient((0, 0, 0), (1, 1, 1), 8, 0, 16)
    assert gradient_axis(diagonal, (0, 0, 10, 10)) == pytest.approx((0, 0, 10, 10))
    wide = LinearGradient((0, 0, 0), (1, 1, 1), 0, -16, 32)
    assert gradient_axis(wide, (0, 0, 10, 10)) == pytest.approx((-10, 5, 20, 5))


def test_matrices() -> None:
    camera = through_camera(Place(16, 0, 8192, 0), 100, 60)
    assert box_through(camera, (50, 30, 60, 40)) == pytest.approx((51, 30, 71, 50))
    turned = through_camera(Place(0, 0, 4096, 1024), 100, 60)
    assert box_through(turned, (60, 30, 60, 30)) == pytest.approx((50, 40, 50, 40))
    both = compose(sized(100, 60, (200, 60)), placed(Place(160, 160, 4096, 0)))
    assert box_through(both, (0, 0, 1, 1)) == pytest.approx((20, 10, 22, 11))
    assert hull(box(2, 4)) == (-1, -2, 1, 2)


def test_a_stroke_along_an_all_but_straight_curve_ends(engine: Rasterizer) -> None:
    """Blend2D's own stroker never returned from this one."""
    points = ((996, -4484), (754, -3380), (-860, 4318), (-940, 4398), (-996, 4484))
    outline = Outline((Contour(points, (C, S, S, S, C), closed=False),), 44)
    canvas = engine.canvas(130, 559)
    canvas.draw(outline, WHITE, Transform(1044, 4524))
    bright = (canvas.luma > 100).sum()
    assert 559 * 2 < bright < 559 * 4


def test_coverage_is_what_drawing_leaves(engine: Rasterizer) -> None:
    """To the level: fills, holes, strokes, masks; partly outside, turned, through a view."""
    hole = Outline((*box(30, 20).contours, *box(11, 7).contours))
    stroke = Outline((Contour(((0, 0), (300, 90), (500, 400)), (C, S, C), closed=False),), 40)
    mask = Mask(5, 4, 3, bytes(i % 4 for i in range(20)))
    dice = random.Random(5)
    for outline in (hole, stroke, mask):
        for scale, angle in ((4096, 0), (3000, 700)):
            where = Transform(dice.randrange(99, 400), dice.randrange(99, 400), scale, angle)
            view = (0.9, 0.1, -0.1, 0.9, 2.25, -1.5)
            canvas = engine.canvas(37, 29)
            canvas.draw(outline, Solid((255, 255, 255)), where, 255, view)
            covered = engine.coverage(outline, where, (37, 29), view)
            assert covered.shape == (29, 37)
            assert covered.any()
            assert (covered == canvas.luma).all()
