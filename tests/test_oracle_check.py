# SPDX-License-Identifier: Apache-2.0
"""The guard against regressions: what is worse is found, by how much it may differ, and what is written."""

from __future__ import annotations

import importlib.util
import json
import sys
from dataclasses import asdict, replace
from pathlib import Path
from types import ModuleType

import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
ITEM = "oracle dissolve"


@pytest.fixture(scope="module")
def check() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bench_check", BENCHMARKS / "check.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["bench_check"] = module
    spec.loader.exec_module(module)
    return module


def words(check: ModuleType, exact: bool, **changes: float | None) -> dict[str, str]:
    """The verdict of each figure that is not the same after ``changes``."""
    then = check.Figures(bytes=1000, ssim=0.99, psnr_y=40.0, vmaf=90.0, work=10.0, render=1.0)
    found = check.compare({"item": then}, {"item": replace(then, **changes)}, exact=exact)
    return {verdict.figure: verdict.word for verdict in found if verdict.word != "same"}


def test_on_one_machine_bytes_and_quality_are_exact(check: ModuleType) -> None:
    assert words(check, True) == {}
    assert words(check, True, bytes=1001) == {"bytes": "worse"}
    assert words(check, True, ssim=0.9899) == {"ssim": "worse"}
    assert words(check, True, bytes=999, psnr_y=40.01, vmaf=90.1) == {
        "bytes": "better", "psnr_y": "better", "vmaf": "better",
    }  # fmt: skip


def test_elsewhere_a_little_is_allowed_and_no_more(check: ModuleType) -> None:
    assert words(check, False, bytes=1009, ssim=0.9897, psnr_y=39.96, vmaf=89.8) == {}
    assert words(check, False, bytes=1011, psnr_y=39.9) == {"bytes": "worse", "psnr_y": "worse"}


def test_times_may_vary_but_not_by_half(check: ModuleType) -> None:
    assert words(check, True, work=14.0, render=0.8) == {}
    assert words(check, True, work=16.0, render=0.5) == {"work": "worse", "render": "better"}


def test_what_was_not_measured_is_named_and_not_judged(check: ModuleType) -> None:
    assert words(check, True, vmaf=None) == {"vmaf": "not measured"}
    then = {"item": check.Figures(bytes=1000, ssim=0.99, psnr_y=40.0)}
    assert {verdict.word for verdict in check.compare(then, {}, exact=True)} == {"not measured"}


def test_a_doctored_baseline_fails_the_check(
    check: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    baseline = tmp_path / "baseline.json"
    assert check.main([ITEM, "--baseline", str(baseline)]) == 2
    assert check.main([ITEM, "--write", "--baseline", str(baseline)]) == 0
    written = json.loads(baseline.read_text())
    figures = written["items"][ITEM]
    assert figures["bytes"] > 300
    # Processor time is the machine's affair, not this test's.
    figures |= {"work": None, "render": None}
    figures["bytes"] = round(figures["bytes"] * 0.8)
    baseline.write_text(json.dumps(written))
    capsys.readouterr()
    assert check.main([ITEM, "--baseline", str(baseline)]) == 1
    said = capsys.readouterr().out
    assert f"{ITEM:34} bytes" in said
    assert "1 items compared exactly: 1 figures worse, 0 better" in said


def test_an_item_that_left_the_set_fails_the_check(check: ModuleType, tmp_path: Path) -> None:
    figures = asdict(check.Figures(bytes=1000, ssim=0.99, psnr_y=40.0))
    baseline = check._environment() | {"items": {"oracle gone": figures}}
    asked = check.argparse.Namespace(items=[], all=False)
    assert check._judge(baseline, {}, asked) == 1


def test_figures_of_another_machine_are_not_kept_beside_ours(check: ModuleType, tmp_path: Path) -> None:
    baseline = tmp_path / "baseline.json"
    figures = check.Figures(bytes=1000, ssim=0.99, psnr_y=40.0)
    check.write(baseline, {"oracle pan": figures})
    check.write(baseline, {"oracle chart": figures})
    assert set(json.loads(baseline.read_text())["items"]) == {"oracle pan", "oracle chart"}
    other = json.loads(baseline.read_text())
    other["machine"]["processor"] = "another"
    baseline.write_text(json.dumps(other))
    check.write(baseline, {"oracle chart": figures})
    assert set(json.loads(baseline.read_text())["items"]) == {"oracle chart"}


def test_the_committed_baseline_knows_the_whole_set(check: ModuleType) -> None:
    baseline = json.loads((BENCHMARKS / "baseline.json").read_text())
    assert baseline["schema"] == check.SCHEMA
    assert set(baseline["items"]) == set(check.item_names())
    for figures in baseline["items"].values():
        assert check.Figures(**figures).bytes > 0
