# SPDX-License-Identifier: Apache-2.0
"""Peers' curves are made so dense that no one point matters: on codecs of which everything is known."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, cast

import msgspec
import pytest

from mtor_transcode.measure.bench.bdrate import RANGE_KBPS
from mtor_transcode.measure.bench.cache import Cache, Point
from mtor_transcode.measure.bench.curves import curve
from mtor_transcode.measure.bench.density import most_moved, weak_points
from mtor_transcode.measure.bench.ladder import Plan
from mtor_transcode.measure.bench.peers import MOST_MOVED, OWN_MOVED, PeerRun
from mtor_transcode.measure.bench.result import Row
from mtor_transcode.measure.bench.run import REFINEMENTS, TOPPED_UP
from mtor_transcode.measure.bench.score import Scores
from mtor_transcode.measure.bench.summary import row
from mtor_transcode.measure.codecs.recipe import Recipe
from mtor_transcode.measure.pooling import pool

pytest.importorskip("bjontegaard", reason="the extra 'bench' is not installed")

SLOW = {"1": 1.0, "1/2": 0.6, "1/4": 0.4, "1/8": 0.3, "changes": 0.8}
METRICS = ("vmaf", "ssim", "psnr_y")


def known(recipe: Recipe, full_kbps: float) -> Point:
    """A codec that saturates at a level of its scale and frame rate, and is a little lucky or not."""
    share = SLOW[recipe.rate] / recipe.scale**1.6
    kbps = full_kbps * share * 2 ** ((63 - recipe.crf) / 8)
    top = 95 - 14 * math.log2(recipe.scale) - 25 * (1 - SLOW[recipe.rate])
    luck = 0.3 * math.sin(37.0 * recipe.crf + 11 * recipe.scale + len(recipe.rate))
    vmaf = max(0.0, top * (1 - math.exp(-kbps / (full_kbps * share))) + luck)
    probe = {"vmaf": vmaf, "ssim": 1 - 0.2 * math.exp(-vmaf / 30), "psnr_y": 20 + vmaf / 5}
    return Point(
        "model", recipe.label, msgspec.structs.asdict(recipe), "", round(kbps * 1000), 0, 8.0, 9, probe=probe
    )


@dataclass
class Known(PeerRun):
    """A run over a known codec; ``measured`` counts full measurements."""

    full_kbps: float = 12.0
    measured: list[Recipe] = field(default_factory=list)

    def probe(self, recipe: Recipe) -> Point | None:
        return known(recipe, self.full_kbps)

    def full(self, recipe: Recipe, point: Point) -> Point | None:
        self.measured.append(recipe)
        scores = Scores({name: pool([point.probe[name]]) for name in METRICS}, {}, {})
        return msgspec.structs.replace(point, scores=scores)


def found(full_kbps: float, refinements: int) -> tuple[Known, list[Row]]:
    nothing = cast("Any", None)
    run = Known(nothing, nothing, cast("Cache", None), lambda _: None, full_kbps=full_kbps)
    return run, [row(point) for point in run.points(Plan((20, 63), 8.0), refinements)]


@pytest.mark.parametrize("full_kbps", [3.0, 12.0, 40.0, 150.0])
def test_no_point_of_a_refined_curve_matters(full_kbps: float) -> None:
    run, rows = found(full_kbps, REFINEMENTS)
    beside = [each for each in rows if RANGE_KBPS[0] <= each.kbps <= RANGE_KBPS[1]]
    assert weak_points(rows, beside, OWN_MOVED) == []
    assert len(run.measured) == len(set(run.measured)) == len(rows), "measured what does not serve"


def test_without_refinement_one_does() -> None:
    for full_kbps in (3.0, 12.0, 40.0):
        _, rows = found(full_kbps, 0)
        assert weak_points(rows, rows, OWN_MOVED)


@pytest.mark.parametrize("factor", [0.4, 1.0, 1.8])
def test_beside_mtors_curve_no_point_matters_either(factor: float) -> None:
    """MTOR's curve is the peer's at ``factor`` times the rate, longer than it at both ends."""
    run, rows = found(12.0, REFINEMENTS)
    dots = curve(rows, "vmaf")
    ours = [
        Point("mtor", "", {}, "", round(factor * kbps * 1000), 0, 8.0, 9,
              scores=Scores({"vmaf": pool([quality])}, {}, {}))
        for kbps, quality in [(dots[0].kbps / 2, dots[0].quality - 5), (dots[-1].kbps * 2, 99.0)]
        + [(dot.kbps, dot.quality) for dot in dots[::2]]
    ]  # fmt: skip
    mine = [row(point) for point in ours]
    topped = [row(point) for point in run.denser(TOPPED_UP, ours)]
    moved = most_moved(topped, mine, "vmaf")
    assert moved is not None
    assert moved < MOST_MOVED
    assert len(topped) <= len(rows) + TOPPED_UP


def test_a_weak_point_names_its_neighbours() -> None:
    rows = [
        Row("", {}, rate, rate, 0, 0, 0.0, {"vmaf": pool([quality])})
        for rate, quality in ((1.0, 10.0), (2.0, 40.0), (32.0, 50.0), (31.0, 49.9), (64.0, 60.0))
    ]
    (weak,) = [each for each in weak_points(rows, rows, 5.0) if each.row == 1]
    assert (weak.left, weak.right) == (1.0, 31.0)
    assert all(each.row not in (2, 3) for each in weak_points(rows, rows, 5.0)), "one stands in for the other"
