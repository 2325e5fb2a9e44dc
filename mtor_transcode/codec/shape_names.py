# SPDX-License-Identifier: Apache-2.0
"""The model's ids of live shapes and the coded ones, which count the shapes as they enter."""

from __future__ import annotations

from mtor_transcode.codec.scene_memory import NOBODY
from mtor_transcode.errors import UsageError
from mtor_transcode.model import Edit, Enter, Leave, Token


class ShapeNames:
    """Coded ids of the live shapes of a scene."""

    def __init__(self) -> None:
        self._coded: dict[int, int] = {}
        self._leaving: dict[int, tuple[int, int]] = {}
        self.next = 0

    def coded(self, token: Token) -> int:
        """Returns the coded id of a token's shape, ``NOBODY`` if its kind has none; nothing is changed."""
        if isinstance(token, Enter):
            if token.shape in self._coded:
                raise UsageError(f"shape {token.shape} enters at tick {token.at} but is there already")
            return self.next
        if isinstance(token, Edit | Leave):
            if token.shape not in self._coded:
                kind = type(token).__name__
                raise UsageError(f"{kind} at tick {token.at} names shape {token.shape}, which is not there")
            return self._coded[token.shape]
        return NOBODY

    def visible(self, shape: int, at: int) -> int:
        """Returns the coded id of a shape that is live or still leaving at a tick."""
        if shape in self._coded:
            return self._coded[shape]
        coded, until = self._leaving.get(shape, (NOBODY, -1))
        if until <= at:
            raise UsageError(f"shape {shape} is not there at tick {at}")
        return coded

    def live(self) -> dict[int, int]:
        """Returns the coded ids of all live shapes, without those that are leaving, by the model's id."""
        return self._coded

    def forget(self, at: int) -> None:
        """Forgets shapes that have left at a tick."""
        self._leaving = {shape: left for shape, left in self._leaving.items() if left[1] > at}

    def remember(self, token: Token) -> None:
        """Takes in a token."""
        if isinstance(token, Enter):
            self._coded[token.shape] = self.next
            self.next += 1
        elif isinstance(token, Leave):
            self._leaving[token.shape] = (self._coded.pop(token.shape), token.at + token.duration)

    def fork(self) -> ShapeNames:
        """Returns an independent copy."""
        copy = ShapeNames()
        copy._coded = self._coded.copy()
        copy._leaving = self._leaving.copy()
        copy.next = self.next
        return copy
