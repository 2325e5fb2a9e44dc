# SPDX-License-Identifier: Apache-2.0
"""Reels as work for others: exported, done elsewhere, joined, and a sample of them done again."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cli_run import DONE, FAILED, mtor
from ingest_films import ffmpeg
from long_films import long_film

from mtor_transcode import api
from mtor_transcode.analyze.film.encode import look_over
from mtor_transcode.analyze.film.progress import Progress
from mtor_transcode.analyze.film.reels import cut_reels
from mtor_transcode.errors import Cancelled, FormatError, InputError, OutputError, UsageError
from mtor_transcode.ingest.slices import cut_slice
from mtor_transcode.ingest.source import open_source
from mtor_transcode.jobs.orders import read_job, store_of
from mtor_transcode.jobs.store import Store
from mtor_transcode.jobs.tasks import digest_of_file

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


@pytest.fixture
def undone(folder: Path, tmp_path: Path) -> Path:
    """The jobs as a folder of one's own, nothing of them done."""
    shutil.copytree(folder, tmp_path / "jobs")
    shutil.rmtree(tmp_path / "jobs" / "store")
    return tmp_path / "jobs"


def _changed(folder: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    path = folder / "jobs" / "0000.json"
    job = json.loads(path.read_bytes())
    change(job)
    path.write_text(json.dumps(job))
    return path


def test_other_pictures_and_versions_are_refused(undone: Path) -> None:
    path = undone / "jobs" / "0000.json"
    place = undone / "input" / read_job(path).input.file
    place.write_bytes(place.read_bytes()[:-1])
    with pytest.raises(InputError, match="not what the job says"):
        api.run_job(path)
    place.unlink()
    os.mkfifo(place)
    with pytest.raises(InputError, match="missing"):
        api.run_job(path)
    _changed(undone, lambda job: job["task"].update(code="0" * 64))
    with pytest.raises(InputError, match="another version"):
        api.run_job(path)
    _changed(undone, lambda job: job.update(form=99))
    with pytest.raises(FormatError, match="another form"):
        api.run_job(path)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(FormatError, match="no plain file"):
        api.run_job(path)
    assert not (undone / "store").exists()


HOSTILE: dict[str, Callable[[dict[str, Any]], object]] = {
    "nothing": dict.clear,
    "no takes": lambda job: job["task"].update(takes=[]),
    "takes backwards": lambda job: job["task"]["takes"].reverse(),
    "a take without end": lambda job: job["task"]["takes"][-1].update(end=2**60),
    "finer than any": lambda job: job["task"].update(lam=1e-9),
    "no such preset": lambda job: job["task"].update(preset="worst"),
    "no such mode": lambda job: job["task"].update(mode="both"),
    "always fresh": lambda job: job["task"].update(refresh=0),
    "a path as series": lambda job: job.update(series="../../../../dev/zero"),
    "a path as input": lambda job: job["input"].update(sha256="../x"),
    "pictures left out backwards": lambda job: job["input"].update(skip=-1),
    "times backwards": lambda job: job["input"]["times"].reverse(),
    "times left out": lambda job: job["input"]["times"].pop(),
    "no time at all": lambda job: job["info"].update(time_base="1/0"),
    "no number": lambda job: job["info"].update(time_base="a while"),
    "time that goes back": lambda job: job["info"].update(time_base="-1/5"),
    "no width": lambda job: job["info"].update(width=0),
    "no information": lambda job: job.update(info={}),
    "a start that is none": lambda job: job["task"]["source"].update(start="soon"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_jobs_that_make_no_sense_are_refused(name: str, undone: Path) -> None:
    path = _changed(undone, HOSTILE[name])
    with pytest.raises(FormatError, match=r"0000\.json: is no job: "):
        api.run_job(path)
    assert not (undone / "store").exists()


def test_pictures_have_to_be_of_the_size_that_is_told(undone: Path) -> None:
    path = _changed(undone, lambda job: job["info"].update(width=16384, height=16384))
    with pytest.raises(InputError, match="other pictures"):
        api.run_job(path)


@pytest.mark.parametrize("kind", ["playlist", "ffconcat"])
def test_jobs_do_not_look_at_other_files(kind: str, source: Path, undone: Path) -> None:
    ffmpeg("-i", source, "-c", "copy", undone / "input" / "private.ts")
    text = {
        "ffconcat": "ffconcat version 1.0\nfile 'private.ts'\n",
        "playlist": "#EXTM3U\n#EXT-X-TARGETDURATION:60\n#EXTINF:55,\nprivate.ts\n#EXT-X-ENDLIST\n",
    }[kind]
    place = undone / "input" / ("list.m3u8" if kind == "playlist" else "list")
    place.write_text(text)
    digest = digest_of_file(place)
    path = _changed(undone, lambda job: job["input"].update(file=place.name, sha256=digest))
    with pytest.raises(InputError, match="list of other files"):
        api.run_job(path)


def test_an_export_that_is_broken_off_leaves_nothing(source: Path, tmp_path: Path) -> None:
    def stop(progress: Progress) -> None:
        if progress.done == 10:
            raise Cancelled("enough")

    with pytest.raises(Cancelled):
        api.export_jobs(source, tmp_path / "new" / "jobs", progress=stop, **OPTIONS)
    assert not list(tmp_path.iterdir())


def test_names_of_jobs_lead_nowhere_else(undone: Path) -> None:
    film = undone / "film.json"
    film.write_text(json.dumps({**json.loads(film.read_bytes()), "names": ["../../../secret.json"]}))
    with pytest.raises(FormatError, match=r"film\.json: is no job"):
        api.verify_jobs(undone)


def test_a_job_may_be_named_from_where_it_lies(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder / "jobs")
    assert api.run_job("0000.json").sha256 == api.run_job(folder / "jobs" / "0000.json").sha256


def test_a_job_that_was_done_is_not_done_again(folder: Path) -> None:
    store, path = store_of(folder), folder / "jobs" / "0000.json"
    done = store.done(read_job(path).task.key)
    assert done is not None
    place = store._place(done.result)
    before = place.stat().st_mtime_ns
    told: list[Progress] = []
    assert api.run_job(path, told.append).sha256 == done.result
    assert told == []
    assert place.stat().st_mtime_ns == before


def test_what_is_expected_is_told_where_it_is_known(source: Path, folder: Path, tmp_path: Path) -> None:
    api.export_jobs(source, tmp_path / "jobs", cache=store_of(folder).folder, **OPTIONS)
    for number in range(2):
        job = read_job(tmp_path / "jobs" / "jobs" / f"{number:04}.json")
        done = store_of(folder).done(job.task.key)
        assert done is not None
        assert job.expected == done.result


def test_a_result_of_another_reel_is_not_joined(source: Path, folder: Path, tmp_path: Path) -> None:
    store = Store(shutil.copytree(store_of(folder).folder, tmp_path / "store"))
    keys = [read_job(folder / "jobs" / f"{number:04}.json").task.key for number in range(2)]
    first = store.done(keys[0])
    assert first is not None
    store.put(keys[1], store.get(first.result))
    with pytest.raises(FormatError, match=f"{first.result}: is not of the reel"):
        api.transcode(source, tmp_path / "out.mtor", audio="none", cache=store.folder, **OPTIONS)
    store.put(keys[1], b"no film at all")
    with pytest.raises(FormatError):
        api.transcode(source, tmp_path / "out.mtor", audio="none", cache=store.folder, **OPTIONS)
    assert not (tmp_path / "out.mtor").exists()


def test_jobs_go_into_a_folder_of_their_own(source: Path, folder: Path, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="there already"):
        api.export_jobs(source, folder, **OPTIONS)
    shutil.copytree(folder, tmp_path / "jobs")
    shutil.rmtree(tmp_path / "jobs" / "store")
    with pytest.raises(UsageError, match="no job of it has a result"):
        api.verify_jobs(tmp_path / "jobs")
