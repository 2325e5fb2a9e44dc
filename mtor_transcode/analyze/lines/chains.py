# SPDX-License-Identifier: Apache-2.0
"""Thin lines of a picture traced: skeletons cut at their junctions, and joined where they go straight on.

A grid's lines cross, a curve crosses an axis: what runs on in its own direction on the other side of a
crossing is one line.
"""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
from numba import njit
from numpy.typing import NDArray

from mtor_transcode.analyze.canvas.easel import Picture, Plane
from mtor_transcode.analyze.lines.chain_ends import COLOURED, Chain, Ends

AROUND = 15
"""Side (px) of the median whose picture has no thin lines: lines of a third of it vanish."""

TILE = 128
"""Side (px) of the tiles in which that median is taken where it is asked for."""

WIDEST = 4.0
"""Width (px) up to which something is a line."""

SHORTEST = 40.0
"""Length (px) from which a chain is a line."""

RIDGE = 0.45
"""Share of the greatest contrast within 2 px that a line's pixels have."""

GAPS = ((12.0, 0.85, 2.0, 0.0), (36.0, 0.85, 4.0, 20.0), (80.0, 0.995, 1.0, 30.0))
"""How lines are joined across crossings, across long ones if their colour tells them, and across what covers
them: px of gap at most, least cosine of the angle between the ends, px aside at most, least length (px) of
both pieces."""

CORNER = (6, 14)
"""Px before and after a corner between which the line turns, near by and farther off."""

TURN = 0.5
"""Greatest cosine of a corner's turn (60 degrees)."""


def without_thin(picture: Picture, where: NDArray[np.bool_]) -> Picture:
    """A picture (H, W) or (H, W, 3) without anything thin: the median around each pixel of ``where``.

    Other pixels may be as they are: only tiles with something of ``where`` in them are gone through.
    """
    height = len(where)
    around = picture.copy()
    reach = AROUND // 2
    # Mirrored at the frame's edge: repeated there, a line along it would be most of its surroundings.
    padded = cv2.copyMakeBorder(picture, reach, reach, reach, reach, cv2.BORDER_REFLECT_101)
    for top in range(0, height, TILE):
        low = min(top + TILE, height)
        for left, right in _runs(where[top:low]):
            part = np.ascontiguousarray(padded[top : low + 2 * reach, left : right + 2 * reach])
            median = cv2.medianBlur(part, AROUND)
            around[top:low, left:right] = median[reach:-reach, reach:-reach]
    return around


