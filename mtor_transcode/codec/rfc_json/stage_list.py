# SPDX-License-Identifier: Apache-2.0
"""The painter's list of a scene while its tokens are read: who is on the screen, who lies above whom."""

from __future__ import annotations

from mtor_transcode.codec.rfc_json import limits
from mtor_transcode.errors import FormatError


class StageList:
    """Ids of live shapes, bottom to top. A shape that fades out stays in the list until it is gone."""

    def __init__(self) -> None:
        self._order: list[int] = []
        self._present: set[int] = set()
        self._leaving: list[tuple[int, int]] = []
        self._next = 0

    def __contains__(self, shape: int) -> bool:
        return shape in self._present

    def advance(self, at: int) -> None:
        """Take out the shapes that are gone at ``at``."""
        gone = [shape for end, shape in self._leaving if end <= at]
        if gone:
            self._leaving = [(end, shape) for end, shape in self._leaving if end > at]
            for shape in gone:
                self._order.remove(shape)

    def fresh(self) -> int:
        """An id that no shape of the scene has had."""
        return self._next

    def above(self, shape: int) -> int:
        """How many shapes lie above ``shape``."""
        return len(self._order) - 1 - self._order.index(shape)

    def enter(self, shape: int, under: int, where: str) -> None:
        """Add a shape below the topmost ``under`` ones (at the bottom if there are fewer)."""
        if shape in self._present:
            raise FormatError(
                f"shape {shape} enters but is there already", where=where, remedy="let it leave first"
            )
        if len(self._order) >= limits.LIVE_SHAPES or self._next > limits.INTEGER:
            raise FormatError(
                "too many shapes at one time",
                where=where,
                remedy=f"at most {limits.LIVE_SHAPES} are drawn; let some leave or split the scene",
            )
        self._forget_ghost(shape)
        self._order.insert(max(0, len(self._order) - under), shape)
        self._present.add(shape)
        self._next = max(self._next, shape + 1)

    def leave(self, shape: int, end: int, where: str) -> None:
        """A shape goes; it is gone at ``end``."""
        self.need(shape, where)
        self._present.remove(shape)
        self._leaving.append((end, shape))

    def need(self, shape: int, where: str) -> None:
        """Raise FormatError if ``shape`` is not there."""
        if shape not in self._present:
            raise FormatError(f"shape {shape} is not on the screen", where=where, remedy="let it enter first")

    def _forget_ghost(self, shape: int) -> None:
        """A shape that still fades out under the same id is replaced."""
        if any(ghost == shape for _, ghost in self._leaving):
            self._leaving = [(end, ghost) for end, ghost in self._leaving if ghost != shape]
            self._order.remove(shape)
