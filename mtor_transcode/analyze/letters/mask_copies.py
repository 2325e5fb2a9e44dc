# SPDX-License-Identifier: Apache-2.0
"""Masks that are written by one much alike take its cells where their own are hardly worth a difference.

``mask_levels`` weighs error and bits as if a mask were written by itself. Here the costs are those of a mask
that is known by another (JBIG2's lossy refinement, with a price on what differs).
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numba import njit
from numpy.typing import NDArray

from mtor_transcode.analyze.letters.letter_fields import Field
from mtor_transcode.analyze.letters.mask_levels import SWEEPS, Quantised, class_of, context_costs, cut_out
from mtor_transcode.codec.adaptive import Adaptive
from mtor_transcode.codec.mask_likeness import likenesses
from mtor_transcode.codec.mask_syntax import Like, laid_classes, write_mask
from mtor_transcode.codec.writers import CountingWriter
from mtor_transcode.model import Mask

_NEAR = 243
"""Contexts of "full": two neighbours' classes and three of the other mask."""


class Copies:
    """The masks of a dictionary section in the making, by which others may be written."""

    def __init__(self) -> None:
        self._masks: list[Mask] = []
        self._known: set[Mask] = set()
        self._writer = CountingWriter(Adaptive())

    def add(self, field: Field, worth: float, alone: Quantised) -> Quantised:
        """The mask of a coverage (SIDE, SIDE) with least error and bits: ``alone``, or one by an earlier one.

        ``worth`` is the error of a cell that is wrong by its full contrast, in bits.
        """
        best, least = alone, self._cost(field, worth, alone, None)
        for like in likenesses(self._masks, alone[0]):
            copied = _copied(field, worth, alone, self._masks[-like[0]], like)
            if copied is None:
                continue
            made, by = copied
            cost = self._cost(field, worth, made, by)
            if cost < least:
                best, least = made, cost
        if best[0] not in self._known:
            self._known.add(best[0])
            self._masks.append(best[0])
        return best

    def _cost(self, field: Field, worth: float, made: Quantised, like: Like | None) -> float:
        mask, left, low = made
        off = field.copy()
        values = np.frombuffer(mask.values, dtype=np.uint8).reshape(mask.height, mask.width)
        off[low - mask.height : low, left : left + mask.width] -= values / np.float32(mask.levels)
        self._writer.try_out()
        write_mask(self._writer, self._masks, mask, like)
        return worth * float(np.square(off).sum()) + self._writer.undo()


def _copied(
    field: Field, worth: float, alone: Quantised, old: Mask, like: Like
) -> tuple[Quantised, Like] | None:
    """A coverage quantised in the box of ``alone`` to be written by ``old``; None if nothing is left."""
    mask, left, low = alone
    part = field[low - mask.height : low, left : left + mask.width]
    values = np.clip(np.rint(part * np.float32(mask.levels)), 0, mask.levels).astype(np.int64)
    known = laid_classes(old, mask.width, mask.height, like)
    _settle(values, part, worth, mask.levels, known, *_costs(), SWEEPS)
    made = cut_out(values, mask.levels)
    if made is None:
        return None
    new, right, down = made
    by = like[0], like[1] - right, like[2] - (mask.height - down)
    return (new, left + right, low - mask.height + down), by


@cache
def _costs() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Bits of "empty" and "more" by context, and of "between" and "full": (729, 2) and (243, 2)."""
    return context_costs("mask.like_some", 3 * _NEAR), context_costs("mask.like_full", _NEAR)


@njit(cache=True, nogil=True)
def _bits(values, y, x, levels, middle, known, some, full):  # type: ignore[no-untyped-def]
    """What the cell costs, ``middle`` bits more if it is neither empty nor full; nothing if outside."""
    if y >= values.shape[0] or x >= values.shape[1]:
        return 0.0
    near = (class_of(values, y, x - 1, levels) * 3 + class_of(values, y - 1, x, levels)) * 27
    near += np.int64(known[y + 1, x + 2]) * 9 + np.int64(known[y + 1, x + 1]) * 3 + known[y + 1, x + 3]
    far = (known[y, x + 2] > 0) + (known[y + 2, x + 2] > 0)
    v = values[y, x]
    if v == 0:
        return some[3 * near + far, 0]
    bits = some[3 * near + far, 1]
    if levels > 1:
        bits += full[near, 1 if v == levels else 0]
        if v != levels:
            bits += middle
    return bits


@njit(cache=True, nogil=True)
def _settle(values, field, worth, levels, known, some, full, sweeps):  # type: ignore[no-untyped-def]
    """Sweep over the cells until none changes, at most so often; in place."""
    middle = np.log2(max(levels - 1, 1))
    for _ in range(sweeps):
        changed = False
        for y in range(values.shape[0]):
            for x in range(values.shape[1]):
                old = best = values[y, x]
                least = 1e30
                for choice in (old, old - 1, old + 1, 0, levels):
                    if (
                        choice < 0
                        or choice > levels
                        or abs(choice - field[y, x] * levels) > max(1.6, 0.4 * levels)
                    ):
                        continue
                    error = field[y, x] - choice / levels
                    cost = worth * error * error
                    if cost >= least:
                        continue
                    values[y, x] = choice
                    for v, u in ((y, x), (y, x + 1), (y + 1, x)):
                        cost += _bits(values, v, u, levels, middle, known, some, full)
                    if cost < least - 1e-9:
                        best, least = choice, cost
                values[y, x] = best
                changed = changed or best != old
        if not changed:
            break
