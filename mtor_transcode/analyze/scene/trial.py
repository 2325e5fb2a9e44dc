# SPDX-License-Identifier: Apache-2.0
"""Two ways to begin a scene of vectors, with panes and without: which is better?"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from mtor_transcode.analyze.scene.textured import likeness_of
from mtor_transcode.analyze.scene.vector_scene import VectorScene
from mtor_transcode.analyze.textures.shelf import Verdict
from mtor_transcode.analyze.textures.spool import Spool
from mtor_transcode.render.film import Film

EXCHANGE: Final = 0.8
"""Log unlikeness that log bytes are worth where vectors are drawn: 0.7 to 1.7 for slides with a face."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A scene of vectors that was begun beside a texture: what is ``tried`` is a ``film``, so many bytes."""

    scene: VectorScene
    found: Verdict
    tried: Spool
    film: Film
    bytes: int
    seconds: float

    def bytes_after(self, seconds: float) -> float:
        """What it takes after more seconds if it goes on like that."""
        more = (self.scene.coder.bits - self.scene.first_bits) / 8
        return self.bytes + more * max(seconds - self.seconds, 0) / max(self.seconds, 1e-3)


def is_better(one: Trial, other: Trial) -> bool:
    """Whether a scene is better than another of the same frames; one that is worse than a texture is not.

    They are compared by what both show, and by what they take in the time of the longer one.
    """
    if one.found.textured or other.found.textured:
        return one.found.margin < other.found.margin
    seen = min(one.tried, other.tried, key=len)
    seconds = max(one.seconds, other.seconds)
    costs = (
        math.log(likeness_of(seen, each.film).mean_unlike) + EXCHANGE * math.log(each.bytes_after(seconds))
        for each in (one, other)
    )
    return next(costs) < next(costs)
