# SPDX-License-Identifier: Apache-2.0
"""Scenes of pictures that come one by one: each picture is held until it is known whether a scene begins."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from fractions import Fraction

from mtor_transcode.analyze.boundaries.finding import SceneBoundary, SceneFinder
from mtor_transcode.ingest.frame import SourceFrame


class LiveScenes:
    """Gives out scenes in order, and their frames; only cuts part them, as dissolves are known too late.

    A frame is held for ``CUT_LOOKAHEAD`` seconds. ``end`` is the tick at which the last frame given out ends,
    ``count`` how many were.
    """

    def __init__(self, frames: Iterator[SourceFrame], time_base: Fraction, full_range: bool) -> None:
        self._source = frames
        self._finder = SceneFinder(time_base, full_range, dissolves=False)
        self._held: deque[SourceFrame] = deque()
        self._boundaries: deque[SceneBoundary] = deque([SceneBoundary(0)])
        self._over = False
        self.end = 0
        self.count = 0

    def next(self) -> SceneBoundary | None:
        """How the next scene begins; None at the end. All frames before it have to be taken first."""
        if self._ready() is None:
            return None
        return self._boundaries.popleft()

    def first(self) -> SourceFrame:
        """The next frame, which stays to be taken; after ``next`` there is one."""
        return self._held[0]

    def frames(self) -> Iterator[SourceFrame]:
        """The frames of the scene under way that have not been taken yet."""
        while (frame := self._ready()) is not None:
            if self._boundaries and frame.tick >= self._boundaries[0].start:
                return
            self._held.popleft()
            self.end = frame.tick + frame.duration
            self.count += 1
            yield frame

    def _ready(self) -> SourceFrame | None:
        """The next frame, once it is known whether a scene begins with it."""
        while not self._over and not (self._held and self._held[0].tick < self._finder.settled):
            frame = next(self._source, None)
            if frame is None:
                self._over = True
                self._boundaries.extend(self._finder.finish())
            else:
                self._held.append(frame)
                self._boundaries.extend(self._finder.feed_frame(frame))
        return self._held[0] if self._held else None
