# SPDX-License-Identifier: Apache-2.0
"""Regions that one gradient, or one shading field, explains, united.

The merging of regions knows one colour and planes. A ball, or a page that darkens towards its corners, comes
out of it in pieces with hardly a step between them. Pieces that hang together by such soft borders are
united if a radial gradient or a shading field over all of them costs less than they do. Where it does not,
the largest piece is left out: a page hangs together with the shadows that lie on it.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from mtor_transcode.analyze.canvas.regions import (
    CHROMA_WEIGHT,
    INACTIVE,
    SHAPE_BITS,
    Regions,
    explained_by_planes,
)
from mtor_transcode.analyze.paints.radial import fit_radial
from mtor_transcode.analyze.paints.shading import field_bits, fit_field
from mtor_transcode.model import Gradient, RadialGradient, ShadingField
from mtor_transcode.render.gradient import Box, gradient_shares
from mtor_transcode.render.rasterizer import Rect

SOFT = 4.0
"""Codes that px on both sides of a soft border differ by, on the average."""

LEAST_AREA = 600
"""Px of regions that are looked at: of all that hang together."""

TRIED = 12
"""Groups of regions that are tried, the largest first."""

TRIED_WITHOUT = 24
"""Groups that are left where their largest region is left out, that are tried."""

RADIAL_BITS = 50.0
"""Rough price of the paint."""


def united(
    regions: Regions, target: NDArray[np.uint8], weight: NDArray[np.float32], lam: float, border_bits: float
) -> Regions:
    """The regions of ``merge_regions``, for the same picture, weight, lambda and price of borders, united."""
    if regions.count < 2:
        return regions
    first, second, length, step = _borders(regions.labels, target, regions.count)
    soft = step < SOFT * length
    if not soft.any():
        return regions
    areas = np.bincount(regions.labels[regions.labels >= 0], minlength=regions.count)
    pairs = first[soft], second[soft]
    groups = _groups(*pairs, areas)[:TRIED]
    if not groups:
        return regions
    worth = explained_by_planes(target, weight, regions, lam)
    whole = _energies(regions, target, weight)
    owner = np.arange(regions.count)
    more = TRIED_WITHOUT
    while groups:
        group = groups.pop(0)
        inside = np.zeros(regions.count, dtype=np.bool_)
        inside[group] = True
        borders = length[inside[first] & inside[second]].sum()
        apart = float(worth[group].sum()) - lam * (
            SHAPE_BITS * (len(group) - 1) + border_bits * float(borders)
        )
        if float(whole[group].sum()) - apart < lam * RADIAL_BITS:
            continue
        if _explained_as_one(regions.labels, inside, target, weight, lam) > apart:
            owner[group] = group[0]
            continue
        inside[group[np.argmax(areas[group])]] = False
        both = inside[pairs[0]] & inside[pairs[1]]
        left = _groups(pairs[0][both], pairs[1][both], areas)[:more]
        more -= len(left)
        groups += left
    return _renamed(regions.labels, owner)


def _energies(
    regions: Regions, target: NDArray[np.uint8], weight: NDArray[np.float32]
) -> NDArray[np.float64]:
    """The weighted squares of each region's px."""
    squares = target.astype(np.float32) ** 2
    energy = weight * (squares[..., 0] + np.float32(CHROMA_WEIGHT) * (squares[..., 1] + squares[..., 2]))
    there = regions.labels >= 0
    return np.asarray(np.bincount(regions.labels[there], energy[there], regions.count), dtype=np.float64)


def _groups(
    first: NDArray[np.int64], second: NDArray[np.int64], areas: NDArray[np.int64]
) -> list[NDArray[np.int64]]:
    """Regions that hang together by pairs of them, the largest groups first."""
    owner = np.arange(len(areas))
    for a, b in zip(first.tolist(), second.tolist(), strict=True):
        x, y = _root(owner, a), _root(owner, b)
        owner[max(x, y)] = min(x, y)
    roots = np.array([_root(owner, label) for label in range(len(areas))])
    sizes = np.bincount(roots, areas, len(areas))
    members = np.bincount(roots, minlength=len(areas))
    wanted = np.flatnonzero((sizes >= LEAST_AREA) & (members > 1))
    return [np.flatnonzero(roots == root) for root in wanted[np.argsort(-sizes[wanted], kind="stable")]]


