# SPDX-License-Identifier: Apache-2.0
"""Shapes that had better lain on top from the first: the tokens of a span are still there to say so.

That one shape lies before another shows when they meet. If nothing has shown the contrary before, the one may
as well have entered after the other, and that costs nothing; bringing it to the top now costs leaving and
entering.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from mtor_transcode.analyze.canvas.easel import Picture, Plane
from mtor_transcode.analyze.canvas.live_shapes import LiveShape, LiveShapes, error_change, rect_of
from mtor_transcode.model import Edit, Enter, Token
from mtor_transcode.render.rectangles import area, common


class Meetings:
    """What pictures told of shapes that met: by how much they were better as the shapes lay."""

    def __init__(self) -> None:
        self._told: dict[tuple[int, int], float] = {}

    def note(self, live: LiveShapes, movers: Collection[int], target: Picture, worth: Plane) -> None:
        """Take in a picture, of the ``movers`` and what lies beneath them."""
        for place, shape in enumerate(live.shapes):
            if shape.number not in movers:
                continue
            for index, other in enumerate(live.shapes[:place]):
                if area(common(shape.rect, other.rect)):
                    pair = other.number, shape.number
                    change = _change(live, index, shape, target, worth)
                    self._told[pair] = self._told.get(pair, 0.0) + change

    def worse(
        self, live: LiveShapes, number: int, others: Collection[int], target: Picture, worth: Plane
    ) -> float:
        """By how much what was seen would be worse if a shape had lain before ``others``.

        What has not moved is seen in the present picture.
        """
        index, total = live.index_of(number), 0.0
        met = {upper for lower, upper in self._told if lower == number}
        for shape in live.shapes[index + 1 :]:
            rested = shape.number in others and shape.number not in met
            if rested and area(common(shape.rect, live.shapes[index].rect)):
                total += max(_change(live, index, shape, target, worth), 0.0)
        return total + sum(self._told[number, upper] for upper in met if upper in others)

    def renamed(self, old: int, new: int) -> None:
        """Remember what is known of a shape under another number."""
        self._told = {
            (new if lower == old else lower, new if upper == old else upper): change
            for (lower, upper), change in self._told.items()
        }

    def fork(self) -> Meetings:
        """Returns an independent copy."""
        copy = Meetings()
        copy._told = self._told.copy()
        return copy


def beneath_it(tokens: Sequence[Token], number: int, mover: int) -> list[int] | None:
    """The shapes beneath one if it had entered after all that entered at the same tick; None if it did not
    enter among ``tokens``, or before ``mover`` did.

    Whatever entered later stays above it.
    """
    entered = _entrance(tokens, number)
    if entered is None:
        return None
    later = [token for token in tokens[entered + 1 :] if isinstance(token, Enter) and not token.under]
    at = tokens[entered].at
    if any(token.shape == mover and token.at > at for token in later):
        return None
    return [token.shape for token in later if token.at == at and token.shape != mover]


def entering_later(tokens: Sequence[Token], number: int, anew: int) -> list[Token]:
    """The tokens with a shape, now called ``anew``, entering after all others of its tick."""
    entered = _entrance(tokens, number)
    assert entered is not None
    enter = tokens[entered]
    assert isinstance(enter, Enter)
    renamed = [
        replace(token, shape=anew) if isinstance(token, Edit) and token.shape == number else token
        for token in tokens
        if token is not enter
    ]
    same = (place for place, token in enumerate(renamed) if isinstance(token, Enter) and token.at == enter.at)
    place = max(max(same, default=-1) + 1, entered)
    return [*renamed[:place], replace(enter, shape=anew), *renamed[place:]]


def _entrance(tokens: Sequence[Token], number: int) -> int | None:
    """Where a shape enters, at once, among tokens."""
    for at, token in enumerate(tokens):
        if isinstance(token, Enter) and token.shape == number:
            return at if not token.duration and not token.under else None
    return None


def _change(live: LiveShapes, lower: int, upper: LiveShape, target: Picture, worth: Plane) -> float:
    """By how much the picture would be worse with a shape before one that lies above it, where they meet."""
    rect = common(live.shapes[lower].rect, upper.rect)
    now = rect_of(live.shown, rect)
    pixels = live.painted(lower, now, rect)
    return float(error_change(rect_of(target, rect), now, pixels, rect_of(worth, rect)))
