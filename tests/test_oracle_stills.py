# SPDX-License-Identifier: Apache-2.0
"""Stills of clips: cut as they were decoded, measured, bytes at targets."""

from __future__ import annotations

import argparse
import importlib.util
import shutil
import sys
from fractions import Fraction
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from mtor_transcode.ingest.source import open_source

ROOT = Path(__file__).parents[1]
MOVING = ROOT / "samples" / "motion.mp4"


@pytest.fixture(scope="module")
def stills() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bench_stills", ROOT / "benchmarks" / "stills.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["bench_stills"] = module
    sys.path.insert(0, str(ROOT / "benchmarks"))
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(ROOT / "benchmarks"))
    return module


def test_a_still_has_the_very_samples_of_its_moment(stills: ModuleType, tmp_path: Path) -> None:
    made = stills.cut(MOVING, Fraction(1), tmp_path)
    with open_source(MOVING) as source:
        frames = list(source.frames())
    with open_source(made) as source:
        (still,) = source.frames()
        assert source.info.chroma == (1, 1)
    for cut, shown, earlier in zip(still.planes, frames[25].planes, frames[20].planes, strict=True):
        np.testing.assert_array_equal(cut, shown)
        assert (cut != earlier).any()


def test_a_still_is_coded_and_measured(stills: ModuleType, tmp_path: Path) -> None:
    job = stills.Job(MOVING, Fraction(1), (20.0, 60.0), vmaf=False)
    found = job.done()
    low, high = found.points
    assert low.bytes <= high.bytes
    assert low.psnr < high.psnr
    assert high.vmaf is None
    said = stills.text(found)
    assert "motion:1" in said
    assert f"{high.bytes:7} " in said


def test_pictures_stand_for_clips(stills: ModuleType, tmp_path: Path) -> None:
    picture = stills.cut(MOVING, Fraction(1), tmp_path)
    asked = argparse.Namespace(clips=tmp_path, qualities="30", preset="fast", vmaf=False, av1=False)
    job = stills._job(str(picture), asked)
    assert (job.clip, job.seconds) == (picture, 0)
    with pytest.raises(SystemExit, match="CLIP:SECONDS"):
        stills._job("motion", asked)


def test_own_pages_become_pictures_in_the_colours_of_video(stills: ModuleType, tmp_path: Path) -> None:
    rgb = np.zeros((16, 32, 3), dtype=np.uint8)
    rgb[:, 8:16], rgb[:, 16:24], rgb[:, 24:] = (255, 255, 255), (255, 0, 0), (0, 0, 255)
    stills.own_stills.write(tmp_path / "bars.y4m", rgb)
    with open_source(tmp_path / "bars.y4m") as source:
        (frame,) = source.frames()
    assert [int(frame.planes[0][4, x]) for x in (4, 12, 20, 28)] == [16, 235, 63, 32]
    assert [int(plane[4, 11]) for plane in frame.planes[1:]] == [102, 240]


def test_a_page_whose_script_no_font_has_is_left_out(
    stills: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    own = stills.own_stills
    assert "ink" in own.names()
    monkeypatch.setitem(own.NEEDS, "ink", ("xx-none",))
    assert not own._has_fonts("ink")
    assert "xx-none" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="no such page"):
        own._has_fonts("nothing")


def test_a_page_is_shown(stills: ModuleType, tmp_path: Path) -> None:
    own = stills.own_stills
    if not any(map(shutil.which, own.BROWSERS)):
        pytest.skip("no Chromium here")
    pytest.importorskip("playwright")
    (made,) = own.make(tmp_path, ["sprites"])
    with open_source(made) as source:
        (frame,) = source.frames()
    assert frame.planes[0].shape == (720, 1280)
    assert len(np.unique(frame.planes[0])) > 12


def test_bytes_at_the_targets_come_from_the_points(stills: ModuleType) -> None:
    points = [
        stills.Point("q 20", 1000, 70.0, 0.90, 0.93, 30.0, 1.0),
        stills.Point("q 50", 4000, 90.0, 0.99, 0.99, 40.0, 2.0),
    ]
    found = stills.at_targets(points)
    assert found["VMAF 80"] == pytest.approx(2000)
    assert found["VMAF 95"] is None
    assert 1000 < found["float_ssim 0.966"] < found["ssim 0.966"] < 4000
