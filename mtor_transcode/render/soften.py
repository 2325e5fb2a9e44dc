# SPDX-License-Identifier: Apache-2.0
"""The Gaussian blur of a soft scene's picture."""

from __future__ import annotations

import math
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

SOFTNESS_PER_PX = 4
"""Steps of ``SceneStart.softness`` in a px of the film."""

_REACH = 3
"""Standard deviations at which the kernel ends."""


def deviation(softness: int, film: tuple[int, int], size: tuple[int, int]) -> float:
    """The standard deviation in px of a picture of ``size``, (width, height), of a film of size ``film``.

    A picture stretched unevenly takes the geometric mean of its two factors.
    """
    return softness / SOFTNESS_PER_PX * math.sqrt(size[0] / film[0] * size[1] / film[1])


def soften(picture: NDArray[np.uint8], sigma: float) -> NDArray[np.uint8]:
    """A picture (H, W, 3) blurred with a standard deviation of ``sigma`` > 0 px, its edges repeated outwards.

    The kernel is of floats: ``cv2.GaussianBlur`` rounds the weights for 8-bit pictures to 256ths, and for
    large ``sigma`` comes out 2-3 levels off.
    """
    kernel = cv2.getGaussianKernel(2 * math.ceil(_REACH * sigma) + 1, sigma, cv2.CV_32F)
    blurred = cv2.sepFilter2D(picture, -1, kernel, kernel, borderType=cv2.BORDER_REPLICATE)
    return cast("NDArray[np.uint8]", blurred)
