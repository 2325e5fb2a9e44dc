# SPDX-License-Identifier: Apache-2.0
"""Sound and subtitles in MP4s: carried along, and in sync."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from memory_films import MemoryFilm
from numpy.typing import NDArray
from render_mp4_reading import ffmpeg, film

from mtor_transcode.model import (
    AudioInfo,
    AudioPacket,
    Subtitle,
    SubtitleInfo,
)
from mtor_transcode.render.mp4 import render_mp4
from mtor_transcode.render.timed_text import text_samples

RATE = 48000


COPIED = ("aac", "libmp3lame", "ac3", "eac3", "flac", "alac", "mp2")
PLAIN_NAMES = {"libopus": "opus", "libmp3lame": "mp3"}


def clicks(seconds: int, channels: int = 2) -> tuple[NDArray[np.float32], list[int]]:
    """Bursts of noise at uneven times, and where they begin."""
    dice = np.random.default_rng(5)
    sound = np.zeros(seconds * RATE, np.float32)
    starts = [round(RATE * at) for at in (0.21, 0.8, 1.15, 1.9, 2.45, 3.1) if at + 0.1 < seconds]
    for start in starts:
        sound[start : start + 2400] = dice.uniform(-0.7, 0.7, 2400)
    return np.stack([sound] * channels), starts


def coded(codec: str, sound: NDArray[np.float32], **options: str) -> tuple[AudioInfo, list[AudioPacket]]:
    """A sound track as an ingest would hand it over."""
    encoder = av.CodecContext.create(codec, "w")
    assert isinstance(encoder, av.AudioCodecContext)
    encoder.sample_rate, encoder.layout, encoder.options = RATE, "stereo", options
    kinds = [kind.name for kind in encoder.codec.audio_formats or []]
    encoder.format = "fltp" if "fltp" in kinds else kinds[0]
    encoder.time_base = Fraction(1, RATE)
    encoder.open()
    packets = []
    size = encoder.frame_size or 4096
    for at in [*range(0, sound.shape[1], size), None]:
        frame = None
        if at is not None:
            part = np.ascontiguousarray(sound[:, at : at + size])
            frame = av.AudioFrame.from_ndarray(part, "fltp", "stereo")
            frame.sample_rate, frame.pts, frame.time_base = RATE, at, Fraction(1, RATE)
            frame = next(iter(av.AudioResampler(encoder.format.name).resample(frame)))
        for packet in encoder.encode(frame):
            assert packet.pts is not None
            packets.append(AudioPacket(packet.pts, packet.duration or size, bytes(packet)))
    name = PLAIN_NAMES.get(codec, codec)
    return AudioInfo(name, RATE, 2, "deu", encoder.extradata or b"", max(0, -packets[0].pts)), packets


def with_sound(codec: str, **options: str) -> tuple[MemoryFilm, NDArray[np.float32]]:
    sound, _ = clicks(4)
    info, packets = coded(codec, sound, **options)
    source = film(end=120, audio=info)
    source.packets = packets
    return source, sound[0]


def lag(path: Path, original: NDArray[np.float32]) -> float:
    """By how many seconds FFmpeg hears the MP4 late, by cross-correlation."""
    silence = "aresample=async=1:first_pts=0"
    arguments = ("-af", silence, "-f", "f32le", "-ac", "1", "-ar", str(RATE), "-")
    raw = ffmpeg("-v", "error", "-i", str(path), *arguments).stdout
    heard = np.frombuffer(raw, np.float32)
    size = 1 << 19
    spectrum = np.fft.rfft(heard, size) * np.conj(np.fft.rfft(original, size))
    peak = int(np.argmax(np.fft.irfft(spectrum, size)))
    return (peak - size if peak > size // 2 else peak) / RATE


@pytest.mark.parametrize(
    ("codec", "options"),
    [("libopus", {"frame_duration": "120"}), ("libopus", {}), *((name, {}) for name in COPIED)],
)
def test_sound_is_in_sync(tmp_path: Path, codec: str, options: dict[str, str]) -> None:
    path = tmp_path / "film.mp4"
    source, sound = with_sound(codec, **options)
    result = render_mp4(source, path)
    assert result.warnings == ()
    assert abs(lag(path, sound)) < 0.002
    with av.open(str(path)) as container:
        track = container.streams.audio[0]
        assert track.codec_context.name in (codec, PLAIN_NAMES.get(codec), "mp3float")
        assert track.language == "deu"
        assert (track.codec_context.sample_rate, track.codec_context.channels) == (RATE, 2)
        packets = [bytes(packet) for packet in container.demux(track) if packet.size]
        assert packets == [packet.data for packet in source.packets if packet.pts < 4 * RATE]
    with av.open(str(path)) as container:
        first = next(container.decode(video=0))
        assert first.pts == 0
    assert not ffmpeg("-v", "error", "-i", str(path), "-f", "null", "-").stderr


def test_vorbis_is_in_sync(tmp_path: Path) -> None:
    """Coded by FFmpeg: PyAV's wheels have no encoder."""
    sound, _ = clicks(4)
    wave = tmp_path / "sound.raw"
    wave.write_bytes(sound[0].tobytes())
    ogg = tmp_path / "sound.ogg"
    ffmpeg("-f", "f32le", "-ar", str(RATE), "-ac", "1", "-i", str(wave), "-c:a", "libvorbis", str(ogg))
    with av.open(str(ogg)) as container:
        track = container.streams.audio[0]
        info = AudioInfo("vorbis", RATE, 1, "", track.codec_context.extradata or b"")
        packets = [
            AudioPacket(packet.pts or 0, packet.duration or 0, bytes(packet))
            for packet in container.demux(track)
            if packet.size
        ]
    source = film(end=120, audio=info)
    source.packets = packets
    path = tmp_path / "film.mp4"
    render_mp4(source, path)
    assert abs(lag(path, sound[0])) < 0.02


