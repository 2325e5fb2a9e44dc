# SPDX-License-Identifier: Apache-2.0
"""Ceilings: when a film's bytes are needed, floors under lambda, films that hold a rate over any 4 s."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from analyze_films import Picture, disc_cover, flat, over, write_y4m
from cli_run import FAILED, assert_one_line, mtor
from long_films import long_film
from test_analyze_targets import rich

from mtor_transcode import report, transcode
from mtor_transcode.analyze.rate.ceiling import HIGHEST, NONE, Limit, Outcome, clipped, excess, level_within
from mtor_transcode.analyze.rate.ceiling import raised as raise_floor
from mtor_transcode.analyze.rate.flow import NOBODY, Flow, flow_of, gathered
from mtor_transcode.analyze.rate.traces import USUAL_SLOPE
from mtor_transcode.codec.container import SectionKind
from mtor_transcode.codec.film_reader import FilmReader
from mtor_transcode.errors import TargetError
from mtor_transcode.stream.plan import plan_of

FPS = 5
WANTED: dict[str, Any] = {"preset": "fast", "quality": 60, "audio": "none"}


def flow(path: Path) -> Flow:
    with path.open("rb") as stream:
        return flow_of(FilmReader(stream, path.name), path.stat().st_size)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A disc that moves; from 5 s on a busy picture that moves; from 8 s on a disc again."""
    calm = [over(flat(144, 80), disc_cover(144, 80, 20 + k, 40, 14), (200, 110, 170)) for k in range(25)]
    pictures: list[Picture] = [*calm, *rich()[:15], *calm]
    return write_y4m(tmp_path_factory.mktemp("ceiling") / "film.y4m", pictures, FPS)


@pytest.fixture(scope="module")
def free(source: Path) -> Path:
    """The film without a ceiling."""
    path = source.with_name("free.mtor")
    transcode(source, path, **WANTED)
    return path


@pytest.mark.parametrize("resilience", [0, 3])
@pytest.mark.parametrize("mode", ["vector", "textured"])
def test_all_bytes_count_once_and_in_their_scene(
    source: Path, tmp_path: Path, mode: str, resilience: int
) -> None:
    path = tmp_path / "film.mtor"
    transcode(source, path, preset="fast", mode=mode, resilience=resilience)
    found = flow(path)
    assert found.sizes.sum() + found.evenly * found.seconds == pytest.approx(path.stat().st_size)
    assert (np.diff(found.times) >= 0).all()
    with path.open("rb") as stream:
        plan = plan_of(stream, path.name)
    starts = [scene.start for scene in plan.scenes]
    assert starts == [0, 25, 40]
    for number, (start, end) in enumerate(zip(starts, [*starts[1:], 65], strict=True)):
        mine = [piece for piece in plan.pieces if piece.scene == number and piece.kind != SectionKind.INDEX]
        sent = sum(piece.size for piece in mine)
        here = (found.times >= start / FPS) & (found.times < end / FPS)
        assert found.sizes[here].sum() + found.evenly * (end - start) / FPS == pytest.approx(
            sent, rel=0.15, abs=60
        )


def test_pictures_of_a_texture_count_when_they_appear(source: Path, tmp_path: Path) -> None:
    path = tmp_path / "film.mtor"
    transcode(source, path, preset="fast", mode="textured", quality=70)
    found = flow(path)
    busy = (found.since == 25) & (found.times > 5)
    assert len(set(found.times[busy])) >= 3
    assert found.times[busy].max() < 8


def test_the_largest_rate_is_that_of_the_worst_window() -> None:
    loads = [(0.0, 0, 100.0), (3.9, 39, 300.0), (4.0, 40, 200.0), (7.8, 78, 50.0), (20.0, NOBODY, 500.0)]
    found = gathered(loads, 1250, 25.0)
    assert found.evenly == pytest.approx(4.0)
    assert found.most() == (pytest.approx((550 + 16) * 8 / 1000 / 4), 3.9)
    assert gathered(loads[:1], 100, 2.0).most() == (pytest.approx(0.4), 0.0), "no window outlasts its film"


def _promised(outcome: Outcome, floor: Any, slope: float = USUAL_SLOPE) -> Flow:
    """What a pass on another floor takes, if bytes follow a power law."""
    old, ticks = outcome.flow, outcome.flow.since
    rises = Outcome(old, outcome.base, floor).levels(ticks) - outcome.levels(ticks)
    return Flow(old.times, ticks, old.sizes * np.exp(slope * rises), old.evenly, old.seconds)


def test_floors_rise_where_windows_are_over_full_and_nowhere_else() -> None:
    ticks = np.arange(0, 30, 0.5)
    sizes = np.where((ticks >= 10) & (ticks < 14), 400.0, 50.0)
    first = Outcome(Flow(ticks, (ticks * 10).astype(np.int64), sizes, 0.0, 30.0), ((0, 7.0),), ())
    limits = [Limit(4.0, 1000.0)]
    assert excess(first.flow, limits) == pytest.approx(3.2)
    floor = raise_floor(first, limits)
    assert 0.9 < excess(_promised(first, floor), limits) <= 1
    assert level_within(floor, 100, 140) > 8
    assert level_within(floor, 0, 60) == level_within(floor, 180, 300) == NONE
    steeper = Outcome(_promised(first, floor, -0.4), first.base, floor)
    again = raise_floor(steeper, limits, first)
    assert 0.9 < excess(_promised(steeper, again, -0.4), limits) <= 1, "two passes tell the slope"
    lowered = [t for t in range(300) if level_within(again, t, t + 1) < level_within(floor, t, t + 1)]
    assert not lowered


