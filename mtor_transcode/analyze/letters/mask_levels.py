# SPDX-License-Identifier: Apache-2.0
"""Coverages to the values of a mask: what each cell's error is worth against what its value costs.

Costs are those of the mask syntax (``codec.mask_syntax``) with the initial probabilities of its contexts.
Cells are visited a few times; each takes the value with which error and bits are least, its own and those
of the cells that it is a context of (iterated conditional modes, Besag 1986).
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numba import njit
from numpy.typing import NDArray

from mtor_transcode.codec.adaptive import COST_0, COST_1
from mtor_transcode.codec.contexts import BASE
from mtor_transcode.codec.limits import MAX_LEVELS
from mtor_transcode.codec.tables import initial_states
from mtor_transcode.model import Mask

SWEEPS = 3

HEAD_BITS = 12.0
"""Bits of a mask's size and levels, about."""

NEAR = 81
"""Contexts of "full": the classes of four neighbours."""

Field = NDArray[np.float32]
Quantised = tuple[Mask, int, int]
"""A mask, and the px of its left and lower edge in the field that it is of."""

_Costs = tuple[NDArray[np.float64], NDArray[np.float64]]


def levels_for(worth: float) -> int:
    """Levels for cells whose full contrast is worth so many bits.

    A step 1/L has the error worth / 12 L^2 and takes log2 L bits: that is least where L^2 = worth ln 2 / 6.
    """
    return int(min(max(round((worth * 0.1155) ** 0.5), 2), MAX_LEVELS))


def quantised(field: Field, worth: float) -> Quantised | None:
    """The mask of a coverage (h, w), and the field's px of its left and lower edge; None if nothing is left.

    ``worth`` is the error of a cell that is wrong by its full contrast, in bits.
    """
    levels = levels_for(worth)
    values = np.clip(np.rint(field * np.float32(levels)), 0, levels).astype(np.int64)
    some, full = _costs()
    _settle(values, field, worth, levels, some, full, SWEEPS)
    return cut_out(values, levels)


def cut_out(values: NDArray[np.int64], levels: int) -> Quantised | None:
    """The mask of cells (h, w) less the empty ones around it, its left and lower edge; None if empty."""
    rows, columns = np.flatnonzero(values.any(axis=1)), np.flatnonzero(values.any(axis=0))
    if not len(rows):
        return None
    top, low, left, right = int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
    cut = values[top:low, left:right].astype(np.uint8)
    return Mask(right - left, low - top, levels, cut.tobytes()), left, low


def cost_of(field: Field, worth: float) -> tuple[float, float]:
    """Bits of the mask of a coverage, about, and what its error is worth in bits; see ``quantised``."""
    levels = levels_for(worth)
    values = np.clip(np.rint(field * np.float32(levels)), 0, levels).astype(np.int64)
    some, full = _costs()
    _settle(values, field, worth, levels, some, full, SWEEPS)
    bits, error = _total(values, field, levels, some, full)
    return HEAD_BITS + bits, worth * error


@cache
def _costs() -> _Costs:
    """Bits of "empty" and "more" by context, and of "between" and "full": (324, 2) and (81, 2)."""
    return context_costs("mask.some", 4 * NEAR), context_costs("mask.full", NEAR)


def context_costs(name: str, count: int) -> NDArray[np.float64]:
    """Bits of 0 and 1 in the first contexts of a group, as they are at the start: (count, 2)."""
    probabilities, _ = initial_states()
    first = BASE[name]
    parts = [p >> 4 for p in probabilities[first : first + count]]
    return np.array([[COST_0[p], COST_1[p]] for p in parts])


@njit(cache=True, nogil=True)
def class_of(values, y, x, levels):  # type: ignore[no-untyped-def]
    if y < 0 or x < 0 or x >= values.shape[1]:
        return 0
    v = values[y, x]
    return 0 if v == 0 else 2 if v == levels else 1


