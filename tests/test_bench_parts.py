# SPDX-License-Identifier: Apache-2.0
"""Costs, MTOR's shared analysis, pictures at equal rates, progress, and the page of results."""

from __future__ import annotations

import importlib.util
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from bench_clips import HEIGHT, RATE, WIDTH, write_clip

from mtor_transcode.cli.bench import lines as bench_lines
from mtor_transcode.errors import MtorError
from mtor_transcode.ingest.source import Source, open_source
from mtor_transcode.measure.bench import costs, html, markdown
from mtor_transcode.measure.bench.cache import Cache, Point
from mtor_transcode.measure.bench.clip import Clip
from mtor_transcode.measure.bench.costs import cost_of
from mtor_transcode.measure.bench.markdown import cost_rows
from mtor_transcode.measure.bench.ours import OurRun
from mtor_transcode.measure.bench.result import Bench, ClipResult, Codec, Compared
from mtor_transcode.measure.bench.run import Run, Wishes, quick_seconds
from mtor_transcode.measure.bench.score import Scores
from mtor_transcode.measure.bench.strips import matched
from mtor_transcode.measure.bench.summary import classes, compared, largest_move, row
from mtor_transcode.measure.codecs import mtor as ours
from mtor_transcode.measure.codecs.recipe import Recipe
from mtor_transcode.measure.pooling import pool

ROOT = Path(__file__).parents[1]
FRAMES = 12


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clips") / "box_moves.mp4", FRAMES)


@dataclass
class Opened:
    clip: Clip
    cache: Cache


@pytest.fixture
def opened(path: Path, tmp_path: Path) -> Iterator[Opened]:
    cache = Cache(tmp_path / "cache")
    with open_source(path) as source, Clip(source, path, cache) as clip:
        yield Opened(clip, cache)


def point(codec: str, kbps: float, vmaf: float, parameters: dict[str, Any] | None = None) -> Point:
    """A point of 8 s with a VMAF."""
    scores = Scores({"vmaf": pool([vmaf]), "ssim": pool([0.9])}, {}, {})
    size = round(kbps * 1000)
    label = f"{codec} {kbps:g}"
    given = parameters or {}
    return Point(codec, label, given, "1", size, size, 8.0, FRAMES, tuple(range(FRAMES)), scores=scores)


