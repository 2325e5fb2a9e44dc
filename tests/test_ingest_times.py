# SPDX-License-Identifier: Apache-2.0
"""Times: constant and variable rates, parts of a film, broken timestamps."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ingest_films import ffmpeg, numbered, numbers, raw_film, read

from mtor_transcode.errors import InputError, UsageError
from mtor_transcode.ingest.source import open_source
from mtor_transcode.ingest.timing import Clock, Timing, find_timing

X264 = ("-c:v", "libx264", "-qp", 0)


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "mov", "ts", "y4m", "avi", "flv"])
@pytest.mark.parametrize("rate", ["24", "25", "30000/1001", "24000/1001", "60"])
def test_constant_rate_counts_frames(tmp_path: Path, suffix: str, rate: str) -> None:
    codec = {"y4m": (), "flv": ("-c:v", "flv", "-qscale:v", 2)}.get(suffix, X264)
    path = raw_film(tmp_path / f"film.{suffix}", numbered(60), "yuv420p", rate, *codec)
    with open_source(path) as source:
        info = source.info
        frames = list(source.frames())
        assert source.warnings == []
    assert (info.vfr, info.frame_rate, info.time_base) == (False, Fraction(rate), 1 / Fraction(rate))
    assert [(frame.tick, frame.duration) for frame in frames] == [(k, 1) for k in range(60)]
    assert numbers(frames) == list(range(60))
    assert info.frames == 60
    assert abs(info.duration - 60 / Fraction(rate)) < Fraction(1, 20)


def variable(path: Path, milliseconds: list[int]) -> Path:
    """A Matroska film whose frames begin at these times."""
    shown = "+".join(f"eq(N,{number})*{time}" for number, time in enumerate(milliseconds))
    return raw_film(
        *(path, numbered(len(milliseconds)), "yuv420p", 25, "-vf", f"settb=1/1000,setpts='{shown}'"),
        *("-fps_mode", "passthrough", "-enc_time_base", "1/1000", *X264),
    )


TIMES = [0, 40, 50, 333, 334, 1000, 1777, 5000, 5010]


def test_variable_rate_is_exact(tmp_path: Path) -> None:
    with open_source(variable(tmp_path / "film.mkv", TIMES)) as source:
        frames = list(source.frames())
        info = source.info
    assert info.vfr
    assert [frame.tick * info.time_base * 1000 for frame in frames] == TIMES
    gaps = [after - before for before, after in pairwise(TIMES)]
    assert [frame.duration * info.time_base * 1000 for frame in frames[:-1]] == gaps
    assert numbers(frames) == list(range(len(TIMES)))
    assert frames[-1].duration >= 1


def test_gif_delays(tmp_path: Path) -> None:
    path = raw_film(
        *(tmp_path / "film.gif", numbered(4, step=40), "yuv420p", 25),
        *("-vf", "settb=1/100,setpts='eq(N,1)*10+eq(N,2)*15+eq(N,3)*95'"),
        *("-fps_mode", "passthrough", "-enc_time_base", "1/100"),
    )
    with open_source(path) as source:
        frames = list(source.frames())
        assert [frame.tick * source.info.time_base * 100 for frame in frames] == [0, 10, 15, 95]


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "y4m"])
@pytest.mark.parametrize(
    ("start", "duration", "wanted"),
    [
        ("0.4", "0.4", range(10, 20)),
        (1, None, range(25, 60)),
        (0.1, 0.04, range(3, 4)),
        (None, 0.5, range(13)),
        ("2.36", 10, range(59, 60)),
    ],
)
def test_parts(tmp_path: Path, suffix: str, start: object, duration: object, wanted: range) -> None:
    codec = () if suffix == "y4m" else (*X264, "-g", 20, "-bf", 2)
    path = raw_film(tmp_path / f"film.{suffix}", numbered(60), "yuv420p", 25, *codec)
    with open_source(path, start=start, duration=duration) as source:  # type: ignore[arg-type]
        frames = list(source.frames())
        again = list(source.frames())
        assert source.info.frames == len(wanted)
        assert source.warnings == []
    assert numbers(frames) == list(wanted)
    assert [(frame.tick, frame.duration) for frame in frames] == [(k, 1) for k in range(len(wanted))]
    assert numbers(again) == numbers(frames)


@pytest.mark.parametrize("suffix", ["h264", "m2v"])
def test_parts_of_a_bare_stream(tmp_path: Path, suffix: str) -> None:
    codec = ("-c:v", "mpeg2video", "-q:v", 2) if suffix == "m2v" else X264
    path = raw_film(tmp_path / f"film.{suffix}", numbered(60), "yuv420p", 25, *codec, "-g", 10, "-bf", 2)
    with open_source(path, start=1, duration=1) as source:
        frames = list(source.frames())
        assert source.patchy, "places in it cannot be found again"
    assert [frame.tick for frame in frames] == list(range(25))
    assert [abs(found - 25 - k) <= 1 for k, found in enumerate(numbers(frames))] == [True] * 25


def test_part_of_a_variable_film_begins_with_what_is_on_the_screen(tmp_path: Path) -> None:
    path = variable(tmp_path / "film.mkv", TIMES)
    with open_source(path, start=1.2, duration=4) as source:
        frames = list(source.frames())
        ms = [(frame.tick * source.info.time_base * 1000, frame.duration) for frame in frames]
    assert numbers(frames) == [5, 6, 7, 8]
    assert ms[:3] == [(0, 577), (577, 3223), (3800, 10)]
    assert ms[3][0] == 3810


def test_still_is_one_frame(tmp_path: Path) -> None:
    raw_film(tmp_path / "a%03d b.png", numbered(1), "yuv420p", 25, "-update", 1)
    raw_film(tmp_path / "still.jpg", numbered(1), "yuv420p", 25)
    names = [path.name for path in tmp_path.iterdir()]
    assert "a%03d b.png" in names
    for name in names:
        with open_source(tmp_path / name) as source:
            assert source.info.still
            assert len(list(source.frames())) == source.info.frames == 1


def test_dropped_frames_leave_longer_ones(tmp_path: Path) -> None:
    path = raw_film(
        *(tmp_path / "film.mp4", numbered(100), "yuv420p", 25, "-vf", "select='not(eq(n,40)+eq(n,41))'"),
        *("-fps_mode", "passthrough", *X264),
    )
    with open_source(path) as source:
        frames = list(source.frames())
        assert not source.info.vfr
    assert [frame.tick for frame in frames] == [*range(40), *range(42, 100)]
    assert frames[39].duration == 3


@pytest.mark.parametrize(("start", "duration"), [(-1, None), (0, 0), (0, -2), ("soon", None), (None, "x")])
def test_parts_that_make_no_sense(tmp_path: Path, start: object, duration: object) -> None:
    path = raw_film(tmp_path / "film.y4m", numbered(3), "yuv420p", 25)
    with pytest.raises(UsageError):
        open_source(path, start=start, duration=duration)  # type: ignore[arg-type]


def test_start_past_the_end(tmp_path: Path) -> None:
    path = raw_film(tmp_path / "film.mp4", numbered(25), "yuv420p", 25, *X264)
    with pytest.raises(InputError, match=r"film\.mp4.*past the end"):
        open_source(path, start=2)


def test_late_first_frame_is_time_zero(tmp_path: Path) -> None:
    plain = raw_film(tmp_path / "plain.mkv", numbered(20), "yuv420p", 25, *X264)
    ffmpeg("-itsoffset", 3.5, "-i", plain, "-c", "copy", "-copyts", tmp_path / "late.mkv")
    with open_source(tmp_path / "late.mkv") as source:
        assert source.first_pts == Fraction(7, 2)
        assert [frame.tick for frame in source.frames()] == list(range(20))


@given(
    rate=st.sampled_from([Fraction(24), Fraction(30000, 1001), Fraction(60), Fraction(12), Fraction(144)]),
    base=st.sampled_from([Fraction(1, 1000), Fraction(1, 90000), Fraction(1, 12800), Fraction(1, 600)]),
    count=st.integers(30, 400),
    origin=st.integers(-5000, 10**9),
)
def test_rounded_timestamps_are_a_constant_rate(
    rate: Fraction, base: Fraction, count: int, origin: int
) -> None:
    pts = [origin + round(k / rate / base) for k in range(count)]
    timing = find_timing(pts, base, (None, rate))
    assert timing == Timing(1 / rate, rate, False)
    clock = Clock(timing, pts[0], base)
    assert [clock.tick(value, base) for value in pts] == list(range(count))


@given(st.lists(st.one_of(st.none(), st.integers(-(10**6), 10**7)), min_size=1, max_size=60))
def test_ticks_only_grow(stamps: list[int | None]) -> None:
    clock = Clock(Timing(Fraction(1, 1000), Fraction(25), True), 0, Fraction(1, 1000))
    ticks = [clock.tick(value, Fraction(1, 1000)) for value in stamps]
    assert all(before < after for before, after in pairwise(ticks))


def test_joined_recordings_go_on(tmp_path: Path) -> None:
    clock = Clock(Timing(Fraction(1, 25), Fraction(25), False), 0, Fraction(1, 25))
    ticks = [clock.tick(value, Fraction(1, 25)) for value in [*range(100), *range(50)]]
    assert ticks == list(range(150))


def test_frames_can_be_read_while_others_are_read(tmp_path: Path) -> None:
    path = raw_film(tmp_path / "film.mp4", numbered(20), "yuv420p", 25, *X264)
    with open_source(path) as source:
        pairs = [(one.tick, other.tick) for one, other in zip(source.frames(), source.frames(), strict=True)]
    assert pairs == [(k, k) for k in range(20)]
    assert len(read(path)) == 20