@njit(cache=True, nogil=True)
def _bits(values, y, x, levels, middle, some, full):  # type: ignore[no-untyped-def]
    """What the cell costs, ``middle`` bits more if it is neither empty nor full; nothing if outside."""
    if y >= values.shape[0] or x >= values.shape[1] or x < 0:
        return 0.0
    near = (class_of(values, y, x - 1, levels) * 3 + class_of(values, y - 1, x, levels)) * 3
    near = (near + class_of(values, y - 1, x + 1, levels)) * 3 + class_of(values, y - 1, x - 1, levels)
    far = 2 * (class_of(values, y, x - 2, levels) > 0) + (class_of(values, y - 2, x, levels) > 0)
    v = values[y, x]
    if v == 0:
        return some[4 * near + far, 0]
    bits = some[4 * near + far, 1]
    if levels > 1:
        bits += full[near, 1 if v == levels else 0]
        if v != levels:
            bits += middle
    return bits


@njit(cache=True, nogil=True)
def _around(values, y, x, levels, middle, some, full):  # type: ignore[no-untyped-def]
    """What the cell and those that it is a context of cost."""
    total = _bits(values, y, x, levels, middle, some, full)
    for dy, dx in ((0, 1), (0, 2), (1, -1), (1, 0), (1, 1), (2, 0)):
        total += _bits(values, y + dy, x + dx, levels, middle, some, full)
    return total


@njit(cache=True, nogil=True)
def _settle(values, field, worth, levels, some, full, sweeps):  # type: ignore[no-untyped-def]
    """Sweep over the cells until none changes, at most so often; in place.

    A cell is looked at again only if it, or one that its price depends on, has changed.
    """
    height, width = values.shape
    middle = np.log2(max(levels - 1, 1))
    due = np.ones((height, width), dtype=np.bool_)
    for _ in range(sweeps):
        changed = False
        for y in range(height):
            for x in range(width):
                old = values[y, x]
                if not due[y, x] or (old == 0 and field[y, x] * levels < 0.3):
                    continue
                due[y, x] = False
                best = _best_value(values, field[y, x], y, x, worth, levels, middle, some, full)
                if best != old:
                    values[y, x] = best
                    changed = True
                    due[max(y - 2, 0) : y + 3, max(x - 3, 0) : x + 4] = True
        if not changed:
            break


@njit(cache=True, nogil=True)
def _best_value(values, wanted, y, x, worth, levels, middle, some, full):  # type: ignore[no-untyped-def]
    """The value with which error and bits of a cell, and of those that it is a context of, are least."""
    old = best = values[y, x]
    least = 1e30
    empty = between = filled = -1.0  # Bits by the class of the value, once they are known.
    for choice in (old, old - 1, old + 1, 0, levels):
        if choice < 0 or choice > levels or abs(choice - wanted * levels) > max(1.6, 0.4 * levels):
            continue
        values[y, x] = choice
        if choice == 0:
            if empty < 0:
                empty = _around(values, y, x, levels, middle, some, full)
            bits = empty
        elif choice == levels:
            if filled < 0:
                filled = _around(values, y, x, levels, middle, some, full)
            bits = filled
        else:
            if between < 0:
                between = _around(values, y, x, levels, middle, some, full)
            bits = between
        error = wanted - choice / levels
        cost = worth * error * error + bits
        if cost < least - 1e-9:
            best, least = choice, cost
    values[y, x] = old
    return best


@njit(cache=True, nogil=True)
def _total(values, field, levels, some, full):  # type: ignore[no-untyped-def]
    """Bits of all cells in the box of those that are not empty, and their squared error."""
    top, low, left, right = values.shape[0], 0, values.shape[1], 0
    error = 0.0
    for y in range(values.shape[0]):
        for x in range(values.shape[1]):
            off = field[y, x] - values[y, x] / levels
            error += off * off
            if values[y, x] > 0:
                top, low = min(top, y), max(low, y + 1)
                left, right = min(left, x), max(right, x + 1)
    bits, middle = 0.0, np.log2(max(levels - 1, 1))
    for y in range(top, low):
        for x in range(left, right):
            bits += _bits(values, y, x, levels, middle, some, full)
    return bits, error
