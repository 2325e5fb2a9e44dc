# SPDX-License-Identifier: Apache-2.0
"""Frames at any time and size: seeking, still pictures, partial redraws, dissolves."""

from __future__ import annotations

import random
from fractions import Fraction

import numpy as np
import pytest
from memory_films import MemoryFilm
from render_film import GREY, WHITE, C, S, box, enter, header, one_scene, place, polygon, scene, state

from mtor_transcode.errors import UsageError
from mtor_transcode.model import (
    STILL_CAMERA,
    Background,
    Camera,
    CameraMove,
    Contour,
    Edit,
    Leave,
    LinearGradient,
    Outline,
    SceneStart,
    ShapeState,
    Solid,
    Token,
    Transform,
    Transition,
)
from mtor_transcode.render import painter
from mtor_transcode.render.frames import FrameRenderer
from mtor_transcode.render.painter import Painter
from mtor_transcode.render.rasterizer import rasterizer
from mtor_transcode.render.stage import Stage

BOX = box(10, 10)
BLACK = Solid((16, 128, 128))


def luma(renderer: FrameRenderer, tick: int | Fraction, x: int, y: int) -> int:
    return int(renderer.frame(tick)[y, x, 0])


def test_a_shape_moves_through_the_frame() -> None:
    film = one_scene(100, [enter(1, state(BOX, 10, 24)), Edit(0, 40, 1, state(BOX, 50, 24))])
    renderer = FrameRenderer(film)
    assert renderer.frame(0).shape == (48, 64, 3)
    for tick in (0, 10, Fraction(41, 2), 39, 40, 99):
        x = 10 + min(40, float(tick))
        row = renderer.frame(tick)[24, :, 0].astype(float)
        assert ((row - 60).sum() / 175) == pytest.approx(10, abs=0.1)
        assert ((row - 60) * (np.arange(64) + 0.5)).sum() / (row - 60).sum() == pytest.approx(x, abs=0.1)


def test_vectors_scale() -> None:
    film = one_scene(10, [enter(1, state(BOX, 20, 24))])
    large = FrameRenderer(film, (640, 480)).frame(0)
    assert large.shape == (480, 640, 3)
    assert (large[190:290, 150:250, 0] == 235).all()
    outside = large[..., 0].copy()
    outside[190:290, 150:250] = 60
    assert (outside == 60).all()
    stretched = FrameRenderer(film, (64, 96)).frame(0)
    assert (stretched[38:58, 15:25, 0] == 235).all()


def test_the_camera_turns_and_zooms_about_the_centre() -> None:
    film = MemoryFilm(
        header(),
        [scene(SceneStart(0, 0, GREY, Camera(0, 0, 8192, 1024)), 9, [enter(1, state(BOX, 42, 24))])],
    )
    frame = FrameRenderer(film).frame(0)
    assert (frame[34:48, 23:41, 0] == 235).all()
    assert (frame[:33, :, 0] == 60).all()


def test_the_background_is_fixed_to_the_screen() -> None:
    paint = LinearGradient((0, 128, 128), (255, 128, 128), 0, 0, 16)
    film = MemoryFilm(header(), [scene(SceneStart(0, 0, paint, Camera(dx=400)), 9, [])])
    row = FrameRenderer(film, (128, 48)).frame(0)[20, :, 0]
    assert np.abs(row - (np.arange(128) + 0.5) / 128 * 255).max() < 1.5


