# SPDX-License-Identifier: Apache-2.0
"""A source becomes a film: scenes found in one pass, then coded as often as the target takes."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable
from functools import partial
from typing import BinaryIO

from mtor_transcode.analyze.boundaries.finding import SceneBoundary, SceneFinder
from mtor_transcode.analyze.film.capped import Ceiling, ceiling_of
from mtor_transcode.analyze.film.film_parts import Film, Survey, Tracks
from mtor_transcode.analyze.film.film_pass import Job
from mtor_transcode.analyze.film.options import DEFAULT_QUALITY, EncodeOptions, EncodeResult
from mtor_transcode.analyze.film.progress import Progress, ProgressCallback
from mtor_transcode.analyze.film.targets import Score, film_of_score, film_of_size
from mtor_transcode.analyze.rate.ceiling import Floor
from mtor_transcode.analyze.rate.steering import AHEAD, Course, FlooredCourse
from mtor_transcode.analyze.rate.traces import lambda_of_quality, quality_of_lambda
from mtor_transcode.errors import InputError, UsageError
from mtor_transcode.ingest.audio import encode_audio
from mtor_transcode.ingest.source import Source
from mtor_transcode.ingest.subtitles import read_subtitles

__all__ = ["EncodeOptions", "EncodeResult", "Survey", "encode_film", "look_over", "side_tracks"]


def encode_film(
    source: Source,
    fresh: Callable[[], BinaryIO],
    options: EncodeOptions,
    progress: ProgressCallback | None = None,
    score: Score | None = None,
    survey: Survey | None = None,
) -> EncodeResult:
    """Code ``source`` to the stream that ``fresh`` opens, once the film is known to be as asked for.

    ``score`` tells a film's VMAF (0-100) and is needed for ``target_vmaf``; ``survey`` is what ``look_over``
    told of this source, if it has been asked before. Raises InputError if nothing can be decoded,
    TargetError if a target cannot be met, OutputError.
    """
    tell = progress or (lambda _: None)
    survey = survey or look_over(source, tell)
    job = Job(source, survey, side_tracks(source, options), options, tell)
    film, lam = _made(job, options, score)
    with film:
        film.file.seek(0)
        shutil.copyfileobj(film.file, fresh())
    seconds = survey.end * source.info.time_base
    return EncodeResult(
        seconds, survey.frames, len(survey.boundaries) + 1, quality_of_lambda(lam), film.bytes_by_kind
    )


def _made(job: Job, options: EncodeOptions, score: Score | None) -> tuple[Film, float]:
    """The film that was asked for, and its lambda."""
    seconds = float(job.survey.end * job.source.info.time_base)
    ceiling = ceiling_of(options, seconds, job.source.name, job.tracks)
    if options.target_vmaf is not None:
        if score is None:
            raise UsageError("a target VMAF needs a way to measure it", where="target vmaf")
        make = partial(_of_lambda, job, ceiling)
        return film_of_score(make, options.target_vmaf, score, job.source.name)
    if options.target_kbps is None and options.target_size is None:
        lam = lambda_of_quality(DEFAULT_QUALITY if options.quality is None else options.quality)
        return _of_lambda(job, ceiling, lam), lam
    rates = [rate for rate in (options.target_kbps, options.max_kbps) if rate is not None]
    sizes = [int(rate * 1000 / 8 * seconds) for rate in rates]
    most = min(sizes if options.target_size is None else [*sizes, options.target_size])
    film, course = film_of_size(job, most)
    if ceiling is not None:
        film = ceiling.hold(partial(_floored, job, course.taken), course.taken, most, film)
    return film, course.mean


def _of_lambda(job: Job, ceiling: Ceiling | None, lam: float) -> Film:
    """The film at a lambda, or a larger one where a ceiling asks for it."""
    if ceiling is None:
        return job.make(Course(lam))
    base: Floor = ((0, math.log(lam)),)
    return ceiling.hold(partial(_floored, job, base), base)


def _floored(job: Job, base: Floor, floor: Floor) -> Film:
    """The film of log lambdas ``base``, but nowhere below a floor."""
    return job.make(FlooredCourse(base, floor, float(AHEAD / job.source.info.time_base)))


def look_over(source: Source, tell: ProgressCallback) -> Survey:
    """Decode once: count frames and find the scenes. It is the same whatever quality or size is asked for.

    Raises InputError if nothing can be decoded.
    """
    finder = SceneFinder(source.info.time_base, source.info.colour.full_range)
    boundaries: list[SceneBoundary] = []
    ticks: list[int] = []
    end = 0
    for frame in source.frames():
        boundaries += finder.feed_frame(frame)
        ticks.append(frame.tick)
        end = frame.tick + frame.duration
        tell(Progress("finding scenes", len(ticks), source.info.frames))
    boundaries += finder.finish()
    if not ticks:
        raise InputError("has no picture", where=source.name, remedy="choose another file or track")
    known = () if source.patchy else tuple(ticks)
    return Survey(len(ticks), end, tuple(b for b in boundaries if 0 < b.start < end), known)


def side_tracks(source: Source, options: EncodeOptions) -> Tracks:
    """Sound and subtitles, coded. Raises InputError."""
    sound = encode_audio(source, options.audio, options.audio_kbps) if options.audio != "none" else None
    infos, lines = read_subtitles(source)
    if sound is None:
        return Tracks(None, (), infos, tuple(lines))
    audio, packets = sound
    return Tracks(audio, tuple(packets), infos, tuple(lines))
