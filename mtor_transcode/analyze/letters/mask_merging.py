# SPDX-License-Identifier: Apache-2.0
"""Groups of letters united where one mask for both costs less than two: error and bits together (Ward 1963).

Letters are first grouped one by one, as if a mask of its own showed each without error. But masks are
quantised, so one of its own saves less than that; and two groups that grew side by side (one letter at two
sub-pixel phases, or under a codec's noise) may do with one mask.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from mtor_transcode.analyze.letters.letter_fields import REACH, Field, apart, extent, mistaken
from mtor_transcode.analyze.letters.mask_levels import cost_of

LIKE = 0.85
"""Share of its bits that a mask takes where there is one much like it, to be written by."""

BLUR = (1.5, 4.0)
"""What the error that uniting brings counts, at least and at most: the mean of two is softer than either,
which VMAF minds more than the square says, most of all where little else is wrong.
"""

SHARP = 1500.0
"""It counts so much over lambda between them."""


@dataclass(slots=True)
class Groups:
    """Letters in groups: ``centres`` (k, SIDE, SIDE), of which the first ``fixed`` are known masks; ``group``
    (n,) says which one a letter is of, ``shifts`` (n, 2) how far (right, down) it lies from its centre.
    """

    centres: Field
    fixed: int
    group: NDArray[np.int64]
    shifts: NDArray[np.int64]


def blur_of(lam: float) -> float:
    """What the error of uniting counts at a lambda (squared error per bit)."""
    least, most = BLUR
    return min(max(SHARP / lam, least), most)


def merge(groups: Groups, fields: Field, worth: NDArray[np.float64], blur: float) -> None:
    """Unite groups in place, those first that it saves most for, as long as it saves anything.

    ``fields`` (n, SIDE, SIDE) are the letters, ``worth`` (n,) what a px of each that is wrong by its full
    contrast costs, in bits; ``blur`` is what error that uniting brings counts. Groups that went into others
    have no letters any more.
    """
    merging = _Merging(groups, fields, worth, blur)
    while merging.gains.size:
        one, other = divmod(int(np.argmax(merging.gains)), len(groups.centres))
        if merging.gains[one, other] <= 0:
            return
        merging.gains[one, other] = -np.inf
        merging.unite(one + groups.fixed, other)


class _Merging:
    """What groups cost, and ``gains``: bits that it would save, about, to let a group that is not fixed
    (row) go into one before it (column).
    """

    def __init__(self, groups: Groups, fields: Field, worth: NDArray[np.float64], blur: float) -> None:
        self._groups, self._fields, self._worth = groups, fields, worth
        self._blur = blur
        count, fixed = len(groups.centres), groups.fixed
        self._weight = np.bincount(groups.group, worth, count)
        self._weight[:fixed] = np.inf
        self._bits, self._error = np.zeros(count), np.zeros(count)
        self._bulk = groups.centres.sum(axis=(1, 2), dtype=np.float64)
        self._boxes = np.array([extent(centre) for centre in groups.centres], dtype=np.int64).reshape(-1, 4)
        self.gains: Field = np.full((count - fixed, count), -np.inf, dtype=np.float32)
        for one in range(fixed, count):
            if self._weight[one] > 0:
                self._bits[one], self._error[one] = cost_of(groups.centres[one], self._weight[one])
        for one in range(fixed, count):
            self._look(one, one)

    def _look(self, one: int, end: int) -> None:
        costs = self._weight, self._bits, self._error
        gains = _gains(one, end, self._groups.centres, self._bulk, self._boxes, *costs, self._blur)
        fixed = self._groups.fixed
        self.gains[one - fixed, :one] = gains[:one]
        self.gains[one + 1 - fixed :, one] = gains[one + 1 :]

    def unite(self, one: int, other: int) -> None:
        """Let group ``one`` go into ``other`` if that is sure to save something and no letter is mistaken."""
        groups, weight, joined = self._groups, self._weight[one], self._weight[other]
        mine, centre = groups.centres[one], groups.centres[other]
        distance, dx, dy = _nearest(mine, centre, self._boxes[one], self._boxes[other], np.inf)
        step = np.array([dx, dy])
        bits = error = 0.0
        share = 1.0
        if other >= groups.fixed:
            share = joined / (weight + joined)
            centre = (share * centre + (1 - share) * _moved(mine, -dx, -dy)).astype(np.float32)
            bits, error = cost_of(centre, weight + joined)
        saved = LIKE * self._bits[one] + self._error[one] + self._bits[other] + self._error[other]
        if saved <= bits + error + self._blur * share * weight * distance:
            return
        coming, there = np.flatnonzero(groups.group == one), np.flatnonzero(groups.group == other)
        shifts = groups.shifts[coming] + step
        members = np.concatenate([coming, there])
        if _any_mistaken(self._fields, members, np.concatenate([shifts, groups.shifts[there]]), centre):
            return
        groups.group[coming], groups.shifts[coming] = other, shifts
        self._weight[one] = 0.0
        self.gains[one - groups.fixed] = self.gains[:, one] = -np.inf
        if other < groups.fixed:
            return
        groups.centres[other] = centre
        self._weight[other], self._bits[other], self._error[other] = weight + joined, bits, error
        self._bulk[other], self._boxes[other] = centre.sum(dtype=np.float64), extent(centre)
        self._look(other, len(groups.centres))


@njit(cache=True, nogil=True)
def _nearest(field, centre, box, other, most):  # type: ignore[no-untyped-def]
    """How far two fields are apart if one is shifted, and that shift; ``most`` if they are farther."""
    least, x, y = most, 0, 0
    for dy in range(-REACH, REACH + 1):
        for dx in range(-REACH, REACH + 1):
            d = apart(field, centre, dx, dy, least, box, other)
            if d < least:
                least, x, y = d, dx, dy
    return least, x, y


@njit(cache=True, nogil=True)
def _gains(one, end, centres, bulk, boxes, weight, bits, error, blur):  # type: ignore[no-untyped-def]
    """What uniting ``one`` with each group before ``end`` would save: (k,), -inf if nothing.

    The mask of both is reckoned to cost what the heavier one's does, with its error for all.
    """
    out = np.full(len(centres), -np.inf)
    if weight[one] == 0:
        return out
    for other in range(end):
        if other == one or weight[other] == 0:
            continue
        if abs(bulk[one] - bulk[other]) > 0.25 * min(bulk[one], bulk[other]) + 3:
            continue
        light, heavy = (one, other) if weight[one] < weight[other] else (other, one)
        most = LIKE * bits[light] + error[light] - error[heavy] / weight[heavy] * weight[light]
        share = blur * weight[light] / (1 + weight[light] / weight[heavy])
        if most > 0:
            limit = most / share
            d, _, _ = _nearest(centres[one], centres[other], boxes[one], boxes[other], limit)
            if d < limit:
                out[other] = most - share * d
    return out


@njit(cache=True, nogil=True)
def _any_mistaken(fields, members, shifts, centre):  # type: ignore[no-untyped-def]
    found = False
    for k in range(len(members)):
        found = found or mistaken(fields[members[k]], centre, shifts[k, 0], shifts[k, 1])
    return found


def _moved(field: Field, dx: int, dy: int) -> Field:
    """A field shifted by (dx, dy): what leaves its square is lost."""
    side = len(field)
    out = np.zeros_like(field)
    out[max(0, dy) : side + min(0, dy), max(0, dx) : side + min(0, dx)] = field[
        max(0, -dy) : side + min(0, -dy), max(0, -dx) : side + min(0, -dx)
    ]
    return out
