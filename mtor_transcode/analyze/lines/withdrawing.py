# SPDX-License-Identifier: Apache-2.0
"""Shapes that are not worth their bits: what is at stake in a picture, what would be spared without them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mtor_transcode.analyze.canvas.easel import Picture, Plane
from mtor_transcode.analyze.canvas.live_shapes import LiveShapes, error_change, rect_of
from mtor_transcode.model import Outline
from mtor_transcode.render.rasterizer import Rect


@dataclass(frozen=True, slots=True)
class Stakes:
    """What a picture should be: ``target`` (H, W, 3), what an error is ``worth`` (H, W), distortion a bit."""

    target: Picture
    worth: Plane
    lam: float


def withdraw(live: LiveShapes, stakes: Stakes, paid: Mapping[int, float]) -> float:
    """Take those of the shapes in ``paid`` off the stage that are not worth their bits.

    Each was accepted for what it showed when it was painted; others have covered it since, or what was to
    cover it did not pay. Returns by how much that changes the error.
    """
    total, prices = 0.0, Prices(live, paid)
    for index in range(len(live.shapes) - 1, -1, -1):
        if live.shapes[index].number not in paid:
            continue
        rect, pixels = live.seen_with(index, None)
        change = change_of(live, stakes, rect, pixels)
        outline = live.shapes[index].state.outline
        if change < stakes.lam * prices.least(outline):
            prices.spare(outline)
            live.change(index, None, rect, pixels)
            total += change
    return total


class Prices:
    """What new shapes that leave would spare: the first user of an outline paid for it, but without that one
    another would.
    """

    def __init__(self, live: LiveShapes, paid: Mapping[int, float]) -> None:
        self._users: dict[Outline, list[float]] = {}
        for shape in live.shapes:
            if shape.number in paid:
                self._users.setdefault(shape.state.outline, []).append(paid[shape.number])

    def least(self, outline: Outline) -> float:
        """The bits that one shape of an outline would spare."""
        return min(self._users[outline])

    def spare(self, outline: Outline) -> float:
        """The same, and that one is gone."""
        bits = self.least(outline)
        self._users[outline].remove(bits)
        return bits


def change_of(live: LiveShapes, stakes: Stakes, rect: Rect, pixels: Picture) -> float:
    """By how much the error changes if ``rect`` shows ``pixels``."""
    target, worth = rect_of(stakes.target, rect), rect_of(stakes.worth, rect)
    return float(error_change(target, rect_of(live.shown, rect), pixels, worth))
