# SPDX-License-Identifier: Apache-2.0
"""Long films: the same bytes whoever codes the reels and however often that is broken off."""

from __future__ import annotations

import json
import math
import os
import random
import resource
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from cli_run import DONE, INTERRUPTED, MTOR, assert_one_line, files_in, mtor
from long_films import long_film

from mtor_transcode import api
from mtor_transcode.analyze.boundaries.finding import SceneBoundary
from mtor_transcode.analyze.film.encode import look_over
from mtor_transcode.analyze.film.film_parts import Survey
from mtor_transcode.analyze.film.options import EncodeOptions
from mtor_transcode.analyze.film.progress import Progress
from mtor_transcode.analyze.film.reels import LONGEST, REEL, cut_reels
from mtor_transcode.analyze.rate.steering import first_lambda
from mtor_transcode.analyze.rate.traces import LAMBDA_MIN, lambda_of_quality
from mtor_transcode.codec.film_reader import FilmReader
from mtor_transcode.codec.series import always
from mtor_transcode.codec.series_files import load_series
from mtor_transcode.errors import InputError, TargetError, WorkerLost
from mtor_transcode.ingest.source import open_source
from mtor_transcode.jobs import sizing
from mtor_transcode.jobs.journal import folder_of
from mtor_transcode.jobs.pool import Pool
from mtor_transcode.jobs.store import Store
from mtor_transcode.jobs.tasks import Part, Place, ReelTask, digest_of_file, reel_task
from mtor_transcode.model import Enter, Transition

