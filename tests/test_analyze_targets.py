# SPDX-License-Identifier: Apache-2.0
"""Qualities and targets of whole films: monotonic, never above, used up, refused with the smallest named."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest
from analyze_films import Picture, disc_cover, luma_ssim, over, rendered, write_y4m
from cli_run import FAILED, assert_one_line, mtor

from mtor_transcode import transcode
from mtor_transcode.errors import TargetError

WIDTH, HEIGHT, FPS, COUNT = 144, 80, 25, 26


@cache
def rich() -> tuple[Picture, ...]:
    """A second of a textured pan with a disc that crosses it: more than any small budget holds."""
    rng = np.random.default_rng(11)
    coarse = rng.normal(0, 1, (10, 30, 3)).astype(np.float32)
    fine = rng.normal(0, 1, (40, 120, 3)).astype(np.float32)
    wide = cv2.resize(coarse, (240, HEIGHT), interpolation=cv2.INTER_CUBIC) * np.float32(38)
    wide += cv2.resize(fine, (240, HEIGHT), interpolation=cv2.INTER_CUBIC) * np.float32(9)
    wide *= np.array([1, 0.3, 0.3], np.float32)
    texture = np.clip(wide + 128, 16, 235).astype(np.uint8)

    def picture(k: int) -> Picture:
        view = np.ascontiguousarray(texture[:, k : k + WIDTH])
        return over(view, disc_cover(WIDTH, HEIGHT, 20 + 3.7 * k, 40, 14), (200, 110, 170))

    return tuple(picture(k) for k in range(COUNT))


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_y4m(tmp_path_factory.mktemp("rich") / "rich.y4m", rich(), FPS)


def ssim_of(path: Path, truth: Sequence[Picture]) -> float:
    return luma_ssim(rendered(path, range(0, COUNT, 3)), truth[::3])


def test_quality_is_monotonic_in_bytes_and_in_ssim(source: Path, tmp_path: Path) -> None:
    sizes, scores = [], []
    for quality in (10, 40, 70):
        path = tmp_path / f"{quality}.mtor"
        made = transcode(source, path, quality=quality)
        assert made.bytes == path.stat().st_size == sum(made.bytes_by_kind.values())
        assert made.quality == pytest.approx(quality)
        sizes.append(made.bytes)
        scores.append(ssim_of(path, rich()))
    assert sizes[0] * 1.5 < sizes[1]
    assert sizes[1] * 1.5 < sizes[2]
    assert scores[0] + 0.01 < scores[1]
    assert scores[1] + 0.01 < scores[2]


@pytest.mark.parametrize("kbps", [10, 16])
def test_a_target_rate_is_a_ceiling_and_used(source: Path, tmp_path: Path, kbps: float) -> None:
    path = tmp_path / "film.mtor"
    made = transcode(source, path, target_kbps=kbps)
    rate = path.stat().st_size * 8 / 1000 / (COUNT / FPS)
    assert made.kbps == pytest.approx(rate)
    assert 0.9 * kbps <= rate <= kbps


def test_a_target_size_is_a_ceiling_and_used(source: Path, tmp_path: Path) -> None:
    path = tmp_path / "film.mtor"
    transcode(source, path, target_size="2k")
    assert 1_800 <= path.stat().st_size <= 2_000


def test_a_target_too_small_names_the_smallest(source: Path, tmp_path: Path) -> None:
    path = tmp_path / "film.mtor"
    with pytest.raises(TargetError, match=r"smallest possible has \d+ bytes") as caught:
        transcode(source, path, target_size=20)
    assert list(tmp_path.iterdir()) == []
    found = re.search(r"has (\d+) bytes", str(caught.value))
    assert found is not None
    smallest = int(found[1])
    assert 20 < smallest < 500
    made = transcode(source, path, target_size=smallest)
    assert made.bytes == smallest


def test_the_command_line_refuses_such_a_target_with_1(source: Path, tmp_path: Path) -> None:
    done = mtor("transcode", source, "-o", tmp_path / "film.mtor", "--target-size", "20")
    assert_one_line(done, FAILED, "smallest possible has")
    assert list(tmp_path.iterdir()) == []
