# SPDX-License-Identifier: Apache-2.0
"""Writing down what a probe saw."""

from __future__ import annotations

import re
from fractions import Fraction

from av.container import InputContainer
from av.video.stream import VideoStream

from mtor_transcode.ingest.colour import colour_of
from mtor_transcode.ingest.container import Spool
from mtor_transcode.ingest.info import SourceInfo
from mtor_transcode.ingest.probe import Probe
from mtor_transcode.ingest.tracks import codec_name, track_infos

_MICROSECOND = Fraction(1, 10**6)
# Matroska: FFmpeg and others write each track's end as a tag.
_CLOCK = re.compile(r"(\d+):(\d\d):(\d\d(?:\.\d+)?)")


def describe(container: InputContainer, stream: VideoStream, seen: Probe, spool: Spool) -> SourceInfo:
    """The whole source's description; ``bit_depth`` and ``chroma`` are those of the planes it will yield."""
    first, layout, upright, timing = seen.first, seen.layout, seen.upright, seen.timing
    width, height = first.width, first.height
    aspect = Fraction(stream.sample_aspect_ratio or first_aspect(stream) or 1)
    if upright.swaps_sides:
        width, height, aspect = height, width, 1 / aspect
    duration, frames = _extent(container, stream, seen)
    still = seen.whole and seen.pictures == 1
    return SourceInfo(
        path=spool.name,
        container=container.format.name,
        codec=codec_name(stream),
        width=width,
        height=height,
        pixel_aspect=aspect,
        rotation=upright.turns * 90,
        time_base=timing.time_base,
        frame_rate=timing.frame_rate,
        vfr=timing.vfr,
        duration=duration,
        frames=frames,
        bit_depth=layout.depth,
        chroma=layout.chroma[::-1] if upright.swaps_sides else layout.chroma,
        pixel_format=first.format.name,
        colour=colour_of(first, layout.rgb),
        interlaced=bool(first.interlaced_frame),
        has_alpha=layout.alpha,
        still=still,
        bit_rate=stream.bit_rate or _bit_rate(container, spool, duration),
        byte_size=spool.bytes,
        audio=track_infos(container.streams.audio),
        subtitles=track_infos(container.streams.subtitles),
    )


def first_aspect(stream: VideoStream) -> Fraction | None:
    """The pixel aspect that the codec itself names, if any."""
    return stream.codec_context.sample_aspect_ratio or None


def declared_duration(container: InputContainer, stream: VideoStream, seen: Probe) -> Fraction | None:
    """How long the stream itself says that it is, from its first picture on (s); None if it does not tell.

    The container's own duration counts only if there is nothing else in it: sound may last longer.
    """
    first = seen.origin * seen.time_base
    if stream.duration and stream.time_base:
        return Fraction(stream.duration * stream.time_base)
    clock = _CLOCK.fullmatch(str(stream.metadata.get("DURATION", "")))
    if clock:
        hours, minutes, seconds = clock.groups()
        return int(hours) * 3600 + int(minutes) * 60 + Fraction(seconds) - first
    if container.duration and len(container.streams) == 1:
        return (container.duration + (container.start_time or 0)) * _MICROSECOND - first
    return None


def _extent(container: InputContainer, stream: VideoStream, seen: Probe) -> tuple[Fraction, int]:
    """Duration (s) from the first picture to the end of the last, and number of pictures, as far as known."""
    rate = seen.timing.frame_rate
    looked = Fraction(seen.end - seen.origin) * seen.time_base
    if looked <= 0:
        looked = seen.pictures / rate
    if seen.whole:
        return looked, seen.pictures
    declared = declared_duration(container, stream, seen)
    if declared is None:
        declared = (container.duration or 0) * _MICROSECOND
    duration = max(looked, declared)
    return duration, stream.frames or max(1, round(duration * rate))


def _bit_rate(container: InputContainer, spool: Spool, duration: Fraction) -> int:
    """The video's rate where the container does not tell: that of the whole file without its sound."""
    if not duration:
        return 0
    sound = sum(track.bit_rate or 0 for track in container.streams.audio)
    return max(0, round(spool.bytes * 8 / duration) - sound)
