# SPDX-License-Identifier: Apache-2.0
"""Frames of a stretch of film, set aside in a temporary file, to be gone through again and again."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from mtor_transcode.ingest.frame import SourceFrame, to_8_bits
from mtor_transcode.render.chroma import shrink

Plane = NDArray[np.uint8]
Planes = tuple[Plane, Plane, Plane]

STILL = 3
"""Greatest mean difference of an 8x8 block of luma (codes) of two frames that count as equal."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A frame's time and length in ticks, and whether it differs from the frame before."""

    tick: int
    duration: int
    changed: bool


class Spool:
    """4:2:0 frames of 8 bits, in order. ``close`` gives the disk's room back."""

    def __init__(self) -> None:
        self._file = cast("BinaryIO", tempfile.TemporaryFile())  # noqa: SIM115
        self._shapes: list[tuple[int, int]] = []
        self._frame_bytes = 0
        self._last: Plane | None = None
        self.frames: list[Kept] = []

    def __len__(self) -> int:
        return len(self.frames)

    @property
    def bytes(self) -> int:
        """Bytes that are set aside."""
        return self._frame_bytes * len(self.frames)

    def add(self, frame: SourceFrame) -> None:
        """Set the next frame aside."""
        planes = planes_of(frame)
        self._shapes = [(plane.shape[0], plane.shape[1]) for plane in planes]
        self._frame_bytes = sum(plane.size for plane in planes)
        changed = self._last is None or _differs(self._last, planes[0])
        if changed:
            self._last = planes[0]
        self.frames.append(Kept(frame.tick, frame.duration, changed))
        self._file.seek(0, 2)
        for plane in planes:
            self._file.write(np.ascontiguousarray(plane))

    def planes(self, index: int) -> Planes:
        """Y, Cb and Cr of a frame."""
        self._file.seek(index * self._frame_bytes)
        data = np.frombuffer(self._file.read(self._frame_bytes), np.uint8)
        parts: list[Plane] = []
        place = 0
        for rows, columns in self._shapes:
            parts.append(data[place : place + rows * columns].reshape(rows, columns))
            place += rows * columns
        return parts[0], parts[1], parts[2]

    def luma(self, index: int) -> Plane:
        """Y of a frame."""
        rows, columns = self._shapes[0]
        self._file.seek(index * self._frame_bytes)
        return np.frombuffer(self._file.read(rows * columns), np.uint8).reshape(rows, columns)

    def all(self, indices: list[int]) -> Iterator[Planes]:
        """Frames one after the other."""
        for index in indices:
            yield self.planes(index)

    def close(self) -> None:
        """Forget everything."""
        self._file.close()


def planes_of(frame: SourceFrame) -> Planes:
    """A source's frame as 4:2:0 of 8 bits."""
    across, down = frame.chroma
    luma, first, second = (to_8_bits(plane, frame.depth) for plane in frame.planes)
    rest = (1 - across, 1 - down)
    first, second = (np.asarray(shrink(plane, *rest), np.uint8) for plane in (first, second))
    return luma, first, second


def _differs(one: Plane, other: Plane) -> bool:
    apart = cv2.absdiff(one, other)
    if not apart.any():
        return False
    size = (max(1, one.shape[1] // 8), max(1, one.shape[0] // 8))
    return bool(cv2.resize(apart, size, interpolation=cv2.INTER_AREA).max() > STILL)
