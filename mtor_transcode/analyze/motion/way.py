# SPDX-License-Identifier: Apache-2.0
"""Where the pixels of one picture go in the next ones: dense flow, added up from picture to picture."""

from __future__ import annotations

import cv2
import numpy as np

from mtor_transcode.analyze.canvas.easel import Picture

STILL = 6
"""Least change of luma (codes) that is looked at as motion."""

LEAST_SIDE = 16
"""Pictures narrower than this have no flow."""


class Way:
    """Follows the pixels of the luma ``first`` (H, W) uint8 through later pictures."""

    def __init__(self, first: Picture) -> None:
        height, width = first.shape
        self._last = first
        self._moved = False
        self._x, self._y = np.meshgrid(
            np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)
        )
        self._search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)

    def followed(self, picture: Picture) -> Picture:
        """The next picture seen from the first: each pixel as it is where it has gone, (H, W) uint8.

        By inverse search (Kroeger et al. 2016) from the picture before.
        """
        if min(picture.shape) >= LEAST_SIDE and int(cv2.absdiff(self._last, picture).max()) >= STILL:
            flow = self._search.calc(self._last, picture, None)
            if self._moved:
                flow = cv2.remap(flow, self._x, self._y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            self._x += flow[..., 0]
            self._y += flow[..., 1]
            self._moved = True
        self._last = picture
        if not self._moved:
            return picture
        seen: Picture = cv2.remap(
            picture, self._x, self._y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        return seen