def test_sound_is_in_sync_after_a_trim(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    source, sound = with_sound("libopus", frame_duration="60")
    render_mp4(source, path, start=0.7, duration=2)
    assert abs(lag(path, sound[round(0.7 * RATE) : round(2.7 * RATE)])) < 0.002
    with av.open(str(path)) as container:
        assert container.streams.audio[0].duration is not None
        track = container.streams.audio[0]
        assert float(track.duration * track.time_base) == pytest.approx(2, abs=0.15)


def test_sound_that_begins_late(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    source, sound = with_sound("libopus")
    source.packets = [replace(packet, pts=packet.pts + RATE) for packet in source.packets]
    render_mp4(source, path)
    assert abs(lag(path, np.concatenate((np.zeros(RATE, np.float32), sound[: 3 * RATE])))) < 0.002


def test_sound_lies_beside_the_picture(tmp_path: Path) -> None:
    """Interleaved: no player must read far ahead for one of the two."""
    path = tmp_path / "film.mp4"
    source, _ = with_sound("libopus")
    render_mp4(source, path)
    with av.open(str(path)) as container:
        order = [(packet.pos, packet.stream.type) for packet in container.demux() if packet.size]
    kinds = [kind for _, kind in sorted(order, key=lambda item: item[0] or 0)]
    switches = sum(one != other for one, other in pairwise(kinds))
    assert switches > 4


def test_sound_that_an_mp4_cannot_hold_is_told(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    result = render_mp4(film(audio=AudioInfo("wmav2", 44100, 2)), path)
    assert "wmav2" in result.warnings[0]
    assert path.exists()


def test_subtitles_are_carried_along(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    source = film(subtitles=(SubtitleInfo("eng"), SubtitleInfo("fra")))
    source.lines = [
        Subtitle(0, 200, 700, "One"),
        Subtitle(0, 500, 900, "Two & more"),
        Subtitle(1, 100, 5000, "Voilà\nencore"),
    ]
    render_mp4(source, path)
    english = ffmpeg("-v", "error", "-i", str(path), "-map", "0:s:0", "-f", "srt", "-").stdout.decode()
    cues = re.findall(r"00:00:00,(\d+) --> 00:00:00,(\d+)\r?\n(.+?)\r?\n\r?\n", english + "\n", re.DOTALL)
    assert cues == [("200", "500", "One"), ("500", "700", "One\nTwo & more"), ("700", "900", "Two & more")]
    french = ffmpeg("-v", "error", "-i", str(path), "-map", "0:s:1", "-f", "srt", "-").stdout.decode()
    assert "00:00:00,100 --> 00:00:02,000\nVoilà\nencore" in french.replace("\r", "")
    with av.open(str(path)) as container:
        assert [track.language for track in container.streams.subtitles] == ["eng", "fra"]


def test_text_samples() -> None:
    lines = [Subtitle(0, 5, 5, "never"), Subtitle(0, 30, 40, "b"), Subtitle(0, 0, 20, "a")]
    assert [(s.start, s.end, s.text) for s in text_samples(lines)] == [(0, 20, "a"), (30, 40, "b")]
    assert [(s.start, s.end) for s in text_samples(lines, 10, 35)] == [(0, 10), (20, 25)]
    long = next(iter(text_samples([Subtitle(0, 0, 1, "é" * 40000)]))).payload()
    assert int.from_bytes(long[:2], "big") == len(long) - 2 == 65534
