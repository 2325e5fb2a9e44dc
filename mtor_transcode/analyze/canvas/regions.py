# SPDX-License-Identifier: Apache-2.0
"""Regions of a picture by rate-distortion merging.

Two stages. First a sweep over all pixel pairs from the most to the least alike joins pixels as long as the
distortion of one join stays under a small bound (as Felzenszwalb and Huttenlocher 2004 do with another
criterion). Then neighbouring regions merge while ``dD + lambda dR`` falls (Mumford and Shah's functional, by
region merging after Koepfler, Lopez and Morel 1994), at a lambda that climbs to the one asked for; a region
is priced as the cheaper of one colour and a plane per channel.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

CHROMA_WEIGHT = 0.35
"""Squared error of a chroma sample against one of luma."""

SOLID_BITS = 16.0
GRADIENT_BITS = 34.0
SHAPE_BITS = 26.0
"""Rough prices for the merging only; what is accepted later is priced by the real syntax."""

ABSORBED = 0.02
"""A region of less than this share of its choice joins it at once."""

INACTIVE = -1
_MOMENTS = 15


@dataclass(frozen=True, slots=True)
class Regions:
    """A partition: ``labels`` (H, W) int32, ``INACTIVE`` where nothing was asked for, else 0..count-1."""

    labels: NDArray[np.int32]
    count: int


def merge_regions(
    ycc: NDArray[np.uint8],
    weight: NDArray[np.float32],
    active: NDArray[np.bool_],
    lam: float,
    border_bits: float,
) -> Regions:
    """Return the regions of the ``active`` pixels of ``ycc`` (H, W, 3).

    ``weight`` (H, W) scales each pixel's squared error; ``lam`` is distortion per bit; ``border_bits`` is the
    price of one pixel's length of border.
    """
    samples = ycc.astype(np.int32)
    labels, count = _oversegment(samples, weight, active, max(4.0, 0.6 * lam * border_bits))
    if count == 0:
        return Regions(labels, 0)
    moments = _moments(samples, weight, labels, count)
    first, second, length = _adjacency(labels, count)
    owner = np.arange(count, dtype=np.int64)
    for level in (1 / 32, 1 / 8, 1 / 3, 2 / 3, 1.0):
        while len(first):
            fixed = level * lam * SHAPE_BITS
            mate, merges = _mates(
                moments, first, second, length, level * lam * border_bits, fixed, level * lam
            )
            if merges == 0:
                break
            _join(moments, mate)
            owner = mate[owner]
            first, second, length = _relink(first, second, length, mate, count)
    names, owner = np.unique(owner, return_inverse=True)
    out = np.where(labels >= 0, owner.astype(np.int32)[np.maximum(labels, 0)], INACTIVE)
    return Regions(out.astype(np.int32), len(names))


def explained_by_planes(
    ycc: NDArray[np.uint8], weight: NDArray[np.float32], regions: Regions, lam: float
) -> NDArray[np.float64]:
    """Energy that each region's best paint, of one colour or a plane, explains, less its price."""
    moments = _moments(ycc.astype(np.int32), weight, regions.labels, regions.count)
    return np.array([_explained(moment, lam) for moment in moments])


@njit(cache=True, nogil=True)
def _find(parent, i):  # type: ignore[no-untyped-def]
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i


@njit(cache=True, nogil=True)
def _oversegment(ycc, weight, active, bound):  # type: ignore[no-untyped-def]
    height, width = active.shape
    total = height * width
    counts = np.zeros(257, dtype=np.int64)
    for turn in range(2):
        if turn == 1:
            starts = np.zeros(257, dtype=np.int64)
            for k in range(256):
                starts[k + 1] = starts[k] + counts[k]
            order = np.empty(starts[256], dtype=np.int32)
        for y in range(height):
            for x in range(width):
                if not active[y, x]:
                    continue
                for way in range(2):
                    yy = y + way
                    xx = x + 1 - way
                    if yy >= height or xx >= width or not active[yy, xx]:
                        continue
                    d = abs(ycc[y, x, 0] - ycc[yy, xx, 0])
                    d += (abs(ycc[y, x, 1] - ycc[yy, xx, 1]) + abs(ycc[y, x, 2] - ycc[yy, xx, 2])) >> 1
                    d = min(d, 255)
                    if turn == 0:
                        counts[d] += 1
                    else:
                        order[starts[d]] = (y * width + x) * 2 + way
                        starts[d] += 1
    parent = np.arange(total).astype(np.int32)
    stats = np.zeros((total, 4))
    for y in range(height):
        for x in range(width):
            w = weight[y, x]
            i = y * width + x
            stats[i, 0] = w
            for c in range(3):
                stats[i, c + 1] = w * ycc[y, x, c]
    for e in order:
        i = e >> 1
        j = i + (width if e & 1 else 1)
        a = _find(parent, i)
        b = _find(parent, j)
        if a == b:
            continue
        wa = stats[a, 0]
        wb = stats[b, 0]
        d = 0.0
        for c in range(3):
            diff = stats[a, c + 1] / wa - stats[b, c + 1] / wb
            d += diff * diff * (1.0 if c == 0 else CHROMA_WEIGHT)
        if d * wa * wb / (wa + wb) <= bound:
            if wa < wb:
                a, b = b, a
            parent[b] = a
            for c in range(4):
                stats[a, c] += stats[b, c]
    labels = np.full((height, width), INACTIVE, dtype=np.int32)
    name = np.full(total, -1, dtype=np.int32)
    count = 0
    for y in range(height):
        for x in range(width):
            if active[y, x]:
                root = _find(parent, y * width + x)
                if name[root] < 0:
                    name[root] = count
                    count += 1
                labels[y, x] = name[root]
    return labels, count


