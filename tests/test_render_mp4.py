# SPDX-License-Identifier: Apache-2.0
"""Films as MP4 and Y4M: read again with PyAV and with the FFmpeg of imageio-ffmpeg."""

from __future__ import annotations

import resource
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from memory_films import MemoryFilm
from render_film import GREY, WHITE, box, enter, header, one_scene, scene, state
from render_mp4_reading import decoded, ffmpeg, film

from mtor_transcode.errors import OutputError, UsageError
from mtor_transcode.model import (
    ColourSpec,
    FilmHeader,
    SceneStart,
    Solid,
)
from mtor_transcode.render.chroma import subsample
from mtor_transcode.render.frames import FrameRenderer
from mtor_transcode.render.mp4 import render_mp4
from mtor_transcode.render.mp4_writer import pixel_aspect
from mtor_transcode.render.timeline import timeline


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
    source = MemoryFilm(
        header(1280, 720),
        [scene(SceneStart(0, 0, GREY), 600, [enter(1, state(box(400, 300), 640, 360, WHITE))])],
    )
    result = render_mp4(source, tmp_path / "film.mp4")
    assert result.elapsed < 600 / 60
    assert source.scenes[0].head.background == Solid((60, 128, 128))
