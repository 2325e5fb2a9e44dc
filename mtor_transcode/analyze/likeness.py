# SPDX-License-Identifier: Apache-2.0
"""How far a rendering is from its source, in the two terms by which textures are chosen.

SSIM (Wang et al., IEEE TIP 13(4), 2004) of luma reduced so that its short side is about 256, which is what
a viewer at a distance sees, chooses between ways to code; squared error (of luma at full size, times seconds)
says what a bit is worth beside the vectors' lambda.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.uint8]
Wide = NDArray[np.float32]

SHORT_SIDE = 256
WINDOW = 8
"""Sides of SSIM's windows."""

_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2


@dataclass(slots=True)
class Likeness:
    """Sums over frames, each times its seconds: ``squares`` is squared error of luma, ``unlike`` 1 - SSIM.

    ``blurred`` is 1 - SSIM at full size; ``seconds`` is the time of the frames that were looked at.
    """

    squares: float = 0.0
    unlike: float = 0.0
    blurred: float = 0.0
    seconds: float = 0.0

    def add(self, source: Plane, shown: Plane, seconds: float) -> None:
        """Take a frame in; ``shown`` is what a viewer sees of ``source`` for so long."""
        self.squares += seconds * float(cv2.norm(source, shown, cv2.NORM_L2SQR))
        self.unlike += seconds * unlikeness(source, shown)
        self.blurred += seconds * _unlike(source.astype(np.float32), shown.astype(np.float32), _tiled)
        self.seconds += seconds

    @property
    def mean_unlike(self) -> float:
        """1 - SSIM on average, never 0."""
        return max(self.unlike / max(self.seconds, 1e-9), 1e-5)

    @property
    def mean_blurred(self) -> float:
        """1 - SSIM at full size on average, never 0."""
        return max(self.blurred / max(self.seconds, 1e-9), 1e-5)

    @property
    def rate_of_squares(self) -> float:
        """Squared error of a frame on average."""
        return max(self.squares / max(self.seconds, 1e-9), 1.0)


def unlikeness(source: Plane, shown: Plane) -> float:
    """1 - SSIM of two luma planes, reduced."""
    return _unlike(_reduced(source), _reduced(shown), _sliding)


def _unlike(a: Wide, b: Wide, mean: Callable[[Wide], Wide]) -> float:
    mean_a, mean_b = mean(a), mean(b)
    both, square_a, square_b = mean_a * mean_b, mean_a * mean_a, mean_b * mean_b
    cross = mean(a * b) - both
    spread = mean(a * a) - square_a + mean(b * b) - square_b
    ssim = (2 * both + _C1) * (2 * cross + _C2) / ((square_a + square_b + _C1) * (spread + _C2))
    return 1.0 - float(ssim.mean())


def _reduced(plane: Plane) -> Wide:
    step = max(1, round(min(plane.shape) / SHORT_SIDE))
    size = (max(1, plane.shape[1] // step), max(1, plane.shape[0] // step))
    small = plane if step == 1 else cv2.resize(plane, size, interpolation=cv2.INTER_AREA)
    return small.astype(np.float32)


def _sliding(values: Wide) -> Wide:
    """Means of all windows."""
    return cast("Wide", cv2.boxFilter(values, -1, (WINDOW, WINDOW), borderType=cv2.BORDER_REFLECT))


def _tiled(values: Wide) -> Wide:
    """Means of windows side by side, ten times as fast."""
    size = (max(1, values.shape[1] // WINDOW), max(1, values.shape[0] // WINDOW))
    whole = values[: size[1] * WINDOW, : size[0] * WINDOW]
    return cast("Wide", cv2.resize(whole, size, interpolation=cv2.INTER_AREA))
