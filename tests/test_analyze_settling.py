# SPDX-License-Identifier: Apache-2.0
"""Passes to a size whose decisions change with lambda: settled after a few, or budgets could not be met."""

from __future__ import annotations

import contextlib
import math
from dataclasses import dataclass, field

import pytest

from mtor_transcode.analyze.rate.settling import Settling
from mtor_transcode.analyze.rate.steering import CLOSE, TRIES, Course, SizeSearch
from mtor_transcode.analyze.rate.traces import GivenUp
from mtor_transcode.analyze.textures.probe import Arm
from mtor_transcode.analyze.textures.shelf import Shelf, Verdict, Way

LONG, SHORT = Arm(2, 2), Arm(8, 8)
STRETCH = (0, 25)
END = 25


@dataclass
class Flipping:
    """A film of one scene that takes ``vectors`` bytes (at lambda 3,000), below a lambda ``textures`` bytes.

    A texture is of the long arm up to ``coarse``, above of the short one, which takes a quarter.
    """

    vectors: float
    textures: float
    flip: float
    coarse: float = math.inf
    shelf: Shelf = field(default_factory=lambda: Shelf("balanced"))

    def scene(self, lam: float) -> float:
        textured = self.shelf.known(0, lam)
        if textured is None:
            textured = self.shelf.note(0, Verdict(math.log(lam), 0.1 if lam < self.flip else -0.1))
        if not textured:
            return self.vectors * (lam / 3000) ** -0.6
        arm = self.shelf.settled.arms.get(STRETCH, LONG if lam < self.coarse else SHORT)
        self.shelf.way.arms[STRETCH] = arm
        return float(self.textures * (lam / 3000) ** -0.7 * (1 if arm == LONG else 0.25))

    def make(self, course: Course) -> float:
        self.shelf.begin()
        lam = course.at(0, 30.0)
        spent = 30.0 + self.scene(lam)
        course.at(END - 0.5, spent)
        course.at(END + 1, spent)
        return spent


def passes(film: Flipping, budget: float) -> SizeSearch:
    search = SizeSearch(budget, END, 4000.0)
    settling = Settling(film.shelf, search)
    while not search.done:
        course = settling.next_course()
        size: float | None = None
        with contextlib.suppress(GivenUp):
            size = film.make(course)
        search.note(course, size)
        settling.note()
        assert search.tries <= TRIES
    return search


@pytest.mark.parametrize("flip", [700.0, 1500.0, 3000.0, 3900.0, 4500.0, 9000.0])
@pytest.mark.parametrize(("vectors", "textures"), [(600, 2000), (800, 1700), (1500, 500), (2000, 700)])
def test_a_budget_in_the_gap_is_met(vectors: float, textures: float, flip: float) -> None:
    """Where vectors are too few bytes above a lambda, and the texture too many below; or the other way."""
    search = passes(Flipping(vectors, textures, flip), 1250.0)
    assert CLOSE * 1250 <= search.best <= 1250
    assert search.tries <= 6


@pytest.mark.parametrize("coarse", [2000.0, 5000.0, 8000.0])
def test_a_budget_between_two_arms_is_met(coarse: float) -> None:
    search = passes(Flipping(1, 2200, 1e9, coarse), 1250.0)
    assert CLOSE * 1250 <= search.best <= 1250
    assert search.tries <= 7


def test_scenes_are_as_the_last_pass_has_them_and_arms_as_the_nearest() -> None:
    """At 4,000 the short arm takes 0.4 of the budget, at about 1,000 the long one more than thrice."""
    film = Flipping(2000, 2200, 4500.0, 3000.0)
    passes(film, 1250.0)
    assert film.shelf.settled == Way({0: True}, {STRETCH: SHORT})
    film = Flipping(600, 2000, 3000.0)
    passes(film, 1250.0)
    assert film.shelf.settled == Way({0: True}, {STRETCH: LONG}), "vectors first, then a texture"


def test_ways_agree_where_both_have_decided() -> None:
    one = Way({0: True, 1: False}, {STRETCH: LONG})
    assert one.agrees(Way({0: True}))
    assert one.agrees(Way({2: True}, {(25, 50): SHORT}))
    assert not one.agrees(Way({1: True}))
    assert not one.agrees(Way({0: True}, {STRETCH: SHORT}))
