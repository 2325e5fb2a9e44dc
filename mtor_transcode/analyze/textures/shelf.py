# SPDX-License-Identifier: Apache-2.0
"""What all passes over a source have learnt about its textures: tries, decisions. Small: no pictures."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from mtor_transcode.analyze.textures.probe import Arm, Window
from mtor_transcode.analyze.textures.search import TextureSearch
from mtor_transcode.model import Texture
from mtor_transcode.render.rasterizer import Rect

Stretch = tuple[int, int]
"""The ticks at which a window starts and ends."""

Part = tuple[int, int]
"""The number of a scene, and of a stretch in it from 1; 0 is how it begins."""

ALIKE = 1.2
"""How far apart (log lambda) a decision still holds."""

FURTHER = 3.0
"""So much further where it is the likelier: texture as lambda falls, vectors as it rises."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """At a lambda (its logarithm), by how much (log of unlikeness) a texture is better than vectors.

    ``shift`` is added to the log bytes of such textures, to bring them nearer to the vectors'.
    """

    log_lambda: float
    margin: float
    shift: float = 0.0

    @property
    def textured(self) -> bool:
        """Whether a texture is better."""
        return self.margin > 0

    def holds(self, log_lambda: float) -> bool:
        """Whether it holds at another lambda as well."""
        apart = log_lambda - self.log_lambda
        return abs(apart) <= ALIKE * (FURTHER if (apart < 0) == self.textured else 1)


@dataclass(slots=True)
class Way:
    """How a pass codes what: which scenes are textures, and of which arm their windows are."""

    scenes: dict[Part, bool] = field(default_factory=dict)
    arms: dict[Stretch, Arm] = field(default_factory=dict)

    def agrees(self, other: Way) -> bool:
        """Whether nothing that both have decided differs."""
        return all(other.scenes.get(number, kind) == kind for number, kind in self.scenes.items()) and all(
            other.arms.get(stretch, arm) == arm for stretch, arm in self.arms.items()
        )


class Shelf:
    """Searches by where their windows start and end; verdicts by scene; the way of the pass under way.

    Where ``settled`` has decided already, no pass decides otherwise, unless an arm goes no further. Verdicts
    shift textures' bytes only as long as they are ``levelled``.
    """

    def __init__(self, preset: str) -> None:
        self._preset = preset
        self._searches: dict[tuple[Stretch, Rect | None], TextureSearch] = {}
        self._verdicts: dict[Part, list[Verdict]] = {}
        self._panes: set[Part] = set()
        self._open: Window | None = None
        self.way = Way()
        self.settled = Way()
        self.levelled = True

    def begin(self) -> None:
        """Start a pass."""
        self.way = Way()

    def texture(self, scene: Part, window: Window, lam: float) -> Texture:
        """The texture of a scene's window at a lambda."""
        stretch = (window.start, window.end)
        search = self.search(window)
        near = self._nearest(scene, math.log(lam))
        shift = near.shift if near is not None and self.levelled else 0.0
        point, texture = search.best(search.rate(lam) + shift, self.settled.arms.get(stretch))
        self.way.arms[stretch] = point.arm
        return texture

    def pane(self, window: Window, rect: Rect, lam: float) -> Texture:
        """The texture of a rectangle's window at a lambda."""
        search = self.search(window, rect)
        return search.best(search.rate(lam))[1]

    def search(self, window: Window, rect: Rect | None = None) -> TextureSearch:
        """The search of a window, of all or of a rectangle; what an earlier pass has learnt is there.

        Only of the window that was asked for last are pictures held in memory.
        """
        key = ((window.start, window.end), rect)
        search = self._searches.get(key)
        if search is None:
            like = next(
                (
                    known
                    for ((start, _), where), known in self._searches.items()
                    if start == window.start and where == rect
                ),
                None,
            )
            search = self._searches[key] = TextureSearch(window, self._preset, like)
        if search.window is not window:
            window.settle_like(search.window)
            search.window = window
        if self._open is not None and self._open is not window:
            self._open.forget_pictures()
        self._open = window
        return search

    def known(self, scene: Part, lam: float) -> bool | None:
        """Whether a scene is to be textured at a lambda; None if that has to be tried."""
        known = self.settled.scenes.get(scene, self._likely(scene, math.log(lam)))
        if known is not None:
            self.way.scenes[scene] = known
        return known

    def _likely(self, scene: Part, log: float) -> bool | None:
        """What a scene's verdicts say about another lambda (``log``: its logarithm)."""
        verdicts = self._verdicts.get(scene, [])
        near = self._nearest(scene, log)
        if near is None:
            return None
        if near.holds(log):
            return near.textured
        beyond = [each for each in verdicts if (each.log_lambda > log) != (near.log_lambda > log)]
        return near.textured if any(each.textured == near.textured for each in beyond) else None

    def _nearest(self, scene: Part, log: float) -> Verdict | None:
        """The verdict made nearest to a lambda."""
        verdicts = self._verdicts.get(scene, [])
        return min(verdicts, key=lambda each: abs(each.log_lambda - log), default=None)

    def has_panes(self, scene: Part) -> bool:
        """Whether a scene of vectors was better with panes when that was tried last."""
        return scene in self._panes

    def note_panes(self, scene: Part, better: bool) -> None:
        """Keep whether it was."""
        (self._panes.add if better else self._panes.discard)(scene)

    def note(self, scene: Part, verdict: Verdict) -> bool:
        """Keep a verdict; whether it is for a texture."""
        self._verdicts.setdefault(scene, []).append(verdict)
        self.way.scenes[scene] = verdict.textured
        return verdict.textured
