# SPDX-License-Identifier: Apache-2.0
"""What becomes of live shapes by the next key: they move, go behind others, change colour, or leave."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mtor_transcode.analyze.canvas.easel import Picture, Plane
from mtor_transcode.analyze.canvas.live_shapes import (
    LiveShape,
    LiveShapes,
    agreement_change,
    error_change,
    rect_of,
)
from mtor_transcode.analyze.canvas.misfit import misfit
from mtor_transcode.analyze.motion.glance import Glance
from mtor_transcode.analyze.motion.hoisting import Meetings, beneath_it, entering_later
from mtor_transcode.analyze.motion.moves import Asked, MoveFinder, candidates_of
from mtor_transcode.analyze.motion.occlusion import Orders, lift
from mtor_transcode.analyze.motion.together import Voter, common_shifts, go_along, gone_on
from mtor_transcode.analyze.motion.tracks import Times, is_sayable, is_stirred
from mtor_transcode.analyze.paints.simple import recoloured
from mtor_transcode.analyze.patches.stills import MAX_PATCHES, pictures
from mtor_transcode.analyze.scene.decisions import Decisions
from mtor_transcode.model import Edit, Enter, Leave, ShapeState, TexturePaint, Token, Transform
from mtor_transcode.render.rectangles import area, common

LEAST_BITS: Final = 12.0
"""No edit costs less: shapes whose whole error is worth less are left alone."""

MAX_LIVE: Final = 1200
"""Shapes that nobody sees any more leave when more than this many are live."""

LOOKED_AT: Final = 64
FITS: Final = 24
"""Shapes of a key that may change, and whose places are fitted to the picture: those with most at stake."""

CONTINUED_BITS: Final = 3.0
"""What a move costs that goes on as before: the smoothing of tracks makes one token of both."""

LATER_BITS: Final = 4.0
"""What it costs, about, that a shape enters after others instead of before."""


class ShapeEdits(Decisions):
    """Decisions on the shapes that are there; the last ones were made for the picture ``target``."""

    def __init__(self, live: LiveShapes, lam: float, target: Picture) -> None:
        super().__init__(live, lam)
        self._decided = target
        self._meetings = Meetings()

    def _edit_shapes(
        self,
        target: Picture,
        worth: Plane,
        moved: NDArray[np.bool_],
        times: Times,
        glance: Glance | None = None,
    ) -> None:
        """Let shapes in the changed area leave, move or change colour."""
        owners = self.live.owners()
        count = len(self.live.shapes)
        if count == 0:
            return
        hidden = self._hidden(owners)
        self._carry_hidden(hidden, owners, target, worth, times)
        error = misfit(target, self.live.shown) * worth
        candidates, at_stake = candidates_of(owners, count, moved, error, self.lam * LEAST_BITS)
        candidates = np.array([i for i in candidates if self.live.shapes[i].number not in self._panes])
        if not len(candidates):
            return
        by_stake = candidates[np.argsort(-at_stake[candidates], kind="stable")]
        candidates, thorough = np.sort(by_stake[:LOOKED_AT]), by_stake[:FITS]
        asked = [Voter(self.live.shapes[i], int(i), float(at_stake[i])) for i in candidates]
        stirred = self._move_together(asked, thorough, owners, target, worth, times, glance)
        orders = Orders(
            self.live,
            target,
            worth,
            self.lam,
            partial(self._resting, stirred, times),
            partial(self._lift_price, target, worth),
        )
        finder = MoveFinder(
            self.live, self._decided, target, worth, owners, self.lam, thorough, orders, glance
        )
        now = {one.shape.number: one.shape.number for one in asked}

        def lift_over(rival: int, mover: int) -> int:
            return self._lift(rival, mover, target, worth, times)

        for one in sorted(asked, key=lambda one: one.shape.number not in stirred):
            self._try_moving(one, finder, times, stirred, now, lift_over)
        self._meetings.note(self.live, stirred, target, worth)
        for number in [*reversed(now.values()), *self._uncovered(hidden, asked)]:
            if not self._try_leaving(number, target, worth, times):
                self._try_colour(number, target, worth, times)
        self._drop_hidden(times)

    def _move_together(
        self,
        asked: list[Voter],
        thorough: NDArray[np.intp],
        owners: NDArray[np.int32],
        target: Picture,
        worth: Plane,
        times: Times,
        glance: Glance | None,
    ) -> set[int]:
        """Let shapes go on all at once, then with what moves as they do; the numbers of those that moved.

        No token tells of it yet: each is looked at alone, from there, and may go back.
        """
        live = self.live
        held = {one.index: one.shape for one in asked}
        places: dict[int, Transform] = {}
        for index, shape in held.items():
            place = self._tracks.expected(shape.number, times.since, times.at)
            if place is not None and place != shape.state.transform:
                places[index] = place
        gone_on(live, places, target, worth)
        voters = [one for one in asked if one.index in set(thorough.tolist())]
        for sight in (None,) if glance is None else (None, glance):
            for shift, members in common_shifts(live, self._decided, target, owners, voters, sight):
                go_along(live, held, members, shift, target, worth)
        return {shape.number for index, shape in held.items() if live.shapes[index] is not shape}

    def _try_moving(
        self,
        one: Voter,
        finder: MoveFinder,
        times: Times,
        stirred: set[int],
        now: dict[int, int],
        lift_over: Callable[[int, int], int],
    ) -> None:
        """Take the best of the proposed moves of one shape over, if it pays.

        ``stirred`` learns who moves, ``now`` the new number of what comes to the top,
        by ``lift_over``.
        """
        number = now[one.shape.number]
        held = one.shape if number == one.shape.number else replace(one.shape, number=number)
        index = self.live.index_of(number)
        expected = self._tracks.expected(number, times.since, times.at)

        def price(fresh: ShapeState) -> float:
            if fresh.transform == expected and fresh.outline == held.state.outline:
                return CONTINUED_BITS
            return self._token_price(Edit(times.since, times.at - times.since, number, fresh))

        found = finder.best(Asked(index, one.index, one.stake, held, expected, price))
        if found is None or not is_sayable(found[0].place):
            if self.live.shapes[index].state != held.state:
                self.live.change(index, held, *self.live.seen_with(index, held))
            return
        pose, rival = found
        if rival is not None:
            lifted = lift_over(rival, number)
            now.update({old: lifted for old, new in now.items() if new == rival})
            index = self.live.index_of(number)
        fresh = replace(held.state, transform=pose.place, outline=pose.outline or held.state.outline)
        other = self.live.make(number, fresh)
        rect, pixels = self.live.seen_with(index, other)
        if is_stirred(held.state.transform, pose.place):
            stirred.add(number)
        self._tracks.moved(number, times.since, times.at, held.state.transform, pose)
        self.live.change(index, other, rect, pixels)
        self._emit(Edit(times.since, times.at - times.since, number, other.state))

    def _resting(self, moved: set[int], times: Times) -> set[int]:
        """The shapes that do not move."""
        stirred = moved | self._tracks.movers(times.since) | self._panes
        return {shape.number for shape in self.live.shapes} - stirred

    def _lift_price(self, target: Picture, worth: Plane, number: int, mover: int) -> float:
        """The bits of letting a shape leave and enter anew at once, or of entering later at first."""
        state = self._state(number)
        price = self._token_price(Leave(0, number)) + self._token_price(Enter(0, self._next, state))
        return min(price, self._later_price(number, mover, target, worth))

    def _later_price(self, number: int, mover: int, target: Picture, worth: Plane) -> float:
        """What it costs, in bits, that a shape has entered before the others of its tick."""
        others = beneath_it(self._tokens, number, mover)
        if others is None:
            return math.inf
        worse = self._meetings.worse(self.live, number, others, target, worth)
        return LATER_BITS + max(worse, 0.0) / self.lam

    def _lift(self, number: int, mover: int, target: Picture, worth: Plane, times: Times) -> int:
        """Let a shape leave and enter anew at once, on top of all others: its new number.

        If it had better entered later, it did.
        """
        anew, bits = self._next, self.bits
        tokens = None
        leave, enter = Leave(times.since, number), Enter(times.since, anew, self._state(number))
        price = self._token_price(leave) + self._token_price(enter)
        if self._later_price(number, mover, target, worth) < price:
            tokens = entering_later(self._tokens, number, anew)
        lift(self.live, number, anew)
        self._emit(leave)
        self._emit(enter)
        del self._paid[anew]
        self._next += 1
        if tokens is not None:
            self._tokens, self.bits = tokens, bits
            self._tracks.renamed(number, anew)
        self._meetings.renamed(number, anew)
        return anew

    def _state(self, number: int) -> ShapeState:
        return self.live.shapes[self.live.index_of(number)].state

    def _carry_hidden(
        self,
        hidden: list[LiveShape],
        owners: NDArray[np.int32],
        target: Picture,
        worth: Plane,
        times: Times,
    ) -> None:
        """Let shapes that moved behind others and are not seen now go on as they went."""
        movers = self._tracks.movers(times.since)
        for shape in hidden:
            index = self.live.index_of(shape.number)
            place = self._tracks.coasting(shape.number, times.at)
            x0, y0, x1, y1 = shape.rect
            if place is None or place == shape.state.transform or x1 <= x0 or y1 <= y0:
                continue
            before = int(np.median(owners[y0:y1, x0:x1]))
            if before >= 0 and self.live.shapes[before].number in movers:
                continue  # It lies beneath a shape that moves as well, and goes with that or not at all.
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
        rect, pixels = self.live.seen_with(index, self.live.make(number, fresh))
        seen = rect_of(self.live.shown, rect)
        if agreement_change(rect_of(target, rect), seen, pixels, rect_of(worth, rect)) >= 0:
            return  # Most of it has the colour still: something else lies on it.
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

    def _hidden(self, owners: NDArray[np.int32]) -> list[LiveShape]:
        """The shapes that nobody sees."""
        seen = np.bincount(owners[owners >= 0], minlength=len(self.live.shapes))
        shapes = [self.live.shapes[index] for index in np.flatnonzero(seen == 0)]
        return [shape for shape in shapes if shape.number not in self._panes]

    def _uncovered(self, hidden: list[LiveShape], asked: list[Voter]) -> list[int]:
        """Numbers of the ``hidden`` shapes that lay where one of the ``asked`` was that has moved."""
        now = {shape.number: shape.state.transform for shape in self.live.shapes}
        left = [one.shape.rect for one in asked if now.get(one.shape.number) != one.shape.state.transform]
        return [
            shape.number
            for shape in hidden
            if shape.number in now
            and any(area(common(shape.rect, rect)) > area(shape.rect) / 2 for rect in left)
        ]

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
