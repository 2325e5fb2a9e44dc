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

WANTED_KBPS = 10.0
SLACK = 1.1
"""A peer may have so many times MTOR's rate and still count as equal."""


def strip(clip: Clip, cache: Cache, points: Mapping[str, Sequence[tuple[str, Point]]]) -> Strip | None:
    """The strip of a clip from ``{codec: [(cache key, point)]}``; None if MTOR has no point."""
    ours = points.get(mtor.NAME, [])
    if not ours:
        return None
    key, point = min(ours, key=lambda pair: abs(math.log(pair[1].kbps / WANTED_KBPS)))
    number = clip.frames // 2
    frame = next(frame for n, frame in enumerate(clip.source.frames()) if n == number)
    shots = [Shot("Source", clip.name, picture_uri(frame.planes, clip.source))]
    mine = nth(mtor.shown(cache.path(key, ".mtor"), clip.source), number)
    if mine is not None:
        shots.append(Shot("MTOR", _caption(point), picture_uri(mine, clip.source)))
    peer = best_peer(points, point.kbps)
    if peer is not None:
        peer_key, theirs = peer
        pictures = shown(cache.path(peer_key, ".mp4"), theirs.kept, theirs.frames, clip.judge.layout)
        planes = nth(pictures, number)
        if planes is not None:
            title = PEERS[theirs.codec].title
            shots.append(Shot(title, _caption(theirs), picture_uri(planes, clip.source)))
    seconds = float(frame.tick * clip.source.info.time_base)
    return Strip(clip.name, number, seconds, tuple(shots))


def best_peer(points: Mapping[str, Sequence[tuple[str, Point]]], kbps: float) -> tuple[str, Point] | None:
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


def _caption(point: Point) -> str:
    pooled = {} if point.scores is None else point.scores.pooled
    figures = [f"VMAF {pooled['vmaf'].mean:.1f}"] if "vmaf" in pooled else []
    figures += [f"SSIM {pooled['ssim'].mean:.3f}"] if "ssim" in pooled else []
    return ", ".join([f"{point.kbps:.1f} kbps", *figures, point.label])
