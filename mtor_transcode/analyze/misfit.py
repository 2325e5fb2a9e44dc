# SPDX-License-Identifier: Apache-2.0
"""How wrong a picture is: squared errors, px by px and in sum."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from mtor_transcode.analyze.easel import Picture, Plane
from mtor_transcode.analyze.regions import CHROMA_WEIGHT


def misfit(target: Picture, shown: Picture) -> Plane:
    """Squared error of each pixel, averaged over 3x3."""
    difference = cv2.absdiff(target, shown).astype(np.float32)
    difference *= difference
    error = difference[..., 0] + CHROMA_WEIGHT * (difference[..., 1] + difference[..., 2])
    averaged: Plane = cv2.blur(error, (3, 3))
    return averaged


def squares(one: Picture, other: Picture, where: NDArray[np.bool_]) -> float:
    """Sum of squared differences of luma over ``where``."""
    away = cv2.absdiff(one[..., 0], other[..., 0])[where].astype(np.float32)
    return float(away @ away)
