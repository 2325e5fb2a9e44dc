# SPDX-License-Identifier: Apache-2.0
"""Layer masks: a region lower in the painter's order runs on below those above it.

Its outline is bound to the region only where it borders on something lower or untouched; below higher
regions it may take any course, so it takes a short one. Each border is then coded once, by the upper shape,
and no seam can open.
"""

from __future__ import annotations

import cv2
import numpy as np
from numba import njit
from numpy.typing import NDArray

Mask = NDArray[np.uint8]
_CROSS = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
_BLOCK = np.ones((3, 3), dtype=np.uint8)


SHADED_AREA = 400
"""Px inside of an area from which on it may be shaded."""

SHADED = 40.0
"""Variance of its colours from which on it is."""

ROUGH = 0.1
"""Share of that variance that may be left beside the means near by: more is no shade, but things within."""

NEAR = (9, 9)
"""Px around a px of its border over which colours inside are averaged."""


def layer_mask(region: Mask, free: Mask) -> Mask:
    """The region (0/1) grown where ``free`` (0/1) lets it: enclosed parts filled, the border shortened."""
    if not free.any():
        return region
    allowed = region | free
    mask = _filled(region, allowed)
    extent = max(region.shape)
    for size in (31, 15, 7, 5):
        if size > extent:
            continue
        for _ in range(2):
            smooth = cv2.boxFilter(mask * np.uint8(255), -1, (size, size), borderType=cv2.BORDER_REPLICATE)
            mask = region | ((smooth > 127).astype(np.uint8) & allowed)
    grown = cv2.dilate(cv2.dilate(mask, _CROSS), _BLOCK)
    whole: Mask = mask | (grown & allowed)
    return whole


def _filled(region: Mask, allowed: Mask) -> Mask:
    """The region with those enclosed holes filled that hold nothing but allowed pixels."""
    count, names, stats, _ = cv2.connectedComponentsWithStats(1 - region, connectivity=4)
    if count <= 1:
        return region
    height, width = region.shape
    left, top = stats[:, cv2.CC_STAT_LEFT], stats[:, cv2.CC_STAT_TOP]
    right, bottom = left + stats[:, cv2.CC_STAT_WIDTH], top + stats[:, cv2.CC_STAT_HEIGHT]
    inner = (left > 0) & (top > 0) & (right < width) & (bottom < height)
    inner[0] = False
    if not inner.any():
        return region
    inner &= np.bincount(names[(allowed == 0)], minlength=count) == 0
    filled: Mask = region | inner[names].astype(np.uint8)
    return filled


def inner_colours(
    mask: Mask, target: NDArray[np.uint8], colour: tuple[int, int, int]
) -> NDArray[np.float32] | None:
    """What a shaded area has inside, near each pixel: (h, w, 3); None if it is no shade."""
    core = cv2.erode(mask, _BLOCK, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    area, spread = _spread(core, target)
    if area < SHADED_AREA or spread < SHADED:
        return None
    weight = cv2.blur(core.astype(np.float32), NEAR, borderType=cv2.BORDER_CONSTANT)
    inside = cv2.bitwise_and(target, target, mask=core).astype(np.float32)
    near = cv2.blur(inside, NEAR, borderType=cv2.BORDER_CONSTANT)
    rough = _even_out(near, weight, np.array(colour, dtype=np.float32), core, target)
    return near if rough < ROUGH * spread else None


@njit(cache=True, nogil=True)
def _spread(core, target):  # type: ignore[no-untyped-def]
    """How many px are set in ``core`` (h, w), and their variance in ``target``, of all channels together."""
    count = 0
    sums, squares = np.zeros(3), np.zeros(3)
    for y in range(core.shape[0]):
        for x in range(core.shape[1]):
            if core[y, x]:
                count += 1
                for c in range(3):
                    value = float(target[y, x, c])
                    sums[c] += value
                    squares[c] += value * value
    many = max(count, 1)
    return count, ((squares - sums * sums / many) / many).sum()


@njit(cache=True, nogil=True)
def _even_out(near, weight, flat, core, target):  # type: ignore[no-untyped-def]
    """Makes means of sums (h, w, 3) and weights (h, w), ``flat`` where that is 0; in place.

    Returns the mean squared error inside ``core``.
    """
    count, rough = 0, 0.0
    for y in range(near.shape[0]):
        for x in range(near.shape[1]):
            for c in range(3):
                if weight[y, x] > np.float32(1e-3):
                    near[y, x, c] /= weight[y, x]
                else:
                    near[y, x, c] = flat[c]
            if core[y, x]:
                count += 1
                for c in range(3):
                    off = near[y, x, c] - float(target[y, x, c])
                    rough += off * off
    return rough / max(count, 1)


def edge_field(
    mask: Mask,
    free: Mask,
    target: NDArray[np.uint8],
    shown: NDArray[np.uint8],
    colour: tuple[int, int, int] | NDArray[np.float32],
) -> NDArray[np.float32]:
    """Coverage (h, w) float32 of a layer mask: on its border, how much ``colour`` is in ``target``.

    The colour is one, or one for each pixel (h, w, 3).

    An anti-aliased pixel tells where in it the edge runs. Where the two colours are too close to tell, and
    below ``free`` pixels, the mask itself is kept.
    """
    core = cv2.erode(mask, _BLOCK, borderType=cv2.BORDER_CONSTANT, borderValue=0)
    reach = cv2.dilate(mask, _BLOCK)
    field = mask.astype(np.float32)
    ys, xs = np.nonzero((reach > core) & (free == 0))
    under = shown[ys, xs].astype(np.float32)
    inside = colour[ys, xs] if isinstance(colour, np.ndarray) else np.array(colour, dtype=np.float32)
    span = inside - under
    span[:, 1:] *= 0.6
    rise = target[ys, xs].astype(np.float32) - under
    rise[:, 1:] *= 0.6
    energy = (span * span).sum(axis=1)
    mixed = (rise * span).sum(axis=1) / np.maximum(energy, 1e-6)
    field[ys, xs] = np.where(energy < 48, field[ys, xs], np.clip(mixed, 0, 1))
    return field
