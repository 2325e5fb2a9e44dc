# SPDX-License-Identifier: Apache-2.0
"""Rate control on synthetic films: noisy chunks whose bytes fall with lambda, few or many, even or not."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mtor_transcode.analyze.rate.steering import (
    CLOSE,
    COARSER,
    ENOUGH,
    FINER,
    TRIES,
    Course,
    FirstCourse,
    SizeSearch,
    SteeredCourse,
    first_lambda,
)
from mtor_transcode.analyze.rate.traces import (
    LAMBDA_MAX,
    LAMBDA_MIN,
    GivenUp,
    Point,
    Trace,
    expected,
    lambda_of_quality,
    quality_of_lambda,
    rests,
    solve,
)

HEAD, TAIL, STEP = 30.0, 30.0, 10


@dataclass(frozen=True)
class Chunky:
    """A film of chunks: bytes at a lambda of 3,000, their slopes, how noisy they are (log, by lambda)."""

    chunks: Sequence[float]
    slopes: Sequence[float]
    noise: float = 0.0
    seed: int = 0

    @property
    def end(self) -> int:
        return STEP * len(self.chunks)

    def chunk(self, number: int, lam: float) -> float:
        if lam >= LAMBDA_MAX:
            return 1.0
        wobble = np.random.default_rng([self.seed, number, int(1e6 * math.log(lam))]).normal(0, self.noise)
        return float(self.chunks[number] * (lam / 3000) ** self.slopes[number] * math.exp(wobble))

    def make(self, course: Course) -> float:
        """Bytes of a pass on a course, as the encoder asks it; GivenUp passes through."""
        spent = HEAD
        lam = course.at(0, spent)
        for number in range(len(self.chunks)):
            assert LAMBDA_MIN <= lam <= LAMBDA_MAX
            spent += self.chunk(number, lam)
            lam = course.at(number * STEP + 0.5, spent)
        course.at(self.end + 1, spent + TAIL)
        return spent + TAIL


def random_film(seed: int, noise: float, *, most: int = 80) -> Chunky:
    """A film like real ones: a large first state, chunks of very different sizes and slopes, bursts."""
    rng = np.random.default_rng(seed)
    count = int(rng.integers(2, most))
    chunks = rng.lognormal(0, 1, count)
    chunks[0] *= rng.uniform(1, count)
    chunks[int(rng.integers(0, count))] *= count * rng.uniform(0.1, 0.5)
    chunks *= 10_000 * rng.lognormal(0, 1.2) / chunks.sum()
    slopes = np.clip(rng.normal(-0.8, 0.25, count), -1.5, -0.3)
    return Chunky(list(chunks), list(slopes), noise, seed)


def search(film: Chunky, budget: float) -> tuple[SizeSearch, float]:
    """A search carried out as the encoder does, with its cost in budgets."""
    found = SizeSearch(budget, film.end, 4000.0)
    cost = 0.0
    while not found.done:
        course = found.next_course()
        size: float | None = None
        with contextlib.suppress(GivenUp):
            size = film.make(course)
        better = found.note(course, size)
        assert not better or (size is not None and size == found.best <= budget)
        cost += course.trace.spent[-1] / max(budget, 1)
        assert found.tries <= TRIES + 2
    return found, cost


@pytest.mark.parametrize("slope", [-0.3, -0.5, -0.7, -1.0, -1.4])
@pytest.mark.parametrize("scale", [0.2, 1.0, 5.0])
def test_smooth_films_are_met_in_few_passes(slope: float, scale: float) -> None:
    film = Chunky([2_000 * scale, *[200 * scale] * 40], [slope] * 41)
    found, cost = search(film, 10_000)
    assert CLOSE * 10_000 <= found.best <= 10_000
    assert found.tries <= (3 if -1 <= slope <= -0.5 else 7)
    assert cost <= (5 if -1 <= slope <= -0.5 else 8)


@given(seed=st.integers(0, 2**32 - 1), noise=st.floats(0, 0.3))
@settings(max_examples=150, deadline=None)
def test_noisy_films_never_exceed_and_are_near(seed: int, noise: float) -> None:
    film = random_film(seed, noise)
    assume(film.make(Course(200_000.0)) <= 10_000)
    found, _ = search(film, 10_000)
    assert 0 < found.best <= 10_000
    assert found.best >= 0.6 * 10_000 or found.lowest <= LAMBDA_MIN * 1.02


def test_most_noisy_films_are_near_their_budget_and_cheap() -> None:
    shares, costs = [], []
    for seed in range(120):
        found, cost = search(random_film(seed, 0.2), 10_000)
        shares.append(found.best / 10_000)
        costs.append(cost)
    assert np.mean(np.array(shares) >= CLOSE) >= 0.93
    assert np.mean(np.array(shares) >= ENOUGH) >= 0.97
    assert np.median(costs) <= 3
    assert np.percentile(costs, 90) <= 6


@given(budget=st.integers(150, 400_000), seed=st.integers(0, 2**32 - 1))
@settings(max_examples=150, deadline=None)
def test_any_budget_ends(budget: int, seed: int) -> None:
    film = random_film(seed, 0.15, most=20)
    found, _ = search(film, budget)
    assert found.best <= budget
    if not found.best:
        assert found.smallest is not None
        assert found.smallest > budget


def test_a_still_film_of_one_chunk_is_met() -> None:
    shares = [search(Chunky([12_000], [-0.7], 0.08, seed), 10_000)[0].best / 10_000 for seed in range(40)]
    assert min(shares) >= ENOUGH
    assert np.mean(shares) >= 0.955


def test_a_film_that_saturates_ends_at_the_least_lambda() -> None:
    film = Chunky([100.0] * 10, [-0.3] * 10)
    found, _ = search(film, 1_000_000)
    assert found.lowest == pytest.approx(LAMBDA_MIN, rel=0.02)
    assert found.best == pytest.approx(film.make(Course(LAMBDA_MIN)), rel=0.01)
    assert found.tries <= 5


@pytest.mark.parametrize("budget", [-500, 0, 20, 65])
def test_what_cannot_be_met_ends_with_the_smallest(budget: int) -> None:
    film = Chunky([1_000.0] * 10, [-0.7] * 10)
    found, _ = search(film, budget)
    assert not found.best
    assert found.smallest == pytest.approx(film.make(Course(LAMBDA_MAX)))


def test_the_smallest_possible_is_possible() -> None:
    film = Chunky([1_000.0] * 10, [-0.7] * 10)
    smallest = film.make(Course(LAMBDA_MAX))
    found, _ = search(film, smallest)
    assert found.best == smallest


def test_a_second_pass_corrects_what_a_first_state_took_too_much() -> None:
    film = Chunky([3_000.0] + [100.0] * 70, [-0.7] * 71)
    first = Course(3000.0)
    size = film.make(first)
    dearer = Chunky([3_900.0] + [100.0] * 70, [-0.7] * 71)
    course = SteeredCourse(size, [first.trace], film.end)
    made = dearer.make(course)
    assert 0.95 * size <= made <= size
    lambdas = np.exp(course.trace.logs)
    assert lambdas.min() >= course.start / FINER * 0.999
    assert lambdas.max() <= course.start * COARSER * 1.001
    assert lambdas[-2] > 1.1 * course.start


def test_a_pass_far_over_its_budget_is_broken_off() -> None:
    film = Chunky([100_000.0, *[10.0] * 50], [-0.7] * 51)
    course = FirstCourse(3000.0, 10_000)
    with pytest.raises(GivenUp):
        film.make(course)
    assert len(course.trace.spent) == 2
    first = Course(3000.0)
    film.make(first)
    steered = SteeredCourse(20_000, [first.trace], film.end)
    with pytest.raises(GivenUp):
        Chunky([300_000.0] * 50, [-0.7] * 50).make(steered)


def test_no_start_is_tried_twice() -> None:
    trace = Trace([0, 0.5, 11], [30, 1_030, 1_060], [math.log(3000)] * 3)
    once = SteeredCourse(1_000, [trace], 10)
    again = SteeredCourse(1_000, [trace], 10, tried=[once.start])
    assert again.start > 1.02 * once.start
    assert again.at(0, 30) > 1.02 * once.at(0, 30)


def test_the_rest_of_a_pass_that_was_broken_off_comes_from_the_furthest() -> None:
    whole = Trace([0, 0.5, 10, 21], [0, 400, 600, 1_000], [math.log(2000)] * 4)
    broken = Trace([0, 0.5], [0, 800], [math.log(1000)] * 2)
    start = {round(math.exp(p.log_lambda)): math.exp(p.log_size) for p in rests([whole, broken], -1, 20)}
    assert start[2000] == pytest.approx(1_000)
    assert start[1000] == pytest.approx(800 + 600 * 2)
    assert len(rests([whole, broken], 5, 20)) == 1


def test_the_rest_is_told_as_if_all_had_been_at_one_lambda() -> None:
    slope, logs = -0.7, np.array([7.0, 7.0, 8.0, 6.0])
    sizes = np.array([0, 400, 200, 300]) * np.exp(slope * (logs - 7))
    trace = Trace([0, 0.5, 10, 21], list(np.cumsum(sizes)), list(logs))
    point = trace.rest(0.5)
    assert point is not None
    assert math.exp(point.log_size) * math.exp(slope * (7 - point.log_lambda)) == pytest.approx(500)
    assert 6.5 < point.log_lambda < 7.0
    assert trace.rest(21) is None


@given(
    slope=st.floats(-1.5, -0.3),
    size=st.floats(100, 1e6),
    logs=st.lists(st.floats(3, 13), min_size=2, max_size=5),
)
@settings(max_examples=100, deadline=None)
def test_solving_and_expecting_are_each_others_inverse(slope: float, size: float, logs: list[float]) -> None:
    if max(logs) - min(logs) < 1:
        return
    points = [Point(log, 12 + slope * (log - 8)) for log in logs]
    lam = solve(points, size)
    reach = math.exp(min(logs) - 2), math.exp(max(logs) + 4)
    if reach[0] * 1.01 < lam < reach[1] * 0.99:
        assert expected(points, lam) == pytest.approx(size, rel=1e-3)


def test_estimates_are_corrected_once_the_truth_is_known() -> None:
    trace = Trace([0, 0.5, 10], [40, 440, 640], [7.0] * 3)
    trace.settle(340)
    assert trace.spent == pytest.approx([40, 240, 340])
    trace.note(20, 440, 7.0)
    trace.settle(440)
    assert trace.spent == pytest.approx([40, 240, 340, 440])


def test_lower_rates_begin_at_higher_lambdas() -> None:
    lambdas = [first_lambda(kbps) for kbps in (0.1, 1, 10, 100, 1_000)]
    assert lambdas == sorted(lambdas, reverse=True)


def test_quality_and_lambda_are_each_others_inverse() -> None:
    for quality in range(101):
        assert quality_of_lambda(lambda_of_quality(quality)) == pytest.approx(quality)
    lambdas = [lambda_of_quality(quality) for quality in range(101)]
    assert lambdas == sorted(lambdas, reverse=True)
    assert quality_of_lambda(1e-9) == 100
    assert quality_of_lambda(1e12) == 0
