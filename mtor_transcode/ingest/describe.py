# SPDX-License-Identifier: Apache-2.0
"""Writing down what a probe saw."""

from __future__ import annotations

from fractions import Fraction

from av.container import InputContainer
from av.video.stream import VideoStream

from mtor_transcode.ingest.colour import colour_of
from mtor_transcode.ingest.container import Spool
from mtor_transcode.ingest.info import SourceInfo
from mtor_transcode.ingest.probe import Probe
from mtor_transcode.ingest.tracks import codec_name, track_infos

_MICROSECOND = Fraction(1, 10**6)


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
        byte_size=spool.path.stat().st_size,
        audio=track_infos(container.streams.audio),
        subtitles=track_infos(container.streams.subtitles),
    )


def first_aspect(stream: VideoStream) -> Fraction | None:
    """The pixel aspect that the codec itself names, if any."""
    return stream.codec_context.sample_aspect_ratio or None


def _extent(container: InputContainer, stream: VideoStream, seen: Probe) -> tuple[Fraction, int]:
    """Duration (s) from the first picture to the end of the last, and number of pictures, as far as known."""
    timing = seen.timing
    if seen.whole:
        looked = Fraction(seen.end - seen.origin) * seen.time_base
        duration = max(looked, seen.pictures / timing.frame_rate if looked <= 0 else Fraction(0))
        declared = _declared(container, stream)
        return max(duration, declared if seen.pictures > 1 else Fraction(0)), seen.pictures
    duration = _declared(container, stream)
    return duration, stream.frames or max(1, round(duration * timing.frame_rate))


def _declared(container: InputContainer, stream: VideoStream) -> Fraction:
    if stream.duration and stream.time_base:
        return Fraction(stream.duration * stream.time_base)
    return (container.duration or 0) * _MICROSECOND


def _bit_rate(container: InputContainer, spool: Spool, duration: Fraction) -> int:
    """The video's rate where the container does not tell: that of the whole file without its sound."""
    if not duration:
        return 0
    sound = sum(track.bit_rate or 0 for track in container.streams.audio)
    return max(0, round(spool.path.stat().st_size * 8 / duration) - sound)
