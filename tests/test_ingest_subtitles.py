# SPDX-License-Identifier: Apache-2.0
"""Text subtitles as plain lines on the film's clock."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ingest_films import ffmpeg, plain_video

from mtor_transcode.errors import InputError
from mtor_transcode.ingest.source import open_source
from mtor_transcode.ingest.subtitles import plain_text, read_subtitles
from mtor_transcode.model import Subtitle, SubtitleInfo

SRT = """1
00:00:00,500 --> 00:00:01,250
<i>Hello</i>, world

2
00:00:02,000 --> 00:00:03,000
Two
lines (of) text

3
00:00:03,500 --> 00:00:09,000
Grüße – 世界
"""
LINES = [
    Subtitle(0, 500, 1250, "Hello, world"),
    Subtitle(0, 2000, 3000, "Two\nlines (of) text"),
    Subtitle(0, 3500, 4000, "Grüße – 世界"),
]


def film(tmp_path: Path, codec: str, suffix: str) -> Path:
    """Four seconds with English lines."""
    video = plain_video(tmp_path / "video.mp4", 4.0)
    (tmp_path / "lines.srt").write_text(SRT, encoding="utf-8")
    path = tmp_path / f"film.{suffix}"
    ffmpeg(
        *("-i", video, "-i", tmp_path / "lines.srt", "-map", 0, "-map", 1, "-c:v", "copy", "-c:s", codec),
        *("-metadata:s:s:0", "language=eng", path),
    )
    return path


@pytest.mark.parametrize(
    ("codec", "suffix"), [("srt", "mkv"), ("ass", "mkv"), ("webvtt", "mkv"), ("mov_text", "mp4")]
)
def test_lines_of_every_kind(tmp_path: Path, codec: str, suffix: str) -> None:
    with open_source(film(tmp_path, codec, suffix)) as source:
        infos, lines = read_subtitles(source)
        found = list(lines)
    assert infos == (SubtitleInfo("eng"),)
    assert [line.text for line in found] == [line.text for line in LINES]
    for line, wanted in zip(found, LINES, strict=True):
        assert (line.track, abs(line.start - wanted.start) <= 10, abs(line.end - wanted.end) <= 10) == (
            0,
            True,
            True,
        )


def test_part_of_a_film(tmp_path: Path) -> None:
    with open_source(film(tmp_path, "srt", "mkv"), start=1, duration=1.5) as source:
        lines = list(read_subtitles(source)[1])
    assert [(line.start, line.end) for line in lines] == [(0, 250), (1000, 1520)]  # 38 whole frames


def test_tracks_and_choice(tmp_path: Path) -> None:
    one = film(tmp_path, "srt", "mkv")
    path = tmp_path / "two.mkv"
    (tmp_path / "other.srt").write_text("1\n00:00:01,000 --> 00:00:02,000\nSalut\n")
    ffmpeg(
        *("-i", one, "-i", tmp_path / "other.srt", "-map", 0, "-map", 1, "-c", "copy", "-c:s", "srt"),
        *("-metadata:s:s:1", "language=fra", path),
    )
    with open_source(path) as source:
        infos, lines = read_subtitles(source)
        assert [info.language for info in infos] == ["eng", "fra"]
        assert sorted((line.track, line.text) for line in lines)[-1] == (1, "Salut")
    with open_source(path, subtitles="fra") as source:
        infos, lines = read_subtitles(source)
        assert (infos, [line.text for line in lines]) == ((SubtitleInfo("fra"),), ["Salut"])
    with pytest.raises(InputError, match="no subtitle track 5"):
        open_source(path, subtitles=5)


def test_pictures_of_text_are_left_out(tmp_path: Path) -> None:
    video = plain_video(tmp_path / "video.mp4", 2.0)
    (tmp_path / "lines.srt").write_text(SRT)
    ffmpeg(
        *("-f", "lavfi", "-i", "color=s=64x48:d=2", "-i", tmp_path / "lines.srt", "-map", 0, "-map", 1),
        *("-c:s", "srt", "-c:v", "libx264", tmp_path / "text.mkv"),
    )
    with open_source(video) as source:
        assert read_subtitles(source)[0] == ()


def test_ass_markup() -> None:
    assert plain_text(r"1,0,Default,,0,0,0,,{\an8\i1}Up{\i0}, there\Nand\hhere") == "Up, there\nand here"
    assert plain_text(r"0,0,,,,,,,a \{b\} c{\b1}") == "a {b} c"
    assert plain_text("0,0,,,,,,,a, b, <b>c</b> < d") == "a, b, c < d"


@given(st.text(st.characters(blacklist_characters="{}<>\\\r\n\x00", blacklist_categories=("Cs", "Z", "C"))))
def test_plain_words_stay(text: str) -> None:
    assert plain_text("0,0,Default,,0,0,0,," + text) == text.strip()
