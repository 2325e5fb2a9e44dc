# SPDX-License-Identifier: Apache-2.0
"""Text found in a picture: small connected pieces of ink on an even background, whatever they say.

What is even (little contrast in 3x3 px) and large is background; all else is laid over the nearest of it. Ink
is what is clearly brighter or darker than that. Pieces of a letter that stand above each other are one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numba import njit
from numpy.typing import NDArray

from mtor_transcode.analyze.canvas.easel import Picture

LARGEST = 26
"""Width and height (px) of the largest pieces: larger ones are for outlines."""

WIDEST = 38
"""Width of the widest: letters that are joined, as Arabic and Devanagari have them."""

EVEN = 8
"""Luma codes by which the px of a 3x3 block of background may differ."""

BACKGROUND = 150
"""Px of the smallest background."""

CREPT = 20
"""Px by which background goes on beyond such blocks."""

INK = 12
"""Luma codes from the background from which on a pixel is ink."""

CONTRAST = 22
"""Luma codes that the strongest pixel of a piece must be away from its background."""

FAR = 20.0
"""Px to the nearest background beyond which nothing is text."""

UNEVEN = 12
"""Luma codes by which the background may differ within the box of a piece."""

STRONG = 0.45
"""Share of a wide piece's strongest contrast that holds letters together."""

WIDE = 1.15
"""Pieces wider than so many times their height may be several letters."""

MISSING = 0.3
"""Share of a letter's squared contrast from which on an error means that it is not there yet."""

LEAST_PIXELS = 3
LEAST_PIECES = 16
"""Pieces that make a text, where nothing is known of the scene's letters."""

HALO = 0.12
"""Share of a piece's contrast, beyond ``HALO_CODES``, by which what is beside it may be on the other side of
the background: more is a border or a shadow, not the ringing of a scaler."""

HALO_CODES = 8
HALO_SHARE = 0.3
"""Share of its surroundings that may be so."""


GAP = 0.32
"""Share of the higher of two pieces by which they may be apart and be one letter."""

DOT = 0.5
"""Share of its height that the other may have, unless both are at most ``DOT_PX`` high."""

DOT_PX = 8


@dataclass(frozen=True, slots=True)
class Glyphs:
    """Pieces of text. ``labels`` (H, W) int32: 0, or the number of the piece that a pixel is ink of.

    ``boxes`` (n + 1, 4) int32 are ``(x0, y0, x1, y1)`` in px by number (row 0 is empty); ``plain`` is the
    picture without them: their background shows.
    """

    labels: NDArray[np.int32]
    boxes: NDArray[np.int32]
    plain: Picture


def missing_glyphs(glyphs: Glyphs, target: Picture, shown: Picture) -> Glyphs | None:
    """The letters of ``target`` (H, W, 3) that ``shown`` has not got yet; None if it has all of them."""
    count = len(glyphs.boxes)
    luma, names = target[..., 0].astype(np.float32), glyphs.labels.ravel()
    energy, wrong = (
        np.bincount(names, np.square(luma - other[..., 0]).ravel(), minlength=count)
        for other in (glyphs.plain, shown)
    )
    kept = wrong > MISSING * energy
    kept[0] = False
    if not kept.any():
        return None
    renamed = np.where(kept, np.cumsum(kept), 0).astype(np.int32)
    labels = renamed[glyphs.labels]
    there = _spread_ink((glyphs.labels > 0) & (labels == 0)) & ~_spread_ink(labels > 0)
    plain = np.where(there[..., None], target, glyphs.plain)
    return Glyphs(labels, glyphs.boxes[np.flatnonzero(kept | (np.arange(count) == 0))], plain)


