# SPDX-License-Identifier: Apache-2.0
"""Films as jobs for others: written out, done anywhere, and a sample of them done again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from mtor_transcode.analyze.film.options import MODES, PRESETS, EncodeOptions
from mtor_transcode.analyze.film.progress import Progress, ProgressCallback
from mtor_transcode.api import options as check
from mtor_transcode.api.films import StrPath
from mtor_transcode.api.results import JobResult, JobsResult, JobsVerifyResult
from mtor_transcode.codec.series_files import load_series
from mtor_transcode.errors import OutputError
from mtor_transcode.files import staged_folder
from mtor_transcode.ingest.source import open_source
from mtor_transcode.jobs import orders


def export_jobs(
    source: StrPath,
    folder: StrPath,
    *,
    quality: float | None = None,
    preset: str = "balanced",
    mode: str = "auto",
    start: float | None = None,
    duration: float | None = None,
    refresh: float | None = None,
    dictionary: StrPath | None = None,
    video_track: int | str | None = None,
    cache: StrPath | None = None,
    progress: ProgressCallback | None = None,
) -> JobsResult:
    """Write the reels of ``source`` as jobs into the new or empty ``folder``; options as ``transcode``'s.

    What is in a ``cache`` of ``transcode`` is told in the jobs as the result that is expected of them.

    Raises UsageError, InputError, OutputError; what ``progress`` raises passes through.
    """
    check.in_range("quality", quality, 0, 100)
    check.one_of("preset", preset, PRESETS)
    check.one_of("mode", mode, MODES)
    check.positive("refresh", refresh)
    series = None if dictionary is None else load_series(dictionary)
    options = EncodeOptions(
        quality=quality, preset=preset, mode=mode, audio="none", refresh=refresh, series=series
    )
    target = Path(folder)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise OutputError("is there already", where=str(target), remedy="name a new or empty folder")
    tell = progress or (lambda _: None)
    with open_source(source, video=check.parse_track(video_track), start=start, duration=duration) as opened:
        named = None if dictionary is None else Path(dictionary)
        kept = None if cache is None else Path(cache)
        with staged_folder(target) as beside:
            made = orders.export_jobs(opened, options, beside, named, kept, tell)
    size = sum(path.stat().st_size for path in target.rglob("*") if path.is_file())
    return JobsResult(str(source), target, len(made.names), size)


def run_job(job: StrPath, progress: ProgressCallback | None = None) -> JobResult:
    """Do the job in a file ``FOLDER/jobs/NAME.json``; its result is in ``FOLDER/store`` then.

    Raises InputError, OutputError, FormatError; what ``progress`` raises passes through.
    """
    path = Path(job)
    tell = progress or (lambda _: None)
    task = orders.read_job(path).task

    def told(frames: int, size: int) -> None:
        tell(Progress("coding", frames, task.frames, size))

    return JobResult(path, task.key, orders.run_job(path, told))


def verify_jobs(
    folder: StrPath, sample: int = 1, seed: int = 0, told: Callable[[orders.Verdict], None] | None = None
) -> JobsVerifyResult:
    """Do ``sample`` of the folder's jobs that have results again, chosen by ``seed``, and compare.

    Raises UsageError, InputError, FormatError.
    """
    check.positive("sample", sample)
    verdicts = orders.verify_jobs(Path(folder), sample, seed, told or (lambda _: None))
    wrong = tuple(verdict.job for verdict in verdicts if not verdict.right)
    return JobsVerifyResult(Path(folder), tuple(verdict.job for verdict in verdicts), wrong)
