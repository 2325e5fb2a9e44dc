# SPDX-License-Identifier: Apache-2.0
"""Scenes that begin as vectors and go on as film: every few seconds they are compared with a texture.

A trial of a scene's first seconds cannot know what comes. So the frames of the last stretch are set aside,
and what its vectors cost and show stands against the texture of the same bytes. Where that is clearly better
the scene ends where the stretch began, and a textured one goes on from there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

from mtor_transcode.analyze.canvas.library import OutlineLibrary
from mtor_transcode.analyze.scene.textured import Aside
from mtor_transcode.analyze.scene.vector_scene import VectorScene
from mtor_transcode.analyze.textures.spool import Spool
from mtor_transcode.model import Enter, SceneStart, Span, Token, Transition

STRETCH = 4.0
"""Seconds after which a scene of vectors is compared with a texture, at the next key."""

LEAST_STRETCH = 2.0
"""Shorter ones, where a scene ends, are not: AV1 would start anew for little."""

MOST_BYTES = 512 << 20
"""Bytes of frames that are set aside before a comparison comes early."""

LEAST_KBPS = 1.0
"""Vectors that take less are left alone: AV1 has nothing to show for so little."""

CLEARLY = 0.1
"""By how much (log of unlikeness) a texture has to be better where it comes late: it has to start anew."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A scene of vectors as it was at a tick: tokens since its last span, their bits, its library."""

    tick: int
    tokens: tuple[Token, ...]
    bits: float
    library: OutlineLibrary


class Watch:
    """Follows a scene of vectors whose frames are set ``aside``.

    ``mark`` is where the stretch under way began, ``number`` counts stretches from 1.
    """

    def __init__(self, scene: VectorScene, aside: Aside, time_base: Fraction) -> None:
        self._scene = scene
        self._aside = aside
        self._time_base = time_base
        self._start = scene.head
        self._enters: tuple[Token, ...] = ()
        self.number = 1
        self.mark = Mark(scene.head.start, (), 0.0, scene.library.fork())

    @property
    def due(self) -> bool:
        """Whether it is time to compare; panes are paid for whole, so they are compared whole."""
        end = self._scene.panes_end
        if end is not None:
            return self._scene.tick >= end
        return self.seconds(self._scene.tick) >= STRETCH or self._aside.spool.bytes >= MOST_BYTES

    def seconds(self, end: int) -> float:
        """How long the stretch is if it ends at a tick."""
        return float((end - self.mark.tick) * self._time_base)

    @property
    def reluctance(self) -> float:
        """By how much (log of unlikeness) a texture has to be better; the first stretch prolongs a trial."""
        return CLEARLY if self.number > 1 else 0.0

    def worth_a_look(self, end: int, written_share: float) -> bool:
        """Whether a stretch up to a tick is long and dear enough to be compared."""
        seconds = self.seconds(end)
        return seconds >= LEAST_STRETCH and self.bytes(written_share) * 8 / 1000 >= LEAST_KBPS * seconds

    def bytes(self, written_share: float) -> int:
        """What the vectors of the stretch take, where so much of what tokens are priced at is written."""
        return max(1, round((self._scene.coder.bits - self.mark.bits) / 8 * written_share))

    def seen(self, end: int) -> tuple[SceneStart, Span]:
        """What shows the stretch up to a tick: the scene at its last span, and what was decided since."""
        return self._start, Span(self._start.start, end, (*self._enters, *self._scene.coder.tokens()))

    def frames(self, end: int) -> Spool:
        """The frames of the stretch up to a tick."""
        spool = self._aside.spool
        return spool.first(sum(frame.tick < end for frame in spool.frames))

    def go_on(self) -> None:
        """Let the next stretch begin where the scene is."""
        scene = self._scene
        self._aside.drop_before(scene.tick)
        self.mark = Mark(scene.tick, scene.coder.tokens(), scene.coder.bits, scene.library.fork())
        self.number += 1

    def span_written(self) -> None:
        """Tell that all that was decided is written, and that a stretch begins there."""
        live, tick = self._scene.coder.live, self._scene.tick
        self._start = replace(
            self._scene.head, start=tick, background=live.background, camera=live.camera,
            transition=Transition.CUT, transition_duration=0,
        )  # fmt: skip
        self._enters = tuple(Enter(tick, shape.number, shape.state) for shape in live.shapes)
        self.mark = replace(self.mark, tokens=(), bits=0.0)
