# SPDX-License-Identifier: Apache-2.0
"""Sound sections: coded packets with their times and sizes in front, entropy-coded.

Sizes are told as differences from a running mean, times only where they do not follow from the durations,
and a first byte that all packets share (Opus: the table-of-contents byte) once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from mtor_transcode.codec.adaptive import Adaptive
from mtor_transcode.codec.binarise import read_number, read_signed, write_number, write_signed
from mtor_transcode.codec.contexts import BASE
from mtor_transcode.codec.fields import Payload, varint, zigzag
from mtor_transcode.codec.limits import MAX_PACKET, MAX_SECTION, MAX_SECTION_PACKETS, MAX_STEP, MAX_TICK
from mtor_transcode.codec.rangecoder import RangeReader, RangeWriter
from mtor_transcode.errors import UsageError
from mtor_transcode.model import AudioPacket

_CONTINUOUS: Final = BASE["sound.continuous"]
_SAME_DURATION: Final = BASE["sound.same_duration"]
_DURATION: Final = BASE["sound.duration"]
_GAP: Final = BASE["sound.gap"]
_SIZE: Final = BASE["sound.size"]


def write_sound(packets: Sequence[AudioPacket]) -> tuple[bytes, int]:
    """Returns the payload for 1 .. ``MAX_SECTION_PACKETS`` packets, and how many of its bytes are data."""
    for packet in packets:
        _check(packet)
    shared = len({packet.data[:1] for packet in packets}) == 1 and len(packets[0].data) > 0
    cut = int(shared)
    writer = RangeWriter(Adaptive())
    pts, duration, mean = packets[0].pts, 0, 0
    for packet in packets:
        writer.bit(_CONTINUOUS, packet.pts == pts)
        if packet.pts != pts:
            write_signed(writer, _GAP, packet.pts - pts)
        writer.bit(_SAME_DURATION, packet.duration == duration)
        if packet.duration != duration:
            write_number(writer, _DURATION, packet.duration)
        size = len(packet.data) - cut
        write_signed(writer, _SIZE, size - mean)
        mean = (3 * mean + size + 2) >> 2 if mean else size
        pts, duration = packet.pts + packet.duration, packet.duration
    facts = writer.finish()
    data = b"".join(packet.data[cut:] for packet in packets)
    head = (
        varint(2 * len(packets) + shared) + (packets[0].data[:1] if shared else b"") + zigzag(packets[0].pts)
    )
    return head + varint(len(facts)) + facts + data, len(data)


def read_sound(payload: Payload) -> Iterator[AudioPacket]:
    """Yields the packets of a section's payload."""
    count = payload.varint(2 * MAX_SECTION_PACKETS + 1, "number of packets")
    first_byte = payload.take(1, "packet") if count & 1 else b""
    pts = payload.zigzag(MAX_TICK, "time of a packet")
    reader = RangeReader(payload.take(payload.varint(MAX_SECTION, "length")), Adaptive(), payload.where)
    duration = mean = 0
    for _ in range(count >> 1):
        if not reader.bit(_CONTINUOUS):
            pts += read_signed(reader, _GAP)
        if not reader.bit(_SAME_DURATION):
            duration = read_number(reader, _DURATION)
        size = mean + read_signed(reader, _SIZE)
        mean = (3 * mean + size + 2) >> 2 if mean else size
        if not 0 <= size <= MAX_PACKET or abs(pts) > MAX_TICK:
            raise payload.damaged("a packet of sound is out of range")
        yield AudioPacket(pts, duration, first_byte + payload.take(size, "packet of sound"))
        pts += duration


def sound_data_bytes(payload: Payload) -> int:
    """Returns how much of a payload is the packets' data, as ``write_sound`` does."""
    if payload.varint(2 * MAX_SECTION_PACKETS + 1, "number of packets") & 1:
        payload.take(1, "packet")
    payload.zigzag(MAX_TICK, "time of a packet")
    payload.take(payload.varint(MAX_SECTION, "length"), "packets' sizes")
    return len(payload.rest())


def _check(packet: AudioPacket) -> None:
    if len(packet.data) > MAX_PACKET:
        raise UsageError(f"a packet of sound has {len(packet.data)} bytes", remedy=f"at most {MAX_PACKET}")
    if abs(packet.pts) > MAX_TICK or not 0 <= packet.duration <= MAX_STEP:
        raise UsageError("the time of a packet of sound is out of range")
