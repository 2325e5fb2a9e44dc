# SPDX-License-Identifier: Apache-2.0
"""Shapes made ready for drawing: kept while they rest, left out where they cannot be seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from render_film import GREY, WHITE, box, place, polygon
from texture_films import TEXTURE

from mtor_transcode.model import Outline
from mtor_transcode.render.between import Placed
from mtor_transcode.render.curves import FloatContour, FloatOutline, hull
from mtor_transcode.render.matrix import Matrix, Place, box_through, placed, through_camera
from mtor_transcode.render.path_cache import PathCache
from mtor_transcode.render.rasterizer import Canvas, Rasterizer, rasterizer
from mtor_transcode.render.stamps import Stamps, seen_through
from mtor_transcode.render.textures import TextureShown
from mtor_transcode.render.tiles import Tiles

VIEWS = (
    through_camera(Place(0, 0, 4096, 0), 64, 48),
    through_camera(Place(130, -77, 3071, 50), 64, 48),
    through_camera(Place(-400, 300, 9000, -1000), 64, 48),
)


@pytest.fixture(params=["blend2d", "skia"])
def engine(request: pytest.FixtureRequest) -> Rasterizer:
    if request.param == "skia":
        pytest.importorskip("skia", reason="skia-python is not installed")
    return rasterizer(request.param)


def shapes() -> list[Placed]:
    """A field of fills and strokes, far larger than the canvas."""
    outlines = [
        box(9, 5),
        polygon((-6, -6), (6, 0), (-6, 6)),
        polygon((-5, 0), (5, 3), closed=False, stroke=3),
    ]
    spots = [(x, y) for x in range(-60, 130, 7) for y in range(-60, 110, 7)]
    return [
        Placed(number, outlines[number % 3], WHITE, place(x, y, turn=number / 40), 40 + number % 200)
        for number, (x, y) in enumerate(spots)
    ]


def stamps_of(canvas: Canvas, **options: int) -> Stamps:
    return Stamps(canvas, PathCache(hull), Tiles((64, 48)), **options)


@pytest.mark.parametrize("view", VIEWS)
def test_what_is_left_out_could_not_be_seen(engine: Rasterizer, view: Matrix) -> None:
    canvas, field = engine.canvas(64, 48), shapes()
    canvas.fill(GREY)
    for shape in field:
        canvas.draw(shape.outline, shape.paint, shape.transform, shape.opacity, view)
    whole = canvas.ycc
    canvas.fill(GREY)
    drawn = list(stamps_of(canvas).of(field, [seen_through(view, (0, 0, 64, 48))]))
    canvas.draw_stamps(drawn, view)
    assert len(drawn) < len(field) / 2
    assert (canvas.ycc == whole).all()


def test_a_part_is_drawn_of_what_touches_it(engine: Rasterizer) -> None:
    canvas, view = engine.canvas(64, 48), VIEWS[1]
    stamps = stamps_of(canvas)
    canvas.fill(GREY)
    canvas.draw_stamps(stamps.of(shapes(), [seen_through(view, (0, 0, 64, 48))]), view)
    whole = canvas.read((20, 10, 40, 25))
    canvas.fill(GREY)
    canvas.draw_stamps(stamps.of(shapes(), [seen_through(view, (20, 10, 40, 25))]), view)
    assert (canvas.read((20, 10, 40, 25)) == whole).all()


def counted(canvas: Canvas, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    made: list[Any] = []
    original: Callable[..., Any] = canvas.stamp

    def stamp(*shape: Any) -> Any:
        made.append(shape)
        return original(*shape)

    monkeypatch.setattr(canvas, "stamp", stamp)
    return made


def test_shapes_at_rest_are_made_ready_once(monkeypatch: pytest.MonkeyPatch) -> None:
    canvas = rasterizer().canvas(64, 48)
    made, field, stamps = counted(canvas, monkeypatch), shapes(), stamps_of(canvas)
    for view in VIEWS:
        list(stamps.of(field, [seen_through(view, (0, 0, 64, 48))]))
    assert len(made) == len(field)
    field[3] = Placed(3, box(2, 2), GREY, place(1, 1), 255)
    list(stamps.of(field, [seen_through(VIEWS[0], (0, 0, 64, 48))]))
    assert len(made) == len(field) + 1, "one shape is another"
    list(stamps.of(field[:5], [seen_through(VIEWS[0], (0, 0, 64, 48))]))
    assert len(stamps) == 5, "shapes that left are forgotten"


def test_the_memory_is_bounded_and_shapes_on_their_way_are_not_kept() -> None:
    canvas = rasterizer().canvas(64, 48)
    stamps, field = stamps_of(canvas, nodes=40), shapes()
    everything = [(-1e9, -1e9, 1e9, 1e9)]
    assert len(list(stamps.of(field, everything))) == len(field)
    nodes = [shape.outline.node_count for shape in field if isinstance(shape.outline, Outline)]
    assert len(stamps) == int(np.searchsorted(np.cumsum(nodes), 40, side="right"))
    contour = FloatContour(((0.5, 0.0), (80.0, 0.0), (80.0, 90.0)), box(1, 1).contours[0].kinds[:3])
    moving = Placed(0, FloatOutline((contour,)), WHITE, place(3, 3), 255)
    assert len(list(stamps.of([moving], everything))) == 1
    assert len(stamps) == 0


def test_tiles_are_kept_as_far_as_they_fit() -> None:
    canvas, still = rasterizer().canvas(64, 48), TextureShown(0, TEXTURE)
    field = [Placed(number, box(8 + 2 * number, 8), still, place(9, 9), 255) for number in range(4)]
    field.append(Placed(4, box(9, 5), WHITE, place(9, 9), 255))
    stamps = stamps_of(canvas, pixels=200)
    for _ in range(2):
        assert len(list(stamps.of(field, [(-1e9, -1e9, 1e9, 1e9)]))) == len(field)
        assert len(stamps) == 3, "64 and 80 px fit, 96 and 112 do not; plain shapes always do"


@pytest.mark.parametrize("view", VIEWS)
def test_the_box_seen_holds_every_pixel(view: Matrix) -> None:
    x0, y0, x1, y1 = seen_through(view, (10, 5, 50, 40))
    for x in (x0, x1):
        for y in (y0, y1):
            u, v, _, _ = box_through(view, (x, y, x, y))
            assert not (10 <= u < 50 and 5 <= v < 40)
    flat = placed(Place(0, 0, 0, 0))
    assert seen_through(flat, (0, 0, 1, 1))[0] == -np.inf
