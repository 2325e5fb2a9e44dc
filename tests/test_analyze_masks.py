# SPDX-License-Identifier: Apache-2.0
"""Layer masks: how far a region may run on below others, and where in its edge pixels it ends."""

from __future__ import annotations

import cv2
import numpy as np
from analyze_films import GROUND, PALE, Colour, box_cover, disc_cover, flat, over
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from mtor_transcode.analyze.shapes.masks import edge_field, inner_colours, layer_mask

Mask = NDArray[np.uint8]


def block(shape: tuple[int, int], rows: slice, columns: slice) -> Mask:
    mask = np.zeros(shape, np.uint8)
    mask[rows, columns] = 1
    return mask


def border(mask: Mask) -> int:
    """Length of the border between the mask and the rest, in px."""
    padded = np.pad(mask.astype(int), 1)
    return int(np.abs(np.diff(padded, axis=0)).sum() + np.abs(np.diff(padded, axis=1)).sum())


def test_a_region_with_nothing_above_stays_as_it_is() -> None:
    region = block((20, 30), slice(4, 12), slice(5, 25))
    assert np.array_equal(layer_mask(region, np.zeros_like(region)), region)


def test_holes_that_are_covered_later_are_filled() -> None:
    region = block((60, 60), slice(4, 56), slice(4, 56))
    hole = block((60, 60), slice(20, 40), slice(25, 30))
    region[hole > 0] = 0
    mask = layer_mask(region, hole)
    assert np.array_equal(mask, region | hole)


def test_a_hole_that_shows_something_lower_stays_open() -> None:
    region = block((60, 60), slice(4, 56), slice(4, 56))
    free, closed = (
        block((60, 60), slice(10, 20), slice(10, 20)),
        block((60, 60), slice(30, 45), slice(30, 45)),
    )
    region[(free | closed) > 0] = 0
    mask = layer_mask(region, free)
    assert np.array_equal(mask, region | free)


def test_a_small_hole_that_shows_something_lower_stays_open() -> None:
    region = block((4, 4), slice(0, 3), slice(0, 3))
    region[1, 1] = 0
    free = block((4, 4), slice(3, 4), slice(3, 4))
    assert layer_mask(region, free)[1, 1] == 0


def test_a_border_below_others_becomes_short() -> None:
    rng = np.random.default_rng(3)
    shape = (80, 80)
    region = block(shape, slice(0, 80), slice(0, 30))
    for row in range(10, 70):  # A ragged right edge, all of it below something higher.
        region[row, 30 : 30 + int(rng.integers(0, 12))] = 1
    free = (1 - region).astype(np.uint8)
    mask = layer_mask(region, free)
    open_border = border(region) - 3 * 80  # Without the frame's own edges.
    assert border(mask) - 3 * 80 < 0.5 * open_border


def test_a_border_beside_others_is_kept() -> None:
    region = block((40, 40), slice(0, 40), slice(0, 20))
    region[::2, 20:24] = 1
    free = block((40, 40), slice(0, 40), slice(30, 40))
    assert np.array_equal(layer_mask(region, free)[:, :29], region[:, :29])


@given(
    seed=st.integers(0, 2**32 - 1),
    size=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    grain=st.integers(1, 9),
)
@settings(max_examples=150, deadline=None)
def test_a_mask_holds_its_region_and_nothing_forbidden(seed: int, size: tuple[int, int], grain: int) -> None:
    rng = np.random.default_rng(seed)
    noise = cv2.blur(rng.random(size).astype(np.float32), (grain, grain))
    parts = np.digitize(noise, np.quantile(noise, [0.4, 0.7]))
    region, free = (parts == 1).astype(np.uint8), (parts == 2).astype(np.uint8)
    before = region.copy()
    mask = layer_mask(region, free)
    assert np.array_equal(region, before)
    assert set(np.unique(mask)) <= {0, 1}
    assert np.all(mask[region > 0] == 1)
    assert not np.any(mask[(region | free) == 0])


def field_of(cover: NDArray[np.float32], colour: Colour, free: Mask | None = None) -> NDArray[np.float32]:
    """The edge field of a figure on the ground, from its nearest pixels."""
    height, width = cover.shape
    ground = flat(width, height)
    target = over(ground, cover, colour)
    mask = (cover >= 0.5).astype(np.uint8)
    free = np.zeros_like(mask) if free is None else free
    return edge_field(mask, free, target, ground, colour)


def test_anti_aliased_edges_give_their_coverage_back() -> None:
    cover = disc_cover(60, 50, 29.4, 25.2, 17)
    assert np.abs(field_of(cover, PALE) - cover).max() < 0.01
    cover = box_cover(60, 50, (5.3, 7.75, 44.2, 40.5))
    assert np.abs(field_of(cover, PALE) - cover).max() < 0.01


def test_edges_of_shaded_areas_give_their_coverage_back() -> None:
    """With one colour for all of it an edge runs up to 0.4 px off where the area is lighter or darker."""
    cover = disc_cover(90, 70, 44.6, 35.3, 28)
    shade = np.zeros((70, 90, 3), np.float32)
    shade[...] = (150, 120, 140)
    shade[..., 0] += 1.5 * (np.arange(90) - 45)
    ground = flat(90, 70)
    target = np.rint(ground * (1 - cover[..., None]) + shade * cover[..., None]).astype(np.uint8)
    mask, free = (cover >= 0.5).astype(np.uint8), np.zeros((70, 90), np.uint8)
    colours = inner_colours(mask, target, (150, 120, 140))
    assert colours is not None
    one = np.abs(edge_field(mask, free, target, ground, (150, 120, 140)) - cover)
    each = np.abs(edge_field(mask, free, target, ground, colours) - cover)
    assert each.max() < 0.12
    assert one.max() > 0.3
    assert inner_colours(mask, over(ground, cover, PALE), PALE) is None


def test_edges_in_chroma_alone_give_their_coverage_back() -> None:
    cover = disc_cover(40, 40, 20.2, 19.9, 12)
    assert np.abs(field_of(cover, (GROUND[0], 180, 90)) - cover).max() < 0.03


def test_where_colours_are_too_close_the_mask_is_kept() -> None:
    cover = disc_cover(40, 40, 20.2, 19.9, 12)
    close = (GROUND[0] + 4, GROUND[1], GROUND[2])
    assert np.array_equal(field_of(cover, close), (cover >= 0.5).astype(np.float32))


def test_below_other_layers_the_mask_is_kept() -> None:
    cover = disc_cover(40, 40, 20.2, 19.9, 12)
    free = block((40, 40), slice(0, 40), slice(20, 40))
    field = field_of(cover, PALE, free)
    assert np.array_equal(field[:, 20:], (cover >= 0.5).astype(np.float32)[:, 20:])
    assert np.abs(field - cover)[:, :20].max() < 0.01


def test_coverage_stays_within_its_range() -> None:
    cover = box_cover(30, 30, (5, 5, 25, 25))
    ground = flat(30, 30)
    beyond = over(ground, cover, (250, 128, 128))
    field = edge_field((cover >= 0.5).astype(np.uint8), np.zeros((30, 30), np.uint8), beyond, ground, PALE)
    assert field.min() == 0
    assert field.max() == 1
