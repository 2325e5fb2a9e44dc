# SPDX-License-Identifier: Apache-2.0
"""Letters of one form share one mask: grouped by what that saves, averaged over all their places, quantised.

The noise of the source differs from place to place, so the mean of the coverages is nearer the truth than
any of them (as symbols are averaged in lossy JBIG2).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from mtor_transcode.analyze.letters.letter_fields import BASE, REACH, SIDE, Field, apart, extent, mistaken
from mtor_transcode.analyze.letters.mask_copies import Copies
from mtor_transcode.analyze.letters.mask_levels import quantised
from mtor_transcode.analyze.letters.mask_merging import Groups, blur_of, merge
from mtor_transcode.model import SCALE_ONE, UNITS_PER_PX, Mask, Outline

ROUNDS = 2


@dataclass(slots=True)
class Letter:
    """One letter in the picture: its coverage (0-1) in a square field, and how that lies in the picture.

    The field's pixel (0, 0) is the picture's pixel ``corner`` (x, y). ``energy`` is the squared error of a
    pixel of coverage 1 that is wrong; ``known`` is what it must not be more than ``SIDE`` wide and high for.
    """

    field: Field
    corner: tuple[int, int]
    energy: float


@dataclass(slots=True)
class Form:
    """A mask, or an outline at a scale, and where each of its letters has it: ``(letter, dx, dy)``, units of
    the picture.
    """

    outline: Outline
    scale: int
    places: list[tuple[int, int, int]]


def grouped(fields: Field, energies: NDArray[np.float64], lam: float, known: Sequence[Mask]) -> Groups:
    """Letters (n, SIDE, SIDE) by form, as if a mask of its own showed each group without error.

    ``energies`` (n,) are squared errors of a px of each that is wrong by its full contrast.
    """
    centres = np.zeros((len(known), SIDE, SIDE), dtype=np.float32)
    for number, mask in enumerate(known):
        centres[number] = field_of(mask)
    fixed = len(known)
    prices = lam * definition_bits(fields)
    for _ in range(ROUNDS):
        centres, group, shifts = _grouped(fields, energies, prices, centres, fixed)
        centres = _averaged(fields, energies, centres, fixed, group, shifts)
    return Groups(centres, fixed, group, shifts)


def fit_forms(
    groups: Groups, letters: Sequence[Letter], fields: Field, lam: float, known: Sequence[Mask]
) -> list[Form]:
    """Masks for grouped letters, known ones where they are good enough; ``groups`` are united in place."""
    energies = np.array([letter.energy for letter in letters])
    fixed = len(known)
    merge(groups, fields, energies / lam, blur_of(lam))
    copies = Copies()
    forms: list[Form] = []
    # In the order of their first letters, in which their masks are going to be written.
    for number in dict.fromkeys(groups.group.tolist()):
        members = np.flatnonzero(groups.group == number)
        if number < fixed:
            mask = known[number]
            left, low = SIDE // 2 - mask.width // 2, BASE
        else:
            worth = float(energies[members].sum()) / lam
            made = quantised(groups.centres[number], worth)
            if made is None:
                continue
            mask, left, low = copies.add(groups.centres[number], worth, made)
        x, y = (left + mask.width // 2) * UNITS_PER_PX, low * UNITS_PER_PX
        places = []
        for member in members.tolist():
            dx, dy = ((letters[member].corner + groups.shifts[member]) * UNITS_PER_PX).tolist()
            places.append((member, x + dx, y + dy))
        forms.append(Form(mask, SCALE_ONE, places))
    return forms


def field_of(mask: Mask) -> Field:
    """A mask's coverage in a field, its origin in the middle of the base line; empty if it is too large."""
    field = np.zeros((SIDE, SIDE), dtype=np.float32)
    left = SIDE // 2 - mask.width // 2
    if mask.height <= BASE and mask.width <= SIDE:
        values = np.frombuffer(mask.values, dtype=np.uint8).reshape(mask.height, mask.width)
        field[BASE - mask.height : BASE, left : left + mask.width] = values / np.float32(mask.levels)
    return field


def definition_bits(fields: Field) -> NDArray[np.float64]:
    """What masks of these coverages (n, SIDE, SIDE) cost, roughly: by the lengths of their borders."""
    across = np.abs(np.diff(fields, axis=2)).sum(axis=(1, 2))
    down = np.abs(np.diff(fields, axis=1)).sum(axis=(1, 2))
    return np.asarray(12.0 + 0.42 * (across + down), dtype=np.float64)


@njit(cache=True, nogil=True)
def _grouped(fields, energies, prices, centres, fixed):  # type: ignore[no-untyped-def]
    """Each letter to the nearest centre, or to a new one if that is too far to save anything."""
    count, side, _ = fields.shape
    made = np.zeros((len(centres) + count, side, side), dtype=np.float32)
    bulk = np.zeros(len(made))
    boxes = np.zeros((len(made), 4), dtype=np.int64)
    total = len(centres)
    for k in range(total):
        made[k] = centres[k]
        bulk[k] = centres[k].sum()
        boxes[k] = extent(centres[k])
    group = np.full(count, -1)
    shifts = np.zeros((count, 2), dtype=np.int64)
    for i in range(count):
        least = prices[i] / energies[i]
        mine = fields[i].sum()
        box = np.array(extent(fields[i]))
        for k in range(total):
            if abs(bulk[k] - mine) > 0.25 * mine + 3:
                continue
            for dy in range(-REACH, REACH + 1):
                for dx in range(-REACH, REACH + 1):
                    d = apart(fields[i], made[k], dx, dy, least, box, boxes[k])
                    if d < least and not mistaken(fields[i], made[k], dx, dy):
                        least = d
                        group[i] = k
                        shifts[i, 0], shifts[i, 1] = dx, dy
        if group[i] < 0:
            group[i] = total
            made[total] = fields[i]
            bulk[total], boxes[total] = mine, box
            total += 1
    return made[:total].copy(), group, shifts


@njit(cache=True, nogil=True)
def _averaged(fields, energies, centres, fixed, group, shifts):  # type: ignore[no-untyped-def]
    """The mean of each group's fields, by their energies; known masks (the first ``fixed``) stay."""
    count, side, _ = fields.shape
    out = centres.copy()
    weights = np.zeros(len(centres))
    out[fixed:] = 0
    for i in range(count):
        k = group[i]
        if k < fixed:
            continue
        weights[k] += energies[i]
        for y in range(side):
            for x in range(side):
                v, u = y + shifts[i, 1], x + shifts[i, 0]
                if 0 <= v < side and 0 <= u < side:
                    out[k, y, x] += energies[i] * fields[i, v, u]
    for k in range(fixed, len(centres)):
        if weights[k] > 0:
            out[k] /= weights[k]
    return out
