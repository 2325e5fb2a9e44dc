# SPDX-License-Identifier: Apache-2.0
"""Decisions of passes to a size, made once: between vectors and textures, and between arms of a texture.

Each decision is best at its lambda, but the film's size jumps where it changes, often past the budget: six
kbps above a lambda, fifteen below. So the first passes decide as they like; then what they decided nearest
to the budget holds, and size is a continuous function of lambda again.
"""

from __future__ import annotations

import math
from itertools import compress

from mtor_transcode.analyze.rate.steering import Course, SizeSearch
from mtor_transcode.analyze.rate.traces import LAMBDA_MAX
from mtor_transcode.analyze.textures.shelf import Shelf, Way

FREE = 3
"""Passes that decide freely at most."""

NEAR = 0.5
"""A second pass whose log size is so near to the budget has decided well enough."""


class Settling:
    """Watches the ways of passes beside a search, and settles them."""

    def __init__(self, shelf: Shelf, search: SizeSearch) -> None:
        shelf.levelled = False  # Sizes are to follow lambda alone.
        self._shelf = shelf
        self._search = search
        self._ways: list[Way] = []
        self._settled = False

    def next_course(self) -> Course:
        """The course of the next pass; the last resort is not bound to anything."""
        course = self._search.next_course()
        if course.start >= LAMBDA_MAX:
            self._shelf.settled = Way()
        return course

    def note(self) -> None:
        """Take in the way of a pass that the search was told about just now."""
        self._ways.append(self._shelf.way)
        if self._settled:  # Where an arm went no further, another one holds from now on.
            self._shelf.settled.arms.update(self._shelf.way.arms)
        elif self._ripe():
            self._settled = True
            self._shelf.settled = self._chosen()
        else:
            return
        self._forget()

    def _forget(self) -> None:
        """Forget passes that went another way; if all did, those that coded scenes otherwise."""
        settled = self._shelf.settled
        for pattern in (settled, Way(settled.scenes)):
            alike = [way.agrees(pattern) for way in self._ways]
            if any(alike):
                self._search.keep(alike)
                self._ways = list(compress(self._ways, alike))
                return

    def _ripe(self) -> bool:
        """Whether there is enough to decide upon."""
        if len(self._ways) >= FREE:
            return True
        if len(self._ways) < 2:
            return False
        return not self._ways[-1].agrees(self._ways[-2]) or self._far(len(self._ways) - 1) < NEAR

    def _far(self, number: int) -> float:
        return abs(math.log(max(self._search.share(number), 1e-9)))

    def _chosen(self) -> Way:
        """Scenes as the last pass has them, windows as the pass that came nearest to the budget.

        The last pass weighed vectors and textures about where the one before, as it was coded, would have
        met the budget; an earlier one did so further off.
        """
        settled = Way()
        for way in self._ways:
            settled.scenes.update(way.scenes)
        for number in sorted(range(len(self._ways)), key=self._far, reverse=True):
            settled.arms.update(self._ways[number].arms)
        return settled
