# SPDX-License-Identifier: Apache-2.0
"""Scenes as textures: windows of a few seconds, and the trial that decides between vectors and a texture.

In a trial the first seconds of a scene are coded with vectors at the lambda asked for. Against them stands
the texture of the same bytes. SSIM counts twice: as a viewer at a distance sees it, and at full size, where
sharp edges show.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import BinaryIO

from mtor_transcode.analyze.likeness import Likeness
from mtor_transcode.analyze.spool import Spool
from mtor_transcode.analyze.texture_probe import SAMPLES, Arm
from mtor_transcode.analyze.texture_search import Place, TextureSearch
from mtor_transcode.analyze.texture_shelf import Verdict
from mtor_transcode.codec.film_reader import FilmReader
from mtor_transcode.codec.limits import MAX_PICTURES
from mtor_transcode.codec.series import SeriesDictionary, always
from mtor_transcode.ingest.frame import SourceFrame
from mtor_transcode.ingest.info import SourceInfo
from mtor_transcode.render.frames import FrameRenderer

WINDOW = 10.0
"""Seconds of a texture. AV1 starts anew with each: longer ones are cheaper, and need more disk."""

LEAST_WINDOW = 5.0
"""A rest shorter than this goes with the window before."""

TRIAL = 2.0
"""Seconds of a scene that are tried."""

MOST_BYTES = 2 << 30
"""Bytes of frames that are set aside for one window."""

LEAST_MARGIN = 0.02
"""A texture has to be better by this (log of 1 - SSIM)."""

_SEARCHES = 6

NEAR = 0.15
"""A texture whose log bytes are so near to the vectors' is compared with them."""

CLEAR, FAR = 0.5, 1.2
"""So is one further off if it is better or worse by so much."""

FIRST = Arm(2, 2)
ALIKE, DEARER = 0.15, 0.8
"""If the first arm that is tried is hardly better and takes so much more (log bytes), vectors it is."""

USUAL_SLOPE = 0.6
"""Fall of log bytes over log lambda, about."""

MOST_LOG = 18.0
"""Largest log lambda that is tried."""


def set_aside(frames: Iterator[SourceFrame], spool: Spool, seconds: float, time_base: Fraction) -> None:
    """Move the frames of the next seconds from ``frames`` to ``spool``."""
    while spool.bytes < MOST_BYTES:
        if spool.frames:
            first, last = spool.frames[0], spool.frames[-1]
            if (last.tick + last.duration - first.tick) * time_base >= seconds:
                return
        frame = next(frames, None)
        if frame is None:
            return
        spool.add(frame)


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


@dataclass(frozen=True)
class SpoolSource:
    """Frames set aside, as a source of their own that starts at tick 0."""

    info: SourceInfo
    name: str
    spool: Spool

    @property
    def start(self) -> int:
        """The first frame's tick in the film."""
        return self.spool.frames[0].tick

    @property
    def end(self) -> int:
        """The tick, counted from the first frame, after the last."""
        last = self.spool.frames[-1]
        return last.tick + last.duration - self.start

    def frames(self) -> Iterator[SourceFrame]:
        """The frames in order."""
        for index in range(len(self.spool)):
            frame = self.spool.frame(index)
            yield SourceFrame(
                frame.tick - self.start, frame.duration, frame.planes, frame.depth, frame.chroma
            )


def verdict(
    source: SpoolSource,
    search: TextureSearch,
    lam: float,
    coded: Callable[[float], tuple[BinaryIO, int]],
    series: SeriesDictionary | None = None,
) -> Verdict:
    """Which is better at a lambda; ``coded`` makes a film of vectors with ``series``, and tells its bytes."""
    film, size = coded(lam)
    with film:
        vectors = _likeness(source, FilmReader(film, find_series=always(series)))
    return Verdict(math.log(lam), _margin(search, vectors, size, lam) - LEAST_MARGIN)


def _margin(search: TextureSearch, vectors: Likeness, size: int, lam: float) -> float:
    """By how much (log of 1 - SSIM) the best texture of ``size`` bytes is better; clear cases end early."""
    wanted = math.log(max(size, 1))
    log = math.log(lam)
    first = search.place(FIRST, lam)
    apart, dearer = _apart(search, first, vectors), first.rate - wanted
    if (apart < ALIKE and dearer > DEARER) or (apart > CLEAR and dearer < 0):
        return apart - DEARER if dearer > 0 else apart
    margin = 0.0
    for _ in range(_SEARCHES):
        place = search.walk(math.exp(log))
        dearer = place.rate - wanted
        margin = _apart(search, place, vectors) - place.fall * dearer
        if abs(dearer) < NEAR or (abs(margin) > CLEAR and abs(dearer) < FAR):
            break
        log = min(max(log + dearer / USUAL_SLOPE, 0.0), MOST_LOG)
    return margin


def _apart(search: TextureSearch, place: Place, vectors: Likeness) -> float:
    """By how much (log of 1 - SSIM, from a distance and at full size) a texture is better, bytes apart."""
    near = search.tried_near(place)
    blurred = math.log(near.blurred) + place.unlike - math.log(near.unlike)
    return (math.log(vectors.mean_unlike) - place.unlike + math.log(vectors.mean_blurred) - blurred) / 2


def _likeness(source: SpoolSource, film: FilmReader) -> Likeness:
    found = Likeness()
    renderer = FrameRenderer(film)
    kept = source.spool.frames
    stride = max(1, round(len(kept) / SAMPLES)) | 1
    for index in range(0, len(kept), stride):
        shown = renderer.frame(kept[index].tick - source.start)[..., 0]
        seconds = float(kept[index].duration * source.info.time_base)
        found.add(source.spool.luma(index), shown.copy(), seconds)
    return found
