# SPDX-License-Identifier: Apache-2.0
"""Frames of a film at any time and size."""

from __future__ import annotations

from bisect import bisect_right
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from mtor_transcode.codec.limits import MAX_SIDE
from mtor_transcode.errors import UsageError
from mtor_transcode.model import Transition
from mtor_transcode.render.film import Film
from mtor_transcode.render.painter import Frame, Painter
from mtor_transcode.render.player import ScenePlayer
from mtor_transcode.render.rasterizer import Rasterizer
from mtor_transcode.render.rasterizer import rasterizer as choose
from mtor_transcode.render.stage import Tick


class FrameRenderer:
    """Renders a film. Calls in the order of time are fast; an earlier time enters its scene anew.

    ``size`` is (width, height), by default that of the film; ``rasterizer`` draws, by default the fastest.
    ``UsageError`` if the size makes no sense.
    """

    def __init__(
        self, film: Film, size: tuple[int, int] | None = None, rasterizer: Rasterizer | None = None
    ) -> None:
        header = film.header
        self.size = size or (header.width, header.height)
        if not all(1 <= side <= MAX_SIDE for side in self.size):
            raise UsageError(
                f"no picture has {self.size[0]} x {self.size[1]} px", remedy=f"sides of 1 to {MAX_SIDE} px"
            )
        self._film = film
        self._scenes = film.heads()
        self._starts = [entry.head.start for entry in self._scenes]
        self._painter = Painter(rasterizer or choose(), (header.width, header.height), self.size)
        self._player: tuple[int, ScenePlayer] | None = None
        self._below: tuple[int, Frame] | None = None
        self._still: tuple[Tick, Tick | None, Frame] | None = None

    def frame(self, tick: Tick) -> NDArray[np.uint8]:
        """The frame at a time, ``(H, W, 3)`` Y, Cb, Cr codes: read-only, contiguous, never changed later.

        The same array again means the same picture. Before the first scene it shows the start of that scene,
        after a scene (at the film's end, or where scenes are missing) the scene's state at its end; a film
        with no scenes is black.
        """
        if self._still is not None:
            start, end, frame = self._still
            if start <= tick and (end is None or tick < end):
                return frame
        if not self._scenes:
            return self._black()
        index = max(0, bisect_right(self._starts, tick) - 1)
        return self._scene_frame(index, max(tick, self._starts[index]))

    def _scene_frame(self, index: int, tick: Tick) -> Frame:
        share = self._share(index, tick)
        below = self._last_frame(index - 1) if share < 1 else None
        picture = self._entered(index, tick).at(tick)
        frame = self._painter.paint(picture, self._scenes[index].head.softness)
        self._still = None
        if below is not None:
            return _blend(below, frame, share)
        if picture.next_change is None or picture.next_change > tick:
            self._still = (tick, self._until(index, picture.next_change), frame)
        return frame

    def _until(self, index: int, change: Tick | None) -> Tick | None:
        """The end of a still picture of a scene: its next change, or the next scene."""
        following = self._starts[index + 1] if index + 1 < len(self._starts) else None
        return min((at for at in (change, following) if at is not None), default=None)

    def _share(self, index: int, tick: Tick) -> float:
        """How much of a scene is seen over the last frame of the scene before it: 1 but in a dissolve."""
        head = self._scenes[index].head
        alone = index == 0 or self._scenes[index - 1].end != head.start
        if (
            alone
            or head.transition is not Transition.DISSOLVE
            or tick >= head.start + head.transition_duration
        ):
            return 1.0
        return float(tick - head.start) / head.transition_duration

    def _last_frame(self, index: int) -> Frame:
        """The frame that a scene ends with."""
        if self._below is None or self._below[0] != index:
            entry = self._scenes[index]
            picture = self._entered(index, entry.end).at(entry.end)
            self._below = (index, self._painter.paint(picture, entry.head.softness))
        return self._below[1]

    def _entered(self, index: int, tick: Tick) -> ScenePlayer:
        """The player of a scene, not yet past a time: the one at work, or a new one."""
        if self._player is None or self._player[0] != index or self._player[1].tick > tick:
            self._player = (index, ScenePlayer(self._film, self._scenes[index], tick))
        return self._player[1]

    def _black(self) -> Frame:
        width, height = self.size
        luma = 0 if self._film.header.colour.full_range else 16
        return np.full((height, width, 3), (luma, 128, 128), np.uint8)


def _blend(below: Frame, above: Frame, share: float) -> Frame:
    blended = cast("Frame", cv2.addWeighted(below, 1 - share, above, share, 0))
    blended.flags.writeable = False
    return blended