def busy(seed: int, moving_camera: bool = False) -> list[Token]:
    """Shapes of all sorts, of which some come, go, move, morph and change their paint."""
    dice = random.Random(seed)

    def blob() -> Outline:
        points = tuple((dice.randrange(-400, 400), dice.randrange(-400, 400)) for _ in range(7))
        stroke = dice.choice((0, 0, 40))
        return Outline((Contour(points, tuple(dice.choice((C, S)) for _ in points), True),), stroke)

    def look() -> ShapeState:
        colour = (dice.randrange(256), dice.randrange(256), dice.randrange(256))
        paint = dice.choice((Solid(colour), LinearGradient(colour, (9, 200, 90), dice.randrange(64), 2, 12)))
        spot = Transform(dice.randrange(320 * 16), dice.randrange(180 * 16), 4096, dice.randrange(4096))
        return ShapeState(blob(), paint, spot, dice.choice((255, 140)))

    tokens: list[Token] = [enter(number, look()) for number in range(25)]
    for number in range(25, 40):
        at = dice.randrange(60)
        tokens.append(enter(number, look(), at=at, under=dice.randrange(9), duration=dice.choice((0, 8))))
    for number in range(0, 25, 5):
        at = dice.randrange(20)
        tokens += [Edit(at, 12, number, look()), Leave(at + dice.randrange(20), number, dice.choice((0, 5)))]
    if moving_camera:
        tokens.append(CameraMove(30, 10, Camera(100, 20, 4300, 40)))
    return sorted(tokens, key=lambda token: token.at)


