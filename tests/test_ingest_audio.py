# SPDX-License-Identifier: Apache-2.0
"""Sound: in time with the picture, below its rate, silence nearly free, copies exact."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from av.audio.codeccontext import AudioCodecContext
from hypothesis import given
from hypothesis import strategies as st
from ingest_films import clicks, ffmpeg, plain_video
from numpy.typing import NDArray

from mtor_transcode.errors import InputError, UsageError
from mtor_transcode.ingest.audio import encode_audio
from mtor_transcode.ingest.copying import opus_samples, setup_from_adts, without_adts
from mtor_transcode.ingest.pcm import RATE, samples_from
from mtor_transcode.ingest.source import open_source
from mtor_transcode.model import AudioInfo, AudioPacket

SECONDS = 4.0
CLICKS = [0.5, 1.25, 2.0, 3.3]
TOLERANCE = 0.005


def film(tmp_path: Path, codec: str = "aac", suffix: str = "mp4", audio_offset: float = 0.0) -> Path:
    """Gray pictures with clicks at ``CLICKS``, moved by ``audio_offset`` against the picture."""
    video = plain_video(tmp_path / "video.mp4", SECONDS)
    sound = clicks(tmp_path / "clicks.wav", CLICKS, SECONDS)
    path = tmp_path / f"film.{suffix}"
    late, early = max(0.0, audio_offset), max(0.0, -audio_offset)
    ffmpeg(
        *("-itsoffset", early, "-i", video, "-itsoffset", late, "-i", sound, "-map", 0, "-map", 1),
        *("-c:v", "copy", "-c:a", codec, "-b:a", "128k", path),
    )
    return path


def decoded(info: AudioInfo, packets: Iterable[AudioPacket]) -> tuple[float, NDArray[np.float32]]:
    """The sound as one channel at the track's rate, and the time (s) of its first sample."""
    context = av.CodecContext.create(info.codec, "r")
    assert isinstance(context, AudioCodecContext)
    context.sample_rate = info.sample_rate
    context.layout = {1: "mono", 2: "stereo"}[info.channels]
    context.extradata = info.setup or None
    parts, first = [], None
    for packet in packets:
        first = packet.pts if first is None else first
        # Not Packet(data): the native decoder reads beyond packets without content, where FFmpeg wants zeros.
        coded = av.Packet(len(packet.data))
        coded.update(packet.data)
        coded.pts, coded.time_base = packet.pts, Fraction(1, info.sample_rate)
        for frame in context.decode(coded):
            samples = frame.to_ndarray().astype(np.float32)
            if not frame.format.is_planar:
                samples = samples.reshape(-1, info.channels).T
            parts.append(samples.mean(axis=0))
    assert first is not None
    return first / info.sample_rate, np.concatenate(parts)


def click_times(start: float, sound: NDArray[np.float32], rate: int) -> list[float]:
    """When clicks begin: where the sound gets loud after 0.2 s of calm."""
    loud = np.flatnonzero(np.abs(sound) > 0.25 * np.abs(sound).max())
    begins = [loud[0], *loud[1:][np.diff(loud) > 0.2 * rate]]
    return [start + begin / rate for begin in begins]


def heard(path: Path, codec: str = "opus", kbps: float = 32, **options: object) -> list[float]:
    """When the clicks are heard in the film made from ``path``."""
    with open_source(path, **options) as source:  # type: ignore[arg-type]
        sound = encode_audio(source, codec, kbps)
        assert sound is not None
        info, packets = sound
        start, samples = decoded(info, packets)
        skipped = info.priming if codec == "opus" else 0
        # libopus drops its pre-skip by itself when it knows OpusHead.
        if codec == "opus":
            start += skipped / info.sample_rate
        return click_times(start, samples, info.sample_rate)


def near(found: list[float], wanted: list[float], tolerance: float = TOLERANCE) -> None:
    """Each click is where it should be."""
    assert len(found) == len(wanted), found
    assert np.abs(np.subtract(found, wanted)).max() <= tolerance, found


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
@pytest.mark.parametrize("kbps", [8, 16, 32, 64])
def test_opus_is_in_sync(tmp_path: Path, suffix: str, kbps: float) -> None:
    near(heard(film(tmp_path, suffix=suffix), kbps=kbps), CLICKS, 0.02 if kbps < 16 else TOLERANCE)


@pytest.mark.parametrize("offset", [0.3, -0.3])
def test_offset_between_sound_and_picture_is_kept(tmp_path: Path, offset: float) -> None:
    path = film(tmp_path, "flac", "mkv", audio_offset=offset)
    wanted = [time + offset for time in CLICKS if 0 <= time + offset < SECONDS]
    near(heard(path), wanted)
    near(heard(path, "copy"), [time + offset for time in CLICKS if time + offset < SECONDS])


