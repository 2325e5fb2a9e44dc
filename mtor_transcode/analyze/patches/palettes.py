# SPDX-License-Identifier: Apache-2.0
"""Small things that cost less as palette patches than as shapes: icons, emoji, sprites, coloured words.

After a picture has been painted each px has a price: the error that is left, and the bits of the shape that
shows there. What is dear and lies together is tried as a patch, and taken if ``D + lambda R`` falls; the new
shapes that it hides leave. Patches that are known are tried first: most icons stand in several places.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from mtor_transcode.analyze.canvas.easel import Picture, Plane
from mtor_transcode.analyze.canvas.live_shapes import LiveShapes
from mtor_transcode.analyze.patches.palette_fit import SURE, fit_patch, shown_by
from mtor_transcode.analyze.patches.stills import HIDDEN, squared
from mtor_transcode.codec.limits import MAX_MASK_SIDE
from mtor_transcode.model import UNITS_PER_PX, Mask, Outline, ShapeState, Solid, TexturePaint, Transform
from mtor_transcode.render.matrix import IDENTITY_MATRIX
from mtor_transcode.render.rasterizer import Rect
from mtor_transcode.render.rectangles import meet

DEAR = 0.15
"""Bits of a px (its error counted in bits, too) from which on it may belong to a patch."""

JOINED = (1, 5, 9)
"""Px over which dear px are joined, in turn: letters, words and icons in pieces."""

LEAST_SIDE = 5
LEAST_BITS = 45.0
LEAST_SHARE = 0.12
"""What a rectangle must cost to be tried: so many bits, and so many for each px."""

TRIES = 120
"""Rectangles of a picture that are tried, the dearest."""

NEAR = 16
"""Px by which a shape may reach beyond the patch that hides it."""

FRESH_BITS, FRESH_SHARE = 60.0, 0.1
"""What a new patch costs at the least, about: bits, and bits for each px."""

KNOWN = 64
"""Patches, the last ones, that are tried again."""

COLOURS = 24
"""Colours of these patches that are known as the syntax knows them, about."""

SLACK = 2
"""Px by which the sides of a known patch may differ from a rectangle's."""

AGAIN_BITS = 24.0
"""What a known patch costs, about."""

GAIN_BITS, GAIN_SHARE = 6.0, 0.1
"""What a patch must gain: bits, and a share of what is there. Outlines scale, turn and morph."""

Price = Callable[[ShapeState], float]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What ``live`` is to show: ``target`` (H, W, 3) where ``where`` (H, W) says.

    ``worth`` (H, W) scales squared errors, ``lam`` is distortion for a bit, ``paid`` what the new shapes cost
    (bits), by number: these may leave.
    """

    live: LiveShapes
    target: Picture
    worth: Plane
    where: NDArray[np.bool_]
    lam: float
    paid: Mapping[int, float]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A patch over ``rect``, the numbers of the shapes that leave for it, and what that gains (error)."""

    rect: Rect
    state: ShapeState
    hidden: tuple[int, ...]
    gain: float


def find_palettes(wanted: Wanted, known: Sequence[Mask], price: Price) -> Iterator[Proposal]:
    """The patches that are worth it, disjoint, best first.

    The caller carries each out (on the stage and in ``paid``) before it asks for the next one. The view must
    not be moved.
    """
    if wanted.live.view != IDENTITY_MATRIX:
        return
    costs = _Costs(wanted)
    patches = list(known[-KNOWN:])
    rects = costs.rectangles()
    found = [one for one in (costs.proposal(rect, patches, price) for rect in rects) if one]
    taken: list[Rect] = []
    for first in sorted(found, key=lambda one: -one.gain):
        if any(meet(first.rect, rect) for rect in taken):
            continue
        # Its shapes may have left with others, and one that has come meanwhile may be shown again.
        again = costs.proposal(first.rect, patches, price)
        if again is None:
            continue
        taken.append(first.rect)
        if again.state.outline not in patches:
            assert isinstance(again.state.outline, Mask)
            patches.append(again.state.outline)
        yield again


