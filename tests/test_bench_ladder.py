# SPDX-License-Identifier: Apache-2.0
"""The ladder on codecs of which everything is known: it finds the envelope with few encodes."""

from __future__ import annotations

import math

import pytest

from mtor_transcode.measure.bench.cache import Point
from mtor_transcode.measure.bench.envelope import Dot, envelope, quality_at
from mtor_transcode.measure.bench.ladder import HIGH_KBPS, Ladder, Plan
from mtor_transcode.measure.codecs.listing import PEERS
from mtor_transcode.measure.codecs.recipe import RATES, SCALES, Changes, Recipe, differs

np = pytest.importorskip("numpy")

SLOW = {"1": 1.0, "1/2": 0.6, "1/4": 0.4, "1/8": 0.3, "changes": 0.8}


def model(recipe: Recipe, full_kbps: float) -> Point:
    """A codec whose quality saturates at a level that falls with scale and frame rate."""
    kbps = full_kbps / recipe.scale**1.6 * SLOW[recipe.rate] * 2 ** ((63 - recipe.crf) / 8)
    top = 95 - 14 * math.log2(recipe.scale) - 25 * (1 - SLOW[recipe.rate])
    vmaf = top * (1 - math.exp(-kbps / (full_kbps / recipe.scale**1.6 * SLOW[recipe.rate])))
    probe = {"vmaf": vmaf, "ssim": 1 - 0.2 * math.exp(-vmaf / 30), "psnr_y": 20 + vmaf / 5}
    return Point("model", "", {}, "", round(kbps * 1000), 0, 8.0, 100, probe=probe)


@pytest.mark.parametrize("full_kbps", [3.0, 12.0, 40.0, 150.0])
def test_the_envelope_is_found_with_few_encodes(full_kbps: float) -> None:
    asked: list[Recipe] = []

    def probe(recipe: Recipe) -> Point:
        asked.append(recipe)
        return model(recipe, full_kbps)

    plan = Plan((20, 63), 8.0)
    ladder = Ladder(plan, probe)
    ladder.run()
    assert len(asked) == len(set(asked)) <= plan.probes + 9, "more than the budget and what reaches for ends"
    everything = [
        Dot(point.kbps, point.probe["vmaf"])
        for scale in SCALES
        for rate in RATES
        for crf in range(20, 64)
        if (point := model(Recipe(crf, scale, rate), full_kbps)).kbps <= HIGH_KBPS
    ]
    found = envelope([Dot(ladder.points[r].kbps, ladder.points[r].probe["vmaf"]) for r in ladder.chosen()])
    best = envelope(everything)
    behind = [
        ideal - mine
        for kbps in (3, 6, 12, 24, 48)
        if (mine := quality_at(found, kbps)) is not None and (ideal := quality_at(best, kbps)) is not None
    ]
    assert len(behind) >= 3
    assert max(behind) < 5
    assert sum(behind) / len(behind) < 2.5


@pytest.mark.parametrize("full_kbps", [3.0, 12.0, 40.0])
def test_ends_are_reached_for_whatever_the_budget(full_kbps: float) -> None:
    ladder = Ladder(Plan((20, 63), 8.0, probes=6), lambda recipe: model(recipe, full_kbps))
    ladder.run()
    rates = sorted((ladder.points[recipe].kbps, recipe.crf) for recipe in ladder.chosen())
    assert rates[-1][0] > 48
    assert rates[0][1] == 63 or rates[0][0] < 0.4


def test_arms_that_end_on_the_envelope_go_on_where_the_encoder_does() -> None:
    """The largest picture is best at every rate that it reaches: worse CRFs let it reach lower ones."""
    curves = {}
    for beyond in (0.0, 70.0):
        ladder = Ladder(Plan((20, 63), 8.0, beyond=beyond, step=0.25), lambda recipe: model(recipe, 40.0))
        ladder.run()
        curves[beyond] = envelope(
            [Dot(ladder.points[r].kbps, ladder.points[r].probe["vmaf"]) for r in ladder.chosen()]
        )
        assert max(recipe.crf for recipe in ladder.tried) == max(63.0, beyond)
    lower = [dot for dot in curves[70.0] if dot not in curves[0.0]]
    assert any(dot.quality > (quality_at(curves[0.0], dot.kbps) or 0.0) + 1 for dot in lower)


def test_svtav1_takes_quarters_and_worse_than_63_by_its_own_parameters() -> None:
    options = PEERS["svtav1"].options
    plain = {"preset": "4", "crf": "63", "svtav1-params": "keyint=-1:scm=2"}
    assert options(Recipe(63)) == options(Recipe(63.0)) == plain
    assert options(Recipe(62.75))["svtav1-params"].endswith(":crf=62.75")
    assert options(Recipe(70))["svtav1-params"].endswith(":crf=70")
    assert "crf" not in options(Recipe(70))


def test_a_failure_is_not_tried_again_and_the_rest_goes_on() -> None:
    asked: list[Recipe] = []

    def probe(recipe: Recipe) -> Point | None:
        asked.append(recipe)
        return None if recipe.scale == 2 else model(recipe, 12.0)

    ladder = Ladder(Plan((20, 63), 8.0), probe)
    ladder.run()
    assert len(asked) == len(set(asked))
    assert ladder.chosen()
    assert all(recipe.scale != 2 for recipe in ladder.chosen())


def test_screen_tools_are_kept_only_where_they_pay() -> None:
    def probe(gain: float, recipe: Recipe) -> Point:
        point = model(recipe, 12.0)
        factor = gain if recipe.screen else 1.0
        return Point("", "", {}, "", round(point.stream_bytes * factor), 0, 8.0, 100, probe=point.probe)

    for gain, pays in ((0.9, True), (1.1, False)):
        ladder = Ladder(Plan((20, 63), 8.0, screens=True, probes=12), lambda recipe, g=gain: probe(g, recipe))
        ladder.run()
        assert ladder.screen is pays


def test_what_looks_the_same_is_no_change_a_typed_letter_is() -> None:
    random = np.random.default_rng(1)
    page = random.integers(100, 120, (64, 96)).astype(np.uint8)
    noisy = np.clip(page + random.integers(-2, 3, page.shape), 0, 255).astype(np.uint8)
    typed = page.copy()
    typed[16:24, 32:40] = 250
    assert not differs(page, noisy)
    assert differs(page, typed)
    changes = Changes()
    assert [changes.changed(luma) for luma in (page, noisy, typed, typed, page)] == [
        True,
        False,
        True,
        False,
        True,
    ]


def test_recipes_keep_sides_even_and_tell_their_frames() -> None:
    assert Recipe(40, 8).size(1280, 650) == (160, 82)
    assert Recipe(40, 8).size(5, 3) == (2, 2)
    assert [n for n in range(9) if Recipe(40, 1, "1/4").takes(n, True)] == [0, 4, 8]
    assert [n for n in range(3) if Recipe(40, 1, "changes").takes(n, n == 1)] == [1]
    assert Recipe(40, 2, "changes", True).label == "CRF 40, 1/2 size, changed frames, screen"
