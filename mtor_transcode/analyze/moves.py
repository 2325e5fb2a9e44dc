# SPDX-License-Identifier: Apache-2.0
"""Where a live shape may have gone by the next key: proposals from the source, fitted to the picture."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from mtor_transcode.analyze.easel import Picture, Plane, border_of, cover_rect
from mtor_transcode.analyze.live import LiveShapes
from mtor_transcode.analyze.lookahead import half_of
from mtor_transcode.analyze.motion import page_scroll, shape_shifts
from mtor_transcode.analyze.pose import LARGEST, Pose, PoseFit, setting_of
from mtor_transcode.analyze.stretch import StretchFit, can_stretch, sides_of
from mtor_transcode.analyze.track import aligned, carried, matched_shift
from mtor_transcode.model import UNITS_PER_PX, ShapeState, Transform
from mtor_transcode.render.matrix import compose, inverse
from mtor_transcode.render.rasterizer import Rect

MATCH_BITS = 20.0
FIT_BITS = 40.0
ALIGN_BITS = 100.0
"""Shapes whose error is worth fewer bits are not matched, fitted, or turned and scaled: that takes time."""

BORDER = 7
"""Side (px) of the square by which a shape is grown to look for its error around it as well."""

AROUND = 6
"""Px around all proposed places in which a fit sees errors."""

MISSED = 0.2
"""Share of the error that a fit may leave before others are tried: from turned and grown starts, and from an
alignment of the source's pixels."""

EXPLAINED = 0.75
"""Share of the error that may be left after a turn or a change of size."""

TURNS = (-16.0, -11.0, -7.0, -4.0, 4.0, 7.0, 11.0, 16.0)
GROWTHS = (-6.0, -3.0, 3.0, 6.0)
"""Starts: px by which a turn or a growth moves the outline's far points."""

LEAST_SIDE = 6
"""Shapes narrower than this (px) are only shifted."""

GROWN = 0.6
"""Share of a shape's error that a stretch must take away: pieces of what is painted wrong hardly pay."""

GROWTH = 70
"""Px around a shape in which it is looked for when a side of it may have moved."""

Price = Callable[[ShapeState], float]
"""Bits of the token that brings a shape to another state."""


