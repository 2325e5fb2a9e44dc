# SPDX-License-Identifier: Apache-2.0
"""Dissolves and fades: stretches where the picture runs in a straight line from one picture to another.

During a dissolve over [t0, t1] a picture is (1 - a) x(t0) + a x(t1) with a = (t - t0) / (t1 - t0), before
it stays near x(t0) and after it near x(t1): a ramp between two levels along d = x(t1) - x(t0). Motion leaves
that line, brightness changes keep the picture's structure, partial changes leave most cells alone; none of
them is taken. Pictures are thumbnails; all tests work on their inner products, kept for a few seconds.
(PySceneDetect has no detector for dissolves. The linear model is that of Zhang, Kankanhalli, Smoliar,
"Automatic partitioning of full-motion video", 1993, and of later ramp-matching detectors.)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mtor_transcode.analyze.boundaries.small import changed, changed_beyond_shift

THUMB = (32, 18)
"""Columns and rows of a thumbnail."""

SHORTEST, LONGEST = 0.2, 2.5
"""Durations of dissolves (s)."""

DISSOLVE_DELAY = 3.3
"""How long after the start of a dissolve (s) it is surely known."""

_LENGTHS = (0.2, 0.27, 0.36, 0.48, 0.64, 0.85, 1.1, 1.5, 2.0, 2.5)
_SETTLE = 0.45
_HORIZON = DISSOLVE_DELAY + 0.6
_CAPACITY = 512
_FINEST = 1 / 62  # Frames closer than this (s) to the one before are passed over.
_COARSE, _FINE = 0.17, 0.12
# How far from the line (RMS, as a share of the change): pictures that differ much leave room for motion.
_STILL, _GOING_ON = 0.04, 0.4
_OFF_LINE, _OFF_LINE_SMALL_CHANGE = 0.3, 0.17
_BIG_CHANGE = 28.0
_BEFORE = 3  # Frames that must be known before a dissolve.
_CHANGE = 8.0
_CELL_CHANGE = 6.0
_COVERAGE = 0.6
# What tells another picture from the same one moved: correlation, and contrast half way; with little room
# left if the pictures lie close to the line.
_SURE = 0.1
_SAME_STRUCTURE, _LIKE_STRUCTURE = 0.85, 0.55
_SURE_CONTRAST, _CONTRAST = 1.5, 1.2
_FLAT = 4.0


@dataclass(frozen=True, slots=True)
class Dissolve:
    """A ramp from the picture at ``start`` to that at ``end`` (s)."""

    start: float
    end: float


@dataclass(frozen=True, slots=True)
class _Ramp:
    first: int
    last: int
    error: float


def thumbnail(small: NDArray[np.uint8]) -> NDArray[np.float32]:
    """A small (h, w, 3) uint8 picture as (18, 32, 3) float32."""
    thumb = cv2.resize(small, THUMB, interpolation=cv2.INTER_AREA)
    return np.asarray(thumb, np.float32).reshape(THUMB[1], THUMB[0], 3)


class DissolveFinder:
    """Finds dissolves in frames fed in order. Remembers about four seconds."""

    def __init__(self) -> None:
        self._times = np.empty(_CAPACITY)
        self._thumbs = np.empty((_CAPACITY, THUMB[0] * THUMB[1] * 3), np.float32)
        self._products = np.empty((_CAPACITY, _CAPACITY))
        self._spread = np.zeros(_CAPACITY)
        self._flat = np.zeros(_CAPACITY, np.bool_)
        self._smalls: list[NDArray[np.uint8]] = []
        self._count = 0
        self._fresh = True  # Nothing has been forgotten: frame 0 is the film's first.
        self._best: _Ramp | None = None
        self._over = -1.0  # The time at which the last dissolve was over.

    def feed(self, time: float, small: NDArray[np.uint8], thumb: NDArray[np.float32]) -> list[Dissolve]:
        """The dissolves that have become known with the frame at ``time`` (s)."""
        if self._count and time - self._times[self._count - 1] < _FINEST:
            return []
        self._append(time, small, thumb)
        ramp = self._coarse()
        best = self._best
        if ramp is not None and (best is None or ramp.error < best.error or ramp.first >= best.last):
            done = self._resolve() if best is not None and ramp.first >= best.last else []
            self._best = ramp
            return done
        if best is not None and time >= self._times[best.last] + _SETTLE:
            return self._resolve()
        return []

    def finish(self) -> list[Dissolve]:
        """The dissolve not yet told, when there are no more frames."""
        return self._resolve()

    def _append(self, time: float, small: NDArray[np.uint8], thumb: NDArray[np.float32]) -> None:
        if self._count == _CAPACITY:
            self._shift()
        n = self._count
        # Centring keeps the inner products small against the differences that are taken from them.
        vector = thumb.ravel() - np.float32(128)
        self._times[n] = time
        self._thumbs[n] = vector
        self._spread[n] = vector[::3].std()
        self._flat[n] = self._spread[n] < _FLAT
        self._smalls.append(small)
        oldest = int(np.searchsorted(self._times[:n], time - _HORIZON))
        products = self._thumbs[oldest : n + 1] @ vector
        self._products[n, oldest : n + 1] = products
        self._products[oldest : n + 1, n] = products
        self._count = n + 1

    def _shift(self) -> None:
        """Forget all frames older than the horizon (and at least half of them)."""
        start = int(np.searchsorted(self._times[: self._count], self._times[self._count - 1] - _HORIZON))
        start = max(start, _CAPACITY // 2)
        kept = self._count - start
        self._times[:kept] = self._times[start : self._count].copy()
        self._thumbs[:kept] = self._thumbs[start : self._count].copy()
        self._products[:kept, :kept] = self._products[start : self._count, start : self._count].copy()
        self._spread[:kept] = self._spread[start : self._count].copy()
        self._flat[:kept] = self._flat[start : self._count].copy()
        del self._smalls[:start]
        self._count = kept
        self._fresh = False
        if self._best is not None:
            best = self._best
            moved = _Ramp(best.first - start, best.last - start, best.error)
            self._best = moved if moved.first >= 0 else None

    def _coarse(self) -> _Ramp | None:
        """The best of a few lengths of ramp that end a little before the newest frame."""
        times = self._times[: self._count]
        now = times[-1]
        best: _Ramp | None = None
        for length in _LENGTHS:
            last = int(np.searchsorted(times, now - _side(length) + 1e-6, "right")) - 1
            if last < 2:
                break
            first = int(np.searchsorted(times, times[last] - length + 1e-6, "right")) - 1
            if first < 0 or times[first] < self._over:
                break
            if last - first < 3 or not self._plausible(first, last):
                continue
            error = self._error(first, last, self._from(first, length), self._count - 1, _COARSE)
            if error is not None and (best is None or error < best.error):
                best = _Ramp(first, last, error)
        return best

    def _plausible(self, first: int, last: int) -> bool:
        """A quick look at the change as a whole and at the middle of it."""
        p = self._products
        change = p[first, first] + p[last, last] - 2 * p[first, last]
        if change < _CHANGE**2 * self._thumbs.shape[1]:
            return False
        middle = (first + last) // 2
        along = float(self._along(first, last, slice(middle, middle + 1))[0])
        times = self._times
        expected = (times[middle] - times[first]) / (times[last] - times[first])
        return bool(abs(along - expected) < _COARSE)

    def _from(self, first: int, length: float) -> int:
        return int(np.searchsorted(self._times[: self._count], self._times[first] - _side(length) - 1e-6))

    def _error(self, first: int, last: int, begin: int, end: int, limit: float) -> float | None:
        """RMS distance from the ramp (as a share of the whole change) over frames ``begin..end``.

        None if some frame along the line is off by more than ``limit``, or the frames leave the line.
        Beyond a flat picture (black, white) nothing is asked but that the ramp does not go on: the next
        fade may follow at once.
        """
        p, span = self._products, slice(begin, end + 1)
        change = p[first, first] + p[last, last] - 2 * p[first, last]
        times = self._times[span]
        ramp = np.clip(
            (times - times[first - begin]) / (times[last - begin] - times[first - begin]), 0.0, 1.0
        )
        along = self._along(first, last, span)
        beside = along - ramp
        inner = slice(first - begin if self._flat[first] else 0, None)
        if self._flat[first]:
            np.minimum(beside[: inner.start], 0.0, out=beside[: inner.start])
        if self._flat[last]:
            inner = slice(inner.start, last - begin + 1)
            np.maximum(beside[inner.stop :], 0.0, out=beside[inner.stop :])
        # Beside the ramp the picture may move a little, but not go on at half the speed.
        outside = np.maximum(times[first - begin] - times, times - times[last - begin])
        length = times[last - begin] - times[first - begin]
        moved = _STILL + 1 / (last - first) + _GOING_ON / length * outside
        allowed = np.where(outside > 0, np.minimum(moved, limit), limit)
        if (np.abs(beside) > allowed).any():
            return None
        own = np.diagonal(p)[span] - 2 * p[span, first] + p[first, first]
        off = np.maximum(own / change - 2 * ramp * along + ramp**2, 0.0)
        error = float(np.sqrt(off[inner].mean()))
        return error if error < _OFF_LINE else None

    def _resolve(self) -> list[Dissolve]:
        """Fit both ends of the best ramp, and check that it leads to another picture."""
        ramp, self._best = self._best, None
        if ramp is None or not self._is_large(ramp):
            return []
        ramp = self._fitted(ramp)
        start, end = float(self._times[ramp.first]), float(self._times[ramp.last])
        if end - start < SHORTEST - 1e-3 or not self._is_new_picture(ramp):
            return []
        if ramp.first < _BEFORE and not (self._fresh and self._flat[ramp.first]):
            return []
        if ramp.first == 0:
            start = float(self._times[1])
        self._over = end - 2 * _FINEST
        return [Dissolve(start, end)]

    def _fitted(self, ramp: _Ramp) -> _Ramp:
        """The ramp with its ends, each within a third of the length, where the line has its kinks.

        The kinks are those of the clamped line that fits the places along the coarse ramp best, with
        the levels on both sides left free, so that motion before and after does not draw the ends out.
        """
        length = float(self._times[ramp.last] - self._times[ramp.first])
        reach = max(2, (ramp.last - ramp.first) // 3)
        begin = self._from(max(0, ramp.first - reach), length)
        until = self._times[min(self._count - 1, ramp.last + reach)] + _side(length)
        end = min(self._count - 1, int(np.searchsorted(self._times[: self._count], until)))
        begin, end = self._within_flat_ends(ramp, begin, end)
        times = self._times[begin : end + 1]
        along = self._along(ramp.first, ramp.last, slice(begin, end + 1))
        first, last = ramp.first - begin, ramp.last - begin
        stride = max(1, reach // 5)
        first, last = _best_kinks(times, along, first, last, reach, stride)
        if stride > 1:
            first, last = _best_kinks(times, along, first, last, stride - 1, 1)
        best = _Ramp(first + begin, last + begin, ramp.error)
        begin, until = self._from(best.first, length), self._times[best.last] + _side(length)
        end = min(end, int(np.searchsorted(self._times[: self._count], until)))
        left = self._error(best.first, best.last, begin, end, _FINE)
        return _Ramp(best.first, best.last, float("inf") if left is None else left)

    def _within_flat_ends(self, ramp: _Ramp, begin: int, end: int) -> tuple[int, int]:
        """``begin`` and ``end`` drawn in to a flat end of the ramp: beyond it another fade may follow."""
        along = self._along(ramp.first, ramp.last, slice(begin, end + 1))
        if self._flat[ramp.first]:
            plain = self._plainest(ramp.first, -1, begin) - begin
            leaving = np.flatnonzero(np.abs(along[: plain + 1] - along[plain]) > _STILL)
            begin += int(leaving[-1]) + 1 if len(leaving) else 0
        if self._flat[ramp.last]:
            plain = self._plainest(ramp.last, 1, end) - end + len(along) - 1
            leaving = np.flatnonzero(np.abs(along[plain:] - along[plain]) > _STILL)
            end -= len(along) - plain - int(leaving[0]) if len(leaving) else 0
        return begin, end

    def _plainest(self, number: int, step: int, limit: int) -> int:
        """The frame with the least in it among the flat ones from ``number`` on, up to ``limit``."""
        best = number
        while number != limit and self._flat[number + step]:
            number += step
            best = number if self._spread[number] < self._spread[best] else best
        return best

    def _along(self, first: int, last: int, span: slice) -> NDArray[np.float64]:
        """Where pictures lie along the line from one to another: 0 at ``first``, 1 at ``last``."""
        p = self._products
        change = p[first, first] + p[last, last] - 2 * p[first, last]
        along: NDArray[np.float64] = (
            p[span, last] - p[span, first] - p[first, last] + p[first, first]
        ) / change
        return along

    def _is_new_picture(self, ramp: _Ramp) -> bool:
        """Whether most of the picture changes, to another one, and by mixing the two."""
        if ramp.error == float("inf") or not self._is_large(ramp):
            return False
        old, new = self._thumbs[ramp.first], self._thumbs[ramp.last]
        flat = self._flat[ramp.first], self._flat[ramp.last]
        small_change = float(np.sqrt(np.square(new - old).mean())) < _BIG_CHANGE
        if small_change and (all(flat) or ramp.error > _OFF_LINE_SMALL_CHANGE):
            return False
        if any(flat):
            return True
        sure = ramp.error < _SURE
        if float(np.corrcoef(old[::3], new[::3])[0, 1]) > (_SAME_STRUCTURE if sure else _LIKE_STRUCTURE):
            return False
        if self._contrast(ramp) > (_SURE_CONTRAST if sure else _CONTRAST):
            return False
        pair = self._smalls[ramp.first], self._smalls[ramp.last]
        return changed(*pair)[0] >= _COVERAGE and changed_beyond_shift(*pair)[0] >= _COVERAGE

    def _is_large(self, ramp: _Ramp) -> bool:
        """Whether most of the picture changes."""
        change = self._thumbs[ramp.last] - self._thumbs[ramp.first]
        cells = np.abs(change).reshape(-1, 3).max(axis=1)
        return float((cells > _CELL_CHANGE).mean()) >= _COVERAGE

    def _contrast(self, ramp: _Ramp) -> float:
        """The contrast (variance) half way, over that of the mixture that should be seen there.

        A mixture of two pictures has less contrast than either (Alattar 1993, Fernando et al. 1999); a
        picture that only moves keeps its own.
        """
        old, new = (self._smalls[number].astype(np.float32) for number in (ramp.first, ramp.last))
        ratios = []
        for part in (0.35, 0.5, 0.65):
            number = ramp.first + round(part * (ramp.last - ramp.first))
            share = (self._times[number] - self._times[ramp.first]) / (
                self._times[ramp.last] - self._times[ramp.first]
            )
            mixture = old + np.float32(share) * (new - old)
            ratios.append(_variance(self._smalls[number]) / max(1.0, _variance(mixture)))
        return float(np.median(ratios))


def _variance(picture: NDArray[Any]) -> float:
    return float(picture.reshape(-1, 3).var(axis=0).sum())


def _best_kinks(
    times: NDArray[np.float64], along: NDArray[np.float64], first: int, last: int, reach: int, stride: int
) -> tuple[int, int]:
    """The pair of frames, up to ``reach`` from the given ones, with the least ``_kink_error``."""
    best, least = (first, last), float("inf")
    for begin in range(first - reach, first + reach + 1, stride):
        for end in range(last - reach, last + reach + 1, stride):
            if begin < 0 or end >= len(times) or end - begin < 3:
                continue
            if times[end] - times[begin] > 1.1 * LONGEST:
                continue
            error = _kink_error(times, along, begin, end)
            if error < least:
                best, least = (begin, end), error
    return best


def _kink_error(times: NDArray[np.float64], along: NDArray[np.float64], first: int, last: int) -> float:
    """Squared error of the best clamped line with kinks at two frames; its two levels are free."""
    ramp = np.clip((times - times[first]) / (times[last] - times[first]), 0.0, 1.0)
    ramp -= ramp.mean()
    centred = along - along.mean()
    gain = float(ramp @ centred) / float(ramp @ ramp)
    rest = centred - gain * ramp
    return float(rest @ rest)


def _side(length: float) -> float:
    """How much before and after a dissolve must hold still along its line (s)."""
    return min(0.25, max(0.1, length / 3))
