# SPDX-License-Identifier: Apache-2.0
"""How much one measured point of a peer matters: its curve is drawn anew without it.

What lay just below the curve then comes up, so a point is dispensable if another is nearly as good near it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mtor_transcode.measure.bench.bdrate import LEAST_SHARE, bd_rate, covered
from mtor_transcode.measure.bench.curves import SHOWN, curve
from mtor_transcode.measure.bench.envelope import Dot
from mtor_transcode.measure.bench.result import Row


@dataclass(frozen=True, slots=True)
class Weak:
    """A point that matters: number ``row`` of the peer's, ``moved`` in points of per cent of BD-rate.

    ``left`` and ``right`` are the rates (kbps) of its neighbours on the curve.
    """

    moved: float
    row: int
    left: float
    right: float


def moves(peer: Sequence[Row], other: Sequence[Row], metric: str) -> Iterator[Weak]:
    """What leaving out each inner point of the peer's curve does to the BD-rate of ``other`` against it.

    Without an end another range of qualities would be compared: that is no matter of density.
    """
    whole, against = curve(peer, metric), curve(other, metric)
    before = bd_rate(whole, against)
    if before is None:
        return
    for left, dot, right in zip(whole, whole[1:], whole[2:], strict=False):
        after = bd_rate(_without(peer, dot, metric), against)
        if after is not None:
            yield Weak(abs(after - before), dot.tag, left.kbps, right.kbps)


def most_moved(peer: Sequence[Row], other: Sequence[Row], metric: str) -> float | None:
    """The most (points of per cent) that one point of ``peer`` moves the BD-rate by; None without one."""
    if bd_rate(curve(peer, metric), curve(other, metric)) is None:
        return None
    return max((weak.moved for weak in moves(peer, other, metric)), default=0.0)


def weak_points(peer: Sequence[Row], other: Sequence[Row], limit: float) -> list[Weak]:
    """Points that move the BD-rate of any metric by more than ``limit``, the worst first.

    Metrics in which the curves cannot be compared do not count.
    """
    found: dict[int, Weak] = {}
    for metric in SHOWN:
        if covered(curve(peer, metric), curve(other, metric)) < LEAST_SHARE:
            continue
        for weak in moves(peer, other, metric):
            if weak.moved > max(limit, found[weak.row].moved if weak.row in found else 0.0):
                found[weak.row] = weak
    return sorted(found.values(), key=lambda weak: -weak.moved)


def _without(peer: Sequence[Row], dot: Dot, metric: str) -> list[Dot]:
    return curve([row for number, row in enumerate(peer) if number != dot.tag], metric)
