# SPDX-License-Identifier: Apache-2.0
"""A run of the bench: every clip, every codec; what fails is named and the rest goes on."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from mtor_transcode.errors import Cancelled, MtorError, OutputError
from mtor_transcode.ingest.source import open_source
from mtor_transcode.measure.bench import summary
from mtor_transcode.measure.bench.cache import Cache, Point, key_of
from mtor_transcode.measure.bench.clip import Clip
from mtor_transcode.measure.bench.costs import CALM, COSTS, cost_of
from mtor_transcode.measure.bench.ladder import Plan
from mtor_transcode.measure.bench.ours import OurRun
from mtor_transcode.measure.bench.peers import PeerRun
from mtor_transcode.measure.bench.pictures import Strip
from mtor_transcode.measure.bench.result import Bench, ClipResult, Codec, Cost, Failure, Row
from mtor_transcode.measure.bench.strips import strips_of
from mtor_transcode.measure.codecs import mtor
from mtor_transcode.measure.codecs.listing import REFERENCE, chosen
from mtor_transcode.measure.codecs.peer import Peer
from mtor_transcode.measure.environment import machine, versions
from mtor_transcode.measure.ffmpeg import find_ffmpeg

COST_KBPS = 10.0
"""Costs are of each codec's point nearest to this rate."""

RATES = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0)
QUICK_SECONDS, QUICK_SAMPLES, QUICK_FRAMES = 2.0, 40e6, 12
"""A quick look takes so many seconds, or fewer if they hold more samples of luma, but so many frames."""

QUICK_SEEDS = ((4, "1/4"), (2, "1/4"), (4, "1/8"), (2, "1"))
REFINEMENTS, TOPPED_UP = 28, 24
"""Most points that are tried where one point of a peer matters: to itself where MTOR is not measured, else to
MTOR's figures."""


STEPS = 100
"""Steps of progress in a part."""

PEER_POINTS, OUR_POINTS = 70, 8
"""How many points a part makes and measures, roughly: for the estimate of what is left."""

Tell = Callable[[str, int, int], None]
"""Told what is done now, and how many of how many ``STEPS`` of all parts (a codec on a clip) are done."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a run is asked for. ``quick`` measures the first seconds of each clip on a short ladder.

    Without ``ours`` only peers are measured, so that a later run finds them in the cache.
    """

    against: tuple[str, ...] = (REFERENCE,)
    rates: tuple[float, ...] = RATES
    quick: bool = False
    costs: bool = True
    ours: bool = True

    @property
    def wants_costs(self) -> bool:
        """Whether time and memory are measured: a quick look has no time for it, peers alone no ratio."""
        return self.costs and self.ours and not self.quick


