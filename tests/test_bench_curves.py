# SPDX-License-Identifier: Apache-2.0
"""Curves, BD-rates and what is said of them: properties, and figures known beforehand."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtor_transcode.measure.bench.bdrate import bd_rate, covered
from mtor_transcode.measure.bench.density import most_moved
from mtor_transcode.measure.bench.envelope import Dot, ahead, crossings, envelope, quality_at
from mtor_transcode.measure.bench.result import Row
from mtor_transcode.measure.bench.summary import compared
from mtor_transcode.measure.pooling import pool

pytest.importorskip("bjontegaard", reason="the extra 'bench' is not installed")

rates = st.floats(0.1, 200).map(lambda rate: round(rate, 3))
dots = st.lists(st.builds(Dot, rates, st.floats(0, 100).map(lambda value: round(value, 2))), max_size=25)


def line(factor: float = 1.0, low: float = 1.0, high: float = 64.0, count: int = 13) -> list[Dot]:
    """A codec of which an octave of rate buys 10, at ``factor`` times the rate."""
    steps = [low * (high / low) ** (n / (count - 1)) for n in range(count)]
    return [Dot(factor * rate, 10 * math.log2(rate) + 20) for rate in steps]


@given(dots)
def test_an_envelope_rises_and_nothing_beats_it(points: list[Dot]) -> None:
    curve = envelope(points)
    assert set(curve) <= set(points)
    for left, right in pairwise(curve):
        assert left.kbps < right.kbps
        assert left.quality < right.quality
    for point in points:
        assert curve[0].kbps <= point.kbps
        assert curve[-1].quality >= point.quality


@given(dots)
def test_an_envelope_of_an_envelope_is_itself(points: list[Dot]) -> None:
    curve = envelope(points)
    assert envelope(curve) == curve


@given(dots, st.builds(Dot, rates, st.floats(0, 100)))
def test_one_more_point_never_harms(points: list[Dot], more: Dot) -> None:
    before, after = envelope(points), envelope([*points, more])
    if before:
        assert after[-1].quality >= before[-1].quality
        assert after[0].kbps <= before[0].kbps


def test_a_point_below_the_chord_of_near_neighbours_goes() -> None:
    left, middle, right = Dot(10, 50), Dot(14, 51), Dot(20, 60)
    assert envelope([left, middle, right]) == [left, right]
    far = Dot(80, 60)
    assert envelope([left, middle, far]) == [left, middle, far]


@pytest.mark.parametrize("factor", [0.5, 0.8, 1.0, 1.25, 3.0])
def test_bd_rate_is_the_factor_between_equal_curves(factor: float) -> None:
    found = bd_rate(line(), line(factor))
    assert found == pytest.approx(100 * (factor - 1), abs=0.01)


def test_bd_rate_takes_only_what_both_cover() -> None:
    assert bd_rate(line(), line(0.5, low=4, high=16)) == pytest.approx(-50, abs=0.01)
    assert bd_rate(line(high=4), [Dot(1, 90), Dot(2, 95)]) is None
    assert bd_rate([], line()) is None


def test_half_of_the_peers_range_must_be_covered() -> None:
    peer = line(low=1, high=50)
    span = 10 * math.log2(50)
    most = [dot for dot in line(count=40) if dot.quality >= 20 + 0.4 * span]
    least = [dot for dot in line(count=40) if dot.quality >= 20 + 0.6 * span]
    assert covered(peer, most) > 0.5
    assert 0 < covered(peer, least) < 0.5
    assert covered(peer, [Dot(0.5, 200), Dot(2, 300)]) == 0


def test_range_of_a_peer_is_taken_between_1_and_50_kbps() -> None:
    peer = [Dot(0.5, 0), Dot(1, 40), Dot(50, 80), Dot(500, 100)]
    assert covered(peer, [Dot(1, 40), Dot(40, 60)]) == pytest.approx(0.5)


def test_one_point_of_a_straight_line_does_not_matter_one_of_a_bend_does() -> None:
    straight, bent = ([_row(dot) for dot in dots] for dots in (line(), [Dot(1, 0), Dot(2, 70), Dot(32, 80)]))
    assert most_moved(straight, straight, "vmaf") == pytest.approx(0, abs=0.01)
    assert (most_moved(bent, bent, "vmaf") or 0) > 30


def test_curves_cross_where_they_do() -> None:
    ours = [Dot(1, 40), Dot(64, 52)]
    ((rate, above),) = crossings(ours, line())
    assert not above
    assert quality_at(ours, rate) == pytest.approx(quality_at(line(), rate))
    assert crossings(line(0.5), line()) == []
    assert ahead(line(0.5), line()) is True
    assert ahead(line(2), line()) is False
    assert ahead(ours, line()) is None


def test_what_shares_too_little_is_not_comparable() -> None:
    peer = [_row(dot) for dot in line()]
    ours = [_row(Dot(1, 90)), _row(Dot(2, 95))]
    found = {each.metric: each for each in compared({"mtor": ours, "svtav1": peer}, [1.0, 10.0])}
    assert not found["vmaf"].comparable
    assert found["vmaf"].ahead is True
    assert found["vmaf"].at == [(1.0, 90.0, 20.0), (10.0, None, pytest.approx(53.2193, abs=1e-3))]


def test_best_of_peers_is_the_envelope_of_all() -> None:
    rows = {
        "mtor": [_row(d) for d in line(0.5)],
        "a": [_row(d) for d in line()],
        "b": [_row(d) for d in line(0.8)],
    }
    found = {each.peer: each.bd_rate for each in compared(rows, [1.0]) if each.metric == "vmaf"}
    assert found["a"] == pytest.approx(-50, abs=0.1)
    assert found["best"] == pytest.approx(found["b"], abs=0.5)
    assert found["b"] == pytest.approx(-37.5, abs=0.1)


def _row(dot: Dot) -> Row:
    size = round(dot.kbps * 1000)
    return Row("", {}, dot.kbps, dot.kbps, size, size, 0.0, {"vmaf": pool([dot.quality])})
