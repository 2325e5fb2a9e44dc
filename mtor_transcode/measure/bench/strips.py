# SPDX-License-Identifier: Apache-2.0
"""Which points a strip of pictures shows, and the strip itself."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from mtor_transcode.measure.bench.cache import Cache, Point
from mtor_transcode.measure.bench.clip import Clip
from mtor_transcode.measure.bench.pictures import Shot, Strip, nth, picture_uri
from mtor_transcode.measure.codecs import mtor
from mtor_transcode.measure.codecs.feeding import shown
from mtor_transcode.measure.codecs.listing import PEERS

WANTED_KBPS = (2.5, 10.0, 40.0)
"""There is a strip near each of these rates, where MTOR has points."""

SLACK = 1.1
"""A peer may have so many times MTOR's rate and still count as equal."""

FARTHEST = 4.0
"""MTOR's point is at most so many times a wanted rate, or so small a part of it."""

Pairs = Sequence[tuple[str, Point]]
"""Points with their names in the cache."""


def strips_of(clip: Clip, cache: Cache, points: Mapping[str, Pairs]) -> list[Strip]:
    """The strips of a clip from ``{codec: [(cache key, point)]}``, rates rising; none without a peer."""
    chosen = matched(points)
    if not chosen:
        return []
    number = clip.frames // 2
    frame = next(frame for n, frame in enumerate(clip.source.frames()) if n == number)
    source = Shot("Source", clip.name, picture_uri(frame.planes, clip.source))
    seconds = float(clip.ticks[number] * clip.source.info.time_base)
    found: list[Strip] = []
    for (key, mine), (peer_key, theirs) in chosen:
        ours = mtor.shown(cache.path(key, ".mtor"), clip.source, clip.ticks)
        peers = shown(cache.path(peer_key, ".mp4"), theirs.kept, theirs.frames, clip.judge.layout)
        shots = [source]
        for title, point, pictures in (("MTOR", mine, ours), (PEERS[theirs.codec].title, theirs, peers)):
            planes = nth(pictures, number)
            if planes is not None:
                shots.append(Shot(title, _caption(point, mine.kbps), picture_uri(planes, clip.source)))
        found.append(Strip(clip.name, number, seconds, mine.kbps, tuple(shots)))
    return found


def matched(points: Mapping[str, Pairs]) -> list[tuple[tuple[str, Point], tuple[str, Point]]]:
    """For each of ``WANTED_KBPS`` MTOR's point and the peers' best at its rate, chosen for equal rates."""
    pairs = [(mine, peer) for mine in points.get(mtor.NAME, ()) if (peer := best_peer(points, mine[1].kbps))]
    found: dict[str, tuple[tuple[str, Point], tuple[str, Point]]] = {}
    for wanted in WANTED_KBPS:
        near = [pair for pair in pairs if abs(math.log(pair[0][1].kbps / wanted)) <= math.log(FARTHEST)]
        best = min(near, key=lambda pair: _unlike(pair[0][1].kbps, pair[1][1].kbps, wanted), default=None)
        if best is not None:
            found.setdefault(best[0][0], best)
    return sorted(found.values(), key=lambda pair: pair[0][1].kbps)


def _unlike(mine: float, theirs: float, wanted: float) -> float:
    """Unequal rates are worse than rates that are not the wanted one."""
    return abs(math.log(mine / wanted)) + 2 * abs(math.log(mine / theirs))


def best_peer(points: Mapping[str, Pairs], kbps: float) -> tuple[str, Point] | None:
    """The peers' best point in VMAF (SSIM where there is none) at about ``kbps``, else their smallest."""
    peers = [pair for name, pairs in points.items() if name != mtor.NAME for pair in pairs if pair[1].scores]
    within = [pair for pair in peers if pair[1].kbps <= kbps * SLACK]
    if within:
        return max(within, key=lambda pair: _quality(pair[1]))
    return min(peers, key=lambda pair: pair[1].kbps, default=None)


def _quality(point: Point) -> tuple[float, float]:
    assert point.scores is not None
    pooled = point.scores.pooled
    vmaf = pooled["vmaf"].mean if "vmaf" in pooled else 0.0
    return vmaf, pooled["ssim"].mean


def _caption(point: Point, base: float) -> str:
    """Rate (and its share of ``base``), quality, and how it was coded."""
    pooled = {} if point.scores is None else point.scores.pooled
    figures = [f"VMAF {pooled['vmaf'].mean:.1f}"] if "vmaf" in pooled else []
    figures += [f"SSIM {pooled['ssim'].mean:.3f}"] if "ssim" in pooled else []
    share = "" if point.kbps == base else f" ({100 * point.kbps / base:.0f}% of MTOR's)"
    return ", ".join([f"{point.kbps:.1f} kbps{share}", *figures, point.label])
