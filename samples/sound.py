# SPDX-License-Identifier: Apache-2.0
"""A short tune of pure tones as Opus packets."""

from __future__ import annotations

import av
import numpy as np
from numpy.typing import NDArray

from mtor_transcode.model import AudioInfo, AudioPacket

RATE = 48_000
NOTES_HZ = (261.63, 329.63, 392.0, 523.25, 392.0, 329.63)
NOTE_SECONDS = 0.4


def tune(seconds: float, kbps: int = 8) -> tuple[AudioInfo, list[AudioPacket]]:
    """Mono Opus of that length: notes one after another, each with a soft beginning and end."""
    encoder = av.CodecContext.create("libopus", "w")
    encoder.sample_rate, encoder.layout, encoder.format = RATE, "mono", "s16"
    encoder.bit_rate = kbps * 1000
    encoder.options = {"frame_duration": "60", "application": "audio"}
    encoder.open()
    wave = (_samples(seconds) * 8_000).astype(np.int16)
    packets = []
    for begin in range(0, wave.size, encoder.frame_size):
        piece = wave[begin : begin + encoder.frame_size]
        piece = np.pad(piece, (0, encoder.frame_size - piece.size))
        frame = av.AudioFrame.from_ndarray(piece[None, :], format="s16", layout="mono")
        frame.sample_rate, frame.pts = RATE, begin
        packets += encoder.encode(frame)
    packets += encoder.encode(None)
    setup = bytes(encoder.extradata or b"")
    priming = int.from_bytes(setup[10:12], "little") if setup[:8] == b"OpusHead" else 0
    info = AudioInfo("opus", RATE, 1, "und", setup, priming)
    return info, [
        AudioPacket((packet.pts or 0) + priming, packet.duration or 0, bytes(packet)) for packet in packets
    ]


def _samples(seconds: float) -> NDArray[np.float64]:
    """Values in [-1, 1] at 48 kHz."""
    time = np.arange(round(seconds * RATE)) / RATE
    within = time % NOTE_SECONDS
    pitch = np.array(NOTES_HZ)[(time / NOTE_SECONDS).astype(int) % len(NOTES_HZ)]
    loudness = np.clip(np.minimum(within, NOTE_SECONDS - within) / 0.05, 0, 1)
    return np.asarray(np.sin(2 * np.pi * pitch * within) * loudness)
