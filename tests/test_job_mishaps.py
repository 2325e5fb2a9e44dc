# SPDX-License-Identifier: Apache-2.0
"""Long films when things go wrong: files that change, disks, links, and others at the same work."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any, BinaryIO, cast

import msgspec
import pytest
from cli_run import WRONG_USE, assert_one_line, files_in, mtor
from long_films import long_film

from mtor_transcode import api
from mtor_transcode.analyze.boundaries.finding import SceneBoundary
from mtor_transcode.analyze.film.film_parts import Survey, Tracks
from mtor_transcode.analyze.film.options import EncodeOptions
from mtor_transcode.analyze.film.progress import Progress
from mtor_transcode.analyze.film.reels import Reel, Take
from mtor_transcode.errors import Cancelled, InputError, MissingExtraError, OutputError, WorkerLost
from mtor_transcode.ingest.source import open_source
from mtor_transcode.jobs import cluster, pool, sizing
from mtor_transcode.jobs import journal as journal_module
from mtor_transcode.jobs.film import part_of
from mtor_transcode.jobs.journal import folder_of, journal
from mtor_transcode.jobs.kept import kept_survey, kept_tracks
from mtor_transcode.jobs.long_job import LongJob
from mtor_transcode.jobs.store import Done, Store
from mtor_transcode.jobs.tasks import Part, Place, ReelTask, TakeTask, key_of, run_task
from mtor_transcode.jobs.worker import Failure, failure_of

SAMPLES = Path(__file__).parents[1] / "samples"
COARSE: dict[str, Any] = {"mode": "vector", "preset": "fast", "quality": 0.0, "audio": "none"}
NOBODY = "0" * 64
TASK = ReelTask(Part(NOBODY), 50, 50, (TakeTask(0, 0, 50),), 4000.0, "fast", "vector")


def test_workers_import_nothing_from_the_working_folder(tmp_path: Path) -> None:
    (tmp_path / "queue.py").write_text("raise SystemExit(7)\n")
    done = subprocess.run(pool._command(), cwd=tmp_path, stdin=subprocess.DEVNULL, check=False)
    assert done.returncode == -signal.SIGTERM, "a film's neighbour was run"


def test_a_worker_that_tells_nothing_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twice; then the film says so."""
    hangs = [sys.executable, "-c", "import time; time.sleep(600)"]
    monkeypatch.setattr(pool, "_command", lambda: hangs)
    monkeypatch.setattr(pool, "SILENT_SECONDS", 0.3)
    told: list[tuple[int, int, int]] = []
    place = Place("film.mp4", "nowhere")
    with pool.Pool(1) as workers, pytest.raises(WorkerLost, match="told nothing for too long"):
        workers.run([TASK], place, lambda *event: told.append(event))
    assert told


def test_a_worker_that_works_may_be_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """A window of large pictures may take more than half an hour."""

    class EnoughError(Exception):
        pass

    monkeypatch.setattr(pool, "_command", lambda: [sys.executable, "-c", "while True: pass"])
    monkeypatch.setattr(pool, "SILENT_SECONDS", 0.3)
    begun = time.monotonic()

    def watch(*_: int) -> None:
        if time.monotonic() - begun > 3:
            raise EnoughError

    with pool.Pool(1) as workers, pytest.raises(EnoughError):
        workers.run([TASK], Place("film.mp4", "nowhere"), watch)


