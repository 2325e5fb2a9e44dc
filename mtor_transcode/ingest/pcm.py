# SPDX-License-Identifier: Apache-2.0
"""Sound of a source as samples on the film's own clock."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import EOFError as AvEOFError
from av.error import FFmpegError
from numpy.typing import NDArray

RATE = 48000
"""Samples per second."""

Samples = NDArray[np.float32]

# Silence is put in, or sound left out, to follow timestamps that are off by more than the first (s), or by
# more than the second for as long as the third: in real files they jump by a frame though the sound is whole.
_BREAK = Fraction(45, 1000)
_SHIFT = Fraction(22, 1000)
_LASTING = Fraction(1)


def decode_sound(container: InputContainer, stream: AudioStream) -> Iterator[AudioFrame]:
    """All sound that decodes from where ``container`` stands; broken packets are passed over."""
    packets = container.demux(stream)
    while True:
        try:
            packet = next(packets, None)
        except FFmpegError:
            packet = None
        if packet is None:
            return
        try:
            frames = packet.decode()
        except AvEOFError:
            return
        except FFmpegError:
            continue
        yield from frames


def samples_from(frames: Iterator[AudioFrame], origin: Fraction, channels: int) -> Iterator[Samples]:
    """Sound from film time 0 on, as (samples, channels) pieces of 48 kHz float32 without gaps.

    ``origin`` is the container's time (s) of film time 0; what is earlier is left out, what is missing is
    silence. ``channels`` is 1 or 2; more are mixed down.
    """
    place = 0
    stretch: _Stretch | None = None
    for frame in frames:
        time = None if frame.pts is None or frame.time_base is None else frame.pts * frame.time_base - origin
        if stretch is None or not stretch.continues(frame, time):
            if stretch is not None:
                for piece in stretch.finish():
                    yield from _from_zero(piece, place)
                    place += len(piece)
            begin = Fraction(place, RATE) if time is None else Fraction(time)
            start = round(begin * RATE)
            place = start if stretch is None and start < 0 else place
            yield from _silence(start - place, channels)
            stretch = _Stretch(frame, begin, channels, skip=max(0, place - start))
            place = max(place, start)
        for piece in stretch.feed(frame):
            yield from _from_zero(piece, place)
            place += len(piece)
    for piece in stretch.finish() if stretch is not None else ():
        yield from _from_zero(piece, place)
        place += len(piece)


def _from_zero(piece: Samples, place: int) -> Iterator[Samples]:
    """The part of a piece, whose first sample has number ``place``, that is not before sample 0."""
    if place + len(piece) > 0:
        yield piece[max(0, -place) :]


def _silence(count: int, channels: int) -> Iterator[Samples]:
    while count > 0:
        length = min(count, RATE)
        yield np.zeros((length, channels), np.float32)
        count -= length


class _Stretch:
    """Sound without a break and of one format, resampled; ``skip`` samples are dropped at its beginning."""

    def __init__(self, first: AudioFrame, begin: Fraction, channels: int, skip: int) -> None:
        self._format = _format(first)
        self._end = begin
        self._channels = channels
        self._skip = skip
        self._shifted = Fraction(0)
        self._resampler = AudioResampler("flt", "mono" if channels == 1 else "stereo", RATE)

    def continues(self, frame: AudioFrame, time: Fraction | None) -> bool:
        """Whether a frame at ``time`` (s) goes on where this stretch ends."""
        off = Fraction(0) if time is None else abs(time - self._end)
        self._shifted = self._shifted + _seconds(frame) if off > _SHIFT else Fraction(0)
        return _format(frame) == self._format and off <= _BREAK and self._shifted <= _LASTING

    def feed(self, frame: AudioFrame) -> Iterator[Samples]:
        self._end += _seconds(frame)
        frame.pts = None
        return self._taken(self._resampler.resample(frame))

    def finish(self) -> Iterator[Samples]:
        return self._taken(self._resampler.resample(None))

    def _taken(self, frames: list[AudioFrame]) -> Iterator[Samples]:
        for frame in frames:
            samples: Samples = frame.to_ndarray().astype(np.float32, copy=False).reshape(-1, self._channels)
            dropped = min(self._skip, len(samples))
            self._skip -= dropped
            if dropped < len(samples):
                yield samples[dropped:]


def _seconds(frame: AudioFrame) -> Fraction:
    return Fraction(frame.samples, frame.sample_rate)


def _format(frame: AudioFrame) -> tuple[str, str, int]:
    return frame.format.name, frame.layout.name, frame.sample_rate
