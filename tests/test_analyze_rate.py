# SPDX-License-Identifier: Apache-2.0
"""The search for the lambda that just fits, on synthetic curves of size over lambda."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtor_transcode.analyze.rate import (
    LAMBDA_MAX,
    LAMBDA_MIN,
    TRIES,
    RateSearch,
    lambda_of_quality,
    quality_of_lambda,
)
from mtor_transcode.errors import TargetError

Curve = Callable[[float], int]


def power(scale: float, slope: float, fixed: int = 0) -> Curve:
    """``fixed`` bytes, and what falls with lambda: ``scale`` bytes at a lambda of 1,000."""
    return lambda lam: fixed + round(scale * (lam / 1000) ** -slope)


def search(curve: Curve, budget: int, fixed: int = 0) -> RateSearch:
    """A search carried out as the encoder does; no lambda is tried twice or out of range."""
    found = RateSearch(budget, fixed)
    while not found.done:
        lam = found.next_lambda()
        assert LAMBDA_MIN <= lam <= LAMBDA_MAX
        if lam in found.sizes:
            break
        found.note(lam, curve(lam))
    assert 1 <= len(found.sizes) <= TRIES
    return found


def most_within(curve: Curve, budget: int) -> int | None:
    """The largest size within the budget on a fine grid of lambdas."""
    sizes = [curve(lam) for lam in np.geomspace(LAMBDA_MIN, LAMBDA_MAX, 4000)]
    return max((size for size in sizes if size <= budget), default=None)


@pytest.mark.parametrize("slope", [0.3, 0.5, 0.7, 1.0, 1.4])
@pytest.mark.parametrize("budget", [8_000, 40_000, 400_000])
def test_a_power_law_is_met_to_a_twentieth(slope: float, budget: int) -> None:
    curve = power(40_000, slope)
    best = most_within(curve, budget)
    assert best is not None
    found = search(curve, budget)
    size = found.sizes[found.require()]
    assert 0.95 * min(best, budget) <= size <= budget
    assert len(found.sizes) <= 6


@pytest.mark.parametrize("slope", [0.5, 0.8])
def test_what_does_not_depend_on_lambda_is_left_out(slope: float) -> None:
    curve = power(20_000, slope, fixed=30_000)
    found = search(curve, 38_000, fixed=30_000)
    assert 0.9 * 38_000 <= found.sizes[found.require()] <= 38_000


@given(
    scale=st.floats(3e3, 3e6),
    slope=st.floats(0.3, 1.4),
    budget=st.integers(3_000, 3_000_000),
    noise=st.floats(0, 0.03),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=200, deadline=None)
def test_noisy_power_laws_are_met_from_below(
    scale: float, slope: float, budget: int, noise: float, seed: int
) -> None:
    plain = power(scale, slope)

    def curve(lam: float) -> int:
        wobble = np.random.default_rng([seed, int(1e6 * math.log(lam))]).normal(0, noise)
        return max(1, round(plain(lam) * math.exp(wobble)))

    found = search(curve, budget)
    if plain(LAMBDA_MAX) > budget * (1 - 4 * noise):
        return
    assert found.best is not None
    size = found.sizes[found.require()]
    assert size <= budget
    assert size >= 0.85 * min(budget, plain(LAMBDA_MIN))


@given(
    top=st.integers(2_000, 200_000),
    floor=st.integers(200, 5_000),
    slope=st.floats(0.3, 1.5),
    budget=st.integers(100, 300_000),
)
@settings(max_examples=200, deadline=None)
def test_saturating_curves_end_and_never_exceed(top: int, floor: int, slope: float, budget: int) -> None:
    curve = power(20_000, slope)

    def limited(lam: float) -> int:
        return min(top, curve(lam)) + floor

    found = search(limited, budget)
    assert len(found.sizes) <= TRIES
    best = most_within(limited, budget)
    if best is None:
        with pytest.raises(TargetError):
            found.require()
    elif limited(LAMBDA_MAX) <= budget:
        assert found.sizes[found.require()] <= budget
    if best is not None and limited(LAMBDA_MIN) <= budget:
        assert found.sizes[found.require()] >= 0.95 * limited(LAMBDA_MIN) - 1


@given(
    steps=st.lists(st.tuples(st.floats(1, 14), st.floats(1.1, 8)), min_size=1, max_size=6),
    budget=st.integers(1_000, 1_000_000),
)
@settings(max_examples=200, deadline=None)
def test_steps_end_and_never_exceed(steps: list[tuple[float, float]], budget: int) -> None:
    def curve(lam: float) -> int:
        size = 600_000.0
        for at, factor in steps:
            size /= factor if math.log(lam) > at else 1
        return round(size)

    found = search(curve, budget)
    if curve(LAMBDA_MAX) <= budget:
        assert found.sizes[found.require()] <= budget
    else:
        with pytest.raises(TargetError):
            found.require()


def test_a_constant_size_is_taken_or_refused() -> None:
    assert search(lambda _: 500, 1_000).require()
    with pytest.raises(TargetError):
        search(lambda _: 1_500, 1_000).require()


def test_what_cannot_be_met_names_the_smallest() -> None:
    found = search(power(50_000, 0.4, fixed=900), 1_000)
    smallest = min(found.sizes.values())
    assert max(found.sizes) == LAMBDA_MAX
    with pytest.raises(TargetError, match=rf"smallest possible has {smallest} bytes") as caught:
        found.require()
    assert "1000 bytes" in caught.value.what


def test_the_best_is_the_largest_that_fits_not_the_last() -> None:
    found = RateSearch(1_000)
    for lam, size in ((500.0, 1_300), (900.0, 940), (1_500.0, 700), (800.0, 1_001)):
        found.note(lam, size)
    assert found.best == 900.0
    assert found.require() == 900.0


def test_a_budget_that_is_used_up_ends_the_search() -> None:
    found = RateSearch(1_000)
    assert not found.done
    found.note(found.next_lambda(), 960)
    assert found.done


def test_nothing_known_begins_within_the_range() -> None:
    assert RateSearch(1_000, first=1e9).next_lambda() == LAMBDA_MAX
    assert RateSearch(1_000, first=0.1).next_lambda() == LAMBDA_MIN


def test_quality_and_lambda_are_each_others_inverse() -> None:
    for quality in range(101):
        assert quality_of_lambda(lambda_of_quality(quality)) == pytest.approx(quality)
    lambdas = [lambda_of_quality(quality) for quality in range(101)]
    assert lambdas == sorted(lambdas, reverse=True)
    assert quality_of_lambda(1e-9) == 100
    assert quality_of_lambda(1e12) == 0
