# SPDX-License-Identifier: Apache-2.0
"""Regions: known partitions are found, and nothing else is."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from analyze_films import GROUND, PALE, RED, Picture, box_cover, disc_cover, flat, over
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from mtor_transcode.analyze.canvas.regions import INACTIVE, Regions, merge_regions
from mtor_transcode.analyze.shapes.edges import TRANSITION_WEIGHT, region_weights

BORDER_BITS = 0.8


def regions_of(
    picture: Picture,
    lam: float = 100,
    *,
    active: NDArray[np.bool_] | None = None,
    weight: NDArray[np.float32] | None = None,
) -> Regions:
    shape = picture.shape[:2]
    weight = np.ones(shape, np.float32) if weight is None else weight
    active = np.ones(shape, bool) if active is None else active
    return merge_regions(picture, weight, active, lam, BORDER_BITS)


def same_partition(labels: NDArray[np.int32], truth: NDArray[np.int_]) -> bool:
    """Whether two labellings differ by names only."""
    pairs = {(int(a), int(b)) for a, b in zip(labels.ravel(), truth.ravel(), strict=True)}
    return len(pairs) == len(np.unique(labels)) == len(np.unique(truth))


def patches() -> tuple[Picture, NDArray[np.int_]]:
    """A ground with three flat figures, one of them in two separate pieces of one colour."""
    truth = np.zeros((48, 64), int)
    truth[5:20, 4:30] = 1
    truth[10:40, 36:60] = 2
    truth[25:45, 4:12] = 3
    truth[25:45, 20:28] = 4
    colours = np.array([GROUND, RED, PALE, (150, 90, 90), (150, 90, 90)], np.uint8)
    return colours[truth], truth


@pytest.mark.parametrize("lam", [4.0, 100.0, 1500.0])
def test_flat_patches_are_found_exactly(lam: float) -> None:
    picture, truth = patches()
    found = regions_of(picture, lam)
    assert found.count == 5
    assert same_partition(found.labels, truth)


def test_patches_that_differ_in_chroma_alone_are_found() -> None:
    picture = flat(40, 30, (100, 128, 128))
    picture[8:22, 10:30] = (100, 90, 170)
    found = regions_of(picture)
    assert found.count == 2
    assert same_partition(found.labels, (picture[..., 1] == 90).astype(int))


def test_a_gradient_is_one_region() -> None:
    ramp = np.linspace(40, 200, 96)
    slanted = ramp[None, :] * 0.6 + np.linspace(0, 60, 64)[:, None]
    picture = np.stack([slanted, 128 + slanted / 8, 140 - slanted / 8], axis=-1).round().astype(np.uint8)
    assert regions_of(picture, 100).count == 1


def test_a_figure_on_a_gradient_is_found() -> None:
    ramp = np.broadcast_to(np.linspace(40, 140, 96), (64, 96))
    picture = np.stack([ramp, np.full_like(ramp, 128), np.full_like(ramp, 128)], axis=-1).round()
    picture = picture.astype(np.uint8)
    picture[20:40, 30:60] = PALE
    found = regions_of(picture, 100)
    assert found.count == 2
    assert same_partition(found.labels, np.all(picture == PALE, axis=2).astype(int))


@pytest.mark.parametrize("sigma", [1.0, 3.0])
def test_noise_does_not_split(sigma: float) -> None:
    noise = np.random.default_rng(4).normal(0, sigma, (64, 96, 3))
    picture, truth = flat(96, 64), np.zeros((64, 96), int)
    picture[16:48, 24:72], truth[16:48, 24:72] = PALE, 1
    noisy = np.clip(picture + noise, 0, 255).round().astype(np.uint8)
    found = regions_of(noisy, 300)
    assert found.count == 2
    assert same_partition(found.labels, truth)


@pytest.mark.parametrize(("lam", "specks"), [(200, 0), (60, 3)])
def test_anti_aliased_edges_are_no_regions(lam: float, specks: int) -> None:
    cover = disc_cover(80, 64, 40.3, 31.7, 20)
    picture = over(over(flat(80, 64), cover, PALE), box_cover(80, 64, (3.5, 4.5, 12.5, 60.5)), RED)
    found = regions_of(picture, lam, weight=region_weights(np.ascontiguousarray(picture[..., 0])))
    assert 3 <= found.count <= 3 + specks
    sizes = np.sort(np.bincount(found.labels.ravel()))[::-1]
    assert sizes[3:].sum() <= specks
    for clear in (cover == 1, (cover == 0) & np.all(picture == GROUND, axis=2)):
        assert len(np.unique(found.labels[clear])) == 1


def test_edge_pixels_weigh_little_but_strokes_and_plateaus_do_not() -> None:
    luma = np.full((20, 30), 50, np.uint8)
    luma[:, 10:] = 200
    luma[:, 10] = 120  # The pixel in which the edge lies.
    luma[:, 20] = 30  # A thin stroke.
    weights = region_weights(luma)
    assert np.all(weights[:, 10] == np.float32(TRANSITION_WEIGHT))
    others = np.delete(weights, 10, axis=1)
    assert np.all(others == 1)


def test_what_is_not_asked_for_has_no_label_and_joins_nothing() -> None:
    active = np.ones((20, 41), bool)
    active[:, 20] = False
    found = regions_of(flat(41, 20), active=active)
    assert np.array_equal(found.labels == INACTIVE, ~active)
    assert found.count == 2
    assert np.all(found.labels[:, :20] == found.labels[0, 0])
    assert np.all(found.labels[:, 21:] == found.labels[0, 40])


def test_nothing_active_gives_no_regions() -> None:
    found = regions_of(flat(8, 6), active=np.zeros((6, 8), bool))
    assert found.count == 0
    assert np.all(found.labels == INACTIVE)


def test_a_higher_lambda_gives_fewer_regions() -> None:
    noise = np.random.default_rng(9).normal(0, 40, (24, 32, 3)).astype(np.float32)
    smooth = cv2.resize(noise, (128, 96), interpolation=cv2.INTER_CUBIC)
    picture = np.clip(smooth + 128, 0, 255).astype(np.uint8)
    counts = [regions_of(picture, lam).count for lam in (5, 50, 500, 5000)]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > 4 * counts[-1] > 0


def test_errors_that_weigh_nothing_make_no_region() -> None:
    picture = flat(40, 30)
    picture[10:20, 10:20] = (68, 120, 136)
    assert regions_of(picture, 30).count == 2
    weight = np.ones((30, 40), np.float32)
    weight[10:20, 10:20] = 1e-4
    assert regions_of(picture, 30, weight=weight).count == 1


@given(
    seed=st.integers(0, 2**32 - 1),
    size=st.tuples(st.integers(1, 24), st.integers(1, 24)),
    lam=st.sampled_from([2.0, 40.0, 900.0, 1e5]),
    spread=st.sampled_from([0, 3, 40, 255]),
    density=st.sampled_from([0.3, 0.8, 1.0]),
)
@settings(max_examples=150, deadline=None)
def test_any_picture_is_parted_into_connected_regions(
    seed: int, size: tuple[int, int], lam: float, spread: int, density: float
) -> None:
    rng = np.random.default_rng(seed)
    picture = rng.integers(0, spread + 1, (*size, 3)).astype(np.uint8)
    weight = rng.choice(np.array([1e-4, 0.02, 0.2, 1], np.float32), size)
    active = rng.random(size) < density
    found = regions_of(picture, lam, active=active, weight=weight)
    assert found.labels.dtype == np.int32
    assert np.array_equal(found.labels != INACTIVE, active)
    assert np.array_equal(np.unique(found.labels[active]), np.arange(found.count))
    for name in range(found.count):
        pieces, _ = cv2.connectedComponents((found.labels == name).astype(np.uint8), connectivity=4)
        assert pieces == 2
    again = regions_of(picture, lam, active=active, weight=weight)
    assert np.array_equal(again.labels, found.labels)
