# SPDX-License-Identifier: Apache-2.0
"""A source's own packets of sound, moved to the film's clock."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet

from mtor_transcode.model import AudioPacket

COPIED = frozenset({"aac", "opus", "mp3", "mp2", "vorbis", "ac3", "eac3", "flac", "alac"})
"""Codecs whose packets can be kept (FFmpeg's names)."""

# Sound that a decoder should hear before a place where it is entered (s; RFC 7845, 4.6).
_PREROLL = Fraction(80, 1000)
# Timestamps closer than this (s) to the end of the packet before are that end, but for rounding.
_ROUNDING = Fraction(3, 1000)


@dataclass(frozen=True, slots=True)
class Window:
    """The part of the source that is the film: ``origin`` is the container's time (s) of its beginning."""

    origin: Fraction
    length: Fraction | None
    from_beginning: bool


def copied_packets(
    container: InputContainer, stream: AudioStream, window: Window, rate: int
) -> Iterator[AudioPacket]:
    """Packets that sound within the window, times in samples at ``rate``; the first may begin before 0."""
    earliest = None if window.from_beginning else -round(_PREROLL * rate)
    last = None if window.length is None else round(window.length * rate)
    for packet in _timed(container, stream, window.origin, rate):
        if last is not None and packet.pts >= last:
            return
        if earliest is None or packet.pts + packet.duration > earliest:
            yield packet


def _timed(
    container: InputContainer, stream: AudioStream, origin: Fraction, rate: int
) -> Iterator[AudioPacket]:
    """All packets back to back where the timestamps mean that."""
    end: int | None = None
    held: AudioPacket | None = None
    for packet in _packets(container, stream):
        if packet.pts is None and end is None:
            continue
        time_base = packet.time_base
        place = end or 0 if packet.pts is None else round((packet.pts * time_base - origin) * rate)
        if end is not None and abs(place - end) <= _ROUNDING * rate:
            place = end
        data = without_adts(bytes(packet)) if stream.codec_context.name.startswith("aac") else bytes(packet)
        duration = _duration(stream, packet, data, rate)
        if held is not None:
            yield held if held.duration else AudioPacket(held.pts, max(1, place - held.pts), held.data)
        held, end = AudioPacket(place, duration, data), place + duration if duration else None
    if held is not None:
        yield held if held.duration else AudioPacket(held.pts, 1024, held.data)


def _packets(container: InputContainer, stream: AudioStream) -> Iterator[Packet[AudioStream]]:
    source = container.demux(stream)
    while True:
        try:
            packet = next(source, None)
        except FFmpegError:
            return
        if packet is None or not packet.size:
            return
        yield packet


def _duration(stream: AudioStream, packet: Packet[AudioStream], data: bytes, rate: int) -> int:
    """Samples in a packet, 0 if only the next packet's time can tell."""
    if stream.codec_context.name in ("opus", "libopus"):
        return opus_samples(data)
    if stream.codec_context.frame_size:
        return stream.codec_context.frame_size
    return round(packet.duration * packet.time_base * rate) if packet.duration else 0


def opus_samples(packet: bytes) -> int:
    """Samples at 48 kHz in an Opus packet (RFC 6716, 3.1)."""
    config, kind = packet[0] >> 3, packet[0] & 3
    if config < 12:
        frame = (480, 960, 1920, 2880)[config & 3]
    else:
        frame = (480, 960)[config & 1] if config < 16 else (120, 240, 480, 960)[config & 3]
    frames = (1, 2, 2)[kind] if kind < 3 else (packet[1] & 0x3F if len(packet) > 1 else 1)
    return frame * frames


def has_adts(packet: bytes) -> bool:
    """Whether an AAC packet carries its own header (MPEG-TS, raw .aac) instead of one setup for all."""
    return len(packet) > 7 and packet[0] == 0xFF and packet[1] & 0xF6 == 0xF0


def without_adts(packet: bytes) -> bytes:
    """An AAC packet without its ADTS header (ISO 14496-3, 1.A.2), if it has one."""
    if not has_adts(packet):
        return packet
    return packet[7 if packet[1] & 1 else 9 :]


def setup_from_adts(packet: bytes) -> bytes:
    """The AudioSpecificConfig that an ADTS header stands for."""
    kind = (packet[2] >> 6) + 1
    rate = packet[2] >> 2 & 15
    channels = (packet[2] & 1) << 2 | packet[3] >> 6
    return (kind << 11 | rate << 7 | channels << 3).to_bytes(2, "big")
