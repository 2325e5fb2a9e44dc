# SPDX-License-Identifier: Apache-2.0
"""Chroma between full and subsampled size, and samples between depths."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mtor_transcode.errors import UsageError
from mtor_transcode.render.chroma import FORMATS, grow, subsample, to_depth, upsample

pictures = st.tuples(st.integers(1, 9), st.integers(1, 9)).flatmap(
    lambda size: arrays(np.uint8, (*size, 3), elements=st.integers(0, 255))
)


@given(pictures, st.sampled_from(sorted(FORMATS)))
def test_sizes_and_luma(picture: np.ndarray, chroma: tuple[int, int]) -> None:
    across, down = chroma
    rows, columns = picture.shape[:2]
    luma, first, second = subsample(picture, across, down)
    assert (luma == picture[..., 0]).all()
    assert first.shape == second.shape == (-(-rows >> down), -(-columns >> across))
    again = upsample((luma, first, second), across, down)
    assert again.shape == picture.shape
    assert again.dtype == np.uint8
    assert (again[..., 0] == luma).all()
    low, high = picture[..., 1:].min(axis=(0, 1)), picture[..., 1:].max(axis=(0, 1))
    assert (again[..., 1:] >= low).all()
    assert (again[..., 1:] <= high).all()


@given(pictures)
def test_4_4_4_is_kept(picture: np.ndarray) -> None:
    assert (upsample(subsample(picture, 0, 0), 0, 0) == picture).all()


def reference(plane: np.ndarray, across: int, down: int) -> np.ndarray:
    """The documented filter, sample by sample."""
    rows, columns = plane.shape
    made = np.zeros((-(-rows >> down), -(-columns >> across)))
    for y, x in np.ndindex(*made.shape):
        taps = [(-1, 1), (0, 2), (1, 1)] if across else [(0, 4)]
        lines = [2 * y, 2 * y + 1] if down else [y]
        total = 0.0
        for line in lines:
            for offset, weight in taps:
                column = min(max((x << across) + offset, 0), columns - 1)
                total += weight / 4 * plane[min(line, rows - 1), column]
        made[y, x] = np.floor(total / len(lines) + 0.5)
    return made


@given(pictures, st.sampled_from([(1, 0), (1, 1)]))
def test_the_filter_downwards(picture: np.ndarray, chroma: tuple[int, int]) -> None:
    planes = subsample(picture, *chroma)
    assert (planes[1] == reference(picture[..., 1], *chroma)).all()
    assert (planes[2] == reference(picture[..., 2], *chroma)).all()


def reference_up(plane: np.ndarray, shape: tuple[int, int], across: int, down: int) -> np.ndarray:
    """The documented interpolation, sample by sample: even columns as they are, rows a quarter off."""
    rows, columns = plane.shape
    made = np.zeros(shape)
    for y, x in np.ndindex(*shape):
        row = y >> down
        other = min(max(row + (2 * (y & 1) - 1 if down else 0), 0), rows - 1)
        column = x >> across
        after = min(column + (x & across), columns - 1)
        lines = (3 * plane[row].astype(float) + plane[other]) / 4
        made[y, x] = np.floor((lines[column] + lines[after]) / 2 + 0.5)
    return made


@given(
    st.tuples(st.integers(1, 7), st.integers(1, 7)), st.sampled_from(sorted(FORMATS)),
    st.sampled_from([(np.uint8, 255), (np.uint16, 1023), (np.uint16, 65535)]), st.integers(0, 999),
)  # fmt: skip
def test_the_filter_upwards(
    size: tuple[int, int], chroma: tuple[int, int], depth: tuple[type, int], seed: int
) -> None:
    kind, most = depth
    plane = np.random.default_rng(seed).integers(0, most + 1, size).astype(kind)
    across, down = chroma
    for rows in {size[0] << down, (size[0] << down) - down}:
        for columns in {size[1] << across, (size[1] << across) - across}:
            made = grow(plane, (rows, columns), across, down)
            assert made.dtype == kind
            assert (made == reference_up(plane, (rows, columns), across, down)).all()


def test_siting_up_and_down_is_the_same() -> None:
    """A ramp comes back in place: any shift of half a sample would show as a constant difference."""
    across, down = np.meshgrid(np.arange(64) * 3.0, np.arange(48) * 4.0)
    ramp = np.stack((across, across, down), axis=2).astype(np.uint8)
    again = upsample(subsample(ramp)).astype(int)
    inner = (again - ramp)[2:-2, 2:-2]
    assert np.abs(inner).max() <= 1
    first = subsample(ramp)[1]
    assert (first[5, 1:-1] == ramp[0, 2:-2:2, 0]).all(), "chroma lies on even luma samples"
    second = subsample(ramp)[2]
    assert (second[1:-1, 5] == ramp[2:-2:2, 0, 2] + 2).all(), "and half way between rows"


def test_the_filter_across_is_closer_than_a_box() -> None:
    dice = np.random.default_rng(3)
    rough = dice.normal(size=(96, 96, 3))
    for axis in (0, 1):
        for _ in range(4):
            rough = (rough + np.roll(rough, 1, axis) + np.roll(rough, -1, axis)) / 3
    picture = np.clip(128 + rough / rough.std() * 40, 0, 255).astype(np.uint8)
    luma, first, second = subsample(picture)
    boxes = [
        np.rint(picture[..., part].reshape(48, 2, 48, 2).mean(axis=(1, 3))).astype(np.uint8)
        for part in (1, 2)
    ]
    ours = np.square(upsample((luma, first, second)).astype(float) - picture).mean()
    plain = np.square(upsample((luma, boxes[0], boxes[1])).astype(float) - picture).mean()
    assert ours < plain


def test_sixteen_bits_do_not_overflow() -> None:
    full = np.full((6, 8, 3), 65535, np.uint16)
    assert (upsample(subsample(full)) == 65535).all()


def test_depths() -> None:
    eight = np.arange(256, dtype=np.uint8)
    ten = to_depth(eight, 8, 10)
    assert ten.dtype == np.uint16
    assert (ten == np.arange(256) * 4).all()
    assert (to_depth(ten, 10, 8) == eight).all()
    assert to_depth(ten, 10, 8).dtype == np.uint8
    assert list(to_depth(np.array([1, 2, 1021, 1022, 1023], np.uint16), 10, 8)) == [0, 1, 255, 255, 255]


def test_unknown_formats() -> None:
    with pytest.raises(UsageError, match="4:2:0"):
        subsample(np.zeros((4, 4, 3), np.uint8), 2, 0)


def test_720p_takes_no_time() -> None:
    picture = np.random.default_rng(1).integers(0, 256, (720, 1280, 3)).astype(np.uint8)
    times = []
    for _ in range(8):
        begun = time.process_time()
        planes = subsample(picture)
        middle = time.process_time()
        upsample(planes)
        times.append((middle - begun, time.process_time() - middle))
    assert min(down for down, _ in times) < 0.003
    assert min(up for _, up in times) < 0.004
