# SPDX-License-Identifier: Apache-2.0
"""Opus at low rates (RFC 6716), with long packets and silence that is nearly free.

libopus codes with constrained VBR, which stays well below a low rate: asked for 6 kbit/s it was seen to give
4.3 to 5.4 kbit/s on speech and film sound, for 16 kbit/s 14 to 16. It takes 1.9 kbit/s even for silence, and
FFmpeg has no switch for its DTX; so packets of silence are replaced by packets without content, of one byte
or two, which a decoder fills with the silence (or the faint noise) it heard last.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.codec.context import CodecContext

from mtor_transcode.ingest.pcm import RATE, Samples
from mtor_transcode.model import AudioPacket

_STEREO_FROM = 32.0
_SPEECH_UP_TO = 16.0
# Milliseconds of sound in a packet, up to a rate in kbit/s: a packet costs a few bytes of container.
_PACKET_MS = ((12.0, 120), (32.0, 60), (float("inf"), 20))
_LEAST_RATE = 500
# Silence: below -66 dB of full scale RMS, and no click in it.
_SILENT_RMS, _SILENT_PEAK = 5e-4, 3e-3


def channels_at(kbps: float, channels: int) -> int:
    """How many channels to code of a source's ``channels`` at a rate: low rates are mixed down to mono."""
    return 1 if channels < 2 or kbps < _STEREO_FROM else 2


class OpusCoder:
    """Codes 48 kHz sound from time 0 on.

    ``setup`` is the ``OpusHead`` (RFC 7845, 5.1), ``priming`` its pre-skip.
    """

    def __init__(self, kbps: float, channels: int, samples: int | None, push: float = 1.0) -> None:
        """Code at about ``kbps``; libopus itself is asked for ``push`` times that.

        ``samples``, if known, is how much sound there will be: the last packet counts in the rate too.
        """
        milliseconds = next(ms for limit, ms in _PACKET_MS if kbps <= limit)
        self._channels = channels
        self._frame = RATE * milliseconds // 1000
        self._limit = samples
        self._encoder = _encoder(kbps, channels, milliseconds, push * self._share(samples))
        self.setup = bytes(self._encoder.extradata or b"")
        self.priming = int.from_bytes(self.setup[10:12], "little")

    def _share(self, samples: int | None) -> float:
        """Sound asked for over sound in whole packets, so that short pieces keep to the rate."""
        if not samples:
            return 1.0
        return samples / (-(-(samples + RATE // 100) // self._frame) * self._frame)

    def packets(self, pieces: Iterator[Samples]) -> Iterator[AudioPacket]:
        """Coded packets, back to back; the first begins ``priming`` samples before time 0."""
        number, was_silent, place = 0, False, -self.priming
        for block in self._blocks(pieces):
            frame = AudioFrame.from_ndarray(
                block.reshape(1, -1), "flt", "mono" if self._channels == 1 else "stereo"
            )
            frame.sample_rate, frame.pts = RATE, number * self._frame
            silent = _is_silent(block)
            for packet in self._encoder.encode(frame):
                data = bytes(packet)
                yield AudioPacket(
                    place, self._frame, _without_content(data) if silent and was_silent else data
                )
                place += self._frame
            number, was_silent = number + 1, silent

    def _blocks(self, pieces: Iterator[Samples]) -> Iterator[Samples]:
        """Whole packets' worth of samples; the last is padded so far that nothing stays in the encoder."""
        held: list[Samples] = []
        count = total = 0
        for piece in pieces:
            taken = piece if self._limit is None else piece[: self._limit - total]
            held.append(taken)
            count, total = count + len(taken), total + len(taken)
            if count >= self._frame:
                joined = np.concatenate(held)
                whole = count // self._frame * self._frame
                yield from joined[:whole].reshape(-1, self._frame, self._channels)
                held, count = [joined[whole:]], count - whole
            if self._limit is not None and total >= self._limit:
                break
        if total:
            rest = np.zeros(
                (-(-(count + self.priming) // self._frame) * self._frame, self._channels), np.float32
            )
            rest[:count] = np.concatenate(held)
            yield from rest.reshape(-1, self._frame, self._channels)


def _encoder(kbps: float, channels: int, milliseconds: int, share: float) -> AudioCodecContext:
    encoder = CodecContext.create("libopus", "w")
    assert isinstance(encoder, AudioCodecContext)
    encoder.sample_rate = RATE
    encoder.layout = "mono" if channels == 1 else "stereo"
    encoder.format = "flt"
    encoder.bit_rate = max(_LEAST_RATE, int(kbps * 1000 * share))
    encoder.options = {
        "application": "voip" if kbps <= _SPEECH_UP_TO else "audio",
        "frame_duration": str(milliseconds),
        "vbr": "constrained",
    }
    encoder.open()
    return encoder


def _is_silent(block: Samples) -> bool:
    peak = float(np.abs(block).max(initial=0.0))
    return peak < _SILENT_PEAK and float(np.sqrt(np.square(block).mean())) < _SILENT_RMS


def _without_content(packet: bytes) -> bytes:
    """A packet of the same mode and duration whose frames are all empty (RFC 6716, 3.2: no content, DTX)."""
    head, kind = packet[0] & 0xFC, packet[0] & 3
    frames = (1, 2, 2)[kind] if kind < 3 else packet[1] & 0x3F
    return bytes([head | (frames - 1)]) if frames <= 2 else bytes([head | 3, frames])