@dataclass
class Run:
    """One run over ``clips``; ``strips`` are pictures, ``points`` what was measured, by clip."""

    clips: Sequence[Path]
    wishes: Wishes
    cache: Cache
    tell: Tell
    strips: list[Strip] = field(default_factory=list)
    points: dict[str, list[Point]] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    peer_seconds: float = 0.0
    our_seconds: float = 0.0
    _done: int = 0
    _said: int = 0

    def run(self) -> Bench:
        """Measures everything. Raises UsageError, OutputError; what fails on a clip is a row."""
        peers = chosen(self.wishes.against)
        codecs = [Codec(mtor.NAME, mtor.TITLE, mtor.version())]
        codecs += [Codec(peer.name, peer.title, peer.version(), peer.missing()) for peer in peers]
        self.failures += [Failure("", each.name, "", each.missing) for each in codecs if each.missing]
        usable = [peer for peer in peers if not peer.missing()]
        results = [found for path in self.clips if (found := self._clip(path, usable)) is not None]
        return Bench(
            codecs=codecs,
            clips=results,
            classes=summary.classes(results),
            failures=self.failures,
            rates=list(self.wishes.rates),
            quick=self.wishes.quick,
            cached=self.cache.hits,
            made=self.cache.made,
            peer_seconds=round(self.peer_seconds, 2),
            our_seconds=round(self.our_seconds, 2),
            versions=versions(find_ffmpeg()),
            machine=machine(),
            largest_move=summary.largest_move(results),
        )

    def _clip(self, path: Path, peers: list[Peer]) -> ClipResult | None:
        """One clip; None if nothing of it can be measured."""
        done = self._done
        try:
            duration = quick_seconds(path) if self.wishes.quick else None
            with (
                open_source(path, duration=duration) as source,
                Clip(source, path, self.cache, duration) as clip,
            ):
                return self._measured(clip, peers)
        except (Cancelled, OutputError):
            raise
        except MtorError as error:
            self.failures.append(Failure(path.stem, "", "", error.what))
            return None
        finally:
            self._finished(done + len(peers) + 1)

    def _measured(self, clip: Clip, peers: list[Peer]) -> ClipResult:
        tell = partial(self._say, clip, expected=PEER_POINTS)
        runs = [PeerRun(clip, peer, self.cache, tell) for peer in peers]
        points = {run.peer.name: self._peer(run) for run in runs}
        points[mtor.NAME] = self._ours(clip) if self.wishes.ours else []
        for run in runs:
            points[run.peer.name] = self._topped_up(run, [point for _, point in points[mtor.NAME]])
        rows: dict[str, list[Row]] = {
            name: [summary.row(point) for _, point in pairs] for name, pairs in points.items()
        }
        self.points[clip.name] = [point for pairs in points.values() for _, point in pairs]
        self._picture(clip, points)
        info = clip.source.info
        missing = next((p.scores.missing for pairs in points.values() for _, p in pairs if p.scores), {})
        return ClipResult(
            name=clip.name,
            family=clip.family,
            digest=clip.digest,
            width=info.width,
            height=info.height,
            frame_rate=round(float(info.frame_rate), 6),
            frames=clip.frames,
            seconds=round(clip.seconds, 6),
            points=rows,
            curves=summary.curves(rows),
            density=summary.density(rows),
            compared=summary.compared(rows, self.wishes.rates),
            costs=self._costs(clip, points) if self.wishes.wants_costs else {},
            missing=missing,
        )

    def _peer(self, run: PeerRun) -> list[tuple[str, Point]]:
        """A peer's points by themselves."""
        began = time.perf_counter()
        clip, peer = run.clip, run.peer
        changes = clip.changed < 0.9 * clip.frames
        if self.wishes.quick:
            plan = Plan(peer.crfs, peer.per_halving, False, 9, False, QUICK_SEEDS)
        else:
            plan = Plan(
                peer.crfs, peer.per_halving, peer.screens, changes=changes, beyond=peer.beyond, step=peer.step
            )
        points = run.points(plan, 0 if self.wishes.quick or self.wishes.ours else REFINEMENTS)
        self.peer_seconds += time.perf_counter() - began
        self._finished(self._done + 1)
        return [(run.key_of(point), point) for point in points]

    def _topped_up(self, run: PeerRun, ours: list[Point]) -> list[tuple[str, Point]]:
        """A peer's points once MTOR's curve tells which of them matter."""
        began = time.perf_counter()
        points = run.denser(0 if self.wishes.quick or not ours else TOPPED_UP, ours)
        self.failures += [
            Failure(run.clip.name, run.peer.name, label, why) for label, why in run.failures.items()
        ]
        self.peer_seconds += time.perf_counter() - began
        return [(run.key_of(point), point) for point in points]

    def _ours(self, clip: Clip) -> list[tuple[str, Point]]:
        began = time.perf_counter()
        run = OurRun(clip, self.cache, lambda what: self._say(clip, what, OUR_POINTS))
        points = run.quick_points() if self.wishes.quick else run.points()
        self.failures += [Failure(clip.name, mtor.NAME, label, why) for label, why in run.failures.items()]
        self.our_seconds += time.perf_counter() - began
        self._finished(self._done + 1)
        return [(run.key(float(point.parameters["quality"])), point) for point in points]

    def _picture(self, clip: Clip, points: dict[str, list[tuple[str, Point]]]) -> None:
        self._say(clip, "pictures")
        try:
            self.strips += strips_of(clip, self.cache, points)
        except MtorError as error:
            self.failures.append(Failure(clip.name, "", "pictures", error.what))

    def _costs(self, clip: Clip, points: dict[str, list[tuple[str, Point]]]) -> dict[str, Cost]:
        """Costs of each codec's point nearest to 10 kbps, all measured in one go (or all kept from one).

        They are kept only if the machine did little else meanwhile.
        """
        near = {
            name: min((point for _, point in pairs), key=lambda point: abs(point.kbps - COST_KBPS))
            for name, pairs in points.items()
            if pairs
        }
        named = {name: (point.version, point.label) for name, point in near.items()}
        key = key_of(costs=clip.digest, measure=COSTS, points=named, machine=machine())
        kept = self.cache.record(key, dict[str, Cost])
        if isinstance(kept, dict):
            return kept
        found: dict[str, Cost] = {}
        for name, point in near.items():
            self._say(clip, f"cost of {name}, {point.label}")
            try:
                found[name] = cost_of(clip.path, point)
            except MtorError as error:
                self.failures.append(Failure(clip.name, name, "cost", error.what))
        if max((cost.others or 0.0 for cost in found.values()), default=0.0) <= CALM:
            self.cache.keep(key, found)
        return found

    def _finished(self, parts: int) -> None:
        self._done, self._said = parts, 0

    def _say(self, clip: Clip, what: str, expected: int = OUR_POINTS) -> None:
        """Tells what is done now, as one of about ``expected`` steps of the part."""
        share = min(self._said / expected, 1 - 1 / STEPS)
        self._said += 1
        total = len(self.clips) * (len(self.wishes.against) + 1)
        self.tell(f"{clip.name}: {what}", int((self._done + share) * STEPS), total * STEPS)


def quick_seconds(path: Path) -> float:
    """How much of a clip a quick look takes (s): bounded work whatever its size and frame rate."""
    with open_source(path) as source:
        rate = float(source.info.frame_rate)
        fits = QUICK_SAMPLES / (source.info.width * source.info.height * rate)
    return round(max(QUICK_FRAMES / rate, min(QUICK_SECONDS, fits)), 2)
