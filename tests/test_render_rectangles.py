# SPDX-License-Identifier: Apache-2.0
"""The rectangles that a change is redrawn in."""

from __future__ import annotations

import random

from mtor_transcode.render.rectangles import MOST, area, gathered


def test_what_lies_apart_stays_apart() -> None:
    assert sorted(gathered([(1200, 700, 1280, 720), (0, 0, 20, 20)])) == [
        (0, 0, 20, 20),
        (1200, 700, 1280, 720),
    ]


def test_what_lies_close_or_over_another_becomes_one() -> None:
    assert gathered([(0, 0, 20, 20), (22, 1, 40, 20)]) == [(0, 0, 40, 20)]
    assert gathered([(5, 5, 9, 9), (0, 0, 900, 900)]) == [(0, 0, 900, 900)]
    assert gathered([]) == []


def test_all_is_covered_by_few() -> None:
    dice = random.Random(2)
    for count in (1, 5, 40, 300):
        corners = [(dice.randrange(1200), dice.randrange(700)) for _ in range(count)]
        boxes = [(x, y, x + dice.randrange(1, 80), y + dice.randrange(1, 20)) for x, y in corners]
        rects = gathered(boxes)
        assert 1 <= len(rects) <= MOST
        for x0, y0, x1, y1 in boxes:
            assert any(a <= x0 and b <= y0 and x1 <= c and y1 <= d for a, b, c, d in rects)
        assert max(area(rect) for rect in rects) <= 1280 * 720
