# SPDX-License-Identifier: Apache-2.0
"""A scene in vectors under way: from key to key, its tokens waiting in its coder until they are written."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from functools import partial

import numpy as np

from mtor_transcode.analyze.boundaries.start import Start
from mtor_transcode.analyze.canvas.library import OutlineLibrary
from mtor_transcode.analyze.motion.lookahead import Key, Lookahead
from mtor_transcode.analyze.motion.outlook import outlook_from
from mtor_transcode.analyze.motion.tracks import Times
from mtor_transcode.analyze.paints.backdrop import background_of
from mtor_transcode.analyze.patches.stills import LASTING
from mtor_transcode.analyze.scene.pane_layer import PaneLayer
from mtor_transcode.analyze.scene.scene_coder import SceneCoder
from mtor_transcode.analyze.shapes.soften import best_softness
from mtor_transcode.codec.price import Pricer
from mtor_transcode.model import SceneStart

INTERVALS = {"fast": 0.5, "balanced": 0.34, "best": 0.25}
"""Seconds between key times while the picture moves, at ``INTERVAL_LAMBDA``."""

INTERVAL_LAMBDA = 1000.0
INTERVAL_POWER = 0.35
"""Keys come closer as lambda falls: with finer pictures, errors between them weigh more."""

AFTER = 0.5
"""Ticks after a scene's start at which, for rate control, its first state has been coded."""


class VectorScene:
    """Decides, key by key, how a scene of ``frames`` (at least one) is drawn; writes nothing.

    ``head`` is how it begins, in ``first_bits``, ``tick`` how far it is. ``lam`` is the lambda it begins
    with; ``prices`` tells the prices of a scene that begins so. What it draws with goes into ``library``.
    With ``stills`` parts of it may be AV1 stills. In ``panes`` it shows textures; ``look`` sees them held
    still.
    """

    def __init__(
        self,
        start: Start,
        look: Lookahead,
        time_base: Fraction,
        preset: str,
        lam: float,
        library: OutlineLibrary,
        prices: Callable[[SceneStart], Pricer],
        *,
        stills: bool = False,
        panes: PaneLayer | None = None,
    ) -> None:
        self.library = library
        self._look = look
        self._time_base = time_base
        self._interval_seconds = INTERVALS[preset]
        self._average = preset != "fast"
        self._index = 0
        target, worth = look.target(0, self._average), look.worth(0)
        background = background_of(target)
        head = start.head(background)
        self.coder = SceneCoder(library, target, lam, background, refine=self._average)
        self._stills = stills
        self._allow_stills(0)
        outlook = outlook_from(look, 0, background)
        covered = None if panes is None else panes.covered(look[0].frame.tick, worth.shape)
        self.coder.begin(prices(head), target, worth, start.tick, outlook, covered)
        seen = worth if covered is None else np.where(covered, np.float32(0), worth)
        self.head = replace(head, softness=best_softness(target, self.coder.live.shown, seen))
        self.first_bits = self.coder.bits
        self._told = [(start.tick + AFTER, self.coder.bits)]
        self._panes = panes
        self.tick = start.tick
        self._renew_panes(look[0].frame.tick)

    def advance(self) -> bool:
        """Go on to the next key, or as far as can be seen that nothing changes; False at the scene's end."""
        look = self._look
        if self._renew_panes(self.tick):
            # What was beneath panes that are gone shows.
            self._decide(Key(self._index, self._index, True), after=AFTER)
        key = self._up_to_panes(look.next_key(self._index, self._interval()))
        if key is None:
            far = self._before_panes(look.reach(self._index))
            if not look.has(far + 1):
                return False
            self._index = far
        else:
            self._decide(key)
        self.tick = look[self._index].frame.tick
        look.drop_before(self._index)
        return True

    @property
    def panes_end(self) -> int | None:
        """The tick up to which what panes show now has been paid for; None if there are none."""
        return None if self._panes is None else self._panes.end

    def _renew_panes(self, tick: int) -> bool:
        """Let panes come, go on and go at a tick; whether any did."""
        renewed = self._panes is not None and self._panes.renew(self.coder, tick)
        if renewed:
            self._told.append((tick + AFTER, self.coder.bits))
        return renewed

    def _before_panes(self, index: int) -> int:
        """A frame, or the one before it at which panes come, go or go on."""
        start = None if self._panes is None else self._panes.next_start(self.tick)
        if start is None:
            return index
        while index > self._index + 1 and self._look[index].frame.tick > start:
            index -= 1
        return index

    def _up_to_panes(self, key: Key | None) -> Key | None:
        """A key, or one where panes come, go or go on before it; None if nothing changes up to there."""
        if key is None:
            return None
        index = self._before_panes(key.index)
        if index == key.index:
            return key
        return None if index <= key.since else Key(index, key.since, False)

    def news(self) -> Iterator[tuple[float, float]]:
        """Where (ticks) there have been decisions since this was last asked, and bits spent up to each."""
        while self._told:
            yield self._told.pop(0)

    def _decide(self, key: Key, after: float = 0.0) -> None:
        """Decide for a key; rate control is told of it so many ticks ``after``: its times rise."""
        look, coder = self._look, self.coder
        self._index = key.index
        times = _times(look, key.since, key.index, key.jump)
        target, worth = look.target(key.index, self._average), look.worth(key.index)
        target = target if self._panes is None else self._panes.patched(target)
        self._allow_stills(key.index)
        if key.flash:
            coder.stills = None
            coder.flash(target, worth, times)
        else:
            see = partial(outlook_from, look, key.index, coder.live.background)
            glance = None if key.jump else look.glance(key.since, key.index)
            coder.step(target, worth, times, key.jump, see, glance)
        self._told.append((look[key.index].frame.tick + after, coder.bits))

    def _allow_stills(self, index: int) -> None:
        """Let what rests long enough from a frame on become stills, if they were asked for."""
        if self._stills:
            self.coder.stills = self._look.worth_of(index, LASTING)

    def _interval(self) -> float:
        """Seconds to the next key, as lambda is now."""
        share = (self.coder.lam / INTERVAL_LAMBDA) ** INTERVAL_POWER
        return float(self._interval_seconds * min(max(share, 0.1), 2.0))


def _times(look: Lookahead, since: int, index: int, jump: bool) -> Times:
    at = look[index].frame.tick
    if jump:
        return Times(at, at, at)
    middle = look[(since + index + 1) // 2].frame.tick
    return Times(look[since].frame.tick, at, middle)
