# SPDX-License-Identifier: Apache-2.0
"""The frames of one scene with a bounded look ahead: what changes, how long a picture lasts, key times."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import cv2
import numpy as np
from numba import njit

from mtor_transcode.analyze.canvas.easel import Picture, Plane, greatest_change
from mtor_transcode.analyze.motion.glance import Glance
from mtor_transcode.analyze.motion.way import Way
from mtor_transcode.ingest.frame import SourceFrame

HORIZON = 1.0
"""Seconds that are looked ahead, and after which a picture that lasts longer counts as lasting."""

MAX_BUFFER = 256 << 20
"""Bytes of frames that are held at most (a dozen frames are always held)."""

CHANGED = 7
"""Least change of luma (codes, at half size) that counts as one."""

LEAST_CHANGE = 3
"""Changed samples at half size below which two frames count as equal."""

DRIFTED = 12
"""Changed samples at half size since the last key that make a new one, however slowly they came."""

TRACE = 0.03
"""Changes at the ends of a run that are less than this share of what really changes are not part of it."""

SAME = 10
"""Greatest difference of luma (codes, at half size) of a picture that still counts as the same."""

FLASH = 2
"""Frames at most of a picture after which the one before it comes back as if nothing had been."""

FLASHED = 0.004
"""Least share of the samples that change at a jump amid other changes."""

AVERAGED = 3
"""Frames averaged at most where nothing moves."""

STOOD = 5
"""Greatest difference (codes, mean of 3x3 px) of pictures that are averaged."""

GLANCED = 4
"""Part of the way to a key after which a look is taken."""

LEAST_GLANCED = 3
"""Frames from key to key from which on that tells more than the key itself."""

LEAST_WORTH = 0.2
"""Worth of a pixel that does not last at all, against one that lasts ``HORIZON``."""


@dataclass(slots=True)
class Look:
    """A frame with its luma at half size and the number of samples that changed since the frame before."""

    frame: SourceFrame
    half: Picture
    changed: int


@dataclass(frozen=True, slots=True)
class Key:
    """The next key time: frame ``index``; ``jump`` if the picture goes over at once, else since ``since``.

    With ``flash`` the next key is where the picture comes back that was there before.
    """

    index: int
    since: int
    jump: bool
    flash: bool = False


class Lookahead:
    """Frames of one scene by index (0 = the scene's first), decoded on demand, dropped when passed.

    ``time_base`` is a tick in seconds.
    """

    def __init__(self, frames: Iterator[SourceFrame], time_base: Fraction, film_seconds: float) -> None:
        self._frames = frames
        self.time_base = float(time_base)
        self._horizon = min(HORIZON, max(film_seconds, 1e-3))
        self._buffer: deque[Look] = deque()
        self._first = 0
        self._ended = False
        self._last_half: Picture | None = None
        self._back = -1

    def has(self, index: int) -> bool:
        """Whether the scene has a frame ``index``; decodes up to it."""
        while index >= self._first + len(self._buffer) and not self._ended:
            self._pull()
        return index < self._first + len(self._buffer)

    def __getitem__(self, index: int) -> Look:
        return self._buffer[index - self._first]

    def drop_before(self, index: int) -> None:
        """Forget the frames before ``index``."""
        while self._buffer and self._first < index:
            self._buffer.popleft()
            self._first += 1

    def reach(self, index: int) -> int:
        """The last frame that may be looked at from ``index``."""
        start = self[index].frame
        frame_bytes = sum(plane.nbytes for plane in start.planes)
        most = max(12, MAX_BUFFER // max(frame_bytes, 1))
        last = index
        while self.has(last + 1) and last - index < most:
            gap = (self[last + 1].frame.tick - start.tick) * self.time_base
            if last > index and gap > self._horizon:
                break
            last += 1
        return last

    def next_key(self, index: int, interval: float) -> Key | None:
        """The key time after key ``index``, ``interval`` seconds apart while the picture moves.

        None if nothing changes as far as can be seen; ``advance_to`` then says how far that is.
        """
        if index < self._back:
            return Key(self._back, self._back, True)
        last = self.reach(index)
        begin = index + 1
        while begin <= last and self[begin].changed < LEAST_CHANGE and not self._drifted(index, begin):
            begin += 1
        if begin > last:
            return None
        if self[begin].changed < LEAST_CHANGE:
            return Key(begin, self._since(index, begin, interval), False)
        end = begin
        while end < last and (
            self[end + 1].changed >= LEAST_CHANGE
            or (end + 2 <= last and self[end + 2].changed >= LEAST_CHANGE)
        ):
            end += 1
        begin, end = self._without_traces(begin, end)
        self._back = self._return(begin, last)
        if self._back >= 0:
            return Key(begin, begin, True, flash=True)
        if end == begin or self._stands_out(begin, begin, end):
            return Key(begin, begin, True)
        since = begin - 1
        limit = self[since].frame.tick + interval / self.time_base
        stop = since + 1
        while (
            stop < end and self[stop + 1].frame.tick <= limit and not self._stands_out(stop + 1, begin, end)
        ):
            stop += 1
        return Key(stop, since, False)

    def glance(self, since: int, index: int) -> Glance | None:
        """A look soon after frame ``since``, on the way to ``index``; None if that is near itself."""
        soon = since + max((index - since) // GLANCED, 1)
        start, end = self[since].frame.tick, self[index].frame.tick
        if index - since < LEAST_GLANCED or end <= start:
            return None
        return Glance(self[soon].half, (self[soon].frame.tick - start) / (end - start))

    def target(self, index: int, average: bool) -> Picture:
        """The picture (H, W, 3) uint8 at ``index``, averaged with the next frames where nothing moves."""
        picture = self[index].frame.ycc8()
        if not average:
            return picture
        last = self.reach(index)
        stride = max(1, (last - index) // AVERAGED)
        chosen = list(range(index + stride, last + 1, stride))[:AVERAGED]
        if not chosen:
            return picture
        total = picture.astype(np.uint16)
        count = np.ones(picture.shape[:2], dtype=np.uint16)
        for number, j in enumerate(chosen, 1):
            other = self[j].frame.ycc8()
            difference = cv2.blur(greatest_change(picture, other), (3, 3))
            if not _gather(total, count, np.uint16(number), other, difference):
                break
        mean: Picture = _mean(total, count)
        return mean

    def worth(self, index: int) -> Plane:
        """How long each pixel of frame ``index`` lasts, over the horizon: (H, W) float32 in (0, 1]."""
        look = self[index]
        height, width = look.frame.luma8().shape
        last = self.reach(index)
        # A pixel lasts where it is, or where it goes: a flow may go wrong where nothing moves.
        lasting = np.zeros((2, *look.half.shape), dtype=np.float32)
        alive = np.ones((2, *look.half.shape), dtype=bool)
        way = Way(look.half)
        for j in _samples(index, last):
            seconds = (self[j].frame.tick - look.frame.tick) * self.time_base
            for how, there in enumerate((self[j].half, way.followed(self[j].half))):
                same = cv2.blur(cv2.absdiff(look.half, there), (3, 3)) <= SAME
                lasting[how][alive[how] & ~same] = seconds
                alive[how] &= same
        lasting[alive] = self._horizon
        lasting = lasting.max(axis=0)
        if not self.has(last + 1):
            rest = self[last].frame
            left = (rest.tick + rest.duration - look.frame.tick) * self.time_base
            lasting = np.minimum(lasting, np.float32(left))
        worth = np.clip(lasting / np.float32(self._horizon), LEAST_WORTH, 1)
        full: Plane = cv2.resize(worth, (width, height), interpolation=cv2.INTER_NEAREST)
        return full

    def worth_of(self, index: int, seconds: float) -> float:
        """The worth of what lasts so long from frame ``index`` on, or up to the end of what is to come."""
        last = self.reach(index)
        if not self.has(last + 1):
            rest = self[last].frame
            left = float((rest.tick + rest.duration - self[index].frame.tick) * self.time_base)
            seconds = min(seconds, left)
        return float(max(seconds / float(self._horizon), LEAST_WORTH))

    def _pull(self) -> None:
        frame = next(self._frames, None)
        if frame is None:
            self._ended = True
            return
        luma = frame.luma8()
        height, width = luma.shape
        half = cv2.resize(luma, ((width + 1) // 2, (height + 1) // 2), interpolation=cv2.INTER_AREA)
        changed = 0
        if self._last_half is not None:
            changed = int(np.count_nonzero(cv2.absdiff(half, self._last_half) >= CHANGED))
        self._last_half = half
        self._buffer.append(Look(frame, half, changed))

    def _without_traces(self, begin: int, end: int) -> tuple[int, int]:
        """A run of changes without the traces (a codec's noise) that precede or follow what really moves."""
        # The second greatest: a jump inside a movement must not make the movement look like a trace.
        most = TRACE * sorted(self[j].changed for j in range(begin, end + 1))[-2 if end > begin else -1]
        while begin < end and self[begin].changed < most:
            begin += 1
        while end > begin and self[end].changed < most:
            end -= 1
        return begin, end

    def _drifted(self, index: int, other: int) -> bool:
        """Whether changes too slow to count from frame to frame have added up since ``index``."""
        change = cv2.absdiff(self[index].half, self[other].half)
        return int(np.count_nonzero(change >= CHANGED)) >= DRIFTED

    def _since(self, index: int, other: int, interval: float) -> int:
        """The first frame from ``index`` on that is at most ``interval`` seconds before ``other``."""
        limit = self[other].frame.tick - interval / self.time_base
        while index + 1 < other and self[index].frame.tick < limit:
            index += 1
        return index

    def _return(self, begin: int, last: int) -> int:
        """The frame within ``FLASH`` that takes the change at ``begin`` back, a flash then; else -1."""
        change = self[begin].changed
        if change > FLASHED * self[begin].half.size:
            before = self[begin - 1].half
            for j in range(begin + 1, min(begin + FLASH, last) + 1):
                if np.count_nonzero(cv2.absdiff(before, self[j].half) >= CHANGED) <= TRACE * change:
                    return j
        return -1

    def _stands_out(self, index: int, begin: int, end: int) -> bool:
        """Whether the change at ``index`` is of another order than that of its neighbours in a run."""
        around = [
            self[j].changed for j in range(max(begin, index - 3), min(end, index + 3) + 1) if j != index
        ]
        size = self[index].half.size
        return self[index].changed > max(FLASHED * size, 5.0 * max(around, default=0))


def _samples(index: int, last: int) -> list[int]:
    """Frames to compare with: dense at first, then every few."""
    out, step, at = [], 1, index + 1
    while at <= last:
        out.append(at)
        if len(out) % 3 == 0:
            step = min(step * 2, 8)
        at += step
    return out


@njit(cache=True, nogil=True)
def _gather(total, count, number, other, difference):  # type: ignore[no-untyped-def]
    """Add those pixels of ``other`` that have stood still so far (of ``number`` pictures); are there any?"""
    found = False
    for y in range(count.shape[0]):
        for x in range(count.shape[1]):
            if count[y, x] == number and difference[y, x] <= STOOD:
                count[y, x] += np.uint16(1)
                found = True
                for c in range(3):
                    total[y, x, c] += other[y, x, c]
    return found


@njit(cache=True, nogil=True)
def _mean(total, count):  # type: ignore[no-untyped-def]
    """Sums of ``count`` pictures as a picture, halves up."""
    mean = np.empty(total.shape, np.uint8)
    for y in range(count.shape[0]):
        for x in range(count.shape[1]):
            for c in range(3):
                mean[y, x, c] = (total[y, x, c] + count[y, x] // 2) // count[y, x]
    return mean
