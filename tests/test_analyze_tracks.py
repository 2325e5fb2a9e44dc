# SPDX-License-Identifier: Apache-2.0
"""Places fitted to pictures, and tracks in as few pieces as will do."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from render_film import box

from mtor_transcode.analyze.canvas.live_shapes import LiveShapes
from mtor_transcode.analyze.motion.pose import Pose, PoseFit, setting_of
from mtor_transcode.analyze.motion.tracks import Tracks
from mtor_transcode.model import Edit, Enter, Leave, ShapeState, Solid, Token, Transform
from mtor_transcode.render.rasterizer import rasterizer

GREY = Solid((90, 128, 128))
WHITE = Solid((220, 110, 140))
SIZE = (120, 90)
FRAME = (0, 0, *SIZE)


def state_at(dx: int, dy: int, scale: int = 4096, angle: int = 0) -> ShapeState:
    return ShapeState(box(30, 16), WHITE, Transform(dx, dy, scale, angle))


@pytest.mark.parametrize(
    ("place", "similarity"),
    [(Transform(1010, 700), False), (Transform(980, 731), False), (Transform(970, 710, 4400, 120), True)],
)
def test_a_fit_finds_the_place(place: Transform, similarity: bool) -> None:
    live = LiveShapes(rasterizer(), SIZE, GREY)
    live.add(live.make(0, replace(state_at(0, 0), transform=place)))
    target = live.shown.copy()
    live = LiveShapes(rasterizer(), SIZE, GREY)
    live.add(live.make(0, state_at(960, 720)))
    worth = np.ones(target.shape[:2], np.float32)
    fit = PoseFit(live, live.shapes[0].state, setting_of(live, 0, FRAME, target, worth))
    found = fit.fitted(Transform(960, 720), similarity)
    assert abs(found.dx - place.dx) <= 1
    assert abs(found.dy - place.dy) <= 1
    assert abs(found.scale - place.scale) <= 24
    assert abs(found.angle - place.angle) <= 6


def test_a_fit_sees_what_lies_above() -> None:
    """A shape half hidden is fitted by what shows of it."""
    cover = ShapeState(box(40, 60), Solid((30, 128, 128)), Transform(1200, 720))
    live = LiveShapes(rasterizer(), SIZE, GREY)
    live.add(live.make(0, state_at(1000, 700)))
    live.add(live.make(1, cover))
    target = live.shown.copy()
    live = LiveShapes(rasterizer(), SIZE, GREY)
    live.add(live.make(0, state_at(960, 720)))
    live.add(live.make(1, cover))
    worth = np.ones(target.shape[:2], np.float32)
    fit = PoseFit(live, live.shapes[0].state, setting_of(live, 0, FRAME, target, worth))
    found = fit.fitted(Transform(960, 720), similarity=False)
    assert (abs(found.dx - 1000), abs(found.dy - 700)) <= (1, 1)
    assert fit.error(found) < 0.01 * fit.error(Transform(960, 720))


def pose(place: Transform) -> Pose:
    return Pose(place, 0.0, np.eye(4) * 1000.0, 20.0, 300.0)


def run(places: list[Transform]) -> tuple[Tracks, list[Token]]:
    """A shape that is at ``places`` every 10 ticks, as edits from key to key."""
    tracks = Tracks()
    start = replace(state_at(0, 0), transform=places[0])
    tokens: list[Token] = [Enter(0, 7, start)]
    for number, (before, after) in enumerate(pairwise(places)):
        tracks.moved(7, 10 * number, 10 * number + 10, before, pose(after))
        tokens.append(Edit(10 * number, 10, 7, replace(start, transform=after)))
    return tracks, tokens


def test_an_even_move_is_one_edit() -> None:
    tracks, tokens = run([Transform(64 * n, 32 * n) for n in range(6)])
    assert tracks.expected(7, 50, 60) == Transform(64 * 6, 32 * 6)
    enter, edit = tracks.smoothed(tokens, {}, 100.0)
    assert isinstance(enter, Enter)
    assert isinstance(edit, Edit)
    assert (edit.at, edit.duration, edit.state.transform) == (0, 50, Transform(320, 160))


def test_smoothing_for_a_trial_takes_nothing_away() -> None:
    tracks, tokens = run([Transform(64 * n + n % 2, 32 * n) for n in range(6)])
    assert tracks.smoothed(tokens, {}, 100.0) == tracks.smoothed(tokens, {}, 100.0)
    assert len(tracks.smoothed(tokens, {}, 100.0)) == 2
    tracks.forget()
    assert len(tracks.smoothed(tokens, {}, 100.0)) == 6, "how exact the moves must be is not known any more"


def test_a_corner_of_a_track_stays() -> None:
    tracks, tokens = run([Transform(64 * n, 64 * abs(n - 3)) for n in range(7)])
    edits = [token for token in tracks.smoothed(tokens, {}, 100.0) if isinstance(token, Edit)]
    assert [(edit.at, edit.duration) for edit in edits] == [(0, 30), (30, 30)]


def test_a_move_that_begins_and_ends_between_keys_is_one_edit() -> None:
    """Keys at 0, 10 ... 50; it moves from tick 4 to tick 46, by 16 units a tick."""
    places = [Transform(16 * min(max(10 * n - 4, 0), 42), 0) for n in range(6)]
    tracks, tokens = run(places)
    edits = [token for token in tracks.smoothed(tokens, {}, 100.0) if isinstance(token, Edit)]
    assert [(edit.at, edit.duration) for edit in edits] == [(4, 42)]
    assert edits[0].state.transform == Transform(16 * 42, 0)


def test_a_turn_between_keys_is_where_the_lines_meet() -> None:
    places = [Transform(16 * 10 * n, 16 * max(10 * n - 26, 0)) for n in range(6)]
    tracks, tokens = run(places)
    edits = [token for token in tracks.smoothed(tokens, {}, 100.0) if isinstance(token, Edit)]
    assert [(edit.at, edit.duration) for edit in edits] == [(0, 26), (26, 24)]
    assert edits[0].state.transform == Transform(16 * 26, 0)


def test_what_shrinks_to_a_point_is_not_turned_inside_out() -> None:
    """The line goes on below scale 0 until it meets what follows; so does a colour's, beyond white."""
    scales = [4096, 4096, 1890, 1, 1, 1]
    tracks, tokens = run([Transform(64 * n, 0, scale) for n, scale in enumerate(scales)])
    tokens = [
        replace(token, state=replace(token.state, paint=Solid((min(100 + 70 * n, 255), 128, 128))))
        if isinstance(token, Edit)
        else token
        for n, token in enumerate(tokens)
    ]
    edits = [token for token in tracks.smoothed(tokens, {}, 100.0) if isinstance(token, Edit)]
    assert min(edit.state.transform.scale for edit in edits) == 1
    assert all(isinstance(edit.state.paint, Solid) and max(edit.state.paint.colour) < 256 for edit in edits)


