# SPDX-License-Identifier: Apache-2.0
"""The distance to the limit as data. Its JSON is a contract: see ``measure.result``."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from mtor_transcode.measure.oracle.crossing import bytes_at, ssim_db
from mtor_transcode.measure.result import Quality

SCHEMA = "mtor-oracle/1"

SSIM_TARGET = 0.995
"""Of ``float_ssim``, the mean of all frames."""

PSNR_TARGET = 40.0
"""dB of luma, of the mean squared error of all frames (what FFmpeg prints)."""


class OraclePoint(msgspec.Struct, frozen=True):
    """One film beside a scene's MP4: every byte of it, its figures, seconds of work.

    ``ssim`` is libvmaf's ``float_ssim``, ``window_ssim`` that of FFmpeg's ``ssim`` filter. The truth itself
    has neither quality nor seconds; the first film of a process also takes the loading of the kernels.
    ``worst_frame`` (of ``window_ssim``) tells where to look.
    """

    quality: float | None
    bytes: int
    bytes_by_kind: dict[str, int]
    ssim: float
    window_ssim: float
    psnr_y: float
    vmaf: float | None
    worst_ssim: float
    worst_frame: int
    seconds: float | None


class Distance(msgspec.Struct, frozen=True):
    """Bytes at a target, interpolated between the points, and what multiple of the truth's they are.

    None if no point is as good. ``bound`` tells that all points are better: the bytes are those of the
    cheapest, and fewer might do.
    """

    target: float
    bytes: float | None
    ratio: float | None
    bound: bool


class KindGap(msgspec.Struct, frozen=True):
    """Bytes of one kind in the truth and in the transcode."""

    kind: str
    truth: int
    film: int


class OracleScene(msgspec.Struct, frozen=True):
    """One scene from one of its MP4s (``source``: ``lossless`` or ``lossy``, of ``source_bytes``).

    ``split`` sets the truth beside the cheapest transcode that reaches the SSIM (else the best), which has
    the quality ``split_quality``.
    """

    name: str
    about: str
    source: str
    source_bytes: int
    truth: OraclePoint
    points: tuple[OraclePoint, ...]
    at_ssim: Distance
    at_psnr: Distance
    split: tuple[KindGap, ...]
    split_quality: float | None


class OracleReport(msgspec.Struct, frozen=True, kw_only=True):
    """All scenes, what was asked for, and on what it ran."""

    schema: str = SCHEMA
    preset: str
    scenes: tuple[OracleScene, ...]
    versions: dict[str, str]
    machine: dict[str, str]


def point(
    found: Quality,
    size: int,
    kinds: dict[str, int],
    *,
    quality: float | None = None,
    seconds: float | None = None,
) -> OraclePoint:
    """A measured film as a point; ``kinds`` are its bytes by kind."""
    pooled = found.pooled
    return OraclePoint(
        quality=quality,
        bytes=size,
        bytes_by_kind=kinds,
        ssim=pooled["float_ssim"].mean,
        window_ssim=pooled["ssim"].mean,
        psnr_y=found.psnr_y_mean_mse,
        vmaf=pooled["vmaf"].mean if "vmaf" in pooled else None,
        worst_ssim=pooled["float_ssim"].min,
        worst_frame=found.picks.worst,
        seconds=seconds,
    )


def is_enough(points: Sequence[OraclePoint]) -> bool:
    """Whether the points reach both targets, so that better ones would tell nothing."""
    return any(p.ssim >= SSIM_TARGET for p in points) and any(p.psnr_y >= PSNR_TARGET for p in points)


def scene_result(
    name: str, about: str, source: str, source_bytes: int, truth: OraclePoint, points: Sequence[OraclePoint]
) -> OracleScene:
    """What ``points`` (one or more) say of a scene."""
    chosen = _shown(points)
    kinds = [
        *truth.bytes_by_kind,
        *(kind for kind in chosen.bytes_by_kind if kind not in truth.bytes_by_kind),
    ]
    split = [
        KindGap(kind, truth.bytes_by_kind.get(kind, 0), chosen.bytes_by_kind.get(kind, 0)) for kind in kinds
    ]
    return OracleScene(
        name=name,
        about=about,
        source=source,
        source_bytes=source_bytes,
        truth=truth,
        points=tuple(points),
        at_ssim=distance(points, truth.bytes, SSIM_TARGET, lambda p: p.ssim, ssim_db),
        at_psnr=distance(points, truth.bytes, PSNR_TARGET, lambda p: p.psnr_y),
        split=tuple(gap for gap in split if gap.truth or gap.film),
        split_quality=chosen.quality,
    )


def distance(
    points: Sequence[OraclePoint],
    truth_bytes: int,
    target: float,
    figure: Callable[[OraclePoint], float],
    straight: Callable[[float], float] = float,
) -> Distance:
    """How many times the truth's bytes ``points`` take to reach ``target`` of ``figure``.

    ``straight`` maps the figure to the scale on which it is interpolated.
    """
    size = bytes_at([(p.bytes, straight(figure(p))) for p in points], straight(target))
    return Distance(
        target=target,
        bytes=None if size is None else round(size, 1),
        ratio=None if size is None else round(size / truth_bytes, 3),
        bound=all(figure(p) >= target for p in points),
    )


def _shown(points: Sequence[OraclePoint]) -> OraclePoint:
    """The cheapest point that reaches the SSIM, else the best."""
    good = [p for p in points if p.ssim >= SSIM_TARGET]
    return min(good, key=lambda p: p.bytes) if good else max(points, key=lambda p: p.ssim)