def _spread_ink(ink: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Ink and where it fades out, over a px more."""
    spread: NDArray[np.bool_] = cv2.dilate(ink.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    return spread


def find_glyphs(target: Picture, where: NDArray[np.bool_], least: int = LEAST_PIECES) -> Glyphs | None:
    """The text of a picture (H, W, 3) that lies in ``where`` (H, W); None if it has too few pieces."""
    luma = np.ascontiguousarray(target[..., 0])
    background = _background(luma)
    if background is None:
        return None
    ground, distance = _grounds(target, background)
    difference = luma.astype(np.int16) - ground[..., 0]
    near = (distance <= FAR) & ~background
    labels = np.zeros(luma.shape, dtype=np.int32)
    boxes: list[NDArray[np.int32]] = [np.zeros((1, 4), dtype=np.int32)]
    count = 0
    for sign in (1, -1):
        ink = ((sign * difference > INK) & near).astype(np.uint8)
        found, pieces = _connected(ink)
        found, pieces = _parted(pieces, found, difference)
        kept = _pieces(pieces, found, difference, ground[..., 0], where)
        names = np.zeros(found, dtype=np.int32)
        order = np.flatnonzero(kept[:, 4])
        groups = _together(kept[order])
        names[order] = np.where(groups >= 0, groups + 1 + count, 0)
        labels += names[pieces] * (labels == 0)
        size = int(groups.max()) + 1 if len(groups) else 0
        merged = np.tile(np.array([1 << 20, 1 << 20, 0, 0], dtype=np.int32), (size, 1))
        np.minimum.at(merged[:, :2], groups, kept[order, :2])
        np.maximum.at(merged[:, 2:], groups, kept[order, 2:4])
        boxes.append(merged)
        count += size
    if count < max(least, 1):
        return None
    plain = np.where(
        (_spread_ink(labels > 0) & ~background)[..., None] | (labels > 0)[..., None], ground, target
    )
    return Glyphs(labels, np.concatenate(boxes), np.ascontiguousarray(plain))


def _background(luma: NDArray[np.uint8]) -> NDArray[np.bool_] | None:
    """Where even areas are that are large enough; None if there are none."""
    block = np.ones((3, 3), np.uint8)
    even = (cv2.subtract(cv2.dilate(luma, block), cv2.erode(luma, block)) <= EVEN).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(even, connectivity=4, ltype=cv2.CV_32S)
    large = stats[:, cv2.CC_STAT_AREA] >= BACKGROUND
    large[0] = False
    background: NDArray[np.bool_] = large[labels]
    if not background.any():
        return None
    _grow(background, luma)
    return background


@njit(cache=True, nogil=True)
def _grow(background, luma):  # type: ignore[no-untyped-def]
    """Background goes on, at most ``CREPT`` px, where the picture does: between letters and a bar's edge
    there is no room for a block. In place.
    """
    height, width = luma.shape
    from_luma = luma.copy()
    edge = np.empty((height * width, 2), dtype=np.int32)
    count = 0
    for y in range(height):
        for x in range(width):
            if background[y, x]:
                edge[count, 0], edge[count, 1] = y, x
                count += 1
    first = 0
    for _ in range(CREPT):
        last = count
        for k in range(first, last):
            y, x = edge[k, 0], edge[k, 1]
            code = int(from_luma[y, x])
            for dy, dx in ((0, 1), (0, -1), (1, 0), (-1, 0)):
                v, u = y + dy, x + dx
                if not (0 <= v < height and 0 <= u < width) or background[v, u]:
                    continue
                if abs(int(luma[v, u]) - code) <= EVEN // 2:
                    background[v, u] = True
                    from_luma[v, u] = code
                    edge[count, 0], edge[count, 1] = v, u
                    count += 1
        first = last


def _grounds(target: Picture, background: NDArray[np.bool_]) -> tuple[Picture, NDArray[np.float32]]:
    """For each pixel the colour of the nearest background, and its distance (px)."""
    rest = ~background
    distance, nearest = cv2.distanceTransformWithLabels(
        rest.astype(np.uint8), cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL
    )
    # Only background that touches the rest can be the nearest of any of it.
    rim = background & (cv2.dilate(rest.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0)
    colours = np.zeros((int(nearest.max()) + 1, 3), dtype=np.uint8)
    colours[nearest[rim]] = target[rim]
    ground: Picture = target.copy()
    ground[rest] = colours[nearest[rest]]
    return ground, distance


def _connected(ink: NDArray[np.uint8]) -> tuple[int, NDArray[np.int32]]:
    found, labels = cv2.connectedComponents(ink, connectivity=8, ltype=cv2.CV_32S)
    return found, cast("NDArray[np.int32]", labels)


def _parted(
    labels: NDArray[np.int32], count: int, difference: NDArray[np.int16]
) -> tuple[int, NDArray[np.int32]]:
    """Wide pieces cut where letters only touch: their strong ink is connected anew, the rest follows."""
    strongest = _strongest(labels, count, difference)
    if not strongest.any():
        return count, labels
    least = strongest[labels]
    strong = (least > 0) & (np.abs(difference) > STRONG * least)
    found, parts = _connected(strong.astype(np.uint8))
    parts = np.where(parts > 0, parts + count - 1, np.where(least > 0, 0, labels)).astype(np.int32)
    _spread(parts, labels, count, difference)
    return count + found - 1, parts


@njit(cache=True, nogil=True)
def _strongest(labels, count, difference):  # type: ignore[no-untyped-def]
    """Of each piece that is too wide and not too high, its strongest contrast; 0 of the others: (count,)."""
    left = np.full(count, 1 << 20)
    right = np.zeros(count, dtype=np.int64)
    top = np.full(count, 1 << 20)
    low = np.zeros(count, dtype=np.int64)
    out = np.zeros(count, dtype=np.int64)
    for y in range(labels.shape[0]):
        for x in range(labels.shape[1]):
            k = labels[y, x]
            if k == 0:
                continue
            left[k] = min(left[k], x)
            right[k] = max(right[k], x + 1)
            top[k] = min(top[k], y)
            low[k] = max(low[k], y + 1)
            out[k] = max(out[k], abs(difference[y, x]))
    for k in range(count):
        high = low[k] - top[k]
        if high > LARGEST or right[k] - left[k] <= max(WIDE * high, 8.0):
            out[k] = 0
    return out


@njit(cache=True, nogil=True)
def _spread(parts, labels, count, difference):  # type: ignore[no-untyped-def]
    """Give the weak ink of cut pieces to the strongest neighbour, twice; ``parts`` changes in place."""
    height, width = parts.shape
    for _ in range(2):
        before = parts.copy()
        for y in range(height):
            for x in range(width):
                if before[y, x] or labels[y, x] == 0:
                    continue
                best = 0
                for v in range(max(0, y - 1), min(height, y + 2)):
                    for u in range(max(0, x - 1), min(width, x + 2)):
                        if before[v, u] >= count and abs(difference[v, u]) > best:
                            best = abs(difference[v, u])
                            parts[y, x] = before[v, u]


@njit(cache=True, nogil=True)
def _halo(labels, count, difference, contrast):  # type: ignore[no-untyped-def]
    """Share of the px 2 px beside each piece that lie on the other side of the background: (count,)."""
    height, width = labels.shape
    beside = np.zeros(count)
    other = np.zeros(count)
    for y in range(height):
        for x in range(width):
            k = labels[y, x]
            if k == 0:
                continue
            sign = 1 if difference[y, x] > 0 else -1
            for dy, dx in ((0, 2), (0, -2), (2, 0), (-2, 0)):
                v, u = y + dy, x + dx
                if 0 <= v < height and 0 <= u < width and labels[v, u] != k:
                    beside[k] += 1
                    if -sign * difference[v, u] > HALO_CODES + HALO * contrast[k]:
                        other[k] += 1
    return other / np.maximum(beside, 1)


@njit(cache=True, nogil=True)
def _pieces(labels, count, difference, ground, where):  # type: ignore[no-untyped-def]
    """Box of each piece, whether it may be text, and its strongest contrast: (count, 6) int32."""
    out = np.zeros((count, 6), dtype=np.int32)
    low = np.full(count, 255)
    high = np.zeros(count, dtype=np.int64)
    area = np.zeros(count, dtype=np.int64)
    inside = np.zeros(count, dtype=np.int64)
    for k in range(count):
        out[k, 0] = out[k, 1] = 1 << 20
    for y in range(labels.shape[0]):
        for x in range(labels.shape[1]):
            k = labels[y, x]
            if k == 0:
                continue
            area[k] += 1
            inside[k] += where[y, x]
            out[k, 0] = min(out[k, 0], x)
            out[k, 1] = min(out[k, 1], y)
            out[k, 2] = max(out[k, 2], x + 1)
            out[k, 3] = max(out[k, 3], y + 1)
            out[k, 5] = max(out[k, 5], abs(difference[y, x]))
            low[k] = min(low[k], ground[y, x])
            high[k] = max(high[k], ground[y, x])
    halo = _halo(labels, count, difference, out[:, 5])
    for k in range(1, count):
        fits = out[k, 2] - out[k, 0] <= WIDEST and out[k, 3] - out[k, 1] <= LARGEST
        fits = fits and area[k] >= LEAST_PIXELS and 2 * inside[k] > area[k]
        fits = fits and halo[k] <= HALO_SHARE
        out[k, 4] = fits and out[k, 5] >= CONTRAST and high[k] - low[k] <= UNEVEN
    return out


@njit(cache=True, nogil=True)
def _together(boxes):  # type: ignore[no-untyped-def]
    """The number of the letter that each piece belongs to: dots and strokes above each other are one."""
    count = len(boxes)
    group = np.arange(count)
    whole = boxes[:, :4].copy()  # The box of each group, at the number that it goes by.
    for i in range(count):
        for j in range(i + 1, count):
            x0, y0, x1, y1 = boxes[i, 0], boxes[i, 1], boxes[i, 2], boxes[i, 3]
            u0, v0, u1, v1 = boxes[j, 0], boxes[j, 1], boxes[j, 2], boxes[j, 3]
            if 2 * (min(x1, u1) - max(x0, u0)) < min(x1 - x0, u1 - u0):
                continue
            one, other = y1 - y0, v1 - v0
            taller, lower = max(one, other), min(one, other)
            if max(y0, v0) - min(y1, v1) > max(2.0, GAP * taller):
                continue
            if lower > DOT * taller and taller > DOT_PX:
                continue
            if 2 * min(boxes[i, 5], boxes[j, 5]) < max(boxes[i, 5], boxes[j, 5]):
                continue
            a, b = group[i], group[j]
            left, top = min(whole[a, 0], whole[b, 0]), min(whole[a, 1], whole[b, 1])
            right, low = max(whole[a, 2], whole[b, 2]), max(whole[a, 3], whole[b, 3])
            # Also three pieces of which each two fit may be too high together.
            if a == b or right - left > LARGEST or low - top > LARGEST:
                continue
            whole[a, 0], whole[a, 1], whole[a, 2], whole[a, 3] = left, top, right, low
            for k in range(count):
                if group[k] == b:
                    group[k] = a
    names = np.full(count, -1)
    used = 0
    for k in range(count):
        if names[group[k]] < 0:
            names[group[k]] = used
            used += 1
    out = np.empty(count, dtype=np.int64)
    for k in range(count):
        out[k] = names[group[k]]
    return out
