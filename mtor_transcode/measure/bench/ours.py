# SPDX-License-Identifier: Apache-2.0
"""MTOR's points on one clip: qualities from the middle outwards until the rates of interest are covered."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from mtor_transcode.analyze.film.encode import Survey
from mtor_transcode.errors import MtorError
from mtor_transcode.files import staged_file
from mtor_transcode.measure.bench.cache import Cache, Point, key_of
from mtor_transcode.measure.bench.clip import Clip
from mtor_transcode.measure.codecs import mtor

QUALITIES = (30.0, 15.0, 50.0, 40.0, 70.0)
LOWER, HIGHER = (0.0,), (90.0,)
"""Tried after ``QUALITIES`` while the lowest rate is above, or the highest below, the rates of interest."""

QUICK_QUALITIES, QUICK_LOWER, QUICK_HIGHER = (30.0, 15.0), 0.0, 50.0
"""Of a quick look: the third quality is the one nearer to the rates of interest."""

QUICK_KBPS = 15.0
"""Above this rate at the first quality, the third one is ``QUICK_LOWER``."""

LOW_KBPS, HIGH_KBPS = 0.5, 50.0
SEEN = 95.0
"""VMAF above which there is little left to see: the climb ends."""


class Analysis(msgspec.Struct, frozen=True):
    """What all points of a source share, and the ``seconds`` that it took."""

    survey: Survey
    seconds: float


@dataclass
class OurRun:
    """MTOR on one clip. ``failures`` names points that could not be made."""

    clip: Clip
    cache: Cache
    tell: Callable[[str], None]
    failures: dict[str, str] = field(default_factory=dict)
    _analysis: Analysis | None = None

    def points(self, qualities: tuple[float, ...] = QUALITIES, *, extend: bool = True) -> list[Point]:
        """Measured points, rates rising; ``HIGH_KBPS`` ends the climb, and so does ``SEEN``."""
        found: list[Point] = []
        for quality in qualities:
            if quality > 30 and found and max(point.kbps for point in found) > HIGH_KBPS:
                continue
            found += self._point(quality)
        for quality in LOWER if extend and found else ():
            if min(point.kbps for point in found) > LOW_KBPS:
                found += self._point(quality)
        for quality in HIGHER if extend and found else ():
            if max(point.kbps for point in found) < HIGH_KBPS and best(found) < SEEN:
                found += self._point(quality)
        return sorted(found, key=lambda point: point.kbps)

    def quick_points(self) -> list[Point]:
        """Three points at most, in bounded time: higher qualities of a rich clip are left out."""
        found = self.points(QUICK_QUALITIES, extend=False)
        rich = max((point.kbps for point in found), default=0.0) > QUICK_KBPS
        found += self._point(QUICK_LOWER if rich else QUICK_HIGHER)
        return sorted(found, key=lambda point: point.kbps)

    def _point(self, quality: float) -> list[Point]:
        """The point of a quality, or nothing if it failed."""
        key = self.key(quality)
        label = f"quality {quality:g}"
        kept = self.cache.load(key)
        if kept is not None and kept.scores is not None and self.cache.path(key, ".mtor").exists():
            self.cache.hits += 1
            return [kept]
        self.tell(f"MTOR, {label}")
        try:
            point = self._made(key, quality, label)
        except MtorError as error:
            self.failures[label] = error.what
            return []
        self.cache.made += 1
        self.cache.save(key, point)
        return [point]

    def key(self, quality: float) -> str:
        """The cache's name of a point."""
        return key_of(
            source=self.clip.digest, codec=mtor.NAME, version=mtor.version(), quality=quality,
            measure=self.clip.measure,
        )  # fmt: skip

    def _analysed(self) -> Analysis:
        """The source's analysis, kept by its hash and the code's: one for all qualities."""
        if self._analysis is None:
            key = key_of(analysis=self.clip.digest, version=mtor.version())
            found = self.cache.record(key, Analysis)
            if not isinstance(found, Analysis):
                self.tell("MTOR, analysis")
                began = time.perf_counter()
                survey = mtor.analysed(self.clip.source)
                found = Analysis(survey, round(time.perf_counter() - began, 3))
                self.cache.keep(key, found)
            self._analysis = found
        return self._analysis

    def _made(self, key: str, quality: float, label: str) -> Point:
        clip = self.clip
        with staged_file(self.cache.path(key, ".mtor")) as path:
            analysis = self._analysed()
            spent = analysis.seconds + mtor.encode(clip.source, quality, path, analysis.survey)
            scores = clip.judge.full(mtor.shown(path, clip.source, clip.ticks))
            size = path.stat().st_size
        return Point(
            codec=mtor.NAME,
            label=label,
            parameters={"quality": quality},
            version=mtor.version(),
            stream_bytes=size,
            file_bytes=size,
            seconds=clip.seconds,
            frames=clip.frames,
            encode_seconds=round(spent, 3),
            scores=scores,
        )


def best(points: list[Point]) -> float:
    """The highest mean VMAF of measured points; 0 without one."""
    return max(
        (p.scores.pooled["vmaf"].mean for p in points if p.scores and "vmaf" in p.scores.pooled), default=0.0
    )
