# SPDX-License-Identifier: Apache-2.0
"""Scenes as textures: windows of a few seconds, and the trial that decides between vectors and a texture.

In a trial the first seconds of a scene are coded with vectors at the lambda asked for. Against them stands
the texture of the same bytes.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator
from fractions import Fraction
from operator import attrgetter

from mtor_transcode.analyze.scene.vector_scene import VectorScene
from mtor_transcode.analyze.textures.likeness import Likeness
from mtor_transcode.analyze.textures.probe import SAMPLES, Arm
from mtor_transcode.analyze.textures.search import DEAR, Place, TextureSearch
from mtor_transcode.analyze.textures.shelf import Verdict
from mtor_transcode.analyze.textures.spool import Spool
from mtor_transcode.codec.limits import MAX_PICTURES
from mtor_transcode.ingest.frame import SourceFrame
from mtor_transcode.render.film import Film
from mtor_transcode.render.frames import FrameRenderer

WINDOW = 10.0
"""Seconds of a texture. AV1 starts anew with each: longer ones are cheaper, and need more disk."""

LEAST_WINDOW = 5.0
"""A rest shorter than this goes with the window before."""

STAGES = (1.0, 2.0)
"""Seconds of a scene that are tried."""

SURE, HOPELESS = 0.2, 2.0
"""Log of unlikeness by which a texture is better, or worse, to end the trial at its first stage.

It has to be far worse: what begins plain may go on as film, and of vectors that go on nothing is lost.
"""

MOST_BYTES = 2 << 30
"""Bytes of frames that are set aside for one window."""

LEAST_MARGIN = 0.02
"""A texture has to be better by this (log of unlikeness)."""

FIRST = Arm(2, 2)
"""The arm that is tried first."""

LEEWAY = 0.5
"""How far (log bytes) a texture's bytes may be from the vectors', for a small margin (log of unlikeness)."""

CLEAR = 0.5
"""If it is better by so much, or worse by twice that at these bytes, no other arm is tried."""


class Aside:
    """Frames that are set aside in ``spool`` on their way, as long as they are to be kept.

    ``close`` gives the disk's room back.
    """

    def __init__(self, frames: Iterator[SourceFrame]) -> None:
        self._frames = frames
        self.spool = Spool()
        self.keeping = True

    def __iter__(self) -> Iterator[SourceFrame]:
        for frame in self._frames:
            if self.keeping:
                self.spool.add(frame)
            yield frame

    def again(self) -> Iterator[SourceFrame]:
        """All frames, from the first that is set aside on; to be gone through more than once."""
        last: int | None = None
        while True:
            place = 0 if last is None else bisect_right(self.spool.frames, last, key=attrgetter("tick"))
            frame = self.spool.frame(place) if place < len(self.spool) else next(iter(self), None)
            if frame is None:
                return
            last = frame.tick
            yield frame

    def drop_before(self, tick: int) -> None:
        """Forget the frames before a tick."""
        rest = Spool()
        passed = sum(frame.tick < tick for frame in self.spool.frames)
        for index in range(passed, len(self.spool)):
            rest.add(self.spool.frame(index))
        self.spool.close()
        self.spool = rest

    def __enter__(self) -> Aside:
        return self

    def __exit__(self, *_: object) -> None:
        self.spool.close()


def reached(scene: VectorScene, spool: Spool, seconds: float, time_base: Fraction) -> bool:
    """Go on with a scene to a key so many seconds from its first frame, or till ``spool`` is full.

    Whether it gets there before its end.
    """
    limit = spool.frames[0].tick + seconds / time_base
    while scene.tick < limit:
        if not scene.advance():
            return False
        if spool.bytes >= MOST_BYTES:
            break
    return True


def windows(frames: Iterator[SourceFrame], begun: Spool, end: int, time_base: Fraction) -> Iterator[Spool]:
    """Spools with the frames of a scene that ends at tick ``end``: ``begun``, filled up, then more."""
    spool = begun
    for frame in frames:
        if spool.frames:
            long = (frame.tick - spool.frames[0].tick) * time_base >= WINDOW
            rest = (end - frame.tick) * time_base >= LEAST_WINDOW
            if (long and rest) or spool.bytes >= MOST_BYTES or len(spool) >= MAX_PICTURES:
                yield spool
                spool = Spool()
        spool.add(frame)
    yield spool


def verdict(
    spool: Spool, search: TextureSearch, lam: float, film: Film, size: int, *, levelled: bool = False
) -> Verdict:
    """Which is better at a lambda: a texture of frames set aside, or ``film``, vectors of ``size`` bytes."""
    rate = math.log(max(size, 1))
    margin = _margin(search, likeness_of(spool, film), rate) - LEAST_MARGIN
    shift = level(search.rate(lam) - rate, margin) if levelled and 0 < margin < 1 else 0.0
    return Verdict(math.log(lam), margin, shift)


def is_sure(found: Verdict) -> bool:
    """Whether a trial need not go on."""
    return found.margin > SURE or found.margin < -HOPELESS


def level(more: float, margin: float) -> float:
    """What to add to a texture's log bytes, which are by ``more`` above the vectors'.

    Where the two are about as good they take about the same bytes, so that a scene which turns from one to
    the other as lambda falls loses neither bytes nor likeness.
    """
    band = LEEWAY * margin / (1 - margin) if margin < 1 else math.inf
    return min(max(more, -band), band) - more


def _margin(search: TextureSearch, vectors: Likeness, rate: float) -> float:
    """By how much (log of unlikeness) the best texture of log bytes is better; clear cases end early."""
    first = search.place(FIRST, rate)
    margin = _apart(first, vectors)
    hopeless = margin + DEAR * first.dear < -2 * CLEAR  # Even with the bytes that it takes too much.
    if margin > CLEAR or hopeless:
        return margin
    return _apart(search.walk(rate), vectors)


def _apart(place: Place, vectors: Likeness) -> float:
    """By how much (log of unlikeness) a texture is better; what it takes too much counts against it."""
    return math.log(vectors.mean_unlike) - place.unlike - DEAR * place.dear


def likeness_of(spool: Spool, film: Film) -> Likeness:
    """How like frames set aside what a film shows is."""
    found = Likeness()
    renderer = FrameRenderer(film)
    time_base = film.header.time_base
    stride = max(1, round(len(spool) / SAMPLES)) | 1
    for index in range(0, len(spool), stride):
        kept = spool.frames[index]
        shown = renderer.frame(kept.tick)[..., 0]
        found.add(spool.luma(index), shown.copy(), float(kept.duration * time_base))
    return found
