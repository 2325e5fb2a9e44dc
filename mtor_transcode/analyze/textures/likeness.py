# SPDX-License-Identifier: Apache-2.0
"""How far a rendering is from its source, in the two terms by which textures are chosen.

SSIM (Wang et al., IEEE TIP 13(4), 2004) of luma chooses between ways to code: at full size, which tells what
detail is lost, and at the size at which SSIM is usually taken (the shorter side about 256 px), which tells
between ways that lose as much. Squared error (of luma, times seconds) says what a bit is worth beside the
vectors' lambda.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numba import njit
from numpy.typing import NDArray

Plane = NDArray[np.uint8]

WINDOW = 8
"""Sides of SSIM's windows."""

USUAL_SIDE = 256
"""Px of a picture's shorter side where SSIM is usually taken."""

AT_FULL_SIZE = 2 / 3
"""What SSIM at full size weighs; the other has the rest."""

_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2


@dataclass(slots=True)
class Likeness:
    """Sums over frames, each times its seconds: ``squares`` is squared error, ``unlike`` unlikeness of luma.

    ``seconds`` is the time of the frames that were looked at.
    """

    squares: float = 0.0
    unlike: float = 0.0
    seconds: float = 0.0

    def add(self, source: Plane, shown: Plane, seconds: float, unlike: float | None = None) -> None:
        """Take a frame in; ``shown`` is what a viewer sees of ``source`` for so long.

        ``unlike`` is their unlikeness, where that is known.
        """
        self.squares += seconds * float(cv2.norm(source, shown, cv2.NORM_L2SQR))
        self.unlike += seconds * (unlikeness(source, shown) if unlike is None else unlike)
        self.seconds += seconds

    @property
    def mean_unlike(self) -> float:
        """Unlikeness on average, never 0."""
        return max(self.unlike / max(self.seconds, 1e-9), 1e-5)

    @property
    def rate_of_squares(self) -> float:
        """Squared error of a frame on average."""
        return max(self.squares / max(self.seconds, 1e-9), 1.0)


def at_usual_size(plane: Plane) -> Plane:
    """A luma plane at the size where SSIM is usually taken, about; itself where that is its own."""
    smaller = round(min(plane.shape) / USUAL_SIDE)
    return plane if smaller < 2 else _shrunk(plane, smaller)


def unlikeness(source: Plane, shown: Plane, small: Plane | None = None) -> float:
    """The geometric mean of 1 - SSIM of two luma planes at both sizes, the one at full size weighing more.

    ``small`` is the source at the usual size, where that is at hand.
    """
    full = unlike_at_full_size(source, shown)
    small = at_usual_size(source) if small is None else small
    if small.shape == source.shape:
        return full
    usual = float(_tiled_unlike(small, at_usual_size(shown)))
    return float(full**AT_FULL_SIZE * max(usual, 0.0) ** (1 - AT_FULL_SIZE))


def _shrunk(plane: Plane, factor: int) -> Plane:
    """Means of blocks of ``factor`` by ``factor`` px; what is left over at the sides is cut off."""
    width, height = plane.shape[1] // factor, plane.shape[0] // factor
    whole = plane[: height * factor, : width * factor]
    return cast("Plane", cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA))


def unlike_at_full_size(source: Plane, shown: Plane) -> float:
    """1 - SSIM of two luma planes, over windows side by side."""
    return max(float(_tiled_unlike(np.ascontiguousarray(source), np.ascontiguousarray(shown))), 0.0)


@njit(cache=True, nogil=True)
def _ssim(mean_a, mean_b, square_a, square_b, product):  # type: ignore[no-untyped-def]
    """SSIM of a window by the means of two planes, of their squares, and of their product."""
    both, squares = mean_a * mean_b, mean_a * mean_a + mean_b * mean_b
    spread = square_a + square_b - squares
    return (2 * both + _C1) * (2 * (product - both) + _C2) / ((squares + _C1) * (spread + _C2))


@njit(cache=True, nogil=True)
def _tiled_unlike(source, shown):  # type: ignore[no-untyped-def]
    """1 - SSIM over windows side by side; a plane smaller than one is one itself."""
    height, width = source.shape
    high, wide = min(WINDOW, height), min(WINDOW, width)
    count = float(high * wide)
    columns = np.empty((5, width), dtype=np.int32)  # Summed up first, which the processor does many at once.
    total = 0.0
    for top in range(0, height - high + 1, high):
        columns[:] = 0
        for y in range(top, top + high):
            for x in range(width):
                a, b = np.int32(source[y, x]), np.int32(shown[y, x])
                columns[0, x] += a
                columns[1, x] += b
                columns[2, x] += a * a
                columns[3, x] += b * b
                columns[4, x] += a * b
        for left in range(0, width - wide + 1, wide):
            sum_a = sum_b = square_a = square_b = product = np.int32(0)
            for x in range(left, left + wide):
                sum_a += columns[0, x]
                sum_b += columns[1, x]
                square_a += columns[2, x]
                square_b += columns[3, x]
                product += columns[4, x]
            total += _ssim(sum_a / count, sum_b / count, square_a / count, square_b / count, product / count)
    return 1.0 - total / ((height // high) * (width // wide))
