# SPDX-License-Identifier: Apache-2.0
"""Whether vectors can carry a picture while it comes, and whether a computer drew it: told without a try."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

EVEN: Final = 3
"""Codes of luma between which 3x3 px are even."""

FLAT: Final = 0.88
"""Least share of even px."""

BUSY: Final = 100_000
"""Most px that are not even: vectors of more are painted more slowly than they come."""


CODES: Final = 8
FEW: Final = 1 / 3
"""Share of a picture that so many codes of luma make up: 0.37 and more of pages and terminals, films 0.28."""


def has_few_codes(luma: NDArray[np.uint8]) -> bool:
    """Whether a few codes make up much of a picture (H, W), as they do of what a computer draws."""
    counts = np.sort(cv2.calcHist([np.ascontiguousarray(luma)], [0], None, [256], [0, 256]).ravel())
    return int(counts[-CODES:].sum()) >= FEW * luma.size


def is_flat(luma: NDArray[np.uint8]) -> bool:
    """Whether most of a picture (H, W) is even, and what is not is little enough to be drawn in time."""
    kernel = np.ones((3, 3), np.uint8)
    apart = cv2.subtract(cv2.dilate(luma, kernel), cv2.erode(luma, kernel))
    busy = int(np.count_nonzero(apart > EVEN))
    return busy <= min(BUSY, (1 - FLAT) * luma.size)
