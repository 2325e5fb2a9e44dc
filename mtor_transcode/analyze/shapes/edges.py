# SPDX-License-Identifier: Apache-2.0
"""Edge pixels: those that lie between two plateaus belong to an edge, not to a region of their own."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

STEP = 6
"""Least difference (luma codes) to both neighbours that makes a pixel a transition."""

TRANSITION_WEIGHT = 0.02
"""Weight of a transition pixel's error while regions are formed."""


def region_weights(luma: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return weights (H, W) float32 for region merging: low on anti-aliased and blurred edges.

    A pixel is a transition when it lies strictly between its two neighbours along one of four directions;
    ridges (thin strokes) and corners keep their full weight.
    """
    picture = cv2.copyMakeBorder(luma, 1, 1, 1, 1, cv2.BORDER_REPLICATE).astype(np.int16)
    height, width = luma.shape
    centre = picture[1:-1, 1:-1]
    transition = np.zeros(luma.shape, dtype=bool)
    ridge = np.zeros(luma.shape, dtype=bool)
    for dy, dx in ((0, 1), (1, 0), (1, 1), (1, -1)):
        before = centre - picture[1 - dy : 1 - dy + height, 1 - dx : 1 - dx + width]
        after = picture[1 + dy : 1 + dy + height, 1 + dx : 1 + dx + width] - centre
        transition |= ((before >= STEP) & (after >= STEP)) | ((before <= -STEP) & (after <= -STEP))
        ridge |= ((before >= STEP) & (after <= -STEP)) | ((before <= -STEP) & (after >= STEP))
    weights = np.ones(luma.shape, dtype=np.float32)
    weights[transition & ~ridge] = TRANSITION_WEIGHT
    return weights
