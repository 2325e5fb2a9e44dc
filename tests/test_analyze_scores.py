# SPDX-License-Identifier: Apache-2.0
"""The search for a score, on synthetic curves of score over lambda."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtor_transcode.analyze.rate.scores import NEAR, TRIES, ScoreSearch
from mtor_transcode.analyze.rate.traces import LAMBDA_MIN


def curve(lam: float, middle: float, width: float, top: float = 97.0) -> float:
    """A logistic fall from ``top`` to 0 over log lambda."""
    return top / (1 + math.exp((math.log(lam) - middle) / width))


def search(target: float, middle: float, width: float, noise: float = 0.0, seed: int = 0) -> ScoreSearch:
    """A search carried out as the encoder does."""
    found = ScoreSearch(target)
    while not found.done:
        lam = found.next_lambda()
        assert lam not in found.scores
        wobble = np.random.default_rng([seed, int(1e6 * math.log(lam))]).normal(0, 1)
        found.scores[lam] = curve(lam, middle, width) + noise * wobble
    assert 1 <= len(found.scores) <= TRIES
    return found


@given(target=st.floats(20, 80), middle=st.floats(5, 9), width=st.floats(1.5, 4))
@settings(max_examples=200, deadline=None)
def test_a_score_that_can_be_had_is_met_from_above(target: float, middle: float, width: float) -> None:
    if curve(LAMBDA_MIN, middle, width) < target + 1:
        return
    found = search(target, middle, width)
    assert any(target <= value <= target + NEAR for value in found.scores.values())


def test_few_passes_are_enough() -> None:
    counts = [
        len(search(target, middle, width, 0.15).scores)
        for target in (30, 50, 70)
        for middle in (6, 7, 8)
        for width in (1.8, 2.5, 3.2)
    ]
    assert np.mean(counts) <= 4.5
    assert max(counts) <= 7


def test_what_cannot_be_had_ends_at_the_least_lambda() -> None:
    found = search(99, 7, 2)
    assert min(found.scores) == pytest.approx(LAMBDA_MIN)
    assert max(found.scores.values()) < 99


@given(target=st.floats(1, 99), seed=st.integers(0, 1_000), noise=st.floats(0, 3))
@settings(max_examples=100, deadline=None)
def test_noise_does_no_harm(target: float, seed: int, noise: float) -> None:
    search(target, 7, 2, noise, seed)
