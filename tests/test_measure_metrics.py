# SPDX-License-Identifier: Apache-2.0
"""The metrics against FFmpeg's own filters on the same frames, and their edges."""

from __future__ import annotations

import math
import re
import subprocess
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtor_transcode.measure.comparison import is_blank
from mtor_transcode.measure.ffmpeg import Ffmpeg, find_ffmpeg
from mtor_transcode.measure.metrics import PSNR_CAP, Planes, compare_planes, psnr
from mtor_transcode.measure.pooling import pick_frames, pool
from mtor_transcode.measure.ssim import float_ssim, window_ssim
from mtor_transcode.measure.vmaf import FilterRun, Layout, Wanted


@pytest.fixture(scope="module")
def ffmpeg() -> Ffmpeg:
    found = find_ffmpeg()
    if found is None or not {"psnr", "ssim"} <= found.filters:
        pytest.skip("no FFmpeg to compare with")
    return found


def picture(layout: Layout, seed: int) -> Planes:
    """Smooth noise with edges: structure at all scales, at the layout's depth and chroma."""
    random = np.random.default_rng(seed)
    peak = (1 << layout.depth) - 1
    sx, sy = layout.chroma
    shapes = [(layout.height, layout.width)] + [(-(-layout.height >> sy), -(-layout.width >> sx))] * 2
    planes = []
    for shape in shapes:
        smooth = cv2.GaussianBlur(random.random(shape), (0, 0), 4)
        smooth = (smooth - smooth.min()) / max(float(np.ptp(smooth)), 1e-9)
        smooth[shape[0] // 3 :, shape[1] // 2 :] *= 0.4
        planes.append(np.rint(smooth * peak).astype(np.uint8 if layout.depth == 8 else np.uint16))
    return planes


def worse(planes: Planes, depth: int, seed: int) -> Planes:
    random = np.random.default_rng(seed)
    peak = (1 << depth) - 1
    noisy = [np.rint(cv2.GaussianBlur(p, (0, 0), 2) + random.normal(0, peak / 60, p.shape)) for p in planes]
    return [np.clip(n, 0, peak).astype(p.dtype) for n, p in zip(noisy, planes, strict=True)]


LAYOUTS = [
    Layout(320, 192),
    Layout(853, 479),
    Layout(1280, 720),
    Layout(321, 181, (1, 0), 10),
    Layout(700, 530, (0, 0), 12),
    Layout(640, 360, (1, 1), 10),
]


@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
def test_psnr_and_ssim_are_those_of_ffmpegs_filters(ffmpeg: Ffmpeg, layout: Layout, tmp_path: Path) -> None:
    sources = [picture(layout, seed) for seed in (1, 2)]
    renders = [worse(source, layout.depth, 3) for source in sources]
    for name, frames in (("source.yuv", sources), ("render.yuv", renders)):
        (tmp_path / name).write_bytes(b"".join(plane.tobytes() for planes in frames for plane in planes))
    shape = ["-f", "rawvideo", "-pix_fmt", str(layout.pixel_format), "-s", f"{layout.width}x{layout.height}"]
    graph = "[0:v]split[a][b];[1:v]split[c][d];[a][c]psnr=f=psnr.log[p];[b][d]ssim=f=ssim.log[s]"
    subprocess.run(
        [ffmpeg.path, "-v", "error", *shape, "-i", "render.yuv", *shape, "-i", "source.yuv",
         "-filter_complex", graph, "-map", "[p]", "-map", "[s]", "-f", "null", "-"],
        cwd=tmp_path, check=True, timeout=60,
    )  # fmt: skip
    psnr_lines = (tmp_path / "psnr.log").read_text().splitlines()
    ssim_lines = (tmp_path / "ssim.log").read_text().splitlines()
    assert len(psnr_lines) == 2
    for source, render, said, ssim_said in zip(sources, renders, psnr_lines, ssim_lines, strict=True):
        ours = compare_planes(source, render, layout.depth)
        theirs = dict(re.findall(r"(\w+):([\d.]+)", said))
        figures = {
            "psnr_avg": ours.psnr_yuv, "psnr_y": ours.psnr_y, "psnr_u": ours.psnr_cb, "psnr_v": ours.psnr_cr,
        }  # fmt: skip
        for name, figure in figures.items():
            assert figure == pytest.approx(float(theirs[name]), abs=0.01), name
        assert float(theirs["mse_avg"]) == pytest.approx(ours.mse_yuv, rel=0.01, abs=0.01)
        assert ours.ssim == pytest.approx(
            float(dict(re.findall(r"(\w+):([\d.]+)", ssim_said))["Y"]), abs=2e-5
        )


@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
def test_float_ssim_is_that_of_libvmaf(ffmpeg: Ffmpeg, layout: Layout) -> None:
    if "libvmaf" not in ffmpeg.filters:
        pytest.skip("FFmpeg has no libvmaf")
    sources = [picture(layout, seed) for seed in (4, 5)]
    renders = [worse(source, layout.depth, 6) for source in sources]
    with FilterRun(ffmpeg, layout, Wanted(True, False, False, ("float_ssim",))) as run:
        for source, render in zip(sources, renders, strict=True):
            run.add(source, render)
        scores = run.finish()
    assert not scores.reasons
    ours = [float_ssim(a[0], b[0], layout.depth) for a, b in zip(sources, renders, strict=True)]
    assert ours == pytest.approx(scores.values["float_ssim"], abs=2e-4)


def test_equal_pictures_have_the_cap_and_ssim_one() -> None:
    planes = picture(Layout(64, 48), 1)
    scores = compare_planes(planes, planes)
    assert scores.psnr_y == scores.psnr_yuv == scores.psnr_cb == PSNR_CAP
    assert scores.ssim == scores.float_ssim == 1.0
    assert scores.mse_y == 0


def test_one_wrong_sample_is_seen_but_never_beyond_the_cap() -> None:
    planes = picture(Layout(1280, 720), 1)
    other = [plane.copy() for plane in planes]
    other[0][100, 100] ^= 1
    scores = compare_planes(planes, other)
    assert scores.mse_y == pytest.approx(1 / (1280 * 720))
    assert scores.psnr_y == PSNR_CAP
    assert scores.ssim < 1


def test_psnr_yuv_weighs_by_samples() -> None:
    zeros = [np.zeros(shape, np.uint8) for shape in ((16, 16), (8, 8), (8, 8))]
    ones = [zeros[0], zeros[1] + 6, zeros[2]]
    scores = compare_planes(zeros, [np.asarray(p, np.uint8) for p in ones])
    assert scores.mse_yuv == pytest.approx(36 / 6)
    assert scores.psnr_yuv == pytest.approx(10 * math.log10(255**2 / 6))
    assert psnr(6, 10) == pytest.approx(10 * math.log10(1023**2 / 6))


def test_shapes_must_agree() -> None:
    with pytest.raises(ValueError, match="shape"):
        compare_planes(picture(Layout(16, 16), 1), picture(Layout(32, 16), 1))


@given(st.integers(1, 40), st.integers(1, 40), st.sampled_from([8, 10, 12]), st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_any_size_has_finite_symmetric_figures(width: int, height: int, depth: int, seed: int) -> None:
    layout = Layout(width, height, (1, 1), depth)
    first, second = picture(layout, seed), picture(layout, seed + 1)
    one, two = compare_planes(first, second, depth), compare_planes(second, first, depth)
    assert one.mse_y == two.mse_y
    for name in ("ssim", "float_ssim"):
        assert getattr(one, name) == pytest.approx(getattr(two, name), abs=1e-5)
        assert -1 <= getattr(one, name) <= 1
    assert 0 <= one.psnr_yuv <= PSNR_CAP


def test_depth_does_not_change_the_scale_of_ssim() -> None:
    """The same picture at 8 and at 12 bits has the same SSIM, up to rounding."""
    eight = picture(Layout(200, 160), 7)[0]
    blurred = cv2.GaussianBlur(eight, (0, 0), 2)
    twelve = [plane.astype(np.uint16) * 16 for plane in (eight, blurred)]
    assert window_ssim(*twelve, 12) == pytest.approx(window_ssim(eight, blurred), abs=5e-4)
    assert float_ssim(*twelve, 12) == pytest.approx(float_ssim(eight, blurred), abs=1e-5)


def test_a_720p_frame_takes_a_few_milliseconds() -> None:
    layout = Layout(1280, 720)
    source = picture(layout, 1)
    render = worse(source, 8, 2)
    compare_planes(source, render)
    times = []
    for _ in range(15):
        begin = time.perf_counter()
        compare_planes(source, render)
        times.append(time.perf_counter() - begin)
    assert min(times) < 0.016  # 4 ms on the 2-core machine of the project; twice the target for busy ones


def test_pooling() -> None:
    pooled = pool([10.0, 20.0, 30.0])
    assert pooled.mean == 20
    assert pooled.harmonic == pytest.approx(3 / (1 / 11 + 1 / 21 + 1 / 31) - 1, abs=1e-5)
    assert pooled.p5 == 11
    assert (pooled.min, pooled.max) == (10, 30)
    assert pick_frames([0.5, 0.9, 0.1, 0.9, 0.7]) == (2, 4, 1)
    assert pick_frames([1.0]) == (0, 0, 0)
    assert pick_frames([0.5, 0.9, 0.1, 1.0], [False, False, False, True]) == (2, 0, 1)
    assert pick_frames([0.5, 0.9], [True, True]) == (0, 0, 1)
    assert pool([-5.0, 20.0]).harmonic == pytest.approx(2 / (1 + 1 / 21) - 1, abs=1e-5)


def test_blank_frames_are_known() -> None:
    luma = np.full((40, 40), 64, np.uint16)
    assert is_blank(luma, 10)
    luma[:20] += 24
    assert not is_blank(luma, 10)