def test_a_worker_that_hangs_beside_one_that_talks_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the one tells all the time does not hide that the other tells nothing."""
    talks = "import time\nwhile True: print('{}', flush=True); time.sleep(0.02)"
    programs = iter(["import time; time.sleep(600)", talks, "raise SystemExit(7)"])
    monkeypatch.setattr(pool, "_command", lambda: [sys.executable, "-c", next(programs)])
    monkeypatch.setattr(pool, "SILENT_SECONDS", 2.0)
    told = []

    def watch(number: int, frames: int, size: int) -> None:
        told.append(number)
        assert len(told) < 2000, "the one that hangs is not seen"

    with pool.Pool(2) as workers, pytest.raises(WorkerLost, match="ended with code 7"):
        workers.run([TASK, TASK], Place("film.mp4", "nowhere"), watch)
    assert 1 in told


def test_a_result_that_was_damaged_is_made_anew(tmp_path: Path) -> None:
    store = Store(tmp_path)
    made = store.put("key", b"a reel")
    place = next(path for path in (tmp_path / "objects").rglob("*") if path.is_file())
    place.write_bytes(b"a ree")
    assert store.done("key") is None
    assert store.put("key", b"a reel") == made
    assert store.get(made.result) == b"a reel"


def test_a_store_that_was_taken_away_stays_away(tmp_path: Path) -> None:
    store = Store(tmp_path / "gone")
    with pytest.raises(OSError, match="gone"):
        store.put("key", b"of a worker that is late")
    assert files_in(tmp_path) == set()


@pytest.mark.parametrize("name", ["/dev/zero", "../../etc/passwd", "", NOBODY.upper().replace("0", "A")])
def test_a_result_is_a_hash_and_no_path(name: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(msgspec.json.encode({"result": name}), type=Done)


@pytest.mark.parametrize(("stage", "kept"), [("finding scenes", 0), ("coding", 2)])
def test_a_source_that_changes_meanwhile_is_noticed(stage: str, kept: int, tmp_path: Path) -> None:
    source, cache = long_film(tmp_path / "film.mp4", scenes=3), tmp_path / "cache"

    def change(progress: Progress) -> None:
        if progress.stage == stage and progress.done == 10:
            source.write_bytes(source.read_bytes() + b"\0\0\0\x08free")

    with pytest.raises(InputError, match=r"film\.mp4.*not the file that it was"):
        api.transcode(source, tmp_path / "out.mtor", cache=cache, progress=change, **COARSE)
    assert len(list(cache.glob("done/*"))) == kept, "what was made before, and no more"
    assert files_in(tmp_path) - files_in(cache) == {"film.mp4", "cache"}


def test_what_is_kept_of_a_source_is_of_what_was_asked(tmp_path: Path) -> None:
    store = Store(tmp_path)

    def learnt(start: int, kbps: float, audio: str = "opus") -> tuple[Survey, Tracks]:
        options = EncodeOptions(audio=audio, audio_kbps=kbps)
        with open_source(SAMPLES / "demo.mp4", start=start, duration=1) as source:
            part = part_of(source)
            survey = kept_survey(store, part, source, lambda _: None)
            return survey, kept_tracks(store, part, source, options, lambda _: None)

    first = learnt(0, 8.0)
    assert learnt(0, 8.0) == first
    assert learnt(0, 16.0)[1] != first[1]
    assert learnt(0, 8.0, "none")[1].packets == ()
    assert learnt(5, 8.0)[1] != first[1]
    assert len(files_in(tmp_path / "done")) == 6


def test_a_link_to_another_disk_is_followed(tmp_path: Path) -> None:
    other = Path("/dev/shm")
    if not os.access(other, os.W_OK) or other.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is one disk only")
    far = other / f"mtor-test-{os.getpid()}"
    far.mkdir()
    try:
        out = tmp_path / "out.mtor"
        out.symlink_to(far / "film.mtor")
        with journal(out) as work:
            work.film.write_bytes(b"a film")
        assert out.is_symlink()
        assert (far / "film.mtor").read_bytes() == b"a film"
        assert files_in(far) == {"film.mtor"}
    finally:
        shutil.rmtree(far)


@pytest.mark.parametrize(
    ("error", "kept"),
    [
        (InputError("the disk with the source is gone"), True),
        (OutputError("the disk is full"), True),
        (WorkerLost("again and again"), True),
        (MissingExtraError("no VMAF"), True),
        (SystemExit(143), True),
        (Cancelled("enough"), False),
        (KeyboardInterrupt(), False),
        (RuntimeError("what progress raises"), False),
    ],
    ids=lambda each: type(each).__name__,
)
@pytest.mark.parametrize("done", [True, False])
def test_what_was_done_is_kept_unless_the_work_is_called_off(
    error: BaseException, kept: bool, done: bool, tmp_path: Path
) -> None:
    out = tmp_path / "out.mtor"

    def work() -> None:
        with journal(out) as at:
            if done:
                at.store.put("key", b"hours of work")
            raise error

    with pytest.raises(type(error)):
        work()
    assert folder_of(out).exists() == (kept and done)
    assert bool(Store(folder_of(out)).done("key")) == (kept and done)


def test_an_extra_that_is_missing_takes_nothing_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    source, out = long_film(tmp_path / "film.mp4", scenes=3), tmp_path / "out.mtor"
    folder_of(out).mkdir()
    Store(folder_of(out)).put("key", b"hours of work")
    with pytest.raises(MissingExtraError):
        api.transcode(source, out, scheduler="tcp://127.0.0.1:9")
    assert Store(folder_of(out)).done("key")


def test_one_process_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out.mtor"

    def other() -> None:
        with pytest.raises(OutputError, match=r"out\.mtor: another process"), journal(out):
            pass

    def removed(folder: Path, ignore_errors: bool) -> None:
        other()
        real(folder, ignore_errors=ignore_errors)

    real = shutil.rmtree
    monkeypatch.setattr(shutil, "rmtree", removed)
    with journal(out) as work:
        other()
        work.film.write_bytes(b"a film")
    assert files_in(tmp_path) == {"out.mtor"}


def test_a_folder_that_goes_while_it_is_taken_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, calls = tmp_path / "out.mtor", []
    real = journal_module._lock

    def late(stream: BinaryIO, output: Path) -> None:
        if not calls:  # whoever held it ends just now
            shutil.rmtree(folder_of(out))
        calls.append(output)
        real(stream, output)

    monkeypatch.setattr(journal_module, "_lock", late)
    with journal(out) as work:
        work.store.put("key", b"work")
        work.film.write_bytes(b"a film")
    assert len(calls) == 2
    assert files_in(tmp_path) == {"out.mtor"}


def test_a_cache_that_is_no_folder_is_named(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    cache.write_bytes(b"")
    with pytest.raises(OutputError, match="cache: cannot be written"), journal(tmp_path / "out.mtor", cache):
        pass
    assert files_in(tmp_path) == {"cache"}


def test_a_full_disk_names_the_output_whoever_met_it(tmp_path: Path) -> None:
    out = tmp_path / "out.mtor"
    place = Place("film.mp4", str(folder_of(out)))
    met = failure_of(OSError(28, "No space left on device"), place)
    with pytest.raises(OutputError, match=r"out\.mtor: the disk is full"), journal(out):
        raise met.as_error()


def test_a_worker_without_memory_is_a_worker_that_is_lost() -> None:
    with pytest.raises(WorkerLost, match=r"memory.*--jobs"):
        raise failure_of(MemoryError(), Place("", "")).as_error()
    with pytest.raises(RuntimeError, match="KeyError"):
        raise Failure("", "KeyError: 1").as_error()


@pytest.mark.parametrize(("code", "remedy"), [(1, "MTOR_DEBUG=1"), (-9, "--jobs")])
def test_a_worker_that_ends_again_and_again_says_what_helps(code: int, remedy: str) -> None:
    worker: Any = SimpleNamespace(process=SimpleNamespace(returncode=code), hung=False)
    pool.Pool(1)._check(worker, pool.TRIES - 1)
    with pytest.raises(WorkerLost, match=f"code {code} .*{remedy}"):
        pool.Pool(1)._check(worker, pool.TRIES)


def test_a_worker_of_another_version_makes_nothing(tmp_path: Path) -> None:
    other = msgspec.structs.replace(TASK, code=NOBODY)
    with pytest.raises(InputError, match=r"a worker on .*another version"):
        run_task(other, Place("film.mp4", str(tmp_path)), lambda *_: None)
    assert not list(tmp_path.iterdir())


def test_a_scheduler_keeps_the_works_of_two_apart() -> None:
    one, other = (cluster._key(TASK, Place("film.mp4", name)) for name in ("a", "b"))
    assert one != other
    assert one == cluster._key(TASK, Place("film.mp4", "a"))


def _job(tmp_path: Path, tracks: Tracks, runner: Any) -> LongJob:
    """Reels of ticks 0-10, 10-25 and 25-50, half a second each tick."""
    reels = tuple(
        Reel((Take(number, SceneBoundary(start), end),), end - start)
        for number, (start, end) in enumerate([(0, 10), (10, 25), (25, 50)])
    )
    source = SimpleNamespace(info=SimpleNamespace(time_base=Fraction(1, 2)))
    parts = {"source": source, "tracks": tracks, "reels": reels, "runner": runner}
    others = dict.fromkeys(("part", "survey", "place"))
    kept = SimpleNamespace(store=Store(tmp_path))
    return LongJob(
        **cast(
            "Any",
            {
                **others,
                **parts,
                "options": SimpleNamespace(),
                "journal": kept,
                "tell": lambda _: None,
            },
        )
    )


def test_steps_up_that_take_too_much_are_held_back(tmp_path: Path) -> None:
    job = _job(tmp_path, Tracks(None, (), (), ()), None)
    known = {(0, 1.0): 100, (0, 2.0): 150, (1, 1.0): 100, (1, 2.0): 130, (2, 1.0): 100}
    fresh = [2.0, 2.0, 1.0]
    sizing._Sizing(job, 0, known)._hold_back([1.0, 1.0, 1.0], fresh, 40)
    assert fresh == [1.0, 2.0, 1.0]


def test_a_worker_that_writes_elsewhere_is_told_of(tmp_path: Path) -> None:
    elsewhere = SimpleNamespace(run=lambda *_: [Done(NOBODY)])
    with pytest.raises(WorkerLost, match=r"not there.*all machines"):
        _job(tmp_path, Tracks(None, (), (), ()), elsewhere).coded([TASK])


def test_what_comes_through_a_pipe_goes_to_no_scheduler(tmp_path: Path) -> None:
    words = ("-o", tmp_path / "x.mtor", "--scheduler", "tcp://127.0.0.1:9")
    done = mtor("transcode", "-", *words, stdin=subprocess.DEVNULL)
    assert_one_line(done, WRONG_USE, "scheduler", "pipe")


def test_a_key_says_all() -> None:
    assert key_of(TASK) == TASK.key
    assert key_of(TASK) != msgspec.structs.replace(TASK, lam=4001.0).key
    assert key_of(TASK) != msgspec.structs.replace(TASK, code=NOBODY).key
