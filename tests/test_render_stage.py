# SPDX-License-Identifier: Apache-2.0
"""The RFC's F(t): what is on stage at any time."""

from __future__ import annotations

from fractions import Fraction

import pytest
from render_film import GREY, WHITE, box, enter, place, polygon, state

from mtor_transcode.errors import FormatError, UsageError
from mtor_transcode.model import (
    Background,
    Camera,
    CameraMove,
    Edit,
    Leave,
    LinearGradient,
    SceneStart,
    ShapeState,
    Solid,
    Token,
    Transform,
)
from mtor_transcode.render.between import Placed, paint_between, turn_between
from mtor_transcode.render.gradient import FloatGradient
from mtor_transcode.render.stage import Picture, Stage

BOX = box(10, 10)


def stage(*tokens: Token) -> Stage:
    made = Stage(SceneStart(7, 0, GREY))
    made.feed(tokens)
    return made


def ids(picture: Picture) -> list[int]:
    return [shape.shape for shape in picture.shapes]


def one(picture: Picture) -> Placed:
    (shape,) = picture.shapes
    return shape


def test_transitions_are_linear_and_half_open() -> None:
    show = stage(enter(1, state(BOX, 0, 0)), Edit(10, 20, 1, state(BOX, 32, 8, Solid((35, 128, 148)), 55)))
    assert one(show.at(Fraction(99, 10))).transform == Transform()
    assert one(show.at(10)).transform.dx == 0
    quarter = one(show.at(15))
    assert (quarter.transform.dx, quarter.transform.dy, quarter.opacity) == (128, 32, 205)
    assert quarter.paint == Solid((185, 128, 133))
    assert one(show.at(Fraction(5999, 200))).transform.dx == pytest.approx(512 * 19.995 / 20)
    assert one(show.at(30)).transform == place(32, 8)
    assert one(show.at(31)) == Placed(1, BOX, Solid((35, 128, 148)), place(32, 8), 55)


def test_an_edit_without_duration_jumps() -> None:
    show = stage(enter(1, state(BOX, 0, 0)), Edit(5, 0, 1, state(BOX, 9, 9)))
    assert one(show.at(Fraction(499, 100))).transform == place(0, 0)
    assert one(show.at(5)).transform == place(9, 9)


def test_a_new_transition_starts_from_where_the_shape_is() -> None:
    show = stage(
        enter(1, state(BOX, 0, 0)),
        Edit(0, 10, 1, state(BOX, 100, 0)),
        Edit(5, 10, 1, state(BOX, 50, 40)),
    )
    assert one(show.at(5)).transform.dx == 800
    later = one(show.at(10)).transform
    assert (later.dx, later.dy) == (800, 320)
    assert one(show.at(15)).transform == place(50, 40)


def test_the_same_picture_whether_asked_before_or_not() -> None:
    tokens = [enter(1, state(BOX, 0, 0)), Edit(0, 10, 1, state(BOX, 90, 3)), Edit(4, 9, 1, state(BOX, 5, 40))]
    often, once = stage(*tokens), stage(*tokens)
    for tick in range(12):
        often.at(tick)
    assert often.at(12).shapes == once.at(12).shapes


def test_angles_go_the_short_way_round() -> None:
    def turned(angle: int) -> ShapeState:
        return ShapeState(BOX, WHITE, Transform(angle=angle))

    show = stage(enter(1, turned(3996)), Edit(0, 10, 1, turned(100)))
    assert one(show.at(5)).transform.angle == pytest.approx(4096)
    back = stage(enter(1, turned(100)), Edit(0, 10, 1, turned(3996)))
    assert one(back.at(5)).transform.angle == pytest.approx(0)
    assert turn_between(0, 2048, 0.5, 4096) == 1024, "half a turn goes clockwise"
    assert turn_between(2048, 0, 0.5, 4096) == 3072


def test_paints_between() -> None:
    a = LinearGradient((0, 0, 0), (100, 100, 100), 62, 0, 16)
    b = LinearGradient((50, 0, 0), (100, 0, 100), 4, 4, 8)
    assert paint_between(a, b, 0.5) == FloatGradient((25, 0, 0), (100, 50, 100), 65, 2, 12)
    assert paint_between(Solid((9, 9, 9)), b, 0.25) == FloatGradient((19, 7, 7), (32, 7, 32), 4, 4, 8)
    assert paint_between(b, Solid((9, 9, 9)), 1) == FloatGradient((9, 9, 9), (9, 9, 9), 4, 4, 8)


def test_outlines_morph_and_unequal_ones_by_the_rule() -> None:
    show = stage(enter(1, state(BOX, 0, 0)), Edit(0, 8, 1, state(box(20, 10), 0, 0)))
    assert one(show.at(4)).outline.bounds == (-120, -80, 120, 80)
    assert one(show.at(8)).outline == box(20, 10)
    unequal = stage(enter(1, state(BOX, 0, 0)), Edit(0, 8, 1, state(polygon((0, -9), (9, 9), (-9, 9)), 0, 0)))
    assert one(unequal.at(Fraction(1, 10**6))).outline.bounds == pytest.approx(BOX.bounds, abs=0.01)
    x0, y0, x1, y1 = one(unequal.at(4)).outline.bounds
    assert (x0, y0, x1, y1) == pytest.approx((-112, -112, 112, 112), abs=40)


