# SPDX-License-Identifier: Apache-2.0
"""Bands of one colour along the edges of shapes: what a border of each would look like, read off the picture.

The pixels around a shape are sorted by their distance from it. A border of width w in the colour c before a
ground g makes a profile of two levels with one px between them that is part of both: for each width c and g
follow in closed form, and the width that leaves least error is the band's.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numba import njit
from numpy.typing import NDArray

from mtor_transcode.analyze.canvas.easel import Picture
from mtor_transcode.analyze.canvas.live_shapes import LiveShape, LiveShapes
from mtor_transcode.analyze.canvas.regions import CHROMA_WEIGHT
from mtor_transcode.model import Colour, Solid
from mtor_transcode.render.rasterizer import Rect

REACH: Final = 10
"""Px around a shape that are looked at."""

LARGEST: Final = 1 << 18
"""Shapes whose rectangles have more px are not looked at."""

CONTRAST: Final = 16.0
"""Codes (luma, and the root of chroma's share) by which a band differs from the ground and from the shape."""

EXPLAINED: Final = 0.35
"""Share of the profile's variance that may be left by a band."""

LEAST: Final = 24
"""Px that a profile must have been seen at."""

_WIDTHS: Final = np.arange(0.5, REACH - 3 + 0.01, 0.25)
_DISTANCES: Final = np.arange(1, REACH + 1)
_SHARES: Final = np.clip(_WIDTHS[:, None] - (_DISTANCES[None, :] - 1), 0.0, 1.0)
"""Part of a px at each distance (columns) that lies inside a band of each width (rows)."""

_CHANNELS: Final = np.array([1.0, CHROMA_WEIGHT, CHROMA_WEIGHT])


@dataclass(frozen=True, slots=True)
class Band:
    """A band of ``width`` px around the shape of a ``number``.

    ``gain`` is the squared error that it explains, ``colour`` (3,) float64.
    """

    number: int
    width: float
    colour: NDArray[np.float64]
    gain: float


def find_band(
    live: LiveShapes, index: int, target: Picture, owners: NDArray[np.int32], inks: NDArray[np.float64]
) -> Band | None:
    """The band around a shape of one colour, None if there is none.

    ``owners`` (H, W) is ``live.owners()``; ``inks`` (n, 3) the colour of each shape of the painter's list
    (NaN if it has several): neighbours of like colour are left out of the profile, as letters beside one.
    """
    shape = live.shapes[index]
    if not isinstance(shape.state.paint, Solid):
        return None
    profile = _profile(live, shape, target, owners, inks[index], like(inks, inks[index]))
    if profile is None:
        return None
    counts, means = profile
    found = _fitted(counts, means)
    if found is None:
        return None
    width, colour, ground, gain = found
    if min(distance(colour, ground), distance(colour, inks[index])) < CONTRAST:
        return None
    return Band(shape.number, width, colour, gain)


def distance(one: NDArray[np.float64], other: NDArray[np.float64] | Colour) -> float:
    """Root of the squared error of a px of one colour instead of the other."""
    total = 0.0  # Of three numbers numpy's sum takes ten times as long.
    for a, b, share in zip(one, other, (1.0, CHROMA_WEIGHT, CHROMA_WEIGHT), strict=True):
        total += float(a - b) * float(a - b) * share
    return math.sqrt(total)


def distances(colours: NDArray[np.float64], other: NDArray[np.float64] | Colour) -> NDArray[np.float64]:
    """The same of many colours (..., 3) from another."""
    return np.asarray(np.sqrt((((colours - other) ** 2) * _CHANNELS).sum(axis=-1)))


def like(inks: NDArray[np.float64], colour: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which of ``inks`` (n, 3) are hardly another colour: (n,)."""
    return np.asarray((((inks - colour) ** 2) * _CHANNELS).sum(axis=1) < CONTRAST**2)


def _profile(
    live: LiveShapes,
    shape: LiveShape,
    target: Picture,
    owners: NDArray[np.int32],
    ink: NDArray[np.float64],
    alike: NDArray[np.bool_],
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """How many px there are at each distance from a shape, and their mean colour: (REACH,), (REACH, 3)."""
    x0, y0, x1, y1 = shape.rect
    if x1 <= x0 or y1 <= y0 or (x1 - x0) * (y1 - y0) > LARGEST:
        return None
    rect = _grown(shape.rect, live.size)
    height, width = rect[3] - rect[1], rect[2] - rect[0]
    cover = np.zeros((height, width), dtype=np.float32)
    cover[y0 - rect[1] : y1 - rect[1], x0 - rect[0] : x1 - rect[0]] = live.cover_of(shape)
    cover /= np.float32(255)
    inside = cover >= 0.5
    if not inside.any():
        return None
    away = np.rint(cv2.distanceTransform((~inside).astype(np.uint8), cv2.DIST_L2, 3)).astype(np.int32)
    here = owners[rect[1] : rect[3], rect[0] : rect[2]]
    other = np.append(alike, False)[here] & ~inside  # Nobody, -1, is the last.
    other = cv2.dilate(other.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(bool)
    use = (away >= 1) & (away <= REACH) & ~other
    places = away[use] - 1
    counts = np.bincount(places, minlength=REACH).astype(np.float64)
    if counts.sum() < LEAST:
        return None
    # What the shape itself covers of its edge's px is taken out of them.
    share = cover[use][:, None]
    seen = (target[rect[1] : rect[3], rect[0] : rect[2]][use] - share * ink) / (1 - share)
    sums = np.stack([np.bincount(places, seen[:, c], minlength=REACH) for c in range(3)], axis=1)
    return counts, sums / np.maximum(counts, 1)[:, None]


def _fitted(
    counts: NDArray[np.float64], means: NDArray[np.float64]
) -> tuple[float, NDArray[np.float64], NDArray[np.float64], float] | None:
    """Width, colour, ground and gain of the best band of a profile."""
    total = float(counts.sum())
    flat = (counts @ means) / total
    before = float(counts @ (((means - flat) ** 2) @ _CHANNELS))
    best, least = None, EXPLAINED * before
    if _least_left(counts, means, _SHARES, _CHANNELS) > 1.001 * least:
        return None  # As of most shapes.
    for width, share in zip(_WIDTHS, _SHARES, strict=True):
        rest = 1 - share
        aa, ab, bb = counts @ (share * share), counts @ (share * rest), counts @ (rest * rest)
        determinant = aa * bb - ab * ab
        if determinant <= 1e-6 * (aa + bb) ** 2:
            continue
        pa, pb = (counts * share) @ means, (counts * rest) @ means
        colour = (bb * pa - ab * pb) / determinant
        ground = (aa * pb - ab * pa) / determinant
        left = means - share[:, None] * colour - rest[:, None] * ground
        error = float(counts @ ((left**2) @ _CHANNELS))
        if error < least:
            best, least = (float(width), colour, ground), error
    return None if best is None else (*best, before - least)


@njit(cache=True, nogil=True)
def _least_left(counts, means, shares, channels):  # type: ignore[no-untyped-def]
    """The squared error that the best band of a profile leaves, about."""
    least = np.inf
    for share in shares:
        rest = 1 - share
        aa, ab, bb = (
            (counts * share * share).sum(),
            (counts * share * rest).sum(),
            (counts * rest * rest).sum(),
        )
        determinant = aa * bb - ab * ab
        if determinant <= 0.999e-6 * (aa + bb) ** 2:
            continue
        error = 0.0
        for c in range(3):
            mean = means[:, c]
            pa, pb = (counts * share * mean).sum(), (counts * rest * mean).sum()
            colour, ground = (bb * pa - ab * pb) / determinant, (aa * pb - ab * pa) / determinant
            error += channels[c] * (counts * (mean - share * colour - rest * ground) ** 2).sum()
        least = min(least, error)
    return least


def _grown(rect: Rect, size: tuple[int, int]) -> Rect:
    x0, y0, x1, y1 = rect
    return max(0, x0 - REACH), max(0, y0 - REACH), min(size[0], x1 + REACH), min(size[1], y1 + REACH)
