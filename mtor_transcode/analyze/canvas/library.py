# SPDX-License-Identifier: Apache-2.0
"""Outlines a film and colours a scene has used: what a new region may take over instead of its own."""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mtor_transcode.analyze.canvas.easel import coverage
from mtor_transcode.analyze.canvas.regions import CHROMA_WEIGHT
from mtor_transcode.model import (
    UNITS_PER_PX,
    Colour,
    Fill,
    Mask,
    Outline,
    Point,
    ShapeState,
    Solid,
    Transform,
)
from mtor_transcode.render.rasterizer import Rasterizer

LARGEST = 64
"""Outlines of at most this width and height (px) are kept: larger ones hardly ever return."""

CAPACITY = 1024
"""Outlines, and masks, of a film that are kept at a time: the last ones."""

SERIES = 1024
"""Outlines, and masks, of a series' dictionary that are kept: the last ones, which it says are used most."""

LETTERS = 256
"""Outlines of letters that are kept, at one scale each: the last ones."""

PATCHES = 256
"""Palette patches of a film that are kept: the last ones."""

STEP = 2
"""Grid (units) of the places where kept outlines are tried."""

WIDTH_SLACK = 1.3
"""Px by which the width or height of a kept outline may differ from the region's."""

AREA_SLACK = 0.2
"""Share by which its area may differ."""


class OutlineLibrary:
    """The small outlines of a film with their sizes, areas and centres of mass.

    ``series`` are those of its series' dictionary. All scenes share one library: an outline of an earlier
    scene is in the file's dictionary.
    """

    def __init__(self, engine: Rasterizer, series: Sequence[Outline] = ()) -> None:
        self.engine = engine
        self._known: set[Outline] = set()
        self.masks: list[Mask] = []
        self.patches: list[Mask] = []
        self.letters: dict[tuple[Outline, int], None] = {}
        self._outlines: list[Outline] = []
        self._features: NDArray[np.float64] = np.empty((SERIES + CAPACITY, 5))
        self._fixed = self._fixed_masks = 0
        masks = [outline for outline in series if isinstance(outline, Mask)]
        others = [outline for outline in series if not isinstance(outline, Mask)]
        for outline in [*masks[-SERIES:], *others[-SERIES:]]:
            self.add(outline)
        self._fixed, self._fixed_masks = len(self._outlines), len(self.masks)

    def fork(self) -> OutlineLibrary:
        """An independent copy."""
        other = copy.copy(self)
        other._known = self._known.copy()
        other.masks = self.masks.copy()
        other.patches = self.patches.copy()
        other.letters = self.letters.copy()
        other._outlines = self._outlines.copy()
        other._features = self._features.copy()
        return other

    def add_letter(self, state: ShapeState) -> None:
        """Keep an outline as that of a letter, with its scale."""
        if isinstance(state.outline, Mask):
            return
        if len(self.letters) == LETTERS:
            del self.letters[next(iter(self.letters))]
        self.letters[state.outline, state.transform.scale] = None

    def add(self, outline: Outline) -> None:
        """Keep an outline that was accepted, if it is small."""
        if outline in self._known:
            return
        if isinstance(outline, Mask) and outline.colours:
            self._known.add(outline)
            self.patches.append(outline)
            if len(self.patches) > PATCHES:
                self._known.discard(self.patches.pop(0))
            return
        if isinstance(outline, Mask):
            if len(self.masks) == self._fixed_masks + CAPACITY:
                self._known.discard(self.masks.pop(self._fixed_masks))
            self._known.add(outline)
            self.masks.append(outline)
            return
        x0, y0, x1, y1 = outline.bounds
        width, height = (x1 - x0) / UNITS_PER_PX, (y1 - y0) / UNITS_PER_PX
        if max(width, height) > LARGEST:
            return
        left, top = math.floor(x0 / UNITS_PER_PX) - 2, math.floor(y0 / UNITS_PER_PX) - 2
        right, bottom = math.ceil(x1 / UNITS_PER_PX) + 2, math.ceil(y1 / UNITS_PER_PX) + 2
        cover = coverage(self.engine, outline, Transform(), (left, top, right, bottom)) / 255.0
        area = float(cover.sum())
        if area <= 0:
            return
        x, y = centre_of_mass(cover)
        if len(self._outlines) == self._fixed + CAPACITY:
            self._forget_oldest()
        self._known.add(outline)
        self._features[len(self._outlines)] = width, height, area, x + left, y + top
        self._outlines.append(outline)

    def _forget_oldest(self) -> None:
        self._known.discard(self._outlines.pop(self._fixed))
        count = len(self._outlines)
        self._features[self._fixed : count] = self._features[self._fixed + 1 : count + 1]

    def __contains__(self, outline: Outline) -> bool:
        return outline in self._known

    def alike(
        self, width: float, height: float, area: float, centre: tuple[float, float], most: int
    ) -> list[tuple[Outline, Point]]:
        """The ``most`` kept outlines nearest in size and area (px), and where each would lie (units).

        ``centre`` is the centre of mass in px that they are to share.
        """
        known = self._features[: len(self._outlines)]
        if not len(known):
            return []
        off = np.abs(known[:, 0] - width) + np.abs(known[:, 1] - height)
        bulk = np.abs(known[:, 2] - area) / area
        fits = (
            (np.abs(known[:, 0] - width) < WIDTH_SLACK)
            & (np.abs(known[:, 1] - height) < WIDTH_SLACK)
            & (bulk < AREA_SLACK)
        )
        found = np.flatnonzero(fits)
        found = found[np.argsort(off[found] + 8 * bulk[found], kind="stable")][:most]
        step = UNITS_PER_PX / STEP
        return [
            (
                self._outlines[i],
                (
                    round((centre[0] - float(known[i, 3])) * step) * STEP,
                    round((centre[1] - float(known[i, 4])) * step) * STEP,
                ),
            )
            for i in found
        ]


class Palette:
    """The colours a scene has used: a colour that is there already costs a few bits only."""

    def __init__(self) -> None:
        self._known: dict[Colour, None] = {}

    def add(self, paint: Fill) -> None:
        """Keep a solid paint's colour."""
        if isinstance(paint, Solid):
            self._known[paint.colour] = None

    def colours(self) -> list[Colour]:
        """All of them, in the order of their first use."""
        return list(self._known)

    def __contains__(self, colour: Colour) -> bool:
        return colour in self._known

    def nearest(self, colour: Colour) -> Colour | None:
        """The known colour nearest to one, by squared error, or None."""
        if not self._known:
            return None
        known = np.array(list(self._known), dtype=np.int64)
        off = (known - np.array(colour)) ** 2
        return tuple(
            int(v) for v in known[int(np.argmin(off[:, 0] + CHROMA_WEIGHT * off[:, 1:].sum(axis=1)))]
        )  # type: ignore[return-value]


def centre_of_mass(cover: NDArray[np.float64] | NDArray[np.float32]) -> tuple[float, float]:
    """Of a coverage (h, w), in px with the centre of the first sample at (0.5, 0.5)."""
    total = float(cover.sum())
    x = float((cover.sum(axis=0) * (np.arange(cover.shape[1]) + 0.5)).sum()) / total
    y = float((cover.sum(axis=1) * (np.arange(cover.shape[0]) + 0.5)).sum()) / total
    return x, y
