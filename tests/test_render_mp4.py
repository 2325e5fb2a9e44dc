# SPDX-License-Identifier: Apache-2.0
"""Films as MP4 and Y4M: read again with PyAV and with the FFmpeg of imageio-ffmpeg."""

from __future__ import annotations

import re
import resource
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import imageio_ffmpeg
import numpy as np
import pytest
from numpy.typing import NDArray
from render_film import GREY, WHITE, FakeFilm, box, enter, header, one_scene, scene, state

from mtor_transcode.errors import OutputError, UsageError
from mtor_transcode.model import (
    AudioInfo,
    AudioPacket,
    ColourSpec,
    Edit,
    FilmHeader,
    LinearGradient,
    SceneStart,
    Solid,
    Subtitle,
    SubtitleInfo,
)
from mtor_transcode.render.chroma import subsample
from mtor_transcode.render.frames import FrameRenderer
from mtor_transcode.render.mp4 import render_mp4
from mtor_transcode.render.mp4_writer import pixel_aspect
from mtor_transcode.render.timed_text import text_samples
from mtor_transcode.render.timeline import timeline

FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()
RATE = 48000
SETUP = b"OpusHead\x01\x02" + (312).to_bytes(2, "little") + RATE.to_bytes(4, "little") + b"\0\0\0"


COPIED = ("aac", "libmp3lame", "ac3", "eac3", "flac", "alac", "mp2")
PLAIN_NAMES = {"libopus": "opus", "libmp3lame": "mp3"}


def ffmpeg(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([FFMPEG, "-hide_banner", *arguments], capture_output=True, check=False, timeout=60)


def film(width: int = 64, height: int = 48, end: int = 60, **more: object) -> FakeFilm:
    """A box that crosses a gradient from left to right in 30 ticks of a 30th of a second."""
    head = replace(header(width, height), **more)  # type: ignore[arg-type]
    ground = LinearGradient((40, 90, 160), (90, 150, 100), 0, 0, 16)
    y = height / 2
    tokens = [enter(1, state(box(10, 10), 8, y)), Edit(0, 30, 1, state(box(10, 10), width - 8, y))]
    return FakeFilm(head, [scene(SceneStart(0, 0, ground), end, tokens)])


def decoded(path: Path) -> Iterator[tuple[Fraction, tuple[NDArray[np.uint8], ...]]]:
    """Time and planes of each picture."""
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            planes = []
            for plane in frame.planes:
                lines = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)  # type: ignore[call-overload]
                planes.append(lines[:, : plane.width].copy())
            assert frame.pts is not None
            yield frame.pts * frame.time_base, tuple(planes)