def test_between_a_fill_and_a_stroke_the_first_holds() -> None:
    line = polygon((0, 0), (9, 0), closed=False, stroke=2)
    show = stage(enter(1, state(BOX, 0, 0)), Edit(0, 8, 1, state(line, 0, 0)))
    assert one(show.at(7)).outline is BOX
    assert one(show.at(8)).outline is line


def test_entering_and_leaving_fade() -> None:
    show = stage(enter(1, state(BOX, 0, 0, opacity=200), at=10, duration=10), Leave(30, 1, 20))
    assert ids(show.at(9)) == []
    assert [one(show.at(tick)).opacity for tick in (10, 15, 20, 29, 30, 40)] == [0, 100, 200, 200, 200, 100]
    assert one(show.at(Fraction(4999, 100))).opacity == pytest.approx(0.1)
    assert ids(show.at(50)) == []


def test_a_leaving_shape_goes_on_to_its_target() -> None:
    show = stage(enter(1, state(BOX, 0, 0)), Edit(0, 10, 1, state(BOX, 100, 0)), Leave(5, 1, 10))
    assert one(show.at(10)).transform.dx == 1200
    assert one(show.at(10)).opacity == 127.5


def test_painters_order() -> None:
    show = stage(
        enter(1, state(BOX, 0, 0)),
        enter(2, state(BOX, 0, 0)),
        enter(3, state(BOX, 0, 0), under=1),
        enter(4, state(BOX, 0, 0), under=99),
    )
    assert ids(show.at(0)) == [4, 1, 3, 2]


def test_a_leaving_shape_counts_until_it_is_gone() -> None:
    tokens = [enter(1, state(BOX, 0, 0)), enter(2, state(BOX, 0, 0)), Leave(5, 2, 5)]
    show = stage(*tokens, enter(3, state(BOX, 0, 0), at=9, under=1))
    assert ids(show.at(9)) == [1, 3, 2]
    show = stage(*tokens, enter(3, state(BOX, 0, 0), at=10, under=1))
    assert ids(show.at(10)) == [3, 1]


def test_a_shape_may_come_back_when_it_is_gone() -> None:
    show = stage(enter(1, state(BOX, 0, 0)), Leave(5, 1), enter(1, state(BOX, 3, 0), at=5))
    assert one(show.at(5)).transform == place(3, 0)


def test_background_and_camera_move_too() -> None:
    show = stage(Background(0, 10, Solid((160, 28, 128))), CameraMove(0, 10, Camera(160, 0, 8192, 4000)))
    picture = show.at(5)
    assert picture.background == Solid((110, 78, 128))
    assert tuple(picture.camera) == pytest.approx((80, 0, 6144, -48))
    assert show.at(10).camera == Camera(160, 0, 8192, 4000)


def test_changes_are_told_and_foretold() -> None:
    show = stage(enter(1, state(BOX, 0, 0), at=4), Edit(10, 5, 1, state(BOX, 9, 0)), Leave(20, 1, 0))
    told = []
    for tick in (0, 1, 4, 5, 10, 12, 14, 15, 16, 20, 21):
        picture = show.at(tick)
        told.append((tick, picture.changed, picture.next_change))
    assert told == [
        (0, True, 4), (1, False, 4), (4, True, 10), (5, False, 10), (10, False, 10), (12, True, 12),
        (14, True, 14), (15, True, 20), (16, False, 20), (20, True, None), (21, False, None),
    ]  # fmt: skip


def test_an_edit_that_changes_nothing_is_no_change() -> None:
    show = stage(enter(1, state(BOX, 0, 0)), Edit(5, 50, 1, state(BOX, 0, 0)))
    show.at(0)
    assert not show.at(10).changed
    assert show.at(11).next_change is None


def test_tokens_may_be_fed_in_pieces() -> None:
    show = stage(enter(1, state(BOX, 0, 0)))
    assert show.at(3).next_change is None
    show.feed([Edit(2, 4, 1, state(BOX, 40, 0))])
    assert one(show.at(4)).transform.dx == 320


def test_memory_is_that_of_the_live_shapes() -> None:
    show = stage()
    for number in range(2000):
        show.feed([enter(number, state(BOX, 0, 0), at=number), Leave(number, number, 3)])
        show.at(number)
    assert len(show) == 3
    assert len(show._shapes) == 3
    assert not show._pending


@pytest.mark.parametrize(
    ("token", "said"),
    [
        (Edit(3, 0, 9, state(BOX, 0, 0)), "scene 7, tick 3: shape 9 is not there"),
        (Leave(3, 9), "shape 9 is not there"),
        (enter(1, state(BOX, 0, 0), at=3), "shape 1 enters but is there already"),
    ],
)
def test_tokens_that_make_no_sense(token: Token, said: str) -> None:
    with pytest.raises(FormatError, match=said):
        stage(enter(1, state(BOX, 0, 0)), token).at(5)


def test_time_does_not_run_back() -> None:
    show = stage()
    show.at(5)
    with pytest.raises(UsageError):
        show.at(4)
