# SPDX-License-Identifier: Apache-2.0
"""What all passes over a source have learnt about its textures: tries, decisions. Small: no pictures."""

from __future__ import annotations

import math
from dataclasses import dataclass

from mtor_transcode.analyze.texture_probe import Window
from mtor_transcode.analyze.texture_search import TextureSearch

ALIKE = 1.2
"""How far apart (log lambda) a decision still holds."""

FURTHER = 3.0
"""So much further where it is the likelier: texture as lambda falls, vectors as it rises."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """At a lambda (its logarithm), by how much (log of 1 - SSIM) a texture is better than vectors."""

    log_lambda: float
    margin: float

    @property
    def textured(self) -> bool:
        """Whether a texture is better."""
        return self.margin > 0

    def holds(self, log_lambda: float) -> bool:
        """Whether it holds at another lambda as well."""
        apart = log_lambda - self.log_lambda
        return abs(apart) <= ALIKE * (FURTHER if (apart < 0) == self.textured else 1)


class Shelf:
    """Searches by where their windows start and end; verdicts by scene."""

    def __init__(self, preset: str) -> None:
        self._preset = preset
        self._searches: dict[tuple[int, int], TextureSearch] = {}
        self._verdicts: dict[int, list[Verdict]] = {}

    def search(self, window: Window) -> TextureSearch:
        """The search of a window; what an earlier pass has learnt about it is there."""
        key = (window.start, window.end)
        search = self._searches.get(key)
        if search is None:
            like = next(
                (known for (start, _), known in self._searches.items() if start == window.start), None
            )
            search = self._searches[key] = TextureSearch(window, self._preset, like)
        search.window = window
        return search

    def known(self, scene: int, lam: float) -> bool | None:
        """Whether a scene is to be textured at a lambda; None if that has to be tried."""
        log = math.log(lam)
        verdicts = self._verdicts.get(scene, [])
        near = min(verdicts, key=lambda each: abs(each.log_lambda - log), default=None)
        if near is None:
            return None
        if near.holds(log):
            return near.textured
        beyond = [each for each in verdicts if (each.log_lambda > log) != (near.log_lambda > log)]
        return near.textured if any(each.textured == near.textured for each in beyond) else None

    def note(self, scene: int, verdict: Verdict) -> bool:
        """Keep a verdict; whether it is for a texture."""
        self._verdicts.setdefault(scene, []).append(verdict)
        return verdict.textured
