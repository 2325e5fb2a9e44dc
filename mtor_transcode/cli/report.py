# SPDX-License-Identifier: Apache-2.0
"""``mtor report``: the film beside its source, measured."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mtor_transcode.cli.console import note, say
from mtor_transcode.cli.options import (
    AudioTrack,
    Dictionary,
    Duration,
    Film,
    RequireSignature,
    Start,
    Video,
    VideoTrack,
)
from mtor_transcode.cli.talk import tell_of_compiling, watching
from mtor_transcode.cli.words import bytes_of, counted, seconds_of, table

if TYPE_CHECKING:
    from mtor_transcode.measure.result import Report

SHOWN = (
    ("vmaf", "VMAF", 1),
    ("ssim", "SSIM", 4),
    ("psnr_y", "PSNR-Y dB", 2),
    ("psnr_yuv", "PSNR-YUV dB", 2),
    ("xpsnr", "XPSNR dB", 2),
)
"""The pooled metrics that the text shows: key, name, decimals."""


def report(
    source: Video,
    film: Film,
    html: Annotated[
        Path | None, typer.Option("--html", help="Write a self-contained page.", show_default=False)
    ] = None,
    json: Annotated[
        Path | None, typer.Option("--json", help="Write the whole report.", show_default=False)
    ] = None,
    csv: Annotated[
        Path | None, typer.Option("--csv", help="Write a row for each frame.", show_default=False)
    ] = None,
    start: Start = None,
    duration: Duration = None,
    video_track: VideoTrack = None,
    audio_track: AudioTrack = None,
    dictionary: Dictionary = None,
    require_signature: RequireSignature = None,
) -> None:
    """Measure a .mtor beside its source."""
    from mtor_transcode import api

    tell_of_compiling()
    with watching(as_json=False) as progress:
        found = api.report(
            source,
            film,
            html=html,
            json=json,
            csv=csv,
            start=start,
            duration=duration,
            video_track=video_track,
            audio_track=audio_track,
            dictionary=dictionary,
            require_signature=require_signature or (),
            progress=progress,
        )
    for line in lines(found):
        say(line)
    for path in (html, json, csv):
        if path is not None:
            note(f"wrote {path}")


def _loss(found: Report) -> list[str]:
    """What loss on the way does, if the film is in packets."""
    rows = [
        (f"{100 * row.share:.0f}%", f"{100 * row.missing:.1f}%", f"{row.ssim:.4f}", f"{row.ssim_worst:.4f}")
        for row in found.loss
    ]
    return ["", *table([("lost", "missing", "SSIM", "worst"), *rows])] if rows else []


def lines(found: Report) -> list[str]:
    """The gist of the report as lines of text."""
    rates, quality, rfc = found.rates, found.quality, found.rfc
    metrics = [
        (name, f"{pooled.mean:.{decimals}f}", f"{pooled.min:.{decimals}f}")
        for key, name, decimals in SHOWN
        if (pooled := quality.pooled.get(key)) is not None
    ]
    kinds = [(kind.kind, f"{kind.kbps:.2f}", f"{100 * kind.share:.1f}%") for kind in rates.kinds]
    return [
        f"{found.film.name} beside {found.source.name}, {counted(quality.frames, 'frame')}",
        *table([("", "mean", "worst"), *metrics]),
        "",
        f"{rates.kbps:.2f} kbps ({bytes_of(found.film.bytes)}); the source has {rates.source_kbps:.0f} kbps: "
        f"{rates.source_ratio:.1f} times less, {rates.raw_ratio:,.0f} times less than raw",
        f"at most {rates.most_kbps:.2f} kbps over any 4 s (from {seconds_of(rates.most_at)} on)",
        *table([("", "kbps", "share"), *kinds]),
        "",
        f"{rfc.tokens_per_hour:,.0f} tokens an hour of {rfc.bytes_per_token:.1f} bytes; "
        f"{100 * rfc.dictionary_share:.1f}% is dictionary; an hour takes {bytes_of(rfc.bytes_per_hour)}",
        *_loss(found),
        *(f"not measured: {name} ({why})" for name, why in quality.missing.items()),
        *found.notes,
    ]
