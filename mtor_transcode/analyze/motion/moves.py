# SPDX-License-Identifier: Apache-2.0
"""Where a live shape may have gone by the next key: proposals from the source, fitted to the picture."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from operator import itemgetter

import cv2
import numpy as np
from numpy.typing import NDArray

from mtor_transcode.analyze.canvas.easel import Picture, Plane, border_of, cover_rect, coverage
from mtor_transcode.analyze.canvas.live_shapes import LiveShape, LiveShapes
from mtor_transcode.analyze.motion.camera import page_scroll, shape_shifts
from mtor_transcode.analyze.motion.glance import Glance, half_of
from mtor_transcode.analyze.motion.occlusion import Mover, Orders
from mtor_transcode.analyze.motion.pose import LARGEST, Pose, PoseFit, Setting, setting_of, told_apart
from mtor_transcode.analyze.motion.reshape import ReshapeFit, can_reshape
from mtor_transcode.analyze.motion.stretch import StretchFit, can_stretch, sides_of, squared
from mtor_transcode.analyze.motion.track import aligned, carried, matched_shift
from mtor_transcode.analyze.motion.tracks import is_stirred
from mtor_transcode.model import UNITS_PER_PX, ShapeState, Transform
from mtor_transcode.render.matrix import compose, inverse
from mtor_transcode.render.rasterizer import Rect
from mtor_transcode.render.rectangles import area

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

RETURN_BITS = 60.0
"""What it costs later if a shape that goes behind another is taken for one that vanishes."""

LEAST_SIDE = 6
"""Shapes narrower than this (px) are only shifted."""

GROWN = 0.6
"""Share of a shape's error that a stretch must take away: pieces of what is painted wrong hardly pay."""

NEARBY = 12
"""Px around a shape in which its nodes are looked for."""

LASTING_BITS = 500.0
"""What other nodes must save beyond their price: the form mostly changes again at the next key."""

RESHAPE_BITS = 500.0
"""Shapes whose error is worth fewer bits are not reshaped."""

FAST = 24.0
"""Px from key to key beyond which flow may lose a shape, and a glance tells more."""

GROWTH = (120, 70)
"""Px around a shape in which it is looked for when a side of it may have moved; fewer around large ones."""

Price = Callable[[ShapeState], float]
"""Bits of the token that brings a shape to another state."""

Found = tuple[Pose, int | None]
"""Where a shape is now, and the number of the shape that comes to the top because it lies before it."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A shape that may have moved.

    ``index`` is its place in the painter's list now, ``owner`` among the owners; ``held`` is what it was.
    ``stake`` is its weighted error, ``expected`` where it would be if it went on as before, ``price`` tells
    the bits of another state.
    """

    index: int
    owner: int
    stake: float
    held: LiveShape
    expected: Transform | None
    price: Price


