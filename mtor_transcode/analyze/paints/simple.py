# SPDX-License-Identifier: Apache-2.0
"""Paints fitted to pixels: one colour, or a linear gradient where the plane through the pixels tilts."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numba import njit
from numpy.typing import NDArray

from mtor_transcode.analyze.canvas.easel import Picture, Plane, best_colour
from mtor_transcode.model import Colour, LinearGradient, Paint, Solid
from mtor_transcode.model.paint import GRADIENT_ANGLES
from mtor_transcode.render.gradient import gradient_axis
from mtor_transcode.render.rasterizer import Rect


def to_colour(values: NDArray[np.float64]) -> Colour:
    """Rounded to codes 0-255."""
    y, cb, cr = (int(v) for v in np.clip(np.rint(values), 0, 255))
    return y, cb, cr


def fit_solid(target: NDArray[np.uint8], weight: NDArray[np.float32]) -> Solid:
    """The weighted mean of ``target`` (h, w, 3) under ``weight`` (h, w)."""
    sums = _plane_sums(target, weight)
    return Solid(to_colour(sums[6:9] / max(sums[0], 1e-9)))


def fit_gradient(
    target: NDArray[np.uint8], weight: NDArray[np.float32], rect: Rect, box: tuple[float, float, float, float]
) -> LinearGradient | None:
    """The best linear gradient over ``box`` (px) for the pixels of ``rect``, or None where nothing tilts."""
    sums = _plane_sums(target, weight)
    w = sums[0]
    if w <= 0:
        return None
    sxx = sums[3] - sums[1] * sums[1] / w
    sxy = sums[4] - sums[1] * sums[2] / w
    syy = sums[5] - sums[2] * sums[2] / w
    det = sxx * syy - sxy * sxy
    if det <= 1e-6 * (sxx + syy) ** 2:
        return None
    slopes = np.empty((3, 2))
    for c in range(3):
        sxc = sums[9 + c] - sums[1] * sums[6 + c] / w
        syc = sums[12 + c] - sums[2] * sums[6 + c] / w
        slopes[c] = (syy * sxc - sxy * syc) / det, (sxx * syc - sxy * sxc) / det
    strongest = int(np.argmax((slopes**2).sum(axis=1) * np.array([1.0, 0.35, 0.35])))
    gx, gy = slopes[strongest]
    angle = round(math.atan2(gy, gx) / (2 * math.pi) * GRADIENT_ANGLES) % GRADIENT_ANGLES
    ax, ay, bx, by = gradient_axis(LinearGradient((0, 0, 0), (0, 0, 0), angle), box)
    middle = np.array([sums[1] / w + rect[0] + 0.5, sums[2] / w + rect[1] + 0.5])
    mean = sums[6:9] / w
    unit = np.array([bx - ax, by - ay])
    extent = float(np.hypot(*unit))
    if extent < 2:
        return None
    unit /= extent
    rise = slopes @ unit
    before = float((middle - (ax, ay)) @ unit)
    first, last = to_colour(mean - rise * before), to_colour(mean + rise * (extent - before))
    if first == last:
        return None
    return LinearGradient(first, last, angle)


@njit(cache=True, nogil=True)
def _plane_sums(target, weight):  # type: ignore[no-untyped-def]
    out = np.zeros(15)
    for y in range(weight.shape[0]):
        for x in range(weight.shape[1]):
            w = weight[y, x]
            if w == 0:
                continue
            out[0] += w
            out[1] += w * x
            out[2] += w * y
            out[3] += w * x * x
            out[4] += w * x * y
            out[5] += w * y * y
            for c in range(3):
                v = target[y, x, c]
                out[6 + c] += w * v
                out[9 + c] += w * x * v
                out[12 + c] += w * y * v
    return out


def recoloured(
    paint: Paint, target: Picture, shown: Picture, under: Picture, cover: Picture, weight: Plane
) -> Paint | None:
    """The same kind of paint, its border too, with the best colour; a gradient is shifted as a whole.

    Over a rectangle: ``target`` is wanted, ``shown`` is with the paint and ``under`` without it, by ``cover``
    (0-255, h, w). None where that is 0.
    """
    if not cover.any():
        return None
    wanted = best_colour(target, under, cover, weight)
    if isinstance(paint, Solid):
        return replace(paint, colour=to_colour(wanted))
    shift = np.rint(wanted - best_colour(shown, under, cover, weight))
    return replace(paint, first=_shifted(paint.first, shift), last=_shifted(paint.last, shift))


def _shifted(colour: Colour, shift: NDArray[np.float64]) -> Colour:
    return to_colour(np.array(colour, dtype=np.float64) + shift)
