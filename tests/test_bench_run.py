# SPDX-License-Identifier: Apache-2.0
"""A run of the bench from end to end: what it writes, what it keeps, what it names."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest
from bench_clips import write_clip
from cli_run import DONE, WRONG_USE, assert_one_line, mtor

import mtor_transcode
from mtor_transcode.cli.bench import counted
from mtor_transcode.errors import MissingExtraError, UsageError
from mtor_transcode.measure.bench import bdrate
from mtor_transcode.measure.bench.cache import Cache, key_of
from mtor_transcode.measure.bench.result import Bench
from mtor_transcode.measure.bench.summary import classes
from mtor_transcode.measure.bench.words import class_bd
from mtor_transcode.measure.bench.writers import read_json
from mtor_transcode.measure.codecs import mtor as ours
from mtor_transcode.measure.codecs.peer import Peer
from mtor_transcode.measure.codecs.worker import Worker

pytest.importorskip("bjontegaard", reason="the extra 'bench' is not installed")


WRITTEN = {"bench.json", "points.csv", "frames.csv", "bench.html", "results.md"}


@dataclass
class Ran:
    """A first run over a good clip and one that is too short."""

    folder: Path
    clip: Path
    found: Bench

    @property
    def cache(self) -> Path:
        return self.folder / "cache"


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    folder = tmp_path_factory.mktemp("bench")
    clip = write_clip(folder / "box_moves.mp4", 24)
    short = write_clip(folder / "box_short.mp4", 5)
    found = mtor_transcode.bench(
        [short, clip], folder / "out", against=["x264"], quick=True, cache=folder / "cache"
    )
    return Ran(folder, clip, found)


def test_the_outputs_say_the_same(ran: Ran) -> None:
    out = ran.folder / "out"
    assert {path.name for path in out.iterdir()} == WRITTEN
    assert read_json(out / "bench.json") == ran.found
    assert json.loads((out / "bench.json").read_text())["schema"] == "mtor-bench/1"
    with (out / "points.csv").open() as text:
        rows = list(csv.DictReader(text))
    (clip,) = ran.found.clips
    points = [point for each in clip.points.values() for point in each]
    assert [float(row["kbps"]) for row in rows] == [point.kbps for point in points]
    assert {row["codec"] for row in rows} == {"mtor", "x264"}
    assert all(row["vmaf_mean"] for row in rows)


def test_the_page_is_whole_and_asks_nothing_of_the_network(ran: Ran) -> None:
    page = (ran.folder / "out" / "bench.html").read_text()
    assert not re.search(r"https?://|src=\"(?!data:)|<script|<link", page)
    assert page.count("data:image/webp") % 3 == 0
    assert "kbps, frame 12 (0.48 s)" in page
    assert "<polyline" in page
    for words in ("box_moves", "box_short", "Machine and versions", "BD-rate against x264"):
        assert words in page
    text = (ran.folder / "out" / "results.md").read_text()
    assert "## Against x264" in text
    assert "box_short" in text


def test_a_clip_that_is_too_short_is_named_and_the_rest_goes_on(ran: Ran) -> None:
    assert [clip.name for clip in ran.found.clips] == ["box_moves"]
    (failure,) = ran.found.failures
    assert failure.clip == "box_short"
    assert "5 frames" in failure.reason


def test_figures_of_every_frame_are_beside_the_pooled(ran: Ran) -> None:
    with (ran.folder / "out" / "frames.csv").open() as text:
        rows = list(csv.DictReader(text))
    (clip,) = ran.found.clips
    assert len(rows) == 24 * sum(map(len, clip.points.values()))
    for codec, points in clip.points.items():
        for point in points:
            of_point = [row for row in rows if (row["codec"], row["point"]) == (codec, point.label)]
            assert [int(row["frame"]) for row in of_point] == list(range(24))
            for metric in ("vmaf", "ssim", "psnr_y"):
                mean = sum(float(row[metric]) for row in of_point) / 24
                assert mean == pytest.approx(point.pooled[metric].mean, abs=1e-3)


def test_every_byte_is_charged(ran: Ran) -> None:
    (clip,) = ran.found.clips
    assert clip.seconds == pytest.approx(24 / 25)
    for name, points in clip.points.items():
        for point in points:
            assert point.kbps == pytest.approx(point.stream_bytes * 8 / 1000 / clip.seconds, abs=1e-3)
            assert (
                point.stream_bytes == point.file_bytes
                if name == "mtor"
                else point.stream_bytes < point.file_bytes
            )
    kept = {path.stat().st_size for path in ran.cache.rglob("*.mtor")}
    assert kept == {point.file_bytes for point in clip.points["mtor"]}


def test_peers_alone_are_what_a_later_run_finds(ran: Ran, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ours, "encode", lambda *_: pytest.fail("MTOR was asked"))
    found = mtor_transcode.bench(
        [ran.clip], ran.folder / "peers", against=["x264"], quick=True, peers_only=True, cache=ran.cache
    )
    assert found.made == 0
    assert found.clips[0].points == {"mtor": [], "x264": ran.found.clips[0].points["x264"]}
    assert found.clips[0].compared == []
    (said,) = counted(found)
    assert said.endswith(f": {len(found.clips[0].points['x264'])} points of x264 are in the cache")
    assert {path.name for path in (ran.folder / "peers").iterdir()} == WRITTEN


def test_a_second_run_codes_and_measures_nothing(ran: Ran, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: Any) -> Any:
        raise AssertionError("a point was made again")

    monkeypatch.setattr(Worker, "encode", never)
    monkeypatch.setattr(Peer, "encode", never)
    monkeypatch.setattr(ours, "encode", never)
    monkeypatch.setattr(ours, "analysed", never)
    again = mtor_transcode.bench(
        [ran.clip], ran.folder / "again", against=["x264"], quick=True, cache=ran.cache
    )
    assert again.made == 0
    assert again.cached > 5
    assert again.clips[0].points == ran.found.clips[0].points
    assert again.clips[0].compared == ran.found.clips[0].compared


def test_other_bytes_or_parameters_are_other_points(tmp_path: Path) -> None:
    keys = {key_of(source=source, crf=crf) for source in "ab" for crf in (1, 2)}
    assert len(keys) == 4
    assert key_of(a=1, b=2) == key_of(b=2, a=1)
    cache = Cache(tmp_path)
    cache.path("ab" * 16, ".json").write_bytes(b'{"codec": "x26')
    assert cache.load("ab" * 16) is None


def test_without_an_ffmpeg_its_codecs_and_metrics_are_named(
    ran: Ran, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("MTOR_FFMPEG", str(tmp_path / "none"))
    found = mtor_transcode.bench([ran.clip], tmp_path / "out", against=["vvenc"], quick=True, cache=ran.cache)
    assert [(each.codec, each.reason) for each in found.failures] == [
        ("vvenc", "no FFmpeg program was found")
    ]
    (clip,) = found.clips
    assert set(clip.missing) == {"vmaf", "vmaf_neg", "xpsnr"}
    assert clip.points["mtor"]
    assert "psnr_y" in clip.points["mtor"][0].pooled
    assert "VVenC" in (tmp_path / "out" / "bench.html").read_text()


def test_what_was_not_measured_is_no_comparison(ran: Ran) -> None:
    (found,) = ran.found.clips
    without = [each for each in found.compared if each.metric != "vmaf"]
    rows = {row.metric: row for row in classes([msgspec.structs.replace(found, compared=without)])}
    assert rows["vmaf"].measured == 0
    assert class_bd(rows["vmaf"]) == "–"
    assert rows["ssim"].measured == 1
    assert class_bd(rows["ssim"]) != "–"


def test_what_makes_no_sense_is_refused_before_any_work(ran: Ran, tmp_path: Path) -> None:
    for options in ({"against": ["nonsense"]}, {"rates": [0]}, {"rates": []}):
        with pytest.raises(UsageError):
            mtor_transcode.bench([ran.clip], tmp_path / "out", **options)
    with pytest.raises(UsageError):
        mtor_transcode.bench([], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_without_bjontegaard_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "bjontegaard", None)
    with pytest.raises(MissingExtraError, match="pip install"):
        bdrate.load()


def test_the_command_line(ran: Ran, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    done = mtor(
        "bench",
        ran.clip,
        "-o",
        folder,
        "--quick",
        "--against",
        "x264",
        "--rates",
        "1,10",
        "--cache",
        ran.cache,
    )
    assert done.returncode == DONE, done.stderr
    assert "BD-rate against x264" in done.stdout
    assert read_json(folder / "bench.json").rates == [1.0, 10.0]
    assert_one_line(mtor("bench", ran.clip, "-o", folder, "--rates", "fast"), WRONG_USE, "rates")
    assert_one_line(mtor("bench", ran.clip, "-o", folder, "--against", "divx"), WRONG_USE, "divx", "svtav1")