def test_sound_of_a_part(tmp_path: Path) -> None:
    path = film(tmp_path)
    near(heard(path, start=1, duration=2), [0.25, 1.0])
    near(heard(path, start="1.2"), [0.05, 0.8, 2.1])


def test_lossless_sound_has_no_drift(tmp_path: Path) -> None:
    """Sample rates that need resampling keep the last click in its place."""
    video = plain_video(tmp_path / "video.mp4", 30.0, rate=5)
    sound = clicks(tmp_path / "clicks.wav", [1.0, 29.0], 30.0, rate=44100)
    ffmpeg("-i", video, "-i", sound, "-c:v", "copy", "-c:a", "mp3", tmp_path / "film.mkv")
    near(heard(tmp_path / "film.mkv"), [1.0, 29.0])


def test_gap_in_the_sound_is_silence(tmp_path: Path) -> None:
    video = plain_video(tmp_path / "video.mp4", SECONDS)
    sound = clicks(tmp_path / "clicks.wav", CLICKS, SECONDS)
    ffmpeg(
        *("-i", video, "-i", sound, "-c:v", "copy", "-af", "aselect='not(between(t,0.9,1.8))'"),
        *("-c:a", "flac", "-fps_mode", "passthrough", tmp_path / "film.mkv"),
    )
    near(heard(tmp_path / "film.mkv"), [0.5, 2.0, 3.3])


