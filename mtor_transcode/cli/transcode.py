# SPDX-License-Identifier: Apache-2.0
"""``mtor transcode``: ordinary video in, MTOR out."""

from __future__ import annotations

import glob
import os
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mtor_transcode.cli.batch import transcode_many
from mtor_transcode.cli.console import emit, note, warn
from mtor_transcode.cli.live import transcode_live
from mtor_transcode.cli.options import (
    AsJson,
    AudioTrack,
    Duration,
    SeriesDictionary,
    Start,
    Videos,
    VideoTrack,
)
from mtor_transcode.cli.talk import tell_of_compiling, watching
from mtor_transcode.cli.words import bytes_of, seconds_of
from mtor_transcode.errors import UsageError

if TYPE_CHECKING:
    from mtor_transcode.api.results import TranscodeResult


class Preset(StrEnum):
    """How long to search."""

    fast = "fast"
    balanced = "balanced"
    best = "best"


class Mode(StrEnum):
    """What may carry the picture."""

    auto = "auto"
    vector = "vector"
    textured = "textured"


class Audio(StrEnum):
    """What becomes of the sound."""

    opus = "opus"
    copy = "copy"
    none = "none"


def transcode(
    sources: Videos,
    output: Annotated[
        str,
        typer.Option("-o", "--output", help="The .mtor to write, or a folder for many.", show_default=False),
    ],
    quality: Annotated[
        float | None, typer.Option("--quality", help="0 (smallest) to 100 (best).", show_default=False)
    ] = None,
    target_kbps: Annotated[
        float | None,
        typer.Option("--target-kbps", help="At most so many kbit/s, sound included.", show_default=False),
    ] = None,
    target_size: Annotated[
        str | None,
        typer.Option("--target-size", help="At most that size: 500k, 5M, or bytes.", show_default=False),
    ] = None,
    target_vmaf: Annotated[
        float | None, typer.Option("--target-vmaf", help="At least that VMAF.", show_default=False)
    ] = None,
    max_kbps: Annotated[
        float | None,
        typer.Option("--max-kbps", help="At most so many kbit/s over any 4 s.", show_default=False),
    ] = None,
    preset: Annotated[
        Preset | None,
        typer.Option(
            "--preset", help="How long to search (default: balanced; live, fast).", show_default=False
        ),
    ] = None,
    mode: Annotated[Mode, typer.Option("--mode", help="What may carry the picture.")] = Mode.auto,
    audio: Annotated[Audio, typer.Option("--audio", help="What becomes of the sound.")] = Audio.opus,
    audio_kbps: Annotated[
        float | None, typer.Option("--audio-kbps", help="Rate of Opus (default 8).", show_default=False)
    ] = None,
    refresh: Annotated[
        float | None,
        typer.Option(
            "--refresh", help="A snapshot each so many seconds, to enter there.", show_default=False
        ),
    ] = None,
    resilience: Annotated[
        int,
        typer.Option(
            "--resilience",
            help="0 to 10: packets that bear loss; up to about 2% more bytes a level, at least 5 to 14%.",
        ),
    ] = 0,
    dictionary: SeriesDictionary = None,
    start: Start = None,
    duration: Duration = None,
    video_track: VideoTrack = None,
    audio_track: AudioTrack = None,
    jobs: Annotated[
        int | None,
        typer.Option(
            "--jobs", help="Processes for a film of more than 20 s (default: the cores).", show_default=False
        ),
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(
            "--scheduler",
            help="Workers of this Dask scheduler instead, such as tls://host:8786.",
            show_default=False,
        ),
    ] = None,
    cache: Annotated[
        Path | None,
        typer.Option(
            "--cache",
            help="A folder that keeps what is made, for the same film at another target.",
            show_default=False,
        ),
    ] = None,
    skip_existing: Annotated[
        bool, typer.Option("--skip-existing", help="Into a folder: leave films that are there.")
    ] = False,
    live: Annotated[
        bool,
        typer.Option("--live", help="Write while the video (also of a pipe) comes, to be followed at once."),
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Transcode videos to MTOR."""
    from mtor_transcode import api

    options: dict[str, Any] = {
        "quality": quality,
        "target_kbps": target_kbps,
        "target_size": target_size,
        "target_vmaf": target_vmaf,
        "max_kbps": max_kbps,
        "preset": None if preset is None else preset.value,
        "mode": mode.value,
        "audio": audio.value,
        "audio_kbps": audio_kbps,
        "refresh": refresh,
        "resilience": resilience,
        "dictionary": dictionary,
        "start": start,
        "duration": duration,
        "video_track": video_track,
        "audio_track": audio_track,
        "jobs": jobs,
        "scheduler": scheduler,
        "cache": cache,
    }
    if live:
        whole_only = {"skip_existing": skip_existing, "many films": _means_folder(sources, output)}
        result = transcode_live(sources[0], output, {**options, **whole_only}, as_json=as_json)
        _tell(result, as_json=as_json)
        return 0
    options["preset"] = options["preset"] or Preset.balanced.value
    tell_of_compiling()
    if _means_folder(sources, output):
        return transcode_many(sources, output, skip_existing, options, as_json=as_json)
    if skip_existing:
        raise UsageError("is for a folder of films", where="--skip-existing", remedy="name a folder as -o")
    with watching(as_json=as_json) as progress:
        result = api.transcode(sources[0], output, progress=progress, **options)
    _tell(result, as_json=as_json)
    return 0


def _means_folder(sources: list[str], output: str) -> bool:
    """Whether ``output`` is a folder for films: it is one, is written as one, or there are many sources."""
    many = len(sources) > 1 or (glob.has_magic(sources[0]) and not Path(sources[0]).exists())
    return many or output.endswith(("/", os.sep)) or os.path.isdir(output)


def _tell(result: TranscodeResult, *, as_json: bool) -> None:
    for line in result.warnings:
        warn(line)
    if as_json:
        emit("result", result.to_json())
        return
    note(
        f"{result.output}: {bytes_of(result.bytes)}, {result.kbps:.2f} kbps, {seconds_of(result.duration)} "
        f"of {result.width}x{result.height}, in {seconds_of(result.elapsed)}"
    )
