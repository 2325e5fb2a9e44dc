# SPDX-License-Identifier: Apache-2.0
"""Panes: rectangles of a drawn picture in which a film plays, a talking head on a slide, a video in a page.

They are found by where the picture changes nearly all the time. What is around them may then be vectors while
they are textures that move.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from mtor_transcode.analyze.patches.stills import fitted
from mtor_transcode.analyze.textures.flatness import is_flat
from mtor_transcode.render.rasterizer import Rect
from mtor_transcode.render.rectangles import area, meet, union

Luma = NDArray[np.uint8]

BLOCK: Final = 16
"""Px of a block."""

STIRRED: Final = 1.0
"""Mean difference of a block's luma (codes) from which on it has changed."""

OFTEN: Final = 0.2
"""Share of the looks at a block at which that of a film has changed."""

JOINED: Final = 5
"""Blocks over which those of a film are joined."""

LEAST: Final = (5, 4)
"""Blocks of the longer and the shorter side of a pane at least."""

FILLED: Final = 0.35
"""Share of a pane's blocks that are a film's at least."""

MOST: Final = 0.75
"""Share of the picture that all panes are at most: else all of it is film."""

MAX_PANES: Final = 3


class Activity:
    """How often each block of the picture has changed, from look to look."""

    def __init__(self) -> None:
        self._last: Luma | None = None
        self._changed: NDArray[np.int64] | None = None
        self.looks = 0

    def look(self, luma: Luma) -> None:
        """Take note of a picture (H, W); all are of one size, of at least a block."""
        if self._last is not None:
            height, width = (side // BLOCK for side in luma.shape)
            apart = cv2.absdiff(luma, self._last)[: height * BLOCK, : width * BLOCK]
            mean = cv2.resize(apart, (width, height), interpolation=cv2.INTER_AREA)
            changed = mean.astype(np.float32) >= STIRRED
            self._changed = changed.astype(np.int64) if self._changed is None else self._changed + changed
            self.looks += 1
        self._last = luma

    @property
    def often(self) -> NDArray[np.uint8]:
        """The blocks (rows, columns) that change as a film does: 1, others 0."""
        if self._changed is None:
            return np.zeros((1, 1), dtype=np.uint8)
        return (self._changed >= max(OFTEN * self.looks, 1)).astype(np.uint8)


def find_panes(activity: Activity, lumas: Iterable[Luma]) -> tuple[Rect, ...]:
    """The panes of a stretch, on even px, disjoint; none where all of it is film.

    ``lumas`` are some of its pictures (H, W).
    """
    often = activity.often
    joined = cv2.morphologyEx(
        cv2.copyMakeBorder(often, JOINED, JOINED, JOINED, JOINED, cv2.BORDER_CONSTANT, value=0),
        cv2.MORPH_CLOSE,
        np.ones((JOINED, JOINED), np.uint8),
    )[JOINED:-JOINED, JOINED:-JOINED]
    _, _, stats, _ = cv2.connectedComponentsWithStats(np.ascontiguousarray(joined), connectivity=8)
    boxes = [(x, y, x + width, y + height) for x, y, width, height, _ in stats[1:].tolist()]
    boxes = [box for box in _merged(boxes) if _is_pane(box, often)]
    pictures = list(lumas)
    height, width = pictures[0].shape
    rects = [fitted(pictures[0], _wider(box, (width, height))) for box in boxes]
    rects = [rect for rect in _merged(rects) if not all(is_flat(_part(luma, rect)) for luma in pictures)]
    if sum(map(area, rects)) > MOST * width * height:
        return ()
    return tuple(sorted(sorted(rects, key=area)[-MAX_PANES:]))


def _is_pane(box: Rect, often: NDArray[np.uint8]) -> bool:
    """Whether a box (blocks) is large enough, and busy enough."""
    x0, y0, x1, y1 = box
    longer, shorter = max(x1 - x0, y1 - y0), min(x1 - x0, y1 - y0)
    return longer >= LEAST[0] and shorter >= LEAST[1] and float(often[y0:y1, x0:x1].mean()) >= FILLED


def _wider(box: Rect, size: tuple[int, int]) -> Rect:
    """A box of blocks as px, by half a block wider on each side: what moves there moves a little beyond."""
    x0, y0, x1, y1 = (side * BLOCK for side in box)
    half = BLOCK // 2
    width, height = size
    return max(x0 - half, 0), max(y0 - half, 0), min(x1 + half, width & ~1), min(y1 + half, height & ~1)


def _merged(rects: list[Rect]) -> list[Rect]:
    """Rectangles without those that meet: they become one."""
    done: list[Rect] = []
    for rect in rects:
        whole = rect
        while True:
            meeting = [other for other in done if meet(whole, other)]
            if not meeting:
                break
            done = [other for other in done if other not in meeting]
            for other in meeting:
                whole = union(whole, other)
        done.append(whole)
    return done


def _part(luma: Luma, rect: Rect) -> Luma:
    x0, y0, x1, y1 = rect
    return luma[y0:y1, x0:x1]
