# SPDX-License-Identifier: Apache-2.0
"""Work as data: a task says all that its result depends on, so the same task gives the same bytes anywhere.

Where things lie is not part of it; that is what a ``Place`` tells, and it differs from machine to machine.
"""

from __future__ import annotations

import platform
from collections.abc import Callable
from contextlib import suppress
from fractions import Fraction
from functools import cache, cached_property, lru_cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from pathlib import Path
from typing import Annotated, BinaryIO

import msgspec
from msgspec import Meta

import mtor_transcode
from mtor_transcode.analyze.boundaries.finding import SceneBoundary
from mtor_transcode.analyze.film.film_parts import Survey, Take
from mtor_transcode.analyze.film.joining import encode_reel
from mtor_transcode.analyze.film.options import MODES, PRESETS, EncodeOptions
from mtor_transcode.analyze.film.progress import Progress
from mtor_transcode.analyze.film.reels import Reel
from mtor_transcode.analyze.rate.ceiling import GROUND, HIGHEST, NONE, Floor, clipped
from mtor_transcode.analyze.rate.traces import LAMBDA_MAX, lambda_of_quality
from mtor_transcode.codec.limits import MAX_TICK
from mtor_transcode.codec.series import SeriesDictionary
from mtor_transcode.codec.series_files import load_series
from mtor_transcode.errors import InputError
from mtor_transcode.ingest.slices import Slice
from mtor_transcode.ingest.source import Source, open_source
from mtor_transcode.jobs.store import Digest, Done, MaybeDigest, Store
from mtor_transcode.model import Transition

LAYERS = ("model", "codec", "render", "ingest", "analyze")

NEEDED = (
    "av",
    "blend2d-python",
    "numba",
    "numpy",
    "opencv-python-headless",
    "scenedetect-headless",
    "scikit-image",
)
"""Packages of others that results depend on; SVT-AV1 comes with the first."""

LAMBDA_LEAST = lambda_of_quality(100)

Tell = Callable[[int, int], None]
"""Told of frames done and bytes so far."""


@cache
def code_digest() -> str:
    """The SHA-256 (hex) of all code that results depend on, others' by its version."""
    root = Path(str(files(mtor_transcode)))
    found = sha256()
    for path in sorted(path for layer in LAYERS for path in (root / layer).rglob("*.py")):
        found.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes())
    for name in NEEDED:
        with suppress(PackageNotFoundError):
            found.update(f"{name} {version(name)}\n".encode())
    return found.hexdigest()


def _one_of(words: tuple[str, ...]) -> str:
    return f"^({'|'.join(words)})$"


Tick = Annotated[int, Meta(ge=0, le=MAX_TICK)]
Count = Annotated[int, Meta(ge=1, le=MAX_TICK)]
Seconds = Annotated[str, Meta(pattern=r"^\d{1,20}(/[1-9]\d{0,19})?$")]
"""An exact time, as a Fraction prints it."""


class Part(msgspec.Struct, frozen=True):
    """What of a source is meant: the file's SHA-256 (hex), its video track, start and duration (s)."""

    sha256: Digest
    track: str | int | None = None
    start: Seconds = "0"
    duration: Seconds | None = None


class TakeTask(msgspec.Struct, frozen=True):
    """A take: its number and its ticks; ``dissolve`` ticks from its start on it comes in (0: at once)."""

    number: Annotated[int, Meta(ge=0, lt=1 << 31)]
    start: Tick
    end: Count
    dissolve: Tick = 0


class ReelTask(msgspec.Struct, frozen=True, dict=True):
    """A reel to be coded at ``lam`` (squared error per bit); ``film_end`` is the film's last tick.

    ``floor`` are ticks and the least logarithm of lambda from each on.
    ``series`` is the SHA-256 (hex) of the dictionary whose outlines need not be sent, or empty.
    """

    source: Part
    film_end: Count
    frames: Count
    takes: Annotated[tuple[TakeTask, ...], Meta(min_length=1)]
    lam: Annotated[float, Meta(ge=LAMBDA_LEAST, le=LAMBDA_MAX)]
    preset: Annotated[str, Meta(pattern=_one_of(PRESETS))]
    mode: Annotated[str, Meta(pattern=_one_of(MODES))]
    refresh: Annotated[float, Meta(gt=0)] | None = None
    series: MaybeDigest = ""
    floor: tuple[tuple[Tick, Annotated[float, Meta(ge=NONE, le=HIGHEST)]], ...] = ()
    code: Digest = msgspec.field(default_factory=code_digest)

    def __post_init__(self) -> None:
        """ValueError if takes do not follow each other."""
        ends = [0, *(take.end for take in self.takes)]
        if any(not begun <= take.start < take.end for begun, take in zip(ends, self.takes, strict=False)):
            raise ValueError("takes that do not follow each other")

    @cached_property
    def key(self) -> str:
        """The SHA-256 (hex) of the task."""
        return key_of(self)

    @property
    def reel(self) -> Reel:
        """What is to be coded."""
        return Reel(tuple(_take(take) for take in self.takes), self.frames)


