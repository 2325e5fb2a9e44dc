# SPDX-License-Identifier: Apache-2.0
"""From points to curves, BD-rates, qualities at rates, crossings, and means of classes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

from mtor_transcode.measure.bench.bdrate import LEAST_SHARE, bd_rate, covered, leave_one_out
from mtor_transcode.measure.bench.cache import Point
from mtor_transcode.measure.bench.envelope import Dot, ahead, crossings, envelope, quality_at
from mtor_transcode.measure.bench.result import BEST, ClassRow, ClipResult, Compared, Curve, Row
from mtor_transcode.measure.bench.score import METRICS

SHOWN = ("vmaf", "vmaf_neg", "xpsnr", "ssim", "ssim_db", "window_ssim", "ms_ssim", "psnr_y")
"""Metrics that are compared; ``ssim_db`` is -10 log10(1 - ssim)."""

ALL = "all"
OURS = "mtor"
SSIM_DB_CAP = 60.0
DIGITS = 4


def row(point: Point) -> Row:
    """A point for the report."""
    return Row(
        label=point.label,
        parameters=point.parameters,
        kbps=round(point.kbps, DIGITS),
        file_kbps=round(point.file_kbps, DIGITS),
        stream_bytes=point.stream_bytes,
        file_bytes=point.file_bytes,
        encode_seconds=point.encode_seconds,
        pooled={} if point.scores is None else point.scores.pooled,
    )


def quality_of(row: Row, metric: str) -> float | None:
    """A point's mean in one of ``SHOWN``; None where it was not measured."""
    pooled = row.pooled.get("ssim" if metric == "ssim_db" else metric)
    if pooled is None:
        return None
    if metric == "ssim_db":
        return min(SSIM_DB_CAP, -10 * math.log10(max(1e-9, 1 - pooled.mean)))
    return pooled.mean


def curve(rows: Iterable[Row], metric: str, *, files: bool = False) -> list[Dot]:
    """The envelope of a codec's points in a metric; with ``files`` by the rate of whole files."""
    dots: list[Dot] = []
    for number, each in enumerate(rows):
        quality = quality_of(each, metric)
        if quality is not None:
            dots.append(Dot(each.file_kbps if files else each.kbps, quality, number))
    return envelope(dots)


def compared(points: dict[str, list[Row]], rates: Sequence[float]) -> list[Compared]:
    """MTOR beside each peer, and beside the best of them where they are several."""
    ours = points.get(OURS, [])
    peers = {name: rows for name, rows in points.items() if name != OURS and rows}
    if len(peers) > 1:
        peers[BEST] = [each for rows in peers.values() for each in rows]
    return [
        _compared(name, metric, rows, ours, rates)
        for name, rows in peers.items()
        for metric in SHOWN
        if curve(rows, metric) and curve(ours, metric)
    ]


def _compared(name: str, metric: str, peer: list[Row], ours: list[Row], rates: Sequence[float]) -> Compared:
    theirs, mine = curve(peer, metric), curve(ours, metric)
    share = covered(theirs, mine)
    return Compared(
        peer=name,
        metric=metric,
        bd_rate=_rounded(bd_rate(theirs, mine)),
        bd_rate_files=_rounded(bd_rate(curve(peer, metric, files=True), curve(ours, metric, files=True))),
        covered=round(share, DIGITS),
        comparable=share >= LEAST_SHARE,
        at=[(rate, _rounded(quality_at(mine, rate)), _rounded(quality_at(theirs, rate))) for rate in rates],
        crossings=[(round(rate, 3), above) for rate, above in crossings(mine, theirs)],
        ahead=ahead(mine, theirs),
        moved=_rounded(_moved(peer, ours, metric)),
    )


def _moved(peer: list[Row], ours: list[Row], metric: str) -> float | None:
    """How much one measured point of the peer can matter: the curve is drawn anew without it.

    The curve's ends are kept: without them another range of qualities would be compared.
    """
    theirs, mine = curve(peer, metric), curve(ours, metric)
    whole = bd_rate(theirs, mine)
    if whole is None:
        return None
    without = [
        bd_rate(curve([row for n, row in enumerate(peer) if n != dot.tag], metric), mine)
        for dot in theirs[1:-1]
    ]
    return max((abs(found - whole) for found in without if found is not None), default=0.0)


def curves(points: dict[str, list[Row]]) -> dict[str, dict[str, Curve]]:
    """Curves by codec and metric."""
    return {
        name: {
            metric: [(dot.kbps, round(dot.quality, DIGITS)) for dot in found]
            for metric in SHOWN
            if (found := curve(rows, metric))
        }
        for name, rows in points.items()
    }


def density(points: dict[str, list[Row]]) -> dict[str, dict[str, float]]:
    """By how much (%) removing one inner point moves a peer's curve at most."""
    return {
        name: {metric: round(max(leave_one_out(curve(rows, metric)), default=0.0), 2) for metric in METRICS}
        for name, rows in points.items()
        if name != OURS
    }


def classes(clips: Sequence[ClipResult]) -> list[ClassRow]:
    """Means by class, peer and metric; ``all`` comes first."""
    families = [ALL, *sorted({clip.family for clip in clips})]
    peers = list(dict.fromkeys(each.peer for clip in clips for each in clip.compared))
    return [
        _class_row(family, peer, metric, [c for c in clips if family in (ALL, c.family)])
        for family in families
        for peer in peers
        for metric in SHOWN
    ]


def _class_row(family: str, peer: str, metric: str, clips: Sequence[ClipResult]) -> ClassRow:
    """The mean is that of log rates, so that halving and doubling weigh the same."""
    found = [
        each.bd_rate
        for clip in clips
        for each in clip.compared
        if each.peer == peer and each.metric == metric and each.comparable and each.bd_rate is not None
    ]
    mean = 100 * math.expm1(float(np.mean([math.log1p(rate / 100) for rate in found]))) if found else None
    return ClassRow(
        family=family,
        peer=peer,
        metric=metric,
        bd_rate=_rounded(mean),
        comparable=len(found),
        clips=len(clips),
        wins=sum(rate < 0 for rate in found),
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, DIGITS)
