# SPDX-License-Identifier: Apache-2.0
"""Textures: AV1 sequences (or stills) in the dictionary, and the paint that shows one."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property


@dataclass(frozen=True)
class Texture:
    """An AV1 sequence: pictures of ``width`` x ``height`` px, 4:2:0, 8 bits, in the film's matrix and range.

    ``times`` are the ticks at which the pictures appear, from the texture's start: the first is 0, and they
    rise. ``data`` is AV1 in the low-overhead format (OBUs with sizes): one sequence header, then the frames;
    no temporal delimiters, no metadata.
    """

    width: int
    height: int
    times: tuple[int, ...]
    data: bytes

    @cached_property
    def _hash(self) -> int:
        return hash((self.width, self.height, self.times, self.data))

    def __hash__(self) -> int:
        return self._hash


@dataclass(frozen=True, slots=True)
class TexturePaint:
    """A texture stretched over the frame or over a shape's bounding box, its first picture at tick ``start``.

    At a time it shows its last picture whose time has come, and before ``start`` its first.
    """

    texture: Texture
    start: int

    @property
    def border(self) -> None:
        """Textures have no border."""

    def picture_at(self, tick: Fraction | int) -> int:
        """Number of the picture to be seen at a film tick."""
        return max(0, bisect_right(self.texture.times, tick - self.start) - 1)

    def next_change(self, tick: Fraction | int) -> int | None:
        """The film tick after ``tick`` at which the next picture appears, None after the last."""
        place = bisect_right(self.texture.times, tick - self.start)
        times = self.texture.times
        if place == 0:
            place = 1
        return self.start + times[place] if place < len(times) else None
