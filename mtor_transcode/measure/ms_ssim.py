# SPDX-License-Identifier: Apache-2.0
"""MS-SSIM of luma, as libvmaf's ``float_ms_ssim``, whose own takes most of a measurement's time.

Method: Wang, Simoncelli and Bovik, "Multiscale structural similarity for image quality assessment" (Asilomar
2003): contrast and structure at five scales, luminance at the coarsest, each scale half the one before after
a 9/7 biorthogonal low-pass, 11x11 Gaussian windows (sigma 1.5).
"""

from __future__ import annotations

from typing import Any

import cv2
import numba
import numpy as np
from numpy.typing import NDArray

from mtor_transcode.measure.ssim import GAUSSIAN_SIGMA, GAUSSIAN_TAPS

WEIGHTS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)
"""Exponents of contrast and structure, fine to coarse; luminance has the last."""

LEAST_SIDE = GAUSSIAN_TAPS << (len(WEIGHTS) - 1)
"""Samples that a side must have, so that a window fits at the coarsest scale."""

STRIP = 64
"""Rows of windows that are compared at once."""

_LOW_PASS = np.array(
    [0.026727, -0.016828, -0.078201, 0.266846, 0.602914, 0.266846, -0.078201, -0.016828, 0.026727], np.float32
)
_TAPS = cv2.getGaussianKernel(GAUSSIAN_TAPS, GAUSSIAN_SIGMA, cv2.CV_32F)
_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
_C3 = _C2 / 2


def ms_ssim(first: NDArray[Any], second: NDArray[Any], depth: int = 8) -> float:
    """MS-SSIM of two luma planes (H, W) of ``depth`` bits. ValueError if a side is below ``LEAST_SIDE``."""
    if min(first.shape) < LEAST_SIDE:
        raise ValueError(f"MS-SSIM needs sides of {LEAST_SIDE} samples, not {first.shape}")
    scale = np.float32(1 / (1 << (depth - 8)))
    a, b = (plane.astype(np.float32) * scale for plane in (first, second))
    product = 1.0
    for level, weight in enumerate(WEIGHTS):
        if level:
            a, b = _halved(a), _halved(b)
        luminance, contrast, structure = _parts(a, b)
        product *= abs(contrast) ** weight * abs(structure) ** weight
        if level == len(WEIGHTS) - 1:
            product *= abs(luminance) ** weight
    return product


def _parts(a: NDArray[np.float32], b: NDArray[np.float32]) -> tuple[float, float, float]:
    """Means of luminance, contrast and structure over all windows inside, strip by strip.

    A strip's blurred planes fit into the processor's cache, which halves the time of large pictures.
    """
    edge = GAUSSIAN_TAPS // 2
    height, width = a.shape
    inside = height - 2 * edge
    sums = np.zeros(3)
    for top in range(0, inside, STRIP):
        rows = min(STRIP, inside - top)
        one, other = a[top : top + rows + 2 * edge], b[top : top + rows + 2 * edge]
        products = (one, other, cv2.multiply(one, one), cv2.multiply(other, other), cv2.multiply(one, other))
        sums += _sums(*map(_blurred, products))
    means = sums / (inside * (width - 2 * edge))
    return float(means[0]), float(means[1]), float(means[2])


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _sums(
    mean_a: NDArray[np.float32],
    mean_b: NDArray[np.float32],
    square_a: NDArray[np.float32],
    square_b: NDArray[np.float32],
    product: NDArray[np.float32],
) -> tuple[float, float, float]:
    """Sums of luminance, contrast and structure over blurred planes."""
    luminance = contrast = structure = 0.0
    for y in range(mean_a.shape[0]):
        for x in range(mean_a.shape[1]):
            ma, mb = mean_a[y, x], mean_b[y, x]
            aa, bb, ab = ma * ma, mb * mb, ma * mb
            variance_a = max(square_a[y, x] - aa, np.float32(0))
            variance_b = max(square_b[y, x] - bb, np.float32(0))
            both = np.sqrt(variance_a * variance_b)
            luminance += (2 * ab + _C1) / (aa + bb + _C1)
            contrast += (2 * both + _C2) / (variance_a + variance_b + _C2)
            structure += (product[y, x] - ab + _C3) / (both + _C3)
    return luminance, contrast, structure


def _halved(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    smooth = cv2.sepFilter2D(plane, cv2.CV_32F, _LOW_PASS, _LOW_PASS, borderType=cv2.BORDER_REFLECT)
    return np.ascontiguousarray(smooth[::2, ::2])


def _blurred(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    """The Gaussian mean around each sample that is far enough from the border."""
    edge = GAUSSIAN_TAPS // 2
    blurred: NDArray[np.float32] = cv2.sepFilter2D(plane, cv2.CV_32F, _TAPS, _TAPS)
    return blurred[edge:-edge, edge:-edge]