OPTIONS: dict[str, Any] = {"mode": "vector", "preset": "fast", "quality": 30.0, "audio": "copy"}
WORDS = ("--mode", "vector", "--preset", "fast", "--quality", "30", "--audio", "copy")
KILLS = int(os.environ.get("MTOR_KILLS", "6"))
"""Moments at which a run is killed; the full test has 20."""


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film of three reels."""
    return long_film(tmp_path_factory.mktemp("long") / "film.mp4")


@pytest.fixture(scope="module")
def whole(source: Path) -> bytes:
    """What one process makes of it, undisturbed."""
    path = source.with_name("whole.mtor")
    api.transcode(source, path, **OPTIONS)
    assert files_in(source.parent) == {"film.mp4", "whole.mtor"}
    return path.read_bytes()


@pytest.fixture(scope="module")
def survey(source: Path) -> Survey:
    """Its scenes."""
    with open_source(source) as opened:
        return look_over(opened, lambda _: None)


def test_reels_are_scenes_together_and_long_scenes_in_pieces() -> None:
    ticks = tuple(range(0, 4000, 2))
    scenes = (SceneBoundary(300), SceneBoundary(350, Transition.DISSOLVE, 8), SceneBoundary(700))
    survey = Survey(len(ticks), 4000, scenes, ticks)
    reels = cut_reels(survey, Fraction(1, 25))
    takes = [take for reel in reels for take in reel.takes]
    assert [take.number for take in takes] == list(range(len(takes)))
    assert [take.boundary.start for take in takes[1:]] == [take.end for take in takes[:-1]]
    assert takes[-1].end == survey.end
    assert takes[2].boundary == scenes[1], "a dissolve goes with the scene that it brings"
    assert len([take for take in takes if take.boundary.start >= 700]) == 3, "132 s in pieces of 60 at most"
    assert all((take.end - take.boundary.start) / 25 <= LONGEST for take in takes)
    assert all(take.boundary.start in ticks for take in takes), "a piece begins with a picture"
    assert all((reel.end - reel.start) / 25 >= REEL for reel in reels[:-1])
    assert sum(reel.frames for reel in reels) == survey.frames


def test_a_film_of_one_reel_is_not_cut(survey: Survey) -> None:
    assert len(cut_reels(survey, Fraction(1, 5))) == 3
    assert len(cut_reels(replace(survey, ticks=()), Fraction(1, 5))) == 1, (
        "places of it cannot be found again"
    )
    assert cut_reels(survey, Fraction(1, 50))[0].takes == survey.takes


def test_pictures_of_a_reel_are_those_of_the_film(source: Path, survey: Survey) -> None:
    with open_source(source) as opened:
        frames = list(opened.frames())
        for reel in cut_reels(survey, opened.info.time_base):
            part = list(opened.between(reel.start, reel.end, reel.frames))
            meant = [frame for frame in frames if reel.start <= frame.tick < reel.end]
            assert [(f.tick, f.duration) for f in part] == [(f.tick, f.duration) for f in meant]
            for one, other in zip(part, meant, strict=True):
                assert all((a == b).all() for a, b in zip(one.planes, other.planes, strict=True))
        with pytest.raises(InputError, match="other pictures"):
            list(opened.between(reel.start, reel.end, reel.frames + 1))


def test_the_film_has_all_scenes_and_the_sound(whole: bytes, source: Path, tmp_path: Path) -> None:
    path = tmp_path / "whole.mtor"
    path.write_bytes(whole)
    with path.open("rb") as stream:
        film = FilmReader(stream)
        assert [entry.head.start for entry in film.heads()] == [55 * number for number in range(6)]
        assert film.duration == 330
        sound = list(film.audio())
    assert sound[-1].pts / 44100 == pytest.approx(66, abs=0.2)


@pytest.mark.slow
@pytest.mark.parametrize("jobs", [2, 3])
def test_the_same_bytes_whatever_the_number_of_processes(
    source: Path, whole: bytes, tmp_path: Path, jobs: int
) -> None:
    out = tmp_path / "out.mtor"
    done = mtor("transcode", source, "-o", out, *WORDS, "--jobs", str(jobs), "--json", timeout=300)
    assert done.returncode == DONE, done.stderr
    assert out.read_bytes() == whole
    assert files_in(tmp_path) == {"out.mtor"}
    events = [json.loads(line) for line in done.stdout.splitlines()]
    counts = [event["done"] for event in events if event.get("stage") == "coding"]
    assert counts == sorted(counts)
    assert counts[-1] == 330


def test_snapshots_and_packets_go_through_reels(source: Path, tmp_path: Path) -> None:
    refreshed, packets = tmp_path / "refreshed.mtor", tmp_path / "packets.mtor"
    common = {**OPTIONS, "duration": 40, "audio": "none"}
    api.transcode(source, refreshed, refresh=1.0, **common)
    api.transcode(source, packets, resilience=3, cache=tmp_path / "cache", **common)
    with refreshed.open("rb") as stream:
        film = FilmReader(stream)
        later = [film.heads()[number].parts for number in (0, 2)]
        assert all(any(start == end for _, start, end in parts) for parts in later), "there is none"
        spans = list(film.spans(2))
        entered = list(film.spans(2, from_tick=film.heads()[2].end - 1))
        assert entered[0].start == entered[0].end
        assert entered[-1].end == spans[-1].end
    with packets.open("rb") as stream:
        assert FilmReader(stream).in_packets
    assert files_in(tmp_path / "cache"), "what was made is kept for other films"


def test_reels_share_a_dictionary_of_the_series(source: Path, whole: bytes, tmp_path: Path) -> None:
    first, dictionary, out = (tmp_path / name for name in ("first.mtor", "series.mtordict", "out.mtor"))
    first.write_bytes(whole)
    api.build_dictionary([first], dictionary, least_uses=1)
    api.transcode(source, out, dictionary=dictionary, **{**OPTIONS, "duration": 44})
    with out.open("rb") as stream:
        series = load_series(dictionary)
        film = FilmReader(stream, find_series=always(series))
        assert film.series is series
        outlines = {
            token.state.outline
            for entry in film.heads()
            for span in film.spans(entry.head.number)
            for token in span.tokens
            if isinstance(token, Enter)
        }
        assert outlines & set(series.outlines), "no outline of it was used"
        assert not set(series.outlines) & set(film.dictionary()), "an outline of it was sent again"


def _killed(work: Callable[[], object], seconds: float) -> bool:
    """Do work in a process that is killed after so long; whether it ended before."""
    child = os.fork()
    if child == 0:
        with suppress(BaseException):
            work()
            os._exit(0)
        os._exit(1)
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            assert status == 0
            return True
        time.sleep(0.002)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


@pytest.mark.slow
def test_killed_at_any_moment_it_goes_on(source: Path, whole: bytes, tmp_path: Path) -> None:
    out = tmp_path / "out.mtor"
    began = time.monotonic()
    api.transcode(source, tmp_path / "timed.mtor", **OPTIONS)
    seconds = time.monotonic() - began
    (tmp_path / "timed.mtor").unlink()
    chance = random.Random(7)
    kills = 0
    while kills < KILLS:
        if _killed(lambda: api.transcode(source, out, **OPTIONS), chance.uniform(0, seconds / 2)):
            assert out.read_bytes() == whole
            out.unlink()
        kills += 1
        assert not out.exists()
        assert files_in(tmp_path) <= {folder_of(out).name} | files_in(folder_of(out)), "litter"
    stages: list[Progress] = []
    api.transcode(source, out, progress=stages.append, **OPTIONS)
    assert out.read_bytes() == whole
    assert files_in(tmp_path) == {"out.mtor"}


def test_it_goes_on_where_it_was(source: Path, whole: bytes, tmp_path: Path) -> None:
    class Enough(SystemExit):
        """The machine is stopped."""

    def stop(progress: Progress) -> None:
        if progress.stage == "coding" and progress.done > 200:
            raise Enough

    out = tmp_path / "out.mtor"
    with pytest.raises(Enough):
        api.transcode(source, out, progress=stop, **OPTIONS)
    assert not out.exists()
    stages: list[Progress] = []
    api.transcode(source, out, progress=stages.append, **OPTIONS)
    assert out.read_bytes() == whole
    assert stages[0].stage == "coding", "the scenes were known"
    assert stages[0].done >= 110, "a reel was there"


def test_other_options_are_noticed(source: Path, tmp_path: Path) -> None:
    def stop(progress: Progress) -> None:
        if progress.stage == "coding":
            raise SystemExit

    out = tmp_path / "out.mtor"
    short = tmp_path / "short.mp4"
    shutil.copyfile(source, short)
    for _ in range(2):
        with pytest.raises(SystemExit):
            api.transcode(short, out, progress=stop, **OPTIONS)
    told: list[str] = []
    with pytest.raises(SystemExit):
        api.transcode(
            short, out, progress=lambda p: (told.append(p.note), stop(p)), **{**OPTIONS, "quality": 31}
        )
    assert [note for note in told if note] == ["the work kept beside the output began with another quality"]
    long_film(short, scenes=4)
    told.clear()
    with pytest.raises(SystemExit):
        api.transcode(
            short, out, progress=lambda p: (told.append(p.note), stop(p)), **{**OPTIONS, "quality": 31}
        )
    assert [note for note in told if note] == ["the work kept beside the output began with another source"]


@pytest.mark.slow
def test_a_full_disk_loses_nothing_done(source: Path, tmp_path: Path) -> None:
    # So fine that the film is larger than what is kept of it on the way.
    options = {**OPTIONS, "audio": "none", "duration": 44, "quality": 80}
    words = (*WORDS, "--audio", "none", "--duration", "44", "--jobs", "1", "--quality", "80")
    cache, out, other = tmp_path / "cache", tmp_path / "out.mtor", tmp_path / "other.mtor"
    api.transcode(source, other, cache=cache, **options)
    largest = max(path.stat().st_size for path in (cache / "objects").rglob("*") if path.is_file())
    shutil.rmtree(cache)
    assert largest < other.stat().st_size

    def without_room() -> None:
        # Each part can be written, all of the film cannot.
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    done = subprocess.run(
        [MTOR, "transcode", source, "-o", out, *words],
        preexec_fn=without_room, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert_one_line(done, 1, "out.mtor", "the disk is full")
    assert not out.exists()
    stages: list[Progress] = []
    api.transcode(source, out, progress=stages.append, **options)
    assert all(each.done == each.total for each in stages if each.stage == "coding"), "reels were made anew"
    assert out.read_bytes() == other.read_bytes()
    assert files_in(tmp_path) == {"out.mtor", "other.mtor"}


def _task(source: Path, survey: Survey, lam: float) -> ReelTask:
    with open_source(source) as opened:
        reel = cut_reels(survey, opened.info.time_base)[-1]
    part = Part(digest_of_file(source))
    return reel_task(part, survey, reel, EncodeOptions(preset="fast", mode="vector"), lam)


def test_an_error_in_a_worker_is_one_error_here(source: Path, survey: Survey, tmp_path: Path) -> None:
    place = Place(str(tmp_path / "gone.mp4"), str(tmp_path / "store"))
    with Pool(1) as pool, pytest.raises(InputError, match="no such file"):
        pool.run([_task(source, survey, 4000.0)], place, lambda *_: None)


@pytest.mark.slow
def test_a_worker_that_is_killed_is_replaced(source: Path, survey: Survey, tmp_path: Path) -> None:
    task = _task(source, survey, 4000.0)
    place = Place(str(source), str(tmp_path))
    killed = 0

    def kill(number: int, frames: int, size: int) -> None:
        nonlocal killed
        if number == 0 and killed < kills:
            killed += 1
            os.kill(pool._workers[0].process.pid, signal.SIGKILL)

    kills = 1
    with Pool(1) as pool:
        made = pool.run([task], place, kill)[0]
        assert Store(tmp_path).get(made.result)
        kills, killed = 2, 0
        with pytest.raises(WorkerLost, match="-9"):
            pool.run([_task(source, survey, 3000.0)], place, kill)


def _children(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_workers_end_with_their_parent(source: Path, tmp_path: Path, number: int) -> None:
    running = subprocess.Popen(
        [MTOR, "transcode", source, "-o", tmp_path / "out.mtor", *WORDS, "--jobs", "2", "--json"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )  # fmt: skip
    assert running.stdout is not None
    while '"coding"' not in running.stdout.readline():
        assert running.poll() is None
    workers = _children(running.pid)
    assert len(workers) == 2
    running.send_signal(number)
    running.communicate(timeout=60)
    if number == signal.SIGINT:
        assert running.returncode == INTERRUPTED
        assert files_in(tmp_path) == set()
    limit = time.monotonic() + 30
    while any(Path(f"/proc/{worker}/stat").exists() for worker in workers):
        assert time.monotonic() < limit, "a worker lives on"
        time.sleep(0.05)


@pytest.mark.parametrize("room", [50, 800, 30_000, 10**7])
@pytest.mark.parametrize("rise", [0.01, 0.06, 0.1, 0.14])
@pytest.mark.parametrize("fixed", [0, 700])
@pytest.mark.parametrize("start", [-30, 12, 60])
def test_few_looks_find_the_quality_of_a_size(room: int, rise: float, fixed: int, start: int) -> None:
    def size(quality: int) -> float:
        return float(fixed + 100 * math.exp(rise * quality) + quality % 5 * 1e-3)

    told: dict[int, float] = {}
    quality = start
    while quality not in told and len(told) < sizing.LOOKS:
        told[quality] = size(quality)
        quality = sizing._next(told, room)
    best = max(
        (each for each in range(sizing.LOWEST, sizing.HIGHEST + 1) if size(each) <= room), default=None
    )
    found = max((each for each, bytes_ in told.items() if bytes_ <= room), default=None)
    assert (found is None) == (best is None)
    if found is not None and best is not None:
        assert size(found) >= 0.95 * size(best)
    known = max(sizing.LOWEST if best is None else best, start)
    assert max(told) <= known + 30, "a film that is coded too well takes long"


def test_a_size_that_no_quality_reaches_takes_one_look() -> None:
    assert lambda_of_quality(sizing.HIGHEST) >= LAMBDA_MIN
    assert sizing._next({sizing.HIGHEST: 5000.0}, 5_000_000) == sizing.HIGHEST
    assert sizing._bounded(sizing._quality_of(first_lambda(900))) == sizing.HIGHEST


@pytest.mark.slow
def test_a_long_film_of_a_size(source: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    wanted = {"mode": "vector", "preset": "fast", "audio": "none", "duration": 44, "cache": cache}
    made = api.transcode(source, tmp_path / "small.mtor", target_size=400, **wanted)
    assert 200 < made.bytes <= 400, "two reels leave a step or two unused"
    larger = api.transcode(source, tmp_path / "larger.mtor", target_size=470, **wanted)
    assert made.bytes <= larger.bytes <= 470
    with pytest.raises(TargetError, match="smallest"):
        api.transcode(source, tmp_path / "no.mtor", target_size=100, **wanted)
    assert files_in(tmp_path) - files_in(cache) == {"small.mtor", "larger.mtor", "cache"}