def played(gaps: Iterable[float]) -> NDArray[np.float32]:
    """Frames of 20 ms, each of its own level from 1 on, with timestamps ``gaps`` (s) late, as one piece."""
    frames = []
    for number, gap in enumerate(gaps):
        level = np.full((1, RATE // 50), number + 1, np.float32)
        frame = av.AudioFrame.from_ndarray(level, "flt", "mono")
        frame.sample_rate, frame.time_base = RATE, Fraction(1, RATE)
        frame.pts = round((number / 50 + gap) * RATE)
        frames.append(frame)
    return np.concatenate(list(samples_from(iter(frames), Fraction(0), 1)))[:, 0]


@pytest.mark.parametrize("late", [0.0207, -0.0207])
def test_timestamps_that_jitter_leave_the_sound_whole(late: float) -> None:
    """Real files have timestamps that jump by a frame to and fro; the sound itself has no break."""
    sound = played([0, 0, 0, late, 0.0101, late, late] * 20)
    assert len(sound) == 140 * RATE // 50
    assert (np.diff(sound) >= 0).all()


def test_a_break_in_the_sound_is_followed_at_once() -> None:
    sound = played([0] * 50 + [0.06] * 50)
    assert np.count_nonzero(sound == 0) == round(0.06 * RATE)
    assert sound[50 * RATE // 50] == 0


def test_a_small_shift_that_lasts_is_followed_within_a_second() -> None:
    sound = played([0] * 50 + [0.03] * 100)
    assert np.count_nonzero(sound == 0) == round(0.03 * RATE)
    assert np.flatnonzero(sound == 0)[0] <= 2.1 * RATE


@pytest.mark.parametrize("kbps", [6, 8, 16, 64])
def test_rate_is_a_ceiling_on_clips(clip: Callable[[str], Path], kbps: float) -> None:
    with open_source(clip("talk_headshot_greenscreen"), duration=6) as source:
        sound = encode_audio(source, "opus", kbps)
        assert sound is not None
        spent = sum(len(packet.data) for packet in sound[1]) * 8 / float(source.info.duration) / 1000
    assert 0.8 * kbps <= spent <= kbps


@pytest.mark.parametrize("seconds", [0.2, 0.5, 1.0])
def test_rate_is_a_ceiling_on_short_films(clip: Callable[[str], Path], seconds: float) -> None:
    with open_source(clip("live_tears_of_steel_long"), start=5, duration=seconds) as source:
        sound = encode_audio(source, "opus", 16)
        assert sound is not None
        spent = sum(len(packet.data) for packet in sound[1]) * 8 / float(source.info.duration)
    assert spent <= 16000


def test_silence_is_nearly_free_and_stays_silent(tmp_path: Path) -> None:
    video = plain_video(tmp_path / "video.mp4", 20.0, rate=5)
    sound = clicks(tmp_path / "clicks.wav", [10.0], 20.0)
    ffmpeg("-i", video, "-i", sound, "-c:v", "copy", "-c:a", "flac", tmp_path / "film.mkv")
    with open_source(tmp_path / "film.mkv") as source:
        sound_track = encode_audio(source, "opus", 6)
        assert sound_track is not None
        info, packets = sound_track[0], list(sound_track[1])
    assert sum(len(packet.data) for packet in packets) * 8 / 20 < 300
    start, samples = decoded(info, packets)
    times = start + (np.arange(len(samples)) + info.priming) / info.sample_rate
    assert np.abs(samples[(times > 0.5) & (times < 9.8)]).max() < 1e-3
    assert np.abs(samples[(times > 11) & (times < 19.5)]).max() < 1e-3
    near(click_times(start + info.priming / RATE, samples, RATE), [10.0], 0.02)


def test_packets_follow_each_other(tmp_path: Path) -> None:
    with open_source(film(tmp_path)) as source:
        sound = encode_audio(source, "opus", 8)
        assert sound is not None
        info, packets = sound[0], list(sound[1])
    assert (info.codec, info.sample_rate, info.channels) == ("opus", RATE, 1)
    assert info.setup.startswith(b"OpusHead")
    assert packets[0].pts == -info.priming
    assert {packet.duration for packet in packets} == {RATE * 120 // 1000}
    for before, after in pairwise(packets):
        assert after.pts == before.pts + before.duration
        assert opus_samples(after.data) == after.duration
    end = packets[-1].pts + packets[-1].duration
    assert SECONDS * RATE <= end < (SECONDS + 0.25) * RATE


def test_stereo_only_at_high_rates(tmp_path: Path) -> None:
    video = plain_video(tmp_path / "video.mp4", 1.0)
    ffmpeg(
        *("-i", video, "-f", "lavfi", "-i", "sine=d=1,aformat=channel_layouts=5.1"),
        *("-c:v", "copy", "-c:a", "flac", tmp_path / "film.mkv"),
    )
    for kbps, channels in ((8, 1), (24, 1), (64, 2)):
        with open_source(tmp_path / "film.mkv") as source:
            sound = encode_audio(source, "opus", kbps)
            assert sound is not None
            assert sound[0].channels == channels
            assert len(list(sound[1])) > 0


@pytest.mark.parametrize(
    ("codec", "suffix", "name"),
    [("aac", "mp4", "aac"), ("aac", "ts", "aac"), ("libopus", "webm", "opus"), ("libmp3lame", "mp4", "mp3"),
     ("libvorbis", "mkv", "vorbis")],
)  # fmt: skip
def test_copied_packets_are_the_source_s_own(tmp_path: Path, codec: str, suffix: str, name: str) -> None:
    video = plain_video(tmp_path / "video.webm", SECONDS, "-c:v", "libvpx")
    if suffix != "webm":
        video = plain_video(tmp_path / "video.mp4", SECONDS)
    sound = clicks(tmp_path / "clicks.wav", CLICKS, SECONDS)
    path = tmp_path / f"film.{suffix}"
    ffmpeg("-i", video, "-i", sound, "-c:v", "copy", "-c:a", codec, path)
    with open_source(path) as source:
        track = encode_audio(source, "copy")
        assert track is not None
        info, packets = track[0], list(track[1])
    assert info.codec == name
    with av.open(str(path)) as container:
        originals = [bytes(packet) for packet in container.demux(audio=0) if packet.size]
    assert [packet.data for packet in packets] == [without_adts(data) for data in originals][: len(packets)]
    assert len(packets) >= len(originals) - 4
    assert all(packet.duration > 0 for packet in packets)
    if name != "vorbis":
        start, samples = decoded(info, packets)
        start += info.priming / info.sample_rate if name == "opus" else 0
        near(click_times(start, samples, info.sample_rate), CLICKS, 0.03)


def test_copy_of_a_part_begins_at_or_before_it(tmp_path: Path) -> None:
    with open_source(film(tmp_path), start=1, duration=1) as source:
        track = encode_audio(source, "copy")
        assert track is not None
        packets = list(track[1])
    assert -48000 // 8 < packets[0].pts <= 0
    assert packets[-1].pts < 48000 <= packets[-1].pts + packets[-1].duration


def test_refusals(tmp_path: Path) -> None:
    path = film(tmp_path, "pcm_s16le", "mkv")
    with open_source(path) as source:
        with pytest.raises(InputError, match=r"pcm_s16le.*opus"):
            encode_audio(source, "copy")
        with pytest.raises(UsageError, match="mp9"):
            encode_audio(source, "mp9")
        with pytest.raises(UsageError, match="3 kbit/s"):
            encode_audio(source, "opus", 3)
        assert encode_audio(source, "none") is None
    with open_source(tmp_path / "video.mp4") as source:
        assert encode_audio(source, "opus", 8) is None


@given(
    st.integers(1, 4),
    st.integers(0, 12),
    st.integers(1, 7),
    st.binary(min_size=1, max_size=30),
    st.booleans(),
)
def test_adts_headers(kind: int, rate: int, channels: int, payload: bytes, checked: bool) -> None:
    size = len(payload) + (9 if checked else 7)
    bits = 0xFFF << 44 | (0 if checked else 1) << 40 | (kind - 1) << 38 | rate << 34 | channels << 30
    header = (bits | size << 13 | 0x7FF << 2).to_bytes(7, "big") + (b"\0\0" if checked else b"")
    packet = header + payload
    assert without_adts(packet) == payload
    assert setup_from_adts(packet) == (kind << 11 | rate << 7 | channels << 3).to_bytes(2, "big")