@njit(cache=True, nogil=True)
def _moments(ycc, weight, labels, count):  # type: ignore[no-untyped-def]
    out = np.zeros((count, _MOMENTS))
    height, width = labels.shape
    for y in range(height):
        for x in range(width):
            k = labels[y, x]
            if k < 0:
                continue
            w = weight[y, x]
            m = out[k]
            m[0] += w
            m[1] += w * x
            m[2] += w * y
            m[3] += w * x * x
            m[4] += w * x * y
            m[5] += w * y * y
            for c in range(3):
                v = float(ycc[y, x, c])
                m[6 + c] += w * v
                m[9 + c] += w * x * v
                m[12 + c] += w * y * v
    return out


@njit(cache=True, nogil=True)
def _explained(m, lam):  # type: ignore[no-untyped-def]
    """Energy that the best paint explains, less its price (the constant sum of squares is left out)."""
    w = m[0]
    flat = 0.0
    for c in range(3):
        flat += (1.0 if c == 0 else CHROMA_WEIGHT) * m[6 + c] * m[6 + c] / w
    best = flat - lam * SOLID_BITS
    sxx = m[3] - m[1] * m[1] / w
    sxy = m[4] - m[1] * m[2] / w
    syy = m[5] - m[2] * m[2] / w
    det = sxx * syy - sxy * sxy
    if w > 0 and det > 1e-6 * (sxx + syy) * (sxx + syy) and det > 0:
        plane = flat
        for c in range(3):
            sxc = m[9 + c] - m[1] * m[6 + c] / w
            syc = m[12 + c] - m[2] * m[6 + c] / w
            gain = (sxc * sxc * syy - 2 * sxc * syc * sxy + syc * syc * sxx) / det
            plane += gain * (1.0 if c == 0 else CHROMA_WEIGHT)
        best = max(best, plane - lam * GRADIENT_BITS)
    return best


@njit(cache=True, nogil=True)
def _adjacency(labels, count):  # type: ignore[no-untyped-def]
    height, width = labels.shape
    size = 0
    for turn in range(2):
        if turn == 1:
            keys = np.empty(size, dtype=np.int64)
            size = 0
        for y in range(height):
            for x in range(width):
                a = labels[y, x]
                if a < 0:
                    continue
                if x + 1 < width:
                    b = labels[y, x + 1]
                    if b >= 0 and b != a:
                        if turn == 1:
                            keys[size] = min(a, b) * np.int64(count) + max(a, b)
                        size += 1
                if y + 1 < height:
                    b = labels[y + 1, x]
                    if b >= 0 and b != a:
                        if turn == 1:
                            keys[size] = min(a, b) * np.int64(count) + max(a, b)
                        size += 1
    keys.sort()
    return _runs(keys, np.ones(size), count)


@njit(cache=True, nogil=True)
def _runs(keys, amounts, count):  # type: ignore[no-untyped-def]
    first = np.empty(len(keys), dtype=np.int64)
    second = np.empty(len(keys), dtype=np.int64)
    length = np.zeros(len(keys))
    n = -1
    last = np.int64(-1)
    for i in range(len(keys)):
        if keys[i] != last:
            n += 1
            last = keys[i]
            first[n] = last // count
            second[n] = last % count
        length[n] += amounts[i]
    return first[: n + 1], second[: n + 1], length[: n + 1]


@njit(cache=True, nogil=True)
def _mates(moments, first, second, length, per_length, fixed, lam):  # type: ignore[no-untyped-def]
    """Whom each region joins in this round (itself if none), and how many do.

    Pairs whose wish is mutual join; so do regions that hardly change the much larger one they choose, which
    keeps the number of rounds low where one background touches thousands of specks.
    """
    count = len(moments)
    worth = np.empty(count)
    for k in range(count):
        worth[k] = _explained(moments[k], lam) if moments[k, 0] > 0 else 0.0
    best = np.zeros(count)
    choice = np.full(count, -1, dtype=np.int64)
    both = np.empty(_MOMENTS)
    for e in range(len(first)):
        a = first[e]
        b = second[e]
        for c in range(_MOMENTS):
            both[c] = moments[a, c] + moments[b, c]
        gain = _explained(both, lam) - worth[a] - worth[b] + per_length * length[e] + fixed
        if gain <= 0:
            continue
        gain /= min(moments[a, 0], moments[b, 0]) + 1.0
        if gain > best[a] or (gain == best[a] and b < choice[a]):
            best[a] = gain
            choice[a] = b
        if gain > best[b] or (gain == best[b] and a < choice[b]):
            best[b] = gain
            choice[b] = a
    mate = np.arange(count)
    merges = 0
    for a in range(count):
        b = choice[a]
        if b > a and choice[b] == a:
            mate[b] = a
            merges += 1
    for a in range(count):
        b = choice[a]
        if b >= 0 and choice[b] != a and moments[a, 0] < ABSORBED * moments[b, 0]:
            mate[a] = b
            merges += 1
    for a in range(count):
        mate[a] = _find(mate, a)
    return mate, merges


@njit(cache=True, nogil=True)
def _join(moments, mate):  # type: ignore[no-untyped-def]
    for b in range(len(mate)):
        a = mate[b]
        if a != b:
            for c in range(_MOMENTS):
                moments[a, c] += moments[b, c]
                moments[b, c] = 0.0


def _relink(
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    length: NDArray[np.float64],
    mate: NDArray[np.int64],
    count: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """The adjacency after a round of merges, parallel borders added up."""
    a, b = mate[first], mate[second]
    keep = a != b
    low, high = np.minimum(a, b)[keep], np.maximum(a, b)[keep]
    keys = low * count + high
    order = np.argsort(keys, kind="stable")
    joined: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]] = _runs(
        keys[order], length[keep][order], count
    )
    return joined
