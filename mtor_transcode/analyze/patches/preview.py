# SPDX-License-Identifier: Apache-2.0
"""A scene's frames on their way to its coder, looked at in windows of some seconds: in which are panes?

Where the first two seconds of a window promise one, all of the window is read ahead and set aside: what a
texture of the pane is made of.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from typing import Final

from mtor_transcode.analyze.patches.panes import BLOCK, Activity, find_panes
from mtor_transcode.analyze.textures.spool import Spool
from mtor_transcode.codec.limits import MAX_PICTURES
from mtor_transcode.ingest.frame import SourceFrame
from mtor_transcode.render.rasterizer import Rect
from mtor_transcode.render.rectangles import area, common

WINDOW: Final = 8.0
LEAST_WINDOW: Final = 4.0
"""Seconds of a window; a rest shorter than this goes with the window before."""

PROMISE: Final = 2.0
"""Seconds of it that are looked at first."""

LOOK: Final = 0.08
"""Seconds from look to look at least."""

PICTURES: Final = 4
"""Pictures of a window that are looked at closely."""

INSIDE, LIKE = 0.97, 0.4
"""Share of a pane that lies in one of the window before, and of that one's area: it goes on then."""

LEAST: Final = 1.0
"""Seconds of a window with panes at least, unless they go on."""

HELD: Final = 256 << 20
MOST_BYTES: Final = 400 << 20
"""Bytes of frames that are held in memory for the first look, and set aside for a window."""


@dataclass(slots=True)
class PaneWindow:
    """A stretch of a scene from tick ``start`` up to ``end``: its panes, and its frames if it has some."""

    start: int
    end: int
    panes: tuple[Rect, ...] = ()
    spool: Spool | None = None

    def close(self) -> None:
        """Give the disk's room back."""
        if self.spool is not None:
            self.spool.close()
            self.spool = None


class Preview:
    """The frames of a scene up to tick ``end``, read ahead where needed. ``close`` frees the disk.

    ``windows`` are those that frames have come from, or will next; whoever has made use of one closes it.
    With ``looking`` off all that follows is read as it comes.
    """

    def __init__(
        self, frames: Iterator[SourceFrame], end: int, time_base: Fraction, *, looking: bool
    ) -> None:
        self.looking = looking
        self.windows: list[PaneWindow] = []
        self._frames = frames
        self._end = end
        self._time_base = time_base
        self._next: SourceFrame | None = None

    def __iter__(self) -> Iterator[SourceFrame]:
        while self.looking:
            first = self._pull()
            if first is None:
                return
            yield from self._window(first)
        if self._next is not None:
            yield self._next
        yield from self._frames

    def close(self) -> None:
        """Forget all frames."""
        for window in self.windows:
            window.close()

    def _pull(self) -> SourceFrame | None:
        frame, self._next = self._next or next(self._frames, None), None
        return frame

    def _window(self, first: SourceFrame) -> Iterator[SourceFrame]:
        """The frames of one window, from its first on."""
        window = PaneWindow(first.tick, first.tick + first.duration)
        self.windows.append(window)
        if min(first.planes[0].shape) < BLOCK:
            yield from self._passed(deque([first]), window)
            return
        held, promising = self._looked_at(first)
        if not promising:
            yield from self._passed(held, window)
            return
        spool = window.spool = Spool()
        for frame in self._passed(held, window):
            spool.add(frame)
            if spool.bytes >= MOST_BYTES or len(spool) >= MAX_PICTURES:
                break
        long = (window.end - window.start) * self._time_base >= LEAST or self._known
        window.panes = self._panes(spool) if long else ()
        frames = spool.again()
        if not window.panes:
            window.spool = None
        yield from frames
        if not window.panes:
            spool.close()

    def _looked_at(self, first: SourceFrame) -> tuple[deque[SourceFrame], bool]:
        """The first frames of a window, from ``first`` on, and whether they promise a pane."""
        activity, held, size = Activity(), deque([first]), sum(plane.nbytes for plane in first.planes)
        activity.look(first.luma8())
        looked = first.tick
        while len(held) * size < HELD and len(held) < MAX_PICTURES:
            frame = self._pull()
            if frame is None:
                break
            if (frame.tick - first.tick) * self._time_base >= PROMISE:
                self._next = frame
                break
            held.append(frame)
            if (frame.tick - looked) * self._time_base >= LOOK:
                activity.look(frame.luma8())
                looked = frame.tick
        chosen = islice(held, 0, None, -(-len(held) // PICTURES))
        promising = activity.looks > 0 and find_panes(activity, (frame.luma8() for frame in chosen)) != ()
        return held, promising

    def _passed(self, held: deque[SourceFrame], window: PaneWindow) -> Iterator[SourceFrame]:
        """The frames that are held, which lets them go, then those up to the window's end, which is told."""
        while held:
            window.end = held[0].tick + held[0].duration
            yield held.popleft()
        while self.looking:
            following = self._pull()
            if following is None:
                return
            long = (following.tick - window.start) * self._time_base >= WINDOW
            if long and (self._end - following.tick) * self._time_base >= LEAST_WINDOW:
                self._next = following
                return
            window.end = following.tick + following.duration
            yield following

    def _panes(self, spool: Spool) -> tuple[Rect, ...]:
        """The panes of a whole window."""
        activity, looked = Activity(), None
        for index, kept in enumerate(spool.frames):
            if looked is None or (kept.tick - looked) * self._time_base >= LOOK:
                activity.look(spool.luma(index))
                looked = kept.tick
        stride = -(-len(spool) // PICTURES)
        found = find_panes(activity, (spool.luma(index) for index in range(0, len(spool), stride)))
        return tuple(dict.fromkeys(_steady(rect, self._known) for rect in found))

    @property
    def _known(self) -> tuple[Rect, ...]:
        """The panes of the window before."""
        return self.windows[-2].panes if len(self.windows) > 1 else ()


def _steady(rect: Rect, known: tuple[Rect, ...]) -> Rect:
    """The pane of before that one is nearly the same as, itself else: what goes on costs less."""
    for old in known:
        if area(common(rect, old)) >= INSIDE * area(rect) >= INSIDE * LIKE * area(old):
            return old
    return rect
