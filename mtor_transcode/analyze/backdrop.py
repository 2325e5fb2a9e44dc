# SPDX-License-Identifier: Apache-2.0
"""What a scene's background starts as: the colour, or the gradient over the frame, that most pixels have."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mtor_transcode.analyze.easel import Picture, Plane, frame_colours, greatest_change
from mtor_transcode.analyze.paints import fit_gradient, fit_solid
from mtor_transcode.model import LinearGradient, Solid

STRIDE = 4
"""Px between the samples that are looked at."""

TRIES = 200
"""Gradients through three samples that are tried (Fischler and Bolles 1981)."""

NEAR = 4
"""Codes by which a sample may differ from the background in any channel."""

SHADED, TINTED = 6, 40
"""The same in luma and in chroma where only its colour is asked for: chroma of 4:2:0 spreads beside lines."""

MORE = 0.06
"""Share of the picture by which a gradient must fit more samples than one colour does."""


def background_of(target: Picture) -> Solid | LinearGradient:
    """The colour of the most frequent kind of pixel of ``target`` (H, W, 3), or a gradient that fits more.

    A gradient found as background holds still while a camera passes over the scene, and needs no outline.
    """
    coarse, plain = _samples(target), most_frequent(target)
    tilted = _gradient(coarse)
    if tilted is None:
        return plain
    gained = int(_near(coarse, tilted).sum()) - int(_near(coarse, plain).sum())
    return tilted if gained > MORE * coarse.shape[0] * coarse.shape[1] else plain


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
    y, x = np.divmod(np.arange(height * width), width)
    places = np.stack([x, y, np.ones_like(x)], axis=1).astype(np.float32)
    samples = coarse.reshape(-1, 3).astype(np.float32)
    best: NDArray[np.bool_] | None = None
    for plane in planes.astype(np.float32):
        near = np.abs(places @ plane - samples) <= NEAR
        fits = near[:, 0] & near[:, 1] & near[:, 2]  # Several times as fast as all(axis=1).
        if best is None or fits.sum() > best.sum():
            best = fits
    if best is None:
        return None
    weight: Plane = best.reshape(height, width).astype(np.float32)
    return fit_gradient(coarse, weight, (0, 0, width, height), (0.0, 0.0, float(width), float(height)))


def _near(coarse: Picture, paint: Solid | LinearGradient) -> NDArray[np.bool_]:
    height, width = coarse.shape[:2]
    colours = np.rint(frame_colours(paint, (width, height))).astype(np.uint8)
    near: NDArray[np.bool_] = greatest_change(coarse, np.broadcast_to(colours, coarse.shape).copy()) <= NEAR
    return near
