# SPDX-License-Identifier: Apache-2.0
"""What goes to a viewer in which order, what is left out as late, and what can be asked for again."""

from __future__ import annotations

import io
from typing import Any

import pytest
from stream_films import long_film, written

from mtor_transcode.codec.container import SectionKind
from mtor_transcode.stream import session
from mtor_transcode.stream.messages import At, Play, Want
from mtor_transcode.stream.plan import plan_of
from mtor_transcode.stream.session import Course, Whereabouts, numbers_of

FILM = written(long_film())


def course(at: int = 0, **options: Any) -> Course:
    """The course of a viewer of the plain film whose clock stands still."""
    plan = plan_of(io.BytesIO(FILM), "plain")
    where = Whereabouts(at, 1 / 25, lambda: 0.0)
    return Course(plan, Play("0" * 64, at=at, ahead=600, **options), where, lambda *_: ())


def test_what_was_left_out_can_be_asked_for() -> None:
    """And is told of once; the sound that is still to come is not."""
    late = course()
    first = late.next()
    assert first is not None
    late.where.told(At(120))
    later = {sent.piece.number for sent in iter(late.next, None)}
    pieces = late.plan.pieces
    assert late.dropped
    assert not later & set(late.dropped)
    assert len(set(late.dropped)) == len(late.dropped)
    assert later | set(late.dropped) | {0} == {p.number for p in pieces if p.kind != SectionKind.INDEX}
    assert SectionKind.INDEX not in {pieces[number].kind for number in late.dropped}
    late.want(Want(sections=[(late.dropped[0], late.dropped[0])]))
    again = late.next()
    assert again is not None
    assert again.piece.number == late.dropped[0]


def test_what_is_asked_for_again_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "MOST_WANTED", 5)
    mine = course(have=[(0, 2**20)])
    mine.want(Want(parts=[(1, at, at + 1) for at in range(100)]))
    assert len(list(iter(mine.next, None))) == 5
    assert mine.over


def test_late_sound_is_left_out_and_pictures_that_may_be_needed_are_not() -> None:
    mine = course()
    mine.where.told(At(49))
    sent = [each.piece for each in iter(mine.next, None)]
    assert any(piece.end < 40 for piece in sent if piece.kind == SectionKind.SPAN)
    left = [mine.plan.pieces[number] for number in mine.dropped]
    assert {piece.kind for piece in left} <= {SectionKind.AUDIO}


def test_ranges_named_again_and_again_cost_no_more() -> None:
    """128 times all the sections of a long film in each of 20 messages a second stopped the server."""
    everything = [(0, 2**20)] * 128
    assert list(numbers_of([*everything, (3, 4), (2, 1)], 6)) == [0, 1, 2, 3, 4, 5]
    assert list(numbers_of([(4, 9), (0, 1), (1, 1)], 6)) == [0, 1, 4, 5]
    mine = course(have=everything)
    assert mine.next() is None
    mine.want(Want(sections=everything, parts=[(1, 0, 5), (1, 0, 5)]))
    wanted = [(sent.piece.number, sent.stop) for sent in iter(mine.next, None)]
    count = len(mine.plan.pieces) - 1
    assert wanted == [*((number, None) for number in range(count)), (1, 5)]
