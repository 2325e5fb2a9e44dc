# SPDX-License-Identifier: Apache-2.0
"""Structural similarity of luma, in the two forms that FFmpeg offers.

``window_ssim`` is FFmpeg's ``ssim`` filter: 8x8 windows, 4 samples apart, at full size.
``float_ssim`` is libvmaf's feature of that name: the picture is reduced so that its short side is about 256,
then compared under an 11x11 Gaussian (sigma 1.5). It is what a viewer at a distance sees, and what papers
quote. Both after Wang et al., "Image quality assessment: from error visibility to structural similarity"
(IEEE TIP 13(4), 2004), with K1 = 0.01 and K2 = 0.03.

Pictures smaller than the window are continued by their edge samples until one window fits.
"""

from __future__ import annotations

from typing import Any

import cv2
import numba
import numpy as np
from numpy.typing import NDArray

WINDOW = 8
GAUSSIAN_TAPS = 11
GAUSSIAN_SIGMA = 1.5
SHORT_SIDE = 256.0
"""The short side to which ``float_ssim`` reduces, in samples."""


def window_ssim(first: NDArray[Any], second: NDArray[Any], depth: int = 8) -> float:
    """Mean SSIM of two luma planes (H, W) of ``depth`` bits over 8x8 windows, as FFmpeg's ``ssim`` filter."""
    a, b = (_at_least(plane, WINDOW) for plane in (first, second))
    return float(_window_mean(a, b, float((1 << depth) - 1)))


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _window_mean(first: NDArray[Any], second: NDArray[Any], peak: float) -> float:
    """Sums of 4x4 blocks row by row; a window is a square of four neighbouring blocks."""
    c1 = np.floor(0.01 * 0.01 * peak * peak * 64 + 0.5)
    c2 = np.floor(0.03 * 0.03 * peak * peak * 64 * 63 + 0.5)
    rows, columns = first.shape[0] // 4, first.shape[1] // 4
    above = np.zeros((4, columns))
    here = np.zeros((4, columns))
    total = 0.0
    for row in range(rows):
        for column in range(columns):
            sum_a = sum_b = squares = products = np.int64(0)
            for y in range(4 * row, 4 * row + 4):
                for x in range(4 * column, 4 * column + 4):
                    a, b = np.int64(first[y, x]), np.int64(second[y, x])
                    sum_a += a
                    sum_b += b
                    squares += a * a + b * b
                    products += a * b
            here[0, column], here[1, column] = sum_a, sum_b
            here[2, column], here[3, column] = squares, products
        if row:
            for column in range(columns - 1):
                s1 = above[0, column] + above[0, column + 1] + here[0, column] + here[0, column + 1]
                s2 = above[1, column] + above[1, column + 1] + here[1, column] + here[1, column + 1]
                ss = above[2, column] + above[2, column + 1] + here[2, column] + here[2, column + 1]
                s12 = above[3, column] + above[3, column + 1] + here[3, column] + here[3, column + 1]
                variances = 64 * ss - s1 * s1 - s2 * s2
                covariance = 64 * s12 - s1 * s2
                total += ((2 * s1 * s2 + c1) * (2 * covariance + c2)) / (
                    (s1 * s1 + s2 * s2 + c1) * (variances + c2)
                )
        above, here = here, above
    return float(total / ((rows - 1) * (columns - 1)))


def float_ssim(first: NDArray[Any], second: NDArray[Any], depth: int = 8) -> float:
    """Mean SSIM of two luma planes (H, W) of ``depth`` bits, as libvmaf's ``float_ssim``."""
    factor = max(1, int(min(first.shape) / SHORT_SIDE + 0.5))
    a, b = (_at_least(_reduced(plane, factor, depth), GAUSSIAN_TAPS) for plane in (first, second))
    mean_a, mean_b = _blurred(a), _blurred(b)
    mean_aa, mean_bb, mean_ab = mean_a * mean_a, mean_b * mean_b, mean_a * mean_b
    variance_a = np.maximum(_blurred(a * a) - mean_aa, 0)
    variance_b = np.maximum(_blurred(b * b) - mean_bb, 0)
    covariance = _blurred(a * b) - mean_ab
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    similar = (2 * mean_ab + c1) * (2 * covariance + c2)
    possible = (mean_aa + mean_bb + c1) * (variance_a + variance_b + c2)
    return float(np.mean(similar / possible, dtype=np.float64))


def _reduced(plane: NDArray[Any], factor: int, depth: int) -> NDArray[np.float32]:
    """The plane on libvmaf's 0-255 scale, each sample the mean of a ``factor`` x ``factor`` box around it."""
    if factor > 1:
        height, width = plane.shape
        rows, columns = height // factor + (height & 1), width // factor + (width & 1)
        before = factor // 2
        below, right = (max(0, n * factor - before - m) for n, m in ((rows, height), (columns, width)))
        plane = cv2.copyMakeBorder(plane, before, below, before, right, cv2.BORDER_REFLECT)
        plane = plane[: rows * factor, : columns * factor]
    samples: NDArray[np.float32] = plane.astype(np.float32)
    if factor > 1:
        samples = cv2.resize(samples, (columns, rows), interpolation=cv2.INTER_AREA)
    return samples if depth == 8 else samples / np.float32(1 << (depth - 8))


def _blurred(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    """The Gaussian mean around each sample that is far enough from the border."""
    taps = cv2.getGaussianKernel(GAUSSIAN_TAPS, GAUSSIAN_SIGMA, cv2.CV_32F)
    edge = GAUSSIAN_TAPS // 2
    blurred: NDArray[np.float32] = cv2.sepFilter2D(plane, cv2.CV_32F, taps, taps)
    return blurred[edge:-edge, edge:-edge]


def _at_least(plane: NDArray[Any], side: int) -> NDArray[Any]:
    """The plane, contiguous, continued by its last row and column to at least ``side`` samples each way."""
    below, right = (max(0, side - length) for length in plane.shape)
    if below or right:
        return np.pad(plane, ((0, below), (0, right)), mode="edge")
    return np.ascontiguousarray(plane)