def candidates_of(
    owners: NDArray[np.int32], count: int, moved: NDArray[np.bool_], error: Plane, least: float
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """The shapes that may have changed, and the error at stake of each (count,).

    Of a shape that has grown or moved, the error is at its border: around it as well as on it.
    """
    small = np.int16 if count < 1 << 15 else np.float32  # What OpenCV can dilate.
    grown = cv2.dilate(owners.astype(small), np.ones((BORDER, BORDER), np.uint8)).astype(np.int32)
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

    ``thorough`` names the owners whose places are fitted as well; ``orders`` looks for what hides them. A
    ``glance`` shows how shapes began to move.
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
        orders: Orders,
        glance: Glance | None = None,
    ) -> None:
        self._live = live
        self._orders = orders
        self._thorough = set(thorough.tolist())
        self._before = np.ascontiguousarray(decided[..., 0])
        self._after = np.ascontiguousarray(target[..., 0])
        self._target = target
        self._worth = worth
        self._owners = owners
        self._lam = lam
        self._shifts = self._flow(half_of(self._after))
        self._soon = None if glance is None else self._flow(glance.half) / np.float32(glance.share)
        self._scroll = page_scroll(self._before, self._after)

    def best(self, asked: Asked) -> Found | None:
        """The place that saves most error for its bits, or None if that is where the shape was."""
        state = asked.held.state
        proposed = [] if asked.expected is None else [asked.expected]
        now = self._live.shapes[asked.index].state.transform
        if now not in (state.transform, asked.expected):
            proposed.append(now)
        proposed += self._proposed(asked)
        rect = self._around(state, [state.transform, *proposed])
        x0, y0, x1, y1 = rect
        if x1 <= x0 or y1 <= y0:
            return None
        setting = self._setting(asked, rect)
        fit = PoseFit(self._live, state, setting)
        still = fit.error(state.transform)
        fitted = asked.owner in self._thorough and asked.stake >= self._lam * FIT_BITS
        if fitted:
            recoloured = fit.error_recoloured(state.transform)
            if asked.expected is not None:
                recoloured += self._lam * RETURN_BITS
            if recoloured < min(MISSED * still, *map(fit.error, proposed)):
                # It has another colour; it has not moved, unless behind what hides it.
                place = min(proposed, key=fit.error)
                return self._behind(asked, proposed, place, recoloured, still, setting)
        if fitted and (x1 - x0) * (y1 - y0) <= LARGEST:
            near = min([*proposed, state.transform], key=fit.error)
            proposed += self._fitted(fit, asked, near, still)
        costs = [self._cost(fit, asked, place, still) for place in proposed]
        cost, place = min(zip(costs, proposed, strict=True), key=itemgetter(0))
        left = fit.error(place)
        if cost >= still:
            cost, place = still, state.transform
        if fitted:
            behind = self._behind(asked, proposed, place, cost, still, setting)
            if behind is not None:
                return behind
        if fitted and left > MISSED * still:
            form = self._new_form(asked, place, still - cost, GROWN * still)
            if form is not None:
                return form, None
        return None if place == state.transform else (fit.known(place), None)

    def _cost(self, fit: PoseFit, asked: Asked, place: Transform, still: float) -> float:
        """Error and bits of a place.

        What grew on one side only has not been turned and scaled; what rested and hardly moves has not moved
        unless that explains what is wrong there: something else moves beside it.
        """
        state = asked.held.state
        error = fit.error(place)
        stays = asked.expected is None and not is_stirred(state.transform, place)
        if error > EXPLAINED * still and (stays or _is_turned(place, state.transform)):
            return still
        return error + self._lam * asked.price(replace(state, transform=place))

    def _behind(
        self,
        asked: Asked,
        proposed: list[Transform],
        place: Transform,
        cost: float,
        still: float,
        setting: Setting,
    ) -> Found | None:
        """Where the shape is if it went behind another; ``place`` and ``cost``: where it is best if not."""
        state = asked.held.state
        if not any(is_stirred(state.transform, other) for other in proposed):
            return None

        def refitted(fit: PoseFit) -> list[Transform]:
            going = [] if asked.expected is None else [fit.fitted(asked.expected, similarity=False)]
            return self._fitted(fit, asked, min([*proposed, *going], key=fit.error), still) + going

        mover = Mover(asked.index, state, proposed, place, cost, setting, refitted)
        return self._orders.behind(mover, asked.price)

    def _new_form(self, asked: Asked, place: Transform, least: float, explained: float) -> Pose | None:
        """The shape with other sides or other nodes, whichever saves more; None if not more than ``least``.

        ``explained`` error must go by other sides.
        """
        state, best = asked.held.state, None
        for taken, found in [*self._stretched(asked, explained), *self._reshaped(asked, place)]:
            if found.outline is None or found.outline == state.outline:
                continue
            fresh = replace(state, transform=found.place, outline=found.outline)
            saved = taken - self._lam * asked.price(fresh)
            if saved > least:
                best, least = found, saved
        return best

    def _stretched(self, asked: Asked, explained: float) -> Iterator[tuple[float, Pose]]:
        """The shape, and the rectangle that it may be, with other sides, and the error that takes away."""
        state = asked.held.state
        rect = self._within_reach(asked.held.rect) if can_stretch(state) else None
        if rect is None:
            return
        setting = self._setting(asked, rect)
        still = StretchFit(self._live, state, setting).error(sides_of(state))
        for outline in (state.outline, squared(state.outline)):
            if outline is None:
                continue
            found = StretchFit(self._live, replace(state, outline=outline), setting).fitted()
            if found is not None and still - found.error > explained:
                yield still - found.error, found

    def _reshaped(self, asked: Asked, place: Transform) -> Iterator[tuple[float, Pose]]:
        """The shape at a place with other nodes, and the error that takes away."""
        state = asked.held.state
        if asked.stake < self._lam * RESHAPE_BITS or not can_reshape(state):
            return
        rect = self._around(state, [state.transform, place], NEARBY)
        if not 0 < area(rect) <= LARGEST:
            return
        fit = ReshapeFit(self._live, replace(state, transform=place), self._setting(asked, rect))
        found = fit.fitted(asked.price, self._lam)
        if found is not None:
            yield fit.error(state) - found.error - self._lam * LASTING_BITS, found

    def _within_reach(self, rect: Rect) -> Rect | None:
        """The px around a shape in which its sides are looked for; None if they are too many."""
        x0, y0, x1, y1 = rect
        width, height = self._live.size
        for reach in GROWTH:
            wide = max(0, x0 - reach), max(0, y0 - reach), min(width, x1 + reach), min(height, y1 + reach)
            if area(wide) <= LARGEST:
                return wide
        return None

    def _setting(self, asked: Asked, rect: Rect) -> Setting:
        """What surrounds a shape, where it or that may be seen."""
        setting = setting_of(self._live, asked.index, rect, self._target, self._worth)
        state = asked.held.state
        cover = coverage(self._live.engine, state.outline, state.transform, rect, self._live.view)
        return told_apart(setting, state, cover)

    def _fitted(self, fit: PoseFit, asked: Asked, near: Transform, still: float) -> list[Transform]:
        """The places that fits from ``near`` end at: shifted only, turned and scaled as well."""
        x0, y0, x1, y1 = asked.held.rect
        found = [fit.fitted(near, similarity=False)]
        if asked.stake < self._lam * ALIGN_BITS or min(x1 - x0, y1 - y0) < LEAST_SIDE:
            return found
        found.append(fit.fitted(found[0], similarity=True))
        if fit.error(found[-1]) > MISSED * still:
            found.append(fit.fitted(min(_turned(fit, near), key=fit.error), similarity=True))
        if fit.error(found[-1]) > MISSED * still:
            turned = self._aligned(asked.held, near)
            if turned is not None:
                found.append(fit.fitted(turned, similarity=True))
        return found

    def _proposed(self, asked: Asked) -> list[Transform]:
        """By dense flow, as it began to move, with the page, by matching the shape's pixels."""
        shape, owner = asked.held, asked.owner
        place = shape.state.transform
        flows = [(float(self._shifts[owner][0]), float(self._shifts[owner][1]))]
        if self._soon is not None:
            begun = float(self._soon[owner][0]), float(self._soon[owner][1])
            if math.hypot(*begun) > FAST:
                flows.append(begun)
        found = [self._shifted(place, flow) for flow in flows]
        if self._scroll is not None:
            found.append(self._shifted(place, (0.0, float(self._scroll))))
        if asked.stake < self._lam * MATCH_BITS:
            return found
        x0, y0, x1, y1 = shape.rect
        visible = (self._owners[y0:y1, x0:x1] == owner).astype(np.uint8) * np.uint8(255)
        for flow in flows:
            shift = matched_shift(self._before, self._after, shape.rect, visible, flow)
            if shift is not None:
                found.append(self._shifted(place, shift))
        return found

    def _aligned(self, shape: LiveShape, near: Transform) -> Transform | None:
        """The place that an alignment of the source's pixels tells: it sees turns that a fit would miss."""
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

    def _around(self, state: ShapeState, places: list[Transform], around: int = AROUND) -> Rect:
        live = self._live
        outline = border_of(state)
        width, height = live.size
        rects = [cover_rect(outline, place, live.view, live.size) for place in places]
        rects = [rect for rect in rects if rect[2] > rect[0] and rect[3] > rect[1]]
        if not rects:
            return 0, 0, 0, 0
        x0, y0 = min(rect[0] for rect in rects) - around, min(rect[1] for rect in rects) - around
        x1, y1 = max(rect[2] for rect in rects) + around, max(rect[3] for rect in rects) + around
        return max(0, x0), max(0, y0), min(width, x1), min(height, y1)

    def _flow(self, after: Picture) -> NDArray[np.float32]:
        """The shift of each shape towards a picture at half size, (count, 2) px."""
        before, count = half_of(self._before), len(self._live.shapes)
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
