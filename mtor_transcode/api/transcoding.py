# SPDX-License-Identifier: Apache-2.0
"""Ordinary video in, MTOR out."""

from __future__ import annotations

import os
import time
from pathlib import Path

from mtor_transcode.analyze.encode import encode_film
from mtor_transcode.api import options as check
from mtor_transcode.api.output import check_output, staged_file
from mtor_transcode.api.progress import ProgressCallback
from mtor_transcode.api.results import TranscodeResult
from mtor_transcode.ingest.source import open_source

PIPE = "-"


def transcode(
    source: str | os.PathLike[str],
    output: str | os.PathLike[str],
    *,
    quality: float | None = None,
    target_kbps: float | None = None,
    target_size: int | str | None = None,
    target_vmaf: float | None = None,
    preset: str = "balanced",
    mode: str = "auto",
    audio: str = "opus",
    audio_kbps: float | None = None,
    start: float | None = None,
    duration: float | None = None,
    refresh: float | None = None,
    video_track: int | str | None = None,
    audio_track: int | str | None = None,
    progress: ProgressCallback | None = None,
) -> TranscodeResult:
    """Transcode ``source`` (a path, or ``-`` for standard input) to the film ``output``.

    At most one of ``quality`` (0-100), ``target_kbps`` (1000 bit/s, whole file), ``target_size`` (bytes, or
    text such as ``500k``) and ``target_vmaf`` (0-100) is given; ``start``, ``duration`` and ``refresh`` are
    seconds. ``output`` appears only when all of it is written, and replaces what was there.

    Raises UsageError, InputError, OutputError or TargetError; what ``progress`` raises passes through.
    """
    began = time.monotonic()
    wanted = _checked(
        quality, target_kbps, target_size, target_vmaf, preset, mode, audio, audio_kbps, refresh, audio_track
    )
    check.positive("start", start, zero=True)
    check.positive("duration", duration)
    final = Path(output)
    check_output(final, None if os.fspath(source) == PIPE else Path(source))
    with (
        open_source(
            source,
            video=check.parse_track(video_track),
            audio=check.parse_track(audio_track),
            start=start,
            duration=duration,
        ) as opened,
        staged_file(final) as beside,
    ):
        with _fresh_streams(beside) as fresh:
            made = encode_film(opened, fresh, wanted, progress)
        size = beside.stat().st_size
        info, warnings = opened.info, tuple(opened.warnings)
    seconds = float(made.duration)
    return TranscodeResult(
        source=str(source),
        output=final,
        bytes=size,
        duration=seconds,
        kbps=size * 8 / 1000 / seconds if seconds else 0.0,
        frames=made.frames,
        width=info.width,
        height=info.height,
        scenes=made.scenes,
        quality=made.quality,
        bytes_by_kind=dict(made.bytes_by_kind),
        elapsed=time.monotonic() - began,
        warnings=warnings,
    )
