# SPDX-License-Identifier: Apache-2.0
"""Display matrices: how a decoded picture is turned to stand upright."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from typing import cast

import numpy as np
from av.sidedata.sidedata import SideDataContainer, Type
from av.video.frame import VideoFrame

from mtor_transcode.ingest.planes import Plane, Planes


@dataclass(frozen=True, slots=True)
class Upright:
    """Mirror (left to right) first, then turn clockwise by ``turns`` quarters. ``exact`` if that is all."""

    turns: int = 0
    mirrored: bool = False
    exact: bool = True

    @property
    def swaps_sides(self) -> bool:
        """Whether width and height change places."""
        return self.turns % 2 == 1

    def apply(self, planes: Planes) -> Planes:
        """The upright planes (copies only where something changes)."""
        if not self.turns and not self.mirrored:
            return planes
        luma, first, second = planes
        return self._one(luma), self._one(first), self._one(second)

    def _one(self, plane: Plane) -> Plane:
        mirrored = plane[:, ::-1] if self.mirrored else plane
        turned = mirrored.copy() if not self.turns else np.rot90(mirrored, -self.turns)
        return cast("Plane", np.ascontiguousarray(turned))


def upright_of(frame: VideoFrame) -> Upright:
    """The turn asked by the frame's display matrix (ISO 14496-12, or EXIF); none without one."""
    for data in cast(SideDataContainer, frame.side_data):
        if data.type == Type.DISPLAYMATRIX:
            return _from_matrix(struct.unpack("=9i", bytes(data)[:36]))
    return Upright()


def _from_matrix(matrix: tuple[int, ...]) -> Upright:
    # Screen x' = a x + c y, y' = b x + d y, with y down.
    a, b, _, c, d = (value / 65536 for value in matrix[:5])
    mirrored = a * d - b * c < 0
    if mirrored:
        a, b = -a, -b
    quarters = math.degrees(math.atan2(b, a)) / 90
    turns = round(quarters)
    return Upright(turns % 4, mirrored, abs(quarters - turns) < 0.01)
