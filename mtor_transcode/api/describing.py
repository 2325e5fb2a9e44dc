# SPDX-License-Identifier: Apache-2.0
"""What a source is, and what the transcoder would do with it."""

from __future__ import annotations

import os
from dataclasses import asdict

from mtor_transcode.api.options import DEFAULT_AUDIO_KBPS
from mtor_transcode.api.results import Info, Track
from mtor_transcode.ingest.info import SourceInfo, TrackInfo
from mtor_transcode.ingest.source import open_source


def info(source: str | os.PathLike[str]) -> Info:
    """Look at ``source`` (a path, or ``-`` for standard input) without transcoding it.

    Raises InputError if there is no video in it.
    """
    with open_source(source) as opened:
        found = opened.info
    seconds = float(found.duration)
    return Info(
        path=found.path,
        container=found.container,
        codec=found.codec,
        width=found.width,
        height=found.height,
        pixel_aspect=found.pixel_aspect,
        rotation=found.rotation,
        frame_rate=found.frame_rate,
        variable_rate=found.vfr,
        duration=seconds,
        frames=found.frames,
        bit_depth=found.bit_depth,
        colour=asdict(found.colour),
        interlaced=found.interlaced,
        alpha=found.has_alpha,
        still=found.still,
        kbps=found.byte_size * 8 / 1000 / seconds if seconds else 0.0,
        bytes=found.byte_size,
        audio=tuple(_track(track) for track in found.audio),
        subtitles=tuple(_track(track) for track in found.subtitles),
        plan=tuple(plan(found)),
    )


def plan(found: SourceInfo) -> list[str]:
    """What a transcode with default options does with such a source, a sentence each."""
    steps = [_picture(found)]
    if found.rotation:
        steps.append(f"turn the picture upright (it is marked as rotated by {found.rotation} degrees)")
    if found.pixel_aspect != 1:
        steps.append(f"keep the pixels' shape of {found.pixel_aspect} (players stretch them)")
    if found.interlaced:
        steps.append("join the fields of its interlaced pictures")
    if found.has_alpha:
        steps.append("lay its transparent parts over black")
    if found.bit_depth > 8:
        steps.append(f"work at 8 bit (the report still measures against all {found.bit_depth})")
    steps.append(_times(found))
    steps.append(_sound(found))
    steps += _subtitles(found)
    return steps


def _picture(found: SourceInfo) -> str:
    spec = found.colour
    matrix = {1: "BT.709", 5: "BT.601", 6: "BT.601", 9: "BT.2020"}.get(spec.matrix, f"matrix {spec.matrix}")
    reach = "full" if spec.full_range else "limited"
    space = f"its own YCbCr ({matrix}, {reach} range)"
    return f"describe {found.width}x{found.height} px by vector shapes, in {space}"


def _times(found: SourceInfo) -> str:
    if found.still:
        return "make a film of one picture"
    if found.vfr:
        return f"keep each picture's own time, in ticks of {found.time_base} s (the frame rate varies)"
    return f"count time in frames of {found.time_base} s"


def _sound(found: SourceInfo) -> str:
    if not found.audio:
        return "write no sound (there is none)"
    others = len(found.audio) - 1
    left = f"; {others} other tracks are left out, --audio-track chooses" if others else ""
    return f"code the sound as Opus at {DEFAULT_AUDIO_KBPS:g} kbps (--audio copy keeps it as it is){left}"


def _subtitles(found: SourceInfo) -> list[str]:
    text = sum(1 for track in found.subtitles if track.text)
    pictures = len(found.subtitles) - text
    steps = [f"carry along {text} track(s) of subtitles"] if text else []
    if pictures:
        steps.append(f"leave out {pictures} track(s) of subtitles that are pictures")
    return steps


def _track(track: TrackInfo) -> Track:
    facts = [
        track.title,
        f"{track.sample_rate} Hz" if track.sample_rate else "",
        f"{track.channels} channels" if track.channels else "",
        f"{track.bit_rate / 1000:.0f} kbps" if track.bit_rate else "",
    ]
    return Track(track.number, track.codec, track.language, ", ".join(fact for fact in facts if fact))
