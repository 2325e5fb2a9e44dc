# SPDX-License-Identifier: Apache-2.0
"""Sound and subtitles on their way into an MP4: coded packets, moved in time, fed beside the picture."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import TypeAlias

from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.packet import Packet
from av.stream import Stream
from av.subtitles.stream import SubtitleStream

from mtor_transcode.model import AudioInfo, AudioPacket, Subtitle, SubtitleInfo
from mtor_transcode.render.audio_template import audio_template
from mtor_transcode.render.timed_text import STYLE_HEADER, text_samples

PREROLL = Fraction(80, 1000)
"""Seconds of sound that a decoder should have before the place where it begins (RFC 7845, 4.6, for Opus)."""

AnyPacket: TypeAlias = "Packet[Stream]"

MILLISECOND = Fraction(1, 1000)


class SideTrack:
    """Packets in the order of time, taken as the picture comes by."""

    def __init__(self, packets: Iterator[AnyPacket]) -> None:
        self._packets = packets
        self._next = next(packets, None)

    def until(self, seconds: Fraction | None) -> Iterator[AnyPacket]:
        """All packets not yet taken that begin before a time; all there are if it is None."""
        while self._next is not None:
            packet = self._next
            if seconds is not None and _time(packet) >= seconds:
                return
            self._next = next(self._packets, None)
            yield packet


def audio_track(
    container: OutputContainer,
    info: AudioInfo,
    packets: Iterable[AudioPacket],
    start: Fraction,
    duration: Fraction,
) -> SideTrack | None:
    """A track with the packets of ``[start, start + duration)`` s of the film; None if MP4 cannot hold them.

    Packets that begin before ``start`` get negative times, which the muxer turns into an edit list: a player
    decodes and drops them.
    """
    template = audio_template(info)
    if template is None:
        return None
    source, parameters = template
    with source:
        stream = container.add_stream_from_template(parameters)
    stream.time_base = Fraction(1, info.sample_rate)
    if info.language:
        stream.metadata["language"] = info.language
    return SideTrack(_audio_packets(stream, info, packets, start, duration))


def text_track(
    container: OutputContainer,
    info: SubtitleInfo,
    lines: Iterable[Subtitle],
    start: Fraction,
    duration: Fraction,
) -> SideTrack:
    """A track with the lines of ``[start, start + duration)`` s of the film."""
    stream = container.add_stream("mov_text")
    stream.codec_context.subtitle_header = STYLE_HEADER
    stream.codec_context.time_base = MILLISECOND
    stream.time_base = MILLISECOND
    if info.language:
        stream.metadata["language"] = info.language
    return SideTrack(_text_packets(stream, lines, start, duration))


def _audio_packets(
    stream: AudioStream, info: AudioInfo, packets: Iterable[AudioPacket], start: Fraction, duration: Fraction
) -> Iterator[AnyPacket]:
    rate = info.sample_rate
    first, last = round(start * rate), round((start + duration) * rate)
    earliest = first - round(PREROLL * rate) if first else None
    for packet in packets:
        if earliest is not None and packet.pts + packet.duration <= earliest:
            continue
        if packet.pts >= last:
            return
        yield _packet(stream, packet.data, packet.pts - first, packet.duration, Fraction(1, rate))


def _text_packets(
    stream: SubtitleStream, lines: Iterable[Subtitle], start: Fraction, duration: Fraction
) -> Iterator[AnyPacket]:
    begin, end = round(start * 1000), round((start + duration) * 1000)
    for sample in text_samples(lines, begin, end):
        yield _packet(stream, sample.payload(), sample.start, sample.end - sample.start, MILLISECOND)


def _packet(
    stream: AudioStream | SubtitleStream, data: bytes, pts: int, duration: int, time_base: Fraction
) -> AnyPacket:
    packet: AnyPacket = Packet(data)
    packet.stream = stream
    packet.time_base = time_base
    packet.pts = packet.dts = pts
    packet.duration = duration
    packet.is_keyframe = True
    return packet


def _time(packet: AnyPacket) -> Fraction:
    assert packet.dts is not None
    return packet.dts * packet.time_base