def candidates_of(
    owners: NDArray[np.int32], count: int, moved: NDArray[np.bool_], error: Plane, least: float
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """The shapes that may have changed, and the error at stake of each (count,).

    Of a shape that has grown or moved, the error is at its border: around it as well as on it.
    """
    grown = cv2.dilate(owners.astype(np.float32), np.ones((BORDER, BORDER), np.uint8)).astype(np.int32)
    seen = np.bincount(owners[owners >= 0], minlength=count)
    touched = np.zeros(count, dtype=np.int64)
    stake = np.zeros(count, dtype=np.float64)
    for names in (owners, grown):
        own = names >= 0
        touched = np.maximum(touched, np.bincount(names[moved & own], minlength=count))
        stake = np.maximum(stake, np.bincount(names[own], error[own], minlength=count))
    enough = 0.3 * np.minimum(seen, 2.0 * np.sqrt(seen))
    return np.flatnonzero((touched > enough) & (seen > 0) & (stake > least)), stake


class MoveFinder:
    """Proposes moves of the shapes of one picture towards the next, ``target``.

    ``thorough`` names the owners whose places are fitted as well.
    """

    def __init__(
        self,
        live: LiveShapes,
        decided: Picture,
        target: Picture,
        worth: Plane,
        owners: NDArray[np.int32],
        lam: float,
        thorough: NDArray[np.intp],
    ) -> None:
        self._live = live
        self._thorough = set(thorough.tolist())
        self._before = np.ascontiguousarray(decided[..., 0])
        self._after = np.ascontiguousarray(target[..., 0])
        self._target = target
        self._worth = worth
        self._owners = owners
        self._lam = lam
        self._shifts = self._flow(len(live.shapes))
        self._scroll = page_scroll(self._before, self._after)

    def best(
        self, index: int, owner: int, stake: float, expected: Transform | None, price: Price
    ) -> Pose | None:
        """The place that saves most error for its bits, or None if staying is best.

        ``index`` is the shape's place in the painter's list now, ``owner`` among the owners; ``stake`` is its
        weighted error, ``expected`` where it would be if it went on as before.
        """
        state = self._live.shapes[index].state
        proposed = [] if expected is None else [expected]
        proposed += self._proposed(index, owner, stake)
        rect = self._around(index, [state.transform, *proposed])
        x0, y0, x1, y1 = rect
        if x1 <= x0 or y1 <= y0:
            return None
        fit = PoseFit(self._live, state, setting_of(self._live, index, rect, self._target, self._worth))
        still = fit.error(state.transform)
        fitted = owner in self._thorough and stake >= self._lam * FIT_BITS
        if fitted:
            recoloured = fit.error_recoloured(state.transform)
            if recoloured < min(MISSED * still, *map(fit.error, proposed)):
                return None  # It has another colour; it has not moved.
        if fitted and (x1 - x0) * (y1 - y0) <= LARGEST:
            near = min([*proposed, state.transform], key=fit.error)
            proposed += self._fitted(fit, index, near, stake, still)
        errors = [fit.error(place) for place in proposed]
        costs = [
            error + self._lam * price(replace(state, transform=place))
            for error, place in zip(errors, proposed, strict=True)
        ]
        for number, (error, place) in enumerate(zip(errors, proposed, strict=True)):
            if error > EXPLAINED * still and _is_turned(place, state.transform):
                costs[number] = still  # What grew on one side only has not been turned and scaled.
        number = int(np.argmin(costs))
        saved = still - costs[number]
        if fitted and errors[number] > MISSED * still:
            stretched = self._stretched(index, max(saved, 0.0), GROWN * still, price)
            if stretched is not None:
                return stretched
        if saved <= 0 or proposed[number] == state.transform:
            return None
        return fit.known(proposed[number])

    def _stretched(self, index: int, least: float, explained: float, price: Price) -> Pose | None:
        """The shape with other sides, if that saves more than ``least`` and takes off ``explained`` error."""
        shape = self._live.shapes[index]
        if not can_stretch(shape.state):
            return None
        x0, y0, x1, y1 = shape.rect
        width, height = self._live.size
        rect = max(0, x0 - GROWTH), max(0, y0 - GROWTH), min(width, x1 + GROWTH), min(height, y1 + GROWTH)
        if (rect[2] - rect[0]) * (rect[3] - rect[1]) > LARGEST:
            return None
        setting = setting_of(self._live, index, rect, self._target, self._worth)
        fit = StretchFit(self._live, shape.state, setting)
        found = fit.fitted()
        if found is None or found.outline is None or found.outline == shape.state.outline:
            return None
        fresh = replace(shape.state, transform=found.place, outline=found.outline)
        taken = fit.error(sides_of(shape.state)) - found.error
        return found if taken > explained and taken - self._lam * price(fresh) > least else None

    def _fitted(
        self, fit: PoseFit, index: int, near: Transform, stake: float, still: float
    ) -> list[Transform]:
        """The places that fits from ``near`` end at: shifted only, turned and scaled as well."""
        x0, y0, x1, y1 = self._live.shapes[index].rect
        found = [fit.fitted(near, similarity=False)]
        if stake < self._lam * ALIGN_BITS or min(x1 - x0, y1 - y0) < LEAST_SIDE:
            return found
        found.append(fit.fitted(found[0], similarity=True))
        if fit.error(found[-1]) > MISSED * still:
            found.append(fit.fitted(min(_turned(fit, near), key=fit.error), similarity=True))
        if fit.error(found[-1]) > MISSED * still:
            turned = self._aligned(index, near)
            if turned is not None:
                found.append(fit.fitted(turned, similarity=True))
        return found

    def _proposed(self, index: int, owner: int, stake: float) -> list[Transform]:
        """By dense flow, with the page, by matching the shape's pixels."""
        shape = self._live.shapes[index]
        place = shape.state.transform
        flow = float(self._shifts[owner][0]), float(self._shifts[owner][1])
        found = [self._shifted(place, flow)]
        if self._scroll is not None:
            found.append(self._shifted(place, (0.0, float(self._scroll))))
        if stake < self._lam * MATCH_BITS:
            return found
        x0, y0, x1, y1 = shape.rect
        visible = (self._owners[y0:y1, x0:x1] == owner).astype(np.uint8) * np.uint8(255)
        shift = matched_shift(self._before, self._after, shape.rect, visible, flow)
        if shift is not None:
            found.append(self._shifted(place, shift))
        return found

    def _aligned(self, index: int, near: Transform) -> Transform | None:
        """The place that an alignment of the source's pixels tells: it sees turns that a fit would miss."""
        shape = self._live.shapes[index]
        place = shape.state.transform
        a, b, c, d, _, _ = self._live.view
        across, down = (near.dx - place.dx) / UNITS_PER_PX, (near.dy - place.dy) / UNITS_PER_PX
        shift = a * across + c * down, b * across + d * down
        seen = aligned(self._before, self._after, shape.rect, shift)
        if seen is None:
            return None
        view = self._live.view
        return carried(place, compose(inverse(view), compose(seen, view)))

    def _shifted(self, place: Transform, shift: tuple[float, float]) -> Transform:
        across, down = self._live.to_world(*shift)
        dx, dy = round(across * UNITS_PER_PX), round(down * UNITS_PER_PX)
        return Transform(place.dx + dx, place.dy + dy, place.scale, place.angle)

    def _around(self, index: int, places: list[Transform]) -> Rect:
        live = self._live
        outline = border_of(live.shapes[index].state)
        width, height = live.size
        rects = [cover_rect(outline, place, live.view, live.size) for place in places]
        rects = [rect for rect in rects if rect[2] > rect[0] and rect[3] > rect[1]]
        if not rects:
            return 0, 0, 0, 0
        x0, y0 = min(rect[0] for rect in rects) - AROUND, min(rect[1] for rect in rects) - AROUND
        x1, y1 = max(rect[2] for rect in rects) + AROUND, max(rect[3] for rect in rects) + AROUND
        return max(0, x0), max(0, y0), min(width, x1), min(height, y1)

    def _flow(self, count: int) -> NDArray[np.float32]:
        before, after = half_of(self._before), half_of(self._after)
        if min(before.shape) < 16:
            return np.zeros((count, 2), dtype=np.float32)
        height, width = before.shape
        return shape_shifts(before, after, self._owners[::2, ::2][:height, :width], count)


def _turned(fit: PoseFit, place: Transform) -> list[Transform]:
    """Places turned or grown by as much as happens between two keys."""
    steps = [(0.0, turn) for turn in TURNS] + [(growth, 0.0) for growth in GROWTHS]
    return [fit.moved(place, np.array([0.0, 0.0, growth, turn])) for growth, turn in steps]


def _is_turned(place: Transform, other: Transform) -> bool:
    return place.scale != other.scale or place.angle != other.angle
