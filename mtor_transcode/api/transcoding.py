# SPDX-License-Identifier: Apache-2.0
"""Ordinary video in, MTOR out."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from mtor_transcode.analyze.film.encode import EncodeOptions, EncodeResult, encode_film
from mtor_transcode.analyze.film.options import MODES, PRESETS
from mtor_transcode.analyze.film.progress import ProgressCallback
from mtor_transcode.api import options as check
from mtor_transcode.api.films import StrPath
from mtor_transcode.api.results import TranscodeResult
from mtor_transcode.codec.resilience import LEVELS
from mtor_transcode.codec.series import SeriesDictionary, always
from mtor_transcode.codec.series_files import load_series
from mtor_transcode.errors import MissingExtraError, UsageError
from mtor_transcode.files import check_output, staged_file
from mtor_transcode.ingest.source import Source, open_source
from mtor_transcode.jobs.film import encode_long, is_long
from mtor_transcode.jobs.journal import journal
from mtor_transcode.jobs.pool import MOST_JOBS, runner

PIPE = "-"


def transcode(
    source: StrPath,
    output: StrPath,
    *,
    quality: float | None = None,
    target_kbps: float | None = None,
    target_size: int | str | None = None,
    target_vmaf: float | None = None,
    max_kbps: float | None = None,
    preset: str = "balanced",
    mode: str = "auto",
    audio: str = "opus",
    audio_kbps: float | None = None,
    start: float | None = None,
    duration: float | None = None,
    refresh: float | None = None,
    dictionary: StrPath | None = None,
    resilience: int = 0,
    video_track: int | str | None = None,
    audio_track: int | str | None = None,
    jobs: int | None = 1,
    scheduler: str | None = None,
    cache: StrPath | None = None,
    progress: ProgressCallback | None = None,
) -> TranscodeResult:
    """Transcode ``source`` (a path, or ``-`` for standard input) to the film ``output``.

    At most one of ``quality`` (0-100), ``target_kbps`` (1000 bit/s, whole file), ``target_size`` (bytes, or
    text such as ``500k``) and ``target_vmaf`` (0-100) is given; ``max_kbps`` limits any 4 s of it, sound
    included, at the cost of detail where they would take more; ``start``, ``duration`` and ``refresh`` are
    seconds; ``dictionary`` is a series dictionary whose outlines need not be sent. With
    ``resilience`` 1 to 10 the film comes in packets that bear loss, for up to about 2% more bytes a
    level, and at least 5 to 14%. ``output`` appears only when all of it is written, and
    replaces what was there.

    A film of more than about 20 s is coded in reels by ``jobs`` processes (None: as many as there are cores),
    or by the workers of the Dask ``scheduler`` at an address; the bytes are the same. What is done lies in a
    hidden folder beside ``output`` until all is, so that the same call goes on after the process was killed;
    results in the folder ``cache`` are kept for other films as well.

    Raises UsageError, InputError, OutputError or TargetError; what ``progress`` raises passes through.
    """
    began = time.monotonic()
    wanted = EncodeOptions(
        quality=quality,
        target_kbps=target_kbps,
        target_size=None if target_size is None else check.parse_size(target_size),
        target_vmaf=target_vmaf,
        preset=preset,
        mode=mode,
        audio=audio,
        audio_kbps=check.audio_rate(audio_kbps, _least(target_kbps, max_kbps)),
        refresh=refresh,
        series=None if dictionary is None else load_series(dictionary),
        resilience=resilience,
        max_kbps=max_kbps,
    )
    check.positive("start", start, zero=True)
    check.positive("duration", duration)
    check.check_audio(audio, audio_kbps, audio_track)
    check.in_range("jobs", jobs, 1, MOST_JOBS)
    check_wanted(wanted)
    if scheduler is not None and os.fspath(source) == PIPE:
        raise UsageError(
            "other machines do not see what comes through a pipe", where="scheduler", remedy="name a file"
        )
    final = Path(output)
    check_output(final, None if os.fspath(source) == PIPE else Path(source))
    with open_source(
        source,
        video=check.parse_track(video_track),
        audio=check.parse_track(audio_track),
        start=start,
        duration=duration,
    ) as opened:
        score = _vmaf_of(opened, wanted.series) if wanted.target_vmaf is not None else None
        tell = progress or (lambda _: None)
        if is_long(opened):
            series = None if dictionary is None else Path(dictionary)
            kept = None if cache is None else Path(cache)
            who = runner(jobs, scheduler)
            with journal(final, kept) as work, who:
                made = encode_long(opened, wanted, work, who, tell, series=series, score=score)
        else:
            with staged_file(final) as beside, _fresh_streams(beside) as fresh:
                made = encode_film(opened, fresh, wanted, tell, score)
        size = final.stat().st_size
    return result_of(str(source), final, opened, made, size, time.monotonic() - began)


def result_of(
    name: str, output: Path, source: Source, made: EncodeResult, size: int, elapsed: float
) -> TranscodeResult:
    """What was made of ``source``: ``size`` in bytes, ``elapsed`` in seconds."""
    seconds = float(made.duration)
    return TranscodeResult(
        source=name,
        output=output,
        bytes=size,
        duration=seconds,
        kbps=size * 8 / 1000 / seconds if seconds else 0.0,
        frames=made.frames,
        width=source.info.width,
        height=source.info.height,
        scenes=made.scenes,
        quality=made.quality,
        bytes_by_kind=dict(made.bytes_by_kind),
        elapsed=elapsed,
        warnings=tuple(source.warnings),
    )


def _least(*rates: float | None) -> float | None:
    return min((rate for rate in rates if rate is not None), default=None)


def _vmaf_of(source: Source, series: SeriesDictionary | None) -> Callable[[BinaryIO], float]:
    """A way to measure the VMAF of films made from ``source``; MissingExtraError where nothing can."""
    from mtor_transcode.codec.film_reader import FilmReader
    from mtor_transcode.measure.report import Measurement

    def score(film: BinaryIO) -> float:
        found = Measurement(source, FilmReader(film, find_series=always(series))).run().quality
        if "vmaf" not in found.pooled:
            raise MissingExtraError(
                f"VMAF cannot be measured: {found.missing.get('vmaf', 'no FFmpeg with libvmaf')}",
                where="target vmaf",
                remedy="pip install imageio-ffmpeg, or set MTOR_FFMPEG to an FFmpeg with libvmaf",
            )
        return found.pooled["vmaf"].mean

    return score


def check_wanted(wanted: EncodeOptions) -> None:
    """UsageError unless the encoder's options make sense."""
    check.at_most_one(
        quality=wanted.quality,
        target_kbps=wanted.target_kbps,
        target_size=wanted.target_size,
        target_vmaf=wanted.target_vmaf,
    )
    check.in_range("quality", wanted.quality, 0, 100)
    check.in_range("target vmaf", wanted.target_vmaf, 0, 100)
    check.positive("target kbps", wanted.target_kbps)
    check.positive("max kbps", wanted.max_kbps)
    check.positive("refresh", wanted.refresh)
    check.in_range("resilience", wanted.resilience, 0, LEVELS)
    check.at_most_one(refresh=wanted.refresh, resilience=wanted.resilience or None)
    check.one_of("preset", wanted.preset, PRESETS)
    check.one_of("mode", wanted.mode, MODES)


@contextlib.contextmanager
def _fresh_streams(path: Path) -> Iterator[Callable[[], BinaryIO]]:
    """Gives out streams that write ``path`` from its beginning; all are closed at the end."""
    with contextlib.ExitStack() as opened:

        def fresh() -> BinaryIO:
            return opened.enter_context(path.open("w+b"))

        yield fresh
