# SPDX-License-Identifier: Apache-2.0
"""The rectangles of a change: few, and together not much larger than what changed."""

from __future__ import annotations

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
            growth, at = min((_growth(rect, whole), i) for i, rect in enumerate(found))
            if growth > NEAR and len(found) < MOST:
                break
            whole = _union(found.pop(at), whole)
        found.append(whole)
    return found


def area(rect: Rect) -> int:
    """In px."""
    return (rect[2] - rect[0]) * (rect[3] - rect[1])


def _growth(a: Rect, b: Rect) -> int:
    """Px that the rectangle around two has beyond their own."""
    return area(_union(a, b)) - area(a) - area(b)


def _union(a: Rect, b: Rect) -> Rect:
    return (min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3]))
