# SPDX-License-Identifier: Apache-2.0
"""A long film, reel by reel: whoever codes them, and however often that is broken off, the same bytes."""

from __future__ import annotations

import math
import shutil
from dataclasses import fields, replace
from functools import partial
from pathlib import Path

from mtor_transcode.analyze.film.capped import Ceiling, ceiling_of
from mtor_transcode.analyze.film.encode import encode_film
from mtor_transcode.analyze.film.film_parts import Film
from mtor_transcode.analyze.film.options import DEFAULT_QUALITY, EncodeOptions, EncodeResult
from mtor_transcode.analyze.film.progress import Progress, ProgressCallback
from mtor_transcode.analyze.film.reels import REEL, cut_reels
from mtor_transcode.analyze.film.targets import Score, film_of_score
from mtor_transcode.analyze.rate.traces import lambda_of_quality, quality_of_lambda
from mtor_transcode.errors import UsageError
from mtor_transcode.ingest.source import Source
from mtor_transcode.jobs.journal import Journal
from mtor_transcode.jobs.kept import kept_survey, kept_tracks
from mtor_transcode.jobs.long_job import LongJob
from mtor_transcode.jobs.runner import Runner
from mtor_transcode.jobs.sizing import film_of_size
from mtor_transcode.jobs.tasks import Part, Place, code_digest, digest_of_file


def is_long(source: Source) -> bool:
    """Whether a source may be more than one reel."""
    return not source.info.still and source.info.duration > REEL


def encode_long(
    source: Source,
    options: EncodeOptions,
    journal: Journal,
    runner: Runner,
    tell: ProgressCallback,
    *,
    series: Path | None = None,
    score: Score | None = None,
) -> EncodeResult:
    """Code ``source`` to the journal's film, going on where an earlier process ended.

    A film of a single reel is made as ``encode_film`` makes it; ``series`` is where the dictionary of
    ``options`` lies, ``score`` as there. Raises MtorError.
    """
    part = part_of(source)
    _tell_changes(journal, part, source, options, tell)
    survey = kept_survey(journal.store, part, source, tell)
    reels = cut_reels(survey, source.info.time_base)
    if len(reels) == 1:
        with journal.film.open("w+b") as file:
            return encode_film(source, lambda: file, options, tell, score, survey)
    place = Place(
        str(source.path.resolve()),
        str(journal.store.folder.resolve()),
        None if series is None else str(series.resolve()),
    )
    tracks = kept_tracks(journal.store, part, source, options, tell)
    job = LongJob(source, part, survey, tracks, options, reels, runner, place, journal, tell)
    film, lam = _made(job, score)
    with film, journal.film.open("w+b") as file:
        film.file.seek(0)
        shutil.copyfileobj(film.file, file)
    takes = sum(len(reel.takes) for reel in reels)
    seconds = survey.end * source.info.time_base
    return EncodeResult(seconds, survey.frames, takes, quality_of_lambda(lam), film.bytes_by_kind)


def _made(job: LongJob, score: Score | None) -> tuple[Film, float]:
    """The film that was asked for, and its lambda, or that of most of it."""
    options = job.options
    ceiling = ceiling_of(options, job.seconds, job.source.name, job.tracks)
    if options.target_vmaf is not None:
        if score is None:
            raise UsageError("a target VMAF needs a way to measure it", where="target vmaf")
        return film_of_score(
            lambda lam: _below(job, ceiling, _even(job, lam)), options.target_vmaf, score, job.source.name
        )
    if options.target_kbps is None and options.target_size is None:
        lam = lambda_of_quality(DEFAULT_QUALITY if options.quality is None else options.quality)
        return _below(job, ceiling, _even(job, lam)), lam
    rates = [rate for rate in (options.target_kbps, options.max_kbps) if rate is not None]
    sizes = [int(rate * 1000 / 8 * job.seconds) for rate in rates]
    most = min(sizes if options.target_size is None else [*sizes, options.target_size])
    film, lams = film_of_size(job, most)
    return _below(job, ceiling, lams, most, film), sorted(lams)[len(lams) // 2]


def _even(job: LongJob, lam: float) -> list[float]:
    """One lambda for all reels."""
    return [lam] * len(job.reels)


def _below(
    job: LongJob,
    ceiling: Ceiling | None,
    lams: list[float],
    budget: float = math.inf,
    first: Film | None = None,
) -> Film:
    """The film of reels at these lambdas (``first``, if it is there already), but below a ceiling."""
    if ceiling is None:
        return first or job.make(lams)
    base = tuple((reel.start, math.log(lam)) for reel, lam in zip(job.reels, lams, strict=True))
    return ceiling.hold(partial(job.make, lams), base, budget, first)


def part_of(source: Source) -> Part:
    """What of its file a source is. Raises InputError."""
    length = None if source.length is None else str(source.length)
    return Part(digest_of_file(source.path), source.video_choice, str(source.start), length)


def _tell_changes(
    journal: Journal, part: Part, source: Source, options: EncodeOptions, tell: ProgressCallback
) -> None:
    """Say what is asked for otherwise than in the work that lies there."""
    plain = replace(options, series=None)
    asked = {field.name: str(getattr(plain, field.name)) for field in fields(plain)}
    asked |= {
        "source": part.sha256,
        "video track": str(part.track),
        "audio track": str(source.audio_choice),
        "start": part.start,
        "duration": str(part.duration),
        "dictionary": "" if options.series is None else options.series.digest.hex(),
        "version of mtor": code_digest(),
    }
    del asked["series"]
    changes = journal.changes(asked)
    if changes:
        words = ", ".join(changes).replace("_", " ")
        tell(Progress("finding scenes", note=f"the work kept beside the output began with another {words}"))
