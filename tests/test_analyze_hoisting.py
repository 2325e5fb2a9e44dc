# SPDX-License-Identifier: Apache-2.0
"""Shapes that had better entered later, as the tokens of a span and the pictures so far allow."""

from __future__ import annotations

import numpy as np
from render_film import box, enter, state

from mtor_transcode.analyze.canvas.live_shapes import LiveShapes
from mtor_transcode.analyze.motion.hoisting import Meetings, beneath_it, entering_later
from mtor_transcode.model import Edit, Enter, Solid, Token
from mtor_transcode.render.rasterizer import rasterizer

WIDTH, HEIGHT = 128, 64
GROUND, DARK, PALE = Solid((60, 128, 128)), Solid((20, 128, 128)), Solid((220, 128, 128))
BAR, BALL, LATE = state(box(16, 50), 64, 32, DARK), state(box(20, 20), 20, 32, PALE), state(box(4, 4), 5, 5)
WORTH = np.ones((HEIGHT, WIDTH), np.float32)


def tokens() -> list[Token]:
    recoloured = Edit(6, 4, 1, state(box(16, 50), 64, 32, PALE))
    return [enter(0, LATE), enter(1, BAR), enter(2, BALL), enter(3, LATE), enter(4, LATE, at=8), recoloured]


def test_what_entered_at_the_same_tick_would_lie_beneath() -> None:
    assert beneath_it(tokens(), 1, mover=2) == [3]
    assert beneath_it(tokens(), 1, mover=0) == [2, 3]


def test_what_entered_before_its_mover_cannot_enter_later() -> None:
    assert beneath_it(tokens(), 1, mover=4) is None
    assert beneath_it(tokens(), 9, mover=2) is None
    assert beneath_it([enter(1, BAR, duration=3), enter(2, BALL)], 1, mover=2) is None


def test_it_enters_after_the_others_of_its_tick_under_its_new_number() -> None:
    made = entering_later(tokens(), 1, 9)
    assert [token.shape for token in made if isinstance(token, Enter)] == [0, 2, 3, 9, 4]
    assert [token.shape for token in made if isinstance(token, Edit)] == [9]
    assert made[3] == enter(9, BAR)


def stage(ball: float) -> LiveShapes:
    live = LiveShapes(rasterizer(), (WIDTH, HEIGHT), GROUND)
    live.add(live.make(1, BAR))
    live.add(live.make(2, state(box(20, 20), ball, 32, PALE)))
    return live


def test_pictures_tell_which_lies_before_which() -> None:
    live = stage(70)
    over = live.shown.copy()
    behind = live.painted(0, over, (0, 0, WIDTH, HEIGHT))
    for target, right in ((over, True), (behind, False)):
        meetings = Meetings()
        meetings.note(live, {2}, target, WORTH)
        moved = stage(20)
        assert (meetings.worse(moved, 1, [2], moved.shown, WORTH) > 0) is right
        assert meetings.worse(moved, 1, [], moved.shown, WORTH) == 0
        meetings.renamed(1, 7)
        moved.shapes[0].number = 7
        assert (meetings.worse(moved, 7, [2], moved.shown, WORTH) > 0) is right


def test_what_never_moved_is_seen_now() -> None:
    live = stage(70)
    assert Meetings().worse(live, 1, [2], live.shown, WORTH) > 0
    assert Meetings().worse(stage(20), 1, [2], stage(20).shown, WORTH) == 0