def _root(owner: NDArray[np.int64], label: int) -> int:
    while owner[label] != label:
        owner[label] = owner[owner[label]]
        label = int(owner[label])
    return label


def _explained_as_one(
    labels: NDArray[np.int32],
    inside: NDArray[np.bool_],
    target: NDArray[np.uint8],
    weight: NDArray[np.float32],
    lam: float,
) -> float:
    """Energy that the best one of all paints over the regions ``inside`` explains, less its price."""
    mask = inside[labels] & (labels >= 0)
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    y0, y1, x0, x1 = int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1
    rect: Rect = (x0, y0, x1, y1)
    box: Box = (float(x0), float(y0), float(x1), float(y1))
    part = target[y0:y1, x0:x1]
    share = (mask[y0:y1, x0:x1] * weight[y0:y1, x0:x1]).astype(np.float32)
    paints = fit_radial(part, share, rect, box), fit_field(part, share, rect, box, lam)
    return max(
        -np.inf if paint is None else _explained(paint, part, share, rect, box) - lam * _bits(paint)
        for paint in paints
    )


def _bits(paint: RadialGradient | ShadingField) -> float:
    return field_bits(paint) if isinstance(paint, ShadingField) else RADIAL_BITS


def _explained(
    paint: Gradient, target: NDArray[np.uint8], weight: NDArray[np.float32], rect: Rect, box: Box
) -> float:
    x = np.arange(rect[0], rect[2])[None, :] + 0.5
    y = np.arange(rect[1], rect[3])[:, None] + 0.5
    share = gradient_shares(paint, box, x, y).astype(np.float32)
    energy = 0.0
    for channel in range(3):
        start, end = np.float32(paint.first[channel]), np.float32(paint.last[channel])
        shown = start + (end - start) * share
        wanted = target[..., channel].astype(np.float32)
        # Squares of the target less squares of what is left of it.
        part = float((weight * shown * (2 * wanted - shown)).sum(dtype=np.float64))
        energy += part if channel == 0 else CHROMA_WEIGHT * part
    return energy


def _renamed(labels: NDArray[np.int32], owner: NDArray[np.int64]) -> Regions:
    names, places = np.unique(owner, return_inverse=True)
    if len(names) == len(owner):
        return Regions(labels, len(owner))
    out = np.where(labels >= 0, places.astype(np.int32)[np.maximum(labels, 0)], INACTIVE)
    return Regions(out.astype(np.int32), len(names))


@njit(cache=True, nogil=True)
def _borders(labels, target, count):  # type: ignore[no-untyped-def]
    """Pairs of regions that touch, the lengths of their borders in px, and the steps across, summed up."""
    height, width = labels.shape
    size = 0
    for turn in range(2):
        if turn == 1:
            keys = np.empty(size, dtype=np.int64)
            steps = np.empty(size)
            size = 0
        for y in range(height):
            for x in range(width):
                a = labels[y, x]
                if a < 0:
                    continue
                for way in range(2):
                    yy = y + way
                    xx = x + 1 - way
                    if yy >= height or xx >= width:
                        continue
                    b = labels[yy, xx]
                    if b < 0 or b == a:
                        continue
                    if turn == 1:
                        keys[size] = min(a, b) * np.int64(count) + max(a, b)
                        step = abs(np.int64(target[y, x, 0]) - target[yy, xx, 0])
                        for c in range(1, 3):
                            step += abs(np.int64(target[y, x, c]) - target[yy, xx, c]) / 2
                        steps[size] = step
                    size += 1
    order = np.argsort(keys)
    first = np.empty(size, dtype=np.int64)
    second = np.empty(size, dtype=np.int64)
    length = np.zeros(size)
    total = np.zeros(size)
    n = -1
    last = np.int64(-1)
    for i in order:
        if keys[i] != last:
            n += 1
            last = keys[i]
            first[n] = last // count
            second[n] = last % count
        length[n] += 1
        total[n] += steps[i]
    return first[: n + 1], second[: n + 1], length[: n + 1], total[: n + 1]
