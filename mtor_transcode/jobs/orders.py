# SPDX-License-Identifier: Apache-2.0
"""Jobs for others: a folder in which each reel is a file that says all, with its pictures beside it.

    film.json           what the jobs are of, and their names
    jobs/0000.json      a job
    input/SHA.mkv       the pictures of a reel; SHA is the SHA-256 of the file
    store/              what was made, as in a ``Store``; ``mtor transcode --cache FOLDER/store`` uses it

Whoever does a job need not be trusted: a result is a film, which is read with care, and the same job gives
the same bytes everywhere, so a sample of the jobs done again shows who made something up.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from fractions import Fraction
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Annotated, Any, TypeVar

import msgspec

from mtor_transcode.analyze.film.beside import header_of
from mtor_transcode.analyze.film.joining import NO_TRACKS
from mtor_transcode.analyze.film.options import DEFAULT_QUALITY, EncodeOptions
from mtor_transcode.analyze.film.progress import ProgressCallback
from mtor_transcode.analyze.film.reels import Reel, cut_reels
from mtor_transcode.analyze.rate.traces import lambda_of_quality
from mtor_transcode.codec.header_syntax import write_header
from mtor_transcode.codec.series import SeriesDictionary
from mtor_transcode.codec.series_files import load_series
from mtor_transcode.errors import FormatError, InputError, UsageError
from mtor_transcode.files import write_whole
from mtor_transcode.ingest.info import SourceInfo
from mtor_transcode.ingest.slices import SUFFIX, Slice, cut_slice
from mtor_transcode.ingest.source import Source, open_source
from mtor_transcode.jobs.film import part_of
from mtor_transcode.jobs.kept import kept_survey
from mtor_transcode.jobs.store import Digest, MaybeDigest, Store
from mtor_transcode.jobs.tasks import (
    ReelTask,
    Tell,
    check_code,
    digest_of,
    encoded_from,
    open_part,
    reel_task,
)

FORM = 1
"""Rises when a job's JSON changes its meaning."""


LISTS = frozenset({"applehttp", "concat", "dash", "hls", "image2", "imf", "webm_dash_manifest"})
"""Containers that name other files: a job's could have any of ours read, and its pictures sent away."""


class Input(msgspec.Struct, frozen=True):
    """A job's pictures: a file in ``input/`` and its SHA-256 (hex).

    A slice has ``times`` (ticks and durations) and ``skip``, pictures to leave out first; without times it is
    the whole source.
    """

    file: str
    sha256: Digest
    skip: Annotated[int, msgspec.Meta(ge=0)] = 0
    times: tuple[tuple[int, int], ...] = ()


class Job(msgspec.Struct, frozen=True):
    """A reel to be coded by anyone. ``expected`` is the SHA-256 (hex) of its result, where that is known."""

    task: ReelTask
    info: dict[str, Any]
    input: Input
    series: MaybeDigest = ""
    expected: MaybeDigest = ""
    form: int = FORM


class Jobs(msgspec.Struct, frozen=True):
    """What a folder's jobs are of."""

    source: str
    names: tuple[Annotated[str, msgspec.Meta(pattern=r"^\d{4,9}\.json$")], ...]
    form: int = FORM


_Form = TypeVar("_Form", Job, Jobs)


class Verdict(msgspec.Struct, frozen=True):
    """What doing a job again showed: ``found`` and ``claimed`` are SHA-256 (hex) of results."""

    job: str
    claimed: str
    found: str

    @property
    def right(self) -> bool:
        """Whether they are the same."""
        return self.claimed == self.found


