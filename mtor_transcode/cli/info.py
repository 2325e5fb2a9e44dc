# SPDX-License-Identifier: Apache-2.0
"""``mtor info``: what a source is and what the transcoder would do with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtor_transcode.cli.console import emit, say
from mtor_transcode.cli.options import AsJson, Video
from mtor_transcode.cli.words import bytes_of, seconds_of

if TYPE_CHECKING:
    from mtor_transcode.api.results import Info, Track


def info(source: Video, as_json: AsJson = False) -> None:
    """Show what a source is and what would be done with it."""
    from mtor_transcode import api

    found = api.info(source)
    if as_json:
        emit("result", found.to_json())
        return
    for line in lines(found):
        say(line)


def lines(found: Info) -> list[str]:
    """The description as lines of text."""
    rate = "variable rate, about " if found.variable_rate else ""
    length = "one picture" if found.still else f"{seconds_of(found.duration)}, about {found.frames} frames"
    return [
        f"{found.path}",
        f"  {found.container}, {found.codec}, {found.width}x{found.height}, {found.bit_depth} bit",
        f"  {length}, {rate}{float(found.frame_rate):.6g} fps, "
        f"{bytes_of(found.bytes)}, {found.kbps:.0f} kbps",
        *(f"  sound {_track(track)}" for track in found.audio),
        *(f"  subtitles {_track(track)}" for track in found.subtitles),
        "",
        "mtor transcode would:",
        *(f"  - {step}" for step in found.plan),
    ]


def _track(track: Track) -> str:
    return ", ".join(word for word in (str(track.number), track.codec, track.language, track.detail) if word)
