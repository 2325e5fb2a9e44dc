# SPDX-License-Identifier: Apache-2.0
"""One scene played from a film: spans are decoded as their time comes, so the memory is that of a window."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

from mtor_transcode.render.extrapolate import Momentum
from mtor_transcode.render.film import Film, SceneEntry
from mtor_transcode.render.stage import Picture, Stage, Tick

GOES_ON = Fraction(1, 4)
"""Seconds for which a motion goes on where packets are missing, and nothing says where to."""


class ScenePlayer:
    """Plays ``entry`` of ``film`` from the last place to enter it at or before ``tick``, forwards.

    Where spans are missing, what moved goes on for a while.
    """

    def __init__(self, film: Film, entry: SceneEntry, tick: Tick) -> None:
        head = entry.head
        self._end = entry.end
        self._stage = Stage(head)
        self._momentum = Momentum(head.camera, round(GOES_ON / film.header.time_base))
        self._spans = film.spans(head.number, math.floor(tick) if tick > head.start else None)
        self._fed: int | None = head.start
        self.tick: Tick = head.start

    def at(self, tick: Tick) -> Picture:
        """The picture at a time not before ``self.tick``; from the scene's end on, its state at the end.

        ``next_change`` is None if nothing changes any more in this scene.
        """
        tick = min(tick, self._end)
        self.tick = tick
        while self._fed is not None and self._fed <= tick:
            span = next(self._spans, None)
            self._fed = None if span is None else span.end
            if span is not None:
                self._stage.feed([*self._momentum.over_gap(span), *span.tokens])
                self._momentum.take(span)
        picture = self._stage.at(tick)
        if self._fed is None:
            return picture
        change = self._fed if picture.next_change is None else min(picture.next_change, self._fed)
        return replace(picture, next_change=change)