def test_costs_are_measured_in_processes_of_their_own_and_kept_whole(
    path: Path, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(costs, "_busy_seconds", lambda: None)
    recipe = msgspec.structs.asdict(Recipe(50, 2))
    points = {
        "mtor": [("a", point("mtor", 9, 50, {"quality": 10.0})), ("b", point("mtor", 90, 60))],
        "x264": [("c", point("x264", 11, 50, recipe))],
    }
    run = Run([path], Wishes(("x264",)), opened.cache, lambda *_: None)
    found = run._costs(opened.clip, points)
    assert run.failures == []
    assert {name: cost.kbps for name, cost in found.items()} == {"mtor": 9, "x264": 11}
    for cost in found.values():
        assert min(cost.encode_seconds, cost.decode_seconds, cost.encode_work, cost.decode_work) > 0
        assert 20e6 < min(cost.encode_bytes, cost.decode_bytes) < 20e9
    assert run._costs(opened.clip, points) == found, "measured again"
    ballast = np.ones(2**28, np.uint8)  # What the bench itself holds is no codec's memory.
    again = cost_of(path, points["x264"][0][1])
    assert again.encode_bytes < ballast.nbytes
    codecs = [Codec(name, name.upper(), "1") for name in found]
    clip = ClipResult("box", "box", "", 8, 8, 25, 12, 0.5, {}, {}, {}, [], found, {})
    bench = Bench(codecs, [clip], [], [], [], False, 0, 0, 0, 0, {}, {})
    mine, theirs = cost_rows(bench, "x264")
    assert theirs[3:] == [*["1.00"] * 6, "–"]
    assert float(mine[3]) == pytest.approx(
        found["mtor"].encode_seconds / found["x264"].encode_seconds, abs=0.01
    )


def test_costs_of_a_busy_machine_say_so_and_are_not_kept(
    path: Path, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    points = {"x264": [("c", point("x264", 11, 50, msgspec.structs.asdict(Recipe(50, 2))))]}
    run = Run([path], Wishes(("x264",)), opened.cache, lambda *_: None)

    def measured(cores: float) -> float:
        """What is told when other programs use ``cores`` besides what is measured."""
        monkeypatch.setattr(costs, "_busy_seconds", lambda: cores * time.perf_counter() + sum(os.times()[:4]))
        others = run._costs(opened.clip, points)["x264"].others
        assert others is not None
        return others

    assert measured(1.5) == pytest.approx(1.5, abs=0.1)
    assert measured(0.1) == pytest.approx(0.1, abs=0.05), "the busy machine's were kept"
    assert measured(1.5) == pytest.approx(0.1, abs=0.05), "the calm machine's were not kept"


def test_a_cost_that_cannot_be_measured_says_why(path: Path) -> None:
    half = msgspec.structs.asdict(Recipe(50, 2, "1/2"))
    with pytest.raises(MtorError, match="only 6 of 12 pictures came back"):
        cost_of(path, point("x264", 9, 50, half))


def test_the_source_is_analysed_once_for_all_qualities_and_runs(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    analysed = ours.analysed

    def counted(source: Source) -> Any:
        asked.append(source.name)
        return analysed(source)

    monkeypatch.setattr(ours, "analysed", counted)
    first = OurRun(opened.clip, opened.cache, lambda _: None).points((15.0, 45.0), extend=False)
    later = OurRun(opened.clip, opened.cache, lambda _: None).points((30.0,), extend=False)
    assert len(first) == 2
    assert len(later) == 1
    assert len(asked) == 1
    films = {path.read_bytes() for path in opened.cache.folder.rglob("*.mtor")}
    alone = opened.cache.folder / "alone.mtor"
    ours.encode(opened.clip.source, 30.0, alone)
    assert alone.read_bytes() in films, "a shared analysis made another film"


def test_pictures_are_at_equal_rates_and_of_the_best_peer() -> None:
    points = {
        "mtor": [(f"m{rate}", point("mtor", rate, 50)) for rate in (2.0, 8.0, 11.0, 300.0)],
        "x264": [(f"x{rate}", point("x264", rate, 40 + rate)) for rate in (2.1, 5.0, 11.5, 500.0)],
        "x265": [("y10", point("x265", 11.0, 20))],
    }
    pairs = [(mine[0], peer[0]) for mine, peer in matched(points)]
    assert pairs == [("m2.0", "x2.1"), ("m11.0", "x11.5")]
    assert matched({"mtor": points["mtor"]}) == []


def test_how_much_one_point_of_a_peer_matters() -> None:
    pytest.importorskip("bjontegaard", reason="the extra 'bench' is not installed")
    mine = [row(point("mtor", 2.0 * rate, 10 * n)) for n, rate in enumerate((1, 2, 4, 8, 16), 1)]

    def moved(qualities: tuple[float, ...]) -> float:
        rates = (1, 2, 4, 8, 16)
        theirs = [row(point("x264", r, q)) for r, q in zip(rates, qualities, strict=True)]
        (found,) = [c for c in compared({"mtor": mine, "x264": theirs}, (10,)) if c.metric == "vmaf"]
        assert found.moved is not None
        return found.moved

    assert moved((10, 20, 30, 40, 50)) == pytest.approx(0, abs=0.1)
    assert moved((10, 20, 39, 40, 50)) > 3


def test_the_largest_move_is_named_wherever_figures_are_read() -> None:
    pytest.importorskip("bjontegaard", reason="the extra 'bench' is not installed")
    mine = [row(point("mtor", 2.0 * rate, 10 * n)) for n, rate in enumerate((1, 2, 4, 8, 16), 1)]

    def clip(name: str, bump: float) -> ClipResult:
        qualities = zip((1, 2, 4, 8, 16), (10, 20, 30 + bump, 40, 50), strict=True)
        theirs = [row(point("x264", rate, quality)) for rate, quality in qualities]
        beside = compared({"mtor": mine, "x264": theirs}, (10,))
        return ClipResult(name, "box", "", 8, 8, 25, 12, 0.5, {}, {}, {}, beside, {}, {})

    clips = [clip("smooth", 0), clip("bent", 9), clip("apart", 0)]
    move = largest_move(clips)
    assert move is not None
    assert (move.clip, move.peer, move.metric) == ("bent", "x264", "vmaf")
    assert move.points == max(each.moved or 0.0 for each in clips[1].compared)
    bench = Bench([Codec("x264", "X264", "1")], clips, [], [], [], False, 0, 0, 0, 0, {}, {}, move)
    said = f"The largest move is {move.points:.1f} (bent, X264, VMAF)."
    assert said in markdown.page(bench)
    assert said in html.page(bench, [])
    assert any(said in line for line in bench_lines(bench))
    assert largest_move([clip for clip in clips if clip.name == "none"]) is None


def test_losses_are_counted_as_plainly_as_wins() -> None:
    def clip(name: str, bd_rate: float | None, ahead: bool | None) -> ClipResult:
        beside = [Compared("x264", "vmaf", bd_rate, bd_rate, 0.9, bd_rate is not None, [], [], ahead)]
        return ClipResult(name, "box", "", 8, 8, 25, 12, 0.5, {}, {}, {}, beside, {}, {})

    clips = [clip("a", -20, None), clip("b", 30, None), clip("c", 5, False), clip("d", None, True),
             clip("e", None, False), clip("f", None, None)]  # fmt: skip
    bench = Bench([Codec("x264", "X264", "1")], clips, classes(clips), [], [], False, 0, 0, 0, 0, {}, {})
    assert [row[1] for row in markdown.tally_rows(bench, "x264")] == ["1", "2", "1", "1"]
    for page in (markdown.page(bench), html.page(bench, [])):
        assert "clips won" in page
        assert "clips lost" in page
        assert "not comparable, but worse" in page


@pytest.mark.parametrize(("low", "high"), [(0, 53.2), (7.41, 24.28), (0.8271, 1.0), (23.5, 23.52), (0, 1e-6)])
def test_axes_have_round_values(low: float, high: float) -> None:
    values = html.round_values(low, high)
    assert 3 <= len(values) <= 9
    assert low - 1e-9 <= values[0] < values[-1] <= high + 1e-9
    assert all(len(f"{value:g}") <= 6 for value in values)


def test_a_quick_look_leaves_out_a_rich_clips_higher_qualities(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    for kbps_each, asked in ((5.0, [0.0, 15.0, 30.0]), (0.25, [15.0, 30.0, 50.0])):

        def made(quality: float, each: float = kbps_each) -> list[Point]:
            return [point("mtor", each * (quality + 5), quality, {"quality": quality})]

        run = OurRun(opened.clip, opened.cache, lambda _: None)
        monkeypatch.setattr(run, "_point", made)
        assert [each.parameters["quality"] for each in run.quick_points()] == asked


def test_a_quick_look_is_bounded_whatever_the_size(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert quick_seconds(path) == 2.0
    monkeypatch.setattr("mtor_transcode.measure.bench.run.QUICK_SAMPLES", WIDTH * HEIGHT * RATE * 0.8)
    assert quick_seconds(path) == pytest.approx(0.8)
    monkeypatch.setattr("mtor_transcode.measure.bench.run.QUICK_SAMPLES", 1.0)
    assert quick_seconds(path) * RATE == pytest.approx(12), "a curve needs ten frames"


def test_progress_rises_and_tells_of_a_whole(path: Path, opened: Opened) -> None:
    told: list[tuple[int, int]] = []
    run = Run(
        [path, path], Wishes(("x264",)), opened.cache, lambda _, done, total: told.append((done, total))
    )
    for part in range(4):
        for _ in range(90):
            run._say(opened.clip, "a point", 70)
        run._finished(part + 1)
    assert told == sorted(told)
    assert told[0] == (0, 400)
    assert 35 <= told[25][0] <= 36
    assert told[-1] == (399, 400)


def test_tables_go_between_the_marks_of_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    spec = importlib.util.spec_from_file_location("bench_tables", ROOT / "benchmarks" / "tables.py")
    assert spec is not None
    assert spec.loader is not None
    tables = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "bench_tables", tables)
    spec.loader.exec_module(tables)
    page = f"# Results\n\n{tables.BEGIN}\nold\n{tables.END}\n\n## Long films\n"
    filled = tables.between_marks(page, tables.deeper("# Beside\n\n## Class\n"))
    assert filled == page.replace("old", "## Beside\n\n### Class")
    assert tables.between_marks(filled, "old") == page
