# SPDX-License-Identifier: Apache-2.0
"""The command line at work: events, silence, the bar, interruption, the whole way of the data."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
from pathlib import Path

import pytest
from cli_run import DONE, INTERRUPTED, MTOR, assert_one_line, environment, files_in, mtor

from mtor_transcode import open as open_film

SAMPLES = Path(__file__).parents[1] / "samples"
DEMO = SAMPLES / "demo.mp4"
SHORT = ("--duration", "1", "--preset", "fast")


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One second of the demo, transcoded by the command line."""
    path = tmp_path_factory.mktemp("film") / "demo.mtor"
    done = mtor("transcode", DEMO, "-o", path, *SHORT)
    assert done.returncode == DONE, done.stderr
    assert (done.stdout, done.stderr) == ("", ""), "it is quiet when nobody watches"
    return path


def test_events_for_programs(tmp_path: Path) -> None:
    done = mtor("transcode", DEMO, "-o", tmp_path / "out.mtor", *SHORT, "--json")
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.stderr == ""
    assert {event["event"] for event in events[:-1]} == {"progress"}
    assert all(event["done"] <= event["total"] or not event["total"] for event in events[:-1])
    result = events[-1]
    assert result["event"] == "result"
    assert result["bytes"] == (tmp_path / "out.mtor").stat().st_size == sum(result["bytes_by_kind"].values())
    assert result["kbps"] == pytest.approx(result["bytes"] * 8 / 1000 / result["duration"])
    assert result["frames"] == 25


def test_from_a_pipe_and_with_the_same_bytes(film: Path, tmp_path: Path) -> None:
    with DEMO.open("rb") as stream:
        done = mtor("transcode", "-", "-o", tmp_path / "out.mtor", *SHORT, stdin=stream)
    assert done.returncode == DONE, done.stderr
    assert (tmp_path / "out.mtor").read_bytes() == film.read_bytes()


def test_a_bar_on_a_terminal(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    running = subprocess.Popen(
        [MTOR, "transcode", DEMO, "-o", tmp_path / "out.mtor", *SHORT], stdout=subprocess.PIPE, stderr=theirs,
        env=environment(TERM="xterm", COLUMNS="120"),
    )  # fmt: skip
    os.close(theirs)
    shown = b""
    while True:
        try:
            piece = os.read(ours, 4096)
        except OSError:
            break
        if not piece:
            break
        shown += piece
    os.close(ours)
    out, _ = running.communicate()
    assert running.returncode == DONE
    assert out == b"", "results of other commands may be piped on; a bar belongs on stderr"
    assert b"%" in shown
    assert b"fps" in shown
    assert b"out.mtor" in shown
    assert b"kbps" in shown


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, INTERRUPTED), (signal.SIGTERM, 143)])
def test_an_interruption_leaves_nothing(tmp_path: Path, number: int, code: int) -> None:
    out = tmp_path / "out.mtor"
    out.write_bytes(b"of old")
    running = subprocess.Popen(
        [MTOR, "transcode", DEMO, "-o", out, "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Who runs the tests in the background has their shell ignore SIGINT, and children inherit that.
        preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),  # noqa: PLW1509
    )
    assert running.stdout is not None
    running.stdout.readline()
    running.send_signal(number)
    _, said = running.communicate(timeout=60)
    assert running.returncode == code, said
    assert "Traceback" not in said
    assert files_in(tmp_path) == {"out.mtor"}
    assert out.read_bytes() == b"of old"


def test_inspect(film: Path) -> None:
    found = json.loads(mtor("inspect", film, "--json").stdout)
    assert found["event"] == "result"
    assert found["bytes"] == film.stat().st_size == sum(found["bytes_by_kind"].values())
    assert found["audio"].startswith("opus")
    shown = mtor("inspect", film).stdout
    for word in ("640x360", "scene", "dictionary", "bytes by kind", "outlines", "motion"):
        assert word in shown


def test_info() -> None:
    found = json.loads(mtor("info", DEMO, "--json").stdout)
    assert (found["width"], found["height"], found["frame_rate"]) == (640, 360, "25/1")
    shown = mtor("info", DEMO).stdout
    assert "mtor transcode would" in shown
    assert "Opus" in shown


@pytest.mark.slow
def test_render_and_report(film: Path, tmp_path: Path) -> None:
    done = mtor("render", film, "-o", tmp_path / "out.mp4", "--size", "320x180", "--json")
    result = json.loads(done.stdout.splitlines()[-1])
    assert (result["width"], result["height"], result["frames"]) == (320, 180, 25)
    paths = [tmp_path / f"report.{kind}" for kind in ("html", "json", "csv")]
    done = mtor("report", DEMO, film, *(word for path in paths for word in (f"--{path.suffix[1:]}", path)))
    assert done.returncode == DONE, done.stderr
    assert "SSIM" in done.stdout
    assert json.loads(paths[1].read_text())["quality"]["frames"] == 25
    assert len(paths[2].read_text().splitlines()) == 26
    assert paths[0].read_text().lstrip().lower().startswith("<!doctype html")
    assert files_in(tmp_path) == {"out.mp4", "report.html", "report.json", "report.csv"}


def test_export_and_import(film: Path, tmp_path: Path) -> None:
    folder, again = tmp_path / "json", tmp_path / "again.mtor"
    assert mtor("export", film, "--to", "json", "-o", folder).returncode == DONE
    assert {"tokens.jsonl", "dictionary.json", "manifest.json"} <= files_in(folder)
    assert mtor("import", folder, "-o", again).returncode == DONE
    assert _content(again) == _content(film)
    assert_one_line(mtor("export", film, "--to", "cloth", "-o", tmp_path / "x"), 2, "cloth")
    assert files_in(tmp_path) == files_in(folder) | {"json", "again.mtor"}


def _content(path: Path) -> tuple[object, ...]:
    film = open_film(path)
    scenes = [film.scene(entry.head.number) for entry in film.heads()]
    return film.header, film.duration, scenes, list(film.audio()), list(film.subtitles())


def test_an_unexpected_failure_is_named_as_a_bug(tmp_path: Path) -> None:
    broken = "import mtor_transcode.cli.info as i\ndef boom(_): raise RuntimeError('boom')\n"
    program = tmp_path / "broken.py"
    program.write_text(
        broken + "import mtor_transcode.api as a, sys\na.info = boom\nsys.argv = ['mtor', 'info', 'x.mp4']\n"
        "from mtor_transcode.cli import main\nmain()\n"
    )
    interpreter = MTOR.with_name("python")
    done = subprocess.run([interpreter, program], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "a bug in mtor: RuntimeError: boom" in done.stderr
    assert "MTOR_DEBUG=1" in done.stderr
    told = subprocess.run(
        [interpreter, program], capture_output=True, text=True, check=False, env=environment(MTOR_DEBUG="1")
    )
    assert "Traceback" in told.stderr
