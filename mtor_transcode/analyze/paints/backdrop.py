# SPDX-License-Identifier: Apache-2.0
"""A scene's first background: the colour, or the gradient over the frame, of most pixels."""

from __future__ import annotations

import cv2
import numpy as np
from numba import njit
from numpy.typing import NDArray

from mtor_transcode.analyze.canvas.easel import Picture, Plane, frame_colours, greatest_change
from mtor_transcode.analyze.paints.radial import fit_radial
from mtor_transcode.analyze.paints.simple import fit_gradient, fit_solid
from mtor_transcode.model import LinearGradient, Paint, RadialGradient, Solid

STRIDE = 4
"""Px between the samples that are looked at."""

TRIES = 200
"""Gradients through three samples that are tried (Fischler and Bolles 1981)."""

NEAR = 4
"""Codes by which a sample may differ from the background in any channel."""

SHADED, TINTED = 6, 40
"""The same in luma and in chroma where only its colour is asked for: chroma of 4:2:0 spreads beside lines."""

STEP = 6
"""Codes by which neighbouring samples differ where one area ends."""

MORE = 0.06
"""Share of the picture by which a gradient must fit more samples than one colour does."""


def background_of(target: Picture) -> Paint:
    """The colour of the most frequent kind of pixel of ``target`` (H, W, 3), or a gradient that fits more.

    A gradient found as background holds still while a camera passes over the scene, and needs no outline.
    """
    coarse = _samples(target)
    plain: Paint = most_frequent(target)
    least = MORE * coarse.shape[0] * coarse.shape[1]
    best, fits = plain, int(_near(coarse, plain).sum())
    for find in (_gradient, _rings):
        found = find(coarse)
        near = 0 if found is None else int(_near(coarse, found).sum())
        if found is not None and near > fits + least:
            best, fits = found, near
    return best


def most_frequent(target: Picture) -> Solid:
    """The colour of the most frequent kind of pixel of ``target`` (H, W, 3)."""
    coarse = _samples(target)
    # Greys lie in the middle of a kind of chroma, not between two.
    kinds = (coarse.astype(np.int64) + np.array([0, 4, 4])) >> 3
    keys = (kinds[..., 0] * 64 + kinds[..., 1]) * 64 + kinds[..., 2]
    names, counts = np.unique(keys, return_counts=True)
    found = fit_solid(coarse, (keys == names[np.argmax(counts)]).astype(np.float32))
    # What noise, or the tint of a coloured line near by, has put into another kind counts, too.
    away = np.abs(coarse.astype(np.int64) - found.colour)
    near = (away[..., 0] <= SHADED) & (away[..., 1:].max(axis=2) <= TINTED)
    return fit_solid(coarse, near.astype(np.float32)) if near.any() else found


def _samples(target: Picture) -> Picture:
    coarse = np.ascontiguousarray(target[STRIDE // 2 :: STRIDE, STRIDE // 2 :: STRIDE])
    return coarse if coarse.size else target


def _gradient(coarse: Picture) -> LinearGradient | None:
    """The gradient over the frame that fits most samples, if one fits at all."""
    height, width = coarse.shape[:2]
    if min(height, width) < 4:
        return None
    chance = np.random.default_rng(1)
    rows, columns = chance.integers(0, height, (TRIES, 3)), chance.integers(0, width, (TRIES, 3))
    ends = np.stack([columns, rows, np.ones_like(rows)], axis=2).astype(np.float64)
    good = np.abs(np.linalg.det(ends)) > 0.02 * height * width
    planes = np.linalg.solve(ends[good], coarse[rows[good], columns[good]].astype(np.float64))
    if not len(planes):
        return None
    best = _fitting(planes, coarse)
    return fit_gradient(coarse, best, (0, 0, width, height), (0.0, 0.0, float(width), float(height)))


@njit(cache=True, nogil=True)
def _fitting(planes, coarse):  # type: ignore[no-untyped-def]
    """Which samples (h, w) that one of the ``planes`` (N, 3, 3) fits that fits most of them: 1 and 0."""
    height, width = coarse.shape[:2]
    fits = np.empty((height, width), dtype=np.float32)
    best = np.zeros((height, width), dtype=np.float32)
    most = -1
    for plane in planes:
        count = 0
        for y in range(height):
            if count + (height - y) * width <= most:
                break
            for x in range(width):
                near = True
                for c in range(3):
                    off = x * plane[0, c] + y * plane[1, c] + plane[2, c] - coarse[y, x, c]
                    near &= -NEAR <= off <= NEAR
                fits[y, x] = near
                count += near
        if count > most:
            most = count
            best, fits = fits, best
    return best


def _rings(coarse: Picture) -> RadialGradient | None:
    """The radial gradient over the frame that fits the largest area without a step, if one does."""
    height, width = coarse.shape[:2]
    if min(height, width) < 4:
        return None
    smooth = np.ones((height, width), dtype=np.uint8)
    across = (cv2.absdiff(coarse[:, 1:], coarse[:, :-1]) > STEP).any(axis=2)
    down = (cv2.absdiff(coarse[1:], coarse[:-1]) > STEP).any(axis=2)
    for part in (smooth[:, 1:], smooth[:, :-1]):
        part[across] = 0
    for part in (smooth[1:], smooth[:-1]):
        part[down] = 0
    count, labels, areas, _ = cv2.connectedComponentsWithStats(smooth, connectivity=4)
    if count < 2:
        return None
    weight: Plane = (labels == 1 + np.argmax(areas[1:, cv2.CC_STAT_AREA])).astype(np.float32)
    return fit_radial(coarse, weight, (0, 0, width, height), (0.0, 0.0, float(width), float(height)))


def _near(coarse: Picture, paint: Paint) -> NDArray[np.bool_]:
    height, width = coarse.shape[:2]
    colours = np.rint(frame_colours(paint, (width, height))).astype(np.uint8)
    near: NDArray[np.bool_] = greatest_change(coarse, np.broadcast_to(colours, coarse.shape).copy()) <= NEAR
    return near