def test_what_an_mp4_says_of_itself(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    colour = ColourSpec(matrix=6, primaries=5, transfer=6, full_range=True)
    result = render_mp4(film(colour=colour, pixel_aspect=Fraction(4, 3)), path)
    assert (result.frames, result.fps, result.seconds) == (60, 30, 2.0)
    assert (result.width, result.height, result.padded, result.warnings) == (64, 48, False, ())
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        context = video.codec_context
        assert context.name == "h264"
        assert (context.width, context.height, context.pix_fmt) == (64, 48, "yuvj420p")
        assert video.average_rate == 30
        assert video.sample_aspect_ratio == Fraction(4, 3)
        assert (context.colorspace, context.color_primaries, context.color_trc) == (6, 5, 6)
        assert context.color_range == 2
        assert not container.streams.audio
    said = ffmpeg("-i", str(path)).stderr.decode()
    assert "yuvj420p(pc, smpte170m/bt470bg/smpte170m" in said
    assert "Duration: 00:00:02.00" in said
    assert not ffmpeg("-v", "error", "-i", str(path), "-f", "null", "-").stderr
    data = path.read_bytes()
    assert 0 < data.index(b"moov") < data.index(b"mdat"), "the index comes first"
    assert b"colr" in data
    assert list(tmp_path.iterdir()) == [path]


def test_limited_range_and_bt709_are_tagged(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    render_mp4(film(), path)
    assert "yuv420p(tv, bt709, progressive)" in ffmpeg("-i", str(path)).stderr.decode()


def test_lossless_holds_the_rendered_codes(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    source = film()
    render_mp4(source, path, lossless=True)
    renderer = FrameRenderer(source)
    count = 0
    for time, planes in decoded(path):
        wanted = subsample(renderer.frame(time * 30))
        assert all((got == want).all() for got, want in zip(planes, wanted, strict=True)), time
        count += 1
    assert count == 60


def test_the_usual_is_close_to_the_rendered_codes(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    source = film(320, 180)
    render_mp4(source, path)
    renderer = FrameRenderer(source)
    for time, planes in decoded(path):
        wanted = subsample(renderer.frame(time * 30))[0].astype(float)
        assert np.square(planes[0] - wanted).mean() < 4, time


def test_odd_sizes_are_padded_by_one_edge_pixel(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    source = film(63, 47)
    result = render_mp4(source, path, lossless=True)
    assert (result.width, result.height, result.padded) == (64, 48, True)
    assert "63x47" in result.warnings[0]
    assert "64x48" in result.warnings[0]
    _, planes = next(decoded(path))
    wanted = FrameRenderer(source).frame(0)[..., 0]
    assert (planes[0][:47, :63] == wanted).all()
    assert (planes[0][:47, 63] == wanted[:, 62]).all()
    assert (planes[0][47] == planes[0][46]).all()


def test_exact_keeps_odd_sizes_and_chroma(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    source = film(63, 47)
    result = render_mp4(source, path, exact=True, lossless=True)
    assert (result.width, result.height, result.padded, result.warnings) == (63, 47, False, ())
    _, planes = next(decoded(path))
    assert (np.stack(planes, axis=2) == FrameRenderer(source).frame(0)).all()


def test_size_and_rate_can_be_chosen(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    source = film()
    result = render_mp4(source, path, size=(128, 96), fps=60, lossless=True)
    assert (result.width, result.height, result.frames) == (128, 96, 120)
    pictures = list(decoded(path))
    assert [time for time, _ in pictures] == [Fraction(number, 60) for number in range(120)]
    half_way = FrameRenderer(source, (128, 96)).frame(Fraction(21, 2))
    assert (pictures[21][1][0] == half_way[..., 0]).all()


def test_start_and_duration(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    source = film()
    result = render_mp4(source, path, start=0.5, duration=Fraction(1, 3), lossless=True)
    assert result.frames == 10
    time, planes = next(decoded(path))
    assert time == 0
    assert (planes[0] == FrameRenderer(source).frame(15)[..., 0]).all()


def test_a_film_of_one_frame(tmp_path: Path) -> None:
    path = tmp_path / "still.mp4"
    assert render_mp4(one_scene(1, [enter(1, state(box(9, 9), 20, 20))]), path).frames == 1
    assert len(list(decoded(path))) == 1


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


def with_sound(codec: str, **options: str) -> tuple[FakeFilm, NDArray[np.float32]]:
    sound, _ = clicks(4)
    info, packets = coded(codec, sound, **options)
    source = film(end=120, audio=info)
    source.sound = packets
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
        assert packets == [packet.data for packet in source.sound if packet.pts < 4 * RATE]
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
    source.sound = packets
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
    source.sound = [replace(packet, pts=packet.pts + RATE) for packet in source.sound]
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


@pytest.mark.parametrize("exact", [False, True])
def test_y4m_holds_the_rendered_codes(tmp_path: Path, exact: bool) -> None:
    path = tmp_path / "film.y4m"
    source = film(63, 47)
    result = render_mp4(source, path, duration=1, exact=exact)
    assert (result.width, result.height) == (63, 47)
    shift = 0 if exact else 1
    pictures = list(decoded(path))
    assert len(pictures) == 30
    for time, planes in pictures:
        wanted = subsample(FrameRenderer(source).frame(time * 30), shift, shift)
        assert all((got == want).all() for got, want in zip(planes, wanted, strict=True))


def test_progress_is_told(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    render_mp4(film(), tmp_path / "film.mp4", progress=lambda done, total: told.append((done, total)))
    assert told == [(number, 60) for number in range(1, 61)]


def test_an_interruption_leaves_nothing(tmp_path: Path) -> None:
    def interrupt(done: int, total: int) -> None:
        if done == 20:
            raise KeyboardInterrupt

    path = tmp_path / "film.mp4"
    path.write_bytes(b"older")
    for name in ("film.mp4", "film.y4m"):
        with pytest.raises(KeyboardInterrupt):
            render_mp4(film(), tmp_path / name, progress=interrupt)
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_bytes() == b"older"


@pytest.fixture
def full_disk() -> Iterator[Callable[[int], None]]:
    """Lets no file grow beyond a size: to a program, a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("name", ["film.mp4", "film.y4m"])
def test_a_full_disk(tmp_path: Path, full_disk: Callable[[int], None], name: str) -> None:
    source = film(320, 180)
    full_disk(4000)
    with pytest.raises(OutputError, match=rf"{name}: the disk is full"):
        render_mp4(source, tmp_path / name, lossless=True)
    assert list(tmp_path.iterdir()) == []


def test_outputs_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="is a folder"):
        render_mp4(film(), tmp_path)
    with pytest.raises(OutputError, match="cannot be written"):
        render_mp4(film(), tmp_path / "missing" / "film.mp4")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "options",
    [
        {"fps": 0}, {"fps": -5.0}, {"fps": float("nan")}, {"fps": 5000}, {"start": -1}, {"start": 99},
        {"duration": 0}, {"duration": float("inf")}, {"size": (0, 5)},
    ],
)  # fmt: skip
def test_options_that_make_no_sense(tmp_path: Path, options: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        render_mp4(film(), tmp_path / "film.mp4", **options)  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def clock(time_base: Fraction, rate: Fraction) -> FilmHeader:
    return FilmHeader(64, 48, time_base, rate)


def test_times_are_exact_and_rounded_clocks_are_understood() -> None:
    assert list(timeline(clock(Fraction(1, 30), Fraction(30)), 3, fps=60).ticks()) == [
        0, Fraction(1, 2), 1, Fraction(3, 2), 2, Fraction(5, 2),
    ]  # fmt: skip
    milliseconds = timeline(clock(Fraction(1, 1000), Fraction(30)), 167)
    assert list(milliseconds.ticks()) == [0, 33, 67, 100, 133, 167]
    ntsc = timeline(clock(Fraction(1001, 30000), Fraction(30000, 1001)), 9000)
    assert list(ntsc.ticks()) == list(range(9000))
    assert ntsc.duration == Fraction(1001 * 9000, 30000)


def test_pixels_keep_the_pictures_shape() -> None:
    assert pixel_aspect(Fraction(1), (1280, 720), (1920, 1080)) == 1
    assert pixel_aspect(Fraction(1), (853, 480), (1280, 720)) == 1
    assert pixel_aspect(Fraction(4, 3), (720, 576), (720, 576)) == Fraction(4, 3)
    assert pixel_aspect(Fraction(1), (640, 480), (640, 360)) == Fraction(3, 4)


def test_a_still_film_renders_fast(tmp_path: Path) -> None:
    """A minute of a still slide at 720p: a frame costs what x264 takes to skip it."""
    source = FakeFilm(
        header(1280, 720),
        [scene(SceneStart(0, 0, GREY), 600, [enter(1, state(box(400, 300), 640, 360, WHITE))])],
    )
    result = render_mp4(source, tmp_path / "film.mp4")
    assert result.elapsed < 600 / 60
    assert source.scenes[0].head.background == Solid((60, 128, 128))
