# SPDX-License-Identifier: Apache-2.0
"""BD-rate by the package ``bjontegaard``, and whether two curves can be compared at all."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any

from mtor_transcode.errors import MissingExtraError
from mtor_transcode.measure.bench.envelope import Dot, quality_at

METHOD = "pchip"
RANGE_KBPS = (1.0, 50.0)
"""Rates between which a peer's quality range is taken."""

LEAST_SHARE = 0.5
"""Share of the peer's range that both curves must cover."""


def load() -> Any:
    """The package ``bjontegaard``. Raises MissingExtraError."""
    try:
        return importlib.import_module("bjontegaard")
    except ImportError as error:
        raise MissingExtraError(
            "BD-rates need the package bjontegaard", where="bench",
            remedy="pip install 'mtor-transcode[bench]'",
        ) from error  # fmt: skip


def bd_rate(peer: Sequence[Dot], ours: Sequence[Dot]) -> float | None:
    """Rate that ``ours`` needs more than ``peer`` for equal quality (%), negative is a win.

    Over the quality that both cover (PCHIP over log rate); None if that is empty.
    """
    if len(peer) < 2 or len(ours) < 2:
        return None
    if min(peer[-1].quality, ours[-1].quality) <= max(peer[0].quality, ours[0].quality):
        return None
    found = load().bd_rate(
        [dot.kbps for dot in peer], [dot.quality for dot in peer],
        [dot.kbps for dot in ours], [dot.quality for dot in ours],
        method=METHOD, require_matching_points=False, min_overlap=0,
    )  # fmt: skip
    return float(found)


def covered(peer: Sequence[Dot], ours: Sequence[Dot]) -> float:
    """Share of the peer's quality range between 1 and 50 kbps that both curves cover, 0 to 1."""
    if not peer or not ours:
        return 0.0
    low, high = _range(peer)
    if high <= low:
        return 0.0
    both = min(high, ours[-1].quality) - max(low, ours[0].quality)
    return max(0.0, both / (high - low))


def _range(peer: Sequence[Dot]) -> tuple[float, float]:
    low = quality_at(peer, RANGE_KBPS[0])
    high = quality_at(peer, RANGE_KBPS[1])
    return peer[0].quality if low is None else low, peer[-1].quality if high is None else high
