# SPDX-License-Identifier: Apache-2.0
"""Contours: where a coverage field crosses a level, at sub-pixel accuracy."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from analyze_films import box_cover, disc_cover
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from mtor_transcode.analyze.shapes.contours import signed_area, trace_contours

Point = tuple[float, float]


def area_above(field: NDArray[np.float32], level: float) -> float:
    """The area above ``level``, cell by cell: what marching squares means, without any following."""
    total = 0.0
    for y in range(field.shape[0] - 1):
        for x in range(field.shape[1] - 1):
            total += _cell_area([float(field[y + j, x + i]) for i, j in _CORNERS], level)
    return total


_CORNERS: tuple[tuple[int, int], ...] = ((0, 0), (1, 0), (1, 1), (0, 1))


def _cell_area(values: list[float], level: float) -> float:
    above = [value >= level for value in values]
    if all(above):
        return 1.0
    saddle = above[0] == above[2] != above[1] == above[3]
    if saddle and sum(values) / 4 < level:
        return sum(_triangle(values, k, level) for k in range(4) if above[k])
    ring: list[Point] = []
    for k in range(4):
        if above[k]:
            ring.append(_CORNERS[k])
        if above[k] != above[(k + 1) % 4]:
            ring.append(_crossing(values, k, (k + 1) % 4, level))
    return _shoelace(ring)


def _triangle(values: list[float], k: int, level: float) -> float:
    before, after = (k - 1) % 4, (k + 1) % 4
    return _shoelace([_crossing(values, k, before, level), _CORNERS[k], _crossing(values, k, after, level)])


def _crossing(values: list[float], a: int, b: int, level: float) -> Point:
    share = (level - values[a]) / (values[b] - values[a])
    (ax, ay), (bx, by) = _CORNERS[a], _CORNERS[b]
    return ax + share * (bx - ax), ay + share * (by - ay)


def _shoelace(ring: list[Point]) -> float:
    if not ring:
        return 0.0
    return abs(sum(a[0] * b[1] - a[1] * b[0] for a, b in pairwise([*ring, ring[0]]))) / 2


CENTRES = pytest.mark.parametrize(("x", "y"), [(24, 24), (24.5, 23.5), (23.8, 24.37)])


@CENTRES
@pytest.mark.parametrize(("radius", "share"), [(4.0, 0.03), (9.3, 0.01), (18.0, 0.01)])
def test_a_disc_is_found_at_sub_pixel_accuracy(x: float, y: float, radius: float, share: float) -> None:
    (points,) = trace_contours(disc_cover(48, 48, x, y, radius), 0.5)
    error = np.hypot(points[:, 0] - x, points[:, 1] - y) - radius
    assert np.sqrt((error**2).mean()) < 0.06
    assert np.abs(error).max() < 0.1
    assert signed_area(points) == pytest.approx(math.pi * radius * radius, rel=share)


@CENTRES
def test_a_linear_slope_is_cut_to_a_twentieth_of_a_pixel(x: float, y: float) -> None:
    down, across = np.mgrid[0:48, 0:48] + 0.5
    slope = np.clip(0.5 + (12 - np.hypot(across - x, down - y)) / 4, 0, 1).astype(np.float32)
    (points,) = trace_contours(slope, 0.5)
    assert np.abs(np.hypot(points[:, 0] - x, points[:, 1] - y) - 12).max() < 0.05


@pytest.mark.parametrize(
    ("box", "most"),
    [((6, 5, 30, 20), 1e-6), ((6.5, 5.5, 30.5, 20.5), 1e-6), ((6.25, 5.1, 30.7, 20.125), 0.09)],
)
def test_edges_of_a_box_are_where_they_are(box: tuple[float, float, float, float], most: float) -> None:
    (points,) = trace_contours(box_cover(40, 40, box), 0.5)
    x0, y0, x1, y1 = box
    across = np.minimum(np.abs(points[:, 0] - x0), np.abs(points[:, 0] - x1))
    down = np.minimum(np.abs(points[:, 1] - y0), np.abs(points[:, 1] - y1))
    corner = (across < 1.5) & (down < 1.5)
    assert np.minimum(across, down)[~corner].max() <= most
    assert signed_area(points) == pytest.approx((x1 - x0) * (y1 - y0), rel=0.01)


def test_whole_pixels_have_edges_between_them() -> None:
    field = np.zeros((6, 7), np.float32)
    field[2:4, 3:5] = 1
    (points,) = trace_contours(field, 0.5)
    assert points.dtype == np.float32
    ring = {(3.5, 2), (4.5, 2), (5, 2.5), (5, 3.5), (4.5, 4), (3.5, 4), (3, 3.5), (3, 2.5)}
    assert {(float(x), float(y)) for x, y in points} == ring
    assert len(points) == len(ring)


def test_outer_borders_run_clockwise_and_holes_the_other_way() -> None:
    field = disc_cover(48, 48, 24, 24, 20) - disc_cover(48, 48, 24, 24, 9)
    contours = sorted(trace_contours(field, 0.5), key=signed_area)
    assert [round(signed_area(points) / math.pi) for points in contours] == [-81, 400]
    outer = contours[1] - 24
    turns = np.diff(np.unwrap(np.arctan2(outer[:, 1], outer[:, 0])))
    assert np.all(turns >= 0)  # With y down, a growing angle is clockwise.


def test_separate_figures_have_contours_of_their_own() -> None:
    field = disc_cover(60, 30, 14, 15, 8) + disc_cover(60, 30, 44, 15, 5)
    found = sorted(round(signed_area(points) / math.pi) for points in trace_contours(field, 0.5))
    assert found == [25, 64]


@pytest.mark.parametrize("level", [0.2, 0.5, 0.8])
def test_the_level_decides_where_a_slope_is_cut(level: float) -> None:
    slope = np.clip((np.arange(40) - 9.5) / 10, 0, 1).astype(np.float32)
    field = np.zeros((12, 44), np.float32)
    field[2:10, 1:41] = slope
    (points,) = trace_contours(field, level)
    left = points[(np.abs(points[:, 1] - 6) < 1.6) & (points[:, 0] < 30)]
    assert np.allclose(left[:, 0], 1.5 + 9.5 + 10 * level, atol=0.01)


def test_an_empty_field_has_none() -> None:
    assert trace_contours(np.zeros((5, 5), np.float32), 0.5) == []
    assert trace_contours(np.full((5, 5), 0.4, np.float32), 0.5) == []


@given(
    seed=st.integers(0, 2**32 - 1),
    size=st.tuples(st.integers(1, 14), st.integers(1, 14)),
    levels=st.sampled_from([2, 3, 1000]),
    level=st.sampled_from([0.3, 0.4, 0.71]),
)
@settings(max_examples=150, deadline=None)
def test_contours_close_and_hold_the_area_above_the_level(
    seed: int, size: tuple[int, int], levels: int, level: float
) -> None:
    rng = np.random.default_rng(seed)
    inner = rng.integers(0, levels, size) / (levels - 1)
    field = np.pad(inner, 1).astype(np.float32)
    contours = trace_contours(field, level)
    for points in contours:
        steps = np.hypot(*np.diff(points, axis=0, append=points[:1]).T)
        assert steps.max() <= math.sqrt(2) + 1e-4
        assert points.min() >= 0.5
        assert np.all(points.max(axis=0) <= np.array(field.shape[::-1]) - 0.5)
    assert sum(signed_area(points) for points in contours) == pytest.approx(
        area_above(field, np.float32(level)), abs=1e-3
    )
