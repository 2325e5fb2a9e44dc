# SPDX-License-Identifier: Apache-2.0
"""Bad input: one clear error, or what can be had with a warning; never a word of FFmpeg's on stderr."""

from __future__ import annotations

import contextlib
import io
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from ingest_films import clicks, ffmpeg, numbered, numbers, plain_video, raw_film, read

from mtor_transcode.errors import InputError
from mtor_transcode.ingest.audio import encode_audio
from mtor_transcode.ingest.probe import check_size
from mtor_transcode.ingest.source import open_source

X264 = ("-c:v", "libx264", "-g", 10)


@pytest.fixture(autouse=True)
def _silent(capfd: pytest.CaptureFixture[str]) -> object:
    """FFmpeg's own messages must not reach the user."""
    yield
    assert capfd.readouterr() == ("", "")


def refused(path: Path | str, match: str, **options: object) -> None:
    """The file is refused with an error that names it, says why and what to do."""
    with pytest.raises(InputError, match=match) as caught, open_source(path, **options) as source:  # type: ignore[arg-type]
        list(source.frames())
    error = caught.value
    assert error.where
    assert error.remedy
    assert "\n" not in str(error)
    assert Path(path).name in str(error)


def test_no_such_file(tmp_path: Path) -> None:
    refused(tmp_path / "gone.mp4", "no such file")


def test_directory(tmp_path: Path) -> None:
    refused(tmp_path, "directory")


