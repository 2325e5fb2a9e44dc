# SPDX-License-Identifier: Apache-2.0
"""One decoded picture of a source."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mtor_transcode.ingest.planes import Plane, Planes
from mtor_transcode.render.chroma import to_depth, upsample


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
        across, down = self.chroma
        luma, first, second = (to_8_bits(plane, self.depth) for plane in self.planes)
        return upsample((luma, first, second), across, down)


def to_8_bits(plane: Plane, depth: int) -> NDArray[np.uint8]:
    """``plane`` (``depth`` bits a sample) rounded to 8 bits; the same array if it has 8 already."""
    return plane.view(np.uint8) if plane.dtype == np.uint8 else to_depth(plane, depth, 8).view(np.uint8)
