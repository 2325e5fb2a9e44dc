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

from mtor_transcode.analyze.easel import Picture, Plane

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

BACK = 10
"""Px of a chain that tell the direction of its end."""

TELLING = 24
"""Px of a chain that tell the colour of its end."""

SAME_CONTRAST = 0.25
"""Least share of the stronger one's contrast that ends of one line have: a grid's line is no curve's."""

SAME_HUE = 10.0
"""Codes of Cb and Cr by which ends of one line may differ, if one of them has a colour."""

COLOURED = 8.0
"""Codes by which Cb and Cr are farther from grey than the ground's from which on a line has a colour."""

GREY = 128.0

ASIDE = 8
"""Px from a line at which its ground is looked at."""

Chain = NDArray[np.float64]
"""Points (N, 2) of a centre line in px, pixel centres at halves."""


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
    ends, ways = _ends(pieces)
    colours = _end_colours(pieces, inks)
    long = np.repeat([length_of(piece) >= length for piece in pieces], 2)
    if told:
        long &= colours[:, 3] >= COLOURED
    partner = np.full(len(ends), -1)
    for _, a, b in sorted(_matches(ends, ways, colours, long, gap, facing, aside)):
        if partner[a] < 0 and partner[b] < 0:
            partner[a], partner[b] = b, a
    chains: list[Chain] = []
    used = np.zeros(len(pieces), dtype=bool)
    # Open chains begin at an end without a partner; what is left after them are rings.
    for start in [*np.flatnonzero(partner < 0), *range(len(ends))]:
        end, parts = int(start), []
        while end >= 0 and not used[end // 2]:
            used[end // 2] = True
            parts.append(pieces[end // 2] if end % 2 == 0 else pieces[end // 2][::-1])
            end = int(partner[end ^ 1])
        if parts:
            chains.append(np.concatenate(parts))
    return chains


def _ends(pieces: list[Chain]) -> tuple[Chain, Chain]:
    """Both ends of each piece, and the direction in which the line leaves there: (2N, 2) each."""
    ends, ways = [], []
    for piece in pieces:
        for chain in (piece, piece[::-1]):
            back = chain[: min(BACK, len(chain))]
            way = back[: (len(back) + 1) // 2].mean(axis=0) - back[len(back) // 2 :].mean(axis=0)
            ends.append(chain[0])
            ways.append(way / max(float(np.hypot(*way)), 1e-9))
    return np.array(ends), np.array(ways)


def _end_colours(pieces: list[Chain], inks: Plane) -> Chain:
    """Contrast, Cb and Cr of the line at both ends of each piece, and by how much it is more coloured than
    what is beside it: (2N, 4).
    """
    height, width = inks.shape[:2]
    beside = np.array([(ASIDE, 0), (-ASIDE, 0), (0, ASIDE), (0, -ASIDE)])
    colours = []
    for piece in pieces:
        for chain in (piece, piece[::-1]):
            part = chain[:TELLING].astype(np.int64)
            around = (part[:, None] + beside).reshape(-1, 2).clip(0, (width - 1, height - 1))
            line = np.median(inks[part[:, 1], part[:, 0]], axis=0)
            ground = np.median(inks[around[:, 1], around[:, 0], 1:], axis=0)
            colours.append([*line, np.hypot(*(line[1:] - GREY)) - np.hypot(*(ground - GREY))])
    return np.array(colours)


def _matches(
    ends: Chain,
    ways: Chain,
    colours: Chain,
    long: NDArray[np.bool_],
    gap: float,
    facing: float,
    aside: float,
) -> list[tuple[float, int, int]]:
    """Pairs of ends that may be one line, with how badly they fit."""
    order = np.argsort(ends[:, 0], kind="stable")
    xs = ends[order, 0]
    found = []
    for place, a in enumerate(order):
        if not long[a]:
            continue
        others = order[place + 1 : int(np.searchsorted(xs, ends[a, 0] + gap, side="right"))]
        others = others[long[others] & (others // 2 != a // 2)]
        step = ends[others] - ends[a]
        distance = np.hypot(step[:, 0], step[:, 1])
        cosine = -(ways[others] @ ways[a])
        across = np.abs(ways[a, 0] * step[:, 1] - ways[a, 1] * step[:, 0])
        ahead = step @ ways[a] > -2.0
        hue = np.hypot(*(colours[others, 1:3] - colours[a, 1:3]).T)
        one, other = colours[a, 0], colours[others, 0]
        plain = np.maximum(colours[a, 3], colours[others, 3]) < COLOURED
        alike = np.minimum(one, other) >= SAME_CONTRAST * np.maximum(one, other)
        alike &= plain | (hue <= SAME_HUE)
        good = (distance <= gap) & (cosine > facing) & (across < aside) & ahead & alike
        badness = distance + 10 * (1 - cosine) + across + hue
        found += [(float(badness[i]), int(a), int(others[i])) for i in np.flatnonzero(good)]
    return found