def test_a_pause_is_not_joined() -> None:
    tracks, tokens = run([Transform(64 * n, 0) for n in range(3)])
    later = Edit(40, 10, 7, replace(tokens[0].state, transform=Transform(999, 0)))  # type: ignore[union-attr]
    edits = [token for token in tracks.smoothed([*tokens, later], {}, 100.0) if isinstance(token, Edit)]
    assert [(edit.at, edit.duration) for edit in edits] == [(0, 20), (40, 10)]


def test_a_move_and_a_colour_of_one_moment_are_one_edit() -> None:
    tracks = Tracks()
    start = state_at(0, 0)
    moved = replace(start, transform=Transform(64, 0))
    painted = replace(moved, paint=Solid((40, 128, 128)))
    tokens: list[Token] = [Edit(0, 10, 7, moved), Edit(0, 10, 7, painted)]
    assert tracks.smoothed(tokens, {7: start}, 100.0) == [Edit(0, 10, 7, painted)]


def test_nothing_moves_any_more_that_has_left() -> None:
    """What comes to the top leaves and enters at once, also if it has been moved in that moment."""
    start, near, far = (state_at(dx, 720) for dx in (960, 964, 980))
    tokens: list[Token] = [
        Edit(0, 5, 7, near),
        Edit(5, 5, 7, far),
        Leave(5, 7),
        Enter(5, 8, far),
    ]
    assert Tracks().smoothed(tokens, {7: start}, 100.0) == [
        Edit(0, 5, 7, near),
        Leave(5, 7),
        Enter(5, 8, far),
    ]


def test_nothing_goes_on_beyond_what_the_format_can_say() -> None:
    """A shape out of sight that grows or runs goes on from key to key, and so would to the end of numbers."""
    tracks = Tracks()
    near, far = Transform(960, 720), Transform(960 + 300_000, 720, 8192)
    tracks.moved(3, 0, 5, near, Pose(far, 1.0, np.eye(4), 10.0))
    assert tracks.coasting(3, 10) == Transform(960 + 600_000, 720, 12288)
    assert tracks.coasting(3, 20) is None
