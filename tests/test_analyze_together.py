# SPDX-License-Identifier: Apache-2.0
"""Shapes that move together, or all go on at once."""

from __future__ import annotations

import numpy as np
from analyze_films import PALE
from render_film import box, place, state

from mtor_transcode.analyze.canvas.live_shapes import LiveShapes
from mtor_transcode.analyze.motion.glance import Glance, half_of
from mtor_transcode.analyze.motion.together import Voter, common_shifts, go_along, gone_on
from mtor_transcode.model import Solid
from mtor_transcode.render.rasterizer import rasterizer

WIDTH, HEIGHT, PITCH = 256, 96, 24
GROUND, INK = Solid((60, 128, 128)), Solid(PALE)
WORTH = np.ones((HEIGHT, WIDTH), np.float32)
SIZES = ((12, 20), (8, 24), (14, 16), (10, 22))
"""Four blocks in a row, like letters."""


def letters(x: float) -> LiveShapes:
    """The row with its first block's centre at ``x``, and a block that rests below."""
    live = LiveShapes(rasterizer(), (WIDTH, HEIGHT), GROUND)
    for number, (width, height) in enumerate(SIZES):
        live.add(live.make(number, state(box(width, height), x + PITCH * number, 32, INK)))
    live.add(live.make(9, state(box(16, 16), 120, 76, INK)))
    return live


def voters(live: LiveShapes) -> list[Voter]:
    return [Voter(shape, index, 1e6) for index, shape in enumerate(live.shapes)]


def test_letters_that_step_by_their_pitch_go_on_all_at_once() -> None:
    """Each comes where the one before it was; one after the other, they would stay."""
    live, target = letters(30), letters(30 + PITCH).shown
    places = {index: place(30 + PITCH * (index + 1), 32) for index in range(4)}
    moved = gone_on(live, places, target, WORTH)
    assert set(moved) == set(places)
    assert (live.shown == target).all()


def test_what_does_not_go_on_stays() -> None:
    """Three go on by 24 px, one stands still although it was expected 40 px further."""
    live = letters(30)
    target = letters(30 + PITCH)
    stays = target.make(3, live.shapes[3].state)
    target.change(3, stays, *target.seen_with(3, stays))
    places = {index: place(30 + PITCH * (index + 1), 32) for index in range(3)}
    places[3] = place(30 + PITCH * 3 + 40, 60)
    moved = gone_on(live, places, target.shown, WORTH)
    assert set(moved) == {0, 1, 2}
    assert (live.shown == target.shown).all()


def test_nobody_moves_if_nothing_has() -> None:
    live = letters(30)
    before = live.shown.copy()
    assert gone_on(live, {0: place(80, 60), 1: place(110, 60)}, before, WORTH) == {}
    assert (live.shown == before).all()


def test_a_common_shift_is_found_far_away() -> None:
    """By 42.5 px, further than any shape is looked for alone; what rests does not vote for it."""
    live, target = letters(30), letters(72.5).shown
    found = common_shifts(live, live.shown, target, live.owners(), voters(live))
    assert len(found) == 1
    (across, down), members = found[0]
    assert abs(across - 42.5) < 0.2
    assert abs(down) < 0.2
    assert sorted(members) == [0, 1, 2, 3]
    held = dict(enumerate(live.shapes))
    assert go_along(live, held, members, (across, down), target, WORTH)
    assert np.abs(live.shown.astype(int) - target).max() < 40


def test_who_has_gone_on_rightly_does_not_vote() -> None:
    live, target = letters(30), letters(72.5).shown
    asked, decided, owners = voters(live), live.shown.copy(), live.owners()
    gone_on(live, {index: place(72.5 + PITCH * index, 32) for index in range(4)}, target, WORTH)
    assert common_shifts(live, decided, target, owners, asked) == []


def test_two_shapes_are_no_group() -> None:
    live, target = letters(30), letters(72.5).shown
    assert common_shifts(live, live.shown, target, live.owners(), voters(live)[:2]) == []


def test_a_glance_tells_of_what_goes_beyond_reach() -> None:
    """Eight px in a seventh of the time, so 56 px in all: no direct match looks so far."""
    live, target = letters(30), letters(86.25).shown
    asked, owners = voters(live), live.owners()
    assert common_shifts(live, live.shown, target, owners, asked) == []
    glance = Glance(half_of(np.ascontiguousarray(letters(38).shown[..., 0])), 1 / 7)
    (((across, down), members),) = common_shifts(live, live.shown, target, owners, asked, glance)
    assert abs(across - 56.25) < 0.2
    assert abs(down) < 0.2
    assert sorted(members) == [0, 1, 2, 3]


def test_a_glance_at_what_is_within_reach_tells_nothing_more() -> None:
    live, target = letters(30), letters(40).shown
    glance = Glance(half_of(np.ascontiguousarray(letters(34).shown[..., 0])), 0.4)
    assert common_shifts(live, live.shown, target, live.owners(), voters(live), glance) == []
