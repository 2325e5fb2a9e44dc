# SPDX-License-Identifier: Apache-2.0
"""How wrong a picture is: squared errors, px by px and in sum."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from mtor_transcode.analyze.canvas.easel import Picture, Plane
from mtor_transcode.analyze.canvas.regions import CHROMA_WEIGHT

NOTICED = 20.0
"""Squared error (mean of 3x3 px) above what was accepted before that makes a pixel worth another look."""

TOLERATED = 1.3
"""Factor by which an accepted error may grow before it is looked at again."""


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


def worse(target: Picture, shown: Picture, worth: Plane, accepted: Plane) -> NDArray[np.bool_]:
    """Where an error costs clearly more than was accepted at the last decision."""
    cost = misfit(target, shown) * worth
    mask = (cost > TOLERATED * accepted + NOTICED * worth).astype(np.uint8)
    grown: NDArray[np.bool_] = cv2.dilate(mask, np.ones((5, 5), np.uint8)).astype(bool)
    return grown
