# SPDX-License-Identifier: Apache-2.0
"""What becomes of live shapes by the next key: they move, go behind others, change colour, or leave."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mtor_transcode.analyze.decisions import Decisions
from mtor_transcode.analyze.easel import Picture, Plane
from mtor_transcode.analyze.live import LiveShape, LiveShapes, error_change, rect_of
from mtor_transcode.analyze.misfit import misfit
from mtor_transcode.analyze.moves import MoveFinder, candidates_of
from mtor_transcode.analyze.occlusion import lift, rivals
from mtor_transcode.analyze.paints import recoloured
from mtor_transcode.analyze.patches import MAX_PATCHES, pictures
from mtor_transcode.analyze.tracks import Times, is_stirred
from mtor_transcode.model import Edit, Enter, Leave, ShapeState, TexturePaint, Token
from mtor_transcode.render.rasterizer import Rect

LEAST_BITS: Final = 12.0
"""No edit costs less: shapes whose whole error is worth less are left alone."""

BEHIND_BITS: Final = 60.0
"""What is wrong after a move must be worth so many bits for another order of shapes to be tried."""

ORDERS: Final = 4
"""Shapes of a key for which another order is tried."""

CLEARED: Final = 0.25
"""Share of that which another order may leave: it has to explain what is seen."""

MAX_LIVE: Final = 1200
"""Shapes that nobody sees any more leave when more than this many are live."""

LOOKED_AT: Final = 64
FITS: Final = 24
"""Shapes of a key that may change, and whose places are fitted to the picture: those with most at stake."""

CONTINUED_BITS: Final = 3.0
"""What a move costs that goes on as before: the smoothing of tracks makes one token of both."""


class ShapeEdits(Decisions):
    """Decisions on the shapes that are there; the last ones were made for the picture ``target``."""

    def __init__(self, live: LiveShapes, lam: float, target: Picture) -> None:
        super().__init__(live, lam)
        self._decided = target
        self._orders = 0

    def _edit_shapes(self, target: Picture, worth: Plane, moved: NDArray[np.bool_], times: Times) -> None:
        """Let shapes in the changed area leave, move or change colour."""
        owners = self.live.owners()
        count = len(self.live.shapes)
        if count == 0:
            return
        self._carry_hidden(owners, target, worth, times)
        error = misfit(target, self.live.shown) * worth
        candidates, at_stake = candidates_of(owners, count, moved, error, self.lam * LEAST_BITS)
        candidates = np.array([i for i in candidates if self.live.shapes[i].number not in self._panes])
        if not len(candidates):
            return
        by_stake = candidates[np.argsort(-at_stake[candidates], kind="stable")]
        candidates, thorough = np.sort(by_stake[:LOOKED_AT]), by_stake[:FITS]
        finder = MoveFinder(self.live, self._decided, target, worth, owners, self.lam, thorough)
        numbers = [self.live.shapes[i].number for i in candidates]
        begun, self._orders = len(self._tokens), 0
        for place, owner in enumerate(candidates):
            move = partial(
                self._try_moving, numbers[place], finder, int(owner), float(at_stake[owner]), times
            )
            rests = self._resting(begun, times)
            for old, new in self._move_behind(numbers[place], move, target, worth, times, rests).items():
                numbers = [new if number == old else number for number in numbers]
        for number in reversed(numbers):
            if not self._try_leaving(number, target, worth, times):
                self._try_colour(number, target, worth, times)
        self._drop_hidden(times)

    def _try_moving(self, number: int, finder: MoveFinder, owner: int, stake: float, times: Times) -> None:
        """Take the best of the proposed moves over, if it pays."""
        index = self.live.index_of(number)
        shape = self.live.shapes[index]
        expected = self._tracks.expected(number, times.since, times.at)

        def price(fresh: ShapeState) -> float:
            if fresh.transform == expected and fresh.outline == shape.state.outline:
                return CONTINUED_BITS
            return self._token_price(Edit(times.since, times.at - times.since, number, fresh))

        pose = finder.best(index, owner, stake, expected, price)
        if pose is None:
            return
        fresh = replace(shape.state, transform=pose.place, outline=pose.outline or shape.state.outline)
        other = self.live.make(number, fresh)
        rect, pixels = self.live.seen_with(index, other)
        self._tracks.moved(number, times.since, times.at, shape.state.transform, pose)
        self.live.change(index, other, rect, pixels)
        self._emit(Edit(times.since, times.at - times.since, number, other.state))

    def _resting(self, begun: int, times: Times) -> set[int]:
        """The shapes that do not move, and of which nothing has been decided since token ``begun``."""
        edited = {token.shape for token in self._tokens[begun:] if isinstance(token, Edit)}
        stirred = edited | self._tracks.movers(times.since) | self._panes
        return {shape.number for shape in self.live.shapes} - stirred

    def _move_behind(
        self,
        number: int,
        move: Callable[[], None],
        target: Picture,
        worth: Plane,
        times: Times,
        rests: Collection[int],
    ) -> dict[int, int]:
        """Move a shape; if it goes on, behind one that ``rests`` and lay beneath it, if that explains more.

        Returns the old number of that one and its new one.
        """
        expected = self._tracks.expected(number, times.since, times.at)
        if expected is None or self._orders >= ORDERS:
            move()
            return {}
        before, put_back = self.live.shown.copy(), self._held(self.live)
        shape = self.live.shapes[self.live.index_of(number)]
        move()
        moved = self.live.shapes[self.live.index_of(number)]
        left = self._left(target, worth, moved.rect)
        if left < self.lam * BEHIND_BITS:
            return {}
        self._orders += 1
        least = float(error_change(target, before, self.live.shown, worth))
        best, chosen = self._held(self.live), -1
        put_back()
        places = {moved.state.transform, expected}
        states = [replace(shape.state, transform=place) for place in places]
        for rival in rivals(self.live, number, states, target, worth, rests):
            bits = self._lift(rival, times)
            move()
            gone = self.live.shapes[self.live.index_of(number)].state.transform
            cost = float(error_change(target, before, self.live.shown, worth)) + self.lam * bits
            clear = self._left(target, worth, moved.rect) < CLEARED * left
            if cost < least and clear and is_stirred(shape.state.transform, gone):
                least, chosen, best = cost, rival, self._held(self.live)
            put_back()
        best()
        return {} if chosen < 0 else {chosen: self._next - 1}

    def _left(self, target: Picture, worth: Plane, rect: Rect) -> float:
        """What is wrong in a rectangle."""
        part = rect_of(misfit(target, self.live.shown) * worth, rect)
        return float(part.sum(dtype=np.float64))

    def _lift(self, number: int, times: Times) -> float:
        """Let a shape leave and enter anew at once, on top of all others: the bits of that."""
        state = lift(self.live, number, self._next)
        spent = self.bits
        self._emit(Leave(times.since, number))
        self._emit(Enter(times.since, self._next, state))
        del self._paid[self._next]
        self._next += 1
        return self.bits - spent

    def _carry_hidden(self, owners: NDArray[np.int32], target: Picture, worth: Plane, times: Times) -> None:
        """Let shapes that moved behind others and are not seen now go on as they went."""
        seen = np.bincount(owners[owners >= 0], minlength=len(self.live.shapes))
        for index in np.flatnonzero(seen == 0).tolist():
            shape = self.live.shapes[index]
            place = self._tracks.coasting(shape.number, times.at)
            x0, y0, x1, y1 = shape.rect
            if place is None or place == shape.state.transform or x1 <= x0 or y1 <= y0:
                continue
            other = self.live.make(shape.number, replace(shape.state, transform=place))
            rect, pixels = self.live.seen_with(index, other)
            now = rect_of(self.live.shown, rect)
            if error_change(rect_of(target, rect), now, pixels, rect_of(worth, rect)) > 0:
                continue
            self._tracks.coasted(shape.number, times.at, place)
            self.live.change(index, other, rect, pixels)
            self._emit(Edit(times.since, times.at - times.since, shape.number, other.state))

    def _try_leaving(self, number: int, target: Picture, worth: Plane, times: Times) -> bool:
        return self._try(self.live.index_of(number), None, Leave(times.middle, number), target, worth)

    def _try_colour(self, number: int, target: Picture, worth: Plane, times: Times) -> None:
        index = self.live.index_of(number)
        shape = self.live.shapes[index]
        x0, y0, x1, y1 = shape.rect
        if x1 <= x0 or y1 <= y0 or isinstance(shape.state.paint, TexturePaint):
            return
        cover = self.live.cover_of(shape)
        _, under = self.live.seen_with(index, None)
        visible = cover.copy()
        shown, weight = self.live.shown[y0:y1, x0:x1], worth[y0:y1, x0:x1]
        visible[np.any(self.live.composited(shape, under) != shown, axis=2)] = 0
        paint = recoloured(shape.state.paint, target[y0:y1, x0:x1], shown, under, visible, weight)
        if paint is None or paint == shape.state.paint:
            return
        fresh = replace(shape.state, paint=paint)
        token = Edit(times.since, times.at - times.since, number, fresh)
        if self._try(index, fresh, token, target, worth):
            area = float((visible * weight).sum(dtype=np.float64)) / 255
            self._tracks.recoloured(number, times.at, area)

    def _try(self, index: int, state: ShapeState | None, token: Token, target: Picture, worth: Plane) -> bool:
        """See a shape in another state (None: gone), and take it over if that pays."""
        shape = self.live.shapes[index]
        other: LiveShape | None = None if state is None else self.live.make(shape.number, state)
        rect, pixels = self.live.seen_with(index, other)
        change = error_change(
            rect_of(target, rect), rect_of(self.live.shown, rect), pixels, rect_of(worth, rect)
        )
        if change >= 0 or change + self.lam * self._token_price(token) >= 0:
            return False
        self.live.change(index, other, rect, pixels)
        self._emit(token)
        return True

    def _drop_hidden(self, times: Times) -> None:
        if len(self.live.shapes) <= MAX_LIVE and len(pictures(self.live)) < MAX_PATCHES // 2:
            return
        owners = self.live.owners()
        seen = np.bincount(owners[owners >= 0], minlength=len(self.live.shapes))
        for index in reversed(np.flatnonzero(seen == 0)):
            shape = self.live.shapes[index]
            if shape.number in self._panes:
                continue
            rect, pixels = self.live.seen_with(index, None)
            self.live.change(index, None, rect, pixels)
            self._emit(Leave(times.middle, shape.number))
