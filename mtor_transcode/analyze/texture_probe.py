# SPDX-License-Identifier: Apache-2.0
"""Ways to code a window of film as a texture: one is tried, its bytes and its likeness are noted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from mtor_transcode.analyze.av1 import Shrinker, codable_scale, encode, even_size
from mtor_transcode.analyze.likeness import Likeness
from mtor_transcode.analyze.spool import Plane, Spool
from mtor_transcode.errors import FormatError
from mtor_transcode.model import Texture
from mtor_transcode.render.textures import TextureDecoder, stretched_plane

SAMPLES = 32
"""Frames of a window that are looked at, about."""

HELD = 96 << 20
"""Bytes of pictures of one size, and of frames to look at, that are held in memory."""

ATTEMPTS = 3
"""Times that a texture is coded before what cannot be decoded is an error."""

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

    ``unlike`` is the latter.
    """

    arm: Arm
    crf: float
    bytes: int
    squares: float
    unlike: float


class Window:
    """A stretch of film that becomes one texture."""

    def __init__(self, spool: Spool, size: tuple[int, int], time_base: Fraction) -> None:
        self._spool = spool
        self._size = size
        self._time_base = time_base
        self._small: dict[int, dict[int, list[Plane]]] = {}
        self._samples: dict[int, Plane] = {}
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

    def texture(self, arm: Arm, crf: float, preset: int) -> Texture:
        """The window coded one way."""
        chosen = self.chosen(arm.step)
        scale = codable_scale(*self._size, arm.scale)
        width, height = even_size(*self._size, scale)
        if scale == 1:
            width, height = self._size
        rate = Fraction(len(chosen)) / Fraction(max(self.seconds, 1e-3)).limit_denominator(10_000)
        pictures = self._pictures(chosen, (width, height), scale)
        data = encode(pictures, (width, height), crf, preset, max(rate, Fraction(1, 8)))
        times = tuple(self._spool.frames[index].tick - self.start for index in chosen)
        return Texture(width, height, times, data)

    def _pictures(self, chosen: list[int], size: tuple[int, int], scale: int) -> Iterator[list[Plane]]:
        """Frames at a size, from memory where they are held."""
        shrink = Shrinker(size)
        held = self._small.setdefault(scale, {})
        room = HELD - sum(plane.nbytes for planes in held.values() for plane in planes)
        for index in chosen:
            planes = held.get(index)
            if planes is None:
                planes = shrink(self._spool.planes(index))
                room -= sum(plane.nbytes for plane in planes)
                if room > 0 and scale > 1:
                    held[index] = [plane.copy() for plane in planes]
            yield planes

    def _sample(self, index: int) -> Plane:
        """The luma of a frame to look at."""
        luma = self._samples.get(index)
        if luma is None:
            luma = self._spool.luma(index)
            if (len(self._samples) + 1) * luma.nbytes <= HELD:
                self._samples[index] = luma
        return luma

    def likeness(self, texture: Texture, step: int) -> Likeness:
        """How like the source the texture is to look at; FormatError if a picture cannot be decoded."""
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
            found.add(self._sample(index), shown, seconds)
        decoder.planes(len(chosen) - 1)
        return found

    def tried(self, arm: Arm, crf: float, preset: int) -> tuple[Point, Texture]:
        """The window coded one way, and what came of it; FormatError if that never can be decoded.

        On a busy machine SVT-AV1 was seen to make one picture in some ten thousand that no decoder takes, and
        not to make it the next time.
        """
        for attempt in range(ATTEMPTS):
            texture = self.texture(arm, crf, preset)
            try:
                like = self.likeness(texture, arm.step)
                break
            except FormatError:
                if attempt == ATTEMPTS - 1:
                    raise
        return Point(arm, crf, len(texture.data), like.rate_of_squares, like.mean_unlike), texture
