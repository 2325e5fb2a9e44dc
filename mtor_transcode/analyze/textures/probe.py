# SPDX-License-Identifier: Apache-2.0
"""Ways to code a window of film as a texture: one is tried, its bytes and its likeness are noted."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from math import log
from operator import itemgetter

import numpy as np

from mtor_transcode.analyze.textures.av1 import Shrinker, codable_scale, encode, encode_still, even_size
from mtor_transcode.analyze.textures.flatness import has_few_codes
from mtor_transcode.analyze.textures.likeness import Likeness, at_usual_size, unlikeness
from mtor_transcode.analyze.textures.pacing import Pacing
from mtor_transcode.analyze.textures.spool import Plane, Spool
from mtor_transcode.errors import FormatError
from mtor_transcode.model import PARTS, Texture
from mtor_transcode.render.texture_between import sharpened
from mtor_transcode.render.textures import TextureDecoder, stretched_plane

SAMPLES = 32
"""Frames of a window that are looked at, about."""

HELD = 96 << 20
"""Bytes of pictures of one size, and of frames to look at, that are held in memory."""

SLOWEST, FASTEST = Fraction(1, 8), Fraction(240)
"""Pictures a second that SVT-AV1 is told of: it takes no more, and only its rate control asks."""

ATTEMPTS = 3
"""Times that a texture is coded before what cannot be decoded is an error."""

SHARPNESSES = (0, 2, 4, 6, 8)
"""What is tried, in eighths."""

INDIFFERENT = 1.01
"""Of these the sharpest is taken whose unlikeness is at most so many times the least: VMAF likes it sharp."""

SCALES = (1, 2, 4, 8)
STEPS = (1, 2, 4, 8)
PACED_STEPS = (*STEPS, 16)
"""Pictures that are paced may be so few: each shows what rests."""

MANNER_PRESET = 8
MANNER_CRF = 56.0
"""How manners are tried; the arm is ``MANNER_ARM``."""

PACED_GAIN = 0.9
"""Of the error between pictures pacing has to leave less than this, or it is not tried."""

LEAST_CHANGES = 8
"""With fewer frames that change no manner is tried."""

SCREEN_SIDE = 128
"""Px of the shorter side of a film that shows at a quarter what tools for screens do to it."""

EXCHANGE, CLEARLY = 0.4, 0.02
"""Log unlikeness that log bytes are worth; by how much another manner has to be better."""


@dataclass(frozen=True, slots=True)
class Arm:
    """Picture sides divided by ``scale``; of the frames that change every ``step``-th is coded.

    In a window whose pictures are paced so many of them, well placed.
    """

    scale: int
    step: int


MANNER_ARM = Arm(4, 4)


@dataclass(frozen=True, slots=True)
class Manner:
    """How a window is coded, whatever the arm.

    ``paced``: pictures come when the film jumps, not at equal distances. ``screen``: AV1's tools for screens
    are forced.
    """

    paced: bool = False
    screen: bool = False


@dataclass(frozen=True, slots=True)
class Point:
    """One way tried: bytes; means of a frame's squared error (summed over its px) and unlikeness.

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
        self._samples: dict[int, tuple[Plane, Plane]] = {}
        self._chosen: dict[int, list[int]] = {}
        self._manner: Manner | None = None
        self.changes = [number for number, frame in enumerate(spool.frames) if frame.changed]
        last = spool.frames[-1]
        self.start = spool.frames[0].tick
        self.end = last.tick + last.duration

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return float((self.end - self.start) * self._time_base)

    @property
    def steps(self) -> tuple[int, ...]:
        """The steps of arms that may be best."""
        return PACED_STEPS if self.manner.paced else STEPS

    @property
    def manner(self) -> Manner:
        """How it is coded: found when first asked for."""
        if self._manner is None:
            self._manner = Manner()
            self.manner = self._found_manner()
        return self._manner

    @manner.setter
    def manner(self, manner: Manner) -> None:
        self._manner = manner
        self._chosen.clear()

    def _found_manner(self) -> Manner:
        """The best manner: paced is tried where the film jumps and rests, tools for screens on screens."""
        best = Manner()
        if len(self.changes) < LEAST_CHANGES:
            return best
        worth_a_try: list[dict[str, bool]] = []
        if self._pacing.gain(MANNER_ARM.step) < PACED_GAIN:
            worth_a_try.append({"paced": True})
        middle = self._sample(self.changes[len(self.changes) // 2])
        if min(self._size) >= SCREEN_SIDE and has_few_codes(middle):
            worth_a_try.append({"screen": True})
        merit = self._merit() if worth_a_try else 0.0
        for change in worth_a_try:
            self.manner = replace(best, **change)
            found = self._merit()
            if found > merit + CLEARLY:
                best, merit = self.manner, found
        return best

    def forget_pictures(self) -> None:
        """Give back the memory of pictures that are held; they are read again where they are wanted."""
        self._small.clear()
        self._samples.clear()

    def settle_like(self, other: Window) -> None:
        """Take over what is known of the manner of a window of the same frames."""
        self._manner, self._chosen = other._manner, other._chosen

    @cached_property
    def _pacing(self) -> Pacing:
        ticks = [self._spool.frames[index].tick for index in self.changes]
        times = [after - tick for tick, after in pairwise((*ticks, self.end))]
        return Pacing((self._spool.luma(index) for index in self.changes), times)

    def _merit(self) -> float:
        """How good (log of likeness at equal bytes) the present manner is."""
        point, _ = self.tried(MANNER_ARM, MANNER_CRF, MANNER_PRESET)
        return -log(point.unlike) - EXCHANGE * log(point.bytes)

    def chosen(self, step: int) -> list[int]:
        """The frames that are coded."""
        if not self.manner.paced:
            return self.changes[::step]
        if step not in self._chosen:
            self._chosen[step] = [self.changes[place] for place in self._pacing.places(step)]
        return self._chosen[step]

    def texture(self, arm: Arm, crf: float, preset: int) -> Texture:
        """The window coded one way."""
        chosen = self.chosen(arm.step)
        scale = codable_scale(*self._size, arm.scale)
        width, height = even_size(*self._size, scale)
        if scale == 1:
            width, height = self._size
        rate = Fraction(len(chosen)) / Fraction(max(self.seconds, 1e-3)).limit_denominator(10_000)
        pictures = self._pictures(chosen, (width, height), scale)
        if len(chosen) == 1:
            screen = has_few_codes(self._sample(chosen[0]))
            data = encode_still(next(pictures), (width, height), crf, preset, screen=screen)
        else:
            rate = min(max(rate, SLOWEST), FASTEST)
            data = encode(pictures, (width, height), crf, preset, rate, screen=self.manner.screen)
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
        return self._sizes(index)[0]

    def _sizes(self, index: int) -> tuple[Plane, Plane]:
        """The same, and it at the usual size (``likeness``)."""
        sizes = self._samples.get(index)
        if sizes is None:
            luma = self._spool.luma(index)
            sizes = luma, at_usual_size(luma)
            if (len(self._samples) + 1) * luma.nbytes <= HELD:
                self._samples[index] = sizes
        return sizes

    def _places(self, step: int) -> Iterator[tuple[int, int, int]]:
        """Frames to look at: each with the picture it shows, and how far that is on the way to the next."""
        chosen = self.chosen(step)
        stride = max(1, round(len(self._spool) / SAMPLES)) | 1
        for index in range(0, len(self._spool), stride):
            at = max(0, bisect_right(chosen, index) - 1)
            yield index, at, self._part(index, chosen[at : at + 2])

    def _part(self, index: int, pictures: list[int]) -> int:
        """How far a frame is on the way from one picture to the next, if there is one."""
        if len(pictures) < 2:
            return 0
        here, start, end = (self._spool.frames[number].tick for number in (index, *pictures))
        return PARTS * (here - start) // (end - start)

    def _stretched(self, luma: Plane, sharpness: int = 0) -> Plane:
        """A picture's luma as a viewer sees it."""
        return stretched_plane(sharpened(luma, sharpness), self._size)

    def _unlike(self, index: int, shown: Plane) -> float:
        """Unlikeness of a frame where a viewer sees ``shown``."""
        luma, small = self._sizes(index)
        return unlikeness(luma, shown, small)

    def likeness(self, texture: Texture, step: int) -> Likeness:
        """How like the source the texture is to look at, where each picture moves if that is better.

        FormatError if a picture cannot be decoded.
        """
        found = Likeness()
        decoder = TextureDecoder(texture)
        last, held = -1, np.empty((0, 0), np.uint8)
        for index, at, part in self._places(step):
            if at != last:
                last, held = at, self._stretched(decoder.planes(at)[0])
            unlike, shown = self._unlike(index, held), held
            if part:
                moved = self._stretched(decoder.luma(at, part))
                unlike, shown = min((unlike, shown), (self._unlike(index, moved), moved), key=itemgetter(0))
            found.add(self._sample(index), shown, self._seconds_of(index), unlike)
        decoder.planes(len(texture.times) - 1)
        return found

    def finished(self, texture: Texture, step: int) -> tuple[Texture, Likeness]:
        """The texture with its moves and its sharpness, and how like the source that is."""
        moving = replace(texture, moves=self._moves(texture, step))
        if not any(moving.moves):
            moving = texture
        decoder = TextureDecoder(moving)
        found = [Likeness() for _ in SHARPNESSES]
        last, all_shown = (-1, 0), list[Plane]()
        for index, at, way in self._places(step):
            part = way if way and moving.moves and moving.moves[at] else 0
            if (at, part) != last:
                luma = decoder.luma(at, part) if part else decoder.planes(at)[0]
                last, all_shown = (at, part), [self._stretched(luma, each) for each in SHARPNESSES]
            for shown, likeness in zip(all_shown, found, strict=True):
                unlike = self._unlike(index, shown)
                likeness.add(self._sample(index), shown, self._seconds_of(index), unlike)
        most = INDIFFERENT * min(likeness.mean_unlike for likeness in found)
        best = max(place for place, likeness in enumerate(found) if likeness.mean_unlike <= most)
        return replace(moving, sharpness=SHARPNESSES[best]), found[best]

    def _moves(self, texture: Texture, step: int) -> tuple[bool, ...]:
        """For each picture but the last whether it had better move, by the frame in the middle."""
        decoder = TextureDecoder(texture)
        moves: list[bool] = []
        for at, pair in enumerate(pairwise(self.chosen(step))):
            middle = sum(pair) // 2
            part = self._part(middle, list(pair))
            if not part:
                moves.append(bool(moves) and moves[-1])
                continue
            held, moved = decoder.planes(at)[0], decoder.luma(at, part)
            held, moved = self._stretched(held), self._stretched(moved)
            moves.append(self._unlike(middle, moved) < self._unlike(middle, held))
        return tuple(moves)

    def _seconds_of(self, index: int) -> float:
        return float(self._spool.frames[index].duration * self._time_base)

    def tried(self, arm: Arm, crf: float, preset: int, *, finish: bool = False) -> tuple[Point, Texture]:
        """The window coded one way, and what came of it; FormatError if that never can be decoded.

        To ``finish`` is to decide for each picture whether it moves, and for all how sharp they are shown.
        On a busy machine SVT-AV1 was seen to make one picture in some ten thousand that no decoder takes, and
        not to make it the next time.
        """
        for attempt in range(ATTEMPTS):
            texture = self.texture(arm, crf, preset)
            try:
                if finish:
                    texture, like = self.finished(texture, arm.step)
                else:
                    like = self.likeness(texture, arm.step)
                break
            except FormatError:
                if attempt == ATTEMPTS - 1:
                    raise
        return Point(arm, crf, len(texture.data), like.rate_of_squares, like.mean_unlike), texture
