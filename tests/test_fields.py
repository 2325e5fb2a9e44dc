# SPDX-License-Identifier: Apache-2.0
"""Shading fields: drawn alike everywhere, between key times, refused where out of range."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest
from analyze_films import flat
from busy_films import HEADER
from memory_films import MemoryFilm, write_film
from numpy.typing import NDArray
from render_film import box, place, polygon

from mtor_transcode.analyze.canvas.easel import Plane, paint_colours
from mtor_transcode.codec.adaptive import Adaptive
from mtor_transcode.codec.field_syntax import FIRST_GRID, Grid, read_grid
from mtor_transcode.codec.paint_syntax import PaintMemory, read_paint, write_paint
from mtor_transcode.codec.rangecoder import RangeReader, RangeWriter
from mtor_transcode.codec.writers import CountingWriter
from mtor_transcode.errors import FormatError, UsageError
from mtor_transcode.model import (
    LinearGradient,
    Mask,
    RadialGradient,
    Scene,
    SceneStart,
    ShadingField,
    Solid,
    Transform,
)
from mtor_transcode.render.between import paint_between
from mtor_transcode.render.field import FloatField
from mtor_transcode.render.gradient import gradient_shares
from mtor_transcode.render.matrix import IDENTITY_MATRIX
from mtor_transcode.render.rasterizer import Rasterizer, rasterizer

SHADE = ShadingField((220, 100, 150), (60, 150, 110), 4, (0, 9, 16, 4, 16, 7, 0, 2, 12, 16, 16, 3))


@pytest.fixture(params=["blend2d", "skia"])
def engine(request: pytest.FixtureRequest) -> Rasterizer:
    if request.param == "skia":
        pytest.importorskip("skia", reason="skia-python is not installed")
    return rasterizer(request.param)


def basis(t: float) -> float:
    """The uniform cubic B-spline around 0 (format.md, Shading fields)."""
    t = abs(t)
    return (4 - 6 * t * t + 3 * t**3) / 6 if t < 1 else max(2 - t, 0) ** 3 / 6


def truth(field: ShadingField, size: tuple[int, int]) -> Plane:
    """By the format's own words: the colours of a box, px by px."""
    rows = len(field.levels) // field.columns
    known = np.array(field.levels, dtype=float).reshape(rows, field.columns) / field.steps
    for axis in range(2):
        first = 2 * known.take([0], axis) - known.take([1], axis)
        last = 2 * known.take([-1], axis) - known.take([-2], axis)
        known = np.concatenate((first, known, last), axis)
    weights = [
        np.array(
            [[basis((k + 0.5) / side * (nodes - 1) - n) for n in range(-1, nodes + 1)] for k in range(side)]
        )
        for side, nodes in ((size[1], rows), (size[0], field.columns))
    ]
    share = (weights[0] @ known @ weights[1].T)[..., None]
    return (np.array(field.first) * (1 - share) + np.array(field.last) * share).astype(np.float32)


def near(shown: NDArray[np.uint8], wanted: Plane) -> None:
    """As near as the format asks; engines round bilinear pictures down."""
    off = np.abs(shown - wanted)
    assert off.max() <= 3
    assert off.mean() < 1.2


WIDE = replace(SHADE, columns=2, levels=(0, 8, 8, 0, 3, 8, 0, 0), steps=8)
LARGE = replace(SHADE, columns=17, levels=tuple((7 * k * k) % 65 for k in range(17 * 5)), steps=64)


@pytest.mark.parametrize("field", [SHADE, WIDE, LARGE])
def test_all_draw_it_alike(engine: Rasterizer, field: ShadingField) -> None:
    canvas = engine.canvas(140, 90)
    canvas.fill(field)
    near(canvas.ycc, truth(field, (140, 90)))
    canvas.fill(Solid((16, 128, 128)))
    canvas.draw(box(120, 80), field, place(70, 45))
    near(canvas.ycc[5:85, 10:130], truth(field, (120, 80)))
    seen = paint_colours(field, box(120, 80), place(70, 45), (10, 5, 130, 85), IDENTITY_MATRIX)
    assert np.abs(seen - truth(field, (120, 80))).max() < 0.01
    mask = Mask(120, 80, 1, b"\1" * 9600)
    canvas.draw(mask, field, Transform(70 * 16, 85 * 16))
    assert np.abs(canvas.ycc[5:85, 10:130] - truth(field, (120, 80))).max() <= 1


def test_it_turns_with_its_shape(engine: Rasterizer) -> None:
    canvas = engine.canvas(64, 48)
    canvas.draw(box(40, 20), SHADE, place(32, 24, turn=0.25))
    turned = np.rot90(truth(SHADE, (40, 20)), -1)
    assert np.abs(canvas.ycc[5:43, 23:41] - turned[1:39, 1:19]).max() <= 3
    seen = paint_colours(SHADE, box(40, 20), place(32, 24, turn=0.25), (23, 5, 41, 43), IDENTITY_MATRIX)
    assert np.abs(seen - turned[1:39, 1:19]).max() < 0.01


