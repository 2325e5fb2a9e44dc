# SPDX-License-Identifier: Apache-2.0
"""A stream for packets that are coded already.

A muxer of PyAV takes a track's parameters from an open stream only. So the few that a film keeps are put into
an empty Matroska file in memory (RFC 9559), and the stream is that file's.
"""

from __future__ import annotations

import io
import struct

import av
from av.audio.stream import AudioStream
from av.container import InputContainer

from mtor_transcode.model import AudioInfo

CODEC_IDS = {
    "opus": "A_OPUS",
    "libopus": "A_OPUS",
    "aac": "A_AAC",
    "mp3": "A_MPEG/L3",
    "mp2": "A_MPEG/L2",
    "ac3": "A_AC3",
    "eac3": "A_EAC3",
    "flac": "A_FLAC",
    "alac": "A_ALAC",
    "vorbis": "A_VORBIS",
}
"""Codecs that an MP4 can hold: FFmpeg's names, and Matroska's."""

_UNKNOWN_SIZE = b"\x01" + b"\xff" * 7


def audio_template(info: AudioInfo) -> tuple[InputContainer, AudioStream] | None:
    """An open container and its only stream, which has the track's parameters; None for an unknown codec.

    The caller closes the container when the stream has been used.
    """
    codec_id = CODEC_IDS.get(info.codec)
    if codec_id is None:
        return None
    container = av.open(io.BytesIO(_matroska(info, codec_id)), "r", format="matroska")
    return container, container.streams.audio[0]


def _matroska(info: AudioInfo, codec_id: str) -> bytes:
    sound = _element(0xB5, struct.pack(">d", info.sample_rate)) + _number(0x9F, info.channels)
    entry = _number(0xD7, 1) + _number(0x73C5, 1) + _number(0x83, 2) + _element(0x86, codec_id.encode())
    if info.setup:
        entry += _element(0x63A2, _private(info))
    tracks = _element(0x1654AE6B, _element(0xAE, entry + _element(0xE1, sound)))
    cluster = _element(0x1F43B675, _number(0xE7, 0))
    segment = _identifier(0x18538067) + _UNKNOWN_SIZE + tracks + cluster
    return _element(0x1A45DFA3, _element(0x4282, b"matroska")) + segment


def _private(info: AudioInfo) -> bytes:
    """The setup as Matroska has it, which differs from FFmpeg's for two codecs."""
    if info.codec == "flac" and not info.setup.startswith(b"fLaC"):
        return b"fLaC\x80" + len(info.setup).to_bytes(3, "big") + info.setup
    if info.codec == "alac" and info.setup[4:8] == b"alac":
        return info.setup[12:]
    return info.setup


def _element(identifier: int, content: bytes) -> bytes:
    return _identifier(identifier) + (1 << 56 | len(content)).to_bytes(8, "big") + content


def _number(identifier: int, value: int) -> bytes:
    return _element(identifier, value.to_bytes(8, "big"))


def _identifier(identifier: int) -> bytes:
    return identifier.to_bytes((identifier.bit_length() + 7) // 8, "big")
