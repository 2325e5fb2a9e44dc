# SPDX-License-Identifier: Apache-2.0
"""A codec's curve in one metric out of its measured points."""

from __future__ import annotations

import math
from collections.abc import Iterable

from mtor_transcode.measure.bench.envelope import Dot, envelope
from mtor_transcode.measure.bench.result import Row

SHOWN = ("vmaf", "vmaf_neg", "xpsnr", "ssim", "ssim_db", "window_ssim", "ms_ssim", "psnr_y")
"""Metrics that are compared; ``ssim_db`` is -10 log10(1 - ssim)."""

SSIM_DB_CAP = 60.0


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