def test_a_line_without_height_has_the_middle_of_the_sides(engine: Rasterizer) -> None:
    """Its box counts as one px high, from the line downwards; beyond it the edges go on."""
    canvas = engine.canvas(60, 24)
    canvas.draw(polygon((-20, 0), (20, 0), closed=False, stroke=12), SHADE, place(30, 12))
    across = truth(replace(SHADE, levels=SHADE.levels[:4] * 2), (40, 1))
    assert np.abs(canvas.ycc[7:10, 10:50].astype(int) - across).max() <= 2
    across = truth(replace(SHADE, levels=SHADE.levels[8:] * 2), (40, 1))
    assert np.abs(canvas.ycc[14:17, 10:50].astype(int) - across).max() <= 2


def test_planes_stay_planes() -> None:
    field = ShadingField(
        (0, 0, 0), (240, 240, 240), 5, tuple(2 * x + 3 * y for y in range(4) for x in range(5)), 32
    )
    x, y = (np.arange(40)[None, :] + 0.5), (np.arange(30)[:, None] + 0.5)
    plane = (2 * 4 * x / 40 + 3 * 3 * y / 30) / 32
    assert np.abs(gradient_shares(field, (0, 0, 40, 30), x, y) - plane).max() < 1e-9
    assert np.abs(gradient_shares(field, (0, 0, 40, 30), x[0, :30], y[:, 0]) - np.diag(plane)).max() < 1e-9


def test_between() -> None:
    other = replace(SHADE, first=(20, 200, 50), levels=(32,) * 12, steps=32)
    half = paint_between(SHADE, other, 0.5)
    levels = tuple((level / 16 + 1) / 2 for level in SHADE.levels)
    assert half == FloatField((120, 150, 100), (60, 150, 110), 4, levels)
    shares = tuple(level / 16 for level in SHADE.levels)
    from_one_colour = paint_between(Solid((100, 100, 100)), SHADE, 0.25)
    assert from_one_colour == FloatField((130, 100, 113), (90, 113, 103), 4, shares)


@pytest.mark.parametrize(
    "other",
    [
        LinearGradient((0, 0, 0), (9, 9, 9)),
        RadialGradient((0, 0, 0), (9, 9, 9)),
        WIDE,
        replace(SHADE, columns=3),
    ],
)
def test_other_kinds_and_grids_do_not_blend(other: LinearGradient | RadialGradient | ShadingField) -> None:
    assert paint_between(SHADE, other, 0.25) == other
    assert paint_between(other, SHADE, 0.25) == SHADE


@pytest.mark.parametrize(
    "wrong",
    [
        {"columns": 1},
        {"columns": 18},
        {"columns": 5},
        {"columns": 12},
        {"steps": 17},
        {"levels": (0,) * 11 + (17,)},
        {"levels": (0,) * 11 + (-1,)},
        {"levels": (0,) * 72},
        {"levels": ()},
        {"levels": (0,) * 11 + (1.0,)},
    ],
)
def test_writers_refuse_what_is_out_of_range(wrong: dict[str, int]) -> None:
    with pytest.raises(UsageError):
        write_film(MemoryFilm(HEADER, [Scene(SceneStart(0, 0, replace(SHADE, **wrong)), ())], [], [], 0))


@pytest.mark.parametrize("level", [17, -1])
def test_readers_refuse_levels_out_of_range(level: int) -> None:
    paint = replace(SHADE, levels=(0, 0, 0, 0, *(0,) * 7, level))
    writer = RangeWriter(Adaptive())
    write_paint(writer, PaintMemory(), paint)
    with pytest.raises(FormatError, match="shading field"):
        read_paint(RangeReader(writer.finish(), Adaptive()), PaintMemory())


def test_any_bytes_are_a_grid_in_range_or_refused() -> None:
    chance, read = np.random.default_rng(3), list[Grid]()
    for _ in range(200):
        with suppress(FormatError):
            read.append(read_grid(RangeReader(chance.bytes(60), Adaptive()), FIRST_GRID))
    assert len(read) > 20
    for columns, levels, steps in read:
        assert 2 <= columns <= 17
        assert 2 <= len(levels) / columns <= 17
        assert 0 <= min(levels) <= max(levels) <= steps


def test_what_is_smooth_or_known_costs_little() -> None:
    """Planes are told from neighbours, a grid that comes again by a bit."""
    rough = replace(LARGE, levels=tuple(np.random.default_rng(1).integers(0, 65, 85).tolist()))
    plane = replace(LARGE, levels=tuple(x + 4 * y for y in range(5) for x in range(17)))
    again = PaintMemory()
    again.add(rough)

    def bits(field: ShadingField, memory: PaintMemory) -> float:
        counter = CountingWriter(Adaptive())
        write_paint(counter, memory, field)
        return counter.take()

    assert bits(plane, PaintMemory()) < 0.4 * bits(rough, PaintMemory())
    assert bits(rough, again) < 0.1 * bits(rough, PaintMemory())


def test_flat_ends_are_flat(engine: Rasterizer) -> None:
    canvas = engine.canvas(40, 30)
    canvas.fill(replace(SHADE, first=(90, 120, 130), last=(90, 120, 130)))
    assert np.array_equal(canvas.ycc, flat(40, 30, (90, 120, 130)))
