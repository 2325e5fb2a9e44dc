# SPDX-License-Identifier: Apache-2.0
"""Textures: AV1 sequences (or stills) in the dictionary, and the paint that shows one."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import floor
from typing import Final

PARTS: Final = 64
"""Steps of the way from one picture to the next."""

SHARPEST: Final = 15
"""The most that a texture is sharpened, in eighths."""


@dataclass(frozen=True)
class Texture:
    """An AV1 sequence: pictures of ``width`` x ``height`` px, 4:2:0, 8 bits, in the film's matrix and range.

    ``times`` are the ticks at which the pictures appear, from the texture's start: the first is 0, and they
    rise. ``data`` is AV1 in the low-overhead format (OBUs with sizes): one sequence header, then the frames;
    no temporal delimiters, no metadata.

    ``moves`` tells for each picture but the last whether it moves on to the next one until that appears, by
    motion that a decoder finds in the two; empty if none does. ``sharpness`` is how much what is shown is
    sharpened, in eighths.
    """

    width: int
    height: int
    times: tuple[int, ...]
    data: bytes
    moves: tuple[bool, ...] = ()
    sharpness: int = 0

    @cached_property
    def _hash(self) -> int:
        return hash((self.width, self.height, self.times, self.data, self.moves, self.sharpness))

    def __hash__(self) -> int:
        return self._hash


@dataclass(frozen=True, slots=True)
class TexturePaint:
    """A texture stretched over the frame or over a shape's bounding box, its first picture at tick ``start``.

    At a time it shows its last picture whose time has come, and before ``start`` its first; a picture that
    moves is on its way to the next one.
    """

    texture: Texture
    start: int

    @property
    def border(self) -> None:
        """Textures have no border."""

    def picture_at(self, tick: Fraction | int) -> int:
        """Number of the picture to be seen at a film tick."""
        return max(0, bisect_right(self.texture.times, tick - self.start) - 1)

    def part_at(self, tick: Fraction | int) -> int:
        """How far that picture is on its way to the next one, in ``PARTS``; 0 if it does not move."""
        place, texture = self.picture_at(tick), self.texture
        if not texture.moves or place + 1 == len(texture.times) or not texture.moves[place]:
            return 0
        start, end = texture.times[place : place + 2]
        return max(0, PARTS * (floor(tick) - self.start - start) // (end - start))

    def next_change(self, tick: Fraction | int) -> int | None:
        """The film tick after ``tick`` at which it shows something else, None if it never does."""
        times = self.texture.times
        place = max(1, bisect_right(times, tick - self.start))
        if place == len(times):
            return None
        moves = bool(self.texture.moves) and self.texture.moves[place - 1]
        return max(floor(tick), self.start) + 1 if moves else self.start + times[place]