def _runs(strip: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Where tiles of a strip (h, W) with anything in them begin and end, neighbours as one."""
    width = strip.shape[1]
    runs: list[tuple[int, int]] = []
    for left in range(0, width, TILE):
        right = min(left + TILE, width)
        if not strip[:, left:right].any():
            continue
        if runs and runs[-1][1] == left:
            runs[-1] = (runs[-1][0], right)
        else:
            runs.append((left, right))
    return runs


def line_contrast(target: Picture, where: NDArray[np.bool_]) -> Plane:
    """How much the luma of each pixel of ``where`` differs from its surroundings: (H, W) float32, else 0."""
    luma = np.ascontiguousarray(target[..., 0])
    contrast: Plane = cv2.absdiff(luma, without_thin(luma, where)).astype(np.float32)
    contrast[~where] = 0
    return contrast


def trace_lines(target: Picture, contrast: Plane, least: float, enough: float = 0.0) -> list[Chain]:
    """The centre lines of what stands out of ``target`` by ``least`` and is long and thin, longest first.

    None where all that stands out and is long has squares of contrast of less than ``enough`` in sum.
    """
    from skimage.morphology import skeletonize

    # Beside a strong line its blur is none; beside a faint one that crosses it, the faint one is cut.
    mask = (contrast > least) & (contrast > RIDGE * cv2.dilate(contrast, np.ones((5, 5), np.uint8)))
    mask = _long_parts(mask)
    stands_out = contrast[mask]
    if not len(stands_out) or float(stands_out @ stands_out) < enough:
        return []
    skeleton = skeletonize(mask).astype(np.uint8)
    crowd = cv2.filter2D(skeleton, -1, np.ones((3, 3), np.uint8), borderType=cv2.BORDER_CONSTANT)
    junctions = (skeleton > 0) & (crowd > 3)
    skeleton[cv2.dilate(junctions.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0] = 0
    reach = cv2.distanceTransform(mask.astype(np.uint8), cv2.DIST_L2, 3)
    pieces = [piece for piece in _pieces(skeleton) if len(piece) >= 3]
    pieces = [p for p in pieces if np.median(reach[p[:, 1], p[:, 0]]) <= WIDEST / 2 + 0.5]
    inks = np.dstack([contrast, target[..., 1:].astype(np.float32)])
    chains = _joined([piece.astype(np.float64) + 0.5 for piece in pieces], inks)
    chains = [part for chain in chains for part in _cut_at_corners(chain)]
    long = [chain for chain in chains if length_of(chain) >= SHORTEST]
    return sorted(long, key=length_of, reverse=True)


def _cut_at_corners(chain: Chain) -> list[Chain]:
    """A chain in parts from corner to corner: the sides of a box, or of a plot's frame, are lines each.

    Nearer than ``SHORTEST`` to each other corners are writing, and stay.
    """
    count = len(chain)
    if count < 2 * SHORTEST:
        return [chain]
    turned = np.full(count, -1.0)
    for back in CORNER:
        way = chain[back:] - chain[:-back]
        before, after = way[:-back], way[back:]
        norm = np.hypot(before[:, 0], before[:, 1]) * np.hypot(after[:, 0], after[:, 1])
        cosine = (before * after).sum(axis=1) / np.maximum(norm, 1e-9)
        full = np.ones(count)
        full[back:-back] = cosine
        turned = np.maximum(turned, full)
    parts: list[Chain] = []
    start = 0
    while True:
        least = start + int(SHORTEST)
        found = least + np.flatnonzero(turned[least : count - int(SHORTEST)] < TURN)
        if not len(found):
            return [*parts, chain[start:]]
        near = found[found < found[0] + 2 * CORNER[0]]
        corner = int(near[np.argmin(turned[near])])
        parts.append(chain[start : corner + 1])
        start = corner


def _long_parts(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The connected parts of a mask that are wide or high enough to hold a line."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    side = np.maximum(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT])
    long = side >= SHORTEST / 2
    long[0] = False
    parts: NDArray[np.bool_] = long[labels]
    return parts


def length_of(chain: Chain) -> float:
    """Length of a chain in px."""
    return float(np.hypot(*np.diff(chain, axis=0).T).sum())


def _pieces(skeleton: Picture) -> list[NDArray[np.int64]]:
    """Chains of neighbouring pixels (x, y), each from end to end; rings are cut somewhere."""
    order, starts = _walk(skeleton.copy())
    return [order[a:b] for a, b in pairwise(starts)]


@njit(cache=True, nogil=True)
def _walk(left):  # type: ignore[no-untyped-def]
    """Takes the pixels of a skeleton away chain by chain, ends first; their places and where chains begin."""
    height, width = left.shape
    total = 0
    for y in range(height):
        for x in range(width):
            total += left[y, x]
    order = np.empty((total, 2), np.int64)
    starts = [0]
    count = 0
    for only_ends in (True, False):
        for y0 in range(height):
            for x0 in range(width):
                if left[y0, x0] == 0:
                    continue
                if only_ends:
                    near = 0
                    for y in range(max(0, y0 - 1), min(height, y0 + 2)):
                        for x in range(max(0, x0 - 1), min(width, x0 + 2)):
                            near += left[y, x]
                    if near > 2:
                        continue
                x, y = x0, y0
                going = True
                while going:
                    left[y, x] = 0
                    order[count, 0] = x
                    order[count, 1] = y
                    count += 1
                    going = False
                    # Straight neighbours first, so that staircases keep their order.
                    for dx, dy in ((1, 0), (0, 1), (-1, 0), (0, -1), (1, 1), (-1, 1), (1, -1), (-1, -1)):
                        u, v = x + dx, y + dy
                        if 0 <= u < width and 0 <= v < height and left[v, u]:
                            x, y = u, v
                            going = True
                            break
                starts.append(count)
    return order, np.array(starts)


def _joined(pieces: list[Chain], inks: Plane) -> list[Chain]:
    """Pieces joined end to end where the line goes on, over short gaps first.

    ``inks`` (H, W, 3) are contrast, Cb and Cr: where curves cross, each goes on in its own colour.
    """
    for number, (gap, facing, aside, length) in enumerate(GAPS):
        if pieces:
            pieces = _linked(pieces, inks, gap, facing, aside, length, number == 1)
    return pieces


def _linked(
    pieces: list[Chain], inks: Plane, gap: float, facing: float, aside: float, length: float, told: bool
) -> list[Chain]:
    ends = Ends.of(pieces, inks)
    long = np.repeat([length_of(piece) >= length for piece in pieces], 2)
    if told:
        long &= ends.colours[:, 3] >= COLOURED
    partner = np.full(len(long), -1)
    for _, a, b in sorted(ends.matches(long, gap, facing, aside)):
        if partner[a] < 0 and partner[b] < 0:
            partner[a], partner[b] = b, a
    chains: list[Chain] = []
    used = np.zeros(len(pieces), dtype=bool)
    # Open chains begin at an end without a partner; what is left after them are rings.
    for start in [*np.flatnonzero(partner < 0), *range(len(long))]:
        end, parts = int(start), []
        while end >= 0 and not used[end // 2]:
            used[end // 2] = True
            parts.append(pieces[end // 2] if end % 2 == 0 else pieces[end // 2][::-1])
            end = int(partner[end ^ 1])
        if parts:
            chains.append(np.concatenate(parts))
    return chains
