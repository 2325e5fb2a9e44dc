# SPDX-License-Identifier: Apache-2.0
"""A look at the picture soon after a key: what goes far until the next key has not gone far there."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from mtor_transcode.analyze.canvas.easel import Picture


@dataclass(frozen=True, slots=True)
class Glance:
    """Luma at half size, ``half``, when a ``share`` (0-1) of the time between two keys has gone by."""

    half: Picture
    share: float


def half_of(values: NDArray[np.uint8]) -> Picture:
    """A plane at half size, by area."""
    height, width = values.shape
    half: Picture = cv2.resize(values, ((width + 1) // 2, (height + 1) // 2), interpolation=cv2.INTER_AREA)
    return half
