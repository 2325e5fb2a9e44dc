# SPDX-License-Identifier: Apache-2.0
"""Video that comes in, MTOR that grows: what is transcoded can be played at once."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

from mtor_transcode.analyze.film.encode import EncodeOptions
from mtor_transcode.analyze.film.progress import ProgressCallback
from mtor_transcode.analyze.live.live_pass import LivePass
from mtor_transcode.api import options as check
from mtor_transcode.api.films import StrPath
from mtor_transcode.api.results import TranscodeResult
from mtor_transcode.api.transcoding import PIPE, check_wanted, result_of
from mtor_transcode.codec.series_files import load_series
from mtor_transcode.files import GrowingFile, check_output
from mtor_transcode.ingest.source import open_source

LIVE_PRESET = "fast"
"""The preset of live films, if nothing else is asked for."""


def transcode_live(
    source: StrPath,
    output: StrPath,
    *,
    quality: float | None = None,
    preset: str = LIVE_PRESET,
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
    stop: threading.Event | None = None,
    progress: ProgressCallback | None = None,
) -> TranscodeResult:
    """Transcode ``source`` (a path, a named pipe, or ``-`` for standard input) while it comes.

    ``output`` has its name as soon as its header is written, in the place of what was there, and is only
    appended to: a film without its end, as far as it has come, until its index makes it an ordinary one. It
    keeps what was written if anything fails. Options are those of ``transcode``, without targets. Setting
    ``stop`` ends the source where it is, and the film with it, whole.

    Raises UsageError, InputError or OutputError; what ``progress`` raises passes through.
    """
    began = time.monotonic()
    wanted = EncodeOptions(
        quality=quality,
        preset=preset,
        mode=mode,
        audio=audio,
        audio_kbps=check.audio_rate(audio_kbps, None),
        refresh=refresh,
        series=None if dictionary is None else load_series(dictionary),
        resilience=resilience,
    )
    check.positive("start", start, zero=True)
    check.positive("duration", duration)
    check.check_audio(audio, audio_kbps, audio_track)
    check_wanted(wanted)
    final = Path(output)
    check_output(final, None if os.fspath(source) == PIPE else Path(source))
    opened = open_source(
        source,
        video=check.parse_track(video_track),
        audio=check.parse_track(audio_track),
        start=start,
        duration=duration,
        live=stop or threading.Event(),
    )
    coding: LivePass | None = None
    try:
        with opened, GrowingFile(final) as file:
            coding = LivePass(opened, wanted, file, progress or (lambda _: None))  # type: ignore[arg-type]
            file.publish()
            made = coding.run()
    finally:
        if coding is not None:
            coding.close()
    opened.warnings.extend(coding.warnings)
    return result_of(str(source), final, opened, made, final.stat().st_size, time.monotonic() - began)
