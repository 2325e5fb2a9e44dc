# SPDX-License-Identifier: Apache-2.0
"""Outlines to path commands, and the rule that matches outlines of unequal structure."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from render_film import C, Q, S, box, polygon

from mtor_transcode.model import Contour, NodeKind, Outline
from mtor_transcode.render.curves import FloatOutline, hull, trace
from mtor_transcode.render.morph import matched, outline_between, same_structure

Commands = list[tuple[str, tuple[float, ...]]]


class Recorder:
    """A pen that keeps what it is told."""

    def __init__(self) -> None:
        self.said: Commands = []

    def move_to(self, *xy: float) -> None:
        self.said.append(("M", xy))

    def line_to(self, *xy: float) -> None:
        self.said.append(("L", xy))

    def quad_to(self, *xy: float) -> None:
        self.said.append(("Q", xy))

    def cubic_to(self, *xy: float) -> None:
        self.said.append(("C", xy))

    def close(self) -> None:
        self.said.append(("Z", ()))


def commands(*nodes: tuple[float, float, NodeKind], closed: bool = True) -> Commands:
    points = tuple((round(x * 16), round(y * 16)) for x, y, _ in nodes)
    pen = Recorder()
    trace(Outline((Contour(points, tuple(kind for _, _, kind in nodes), closed),)), pen)
    return pen.said


def test_corners_are_joined_by_lines_in_px() -> None:
    assert commands((0, 0, C), (10, 0, C), (10, 5.5, C)) == [
        ("M", (0, 0)), ("L", (10, 0)), ("L", (10, 5.5)), ("Z", ()),
    ]  # fmt: skip


def test_one_control_makes_a_quadratic_and_two_a_cubic() -> None:
    assert commands((0, 0, C), (5, 5, Q), (10, 0, C), (10, 4, Q), (0, 4, Q)) == [
        ("M", (0, 0)), ("Q", (5, 5, 10, 0)), ("C", (10, 4, 0, 4, 0, 0)), ("Z", ()),
    ]  # fmt: skip


def test_a_smooth_node_has_its_handles_along_the_chord_of_its_neighbours() -> None:
    said = commands((0, 0, C), (6, 8, S), (12, 0, C), closed=False)
    (_, start), (kind, curve), (_, second) = said
    assert (start, kind) == ((0, 0), "C")
    third = math.hypot(6, 8) / 3
    assert curve == pytest.approx((0, 0, 6 - third, 8, 6, 8))
    assert second == pytest.approx((6 + third, 8, 12, 0, 12, 0))


def test_a_smooth_node_at_an_open_end_has_no_handle() -> None:
    assert commands((0, 0, S), (9, 0, S), closed=False)[1] == ("C", (0, 0, 9, 0, 9, 0))


def test_controls_alone_follow_the_rule_of_truetype() -> None:
    said = commands((0, 0, Q), (8, 0, Q), (8, 8, Q), (0, 8, Q))
    assert said[0] == ("M", (0, 4))
    assert said[1] == ("Q", (0, 0, 4, 0))
    assert said[-2:] == [("Q", (0, 8, 0, 4)), ("Z", ())]


def test_a_contour_that_begins_with_a_control_begins_at_its_first_node_on_the_curve() -> None:
    assert commands((5, 5, Q), (10, 0, C), (0, 0, C)) == [
        ("M", (10, 0)), ("L", (0, 0)), ("Q", (5, 5, 10, 0)), ("Z", ()),
    ]  # fmt: skip


def test_nothing_and_a_dot() -> None:
    assert commands() == []
    assert [kind for kind, _ in commands((3, 3, C), closed=False)] == ["M", "L"]


def test_a_hull_holds_handles_and_stroke() -> None:
    assert hull(polygon((0, 0), (10, 0), closed=False, stroke=4)) == (-2, -2, 12, 2)
    x0, y0, x1, y1 = hull(Outline((Contour(((0, 0), (160, 0), (160, 160), (0, 160)), (S,) * 4),)))
    assert min(x0, y0) < 0
    assert max(x1, y1) > 10


coordinates = st.integers(-4000, 4000)
contours = st.builds(
    lambda nodes, closed: Contour(tuple((x, y) for x, y, _ in nodes), tuple(k for _, _, k in nodes), closed),
    st.lists(st.tuples(coordinates, coordinates, st.sampled_from(NodeKind)), min_size=0, max_size=9),
    st.booleans(),
)
outlines = st.builds(lambda parts: Outline(tuple(parts)), st.lists(contours, max_size=3))


@given(outlines)
def test_any_nodes_can_be_traced(outline: Outline) -> None:
    pen = Recorder()
    trace(outline, pen)
    starts = sum(kind == "M" for kind, _ in pen.said)
    assert starts == sum(bool(contour.points) for contour in outline.contours)
    assert all(math.isfinite(value) for _, values in pen.said for value in values)


@given(outlines, outlines, st.floats(0, 1))
def test_any_two_outlines_match(a: Outline, b: Outline, u: float) -> None:
    first, last = matched(a, b)
    assert same_structure(first, last)
    between = outline_between(first, last, u)
    assert all(math.isfinite(x + y) for part in between.contours for x, y in part.points)
    boxes = (*a.bounds, *b.bounds, 0, 0)
    reach = max(abs(value) for value in boxes) * 2 + 1
    assert all(abs(x) <= reach and abs(y) <= reach for part in between.contours for x, y in part.points)


def test_outlines_of_equal_structure_go_over_node_by_node() -> None:
    a, b = box(10, 10), box(20, 10)
    assert matched(a, b) == (a, b)
    assert outline_between(a, b, 0.5).contours[0].points == ((-120, -80), (120, -80), (120, 80), (-120, 80))


def test_a_match_passes_through_all_vertices_of_both() -> None:
    square, triangle = box(10, 10), polygon((0, -5), (5, 5), (-5, 5))
    first, last = matched(square, triangle)
    assert isinstance(first, FloatOutline)
    assert set(square.contours[0].points) <= {(round(x), round(y)) for x, y in first.contours[0].points}
    assert set(triangle.contours[0].points) <= {(round(x), round(y)) for x, y in last.contours[0].points}
    assert len(first.contours[0].points) == len(last.contours[0].points)


def test_a_match_begins_at_the_top_left_and_runs_clockwise() -> None:
    square = polygon((0, 0), (4, 0), (4, 4), (0, 4))
    turned = polygon((4, 4), (4, 0), (0, 0), (0, 4), (0, 4))
    first, last = matched(square, turned)
    gaps = [
        math.hypot(x1 - x0, y1 - y0)
        for (x0, y0), (x1, y1) in zip(first.contours[0].points, last.contours[0].points, strict=True)
    ]
    assert max(gaps) < 1e-9


def test_a_contour_without_a_partner_shrinks_to_the_mean_of_its_nodes() -> None:
    ring = Outline((*box(20, 20).contours, *box(10, 10).contours))
    first, last = matched(ring, box(30, 20))
    assert first.contours[1].points == ring.contours[1].points
    assert set(last.contours[1].points) == {(0, 0)}


def test_closed_and_open_become_open() -> None:
    first, last = matched(box(8, 8), polygon((0, 0), (9, 9), closed=False))
    assert not first.contours[0].closed
    assert not last.contours[0].closed
    assert first.contours[0].points[0] == first.contours[0].points[-1]
