# SPDX-License-Identifier: Apache-2.0
"""VMAF and XPSNR through one pipe: the figures of FFmpeg run by hand, and no failure that hangs or raises."""

from __future__ import annotations

import csv
import re
import stat
import subprocess
import time
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from mtor_transcode.measure import ffmpeg as finder
from mtor_transcode.measure.ffmpeg import Ffmpeg, find_ffmpeg
from mtor_transcode.measure.metrics import PSNR_CAP, Planes
from mtor_transcode.measure.vmaf import FilterRun, Layout, Wanted, usable


@pytest.fixture(scope="module")
def ffmpeg() -> Ffmpeg:
    found = find_ffmpeg()
    if found is None or not {"libvmaf", "xpsnr"} <= found.filters:
        pytest.skip("no FFmpeg with libvmaf and xpsnr")
    return found


def moving(layout: Layout, count: int) -> list[Planes]:
    """A textured picture that slides to the right."""
    random = np.random.default_rng(5)
    dtype = np.uint8 if layout.depth == 8 else np.uint16
    peak = (1 << layout.depth) - 1
    sx, sy = layout.chroma
    big = cv2.GaussianBlur(random.random((layout.height, layout.width + 8 * count)), (0, 0), 2)
    big = (big - big.min()) / np.ptp(big) * peak
    frames = []
    for number in range(count):
        luma = big[:, 8 * number : 8 * number + layout.width]
        chroma = np.full((-(-layout.height >> sy), -(-layout.width >> sx)), peak // 2 + number, dtype)
        frames.append((np.rint(luma).astype(dtype), chroma, chroma))
    return frames


def blurred(frames: list[Planes]) -> list[Planes]:
    return [(cv2.GaussianBlur(planes[0], (0, 0), 1.5), planes[1], planes[2]) for planes in frames]


@pytest.mark.parametrize(
    "layout",
    [Layout(320, 192, rate=Fraction(30000, 1001)), Layout(333, 215, (0, 0), 10, Fraction(60))],
    ids=str,
)
def test_figures_are_those_of_ffmpeg_by_hand(ffmpeg: Ffmpeg, layout: Layout, tmp_path: Path) -> None:
    sources = moving(layout, 12)
    renders = blurred(sources)
    for name, frames in (("source.yuv", sources), ("render.yuv", renders)):
        (tmp_path / name).write_bytes(b"".join(plane.tobytes() for planes in frames for plane in planes))
    shape = ["-f", "rawvideo", "-pix_fmt", str(layout.pixel_format), "-s", f"{layout.width}x{layout.height}"]
    shape += ["-r", str(layout.rate)]
    model = "model='version=vmaf_v0.6.1\\:name=vmaf|version=vmaf_v0.6.1neg\\:name=vmaf_neg'"
    graph = f"[0:v]split[a][b];[1:v]split[c][d];[a][c]libvmaf={model}:log_fmt=csv:log_path=v.csv[p];"
    graph += "[b][d]xpsnr=f=x.log[s]"
    subprocess.run(
        [ffmpeg.path, "-v", "error", *shape, "-i", "render.yuv", *shape, "-i", "source.yuv",
         "-filter_complex", graph, "-map", "[p]", "-map", "[s]", "-f", "null", "-"],
        cwd=tmp_path, check=True, timeout=60,
    )  # fmt: skip
    with (tmp_path / "v.csv").open() as text:
        rows = list(csv.DictReader(text))
    said = [float(value) for value in re.findall(r"y:\s*(\S+)  XPSNR u", (tmp_path / "x.log").read_text())]

    with FilterRun(ffmpeg, layout, Wanted()) as run:
        for source, render in zip(sources, renders, strict=True):
            run.add(source, render)
        scores = run.finish()

    assert not scores.reasons
    assert scores.values["vmaf"] == pytest.approx([float(row["vmaf"]) for row in rows], abs=1e-5)
    assert scores.values["vmaf_neg"] == pytest.approx([float(row["vmaf_neg"]) for row in rows], abs=1e-5)
    assert scores.values["xpsnr"] == pytest.approx([min(value, PSNR_CAP) for value in said[:12]], abs=1e-4)
    assert 5 < min(scores.values["vmaf"]) < 99


def test_all_that_this_ffmpeg_has_is_found_usable(ffmpeg: Ffmpeg) -> None:
    able, reasons = usable(ffmpeg, Layout(176, 144), Wanted())
    assert able == Wanted()
    assert reasons == {}


def test_a_picture_too_small_for_vmaf_keeps_xpsnr(ffmpeg: Ffmpeg) -> None:
    able, reasons = usable(ffmpeg, Layout(6, 6), Wanted())
    assert not able.vmaf
    assert able.xpsnr
    assert set(reasons) == {"vmaf", "vmaf_neg"}
    assert all(reasons.values())


def test_no_ffmpeg_gives_reasons() -> None:
    able, reasons = usable(None, Layout(64, 64), Wanted())
    assert not able
    assert reasons == dict.fromkeys(("vmaf", "vmaf_neg", "xpsnr"), "no FFmpeg program was found")
    able, reasons = usable(Ffmpeg("ffmpeg", "1", frozenset({"xpsnr"})), Layout(64, 64, (3, 3)), Wanted())
    assert not able
    assert "pixel format" in reasons["xpsnr"]


def program(path: Path, script: str) -> Ffmpeg:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return Ffmpeg(str(path), "fake", frozenset({"libvmaf", "xpsnr"}))


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("exec sleep 60", "took no frame"),
        ("exec 0<&-; echo '[libvmaf @ 0x1] no model' >&2; exit 1", "no model"),
        ("head -c 100 >/dev/null; exit 3", "exit code 3"),
        ("cat >/dev/null; exec sleep 60", "did not end"),
        ("cat >/dev/null", "0 figures"),
        ("kill -SEGV $$", "signal 11"),
        ("printf 'Frame,vmaf,\\n0,x,\\n' >vmaf.csv; cat >/dev/null", "cannot be read"),
        ("(echo Frame,vmaf,; yes 0,nan, | head -30) >vmaf.csv; cat >/dev/null", "no numbers"),
    ],
)
def test_whatever_ffmpeg_does_ends_soon_and_says_why(tmp_path: Path, script: str, reason: str) -> None:
    layout = Layout(640, 360)
    frames = moving(layout, 2) * 15
    begin = time.monotonic()
    with FilterRun(program(tmp_path / "ffmpeg", script), layout, Wanted(), stall=1.0) as run:
        for planes in frames:
            run.add(planes, planes)
        scores = run.finish()
    assert time.monotonic() - begin < 10
    assert scores.values == {}
    assert set(scores.reasons) == {"vmaf", "vmaf_neg", "xpsnr"}
    assert reason in scores.reasons["vmaf"]


def test_an_exception_of_ours_ends_ffmpeg_and_removes_its_files(ffmpeg: Ffmpeg) -> None:
    layout = Layout(320, 192)
    begin = time.monotonic()
    run = FilterRun(ffmpeg, layout, Wanted())
    folder = Path(run._folder.name)
    assert folder.exists()

    def interrupted() -> None:
        with run:
            for planes in moving(layout, 6):
                run.add(planes, planes)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert not folder.exists()
    assert run._process.poll() is not None
    assert not run._feeder.is_alive()
    assert time.monotonic() - begin < 10


def test_the_variable_names_the_program_and_a_broken_one_is_none(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, ffmpeg: Ffmpeg
) -> None:
    monkeypatch.setenv(finder.PROGRAM_VARIABLE, str(tmp_path / "nothing"))
    assert find_ffmpeg() is None
    broken = program(tmp_path / "broken", "exit 1")
    monkeypatch.setenv(finder.PROGRAM_VARIABLE, broken.path)
    assert find_ffmpeg() is None
    monkeypatch.setenv(finder.PROGRAM_VARIABLE, ffmpeg.path)
    assert find_ffmpeg() == ffmpeg