class Place(msgspec.Struct, frozen=True):
    """Where a task finds its source and dictionary, and where its result goes: paths."""

    source: str
    store: str
    series: str | None = None


def key_of(task: object) -> str:
    """The SHA-256 (hex) of a task's canonical JSON: fields in order."""
    return sha256(type(task).__name__.encode() + b" " + msgspec.json.encode(task)).hexdigest()


def reel_task(
    part: Part, survey: Survey, reel: Reel, options: EncodeOptions, lam: float, floor: Floor = GROUND
) -> ReelTask:
    """The task of a reel of a film, whose floor concerns the whole film."""
    series = "" if options.series is None else options.series.digest.hex()
    takes = tuple(
        TakeTask(take.number, take.boundary.start, take.end, take.boundary.transition_duration)
        for take in reel.takes
    )
    return ReelTask(
        part, survey.end, reel.frames, takes, lam, options.preset, options.mode, options.refresh, series,
        clipped(floor, reel.start, reel.end),
    )  # fmt: skip


def run_task(task: ReelTask, place: Place, tell: Tell) -> Done:
    """Do a task, unless it has been done, and keep its result. Raises MtorError."""
    check_code(task, f"a worker on {platform.node()}")
    store = Store(Path(place.store))
    done = store.done(task.key)
    if done is None:
        done = store.put(task.key, encoded(task, place, tell))
    return done


def encoded(task: ReelTask, place: Place, tell: Tell) -> bytes:
    """The result of a task: a film of the reel alone. Raises MtorError, also if the source is another."""
    with open_part(Path(place.source), task.source) as source:
        check_source(source, task.source)
        made = encoded_from(source, task, _series(task, place), tell)
        check_source(source, task.source)
    return made


def check_code(task: ReelTask, where: str) -> None:
    """InputError if a task is for other code than this: its result would be kept as that one's."""
    if task.code != code_digest():
        raise InputError(
            "the task is for another version of mtor_transcode, or of what that needs",
            where=where,
            remedy="install that one",
        )


def check_source(source: Source, part: Part) -> None:
    """InputError if the file is not the one that is meant: its results would be kept as that one's."""
    if digest_of_file(source.path) != part.sha256:
        raise InputError(
            "is not the file that it was when the work began",
            where=source.name,
            remedy="give the command again, and leave the file as it is meanwhile",
        )


def encoded_from(
    source: Source | Slice, task: ReelTask, series: SeriesDictionary | None, tell: Tell
) -> bytes:
    """The same, from an opened source."""
    options = EncodeOptions(
        preset=task.preset, mode=task.mode, audio="none", refresh=task.refresh, series=series
    )
    survey = Survey(task.frames, task.film_end, ())

    def told(progress: Progress) -> None:
        tell(progress.done, progress.bytes)

    with encode_reel(source, survey, task.reel, options, task.lam, told, task.floor) as film:
        film.file.seek(0)
        return film.file.read()


def open_part(path: Path, part: Part) -> Source:
    """Open the part of a source that a task means. Raises InputError."""
    duration = None if part.duration is None else Fraction(part.duration)
    return open_source(path, video=part.track, start=Fraction(part.start), duration=duration)


def digest_of_file(path: Path) -> str:
    """The SHA-256 (hex) of a file, read again only if it has been changed. Raises InputError."""
    try:
        found = path.stat()
        return _digest_of_file(path, (found.st_ino, found.st_size, found.st_mtime_ns))
    except OSError as error:
        raise InputError(
            f"cannot be read: {(error.strerror or str(error)).lower()}",
            where=str(path),
            remedy="check the disk",
        ) from error


@lru_cache(maxsize=8)
def _digest_of_file(path: Path, _: tuple[int, int, int]) -> str:
    with path.open("rb") as stream:
        return digest_of(stream)


def digest_of(stream: BinaryIO) -> str:
    """The SHA-256 (hex) of all that a stream holds."""
    found = sha256()
    while piece := stream.read(1 << 20):
        found.update(piece)
    return found.hexdigest()


def _take(take: TakeTask) -> Take:
    how = Transition.DISSOLVE if take.dissolve else Transition.CUT
    return Take(take.number, SceneBoundary(take.start, how, take.dissolve), take.end)


def _series(task: ReelTask, place: Place) -> SeriesDictionary | None:
    if not task.series:
        return None
    series = None if place.series is None else load_series(place.series)
    if series is None or series.digest.hex() != task.series:
        raise InputError(f"needs the series dictionary {task.series[:16]}", where="task", remedy="name it")
    return series
