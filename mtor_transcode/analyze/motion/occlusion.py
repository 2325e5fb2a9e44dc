# SPDX-License-Identifier: Apache-2.0
"""Which shape lies before which: told by what is seen when one moves over another.

Shapes that do not meet in the first picture lie in any order. Where one then moves over another that should
hide it, the other is brought to the top: it leaves and enters at once, for the bits of a reference.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Final

from mtor_transcode.analyze.canvas.easel import Picture, Plane, border_of, cover_rect
from mtor_transcode.analyze.canvas.live_shapes import LiveShapes, error_change, rect_of
from mtor_transcode.analyze.motion.pose import Pose, PoseFit, Setting, cut_out, setting_of
from mtor_transcode.analyze.motion.tracks import is_stirred
from mtor_transcode.model import ShapeState, Transform
from mtor_transcode.render.rasterizer import Rect
from mtor_transcode.render.rectangles import common

BEHIND_BITS: Final = 60.0
"""What is wrong after a move must be worth so many bits for another order of shapes to be tried."""

CLEARED: Final = 0.25
"""Share of that which another order may leave: it has to explain what is seen."""

HOPEFUL: Final = 0.6
"""The same before the mover is fitted behind what hides it, which takes time."""

MOST: Final = 3
"""Shapes that are tried before a moved one."""

ORDERS: Final = 8
"""Shapes of a key for which another order is tried."""

NEAR: Final = 8
"""Px around a moved shape in which another one may lie."""


@dataclass(frozen=True, slots=True)
class Mover:
    """A shape that may go behind others.

    ``state`` is what it was, ``places`` where it may be now, ``place`` the best of them as shapes lie now, at
    ``cost`` (error and bits) inside ``setting``; ``fitted`` finds places in another setting.
    """

    index: int
    state: ShapeState
    places: list[Transform]
    place: Transform
    cost: float
    setting: Setting
    fitted: Callable[[PoseFit], list[Transform]]


class Orders:
    """Looks for shapes beneath a mover that had better lie before it, at one key.

    ``rests`` tells the numbers of those that may be asked, ``price`` the bits of bringing one to the top,
    by its number and the mover's.
    """

    def __init__(
        self,
        live: LiveShapes,
        target: Picture,
        worth: Plane,
        lam: float,
        rests: Callable[[], Collection[int]],
        price: Callable[[int, int], float],
    ) -> None:
        self._live = live
        self._target = target
        self._worth = worth
        self._lam = lam
        self._rests = rests
        self._price = price
        self._left = ORDERS

    def behind(self, mover: Mover, price: Callable[[ShapeState], float]) -> tuple[Pose, int] | None:
        """Where the mover is behind one of them, and the number of that; None if that explains no more."""
        live, state = self._live, mover.state
        rect = cover_rect(border_of(state), mover.place, live.view, live.size)
        rect = common(rect, mover.setting.rect)
        if not self._left or rect[2] <= rect[0] or rect[3] <= rect[1]:
            return None
        plain = PoseFit(live, state, cut_out(mover.setting, rect)).error(mover.place)
        rivals = self._beneath(mover) if plain >= self._lam * BEHIND_BITS else []
        self._left -= bool(rivals)
        best: tuple[float, PoseFit, Transform, int] | None = None
        for rival in rivals:
            setting = setting_of(live, mover.index, mover.setting.rect, self._target, self._worth, rival)
            fit = PoseFit(live, state, setting)
            place, part = min(mover.places, key=fit.error), PoseFit(live, state, cut_out(setting, rect))
            if fit.error(place) >= mover.cost or part.error(place) >= HOPEFUL * plain:
                continue
            costs = {
                at: fit.error(at) + self._lam * price(replace(state, transform=at))
                for at in [place, *mover.fitted(fit)]
            }
            place = min(costs, key=lambda at: costs[at])
            cost = costs[place] + self._lam * self._price(
                live.shapes[rival].number, live.shapes[mover.index].number
            )
            clear = part.error(place) < CLEARED * plain
            if clear and is_stirred(state.transform, place) and cost < (best[0] if best else mover.cost):
                best = cost, fit, place, rival
        if best is None or not self._holds(mover, best[2], best[3]):
            return None
        return best[1].known(best[2]), live.shapes[best[3]].number

    def _beneath(self, mover: Mover) -> list[int]:
        """Places in the painter's list of shapes that rest beneath a mover and had better lie before it.

        The likeliest first: those that mend most where they are painted over it.
        """
        live, rests = self._live, self._rests()
        number = live.shapes[mover.index].number
        gains: dict[int, float] = {}
        for place in dict.fromkeys([mover.place, *mover.places]):
            other = live.make(number, replace(mover.state, transform=place))
            beneath = [
                at
                for at, shape in enumerate(live.shapes[: mover.index])
                if shape.number in rests and _are_near(shape.rect, other.rect)
            ]
            if not beneath:
                continue
            rect, pixels = live.seen_with(mover.index, other)
            target, worth = rect_of(self._target, rect), rect_of(self._worth, rect)
            for at in beneath:
                gain = -float(error_change(target, pixels, live.painted(at, pixels, rect), worth))
                if gain > gains.get(at, 0.0):
                    gains[at] = gain
        return sorted(gains, key=lambda at: -gains[at])[:MOST]

    def _holds(self, mover: Mover, place: Transform, rival: int) -> bool:
        """Whether the whole picture is better so, also where the other covers what it did not."""
        live = self._live
        number = live.shapes[mover.index].number
        change = []
        for at, lifted in ((mover.place, None), (place, rival)):
            other = live.make(number, replace(mover.state, transform=at))
            rect, pixels = (
                live.seen_with(mover.index, other)
                if lifted is None
                else live.seen_lifted(mover.index, other, lifted)
            )
            parts = rect_of(self._target, rect), rect_of(live.shown, rect), pixels, rect_of(self._worth, rect)
            change.append(float(error_change(*parts)))
        return change[1] < change[0]


def lift(live: LiveShapes, number: int, following: int) -> ShapeState:
    """Bring a shape to the top of the stage under the number ``following``; its state."""
    index = live.index_of(number)
    state = live.shapes[index].state
    live.change(index, None, *live.seen_with(index, None))
    live.add(live.make(following, state))
    return state


def _are_near(one: Rect, other: Rect) -> bool:
    x0, y0, x1, y1 = other
    return one[0] < x1 + NEAR and x0 - NEAR < one[2] and one[1] < y1 + NEAR and y0 - NEAR < one[3]
