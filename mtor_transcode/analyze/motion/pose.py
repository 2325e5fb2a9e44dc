# SPDX-License-Identifier: Apache-2.0
"""A shape's place fitted against the picture: what the decoder would show, by Gauss and Newton.

Where a shape went is first guessed from how the source moved; guesses add up from key to key. Fitting the
rendered shape to the picture itself ends that drift: each place is as exact as the source's pixels allow.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numba import njit
from numpy.typing import NDArray

from mtor_transcode.analyze.canvas.easel import Picture, Plane, appearance, coverage, paint_colours
from mtor_transcode.analyze.canvas.live_shapes import NOBODY, OUTLIER, LiveShapes
from mtor_transcode.analyze.canvas.regions import CHROMA_WEIGHT
from mtor_transcode.model import SCALE_ONE, TURN, UNITS_PER_PX, Outline, ShapeState, Solid, Transform
from mtor_transcode.render.rasterizer import Rect

REACHES = (4.0, 2.0, 1.0, 0.5)
"""Px by which parameters are varied in turn: a wide step sees an edge that is far off."""

TOLD = 0.5
"""Share of a shape that must be told from what is around it for the rest to be left out."""

LARGEST = 1 << 17
"""Rectangles of more px than this are not fitted."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What surrounds a shape inside ``rect``: the picture is ``over + through * (shape on under)``.

    ``under`` and ``over`` (h, w, 3), ``through`` (h, w, 1): float32. ``target`` and ``weight`` are what the
    picture should be and what an error there is worth.
    """

    rect: Rect
    under: Plane
    over: Plane
    through: Plane
    target: Plane
    weight: Plane


@dataclass(frozen=True, slots=True)
class Pose:
    """A fitted place, its weighted squared error, and how that grows with deviations from it.

    ``stiffness`` (4, 4) float64: a deviation ``d`` (px of shift x, y; of growth and turn at ``radius``)
    costs ``d @ stiffness @ d``. ``area`` (px) is what shows of the shape, weighted. A shape that is stretched
    or reshaped has another ``outline``, and its deviations are those of what ``reads`` tells of its state.
    """

    place: Transform
    error: float
    stiffness: NDArray[np.float64]
    radius: float
    area: float = 0.0
    outline: Outline | None = None
    reads: Callable[[ShapeState], NDArray[np.float64]] | None = None


def setting_of(
    live: LiveShapes, index: int, rect: Rect, target: Picture, worth: Plane, lifted: int = NOBODY
) -> Setting:
    """Everything of the present picture inside ``rect`` but the shape at ``index`` of the painter's list.

    The one at ``lifted`` counts as if it lay on top.
    """
    x0, y0, x1, y1 = rect
    under = live.below(index, rect, lifted)
    black = live.above(index, rect, np.zeros_like(under), lifted)
    white = live.above(index, rect, np.full_like(under, 255), lifted)
    through = (white[..., :1].astype(np.float32) - black[..., :1]) / np.float32(255)
    return Setting(
        rect,
        under.astype(np.float32),
        black.astype(np.float32),
        np.clip(through, 0, 1),
        target[y0:y1, x0:x1].astype(np.float32),
        worth[y0:y1, x0:x1],
    )


def cut_out(setting: Setting, rect: Rect) -> Setting:
    """The part of a setting inside ``rect``, which must lie in its own."""
    x, y = setting.rect[:2]
    part = slice(rect[1] - y, rect[3] - y), slice(rect[0] - x, rect[2] - x)
    return Setting(
        rect,
        setting.under[part],
        setting.over[part],
        setting.through[part],
        setting.target[part],
        setting.weight[part],
    )


def told_apart(setting: Setting, state: ShapeState, cover: Picture) -> Setting:
    """The same where a shape, or what is beneath it, or a mixture, may explain the picture.

    What is elsewhere shows something else: whether the shape covers it or not is equally wrong. All of it
    where the shape itself, by the ``cover`` it had, is mostly of another colour now.
    """
    if not isinstance(state.paint, Solid) or state.paint.border is not None:
        return setting
    colour = np.array(state.paint.colour, dtype=np.float32)
    told = _told(setting.target, setting.under, setting.over, setting.through, setting.weight, colour)
    area = np.where(cover > 127, setting.weight, np.float32(0))
    if float(np.minimum(area, told).sum()) < TOLD * float(area.sum()):
        return setting
    return replace(setting, weight=told)


class PoseFit:
    """Fits the place of one shape inside its setting."""

    def __init__(self, live: LiveShapes, state: ShapeState, setting: Setting) -> None:
        self._live = live
        self._state = state
        self._setting = setting
        self.radius = reach_of(state.outline)
        self._errors: dict[Transform, float] = {}

    def error(self, place: Transform) -> float:
        """Weighted squared error inside the setting's rectangle with the shape at ``place``."""
        known = self._errors.get(place)
        if known is None:
            known = picture_error(self._setting, self._cover(place), self._colours(place))
            self._errors[place] = known
        return known

    def error_recoloured(self, place: Transform) -> float:
        """The least error with the shape at ``place`` in any one colour (in its own if it has a border)."""
        if self._state.paint.border is not None:
            return self.error(place)
        setting = self._setting
        cover = self._cover(place)
        return float(
            _error_recoloured(
                setting.target, setting.under, setting.over, setting.through, setting.weight, cover
            )
        )

    def fitted(self, place: Transform, similarity: bool) -> Transform:
        """The best place near ``place``: its shift, and with ``similarity`` its turn and size as well."""
        error = self.error(place)
        count = 4 if similarity else 2
        for reach in REACHES:
            for _ in range(2):
                matrix, pull = self._normal(place, reach, count)
                damped = matrix + np.eye(count) * (1e-3 * np.trace(matrix) / count + 1e-9)
                step = np.clip(np.linalg.solve(damped, pull), -2 * reach, 2 * reach)
                moved = self.moved(place, step)
                better = self.error(moved)
                if better >= error:
                    break
                gained, error, place = error - better, better, moved
                if gained < 0.02 * error:
                    break
        return place

    def known(self, place: Transform) -> Pose:
        """All of the pose that a place makes."""
        setting = self._setting
        shown = self._cover(place) * (setting.through[..., 0] / np.float32(255))
        area = float((shown * setting.weight).sum(dtype=np.float64))
        return Pose(place, self.error(place), self._normal(place, 1.0, 4)[0], self.radius, area)

    def moved(self, place: Transform, step: NDArray[np.float64]) -> Transform:
        """``place`` after a step of parameters (px)."""
        growth, turn = (step[2], step[3]) if len(step) == 4 else (0.0, 0.0)
        across, down = self._live.to_world(float(step[0]), float(step[1]))
        scale = place.scale * math.exp(growth / self.radius)
        return Transform(
            round(place.dx + across * UNITS_PER_PX),
            round(place.dy + down * UNITS_PER_PX),
            min(max(round(scale), SCALE_ONE // 16), SCALE_ONE * 16),
            round(place.angle + turn / self.radius * TURN / (2 * math.pi)),
        )

    def _normal(
        self, place: Transform, reach: float, count: int
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Gauss and Newton's matrix and right side over the first ``count`` parameters, by differences."""
        pairs = []
        for number in range(count):
            step = np.zeros(4)
            step[number] = reach
            pairs.append((self._cover(self.moved(place, step)), self._cover(self.moved(place, -step))))
        return matrix_of(self._setting, self._cover(place), self._colours(place), pairs, reach)

    def _cover(self, place: Transform) -> Picture:
        live = self._live
        if self._state.paint.border is None:
            return coverage(live.engine, self._state.outline, place, self._setting.rect, live.view)
        return appearance(live.engine, replace(self._state, transform=place), self._setting.rect, live.view)[
            0
        ]

    def _colours(self, place: Transform) -> Plane:
        state, live, rect = self._state, self._live, self._setting.rect
        if state.paint.border is None:
            return paint_colours(state.paint, state.outline, place, rect, live.view)
        return appearance(live.engine, replace(state, transform=place), rect, live.view)[1]


def picture_error(setting: Setting, cover: Picture, colours: Plane) -> float:
    """Weighted squared error inside a setting with a shape of that coverage and those colours."""
    return float(
        _error(
            setting.target, setting.under, setting.over, setting.through, setting.weight, cover, colours
        )
    )  # fmt: skip


def matrix_of(
    setting: Setting, cover: Picture, colours: Plane, pairs: list[tuple[Picture, Picture]], reach: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Gauss and Newton's matrix and right side over parameters, by differences.

    ``pairs`` holds for each parameter the coverage with it ``reach`` (px) greater, and less.
    """
    strength, pull = _levers(
        setting.target, setting.under, setting.over, setting.through, setting.weight, cover, colours
    )
    slopes = np.empty((len(pairs), strength.size), dtype=np.float32)
    for number, (plus, minus) in enumerate(pairs):
        np.subtract(plus.ravel(), minus.ravel(), out=slopes[number], dtype=np.float32)
    slopes *= np.float32(1 / (2 * reach * 255))
    matrix = (slopes * strength.ravel()) @ slopes.T
    return matrix.astype(np.float64), (slopes @ pull.ravel()).astype(np.float64)


@njit(cache=True, nogil=True)
def _error(target, under, over, through, weight, cover, colours):  # type: ignore[no-untyped-def]
    """Weighted squared error of ``over + through * (colours on under by cover)``."""
    solid = colours.shape[0] == 1 and colours.shape[1] == 1
    total = 0.0
    for y in range(cover.shape[0]):
        for x in range(cover.shape[1]):
            alpha = np.float32(cover[y, x]) / np.float32(255)
            cy = 0 if solid else y
            cx = 0 if solid else x
            error = np.float32(0)
            for c in range(3):
                below = under[y, x, c]
                shown = over[y, x, c] + through[y, x, 0] * (below + alpha * (colours[cy, cx, c] - below))
                left = target[y, x, c] - shown
                error += left * left if c == 0 else np.float32(CHROMA_WEIGHT) * left * left
            total += weight[y, x] * error
    return total


@njit(cache=True, nogil=True)
def _told(target, under, over, through, weight, colour):  # type: ignore[no-untyped-def]
    """``weight`` where some coverage by one colour explains the px to within ``OUTLIER``, else 0."""
    told = np.empty_like(weight)
    for y in range(weight.shape[0]):
        for x in range(weight.shape[1]):
            square = np.float32(0)
            along = np.float32(0)
            rest = np.float32(0)
            for c in range(3):
                below = under[y, x, c]
                lever = through[y, x, 0] * (colour[c] - below)
                left = target[y, x, c] - over[y, x, c] - through[y, x, 0] * below
                share = np.float32(1) if c == 0 else np.float32(CHROMA_WEIGHT)
                square += share * lever * lever
                along += share * lever * left
                rest += share * left * left
            cover = np.float32(0) if square == 0 else min(max(along / square, np.float32(0)), np.float32(1))
            rest += cover * cover * square - 2 * cover * along
            told[y, x] = weight[y, x] if rest <= OUTLIER else np.float32(0)
    return told


@njit(cache=True, nogil=True)
def _error_recoloured(target, under, over, through, weight, cover):  # type: ignore[no-untyped-def]
    """The least of the same with any one colour."""
    power = 0.0
    sums = np.zeros(3)
    for y in range(cover.shape[0]):
        for x in range(cover.shape[1]):
            share = np.float32(cover[y, x]) * through[y, x, 0] / np.float32(255)
            if share == 0:
                continue
            rest = through[y, x, 0] - share
            power += share * share * weight[y, x]
            for c in range(3):
                wanted = target[y, x, c] - over[y, x, c] - rest * under[y, x, c]
                sums[c] += share * weight[y, x] * wanted
    colour = sums / max(power, 1e-12)
    total = 0.0
    for y in range(cover.shape[0]):
        for x in range(cover.shape[1]):
            share = np.float32(cover[y, x]) * through[y, x, 0] / np.float32(255)
            rest = through[y, x, 0] - share
            error = np.float32(0)
            for c in range(3):
                left = target[y, x, c] - over[y, x, c] - rest * under[y, x, c] - share * np.float32(colour[c])
                error += left * left if c == 0 else np.float32(CHROMA_WEIGHT) * left * left
            total += weight[y, x] * error
    return total


@njit(cache=True, nogil=True)
def _levers(target, under, over, through, weight, cover, colours):  # type: ignore[no-untyped-def]
    """What coverage weighs at each px, (h, w) each: its square against the error, and the pull towards the
    target."""
    height, width = cover.shape
    solid = colours.shape[0] == 1 and colours.shape[1] == 1
    strength = np.empty((height, width), np.float32)
    pull = np.empty((height, width), np.float32)
    for y in range(height):
        for x in range(width):
            alpha = np.float32(cover[y, x]) / np.float32(255)
            cy = 0 if solid else y
            cx = 0 if solid else x
            square = np.float32(0)
            towards = np.float32(0)
            for c in range(3):
                below = under[y, x, c]
                lever = through[y, x, 0] * (colours[cy, cx, c] - below)
                left = target[y, x, c] - over[y, x, c] - through[y, x, 0] * below - alpha * lever
                share = np.float32(1) if c == 0 else np.float32(CHROMA_WEIGHT)
                square += share * lever * lever
                towards += share * lever * left
            strength[y, x] = weight[y, x] * square
            pull[y, x] = weight[y, x] * towards
    return strength, pull


def reach_of(outline: Outline) -> float:
    """Distance (px) from an outline's centre within which about all of it lies; at least 1."""
    x0, y0, x1, y1 = outline.bounds
    return max(math.hypot(max(-x0, x1), max(-y0, y1)) / UNITS_PER_PX, 1.0)


def deviation(a: Transform, b: Transform, radius: float) -> NDArray[np.float64]:
    """By how far ``a`` is from ``b``, in the parameters of ``Pose`` (px)."""
    return np.array(
        [
            (a.dx - b.dx) / UNITS_PER_PX,
            (a.dy - b.dy) / UNITS_PER_PX,
            math.log(a.scale / b.scale) * radius,
            (a.angle - b.angle) * (2 * math.pi / TURN) * radius,
        ]
    )
