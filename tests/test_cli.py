# SPDX-License-Identifier: Apache-2.0
"""What the command line says without doing any work: help, version, wrong use, completion."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from cli_run import DONE, FAILED, WRONG_USE, assert_one_line, environment, files_in, mtor

import mtor_transcode

TRUTH = Path(__file__).parents[1] / "samples" / "cut.mtor"

OPTIONS = {
    "transcode": (
        "--output --quality --target-kbps --target-size --target-vmaf --preset --mode --audio --audio-kbps "
        "--refresh --start --duration --video-track --audio-track --json"
    ),
    "render": "--output --size --fps --lossless --exact --start --duration --json",
    "report": "--html --json --csv",
    "inspect": "--json",
    "export": "--to --output",
    "import": "--output",
    "info": "--json",
    "sign": "--output --key --strength --replace --json",
    "verify": "--key --rotation --dictionary --json",
    "seal": "--output --to --title --hide-recipients --json",
    "unseal": "--output --key --json",
    "plugins": "--json",
}


def test_help_lists_the_commands() -> None:
    done = mtor("--help")
    assert done.returncode == DONE
    assert all(f"  {command} " in done.stdout for command in OPTIONS)
    assert done.stderr == ""


@pytest.mark.parametrize("command", OPTIONS)
def test_each_command_explains_its_options(command: str) -> None:
    done = mtor(command, "--help")
    assert done.returncode == DONE
    assert set(OPTIONS[command].split()) <= set(done.stdout.replace(",", " ").split())


def test_version() -> None:
    assert mtor("--version").stdout == f"mtor {mtor_transcode.__version__}\n"


def test_the_bare_command_shows_its_help_as_wrong_use() -> None:
    done = mtor()
    assert done.returncode == WRONG_USE
    assert "transcode" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["fly"], "fly"),
        (["transcode"], "source"),
        (["transcode", "in.mp4"], "--output"),
        (["transcode", "in.mp4", "-o", "out.mtor", "--faster"], "--faster"),
        (["transcode", "in.mp4", "-o", "out.mtor", "--preset", "slow"], "slow"),
        (["transcode", "in.mp4", "-o", "out.mtor", "--quality", "much"], "--quality"),
        (["transcode", "in.mp4", "-o", "out.mtor", "--quality", "101"], "quality"),
        (["transcode", "in.mp4", "-o", "out.mtor", "--quality", "nan"], "quality"),
        (["transcode", "in.mp4", "-o", "out.mtor", "--quality", "5", "--target-kbps", "9"], "exclude"),
        (["transcode", "in.mp4", "-o", "out.mtor", "--target-kbps", "9", "--target-size", "5k"], "exclude"),
        (["transcode", "in.mp4", "-o", "out.mtor", "--target-kbps", "0"], "target kbps"),
        (["transcode", "in.mp4", "-o", "out.mtor", "--target-size", "5x"], "5x"),
        (["transcode", "in.mp4", "-o", "out.mtor", "--target-vmaf", "200"], "target vmaf"),
        (["transcode", "in.mp4", "-o", "out.mtor", "--audio", "none", "--audio-kbps", "8"], "audio kbps"),
        (["transcode", "in.mp4", "-o", "out.mtor", "--audio", "none", "--audio-track", "1"], "audio track"),
        (["transcode", "in.mp4", "-o", "out.mtor", "--audio-kbps", "1"], "audio kbps"),
        (["transcode", "in.mp4", "-o", "out.mtor", "--start", "-1"], "start"),
        (["transcode", "in.mp4", "-o", "out.mtor", "--duration", "0"], "duration"),
        (["transcode", "in.mp4", "-o", "out.mtor", "--refresh", "0"], "refresh"),
        (["render", "in.mtor", "-o", "out.mp4", "--size", "large"], "large"),
        (["render", "in.mtor", "-o", "out.mp4", "--fps", "0"], "fps"),
        (["render", "in.mtor", "-o", "out.gif"], ".mp4"),
        (["render", "in.mtor", "-o", "out.mp4", "--start", "inf"], "start"),
        (["report", "in.mp4"], "film"),
        (["export", "in.mtor", "--to", "json"], "--output"),
    ],
)
def test_wrong_use_is_one_line_and_code_2(arguments: list[str], word: str, tmp_path: Path) -> None:
    done = mtor(*arguments, cwd=tmp_path)
    assert_one_line(done, WRONG_USE, word)
    assert done.stdout == ""
    assert not files_in(tmp_path)


def test_the_shell_completes_commands_and_options() -> None:
    def completed(words: str, place: int) -> str:
        asked = environment(_MTOR_COMPLETE="complete_bash", COMP_WORDS=words, COMP_CWORD=str(place))
        return mtor(env=asked).stdout

    assert "transcode" in completed("mtor tr", 1)
    assert "--target-kbps" in completed("mtor transcode --ta", 2)
    assert "balanced" in completed("mtor transcode --preset ", 3)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize(
    "arguments",
    [
        ("inspect", TRUTH),
        ("inspect", TRUTH, "--json"),
        ("--version",),
        ("--help",),
        ("transcode", "--help"),
    ],
)
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_results_that_cannot_be_written(arguments: tuple[str | Path, ...], unbuffered: str) -> None:
    with Path("/dev/full").open("w") as full:
        done = mtor(
            *arguments,
            capture_output=False,
            stdout=full,
            stderr=subprocess.PIPE,
            env=environment(PYTHONUNBUFFERED=unbuffered),
        )
    assert_one_line(done, FAILED, "standard output", "the disk is full")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize(("arguments", "code"), [(("inspect", "none.mtor"), FAILED), ((), WRONG_USE)])
def test_errors_that_cannot_be_written_still_give_their_code(arguments: tuple[str, ...], code: int) -> None:
    with Path("/dev/full").open("w") as full:
        done = mtor(*arguments, capture_output=False, stderr=full, env=environment(PYTHONUNBUFFERED=""))
    assert done.returncode == code


def test_nobody_listens() -> None:
    done = mtor("inspect", TRUTH, preexec_fn=lambda: os.close(1))
    assert (done.returncode, done.stderr) == (DONE, "")
