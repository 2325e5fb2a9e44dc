# SPDX-License-Identifier: Apache-2.0
"""Outlines: few nodes, where the contour runs, fewer the more an area of error is allowed to be worth."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from analyze_films import box_cover, disc_cover
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from mtor_transcode.analyze.canvas.easel import coverage
from mtor_transcode.analyze.shapes.contours import trace_contours
from mtor_transcode.analyze.shapes.outlines import fit_outline, grid_step
from mtor_transcode.model import UNITS_PER_PX, NodeKind, Outline, Point, Transform
from mtor_transcode.render.rasterizer import rasterizer

SIDE = 64
LADDER = (0.002, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)


def fitted(cover: NDArray[np.float32], area_per_bit: float, *, curves: bool) -> tuple[Outline, Point]:
    found = fit_outline(trace_contours(cover, 0.5), area_per_bit, curves=curves)
    assert found is not None
    return found


def drawn(fit: tuple[Outline, Point]) -> NDArray[np.float64]:
    """Coverage (0-1) that the fitted outline gives on the canvas."""
    outline, (dx, dy) = fit
    return coverage(rasterizer(), outline, Transform(dx, dy), (0, 0, SIDE, SIDE)) / 255.0


def nodes(fit: tuple[Outline, Point]) -> NDArray[np.float64]:
    """Places of all nodes in px."""
    outline, place = fit
    points = [point for contour in outline.contours for point in contour.points]
    return (np.array(points) + np.array(place)) / UNITS_PER_PX


@pytest.mark.parametrize("curves", [True, False])
@pytest.mark.parametrize("box", [(10, 12, 30, 40), (20, 8, 52, 58)])
def test_a_box_at_a_coarse_tolerance_has_its_four_corners(
    box: tuple[int, int, int, int], curves: bool
) -> None:
    fit = fitted(box_cover(SIDE, SIDE, box), 5, curves=curves)
    x0, y0, x1, y1 = box
    assert {(float(x), float(y)) for x, y in nodes(fit)} == {(x0, y0), (x1, y0), (x1, y1), (x0, y1)}
    assert set(fit[0].contours[0].kinds) == {NodeKind.CORNER}


@pytest.mark.parametrize("box", [(10, 12, 30, 40), (10.5, 12.5, 30.5, 40.5)])
def test_straight_pieces_of_a_box_lie_on_its_edges(box: tuple[float, float, float, float]) -> None:
    x0, y0, x1, y1 = box
    places = nodes(fitted(box_cover(SIDE, SIDE, box), 0.01, curves=False))
    across = np.minimum(np.abs(places[:, 0] - x0), np.abs(places[:, 0] - x1))
    down = np.minimum(np.abs(places[:, 1] - y0), np.abs(places[:, 1] - y1))
    assert np.all(np.minimum(across, down) == 0)
    assert np.all(np.maximum(across, down) <= 1)


@pytest.mark.parametrize("radius", [8.0, 25.0])
def test_a_disc_has_few_nodes_and_no_visible_error(radius: float) -> None:
    cover = disc_cover(SIDE, SIDE, 32.2, 31.6, radius)
    fit = fitted(cover, 0.01, curves=True)
    assert fit[0].node_count <= 1.3 * radius + 2
    assert NodeKind.SMOOTH in fit[0].contours[0].kinds
    places = np.hypot(*(nodes(fit) - (32.2, 31.6)).T)
    assert np.abs(places - radius).max() < 0.15
    error = drawn(fit) - cover
    # Coverage off by a seventh all along the border is a shift of a seventh of a pixel.
    border = (cover > 0) & (cover < 1)
    assert np.abs(error[border]).mean() < 0.15
    assert np.abs(error[~border]).max() < 0.35
    assert abs(error.sum()) < 0.03 * cover.sum()


def test_curves_take_fewer_nodes_than_lines_for_what_is_round() -> None:
    cover = disc_cover(SIDE, SIDE, 32, 32, 25)
    round_, straight = (fitted(cover, 0.03, curves=curves)[0].node_count for curves in (True, False))
    assert round_ < 0.8 * straight


@pytest.mark.parametrize("curves", [True, False])
@pytest.mark.parametrize("kind", ["disc", "box", "ring"])
def test_the_more_area_a_bit_is_worth_the_fewer_nodes(kind: str, curves: bool) -> None:
    cover = {
        "disc": lambda: disc_cover(SIDE, SIDE, 32.2, 31.6, 22),
        "box": lambda: box_cover(SIDE, SIDE, (8.3, 10.6, 50.2, 44.9)),
        "ring": lambda: disc_cover(SIDE, SIDE, 32, 32, 26) - disc_cover(SIDE, SIDE, 30, 33, 12),
    }[kind]()
    counts = [fitted(cover, area, curves=curves)[0].node_count for area in LADDER]
    # A coarser grid may part a node from its neighbours once: by one at most.
    assert all(b <= a + 1 for a, b in pairwise(counts))
    assert counts[-1] < counts[0]


def test_a_hole_stays_open() -> None:
    cover = disc_cover(SIDE, SIDE, 32, 32, 26) - disc_cover(SIDE, SIDE, 32, 32, 12)
    fit = fitted(cover, 0.05, curves=True)
    assert len(fit[0].contours) == 2
    assert drawn(fit)[32, 32] == 0
    assert drawn(fit)[32, 12] == 1


def test_the_outline_is_canonical() -> None:
    outline, place = fitted(disc_cover(SIDE, SIDE, 20, 40, 9), 0.02, curves=True)
    assert outline.centred()[0].bounds == pytest.approx(outline.bounds, abs=64)
    x0, y0, x1, y1 = outline.bounds
    assert abs(x0 + x1) <= 64
    assert abs(y0 + y1) <= 64
    assert np.allclose(np.array(place) / UNITS_PER_PX, (20, 40), atol=2)


def test_a_shape_shifted_by_whole_steps_is_the_same_outline() -> None:
    first = fitted(box_cover(SIDE, SIDE, (10, 12, 30, 40)), 0.05, curves=True)
    other = fitted(box_cover(SIDE, SIDE, (22, 16, 42, 44)), 0.05, curves=True)
    assert first[0] == other[0]
    assert np.array_equal(np.subtract(other[1], first[1]), (12 * UNITS_PER_PX, 4 * UNITS_PER_PX))


@pytest.mark.parametrize("segment", [0.0, 1.0, 10.0, 1000.0])
def test_the_grid_is_a_power_of_two_and_coarser_where_errors_cost_less(segment: float) -> None:
    steps = [grid_step(area, segment) for area in (0.0, 1e-9, 0.002, 0.1, 1, 60, 1e9)]
    assert set(steps) <= {2, 4, 8, 16, 32, 64}
    assert steps == sorted(steps)


def test_nothing_gives_nothing() -> None:
    assert fit_outline([], 0.1, curves=True) is None
    speck = np.array([[3, 3], [3.01, 3], [3.01, 3.01]], np.float32)
    assert fit_outline([speck], 0.1, curves=True) is None


coordinates = st.floats(-50, 2000, width=32)
rings = st.lists(st.tuples(coordinates, coordinates), min_size=1, max_size=40)
flat_rings = st.tuples(coordinates, st.lists(coordinates, min_size=1, max_size=12)).map(
    lambda line: [(x, line[0]) for x in line[1]]
)


@given(
    contours=st.lists(st.one_of(rings, flat_rings), min_size=1, max_size=4),
    repeats=st.integers(1, 3),
    area_per_bit=st.sampled_from([0.0, 1e-6, 0.002, 0.1, 4.0, 60.0, 1e6]),
    curves=st.booleans(),
)
@settings(max_examples=200, deadline=None)
def test_no_contour_is_too_odd(
    contours: list[list[tuple[float, float]]], repeats: int, area_per_bit: float, curves: bool
) -> None:
    arrays = [np.repeat(np.array(points, np.float32), repeats, axis=0) for points in contours]
    found = fit_outline(arrays, area_per_bit, curves=curves)
    if found is None:
        return
    outline, place = found
    assert all(isinstance(value, int) for value in place)
    for contour in outline.contours:
        assert contour.closed
        assert len(contour.points) == len(contour.kinds) >= 3
        assert NodeKind.CONTROL not in contour.kinds
        assert all(a != b for a, b in pairwise(contour.points))


def test_what_is_smaller_than_the_tolerance_is_left_out() -> None:
    large = np.array([[0, 0], [900, 0], [900, 900], [0, 900]], np.float32)
    tiny = np.array([[100, 100], [101, 100], [101, 101], [100, 101]], np.float32)
    found = fit_outline([large, tiny], 4000.0, curves=False)
    assert found is not None
    assert [len(contour.points) for contour in found[0].contours] == [4]


@pytest.mark.parametrize("count", [400, 3000])
def test_long_contours_are_fitted(count: int) -> None:
    turns = np.arange(count) * (math.tau / count)
    radius = 200 + 20 * np.sin(turns * 40)
    ring = np.stack([300 + radius * np.cos(turns), 300 + radius * np.sin(turns)], axis=1)
    found = fit_outline([ring.astype(np.float32)], 0.01, curves=True)
    assert found is not None
    assert 80 <= found[0].node_count <= 320
