# SPDX-License-Identifier: Apache-2.0
"""The figures of many frames as rows, pools and means of scenes."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from mtor_transcode.measure.anatomy import Anatomy
from mtor_transcode.measure.comparison import Comparison
from mtor_transcode.measure.metrics import psnr
from mtor_transcode.measure.pooling import DIGITS, Pooled, pick_frames, pool
from mtor_transcode.measure.result import Frame, Picks, Quality, SceneRow
from mtor_transcode.measure.vmaf import FilterScores

OWN_METRICS = ("psnr_y", "psnr_cb", "psnr_cr", "psnr_yuv", "ssim", "float_ssim")
FILTER_METRICS = ("vmaf", "vmaf_neg", "xpsnr")


def frame_rows(found: Comparison, scores: FilterScores, time_base: Fraction) -> tuple[Frame, ...]:
    """One row for each measured frame; ``time_base`` is that of the source's ticks."""
    columns = [scores.values.get(name) for name in FILTER_METRICS]
    return tuple(
        Frame(
            number,
            frame.tick,
            round(float(frame.tick * time_base), DIGITS),
            *(round(getattr(frame.scores, name), DIGITS) for name in OWN_METRICS),
            *(None if column is None else column[number] for column in columns),
        )
        for number, frame in enumerate(found.frames)
    )


def quality(found: Comparison, scores: FilterScores, depth: int) -> Quality:
    """Pooled figures of all metrics that were measured."""
    all_scores = [frame.scores for frame in found.frames]
    pooled: dict[str, Pooled] = {
        name: pool([getattr(score, name) for score in all_scores]) for name in OWN_METRICS
    }
    pooled |= {name: pool(scores.values[name]) for name in FILTER_METRICS if name in scores.values}
    return Quality(
        frames=len(all_scores),
        pooled=pooled,
        psnr_y_mean_mse=round(psnr(float(np.mean([s.mse_y for s in all_scores])), depth), DIGITS),
        psnr_yuv_mean_mse=round(psnr(float(np.mean([s.mse_yuv for s in all_scores])), depth), DIGITS),
        picks=Picks(*pick_frames([s.ssim for s in all_scores], [frame.blank for frame in found.frames])),
        missing=dict(scores.reasons),
    )


def scene_rows(
    parts: Anatomy, rows: Sequence[Frame], owners: Sequence[int], time_base: Fraction
) -> tuple[SceneRow, ...]:
    """The scenes with the means of their frames; ``owners`` tells each row's scene (index)."""
    frames: list[list[Frame]] = [[] for _ in parts.scenes]
    for row, owner in zip(rows, owners, strict=True):
        if frames:
            frames[owner].append(row)
    return tuple(
        SceneRow(
            number=scene.number,
            start=round(float(scene.start * time_base), DIGITS),
            end=round(float(scene.end * time_base), DIGITS),
            transition=scene.transition,
            shapes=scene.shapes,
            tokens=scene.tokens,
            bytes=round(scene.bytes),
            camera=scene.camera,
            frames=len(own),
            ssim=_mean([frame.ssim for frame in own]),
            psnr_y=_mean([frame.psnr_y for frame in own]),
            vmaf=_mean([frame.vmaf for frame in own]),
        )
        for scene, own in zip(parts.scenes, frames, strict=True)
    )


def _mean(values: Sequence[float | None]) -> float | None:
    present = [value for value in values if value is not None]
    return round(float(np.mean(present)), DIGITS) if present else None
