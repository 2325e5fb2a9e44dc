# SPDX-License-Identifier: Apache-2.0
"""Outlined letters laid where they are expected to follow the one before, if that costs less than it errs.

A letter's step from another is the same each time (section 9 of the format says what is expected), but each
is found where noise had it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import log2

import numpy as np

from mtor_transcode.analyze.letters.letter_fields import SIDE
from mtor_transcode.analyze.letters.letter_raster import draw
from mtor_transcode.analyze.letters.mask_fit import Letter
from mtor_transcode.analyze.letters.outline_fit import Form
from mtor_transcode.codec.canonical import grid_of
from mtor_transcode.codec.scene_memory import Steps
from mtor_transcode.model import UNITS_PER_PX, Mask, ShapeState, Transform

FARTHEST = UNITS_PER_PX
"""Units that a letter goes at most."""

HIT_BITS = 0.6
"""Bits of a place that is the expected one, about."""

MISS_BITS = 3.0
"""Bits of one that is not, without its distances."""

Placed = tuple[int, ShapeState]
"""A letter's number and its shape."""


def stepped(letters: Sequence[Letter], placed: Sequence[Placed], lam: float) -> list[Placed]:
    """Letters in the order in which they enter, each outline where error and bits are least."""
    steps = Steps()
    names: dict[int, int] = {}
    forms: dict[int, Form] = {}
    old = Transform()
    out: list[Placed] = []
    for number, found in placed:
        state = found
        outline = state.outline
        name = names.setdefault(id(outline), len(names))
        if not isinstance(outline, Mask):
            form = forms.setdefault(name, Form.of(outline))
            (dx, dy), _ = steps.expected(name, False)
            there = old.dx + dx, old.dy + dy
            state = _nearer(letters[number], found, form, old, there, lam)
        steps.remember(name, old, state.transform)
        old = state.transform
        out.append((number, state))
    return out


def _nearer(
    letter: Letter, state: ShapeState, form: Form, old: Transform, there: tuple[int, int], lam: float
) -> ShapeState:
    """The letter at its own place, at the expected one, or at its height."""
    own = state.transform
    grid = grid_of(state.outline)
    best, least = own, np.inf
    for x, y in ((own.dx, own.dy), there, (own.dx, there[1]), (own.dx, old.dy)):
        if max(abs(x - own.dx), abs(y - own.dy)) > FARTHEST:
            continue
        hit = (x, y) == there and own.scale == old.scale
        bits = HIT_BITS if hit else MISS_BITS + _distance_bits(x - old.dx, y - old.dy, grid)
        cost = _error(letter, form, own.scale, x, y) / lam + bits
        if cost < least:
            best, least = replace(own, dx=x, dy=y), cost
    return replace(state, transform=best)


def _distance_bits(dx: int, dy: int, grid: int) -> float:
    """What the distance from the letter before costs, about."""
    step = 1 if (dx | dy) & ((1 << grid) - 1) else 1 << grid
    return sum(1.0 + 1.5 * log2(1 + abs(way) / step) for way in (dx, dy))


def _error(letter: Letter, form: Form, scale: int, x: int, y: int) -> float:
    """The squared error of an outline at a place (units)."""
    left, top = letter.corner
    cover = np.zeros((SIDE, SIDE))
    size = scale / 4096
    draw(form.nodes, form.smooth, form.ends, x / UNITS_PER_PX - left, y / UNITS_PER_PX - top, size, cover)
    return letter.energy * float(np.square(cover - letter.field).sum())
