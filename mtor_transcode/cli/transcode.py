# SPDX-License-Identifier: Apache-2.0
"""``mtor transcode``: ordinary video in, MTOR out."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mtor_transcode.cli.console import emit, note, warn
from mtor_transcode.cli.options import (
    AsJson,
    AudioTrack,
    Duration,
    SeriesDictionary,
    Start,
    Video,
    VideoTrack,
)
from mtor_transcode.cli.talk import tell_of_compiling, watching
from mtor_transcode.cli.words import bytes_of, seconds_of

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
    source: Video,
    output: Annotated[Path, typer.Option("-o", "--output", help="The .mtor to write.", show_default=False)],
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
    preset: Annotated[Preset, typer.Option("--preset", help="How long to search.")] = Preset.balanced,
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
    as_json: AsJson = False,
) -> None:
    """Transcode a video to MTOR."""
    from mtor_transcode import api

    tell_of_compiling()
    with watching(as_json=as_json) as progress:
        result = api.transcode(
            source,
            output,
            quality=quality,
            target_kbps=target_kbps,
            target_size=target_size,
            target_vmaf=target_vmaf,
            preset=preset.value,
            mode=mode.value,
            audio=audio.value,
            audio_kbps=audio_kbps,
            refresh=refresh,
            resilience=resilience,
            dictionary=dictionary,
            start=start,
            duration=duration,
            video_track=video_track,
            audio_track=audio_track,
            progress=progress,
        )
    _tell(result, as_json=as_json)


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
