# SPDX-License-Identifier: Apache-2.0
"""A peer's points on one clip: from the cache or made now, full figures only where they matter."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from mtor_transcode.errors import MtorError
from mtor_transcode.files import staged_file
from mtor_transcode.measure.bench.bdrate import leave_one_out
from mtor_transcode.measure.bench.cache import SCHEMA, Cache, Point, key_of
from mtor_transcode.measure.bench.clip import Clip
from mtor_transcode.measure.bench.envelope import Dot, envelope
from mtor_transcode.measure.bench.ladder import HIGH_KBPS, Ladder, Plan
from mtor_transcode.measure.codecs.feeding import shown
from mtor_transcode.measure.codecs.peer import PYAV, Coded, Peer
from mtor_transcode.measure.codecs.recipe import Recipe

MOST_MOVED = 3.0
"""Per cent by which removing one point may move a curve's rate."""

WATCHED = ("vmaf", "ssim", "psnr_y")
"""Metrics whose curves are made dense."""

Tell = Callable[[str], None]


@dataclass
class PeerRun:
    """One peer on one clip. ``failures`` names points that could not be made."""

    clip: Clip
    peer: Peer
    cache: Cache
    tell: Tell
    failures: dict[str, str] = field(default_factory=dict)

    def points(self, plan: Plan, refinements: int) -> list[Point]:
        """Fully measured points on the peer's envelope, with at most ``refinements`` more in its gaps."""
        ladder = Ladder(plan, self.probe)
        ladder.run()
        found = {recipe: self.full(recipe, ladder.points[recipe]) for recipe in ladder.chosen()}
        for _ in range(refinements):
            gap = _weak_gap([point for point in found.values() if point is not None])
            recipe = None if gap is None else ladder.between(*gap)
            if recipe is None:
                break
            point = ladder.try_one(recipe)
            if point is not None:
                found[recipe] = self.full(recipe, point)
        return sorted((p for p in found.values() if p is not None), key=lambda point: point.kbps)

    def probe(self, recipe: Recipe) -> Point | None:
        """The point of a recipe with figures for ranking; None if it failed."""
        key = self.key(recipe)
        kept = self.cache.load(key)
        if kept is not None and self.cache.path(key, ".mp4").exists():
            self.cache.hits += 1
            return kept
        self.tell(f"{self.peer.title}, {recipe.label}")
        try:
            point = self._made(key, recipe)
        except MtorError as error:
            self.failures[recipe.label] = error.what
            return None
        self.cache.made += 1
        self.cache.save(key, point)
        return point

    def full(self, recipe: Recipe, point: Point) -> Point | None:
        """The point with all figures of all frames; None if that failed."""
        if point.scores is not None:
            return point
        key = self.key(recipe)
        self.tell(f"{self.peer.title}, {recipe.label}: {point.kbps:.1f} kbps, measuring")
        try:
            pictures = shown(self.cache.path(key, ".mp4"), point.kept, point.frames, self.clip.judge.layout)
            scores = self.clip.judge.full(pictures)
        except MtorError as error:
            self.failures[recipe.label] = error.what
            return None
        point = msgspec.structs.replace(point, scores=scores)
        self.cache.save(key, point)
        return point

    def key_of(self, point: Point) -> str:
        """The cache's name of a point that this run gave."""
        return self.key(msgspec.convert(point.parameters, Recipe))

    def key(self, recipe: Recipe) -> str:
        """The cache's name of a point."""
        return key_of(
            source=self.clip.digest, codec=self.peer.name, version=self.peer.version(),
            options=dict(self.peer.options(recipe)), scale=recipe.scale, rate=recipe.rate,
            measure=self.clip.measure, schema=SCHEMA,
        )  # fmt: skip

    def _made(self, key: str, recipe: Recipe) -> Point:
        clip = self.clip
        with staged_file(self.cache.path(key, ".mp4")) as path:
            encode = clip.worker.encode if self.peer.way == PYAV else self._here
            coded = encode(self.peer, recipe, path)
            probe = clip.judge.probe(shown(path, coded.kept, coded.frames, clip.judge.layout))
        return Point(
            codec=self.peer.name,
            label=recipe.label,
            parameters=msgspec.structs.asdict(recipe),
            version=self.peer.version(),
            stream_bytes=coded.stream_bytes,
            file_bytes=coded.file_bytes,
            seconds=clip.seconds,
            frames=coded.frames,
            kept=coded.kept,
            encode_seconds=coded.seconds,
            probe=probe,
        )

    def _here(self, peer: Peer, recipe: Recipe, path: Path) -> Coded:
        return peer.encode(self.clip.feed, recipe, path)


def _weak_gap(points: list[Point]) -> tuple[float, float] | None:
    """The gap (kbps) beside the point that matters most, if one matters by more than ``MOST_MOVED``."""
    worst, gap = MOST_MOVED, None
    for metric in WATCHED:
        curve = envelope(
            [
                Dot(p.kbps, p.scores.pooled[metric].mean)
                for p in points
                if p.scores and metric in p.scores.pooled and p.kbps <= 1.3 * HIGH_KBPS
            ]
        )
        for place, moved in enumerate(leave_one_out(curve), 1):
            if moved > worst:
                left, here, right = (dot.kbps for dot in curve[place - 1 : place + 2])
                worst, gap = moved, ((left, here) if here / left > right / here else (here, right))
    return gap