def test_the_best_coded_of_a_window_loses_first() -> None:
    found = Flow(np.array([0.0, 1.0]), np.array([0, 10]), np.array([500.0, 500.0]), 0.0, 8.0)
    floor = raise_floor(Outcome(found, ((0, 6.0), (10, 9.0)), ()), [Limit(4.0, 700.0)])
    assert 6 < level_within(floor, 0, 5) < 9
    assert level_within(floor, 10, 20) < 9


def test_what_no_lambda_changes_raises_no_floor() -> None:
    found = Flow(np.array([0.0]), np.array([NOBODY]), np.array([500.0]), 0.0, 8.0)
    assert raise_floor(Outcome(found, ((0, 6.0),), ()), [Limit(4.0, 300.0)]) == ()
    top = Flow(np.array([0.0]), np.array([0]), np.array([500.0]), 0.0, 8.0)
    assert raise_floor(Outcome(top, ((0, HIGHEST),), ()), [Limit(4.0, 300.0)]) == ()


def test_a_reel_has_its_part_of_a_floor() -> None:
    floor = ((10, 6.0), (20, NONE), (30, 8.0))
    assert clipped(floor, 15, 30) == ((15, 6.0), (20, NONE))
    assert clipped(floor, 0, 15) == ((10, 6.0),)
    assert clipped(floor, 20, 25) == ()


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"target_size": 3000},
        pytest.param({"target_kbps": 2.0}, marks=pytest.mark.slow),
        pytest.param({"resilience": 2}, marks=pytest.mark.slow),
    ],
)
def test_any_four_seconds_hold_the_rate(
    source: Path, free: Path, tmp_path: Path, more: dict[str, Any]
) -> None:
    cap = 0.55 * flow(free).most()[0]
    path = tmp_path / "film.mtor"
    wanted = WANTED | more
    if "target_size" in more or "target_kbps" in more:
        del wanted["quality"]
    made = transcode(source, path, max_kbps=cap, **wanted)
    assert flow(path).most()[0] <= cap
    assert made.kbps <= cap
    assert made.scenes == 3, "detail is lost, never a scene"
    assert path.stat().st_size <= more.get("target_size", math.inf)
    assert made.kbps <= more.get("target_kbps", math.inf)


def test_a_rate_that_is_held_anyway_changes_nothing(source: Path, free: Path, tmp_path: Path) -> None:
    path = tmp_path / "film.mtor"
    transcode(source, path, max_kbps=1.01 * flow(free).most()[0], **WANTED)
    assert path.read_bytes() == free.read_bytes()


def test_a_score_that_a_rate_excludes_is_told(source: Path, free: Path, tmp_path: Path) -> None:
    wanted = {"preset": "fast", "audio": "none", "max_kbps": 0.4 * flow(free).most()[0]}
    with pytest.raises(TargetError, match="VMAF of 99"):
        transcode(source, tmp_path / "film.mtor", target_vmaf=99, **wanted)


def test_what_cannot_be_held_is_one_clear_line(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "film.mtor"
    done = mtor("transcode", source, "-o", out, "--max-kbps", "0.05", "--preset", "fast")
    assert_one_line(done, FAILED, "over any 4 s", "the smallest that was tried takes 0.0")
    assert not out.exists()


@pytest.fixture(scope="module")
def long_source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return long_film(tmp_path_factory.mktemp("long") / "film.mp4")


def test_sound_that_takes_it_all_is_told_before_any_pass(long_source: Path, tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="the sound alone takes"):
        transcode(long_source, tmp_path / "film.mtor", max_kbps=1, audio="copy", duration=5)


@pytest.mark.slow
def test_reels_hold_it_together_whoever_makes_them(long_source: Path, tmp_path: Path) -> None:
    wanted = WANTED | {"mode": "vector", "duration": 44}
    transcode(long_source, tmp_path / "free.mtor", **wanted)
    cap = 0.6 * flow(tmp_path / "free.mtor").most()[0]
    for jobs in (1, 2):
        transcode(long_source, tmp_path / f"{jobs}.mtor", max_kbps=cap, jobs=jobs, **wanted)
    assert flow(tmp_path / "1.mtor").most()[0] <= cap
    assert (tmp_path / "1.mtor").read_bytes() == (tmp_path / "2.mtor").read_bytes()


def test_the_report_tells_the_largest_rate(source: Path, free: Path) -> None:
    found = report(source, free, vmaf=False)
    most, at = flow(free).most()
    assert (found.rates.most_kbps, found.rates.most_at) == (pytest.approx(most), pytest.approx(at))
    assert found.rates.most_kbps > 1.5 * found.rates.kbps