def test_empty_file(tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    refused(tmp_path / "empty.mp4", "empty")


@pytest.mark.parametrize(
    "text", ["This is no video.\n", "a\n" * 10000, "#EXTM3U\nhttp://example.invalid/a.ts\n"]
)
def test_text_named_mp4(tmp_path: Path, text: str) -> None:
    (tmp_path / "text.mp4").write_text(text)
    refused(tmp_path / "text.mp4", "not a video|no video|no picture")


def test_random_bytes(tmp_path: Path) -> None:
    for seed in range(20):
        data = np.random.default_rng(seed).integers(0, 256, 5000).astype(np.uint8).tobytes()
        (tmp_path / "noise.mkv").write_bytes(data)
        refused(tmp_path / "noise.mkv", "not a video|no video|no picture")


def test_sound_only(tmp_path: Path) -> None:
    clicks(tmp_path / "sound.m4a", [0.5], 1.0, "-c:a", "aac")
    refused(tmp_path / "sound.m4a", "only sound")


def test_cover_art_is_no_video(tmp_path: Path) -> None:
    raw_film(tmp_path / "cover.png", numbered(1), "yuv420p", 25)
    clicks(tmp_path / "a.wav", [0.5], 1.0)
    ffmpeg(
        *("-i", tmp_path / "a.wav", "-i", tmp_path / "cover.png", "-map", 0, "-map", 1, "-c:a", "aac"),
        *("-c:v", "png", "-disposition:v", "attached_pic", tmp_path / "song.m4a"),
    )
    refused(tmp_path / "song.m4a", "only sound")


def test_no_frames(tmp_path: Path) -> None:
    (tmp_path / "none.y4m").write_bytes(b"YUV4MPEG2 W64 H48 F25:1 Ip A1:1 C420jpeg\n")
    refused(tmp_path / "none.y4m", "not a video|no picture")


def test_index_cut_off(tmp_path: Path) -> None:
    whole = raw_film(tmp_path / "whole.mp4", numbered(50), "yuv420p", 25, *X264).read_bytes()
    (tmp_path / "cut.mp4").write_bytes(whole[: len(whole) // 2])
    refused(tmp_path / "cut.mp4", "not a video")


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_truncated_video_gives_what_decodes(tmp_path: Path, suffix: str) -> None:
    random = np.random.default_rng(0)
    planes = numbered(100, (128, 96))
    for frame in planes:
        frame[0] = random.integers(100, 156, frame[0].shape).astype(np.uint8)
    options = (*X264, "-movflags", "faststart") if suffix == "mp4" else X264
    whole = raw_film(tmp_path / f"whole.{suffix}", planes, "yuv420p", 25, *options)
    data = whole.read_bytes()
    (tmp_path / f"cut.{suffix}").write_bytes(data[: len(data) * 6 // 10])
    complete = read(whole)
    with open_source(tmp_path / f"cut.{suffix}") as source:
        frames = list(source.frames())
        assert source.truncated
        assert any("breaks off" in warning for warning in source.warnings)
        list(source.frames())
        assert len(source.warnings) == len(set(source.warnings))
    assert 40 <= len(frames) < 70
    assert [frame.tick for frame in frames] == list(range(len(frames)))
    for frame, wanted in zip(frames[:-3], complete, strict=False):
        assert np.array_equal(frame.planes[0], wanted.planes[0])
    with open_source(whole) as source:
        list(source.frames())
        assert not source.truncated
        assert source.warnings == []


def test_damaged_middle_goes_on(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    planes = numbered(60, (128, 96))
    for frame in planes:
        frame[0] = random.integers(100, 156, frame[0].shape).astype(np.uint8)
    path = raw_film(tmp_path / "film.mkv", planes, "yuv420p", 25, *X264)
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 3000] = bytes(3000)
    path.write_bytes(bytes(data))
    frames = read(path)
    assert 30 <= len(frames) <= 60
    assert frames[-1].tick >= 55


def test_any_cut_and_any_flip_is_survived(tmp_path: Path) -> None:
    """A fuzzer: whatever happens to the bytes, frames or an InputError."""
    path = plain_video(tmp_path / "film.mp4", 0.4, *X264, "-movflags", "faststart")
    clean = path.read_bytes()
    random = np.random.default_rng(7)
    bad = tmp_path / "bad.mp4"
    decoded = 0
    for _ in range(60):
        data = bytearray(clean)
        for place in random.integers(0, len(data), 3):
            data[place] ^= 1 << int(random.integers(0, 8))
        bad.write_bytes(bytes(data[: random.integers(len(data) // 2, len(data) + 1)]))
        with contextlib.suppress(InputError), open_source(bad, duration=1) as source:
            decoded += len(list(source.frames())) > 0
    assert decoded


def test_stream_is_spooled_and_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spool = tmp_path / "spool"
    spool.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(spool))
    path = raw_film(tmp_path / "film.mp4", numbered(10), "yuv420p", 25, "-c:v", "libx264", "-qp", 0)
    with open_source(io.BytesIO(path.read_bytes())) as source:
        assert numbers(list(source.frames())) == list(range(10))
        assert len(list(spool.iterdir())) == 1
    assert list(spool.iterdir()) == []
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(path.read_bytes())))
    with open_source("-") as source:
        assert source.name == "standard input"
        assert len(list(source.frames())) == 10
    with pytest.raises(InputError, match="nothing came"):
        open_source(io.BytesIO(b""))
    with pytest.raises(InputError, match="not a video"):
        open_source(io.BytesIO(b"no video at all"))
    assert list(spool.iterdir()) == []


@pytest.mark.parametrize(("width", "height"), [(16385, 10), (10, 20000)])
def test_absurd_sizes_are_refused(width: int, height: int) -> None:
    with pytest.raises(InputError, match=f"{width}x{height}"):
        check_size(width, height, "film")


def test_absurd_picture_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    header = b"P5\n40000 40000\n255\n"
    (tmp_path / "huge.pgm").write_bytes(header + bytes(100))
    refused(tmp_path / "huge.pgm", "40000x40000|not a video|no picture")


def test_tracks_by_number_and_language(tmp_path: Path) -> None:
    video = plain_video(tmp_path / "video.mp4", 1.0)
    one = clicks(tmp_path / "one.wav", [0.2], 1.0)
    two = clicks(tmp_path / "two.wav", [0.7], 1.0)
    path = tmp_path / "film.mkv"
    ffmpeg(
        *("-i", video, "-i", one, "-i", two, "-map", 0, "-map", 1, "-map", 2, "-c:v", "copy", "-c:a", "flac"),
        *("-metadata:s:a:0", "language=eng", "-metadata:s:a:1", "language=fra", path),
    )
    with open_source(path) as source:
        assert [track.language for track in source.info.audio] == ["eng", "fra"]
        assert [track.number for track in source.info.audio] == [0, 1]
        assert {track.codec for track in source.info.audio} == {"flac"}
    for choice, language in ((None, "eng"), (1, "fra"), ("fra", "fra"), ("ENG", "eng"), ("0", "eng")):
        with open_source(path, audio=choice) as source:
            sound = encode_audio(source, "opus", 16)
            assert sound is not None
            assert sound[0].language == language
    refused(path, "no audio track 2", audio=2)
    refused(path, "no audio track in 'deu'", audio="deu")
    refused(path, "no video track 1", video=1)


def test_second_video_track(tmp_path: Path) -> None:
    one = plain_video(tmp_path / "one.mp4", 0.4)
    two = raw_film(tmp_path / "two.mp4", numbered(10, (64, 48)), "yuv420p", 25, "-c:v", "libx264")
    path = tmp_path / "film.mkv"
    ffmpeg("-i", one, "-i", two, "-map", 0, "-map", 1, "-c", "copy", path)
    with open_source(path, video=1) as source:
        assert source.info.width == 64
        assert {frame.planes[0].shape for frame in source.frames()} == {(48, 64)}
