# SPDX-License-Identifier: Apache-2.0
"""From points to curves, BD-rates, qualities at rates, crossings, and means of classes."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from mtor_transcode.measure.bench.bdrate import LEAST_SHARE, bd_rate, covered
from mtor_transcode.measure.bench.cache import Point
from mtor_transcode.measure.bench.curves import SHOWN, curve
from mtor_transcode.measure.bench.density import most_moved
from mtor_transcode.measure.bench.envelope import ahead, crossings, quality_at
from mtor_transcode.measure.bench.result import BEST, ClassRow, ClipResult, Compared, Curve, Move, Row
from mtor_transcode.measure.pooling import pool

ALL = "all"
OURS = "mtor"
DIGITS = 4


def row(point: Point, *, probe: bool = False) -> Row:
    """A point for the report; with ``probe`` its figures are those that rank points."""
    scores = {} if point.scores is None else point.scores.pooled
    return Row(
        label=point.label,
        parameters=point.parameters,
        kbps=round(point.kbps, DIGITS),
        file_kbps=round(point.file_kbps, DIGITS),
        stream_bytes=point.stream_bytes,
        file_bytes=point.file_bytes,
        encode_seconds=point.encode_seconds,
        pooled={name: pool([value]) for name, value in point.probe.items()} if probe else scores,
    )


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
        moved=_rounded(most_moved(peer, ours, metric)),
    )


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
    """By how much (%) leaving out one point moves a peer's curve at most, by codec and metric."""
    return {
        name: {metric: round(most_moved(rows, rows, metric) or 0.0, 2) for metric in SHOWN}
        for name, rows in points.items()
        if name != OURS
    }


def largest_move(clips: Sequence[ClipResult]) -> Move | None:
    """Where leaving out one point of a peer moves a BD-rate most, of those that count."""
    moves = [
        Move(clip.name, each.peer, each.metric, each.moved)
        for clip in clips
        for each in clip.compared
        if each.comparable and each.moved is not None
    ]
    return max(moves, key=lambda move: move.points, default=None)


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
    measured = [each for c in clips for each in c.compared if (each.peer, each.metric) == (peer, metric)]
    found = [each.bd_rate for each in measured if each.comparable and each.bd_rate is not None]
    mean = 100 * math.expm1(float(np.mean([math.log1p(rate / 100) for rate in found]))) if found else None
    return ClassRow(
        family=family,
        peer=peer,
        metric=metric,
        bd_rate=_rounded(mean),
        comparable=len(found),
        clips=len(clips),
        wins=sum(rate < 0 for rate in found),
        measured=len(measured),
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, DIGITS)
