# SPDX-License-Identifier: Apache-2.0
"""Stills of clips: cut as they were decoded, measured, bytes at targets."""

from __future__ import annotations

import importlib.util
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
    spec.loader.exec_module(module)
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


def test_bytes_at_the_targets_come_from_the_points(stills: ModuleType) -> None:
    points = [
        stills.Point("q 20", 1000, 70.0, 0.90, 0.93, 30.0, 1.0),
        stills.Point("q 50", 4000, 90.0, 0.99, 0.99, 40.0, 2.0),
    ]
    found = stills.at_targets(points)
    assert found["VMAF 80"] == pytest.approx(2000)
    assert found["VMAF 95"] is None
    assert 1000 < found["float_ssim 0.966"] < found["ssim 0.966"] < 4000
