# SPDX-License-Identifier: Apache-2.0
"""A peer's points on one clip: from the cache or made now, full figures only where they matter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from mtor_transcode.errors import MtorError
from mtor_transcode.files import staged_file
from mtor_transcode.measure.bench.bdrate import RANGE_KBPS
from mtor_transcode.measure.bench.cache import SCHEMA, Cache, Point, key_of
from mtor_transcode.measure.bench.clip import Clip
from mtor_transcode.measure.bench.curves import curve
from mtor_transcode.measure.bench.density import weak_points
from mtor_transcode.measure.bench.ladder import Ladder, Plan
from mtor_transcode.measure.bench.result import Row
from mtor_transcode.measure.bench.score import PROBED
from mtor_transcode.measure.bench.summary import row
from mtor_transcode.measure.codecs.feeding import shown
from mtor_transcode.measure.codecs.peer import PYAV, Coded, Peer
from mtor_transcode.measure.codecs.recipe import Recipe

MOST_MOVED = 3.0
"""Points of per cent by which leaving out one point may move the BD-rate."""

OWN_MOVED = MOST_MOVED / 2
"""The same for the peer's curve beside itself: MTOR's may share only half of it."""

Tell = Callable[[str], None]


@dataclass
class PeerRun:
    """One peer on one clip. ``failures`` names points that could not be made."""

    clip: Clip
    peer: Peer
    cache: Cache
    tell: Tell
    failures: dict[str, str] = field(default_factory=dict)
    _ladder: Ladder | None = None
    _found: dict[Recipe, Point | None] = field(default_factory=dict)

    def points(self, plan: Plan, refinements: int) -> list[Point]:
        """Measured points on the peer's envelope, with at most ``refinements`` more where one matters."""
        self._ladder = Ladder(plan, self.probe)
        self._ladder.run()
        for recipe in self._ladder.chosen():
            self._found[recipe] = self.full(recipe, self._ladder.points[recipe])
        return self.denser(refinements)

    def denser(self, tries: int, ours: Sequence[Point] = ()) -> list[Point]:
        """All measured points, after at most ``tries`` more beside those that matter too much.

        What matters is the BD-rate of ``ours`` against the peer, or else of the peer against itself.
        """
        for _ in range(tries):
            pair = self._stand_in([row(point) for point in ours])
            if pair is None or self._ladder is None:
                break
            weak, recipe = pair
            point = self._ladder.try_one(recipe)
            serves = point is not None and self._serves(point, weak)
            self._found[recipe] = self.full(recipe, point) if point is not None and serves else None
        return sorted((p for p in self._found.values() if p is not None), key=lambda point: point.kbps)

    def _stand_in(self, ours: Sequence[Row]) -> tuple[Recipe, Recipe] | None:
        """The point that matters most, if one matters too much, and what to try beside it."""
        assert self._ladder is not None
        measured = [(recipe, point) for recipe, point in self._found.items() if point is not None]
        rows = [row(point) for _, point in measured]
        beside = ours or [each for each in rows if RANGE_KBPS[0] <= each.kbps <= RANGE_KBPS[1]]
        for weak in weak_points(rows, beside, MOST_MOVED if ours else OWN_MOVED):
            recipe = measured[weak.row][0]
            for other in self._ladder.beside(recipe, weak.left, weak.right):
                if other not in self._found:
                    return recipe, other
        return None

    def _serves(self, point: Point, weak: Recipe) -> bool:
        """Whether, by the probes, ``point`` is on the curve once ``weak`` is not."""
        others = [each for recipe, each in self._found.items() if each is not None and recipe != weak]
        rows = [row(each, probe=True) for each in (*others, point)]
        return any(dot.tag == len(others) for metric in PROBED for dot in curve(rows, metric))

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
