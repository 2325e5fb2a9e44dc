# SPDX-License-Identifier: Apache-2.0
"""Outlines beneath what is painted later, rectangles, and errors that go along with their shapes."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from render_film import box, state

from mtor_transcode.analyze.canvas.live_shapes import LiveShapes
from mtor_transcode.analyze.motion.carrying import carried_along
from mtor_transcode.analyze.shapes.boxes import fit_box
from mtor_transcode.analyze.shapes.contours import trace_contours
from mtor_transcode.analyze.shapes.masks import layer_mask
from mtor_transcode.analyze.shapes.shortcuts import shortened
from mtor_transcode.model import Solid
from mtor_transcode.render.rasterizer import rasterizer


def ground(posts: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """A strip of ground with posts of 10 px before its upper edge."""
    region, free = np.zeros((40, 120), np.uint8), np.zeros((40, 120), np.uint8)
    region[20:36, 4:116] = 1
    for x in posts:
        free[4:30, x : x + 10] = 1
    region[free > 0] = 0
    return region, free


def filled(contour: np.ndarray, like: np.ndarray) -> np.ndarray:
    inside = np.zeros(like.shape, np.uint8)
    cv2.fillPoly(inside, [np.floor(contour * 16).astype(np.int32) - 8], 1, shift=4)
    return inside > 0


def test_a_contour_goes_straight_below_what_hides_it() -> None:
    region, free = ground((30, 80))
    traced = trace_contours(layer_mask(region, free).astype(np.float32), 0.5)[0]
    made = shortened(traced, region, free)
    assert len(made) < len(traced) - 10
    hidden = made[(made[:, 0] > 31) & (made[:, 0] < 39)]
    assert (hidden[:, 1] > 30).all(), "only the lower edge has points there"


def test_nothing_seen_is_cut_off_or_covered() -> None:
    """The post stands at the side of a step: straight on would cover what is seen beside it."""
    region, free = ground((50,))
    region[12:20, 60:116] = 1
    free[4:30, 40:60] = 1
    region[free > 0] = 0
    traced = trace_contours(layer_mask(region, free).astype(np.float32), 0.5)[0]
    made = shortened(traced, region, free)
    was, now = filled(traced, region), filled(made, region)
    assert (now[region > 0]).mean() > 0.97
    assert not (now & ~was)[(region == 0) & (free == 0)].any()


def test_without_anything_above_a_contour_stays() -> None:
    region, free = ground(())
    traced = trace_contours(region.astype(np.float32), 0.5)[0]
    assert shortened(traced, region, free) is traced


@pytest.mark.parametrize("side", [10.0, 10.5])
def test_a_rectangle_is_found_with_its_corners(side: float) -> None:
    cover = np.zeros((60, 80), np.float32)
    cover[10:40, 20:70] = 1
    cover[int(side), 20:70] -= side % 1
    found = fit_box(trace_contours(cover, 0.5), 0.01)
    assert found is not None
    x0, y0, x1, y1 = found[0].bounds
    x, y = found[1]
    assert (x0 + x, x1 + x, y1 + y) == (20 * 16, 70 * 16, 40 * 16)
    assert abs(y0 + y - side * 16) <= 4


def test_what_is_no_rectangle_is_not_taken_for_one() -> None:
    rows, columns = np.mgrid[:60, :60]
    disc = ((rows - 30) ** 2 + (columns - 30) ** 2 < 400).astype(np.float32)
    assert fit_box(trace_contours(disc, 0.5), 0.01) is None
    disc[25:35, 25:35] = 0
    assert fit_box(trace_contours(disc, 0.5), 0.01) is None


def test_accepted_errors_go_along() -> None:
    live = LiveShapes(rasterizer(), (80, 60), Solid((60, 128, 128)))
    live.add(live.make(1, state(box(10, 10), 20, 30)))
    live.add(live.make(2, state(box(10, 10), 60, 30)))
    accepted = np.zeros((60, 80), np.float32)
    accepted[25:35, 15:17] = 50
    accepted[25:35, 55:57] = 7
    before = live.shapes.copy()
    other = live.make(1, state(box(10, 10), 32, 34))
    live.change(0, other, *live.seen_with(0, other))
    carried = carried_along(accepted, live, before)
    assert np.allclose(carried[30:38, 27:29], 50)
    assert np.allclose(carried[25:35, 55:57], 7), "what rests keeps its own"
    assert carried[30:38, 31:36].max() == 0
    assert carried_along(accepted, live, live.shapes.copy()) is accepted
