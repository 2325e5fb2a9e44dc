# SPDX-License-Identifier: Apache-2.0
"""Reels as work for others: exported, done elsewhere, joined, and a sample of them done again."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from cli_run import DONE, FAILED, mtor
from long_films import long_film

from mtor_transcode import api
from mtor_transcode.analyze.encode import look_over
from mtor_transcode.analyze.progress import Progress
from mtor_transcode.analyze.reels import cut_reels
from mtor_transcode.errors import FormatError, InputError, OutputError, UsageError
from mtor_transcode.ingest.slices import cut_slice
from mtor_transcode.ingest.source import open_source
from mtor_transcode.jobs.orders import read_job, store_of

OPTIONS: dict[str, Any] = {"mode": "vector", "preset": "fast", "quality": 30.0, "start": 5, "duration": 44}


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film of which a part makes two reels."""
    return long_film(tmp_path_factory.mktemp("long") / "film.mp4", scenes=5)


@pytest.fixture(scope="module")
def folder(source: Path) -> Path:
    """Its jobs, somewhere else, and done."""
    made = api.export_jobs(source, source.with_name("jobs"), **OPTIONS)
    assert made.jobs == 2
    assert made.bytes < 2 * source.stat().st_size, "pictures travel as they were coded"
    away = source.parent / "away" / "jobs"
    shutil.copytree(source.with_name("jobs"), away)
    for number in range(2):
        api.run_job(away / "jobs" / f"{number:04}.json")
    return away


def test_a_slice_holds_exactly_the_pictures(clip: Any, tmp_path: Path) -> None:
    with open_source(clip("live_flower"), start=1.5, duration=2) as opened:
        survey = look_over(opened, lambda _: None)
        start, end = survey.ticks[20], survey.ticks[40]
        made = cut_slice(opened, start, end, 20, tmp_path / "slice.mkv")
        assert made is not None
        assert [tick for tick, _ in made.times] == list(survey.ticks[20:40])
        assert made.path.stat().st_size < opened.path.stat().st_size
        meant = list(opened.between(start, end, 20))
        for one, other in zip(made.frames(), meant, strict=True):
            assert (one.tick, one.duration) == (other.tick, other.duration)
            assert all((a == b).all() for a, b in zip(one.planes, other.planes, strict=True))


def test_what_others_made_is_joined_to_the_same_film(source: Path, folder: Path, tmp_path: Path) -> None:
    made, joined = tmp_path / "made.mtor", tmp_path / "joined.mtor"
    api.transcode(source, made, audio="none", **OPTIONS)
    told: list[Progress] = []
    api.transcode(
        source, joined, audio="none", cache=store_of(folder).folder, progress=told.append, **OPTIONS
    )
    assert joined.read_bytes() == made.read_bytes()
    assert all(progress.done == progress.total for progress in told if progress.stage == "coding"), (
        "made anew"
    )
    with open_source(source, start=5, duration=44) as opened:
        reels = cut_reels(look_over(opened, lambda _: None), opened.info.time_base)
    jobs = [read_job(folder / "jobs" / f"{number:04}.json") for number in range(2)]
    assert [len(job.input.times) for job in jobs] == [reel.frames for reel in reels], "no slices"


@pytest.mark.slow
def test_a_sample_done_again_shows_what_was_made_up(folder: Path, tmp_path: Path) -> None:
    done = mtor("jobs", "verify", folder, "--sample", "1", "--json", timeout=300)
    assert done.returncode == DONE, done.stderr
    assert json.loads(done.stdout)["wrong"] == []
    forged = tmp_path / "jobs"
    shutil.copytree(folder, forged)
    jobs = [read_job(forged / "jobs" / f"{number:04}.json") for number in range(2)]
    store = store_of(forged)
    results = [store.done(job.task.key) for job in jobs]
    assert results[0] is not None
    store.put(jobs[1].task.key, store.get(results[0].result))
    done = mtor("jobs", "verify", forged, "--sample", "2", timeout=300)
    assert done.returncode == FAILED
    assert done.stdout.splitlines() == ["0000.json: right", "0001.json: wrong"]
    assert "1 of 2 results" in done.stderr


def test_jobs_that_were_changed_are_refused(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "jobs"
    shutil.copytree(folder, other)
    path = other / "jobs" / "0000.json"
    job = json.loads(path.read_bytes())
    place = other / "input" / job["input"]["file"]
    place.write_bytes(place.read_bytes()[:-1])
    with pytest.raises(InputError, match="not what the job says"):
        api.run_job(path)
    job["task"]["code"] = "other"
    path.write_text(json.dumps(job))
    with pytest.raises(InputError, match="another version"):
        api.run_job(path)
    job["input"]["file"] = "../../../etc/passwd"
    path.write_text(json.dumps({**job, "form": 99}))
    with pytest.raises(FormatError, match="another form"):
        api.run_job(path)
    path.write_text("{}")
    with pytest.raises(FormatError, match="no job"):
        api.run_job(path)


def test_jobs_go_into_a_folder_of_their_own(source: Path, folder: Path, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="there already"):
        api.export_jobs(source, folder, **OPTIONS)
    shutil.copytree(folder, tmp_path / "jobs")
    shutil.rmtree(tmp_path / "jobs" / "store")
    with pytest.raises(UsageError, match="no job of it has a result"):
        api.verify_jobs(tmp_path / "jobs")
