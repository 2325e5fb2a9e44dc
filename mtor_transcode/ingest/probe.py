# SPDX-License-Identifier: Apache-2.0
"""Looking at a source: its first picture and the timestamps of its first packets."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from av.container import InputContainer
from av.error import FFmpegError
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from mtor_transcode.codec.limits import MAX_SIDE
from mtor_transcode.errors import InputError
from mtor_transcode.ingest.decode import Damage, decoder_for, packets
from mtor_transcode.ingest.planes import Layout, layout_of
from mtor_transcode.ingest.rotation import Upright, upright_of
from mtor_transcode.ingest.timing import Timing, find_timing

PACKETS = 1500
"""Packets that are looked at."""

LIVE_PACKETS = 32
"""Packets of a stream that is read while it comes."""


@dataclass(frozen=True, slots=True)
class Probe:
    """What the beginning of a stream shows. ``origin`` is the first picture's timestamp in ``time_base``.

    ``end`` is where the last of the packets looked at ends; ``whole`` tells that those are all.
    """

    first: VideoFrame
    layout: Layout
    upright: Upright
    timing: Timing
    time_base: Fraction
    origin: int
    pictures: int
    end: int
    whole: bool


def probe(container: InputContainer, stream: VideoStream, where: str, most: int = PACKETS) -> Probe:
    """Look at the first ``most`` packets of ``stream``.

    The container must be at its beginning, and is somewhere else afterwards.

    Raises ``InputError`` if nothing decodes or the picture's size is out of bounds.
    """
    check_size(stream.codec_context.width, stream.codec_context.height, where)
    context = decoder_for(stream)
    context.thread_count = 1
    damage = Damage()
    first: VideoFrame | None = None
    pts: list[int] = []
    end, count = 0, 0
    for packet in packets(container, stream, damage):
        count += 1
        if not packet.is_discard and packet.pts is not None:
            pts.append(packet.pts)
            end = max(end, packet.pts + (packet.duration or 0))
        if first is None:
            first = _first(context, packet)
        if count >= most:
            break
    whole = count < most
    first = first or _flushed(context)
    if first is None:
        raise InputError("no picture can be decoded", where=where, remedy="the stream is empty or broken")
    check_size(first.width, first.height, where)
    time_base = stream.time_base or first.time_base or Fraction(1, 90000)
    # The last packets read may wait for earlier pictures that come after them, unless these are all.
    times = sorted(set(pts)) if whole else sorted(set(pts))[:-16]
    origin = first.pts if first.pts is not None else (times[0] if times else 0)
    times = [value for value in times if value >= origin]
    declared = [stream.guessed_rate, stream.average_rate, stream.base_rate]
    if len(times) == 1 and end > times[0]:
        declared.insert(0, 1 / ((end - times[0]) * time_base))
    upright = upright_of(first)
    return Probe(
        first=first,
        layout=layout_of(first.format, stream.codec_context.name, upright.swaps_sides),
        upright=upright,
        timing=find_timing(times, time_base, declared),
        time_base=time_base,
        origin=origin,
        pictures=len(times) if pts else count,
        end=end,
        whole=whole,
    )


def check_size(width: int, height: int, where: str) -> None:
    """Raise ``InputError`` if a picture of that size is not to be handled."""
    if width > MAX_SIDE or height > MAX_SIDE:
        raise InputError(
            f"the picture is {width}x{height}, at most {MAX_SIDE} a side are handled",
            where=where,
            remedy="scale the video down first",
        )


def _first(context: VideoCodecContext, packet: object) -> VideoFrame | None:
    try:
        return next(iter(context.decode(packet)), None)  # type: ignore[arg-type]
    except FFmpegError:
        return None


def _flushed(context: VideoCodecContext) -> VideoFrame | None:
    return _first(context, None)
