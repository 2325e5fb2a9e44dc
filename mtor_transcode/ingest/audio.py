# SPDX-License-Identifier: Apache-2.0
"""The sound of a film: coded anew as Opus, or the source's own packets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from fractions import Fraction
from itertools import chain, tee

from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError

from mtor_transcode.errors import InputError, UsageError
from mtor_transcode.ingest.copying import COPIED, Window, copied_packets, has_adts, setup_from_adts
from mtor_transcode.ingest.opus import OpusCoder, channels_at
from mtor_transcode.ingest.pcm import RATE, Samples, decode_sound, samples_from
from mtor_transcode.ingest.source import Source
from mtor_transcode.ingest.tracks import choose, codec_name, language_of
from mtor_transcode.model import AudioInfo, AudioPacket

LEAST_KBPS, MOST_KBPS = 6.0, 128.0
"""Rates of Opus that are offered (kbit/s)."""

Sound = tuple[AudioInfo, Iterator[AudioPacket]]

# What libopus is asked for, as a share of the rate. It stays below low rates by a fifth and more, differently
# for each sound, so a few are tried; it exceeds high ones by up to a hundredth.
_PUSHES = (1.0, 1.08, 1.16, 1.24, 1.32)
_SAFE_PUSH = 0.98
_TRIED_UP_TO = 24.0

# How much earlier than a place to enter the file (s), so that decoders have settled there.
_RUN_UP = Fraction(1, 2)


def encode_audio(
    source: Source, codec: str = "opus", kbps: float = 8.0, *, once: bool = False
) -> Sound | None:
    """The chosen sound track of ``source``, cut to its part: ``(AudioInfo, packets)``; None if there is none.

    ``codec`` is ``"opus"`` (coded at ``kbps`` kbit/s at most), ``"copy"`` (packets of the source's own
    codec) or ``"none"``. Packets come lazily, in order; times are in samples at the track's rate, 0 where
    the picture begins; the first packet may begin before that. A track that begins later than the picture,
    or is cut short, keeps its place in time. With ``once`` it is gone through once only, and Opus may stay
    some way below its rate.

    Raises ``UsageError`` for another codec or rate, ``InputError`` if the sound can't be decoded or copied.
    """
    if codec not in ("opus", "copy", "none"):
        raise UsageError(f"unknown audio codec '{codec}'", where="audio", remedy="opus, copy or none")
    if codec == "opus" and not LEAST_KBPS <= kbps <= MOST_KBPS:
        raise UsageError(
            f"{kbps:g} kbit/s of sound", where="audio rate", remedy=f"{LEAST_KBPS:g} to {MOST_KBPS:g}"
        )
    if codec == "none" or not source.info.audio:
        return None
    return _copied(source) if codec == "copy" else _opus(source, kbps, once)


def _opus(source: Source, kbps: float, once: bool) -> Sound:
    container, stream = _entered(source)
    with closing(container):
        language, channels = language_of(stream), channels_at(kbps, stream.codec_context.channels)
    push = _SAFE_PUSH if once else _push(source, kbps, channels)
    coder = OpusCoder(kbps, channels, _samples(source), push)
    info = AudioInfo("opus", RATE, channels, language, coder.setup, coder.priming)
    return info, _opus_packets(source, coder, channels)


def _push(source: Source, kbps: float, channels: int) -> float:
    """The most to ask of libopus, as a share of ``kbps``, that the whole track stays within ``kbps``."""
    samples = _samples(source)
    if kbps > _TRIED_UP_TO or not samples:
        return _SAFE_PUSH
    coders = [OpusCoder(kbps, channels, samples, push) for push in _PUSHES]
    limit = kbps * 1000 / 8 * samples / RATE
    sizes = [0] * len(coders)
    pieces = tee(_pieces(source, channels), len(coders))
    coded = [coder.packets(part) for coder, part in zip(coders, pieces, strict=True)]
    for packets in zip(*coded, strict=True):
        sizes = [size + len(packet.data) for size, packet in zip(sizes, packets, strict=True)]
    fitting = [push for push, size in zip(_PUSHES, sizes, strict=True) if size <= limit]
    return max(fitting, default=_SAFE_PUSH)


def _opus_packets(source: Source, coder: OpusCoder, channels: int) -> Iterator[AudioPacket]:
    yield from coder.packets(_pieces(source, channels))


def _pieces(source: Source, channels: int) -> Iterator[Samples]:
    container, stream = _entered(source)
    with closing(container):
        yield from samples_from(decode_sound(container, stream), _window(source).origin, channels)


def _samples(source: Source) -> int | None:
    length = _window(source).length
    return None if length is None else round(length * RATE)


def _copied(source: Source) -> Sound | None:
    container, stream = _entered(source)
    codec = codec_name(stream)
    if codec not in COPIED:
        container.close()
        raise InputError(
            f"sound in {codec or 'an unknown codec'} can't be copied",
            where=source.name,
            remedy="code it as opus",
        )
    rate = RATE if codec == "opus" else stream.codec_context.sample_rate
    packets = _copied_packets(source, container, stream, rate)
    first = next(packets, None)
    if first is None:
        return None
    info = AudioInfo(
        codec,
        rate,
        stream.codec_context.channels,
        language_of(stream),
        _setup(source, stream),
        max(0, -first.pts),
    )
    return info, chain([first], packets)


def _copied_packets(
    source: Source, container: InputContainer, stream: AudioStream, rate: int
) -> Iterator[AudioPacket]:
    with closing(container):
        yield from copied_packets(container, stream, _window(source), rate)


def _setup(source: Source, stream: AudioStream) -> bytes:
    """The decoder's set-up; for AAC with a header in each packet, made from the first."""
    setup = bytes(stream.codec_context.extradata or b"")
    if setup or codec_name(stream) != "aac":
        return setup
    container, again = _entered(source)
    with closing(container):
        packet = bytes(next(container.demux(again)))
    return setup_from_adts(packet) if has_adts(packet) else b""


def _window(source: Source) -> Window:
    """The film's part of the sound: at most as long as the picture."""
    length = source.info.duration or None
    return Window(source.first_pts + source.start, length, from_beginning=not source.start)


def _entered(source: Source) -> tuple[InputContainer, AudioStream]:
    """A reader of the sound, entered a little before the film's part begins."""
    container = source.open_container()
    stream = choose(container.streams.audio, source.audio_choice, "audio", source.name)
    if stream is None or stream.codec_context is None:
        container.close()
        raise InputError("no decoder for the sound", where=source.name, remedy="choose to leave sound out")
    place = source.first_pts + source.start - _RUN_UP
    if source.start and stream.time_base:
        try:
            container.seek(int(place / stream.time_base), stream=stream, backward=True)
        except (FFmpegError, OSError):
            container.close()
            container = source.open_container()
            stream = choose(container.streams.audio, source.audio_choice, "audio", source.name)
            assert stream is not None
    return container, stream
