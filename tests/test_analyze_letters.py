# SPDX-License-Identifier: Apache-2.0
"""Groups of letters united where that pays, masks that take the cells of one that they are written by."""

from __future__ import annotations

import numpy as np

from mtor_transcode.analyze.letters.letter_fields import BASE, SIDE, Field
from mtor_transcode.analyze.letters.mask_copies import Copies
from mtor_transcode.analyze.letters.mask_levels import Quantised, cost_of, quantised
from mtor_transcode.analyze.letters.mask_merging import Groups, blur_of, merge
from mtor_transcode.codec.adaptive import Adaptive
from mtor_transcode.codec.mask_likeness import likenesses
from mtor_transcode.codec.mask_syntax import write_mask
from mtor_transcode.codec.writers import CountingWriter
from mtor_transcode.model import Mask


def letter(phase: float = 0.0, *, bar: int = 8) -> Field:
    """An upright stroke of 2 x 14 px, ``phase`` px to the right, with a bar of so many px at its foot."""
    field = np.zeros((SIDE, SIDE), np.float32)
    field[BASE - 14 : BASE, 16] = 1 - phase
    field[BASE - 14 : BASE, 17] = 1
    field[BASE - 14 : BASE, 18] = phase
    field[BASE - 2 : BASE, 16 : 16 + bar] = 1
    return field


def united(one: Field, other: Field, worth: float, fixed: int = 0, lam: float = 1000.0) -> Groups:
    """Groups of four letters each, as they are after merging, where a px is worth so many bits."""
    groups = Groups(np.stack([one, other]), fixed, np.repeat([0, 1], 4), np.zeros((8, 2), np.int64))
    merge(groups, np.stack([one] * 4 + [other] * 4), np.full(8, worth), blur_of(lam))
    return groups


def test_phases_of_a_letter_are_united_where_that_costs_less() -> None:
    """Against two masks weighs the error of one that is between both."""
    together = united(letter(), letter(0.3), 4.0)
    assert together.group.tolist() == [0] * 8
    assert np.abs(together.centres[0] - (letter() + letter(0.3)) / 2).max() < 1e-6
    assert united(letter(), letter(0.3), 60.0).group.tolist() == [0] * 4 + [1] * 4


def test_phases_stay_sharp_where_lambda_is_small() -> None:
    """The same error in bits counts more at high quality, where softness is what is seen."""
    assert united(letter(), letter(0.3), 4.0, lam=1000.0).group.tolist() == [0] * 8
    assert united(letter(), letter(0.3), 4.0, lam=200.0).group.tolist() == [0] * 4 + [1] * 4


def test_a_group_a_px_away_keeps_its_place() -> None:
    moved = np.roll(letter(0.1), (-1, 1), axis=(0, 1))
    groups = united(letter(), moved, 4.0)
    assert groups.group.tolist() == [0] * 8
    assert groups.shifts.tolist() == [[0, 0]] * 4 + [[1, -1]] * 4


def test_what_would_be_another_letter_stays() -> None:
    """Two px of a bar that is there or not cost less than a mask, but are what is read."""
    assert united(letter(bar=8), letter(bar=11), 2.0).group.tolist() == [0] * 4 + [1] * 4


def test_groups_go_into_known_masks_which_stay_as_they_are() -> None:
    groups = united(letter(), letter(0.2), 4.0, fixed=1)
    assert groups.group.tolist() == [0] * 8
    assert np.array_equal(groups.centres[0], letter())


def test_costs_are_near_those_of_the_syntax() -> None:
    made = quantised(letter(0.3), 100.0)
    assert made is not None
    bits, error = cost_of(letter(0.3), 100.0)
    writer = CountingWriter(Adaptive())
    write_mask(writer, [], made[0])
    assert 0.75 < bits / writer.take() < 1.33
    assert abs(error - 100.0 * squares(letter(0.3), made)) < 1e-3


def squares(field: Field, made: Quantised) -> float:
    """Squared error of a mask."""
    mask, left, low = made
    off = field.astype(np.float64)
    off[low - mask.height : low, left : left + mask.width] -= (
        np.frombuffer(mask.values, np.uint8).reshape(mask.height, mask.width) / mask.levels
    )
    return float(np.square(off).sum())


def test_a_mask_takes_the_cells_of_one_that_it_is_written_by() -> None:
    """A little noise is not worth its bits where cells are known from the mask before."""
    dice = np.random.default_rng(4)
    worth = 150.0
    copies, masks, saved = Copies(), list[Mask](), []
    for phase in (0.0, 0.1):
        field = np.clip(ring(phase) + dice.normal(0, 0.03, (SIDE, SIDE)), 0, 1).astype(np.float32)
        alone = quantised(field, worth)
        assert alone is not None
        made = copies.add(field, worth, alone)
        costs = [bits(one[0], masks) + worth * squares(field, one) for one in (alone, made)]
        saved.append(costs[0] - costs[1])
        masks.append(made[0])
    assert saved[0] == 0
    assert saved[1] > 5


def ring(phase: float) -> Field:
    """An o of 2 px strokes, 14 px wide, ``phase`` px to the right."""
    y, x = np.mgrid[:SIDE, :SIDE] + 0.5
    off = np.abs(np.hypot(x - 20 - phase, y - (BASE - 7)) - 6)
    return np.clip(1.5 - off, 0, 1).astype(np.float32)


def bits(mask: Mask, before: list[Mask]) -> float:
    """What a mask takes after others, written as is cheapest."""
    prices = []
    for like in (None, *likenesses(before, mask)):
        writer = CountingWriter(Adaptive())
        write_mask(writer, before, mask, like)
        prices.append(writer.take())
    return min(prices)
