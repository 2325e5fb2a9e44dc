# SPDX-License-Identifier: Apache-2.0
"""Ways to code a window of film as a texture: one is tried, its bytes and its likeness are noted."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from mtor_transcode.analyze.av1 import Shrinker, encode, even_size
from mtor_transcode.analyze.likeness import Likeness
from mtor_transcode.analyze.spool import Spool
from mtor_transcode.model import Texture
from mtor_transcode.render.textures import TextureDecoder, stretched_plane

SAMPLES = 48
"""Frames of a window that are looked at, about."""

SCALES = (1, 2, 4, 8)
STEPS = (1, 2, 4, 8)


@dataclass(frozen=True, slots=True)
class Arm:
    """Picture sides divided by ``scale``; of the frames that change every ``step``-th is coded."""

    scale: int
    step: int


@dataclass(frozen=True, slots=True)
class Point:
    """One way tried: bytes; means of a frame's squared error (summed over its px) and 1 - SSIM.

    ``unlike`` is the latter as seen from a distance, ``blurred`` at full size.
    """

    arm: Arm
    crf: int
    bytes: int
    squares: float
    unlike: float
    blurred: float


class Window:
    """A stretch of film that becomes one texture."""

    def __init__(self, spool: Spool, size: tuple[int, int], time_base: Fraction) -> None:
        self._spool = spool
        self._size = size
        self._time_base = time_base
        self.changes = [number for number, frame in enumerate(spool.frames) if frame.changed]
        last = spool.frames[-1]
        self.start = spool.frames[0].tick
        self.end = last.tick + last.duration

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return float((self.end - self.start) * self._time_base)

    def chosen(self, step: int) -> list[int]:
        """The frames that are coded."""
        return self.changes[::step]

    def texture(self, arm: Arm, crf: int, preset: int) -> Texture:
        """The window coded one way."""
        chosen = self.chosen(arm.step)
        width, height = even_size(*self._size, arm.scale)
        if arm.scale == 1:
            width, height = self._size
        shrink = Shrinker((width, height))
        rate = Fraction(len(chosen)) / Fraction(max(self.seconds, 1e-3)).limit_denominator(10_000)
        pictures = (shrink(planes) for planes in self._spool.all(chosen))
        data = encode(pictures, (width, height), crf, preset, max(rate, Fraction(1, 8)))
        times = tuple(self._spool.frames[index].tick - self.start for index in chosen)
        return Texture(width, height, times, data)

    def likeness(self, texture: Texture, step: int) -> Likeness:
        """How like the source the texture is to look at."""
        found = Likeness()
        decoder = TextureDecoder(texture)
        chosen = self.chosen(step)
        stride = max(1, round(len(self._spool) / SAMPLES)) | 1
        at = 0
        for index in range(0, len(self._spool), stride):
            while at + 1 < len(chosen) and chosen[at + 1] <= index:
                at += 1
            shown = stretched_plane(decoder.planes(at)[0], self._size)
            seconds = float(self._spool.frames[index].duration * self._time_base)
            found.add(self._spool.luma(index), shown, seconds)
        return found

    def tried(self, arm: Arm, crf: int, preset: int) -> tuple[Point, Texture]:
        """The window coded one way, and what came of it."""
        texture = self.texture(arm, crf, preset)
        like = self.likeness(texture, arm.step)
        return Point(
            arm, crf, len(texture.data), like.rate_of_squares, like.mean_unlike, like.mean_blurred
        ), texture
