# SPDX-License-Identifier: Apache-2.0
"""Where scenes begin: cuts, fades and dissolves, found while decoding."""

from __future__ import annotations

from bisect import bisect_left, insort
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from mtor_transcode.analyze.boundaries.cuts import CUT_DELAY, CutFinder
from mtor_transcode.analyze.boundaries.dissolves import DISSOLVE_DELAY, Dissolve, DissolveFinder, thumbnail
from mtor_transcode.analyze.boundaries.small import shrink, small_picture
from mtor_transcode.ingest.frame import SourceFrame
from mtor_transcode.model import Transition

LOOKAHEAD = max(CUT_DELAY, DISSOLVE_DELAY) + 0.1
"""Seconds after which a boundary is surely known."""

CUT_LOOKAHEAD = CUT_DELAY + 0.1
"""The same where only cuts are looked for."""

# A cut this close behind the end of a dissolve (s) is its last step.
_LAST_STEP = 0.1


@dataclass(frozen=True, slots=True)
class SceneBoundary:
    """A scene begins at tick ``start``.

    With DISSOLVE, ``start`` is the last tick that shows only the scene before, and after
    ``transition_duration`` ticks only the new one is left.
    """

    start: int
    transition: Transition = Transition.CUT
    transition_duration: int = 0


class SceneFinder:
    """Tells boundaries between scenes; the first scene begins with the first frame and is not told.

    Feed frames in order. Memory is bounded by ``LOOKAHEAD`` seconds of small pictures. After each call
    ``settled`` is the tick before which all boundaries have been told.
    """

    def __init__(self, time_base: Fraction, full_range: bool = False, *, dissolves: bool = True) -> None:
        """``time_base`` in seconds per tick; ``full_range`` as in the film's ``ColourSpec``.

        Without ``dissolves`` only cuts are looked for, and known earlier.
        """
        self._time_base = time_base
        self._cut_finder = CutFinder(full_range)
        self._dissolve_finder = DissolveFinder() if dissolves else None
        self._lookahead = int((LOOKAHEAD if dissolves else CUT_LOOKAHEAD) / time_base)
        self._cuts: list[int] = []
        self._dissolves: list[tuple[int, int]] = []
        self._last_start: int | None = None
        self.settled = 0

    def feed_frame(self, frame: SourceFrame) -> list[SceneBoundary]:
        """``feed`` for a source's frame, without making a full 4:4:4 picture of it."""
        return self._feed(frame.tick, small_picture(frame))

    def feed(self, tick: int, ycc: NDArray[np.uint8]) -> list[SceneBoundary]:
        """Take the (H, W, 3) uint8 Y, Cb, Cr picture (any size) at ``tick``; return what is now known."""
        return self._feed(tick, shrink(ycc))

    def finish(self) -> list[SceneBoundary]:
        """The boundaries not yet told, when there are no more frames."""
        finder = self._dissolve_finder
        self._note(self._cut_finder.finish(), [] if finder is None else finder.finish())
        return self._told(None)

    def _feed(self, tick: int, small: NDArray[np.uint8]) -> list[SceneBoundary]:
        time = float(tick * self._time_base)
        thumb = thumbnail(small)
        finder = self._dissolve_finder
        dissolves = [] if finder is None else finder.feed(time, small, thumb)
        self._note(self._cut_finder.feed(time, small, thumb), dissolves)
        self.settled = max(self.settled, tick - self._lookahead)
        return self._told(self.settled)

    def _note(self, cuts: list[float], dissolves: list[Dissolve]) -> None:
        for time in cuts:
            insort(self._cuts, self._tick(time))
        for dissolve in dissolves:
            insort(self._dissolves, (self._tick(dissolve.start), self._tick(dissolve.end)))

    def _tick(self, time: float) -> int:
        return round(time / float(self._time_base))

    def _told(self, limit: int | None) -> list[SceneBoundary]:
        """The boundaries before tick ``limit`` (all, if None), each once and in order."""
        step = round(_LAST_STEP / float(self._time_base))
        cuts = [t for t in self._cuts if not any(a < t <= b + step for a, b in self._dissolves)]
        found = [SceneBoundary(tick) for tick in cuts]
        found += [SceneBoundary(a, Transition.DISSOLVE, b - a) for a, b in self._dissolves]
        found.sort(key=lambda boundary: (boundary.start, boundary.transition))
        told = []
        for boundary in found if limit is None else [b for b in found if b.start < limit]:
            if self._last_start is None or boundary.start > self._last_start:
                told.append(boundary)
                self._last_start = boundary.start
        self._prune(limit)
        return told

    def _prune(self, limit: int | None) -> None:
        """Forget what is told, but keep dissolves as long as they can explain a cut."""
        if limit is None:
            return
        del self._cuts[: bisect_left(self._cuts, limit)]
        old = limit - round((LOOKAHEAD + 1) / float(self._time_base))
        del self._dissolves[: bisect_left(self._dissolves, (old, old))]
