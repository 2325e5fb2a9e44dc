# SPDX-License-Identifier: Apache-2.0
"""Rectangles of px, and those of a change: few, and together not much larger than what changed."""

from __future__ import annotations

import math
from collections.abc import Iterable

from mtor_transcode.render.rasterizer import Rect

MOST = 6
"""Rectangles that are told apart: each costs a test for every shape, and a reading of its pixels."""

NEAR = 4096
"""Px that a rectangle around two may add to them before they are better kept apart."""


def gathered(boxes: Iterable[Rect]) -> list[Rect]:
    """At most ``MOST`` rectangles that hold all of ``boxes``, those that lie close together in one."""
    found: list[Rect] = []
    for box in boxes:
        whole = box
        while found:
            growth, at = _nearest(found, whole)
            if growth > NEAR and len(found) < MOST:
                break
            whole = union(found.pop(at), whole)
        found.append(whole)
    return found


def area(rect: Rect) -> int:
    """Px of a rectangle; 0 if it is turned inside out."""
    return max(0, rect[2] - rect[0]) * max(0, rect[3] - rect[1])


def common(a: Rect, b: Rect) -> Rect:
    """What two rectangles share; empty or turned inside out if that is nothing."""
    return max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3])


def meet(a: Rect, b: Rect) -> bool:
    """Whether two rectangles share px."""
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def union(a: Rect, b: Rect) -> Rect:
    """The rectangle around two; an empty one counts for nothing."""
    if not area(a):
        return b
    if not area(b):
        return a
    return min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])


def _nearest(rects: list[Rect], box: Rect) -> tuple[int, int]:
    """The least px that a rectangle around a box and one of ``rects`` has beyond their own, and which it is.

    Written out: pictures on the move ask for it some hundred times a frame.
    """
    left, top, right, bottom = box
    own = (right - left) * (bottom - top)
    least, nearest = math.inf, 0
    for place, (x0, y0, x1, y1) in enumerate(rects):
        width = (x1 if x1 > right else right) - (x0 if x0 < left else left)
        height = (y1 if y1 > bottom else bottom) - (y0 if y0 < top else top)
        growth = width * height - (x1 - x0) * (y1 - y0) - own
        if growth < least:
            least, nearest = growth, place
    return int(least), nearest
