# SPDX-License-Identifier: Apache-2.0
"""Reports of real files: the frames measured, figures, outputs, and pairs that do not belong together."""

from __future__ import annotations

import contextlib
import csv
import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from measure_film import FPS, Change, film_file, small_film, write_video, write_y4m
from memory_films import MemoryFilm
from numpy.typing import NDArray

from mtor_transcode.errors import FormatError, InputError, OutputError, UsageError
from mtor_transcode.measure import ffmpeg
from mtor_transcode.measure.ffmpeg import find_ffmpeg
from mtor_transcode.measure.report import report
from mtor_transcode.measure.result import SCHEMA, Frame, Report, report_schema
from mtor_transcode.measure.writers import read_json, write_json


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A film with sound, and the video that it shows exactly."""
    folder = tmp_path_factory.mktemp("pair")
    film = small_film(sound=True)
    return write_video(film, folder / "source.mkv"), film_file(film, folder / "film.mtor")


def bright_after(first: int) -> Change:
    def change(number: int, ycc: NDArray[np.uint8]) -> NDArray[np.uint8]:
        if number >= first:
            ycc[20:60, 20:60, 0] = 235
        return ycc

    return change


def test_a_film_that_shows_its_source_exactly_scores_the_cap(pair: tuple[Path, Path]) -> None:
    found = report(*pair, vmaf=False)
    assert found.quality.frames == len(found.frames) == 50
    assert [frame.tick for frame in found.frames] == list(range(50))
    assert [frame.seconds for frame in found.frames] == pytest.approx([n / FPS for n in range(50)])
    assert {frame.psnr_yuv for frame in found.frames} == {100.0}
    assert found.quality.pooled["ssim"].min == 1.0
    assert found.notes == ()
    assert found.quality.missing == dict.fromkeys(("vmaf", "vmaf_neg", "xpsnr"), "it was not asked for")


def test_rates_and_kinds_are_those_of_the_files(pair: tuple[Path, Path]) -> None:
    source, film = pair
    found = report(source, film, vmaf=False)
    size = film.stat().st_size
    assert found.film.bytes == size
    assert sum(kind.bytes for kind in found.rates.kinds) == size
    assert found.rates.kbps == pytest.approx(size * 8 / 1000 / 2)
    assert found.rates.source_kbps == pytest.approx(source.stat().st_size * 8 / 1000 / 2, rel=0.01)
    assert found.rates.source_ratio == pytest.approx(source.stat().st_size / size, rel=0.01)
    assert found.rates.raw_kbps == pytest.approx(192 * 144 * 12 * FPS / 1000)
    assert found.rates.raw_ratio == pytest.approx(found.rates.raw_kbps / found.rates.kbps, rel=1e-6)
    assert {kind.kind: kind.bytes for kind in found.rates.kinds}["audio"] == 100 * 20
    for kind in found.rates.kinds:
        over_time = sum(second.bytes.get(kind.kind, 0) for second in found.timeline)
        assert over_time == pytest.approx(kind.bytes, abs=1e-3)
    assert [second.length for second in found.timeline] == [1, 1]


def test_scenes_and_the_figures_of_the_rfc(pair: tuple[Path, Path]) -> None:
    found = report(*pair, vmaf=False)
    first, second = found.scenes
    assert (first.start, first.end, first.shapes, first.tokens, first.camera) == (0, 1, 2, 3, "still")
    assert (second.start, second.end, second.shapes, second.tokens) == (1, 2, 1, 2)
    assert second.camera == "pan right"
    assert (first.frames, second.frames) == (25, 25)
    assert first.bytes > 0
    assert second.bytes > 0
    assert found.rfc.tokens == found.film.tokens == 5
    assert found.rfc.tokens_per_hour == pytest.approx(5 * 1800)
    kinds = {kind.kind: kind.bytes for kind in found.rates.kinds}
    assert found.rfc.bytes_per_token == pytest.approx((kinds["paints"] + kinds["motion"]) / 5)
    assert found.rfc.dictionary_share == pytest.approx(kinds["outlines"] / found.film.bytes, abs=1e-6)
    assert found.film.outlines == 3


def test_the_worst_frames_are_found_where_they_are(tmp_path: Path) -> None:
    film = small_film()
    source = write_video(film, tmp_path / "s.mkv", change=bright_after(40))
    found = report(source, film_file(film, tmp_path / "f.mtor"), vmaf=False)
    assert [frame.psnr_y == 100 for frame in found.frames] == [True] * 40 + [False] * 10
    assert found.quality.picks.worst >= 40
    assert found.quality.picks.best == 0
    assert found.scenes[0].ssim == 1
    assert (found.scenes[1].ssim or 1) < 1


def test_frames_of_a_variable_rate_are_measured_at_their_own_times(tmp_path: Path) -> None:
    """Each is compared with the film at its own time: a film drawn at other times would differ."""
    ticks = [0, 1, 2, 7, 8, 13, 20, 21, 30, 31, 33, 40, 46, 49]
    film = small_film()
    source = write_video(film, tmp_path / "vfr.mkv", ticks)
    found = report(source, film_file(film, tmp_path / "f.mtor"), vmaf=False)
    assert [frame.seconds for frame in found.frames] == pytest.approx([t / FPS for t in ticks], abs=2e-3)
    assert found.source.variable_rate
    assert {frame.psnr_yuv for frame in found.frames} == {100.0}


@pytest.mark.parametrize(("chroma", "depth"), [((1, 1), 10), ((1, 0), 8), ((0, 0), 12)])
def test_the_sources_own_depth_and_chroma_are_kept(
    tmp_path: Path, chroma: tuple[int, int], depth: int
) -> None:
    film = small_film(frames=10)
    film.header = replace(film.header, width=191, height=143)
    source = write_y4m(film, tmp_path / "s.y4m", chroma, depth)
    found = report(source, film_file(film, tmp_path / "f.mtor"), vmaf=chroma == (1, 1))
    assert found.source.bit_depth == depth
    assert {frame.psnr_yuv for frame in found.frames} == {100.0}
    samples = 191 * 143 + 2 * -(-191 // (1 + chroma[0])) * -(-143 // (1 + chroma[1]))
    assert found.rates.raw_kbps == pytest.approx(samples * depth * FPS / 1000)


def test_a_film_of_a_later_part_is_measured_against_that_part(tmp_path: Path) -> None:
    film = small_film()
    source = write_video(film, tmp_path / "s.mkv", lead=10)
    path = film_file(film, tmp_path / "f.mtor")
    found = report(source, path, vmaf=False, start=0.4)
    assert found.quality.pooled["psnr_yuv"].min == 100
    assert found.quality.frames == 50
    assert report(source, path, vmaf=False, duration=2).quality.pooled["psnr_yuv"].min < 100


def test_start_and_duration_choose_the_part(tmp_path: Path) -> None:
    whole = small_film()
    source = write_video(whole, tmp_path / "s.mkv")
    film = film_file(whole, tmp_path / "f.mtor")
    found = report(source, film, vmaf=False, duration=1)
    assert found.quality.frames == 25
    assert found.notes == ("Only the first 1.00 s of 2.00 s were compared.",)
    late = report(source, film, vmaf=False, start=0.4, duration=0.8)
    assert late.quality.frames == 20
    assert late.quality.pooled["psnr_y"].min < 100


def test_a_shorter_film_is_compared_as_far_as_it_goes(tmp_path: Path) -> None:
    source = write_video(small_film(), tmp_path / "s.mkv")
    film = small_film()
    short = MemoryFilm(film.header, film.scenes[:1])
    found = report(source, film_file(short, tmp_path / "f.mtor"), vmaf=False)
    assert found.quality.frames == 25
    assert "ends at 1.00 s" in found.notes[0]


def test_a_film_cut_short_is_measured_up_to_the_cut(tmp_path: Path) -> None:
    film = small_film(frames=100)
    source = write_video(film, tmp_path / "s.mkv")
    path = film_file(film, tmp_path / "f.mtor")
    content = path.read_bytes()
    for size in range(len(content) - 4, 60, -4):
        path.write_bytes(content[:size])
        try:
            found = report(source, path, vmaf=False)
        except (FormatError, UsageError):
            continue
        if found.quality.frames == 50:
            break
    else:
        pytest.fail("no cut left the first scene")
    assert found.film.truncated
    assert any("cut off" in note for note in found.notes)


def test_pairs_that_do_not_belong_together_are_refused(tmp_path: Path) -> None:
    film = small_film()
    long = film_file(small_film(frames=80), tmp_path / "long.mtor")
    source = write_video(film, tmp_path / "s.mkv")
    with pytest.raises(UsageError, match=r"ends at 2\.00 s, the film goes on to 3\.20 s"):
        report(source, long, vmaf=False)
    film.header = replace(film.header, width=190)
    other = film_file(film, tmp_path / "other.mtor")
    with pytest.raises(UsageError, match="192x144, the film 190x144"):
        report(source, other, vmaf=False)


def test_bad_files_and_outputs_say_so_in_a_line(pair: tuple[Path, Path], tmp_path: Path) -> None:
    source, film = pair
    with pytest.raises(InputError, match="no such file"):
        report(source, tmp_path / "none.mtor")
    with pytest.raises(InputError):
        report(tmp_path / "none.mp4", film)
    with pytest.raises(FormatError):
        report(source, source, vmaf=False)
    with pytest.raises(OutputError, match="folder does not exist"):
        report(source, film, html=tmp_path / "no" / "r.html")
    with pytest.raises(OutputError, match="is a folder"):
        report(source, film, json=tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_json_is_stable_readable_and_fits_its_schema(pair: tuple[Path, Path], tmp_path: Path) -> None:
    one, two, rows = tmp_path / "1.json", tmp_path / "2.json", tmp_path / "frames.csv"
    found = report(*pair, json=one, csv=rows, vmaf=False)
    report(*pair, json=two, vmaf=False)
    first, second = (json.loads(path.read_text()) for path in (one, two))
    assert first["schema"] == SCHEMA == "mtor-report/1"
    jsonschema.validate(first, report_schema())
    assert read_json(one) == found
    for varying in ("speed",):
        first.pop(varying)
        second.pop(varying)
    assert first == second
    assert list(first) == [name for name in Report.__struct_fields__ if name != "speed"]
    with rows.open(newline="") as text:
        table = list(csv.DictReader(text))
    assert tuple(table[0]) == Frame.__struct_fields__
    assert len(table) == 50
    assert [float(row["psnr_y"]) for row in table] == [frame.psnr_y for frame in found.frames]
    assert {row["vmaf"] for row in table} == {""}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["1.json", "2.json", "frames.csv"]


def test_json_of_another_version_or_kind_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    for content, message in (
        (b"{}", "is no MTOR report"),
        (b"nothing", "is no MTOR report"),
        (b'{"schema": "mtor-report/99"}', "mtor-report/99"),
        (b'{"schema": "mtor-report/1"}', "broken"),
    ):
        path.write_bytes(content)
        with pytest.raises(InputError, match=message):
            read_json(path)


def test_a_damaged_json_gives_an_error_of_ours_or_a_report(pair: tuple[Path, Path], tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    report(*pair, json=path, vmaf=False)
    content = path.read_bytes()
    random = np.random.default_rng(1)
    for _ in range(300):
        damaged = bytearray(content)
        for _ in range(random.integers(1, 4)):
            damaged[random.integers(0, len(damaged))] = random.integers(0, 256)
        path.write_bytes(bytes(damaged[: random.integers(1, len(damaged) * 2)]))
        with contextlib.suppress(InputError):
            assert isinstance(read_json(path), Report)


def test_a_write_that_fails_leaves_the_old_file(
    pair: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = report(*pair, vmaf=False)
    path = tmp_path / "r.json"
    path.write_text("old")

    def full(self: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OutputError, match="the disk is full"):
        write_json(found, path)
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["r.json"]


def test_vmaf_and_xpsnr_are_in_the_report(pair: tuple[Path, Path]) -> None:
    if find_ffmpeg() is None:
        pytest.skip("no FFmpeg")
    found = report(*pair)
    assert found.quality.missing == {}
    assert found.quality.pooled["vmaf"].mean > 90
    assert all(frame.vmaf is not None and frame.xpsnr == 100 for frame in found.frames)
    assert found.scenes[0].vmaf == pytest.approx(
        np.mean([frame.vmaf for frame in found.frames[:25]]), abs=1e-5
    )


def test_without_an_ffmpeg_the_report_says_why(
    pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(ffmpeg.PROGRAM_VARIABLE, str(tmp_path / "nothing"))
    page = tmp_path / "r.html"
    found = report(*pair, html=page)
    assert set(found.quality.missing) == {"vmaf", "vmaf_neg", "xpsnr"}
    assert found.versions["ffmpeg"] == "none"
    assert "not measured: no FFmpeg program was found" in page.read_text()


def test_progress_is_told(pair: tuple[Path, Path], tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    report(*pair, vmaf=False, html=tmp_path / "r.html", progress=lambda *what: told.append(what))
    assert [done for stage, done, _ in told if stage == "measure"] == list(range(1, 51))
    assert {total for stage, _, total in told if stage == "measure"} == {50}
    assert [stage for stage, _, _ in told][-2:] == ["pictures", "write"]
