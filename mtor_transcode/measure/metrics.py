# SPDX-License-Identifier: Apache-2.0
"""Full-reference metrics of one frame: PSNR of each plane, PSNR-YUV and two SSIMs of luma.

Definitions, so that figures can be checked against FFmpeg run by hand:

* PSNR is ``10 log10(peak^2 / MSE)`` with ``peak = 2^depth - 1``, whatever the range of the video.
* PSNR-YUV takes the MSE over the samples of all three planes, as FFmpeg's ``psnr`` filter does for
  ``psnr_avg``; in 4:2:0 luma weighs two thirds.
* Equal pictures would have infinite PSNR. PSNR is capped at ``PSNR_CAP`` (100 dB), so that every figure is
  finite, means exist and JSON needs no special value.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mtor_transcode.measure.ssim import float_ssim, window_ssim

PSNR_CAP = 100.0
"""dB given to equal pictures, and the most that is ever reported."""

Plane = NDArray[Any]
Planes = Sequence[Plane]
"""Luma, Cb, Cr: 2-D uint8 (8 bit) or uint16 (9 to 16 bit) arrays, chroma at its own size."""


@dataclass(frozen=True, slots=True)
class FrameScores:
    """What the metrics say of one frame. MSE in squared codes, PSNR in dB (at most 100), SSIM up to 1."""

    mse_y: float
    mse_yuv: float
    psnr_y: float
    psnr_cb: float
    psnr_cr: float
    psnr_yuv: float
    ssim: float
    float_ssim: float


def psnr(mse: float, depth: int = 8) -> float:
    """dB for a mean squared error of samples of ``depth`` bits, capped at ``PSNR_CAP``."""
    if mse <= 0:
        return PSNR_CAP
    peak = (1 << depth) - 1
    return min(PSNR_CAP, 10 * math.log10(peak * peak / mse))


def squared_error(first: Plane, second: Plane) -> float:
    """The sum of squared differences of two planes of equal shape and dtype."""
    if first.shape != second.shape:
        raise ValueError(f"planes differ in shape: {first.shape} and {second.shape}")
    if first.size == 0:
        return 0.0
    return float(cv2.norm(np.ascontiguousarray(first), np.ascontiguousarray(second), cv2.NORM_L2SQR))


def compare_planes(source: Planes, render: Planes, depth: int = 8) -> FrameScores:
    """Scores of ``render`` against ``source``, both (Y, Cb, Cr) at ``depth`` bits and the same chroma size.

    Raises ValueError if shapes differ.
    """
    errors = [squared_error(a, b) for a, b in zip(source, render, strict=True)]
    sizes = [plane.size for plane in source]
    mses = [error / size if size else 0.0 for error, size in zip(errors, sizes, strict=True)]
    mse_yuv = sum(errors) / sum(sizes)
    if errors[0] == 0:
        ssim_window = ssim_float = 1.0
    else:
        ssim_window = window_ssim(source[0], render[0], depth)
        ssim_float = float_ssim(source[0], render[0], depth)
    return FrameScores(
        mse_y=mses[0],
        mse_yuv=mse_yuv,
        psnr_y=psnr(mses[0], depth),
        psnr_cb=psnr(mses[1], depth),
        psnr_cr=psnr(mses[2], depth),
        psnr_yuv=psnr(mse_yuv, depth),
        ssim=ssim_window,
        float_ssim=ssim_float,
    )
