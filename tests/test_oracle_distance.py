# SPDX-License-Identifier: Apache-2.0
"""The distance to the limit: interpolation on known curves, the run over a scene, its files."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from cli_run import WRONG_USE, assert_one_line, mtor

from mtor_transcode import api
from mtor_transcode.cli.oracle import distances, lines
from mtor_transcode.errors import OutputError, UsageError
from mtor_transcode.measure.oracle.crossing import bytes_at, ssim_db
from mtor_transcode.measure.oracle.result import OraclePoint, distance, is_enough, scene_result
from mtor_transcode.measure.oracle.tables import distance_rows, split_rows

TRUTH = OraclePoint(None, 1000, {"outlines": 600, "motion": 400}, 1.0, 1.0, 100.0, None, 1.0, 0, None)


def a_point(quality: float, size: int, ssim: float, psnr: float) -> OraclePoint:
    return OraclePoint(
        quality, size, {"outlines": size - 100, "paints": 100}, ssim, ssim, psnr, None, ssim, 0, 1.0
    )


def test_bytes_are_interpolated_over_their_logarithm() -> None:
    curve = [(1000, 30.0), (4000, 40.0), (16000, 50.0)]
    assert bytes_at(curve, 40.0) == pytest.approx(4000)
    assert bytes_at(curve, 35.0) == pytest.approx(2000)
    assert bytes_at(curve, 42.5) == pytest.approx(4000 * 4**0.25)
    assert bytes_at(reversed(curve), 35.0) == pytest.approx(2000)


def test_a_target_beyond_the_curve_is_never_and_below_it_the_cheapest_point() -> None:
    curve = [(1000, 30.0), (4000, 40.0)]
    assert bytes_at(curve, 40.1) is None
    assert bytes_at(curve, 10.0) == 1000
    assert bytes_at([], 10.0) is None


def test_points_that_a_cheaper_one_beats_do_not_bend_the_curve() -> None:
    curve = [(1000, 30.0), (4000, 40.0)]
    assert bytes_at([*curve, (2000, 29.0), (3000, 30.0), (9000, 38.0)], 35.0) == pytest.approx(2000)


def test_ssim_is_interpolated_in_decibels() -> None:
    assert ssim_db(0.99) == pytest.approx(20)
    assert math.isfinite(ssim_db(1.0))
    points = [a_point(20, 1000, 0.99, 30), a_point(50, 4000, 0.999, 45)]
    found = distance(points, 500, 1 - 10**-2.5, lambda p: p.ssim, ssim_db)
    assert found.bytes == pytest.approx(2000, abs=0.1)
    assert found.ratio == pytest.approx(4)
    assert not found.bound


def test_a_scene_says_its_distance_and_where_the_bytes_are() -> None:
    points = [a_point(20, 1500, 0.98, 36), a_point(40, 3000, 0.996, 41), a_point(60, 9000, 0.999, 48)]
    scene = scene_result("some", "a scene", "lossless", 90_000, TRUTH, points)
    assert 1.5 < (scene.at_ssim.ratio or 0) < 3
    assert scene.split_quality == 40
    assert {gap.kind: (gap.truth, gap.film) for gap in scene.split} == {
        "outlines": (600, 2900), "motion": (400, 0), "paints": (0, 100),
    }  # fmt: skip
    assert "2900 / 600" in split_rows([scene])[1]


def test_a_scene_that_never_gets_there_says_so() -> None:
    points = [a_point(20, 1500, 0.9, 30), a_point(40, 3000, 0.95, 33)]
    scene = scene_result("some", "a scene", "lossless", 90_000, TRUTH, points)
    assert scene.at_ssim.ratio is None
    assert scene.split_quality == 40
    assert distance_rows([scene])[1][3:7] == ("never", "-", "never", "-")
    assert not is_enough(points)


def test_a_scene_better_from_the_start_is_marked_as_a_bound() -> None:
    points = [a_point(20, 1500, 0.999, 50)]
    scene = scene_result("some", "a scene", "lossless", 90_000, TRUTH, points)
    assert scene.at_ssim.bound
    assert distance_rows([scene])[1][3:5] == ("<1500", "<1.50")
    assert is_enough(points)


def test_a_run_writes_truth_mp4_transcodes_and_both_reports(tmp_path: Path) -> None:
    notes: list[str] = []
    folder = tmp_path / "made"
    found = api.oracle(
        folder,
        scenes=["dissolve"],
        qualities=[30],
        sources=["lossless", "lossy"],
        vmaf=False,
        progress=lambda step: notes.append(step.note),
    )
    exact, lossy = found.scenes
    assert exact.truth.psnr_y == 100
    assert exact.truth.ssim == pytest.approx(1)
    assert 30 < lossy.truth.psnr_y < 100
    assert lossy.source_bytes < exact.source_bytes
    for scene in found.scenes:
        (point,) = scene.points
        film = folder / f"dissolve-{scene.source}-q30.mtor"
        assert point.worst_ssim < point.ssim
        assert 0 <= point.worst_frame < 140
        assert point.bytes == film.stat().st_size == sum(point.bytes_by_kind.values())
        assert scene.truth.bytes == (folder / "dissolve.mtor").stat().st_size
    written = json.loads((folder / "oracle.json").read_text())
    assert written["schema"] == "mtor-oracle/1"
    assert written["scenes"][0]["truth"]["bytes"] == exact.truth.bytes
    page = (folder / "oracle.md").read_text()
    assert f"| dissolve | lossless | {exact.truth.bytes} |" in page
    assert notes == ["dissolve, lossless", "dissolve, lossy"]
    assert [row["source"] for row in distances(found)] == ["lossless", "lossy"]
    shown = [line.split() for line in lines(found)]
    assert [words[2] for words in shown if words[:1] == ["dissolve"]][:2] == [str(exact.truth.bytes)] * 2


def test_what_makes_no_sense_is_refused(tmp_path: Path) -> None:
    for options in ({"scenes": ["nothing"]}, {"sources": ["film"]}, {"qualities": []}, {"qualities": [200]}):
        with pytest.raises(UsageError):
            api.oracle(tmp_path, **options)
    (tmp_path / "file").touch()
    with pytest.raises(OutputError):
        api.oracle(tmp_path / "file" / "folder")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_the_command_takes_videos_or_the_oracle_and_never_both(tmp_path: Path) -> None:
    video = Path(__file__).parents[1] / "samples" / "cut.mp4"
    assert_one_line(mtor("bench", "--oracle", video, "-o", tmp_path), WRONG_USE, "--oracle")
    assert_one_line(mtor("bench", "-o", tmp_path), WRONG_USE, "--oracle")
    assert_one_line(mtor("bench", video, "-o", tmp_path, "--scenes", "pan"), WRONG_USE, "--oracle")
    unknown = mtor("bench", "--oracle", "-o", tmp_path, "--scenes", "moon")
    assert_one_line(unknown, WRONG_USE, "moon", "dissolve")
    assert not list(tmp_path.iterdir())
