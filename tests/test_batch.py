# SPDX-License-Identifier: Apache-2.0
"""Many films into a folder: what fails is told at the end, the rest is done."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_run import DONE, FAILED, WRONG_USE, assert_one_line, files_in, mtor

from mtor_transcode import api
from mtor_transcode.analyze.film.progress import Progress, ProgressCallback
from mtor_transcode.api import batching
from mtor_transcode.api.batching import named_by
from mtor_transcode.errors import UsageError

SAMPLES = Path(__file__).parents[1] / "samples"
SHORT = ("--duration", "0.2", "--preset", "fast", "--mode", "vector", "--audio", "none")


@pytest.mark.slow
def test_failures_are_listed_and_the_rest_is_done(tmp_path: Path) -> None:
    sources, films = tmp_path / "sources", tmp_path / "films"
    sources.mkdir()
    for name in ("cut", "motion"):
        (sources / f"{name}.mp4").write_bytes((SAMPLES / f"{name}.mp4").read_bytes())
    (sources / "broken.mp4").write_bytes(b"no video at all")
    words = ["transcode", sources / "*.mp4", "-o", f"{films}/", *SHORT]
    done = mtor(*words, "--json", timeout=300)
    assert done.returncode == FAILED
    assert files_in(films) == {"cut.mtor", "motion.mtor"}
    errors = done.stderr.splitlines()
    assert len(errors) == 2
    assert "broken.mp4" in errors[0]
    assert errors[1] == "mtor: error: 1 of 3 films failed"
    events = [json.loads(line) for line in done.stdout.splitlines()]
    stages = {event["stage"] for event in events if event["event"] == "progress"}
    assert {"2 of 3, cut.mp4: coding", "3 of 3, motion.mp4: coding"} <= stages
    assert [event["type"] for event in events if event["event"] == "film"] == [
        "FailedFilm", "TranscodeResult", "TranscodeResult",
    ]  # fmt: skip
    assert [len(events[-1][name]) for name in ("films", "skipped", "failed")] == [2, 0, 1]
    (sources / "broken.mp4").unlink()
    before = (films / "cut.mtor").stat().st_mtime_ns
    done = mtor(*words, "--skip-existing", "--json", timeout=300)
    assert done.returncode == DONE, done.stderr
    assert len(json.loads(done.stdout.splitlines()[-1])["skipped"]) == 2
    assert (films / "cut.mtor").stat().st_mtime_ns == before


def test_names_and_patterns(tmp_path: Path) -> None:
    (tmp_path / "a[1].mp4").write_bytes(b"")
    (tmp_path / "b.mp4").write_bytes(b"")
    (tmp_path / "b.webm").write_bytes(b"")
    assert named_by([tmp_path / "a[1].mp4"]) == [tmp_path / "a[1].mp4"], "a file is no pattern"
    assert named_by([tmp_path / "b.mp4", tmp_path / "*.mp4"]) == [tmp_path / "b.mp4", tmp_path / "a[1].mp4"]
    with pytest.raises(UsageError, match="no file of such a name"):
        named_by([tmp_path / "*.mov"])
    with pytest.raises(UsageError, match="would both become"):
        api.transcode_all([tmp_path / "b.*"], tmp_path / "films")
    assert not (tmp_path / "films").exists()


def test_a_film_that_no_file_can_hold_is_one_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def limited(source: Path, *_: object, progress: ProgressCallback, **__: object) -> None:
        if source.stem == "cut":
            progress(Progress("coding", 1))
        raise UsageError("a span has too many tokens")

    monkeypatch.setattr(batching, "transcode", limited)
    result = api.transcode_all([SAMPLES / "cut.mp4", SAMPLES / "pan.mp4"], tmp_path)
    assert [failure.source.stem for failure in result.failed] == ["cut", "pan"]
    with pytest.raises(UsageError):
        api.transcode_all([SAMPLES / "pan.mp4"], tmp_path)


def test_what_progress_raises_ends_all(tmp_path: Path) -> None:
    def stop(_: Progress) -> None:
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        api.transcode_all([SAMPLES / "cut.mp4", SAMPLES / "motion.mp4"], tmp_path, progress=stop)
    assert files_in(tmp_path) == set()


def test_options_that_make_no_sense_fail_at_once(tmp_path: Path) -> None:
    cut = SAMPLES / "cut.mp4"
    assert_one_line(mtor("transcode", cut, "-o", tmp_path / "x.mtor", "--skip-existing"), WRONG_USE, "folder")
    assert_one_line(mtor("transcode", cut, "-", "-o", tmp_path, *SHORT), WRONG_USE, "by itself")
    done = mtor("transcode", cut, SAMPLES / "pan.mp4", "-o", tmp_path, "--quality", "200")
    assert_one_line(done, WRONG_USE, "quality")
    assert files_in(tmp_path) == set()


def test_a_folder_that_is_there_takes_one_film_too(tmp_path: Path) -> None:
    done = mtor("transcode", SAMPLES / "cut.mp4", "-o", tmp_path, "--skip-existing", *SHORT)
    assert done.returncode == DONE, done.stderr
    assert files_in(tmp_path) == {"cut.mtor"}