def export_jobs(
    source: Source,
    options: EncodeOptions,
    folder: Path,
    series: Path | None,
    cache: Path | None,
    tell: ProgressCallback,
) -> Jobs:
    """Write the jobs of a film into an empty ``folder``. Raises InputError, OutputError, UsageError.

    What is expected of jobs that have been done is known from the folder ``cache``.
    """
    for name in ("jobs", "input", "store"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    part = part_of(source)
    survey = kept_survey(store_of(folder), part, source, tell)
    known = Store(folder / "store" if cache is None else cache)
    lam = lambda_of_quality(DEFAULT_QUALITY if options.quality is None else options.quality)
    shared = "" if series is None else _shared(series, folder)
    names = []
    for number, reel in enumerate(cut_reels(survey, source.info.time_base)):
        task = reel_task(part, survey, reel, options, lam)
        done = known.done(task.key)
        expected = "" if done is None else done.result
        job = Job(task, _plain(source.info), _input(source, part.sha256, reel, folder), shared, expected)
        names.append(f"{number:04}.json")
        write_whole(folder / "jobs" / names[-1], msgspec.json.encode(job))
    jobs = Jobs(Path(source.name).name, tuple(names))
    write_whole(folder / "film.json", msgspec.json.encode(jobs))
    return jobs


def run_job(path: Path, tell: Tell) -> str:
    """Do the job in a file of a folder of jobs; the SHA-256 (hex) of its result, which is in the store then.

    If it is there already, nothing is done.

    Raises InputError if its pictures are others or the code here is, FormatError for what is no job.
    """
    job = read_job(path)
    store = store_of(_folder_of(path))
    done = store.done(job.task.key)
    if done is None:
        data = _done(path, job, tell)
        store.folder.mkdir(exist_ok=True)
        done = store.put(job.task.key, data)
    return done.result


def verify_jobs(folder: Path, sample: int, seed: int, told: Callable[[Verdict], None]) -> list[Verdict]:
    """Do ``sample`` jobs that have a result again, chosen by ``seed``, and compare.

    Raises UsageError if no job has a result.
    """
    store = store_of(folder)
    claims: dict[str, str] = {}
    for name in read_jobs(folder).names:
        job = read_job(folder / "jobs" / name)
        done = store.done(job.task.key)
        claimed = done.result if done is not None else job.expected
        if claimed:
            claims[name] = claimed
    if not claims:
        raise UsageError(
            "no job of it has a result", where=str(folder), remedy="do some first: mtor jobs run"
        )
    chosen = sorted(Random(seed).sample(sorted(claims), min(sample, len(claims))))
    verdicts = []
    for name in chosen:
        path = folder / "jobs" / name
        found = sha256(_done(path, read_job(path), lambda *_: None)).hexdigest()
        verdicts.append(Verdict(name, claims[name], found))
        told(verdicts[-1])
    return verdicts


def read_jobs(folder: Path) -> Jobs:
    """What a folder's jobs are of. Raises FormatError."""
    return _read(folder / "film.json", Jobs)


def read_job(path: Path) -> Job:
    """A job. Raises FormatError."""
    return _read(path, Job)


def store_of(folder: Path) -> Store:
    """Where a folder's results are."""
    return Store(folder / "store")


def _folder_of(path: Path) -> Path:
    """The folder of jobs in which a job lies, also if it is named from there."""
    return path.absolute().parent.parent


def _done(path: Path, job: Job, tell: Tell) -> bytes:
    check_code(job.task, str(path))
    folder = _folder_of(path)
    series = _series(job, folder)
    place = _checked(folder / "input" / Path(job.input.file).name, job.input.sha256)
    with open_source(place) as source:
        if LISTS & set(source.info.container.split(",")):
            raise InputError("is a list of other files", where=str(place), remedy="leave this job alone")
    if not job.input.times:
        with open_part(place, job.task.source) as source:
            return encoded_from(source, job.task, series, tell)
    return encoded_from(_slice(path, job, place), job.task, series, tell)


def _slice(path: Path, job: Job, place: Path) -> Slice:
    """The pictures of a job. Raises FormatError if what it tells of them makes no sense."""
    times = job.input.times
    try:
        info = msgspec.convert(job.info, SourceInfo, dec_hook=_fraction)
        write_header(header_of(info, NO_TRACKS, None))  # refuses what no film can have
    except (msgspec.ValidationError, ValueError, ZeroDivisionError) as error:
        raise _no_job(path, error) from error
    if len(times) != job.task.frames or any(one[0] >= next_[0] for one, next_ in pairwise(times)):
        raise _no_job(path, "its pictures do not follow each other")
    return Slice(place, info, job.input.skip, times)


def _read(path: Path, kind: type[_Form]) -> _Form:
    try:
        if not path.is_file():
            raise _no_job(path, "it is no plain file")
        made = msgspec.json.decode(path.read_bytes(), type=kind)
    except (msgspec.DecodeError, ValueError, OSError) as error:
        raise _no_job(path, error) from error
    if made.form != FORM:
        raise FormatError("is a job of another form", where=str(path), remedy="install a newer mtor")
    return made


def _input(source: Source, digest: str, reel: Reel, folder: Path) -> Input:
    """The pictures of a reel in ``folder``: a slice, or the whole source where none can be cut."""
    beside = folder / "input" / f"slice{SUFFIX}"
    cut = cut_slice(source, reel.start, reel.end, reel.frames, beside)
    if cut is None:
        place = folder / "input" / f"{digest}{source.path.suffix}"
        if not place.exists():
            shutil.copyfile(source.path, place)
        return Input(place.name, digest)
    with beside.open("rb") as stream:
        found = digest_of(stream)
    beside.replace(beside.with_name(found + SUFFIX))
    return Input(found + SUFFIX, found, cut.skip, cut.times)


def _shared(series: Path, folder: Path) -> str:
    data = series.read_bytes()
    name = sha256(data).hexdigest()
    write_whole(folder / "input" / name, data)
    return name


def _series(job: Job, folder: Path) -> SeriesDictionary | None:
    return load_series(_checked(folder / "input" / job.series, job.series)) if job.series else None


def _checked(path: Path, digest: str) -> Path:
    """A file, if it is what its SHA-256 says. Raises InputError."""
    if not path.is_file():  # a pipe or a device would be read for ever
        raise InputError("is missing", where=str(path), remedy="fetch it again")
    try:
        with path.open("rb") as stream:
            found = digest_of(stream)
    except OSError as error:
        raise InputError("cannot be read", where=str(path), remedy="check its rights") from error
    if found != digest:
        raise InputError("is not what the job says", where=str(path), remedy="fetch it again")
    return path


def _plain(info: SourceInfo) -> dict[str, Any]:
    """A source's description as JSON values, without where it lies."""
    plain: dict[str, Any] = msgspec.to_builtins(info, enc_hook=str)
    return {**plain, "path": "", "audio": [], "subtitles": []}


def _no_job(path: Path, why: object) -> FormatError:
    return FormatError(f"is no job: {why}", where=str(path), remedy="export the jobs again")


def _fraction(kind: type, value: object) -> Any:
    if kind is Fraction:
        return Fraction(str(value))
    raise NotImplementedError(kind)
