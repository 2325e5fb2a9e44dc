# SPDX-License-Identifier: Apache-2.0
"""Frames of a stretch of film, set aside in a temporary file, to be gone through again and again."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from copy import copy
from dataclasses import dataclass, replace
from typing import Any, BinaryIO, cast

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
    """Frames as they came, in order. ``close`` gives the disk's room back."""

    def __init__(self) -> None:
        self._file = cast("BinaryIO", tempfile.TemporaryFile())  # noqa: SIM115
        self._like: SourceFrame | None = None
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
        """Set the next frame aside; all are of one size and format."""
        if self._like is None:
            self._like = frame
            self._frame_bytes = sum(plane.nbytes for plane in frame.planes)
        luma = frame.luma8()
        changed = self._last is None or _differs(self._last, luma)
        if changed:
            self._last = luma
        self.frames.append(Kept(frame.tick, frame.duration, changed))
        self._file.seek(0, 2)
        for plane in frame.planes:
            self._file.write(np.ascontiguousarray(plane).tobytes())

    def first(self, count: int) -> Spool:
        """Its first frames as a spool that shares the room; not to be added to, not to be closed."""
        part = copy(self)
        part.frames = self.frames[:count]
        return part

    def frame(self, index: int) -> SourceFrame:
        """A frame as it came."""
        assert self._like is not None
        self._file.seek(index * self._frame_bytes)
        planes = tuple(
            np.frombuffer(self._file.read(plane.nbytes), plane.dtype).reshape(plane.shape)
            for plane in self._like.planes
        )
        kept = self.frames[index]
        return replace(self._like, tick=kept.tick, duration=kept.duration, planes=cast("Any", planes))

    def planes(self, index: int) -> Planes:
        """Y, Cb and Cr of a frame as 4:2:0 of 8 bits."""
        return planes_of(self.frame(index))

    def luma(self, index: int) -> Plane:
        """Y of a frame in 8 bits."""
        return self.frame(index).luma8()

    def all(self, indices: Sequence[int]) -> Iterator[Planes]:
        """Frames, one after the other, as 4:2:0 of 8 bits."""
        for index in indices:
            yield self.planes(index)

    def again(self) -> Iterator[SourceFrame]:
        """All frames as they came."""
        for index in range(len(self)):
            yield self.frame(index)

    def __enter__(self) -> Spool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

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
