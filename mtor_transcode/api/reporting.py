# SPDX-License-Identifier: Apache-2.0
"""A film beside its source, measured."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mtor_transcode.analyze.film.progress import Progress, ProgressCallback
from mtor_transcode.api import options as check
from mtor_transcode.api.films import StrPath
from mtor_transcode.api.signing import verify
from mtor_transcode.codec.series_files import series_for
from mtor_transcode.files import check_distinct, check_output
from mtor_transcode.measure.report import report as measure
from mtor_transcode.measure.result import Report


def report(
    source: StrPath,
    film: StrPath,
    *,
    html: StrPath | None = None,
    json: StrPath | None = None,
    csv: StrPath | None = None,
    vmaf: bool = True,
    start: float | None = None,
    duration: float | None = None,
    video_track: int | str | None = None,
    audio_track: int | str | None = None,
    dictionary: StrPath | None = None,
    require_signature: Sequence[StrPath] = (),
    progress: ProgressCallback | None = None,
) -> Report:
    """Measure the film at ``film`` against the video at ``source``, and write the outputs asked for.

    ``start``, ``duration`` (seconds) and the tracks are those that the film was made with, ``dictionary`` is
    as for ``open``. Without ``vmaf`` only the metrics of our own are measured. With ``require_signature``
    (files of public keys) one of these keys must have signed the film (else TrustError). Raises UsageError if
    the two do not belong together, InputError, FormatError, OutputError.
    """
    check.positive("start", start, zero=True)
    check.positive("duration", duration)
    outputs = [Path(output) for output in (html, json, csv) if output is not None]
    for output in outputs:
        check_output(output, Path(source), Path(film))
    check_distinct(*outputs)
    if require_signature:
        verify(film, require_signature)
    return measure(
        source,
        film,
        html=html,
        json=json,
        csv=csv,
        vmaf=vmaf,
        start=start,
        duration=duration,
        video_track=check.parse_track(video_track),
        audio_track=check.parse_track(audio_track),
        find_series=series_for(film, dictionary),
        progress=None
        if progress is None
        else lambda stage, done, total: progress(Progress(stage, done, total)),
    )
