# SPDX-License-Identifier: Apache-2.0
"""A rectangle of a picture as a palette patch: few colours, and for each cell the one that costs least.

Colours are means of clusters; cells are then visited a few times, each takes the value with which error and
bits are least, its own and those of the cells whose neighbour it is (iterated conditional modes, Besag 1986).
Bits are those of the syntax (``codec.patch_syntax``) with the initial probabilities of its contexts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import cv2
import numpy as np
from numba import njit
from numpy.typing import NDArray

from mtor_transcode.analyze.canvas.easel import Picture, Plane
from mtor_transcode.analyze.canvas.regions import CHROMA_WEIGHT
from mtor_transcode.codec.adaptive import COST_0, COST_1
from mtor_transcode.codec.contexts import BASE
from mtor_transcode.codec.tables import initial_states
from mtor_transcode.model import Colour, Mask

COUNTS = (1, 2, 3, 4, 6, 8)
"""Colours that are tried."""

PATIENCE = 2
"""Steps of more colours that may gain nothing."""

COLOUR_BITS = 14.0
"""What a colour costs, about."""

KNOWN_BITS = 5.0
"""What a colour costs that another patch has, about."""

HEAD_BITS = 34.0
"""What a patch costs beside its colours and cells, about: its size, its shape, its place."""

SURE = 0.85
"""Share of the guessed bits that a patch costs at least."""

EMPTY = 0.15
"""Times lambda: a px whose error is less needs no colour of its own."""

LEAST_PIXELS = 6
SWEEPS = 3
ROUNDS = 2
SEED = 7

_WEIGHTS = np.array([1.0, CHROMA_WEIGHT, CHROMA_WEIGHT], dtype=np.float32)

Values = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Fit:
    """A patch for a rectangle, the squared error that it leaves there, and its bits, guessed."""

    patch: Mask
    error: float
    bits: float


def fit_patch(
    target: Picture,
    under: Picture,
    worth: Plane,
    lam: float,
    known: Sequence[Colour] = (),
    limit: float = float("inf"),
) -> Fit | None:
    """The patch that shows ``target`` (h, w, 3) over ``under`` with the least error + ``lam`` * bits, if any.

    ``worth`` (h, w) scales squared errors. ``known`` colours, which other patches have, cost less. What needs
    more than ``limit`` for its bits alone is given up.
    """
    wanted = target.astype(np.float32)
    bare = _squared(wanted, under.astype(np.float32)) * worth
    wrong = bare > EMPTY * lam
    if int(wrong.sum()) < LEAST_PIXELS:
        return None
    best: Fit | None = None
    worse = 0
    for count in COUNTS:
        colours = _clusters(wanted[wrong], count)
        if colours is None:
            break
        found = _fitted(wanted, bare, worth, colours, known, lam)
        if found is None:
            continue
        if SURE * lam * found.bits > limit:
            break
        if best is None or found.error + lam * found.bits < best.error + lam * best.bits:
            best, worse = found, 0
            continue
        worse += 1
        if worse == PATIENCE:
            break
    return best


def shown_by(patch: Mask, under: Picture) -> Picture:
    """What a patch shows over ``under`` (h, w, 3)."""
    values = np.frombuffer(patch.values, dtype=np.uint8).reshape(patch.height, patch.width)
    table = np.array((patch.colours[0], *patch.colours), dtype=np.uint8)
    seen: Picture = np.where(values[..., None] > 0, table[values], under)
    return seen


def _squared(one: Plane, other: Plane) -> Plane:
    apart = one - other
    error: Plane = (apart * apart) @ _WEIGHTS
    return error


def _clusters(pixels: Plane, count: int) -> Plane | None:
    """So many colours that stand for all; None if there are fewer."""
    if len(pixels) < 2 * count:
        return None
    scale = np.sqrt(_WEIGHTS)
    cv2.setRNGSeed(SEED)
    criteria = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 10, 0.5)
    points = np.ascontiguousarray(pixels * scale)
    centres = cv2.kmeans(points, count, None, criteria, 1, cv2.KMEANS_PP_CENTERS)[2]
    colours: Plane = centres / scale
    return colours


def _fitted(
    wanted: Plane, bare: Plane, worth: Plane, colours: Plane, known: Sequence[Colour], lam: float
) -> Fit | None:
    values: Values = np.zeros(bare.shape, dtype=np.int64)
    errors = np.empty((*bare.shape, len(colours) + 1), dtype=np.float64)
    errors[..., 0] = bare
    same, other = _costs()
    for turn in range(ROUNDS):
        colours = np.clip(np.rint(colours), 0, 255)
        for number, colour in enumerate(colours):
            errors[..., number + 1] = _squared(wanted, colour) * worth
        if turn == 0:
            values = errors.argmin(axis=2).astype(np.int64)
        _settle(values, errors, lam, same, other, SWEEPS)
        used = [number for number in range(1, len(colours) + 1) if (values == number).any()]
        if not used:
            return None
        by_use = sorted(used, key=lambda number: -int((values == number).sum()))
        renamed = np.zeros(len(colours) + 1, dtype=np.int64)
        renamed[by_use] = np.arange(1, len(by_use) + 1)
        values = renamed[values]
        colours = _means(wanted, worth, values, len(by_use), known, lam)
        errors = np.ascontiguousarray(errors[..., : len(by_use) + 1])
    fit = _cut(wanted, bare, worth, values, np.clip(np.rint(colours), 0, 255), (same, other))
    spared = sum(colour in known for colour in fit.patch.colours)
    return replace(fit, bits=fit.bits - (COLOUR_BITS - KNOWN_BITS) * spared)


def _means(
    wanted: Plane, worth: Plane, values: Values, count: int, known: Sequence[Colour], lam: float
) -> Plane:
    """The colours that cells have on the mean, or known ones that cost less with what they err more."""
    means = np.empty((count, 3), dtype=np.float32)
    table = np.array(known, dtype=np.float32).reshape(-1, 3)
    for number in range(count):
        cells = values == number + 1
        weight = worth[cells][:, None] + np.float32(1e-6)
        total = weight.sum()
        means[number] = (wanted[cells] * weight).sum(axis=0) / total
        if len(table):
            apart = _squared(table, means[number])
            nearest = int(apart.argmin())
            if apart[nearest] * total < lam * (COLOUR_BITS - KNOWN_BITS):
                means[number] = table[nearest]
    return means


def _cut(
    wanted: Plane, bare: Plane, worth: Plane, values: Values, colours: Plane, costs: tuple[Plane, Plane]
) -> Fit:
    """The whole rectangle as a patch; its error and bits."""
    height, width = values.shape
    made = tuple(_code(colour) for colour in colours)
    shown = np.concatenate([colours[:1], colours])[values]
    error = np.where(values > 0, _squared(wanted, shown) * worth, bare)
    bits = HEAD_BITS + COLOUR_BITS * len(made) + _bits_of(values, len(made), *costs)
    patch = Mask(width, height, len(made), values.astype(np.uint8).tobytes(), colours=made)
    return Fit(patch, float(error.sum(dtype=np.float64)), bits)


def _code(colour: Plane) -> Colour:
    luma, blue, red = (int(code) for code in colour)
    return luma, blue, red


@cache
def _costs() -> tuple[Plane, Plane]:
    """Bits of "not as this one" and "as this one" by context; of naming others: (384, 2) and (8, 2)."""
    probabilities, _ = initial_states()

    def table(name: str, count: int) -> Plane:
        first = BASE[name]
        parts = [p >> 4 for p in probabilities[first : first + count]]
        return np.array([[COST_0[p], COST_1[p]] for p in parts], dtype=np.float32)

    return table("patch.same", 384), table("patch.other", 8)


@njit(cache=True, nogil=True)
def _value(values, y, x):  # type: ignore[no-untyped-def]
    if y < 0 or x < 0 or x >= values.shape[1]:
        return 0
    return values[y, x]


@njit(cache=True, nogil=True)
def _bits(values, y, x, most, same, other):  # type: ignore[no-untyped-def]
    """What the cell costs; nothing if it lies outside."""
    if y >= values.shape[0] or x >= values.shape[1] or x < 0:
        return 0.0
    value = values[y, x]
    left, up = _value(values, y, x - 1), _value(values, y - 1, x)
    right, before = _value(values, y - 1, x + 1), _value(values, y - 1, x - 1)
    pattern = 0 if up == left else 3
    if before != left:
        pattern += 1 if before == up else 2
    pattern *= 4
    if right != left:
        pattern += 1 if right == up else 2 if right == before else 3
    far = 2 * (_value(values, y, x - 2) == left) + (_value(values, y - 2, x) == up)
    context = 4 * pattern + far
    bits = 0.0
    asked = 0
    for place in range(4):
        candidate = left if place == 0 else up if place == 1 else right if place == 2 else before
        if place >= 1 and candidate == left:
            continue
        if place >= 2 and candidate == up:
            continue
        if place == 3 and candidate == right:
            continue
        if asked == most:
            return bits
        hit = 1 if value == candidate else 0
        bits += same[context + 96 * asked, hit]
        if hit:
            return bits
        asked += 1
    number = 0
    for one in range(most + 1):
        if one in (left, up, right, before):
            continue
        if asked + number == most:
            return bits
        hit = 1 if one == value else 0
        bits += other[number, hit]
        if hit:
            return bits
        number += 1
    return bits


@njit(cache=True, nogil=True)
def _bits_of(values, most, same, other):  # type: ignore[no-untyped-def]
    total = 0.0
    for y in range(values.shape[0]):
        for x in range(values.shape[1]):
            total += _bits(values, y, x, most, same, other)
    return total


@njit(cache=True, nogil=True)
def _settle(values, errors, lam, same, other, sweeps):  # type: ignore[no-untyped-def]
    """Sweep over the cells until none changes, at most so often; in place.

    A cell is looked at again only if one has changed that its price depends on.
    """
    height, width = values.shape
    due = np.ones((height, width), dtype=np.bool_)
    for _ in range(sweeps):
        changed = False
        for y in range(height):
            for x in range(width):
                if not due[y, x]:
                    continue
                due[y, x] = False
                old = values[y, x]
                best = _best_value(values, errors, y, x, lam, same, other)
                if best != old:
                    values[y, x] = best
                    changed = True
                    due[max(y - 1, 0) : y + 3, max(x - 2, 0) : x + 4] = True
        if not changed:
            break


@njit(cache=True, nogil=True)
def _best_value(values, errors, y, x, lam, same, other):  # type: ignore[no-untyped-def]
    """The value with which error and bits of a cell, and of those whose neighbour it is, are least."""
    most = errors.shape[2] - 1
    old = best = values[y, x]
    limit = errors[y, x, old] + 16.0 * lam
    rivals = 0
    for choice in range(most + 1):
        rivals += errors[y, x, choice] <= limit
    if rivals <= 1:
        return best
    dear = _price(values, errors, y, x, lam, same, other, 1e30) + 1e-6
    least = 1e30
    for choice in range(most + 1):
        if errors[y, x, choice] > min(limit, dear):
            continue
        values[y, x] = choice
        cost = _price(values, errors, y, x, lam, same, other, min(dear, least))
        if cost < least - 1e-9:
            best, least = choice, cost
    values[y, x] = old
    return best


@njit(cache=True, nogil=True)
def _price(values, errors, y, x, lam, same, other, limit):  # type: ignore[no-untyped-def]
    """Error and bits of a cell and of those whose neighbour it is; something infinite if beyond ``limit``."""
    most = errors.shape[2] - 1
    error = errors[y, x, values[y, x]]
    bits = 0.0
    for down, right in ((0, 0), (0, 1), (1, -1), (1, 0), (1, 1)):
        bits += _bits(values, y + down, x + right, most, same, other)
        if error + lam * bits > limit:
            return 1e30
    return error + lam * bits
