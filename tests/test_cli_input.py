# SPDX-License-Identifier: Apache-2.0
"""Bad input and bad outputs, through the real command line: one clear line, the right code, nothing left."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import subprocess
import sys
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cli_run import DONE, FAILED, WRONG_USE, assert_one_line, files_in, mtor

SAMPLES = Path(__file__).parents[1] / "samples"
DEMO = SAMPLES / "demo.mp4"
TRUTH = SAMPLES / "cut.mtor"


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """An empty folder."""
    return tmp_path


def test_no_file(desk: Path) -> None:
    assert_one_line(
        mtor("transcode", "none.mp4", "-o", "out.mtor", cwd=desk), FAILED, "none.mp4", "no such file"
    )
    assert_one_line(
        mtor("render", "none.mtor", "-o", "out.mp4", cwd=desk), FAILED, "none.mtor", "no such file"
    )
    assert_one_line(mtor("inspect", "none.mtor", cwd=desk), FAILED, "none.mtor")
    assert_one_line(mtor("info", "none.mp4", cwd=desk), FAILED, "none.mp4")
    assert_one_line(mtor("report", DEMO, "none.mtor", cwd=desk), FAILED, "none.mtor")
    assert_one_line(mtor("import", "none", "-o", "out.mtor", cwd=desk), FAILED, "none")
    assert not files_in(desk)


def test_a_text_file_named_mp4(desk: Path) -> None:
    (desk / "in.mp4").write_text("This is a letter, not a film.\n" * 50)
    assert_one_line(mtor("transcode", "in.mp4", "-o", "out.mtor", cwd=desk), FAILED, "in.mp4")
    assert_one_line(mtor("info", "in.mp4", cwd=desk), FAILED, "in.mp4")
    assert files_in(desk) == {"in.mp4"}


def test_an_empty_file(desk: Path) -> None:
    (desk / "in.mp4").touch()
    assert_one_line(mtor("transcode", "in.mp4", "-o", "out.mtor", cwd=desk), FAILED, "in.mp4")
    assert files_in(desk) == {"in.mp4"}


def test_only_sound(desk: Path) -> None:
    with wave.open(str(desk / "in.wav"), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(16000))
    assert_one_line(mtor("transcode", "in.wav", "-o", "out.mtor", cwd=desk), FAILED, "in.wav", "sound")
    assert files_in(desk) == {"in.wav"}


def test_zero_frames(desk: Path) -> None:
    (desk / "in.y4m").write_bytes(b"YUV4MPEG2 W64 H48 F25:1 Ip A1:1 C420jpeg\n")
    assert_one_line(mtor("transcode", "in.y4m", "-o", "out.mtor", cwd=desk), FAILED, "in.y4m")
    assert files_in(desk) == {"in.y4m"}


@pytest.mark.slow
def test_a_truncated_video_transcodes_what_decodes_and_says_so(desk: Path) -> None:
    import av

    # The index stands first, so a cut file opens; then half of the pictures are missing.
    with (
        av.open(str(DEMO)) as source,
        av.open(str(desk / "fast.mp4"), "w", options={"movflags": "faststart"}) as out,
    ):
        stream = source.streams.video[0]
        copy = out.add_stream_from_template(stream)
        for packet in source.demux(stream):
            if packet.dts is not None:
                packet.stream = copy
                out.mux(packet)
    whole = (desk / "fast.mp4").read_bytes()
    (desk / "in.mp4").write_bytes(whole[: len(whole) // 3])
    (desk / "fast.mp4").unlink()
    done = mtor("transcode", "in.mp4", "-o", "out.mtor", "--preset", "fast", cwd=desk)
    assert done.returncode == DONE, done.stderr
    assert done.stderr.startswith("mtor: warning: ")
    assert "breaks off" in done.stderr
    assert files_in(desk) == {"in.mp4", "out.mtor"}


def test_a_folder_in_place_of_a_file(desk: Path) -> None:
    (desk / "folder").mkdir()
    assert_one_line(mtor("transcode", "folder", "-o", "out.mtor", cwd=desk), FAILED, "folder")
    assert_one_line(mtor("render", "folder", "-o", "out.mp4", cwd=desk), FAILED, "folder")
    assert_one_line(mtor("inspect", "folder", cwd=desk), FAILED, "folder")
    assert files_in(desk) == {"folder"}


def test_an_output_that_cannot_be_written(desk: Path) -> None:
    assert_one_line(
        mtor("transcode", DEMO, "-o", "none/out.mtor", cwd=desk), FAILED, "none/out.mtor", "folder"
    )
    assert_one_line(mtor("transcode", DEMO, "-o", "/proc/out.mtor", cwd=desk), FAILED, "/proc/out.mtor")
    assert_one_line(mtor("render", TRUTH, "-o", "/proc/out.mp4", cwd=desk), FAILED, "/proc/out.mp4")
    assert_one_line(
        mtor("report", DEMO, TRUTH, "--html", "none/report.html", cwd=desk), FAILED, "report.html"
    )
    assert_one_line(mtor("export", TRUTH, "-o", "/proc/json", cwd=desk), FAILED, "/proc/json")
    assert not files_in(desk)


def test_names_that_no_disk_takes(desk: Path) -> None:
    long = "n" * 300
    for arguments in (
        ("transcode", long, "-o", "out.mtor"),
        ("render", long, "-o", "out.mp4"),
        ("inspect", long),
        ("import", long, "-o", "out.mtor"),
        ("transcode", DEMO, "-o", long),
        ("render", TRUTH, "-o", long + ".mp4"),
        ("export", TRUTH, "-o", long),
        ("report", DEMO, TRUTH, "--html", long),
    ):
        assert_one_line(mtor(*arguments, cwd=desk), FAILED, long)
    assert not files_in(desk)


def test_a_link_to_itself_is_replaced_as_it_leads_nowhere(desk: Path) -> None:
    (desk / "out.mp4").symlink_to("out.mp4")
    assert mtor("render", TRUTH, "-o", "out.mp4", "--duration", "0.1", cwd=desk).returncode == DONE
    assert (desk / "out.mp4").is_file()


def test_outputs_are_files_not_pipes(desk: Path) -> None:
    assert_one_line(mtor("transcode", DEMO, "-o", "-", cwd=desk), WRONG_USE, "pipe")
    assert_one_line(mtor("report", DEMO, TRUTH, "--json", "-", cwd=desk), WRONG_USE, "pipe")
    assert not files_in(desk)


def test_two_outputs_of_one_name(desk: Path) -> None:
    done = mtor("report", DEMO, TRUTH, "--html", "r", "--json", "./r", cwd=desk)
    assert_one_line(done, WRONG_USE, "r", "twice")
    assert not files_in(desk)


def test_a_picture_larger_than_an_mp4_holds(desk: Path) -> None:
    done = mtor("render", TRUTH, "-o", "out.mp4", "--size", "16384x16384", cwd=desk)
    assert_one_line(done, WRONG_USE, "16384x16384")
    assert not files_in(desk)


def test_an_output_that_is_the_input(desk: Path) -> None:
    shutil.copy(TRUTH, desk / "film.mp4")
    before = (desk / "film.mp4").read_bytes()
    assert_one_line(mtor("transcode", "film.mp4", "-o", "film.mp4", cwd=desk), WRONG_USE, "film.mp4")
    assert_one_line(mtor("render", "film.mp4", "-o", "film.mp4", cwd=desk), WRONG_USE, "film.mp4")
    assert (desk / "film.mp4").read_bytes() == before
    assert files_in(desk) == {"film.mp4"}


def test_a_full_disk(desk: Path) -> None:
    with full_disk(desk) as (disk, options):
        before = files_in(disk)
        done = mtor(
            "transcode", DEMO, "-o", disk / "out.mtor", "--preset", "fast", "--duration", "1", **options
        )
        assert_one_line(done, FAILED, "out.mtor", "disk is full")
        assert_one_line(
            mtor("render", TRUTH, "-o", disk / "out.mp4", **options), FAILED, "out.mp4", "disk is full"
        )
        assert_one_line(mtor("export", TRUTH, "-o", disk / "json", **options), FAILED, "json")
        assert files_in(disk) == before


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "empty"),
        (b"ftypisom, or some such thing" * 10, "no .mtor"),
        (b"MTOR\x02", ""),
    ],
    ids=["empty", "wrong magic", "cut in the header"],
)
def test_a_film_that_is_none(desk: Path, content: bytes, word: str) -> None:
    (desk / "in.mtor").write_bytes(content)
    for command in (("inspect", "in.mtor"), ("render", "in.mtor", "-o", "out.mp4")):
        assert_one_line(mtor(*command, cwd=desk), FAILED, "in.mtor")
    assert files_in(desk) == {"in.mtor"}


def test_a_film_of_a_newer_version(desk: Path) -> None:
    whole = bytearray(TRUTH.read_bytes())
    whole[4] += 1
    (desk / "in.mtor").write_bytes(whole)
    assert_one_line(mtor("inspect", "in.mtor", cwd=desk), FAILED, "in.mtor", "version")


def test_a_cut_film_plays_up_to_the_cut_and_says_so(desk: Path) -> None:
    whole = TRUTH.read_bytes()
    (desk / "in.mtor").write_bytes(whole[: len(whole) - 60])
    for command in (
        ("inspect", "in.mtor"),
        ("render", "in.mtor", "-o", "out.mp4"),
        ("export", "in.mtor", "--to", "json", "-o", "out"),
    ):
        done = mtor(*command, cwd=desk)
        assert done.returncode == DONE
        assert "mtor: warning: " in done.stderr
        assert "cut" in done.stderr


def test_a_film_in_place_of_a_video(desk: Path) -> None:
    for command in (("transcode", TRUTH, "-o", "out.mtor"), ("info", TRUTH)):
        assert_one_line(mtor(*command, cwd=desk), FAILED, TRUTH.name, "mtor render")
    assert not files_in(desk)


def test_a_film_without_its_header(desk: Path) -> None:
    whole = bytearray(TRUTH.read_bytes())
    whole[5] = 99
    (desk / "in.mtor").write_bytes(whole)
    assert_one_line(mtor("inspect", "in.mtor", cwd=desk), FAILED, "in.mtor", "header", "fetch it again")


def test_a_format_that_nobody_writes(desk: Path) -> None:
    done = mtor("export", TRUTH, "--to", "cloth", "-o", "out", cwd=desk)
    assert_one_line(done, WRONG_USE, "cloth", "json")
    assert not files_in(desk)


@contextlib.contextmanager
def full_disk(desk: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """A folder without room for a byte more, and how to run a program there.

    Where we may mount, it is a disk of its own; elsewhere the program may write no files.
    """
    disk = desk / "disk"
    disk.mkdir()
    mounted = os.geteuid() == 0 and sys.platform == "linux" and _mounts(disk)
    if mounted:
        with contextlib.suppress(OSError):
            (disk / "filler").write_bytes(bytes(1 << 20))
    try:
        yield disk, {} if mounted else {"preexec_fn": _write_nothing}
    finally:
        if mounted:
            subprocess.run(["umount", disk], check=True)


def _write_nothing() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (16, 16))


def _mounts(disk: Path) -> bool:
    try:
        command = ["mount", "-t", "tmpfs", "-o", "size=4096", "tmpfs", disk]
        return subprocess.run(command, check=False, capture_output=True).returncode == 0
    except OSError:
        return False