class _Costs:
    """What each place of the picture costs."""

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted
        live = wanted.live
        self._owners = live.owners()
        self._numbers = [shape.number for shape in live.shapes]
        self._seen = np.bincount(self._owners[self._owners >= 0], minlength=len(self._numbers))
        self._rects = np.array([shape.rect for shape in live.shapes], dtype=np.int64).reshape(-1, 4)

    def rectangles(self) -> list[Rect]:
        """Where dear px lie together, the dearest first."""
        wanted = self._wanted
        bits = np.array([wanted.paid.get(number, 0.0) for number in self._numbers] + [0.0])
        bits[:-1] /= np.maximum(self._seen, 1)
        price = squared(wanted.target, wanted.live.shown) * wanted.worth / np.float32(wanted.lam)
        price += bits.astype(np.float32)[self._owners]
        price[~wanted.where] = 0
        sums = cv2.integral(price)
        dear = (price > DEAR).astype(np.uint8)
        found: dict[Rect, float] = {}
        for reach in JOINED:
            joined = dear if reach == 1 else cv2.morphologyEx(dear, cv2.MORPH_CLOSE, np.ones((reach, reach)))
            _, _, stats, _ = cv2.connectedComponentsWithStats(joined.astype(np.uint8), connectivity=8)
            for x, y, width, height, _ in stats[1:].tolist():
                if not LEAST_SIDE <= min(width, height) <= max(width, height) <= MAX_MASK_SIDE:
                    continue
                total = sums[y + height, x + width] - sums[y, x + width] - sums[y + height, x] + sums[y, x]
                if total > LEAST_BITS + LEAST_SHARE * width * height:
                    found[x, y, x + width, y + height] = float(total)
        return sorted(found, key=lambda rect: -found[rect])[:TRIES]

    def proposal(self, rect: Rect, known: Sequence[Mask], price: Price) -> Proposal | None:
        """The best patch for a rectangle, if one gains."""
        wanted = self._wanted
        hidden = self._hidden(rect)
        x0, y0, x1, y1 = rect
        before = self._error(rect, wanted.live.shown[y0:y1, x0:x1])
        saved, under = wanted.lam * self._bits(hidden), wanted.live.shown[y0:y1, x0:x1]
        if hidden:
            saved, under = self._without(hidden, rect, saved)
        limit = (1 - GAIN_SHARE) * (before + saved) - wanted.lam * GAIN_BITS
        best = self._known(rect, under, known, price, limit) or self._fresh(rect, under, known, price, limit)
        if best is None:
            return None
        state, cost = best
        return Proposal(rect, state, tuple(hidden.values()), before + saved - cost)

    def _hidden(self, rect: Rect) -> dict[int, int]:
        """The new shapes that a patch over all of a rectangle would hide: places in the list, numbers."""
        x0, y0, x1, y1 = rect
        owners = self._owners[y0:y1, x0:x1]
        inside = np.bincount(owners[owners >= 0], minlength=len(self._seen))
        rects = self._rects
        near = (rects[:, 0] > x0 - NEAR) & (rects[:, 1] > y0 - NEAR)
        near &= (rects[:, 2] < x1 + NEAR) & (rects[:, 3] < y1 + NEAR)
        hidden = np.flatnonzero((inside >= HIDDEN * self._seen) & (inside > 0) & near)
        places = {shape.number: place for place, shape in enumerate(self._wanted.live.shapes)}
        found = {}
        for number in (self._numbers[k] for k in hidden):
            if number in self._wanted.paid and number in places:
                shape = self._wanted.live.shapes[places[number]]
                if not isinstance(shape.state.paint, TexturePaint):
                    found[places[number]] = number
        return found

    def _bits(self, hidden: Mapping[int, int]) -> float:
        """The bits that shapes would spare together: who is left of an outline's users pays for it."""
        users: dict[Outline, list[float]] = {}
        leaving: dict[Outline, int] = {}
        for place in hidden:
            outline = self._wanted.live.shapes[place].state.outline
            leaving[outline] = leaving.get(outline, 0) + 1
        for shape in self._wanted.live.shapes:
            if shape.state.outline in leaving and shape.number in self._wanted.paid:
                users.setdefault(shape.state.outline, []).append(self._wanted.paid[shape.number])
        return sum(sum(sorted(bits)[: leaving[outline]]) for outline, bits in users.items())

    def _without(self, hidden: Mapping[int, int], rect: Rect, saved: float) -> tuple[float, Picture]:
        """What is spared, less the error that comes beside ``rect``, and what is below, if shapes leave."""
        around, pixels = self._wanted.live.seen_with_all(dict.fromkeys(hidden))
        a0, b0, a1, b1 = around
        x0, y0, x1, y1 = rect
        under = self._wanted.live.shown[y0:y1, x0:x1].copy()
        left, top, right, low = max(a0, x0), max(b0, y0), min(a1, x1), min(b1, y1)
        kept = self._wanted.live.shown[b0:b1, a0:a1]
        change = self._error(around, pixels) - self._error(around, kept)
        if left < right and top < low:
            part = (slice(top - b0, low - b0), slice(left - a0, right - a0))
            inside = (left, top, right, low)
            change -= self._error(inside, pixels[part]) - self._error(inside, kept[part])
            under[top - y0 : low - y0, left - x0 : right - x0] = pixels[part]
        return saved - change, under

    def _error(self, rect: Rect, shown: Picture) -> float:
        x0, y0, x1, y1 = rect
        if x1 <= x0 or y1 <= y0:
            return 0.0
        error = squared(np.ascontiguousarray(self._wanted.target[y0:y1, x0:x1]), np.ascontiguousarray(shown))
        return float((error * self._wanted.worth[y0:y1, x0:x1]).sum(dtype=np.float64))

    def _known(
        self, rect: Rect, under: Picture, known: Sequence[Mask], price: Price, limit: float
    ) -> tuple[ShapeState, float] | None:
        """A patch that is known already, if it costs less than ``limit``."""
        x0, y0, x1, y1 = rect
        best: tuple[ShapeState, float] | None = None
        for patch in known:
            wider, higher = patch.width - (x1 - x0), patch.height - (y1 - y0)
            if max(abs(wider), abs(higher)) > SLACK:
                continue
            for dy in range(min(0, -higher), max(0, -higher) + 1):
                for dx in range(min(0, -wider), max(0, -wider) + 1):
                    error = self._error_of(patch, (dx, dy), rect, under)
                    if error + self._wanted.lam * AGAIN_BITS < (best[1] if best else limit):
                        best = self._state(patch, x0 + dx, y0 + dy), error + self._wanted.lam * AGAIN_BITS
        if best is None:
            return None
        cost = best[1] + self._wanted.lam * (price(best[0]) - AGAIN_BITS)
        return (best[0], cost) if cost < limit else None

    def _error_of(self, patch: Mask, at: tuple[int, int], rect: Rect, under: Picture) -> float:
        """The error in a rectangle with a patch at ``at`` of it; infinite if it reaches out of the frame."""
        dx, dy = at
        x0, y0, x1, y1 = rect
        width, height = self._wanted.live.size
        x, y = x0 + dx, y0 + dy
        right, low = x + patch.width, y + patch.height
        if x < 0 or y < 0 or right > width or low > height:
            return float("inf")
        whole = self._wanted.live.shown[min(y, y0) : max(low, y1), min(x, x0) : max(right, x1)].copy()
        top, left = min(y, y0), min(x, x0)
        whole[y0 - top : y1 - top, x0 - left : x1 - left] = under
        part = whole[y - top : low - top, x - left : right - left]
        part[...] = shown_by(patch, part)
        around = (left, top, max(right, x1), max(low, y1))
        beside = self._error(around, self._wanted.live.shown[top : around[3], left : around[2]])
        inside = self._error(rect, self._wanted.live.shown[y0:y1, x0:x1])
        return self._error(around, whole) - (beside - inside)

    def _fresh(
        self, rect: Rect, under: Picture, known: Sequence[Mask], price: Price, limit: float
    ) -> tuple[ShapeState, float] | None:
        """A patch made for a rectangle, if it costs less than ``limit``."""
        wanted = self._wanted
        x0, y0, x1, y1 = rect
        if limit < wanted.lam * (FRESH_BITS + FRESH_SHARE * (x1 - x0) * (y1 - y0)):
            return None
        target = np.ascontiguousarray(wanted.target[y0:y1, x0:x1])
        colours = list(dict.fromkeys(c for patch in reversed(known) for c in patch.colours))[:COLOURS]
        fit = fit_patch(target, under, wanted.worth[y0:y1, x0:x1], wanted.lam, colours, limit)
        if fit is None or fit.error + SURE * wanted.lam * fit.bits > limit:
            return None
        state = self._state(fit.patch, x0, y0)
        cost = fit.error + wanted.lam * price(state)
        return (state, cost) if cost < limit else None

    def _state(self, patch: Mask, x: int, y: int) -> ShapeState:
        """A patch with its upper left cell on a px. Its paint is not seen: the last one costs least."""
        paint = next(
            (
                Solid(shape.state.paint.colour)
                for shape in reversed(self._wanted.live.shapes)
                if isinstance(shape.state.paint, Solid)
            ),
            Solid(patch.colours[0]),
        )
        place = Transform((x + patch.width // 2) * UNITS_PER_PX, (y + patch.height) * UNITS_PER_PX)
        return ShapeState(patch, paint, place)
