# SPDX-License-Identifier: Apache-2.0
"""One decoded picture of a source."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from mtor_transcode.ingest.planes import Plane, Planes


@dataclass(frozen=True, slots=True)
class SourceFrame:
    """A picture shown during ``[tick, tick + duration)`` (film ticks; the first frame has tick 0).

    ``planes`` are Y, Cb, Cr, upright, (rows, columns), uint8 or uint16 at ``depth`` bits a sample; chroma
    planes have ``ceil(size / 2**chroma)`` rows and columns.
    """

    tick: int
    duration: int
    planes: Planes
    depth: int
    chroma: tuple[int, int]

    def luma8(self) -> NDArray[np.uint8]:
        """The luma as (H, W) uint8 codes."""
        return to_8_bits(self.planes[0], self.depth)

    def ycc8(self) -> NDArray[np.uint8]:
        """The picture as (H, W, 3) uint8 Y, Cb, Cr codes, chroma interpolated to full size."""
        luma, first, second = (to_8_bits(plane, self.depth) for plane in self.planes)
        rows, columns = luma.shape
        ycc = np.empty((rows, columns, 3), np.uint8)
        ycc[..., 0] = luma
        for channel, plane in ((1, first), (2, second)):
            ycc[..., channel] = _full_size(plane, self.chroma, columns, rows)
        return ycc


def to_8_bits(plane: Plane, depth: int) -> NDArray[np.uint8]:
    """``plane`` (``depth`` bits a sample) rounded to 8 bits; the same array if it has 8 already."""
    if plane.dtype == np.uint8:
        return plane.view(np.uint8)
    shift = depth - 8
    rounded = (plane.astype(np.uint32) + (1 << shift >> 1)) >> shift
    codes: NDArray[np.uint8] = np.minimum(rounded, 255).astype(np.uint8)
    return codes


def _full_size(
    plane: NDArray[np.uint8], chroma: tuple[int, int], columns: int, rows: int
) -> NDArray[np.uint8]:
    across, down = chroma
    if not across and not down:
        return plane
    # Left-cosited across (H.264's default siting), centred down: x / 2 and (y - 0.5) / 2 in chroma samples.
    matrix = np.array([[1 / (1 << across), 0, 0], [0, 1 / (1 << down), -0.25 if down else 0]], np.float32)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    grown = cv2.warpAffine(plane, matrix, (columns, rows), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(grown, np.uint8)