@pytest.mark.parametrize("name", ["blend2d", "skia"])
@pytest.mark.parametrize("seed", range(4))
def test_a_partial_redraw_gives_the_same_pixels(
    seed: int, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if name == "skia":
        pytest.importorskip("skia", reason="skia-python is not installed")
    ground = LinearGradient((20, 100, 150), (200, 140, 110), 9, 0, 16) if seed % 2 else GREY
    partial = []
    original = Painter._part
    monkeypatch.setattr(Painter, "_part", lambda *given: partial.append(1) or original(*given))
    monkeypatch.setattr(painter, "WHOLE", 2.0)
    film = MemoryFilm(header(320, 180), [scene(SceneStart(0, 0, ground), 64, busy(seed, seed == 3))])
    size = (320, 180) if seed < 2 else (401, 223)
    renderer = FrameRenderer(film, size, rasterizer(name))
    for tick in range(64):
        fresh = FrameRenderer(film, size, rasterizer(name)).frame(tick)
        assert (renderer.frame(tick) == fresh).all(), tick
    assert len(partial) > 20


def test_a_still_picture_is_the_same_array_and_costs_nothing() -> None:
    film = one_scene(3000, [enter(1, state(BOX, 10, 24)), Edit(2000, 0, 1, state(BOX, 11, 24))])
    renderer = FrameRenderer(film)
    first = renderer.frame(0)
    assert all(renderer.frame(tick) is first for tick in range(1, 2000))
    assert renderer.frame(2000) is not first
    assert not first.flags.writeable


def test_a_change_out_of_sight_is_no_change() -> None:
    film = one_scene(100, [enter(1, state(BOX, 500, 24)), Edit(0, 50, 1, state(BOX, 900, 24))])
    renderer = FrameRenderer(film)
    first = renderer.frame(0)
    assert renderer.frame(10) is first


def test_frames_given_out_never_change() -> None:
    film = one_scene(100, [enter(1, state(BOX, 10, 24)), Edit(0, 40, 1, state(BOX, 50, 24))])
    renderer = FrameRenderer(film)
    kept = [renderer.frame(tick) for tick in range(40)]
    copies = [FrameRenderer(film).frame(tick) for tick in range(40)]
    assert all((one == other).all() for one, other in zip(kept, copies, strict=True))


def test_seeking_back_enters_the_scene_anew() -> None:
    film = MemoryFilm(
        header(320, 180),
        [
            scene(SceneStart(0, 0, GREY), 64, busy(1), window=16),
            scene(SceneStart(1, 64, BLACK), 100, [enter(1, state(BOX, 9, 9), at=64)]),
        ],
    )
    renderer = FrameRenderer(film)
    for tick in (70, 5, 40, 39, 99, 63, 64, 0):
        assert (renderer.frame(tick) == FrameRenderer(film).frame(tick)).all(), tick
    film.decoded.clear()
    FrameRenderer(film).frame(17)
    assert film.decoded == [0, 16], "spans are decoded as their time comes"


def test_scenes_are_half_open_and_the_ends_hold() -> None:
    film = MemoryFilm(
        header(),
        [scene(SceneStart(0, 10, GREY), 20, []), scene(SceneStart(1, 20, BLACK), 30, []),
         scene(SceneStart(2, 50, WHITE), 60, [Background(50, 10, BLACK)])],
    )  # fmt: skip
    renderer = FrameRenderer(film)
    seen = [luma(renderer, tick, 0, 0) for tick in (0, 10, 19, 20, 29, 30, 49, 50, 60, 1000)]
    assert seen == [60, 60, 60, 16, 16, 16, 16, 235, 16, 16]
    assert luma(renderer, Fraction(1999, 100), 0, 0) == 60
    assert luma(renderer, -5, 0, 0) == 60


def test_a_dissolve_runs_over_the_last_picture_of_the_scene_before() -> None:
    first = [enter(1, state(BOX, 10, 24)), Edit(0, 20, 1, state(BOX, 50, 24))]
    second = SceneStart(1, 20, Solid((160, 128, 28)), STILL_CAMERA, Transition.DISSOLVE, 10)
    film = MemoryFilm(header(), [scene(SceneStart(0, 0, GREY), 20, first), scene(second, 50, [])])
    renderer = FrameRenderer(film)
    for tick, share in ((20, 0.0), (21, 0.1), (25, 0.5), (Fraction(59, 2), 0.95), (30, 1.0), (31, 1.0)):
        frame = renderer.frame(tick)
        assert frame[0, 0, 0] == pytest.approx(60 + 100 * share, abs=1), tick
        assert frame[0, 0, 2] == pytest.approx(128 - 100 * share, abs=1), tick
        assert frame[24, 50, 0] == pytest.approx(235 - 75 * share, abs=1), "the box has come to its end"
        assert (frame == FrameRenderer(film).frame(tick)).all()
    plain = MemoryFilm(header(), film.scenes[1:])
    assert luma(FrameRenderer(plain), 20, 0, 0) == 160, "without the scene before it is shown plainly"


def test_a_film_without_scenes_is_black() -> None:
    assert (FrameRenderer(MemoryFilm(header(), [])).frame(0) == (16, 128, 128)).all()


def test_sizes_that_make_no_sense() -> None:
    for size in ((0, 10), (10, -1), (99999, 10)):
        with pytest.raises(UsageError, match="px"):
            FrameRenderer(one_scene(1, []), size)


def test_a_shape_that_comes_back_at_another_depth_is_drawn_there() -> None:
    tokens = [
        enter(1, state(BOX, 20, 24, BLACK)),
        enter(2, state(BOX, 20, 24)),
        Leave(5, 1),
        enter(1, state(BOX, 20, 24, BLACK), at=5),
    ]
    renderer = FrameRenderer(one_scene(9, tokens))
    assert luma(renderer, 0, 20, 24) == 235
    assert luma(renderer, 5, 20, 24) == 16


def test_a_painter_keeps_frames_of_any_order() -> None:
    stage = Stage(SceneStart(0, 0, GREY))
    stage.feed([enter(1, state(polygon((-5, -5), (5, 0), (-5, 5)), 30, 20))])
    pictures = [stage.at(0)]
    stage.feed([Edit(1, 0, 1, ShapeState(BOX, WHITE, place(9, 9)))])
    pictures.append(stage.at(1))
    brush = Painter(rasterizer(), (64, 48), (64, 48))
    frames = [brush.paint(pictures[number]) for number in (0, 1, 0, 1)]
    assert (frames[0] == frames[2]).all()
    assert (frames[1] == frames[3]).all()
    assert (frames[0] != frames[1]).any()
