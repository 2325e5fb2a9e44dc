# SPDX-License-Identifier: Apache-2.0
"""Ends of lines that were traced: where they are, where they go, their colours, which two may be one line."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

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


@dataclass(frozen=True, slots=True)
class Ends:
    """Both ends of N chains, (2N, ...): the first's start, the first's end, the second's start ...

    ``places`` (2N, 2) in px; ``ways`` (2N, 2), of length 1, are where the lines leave; ``colours`` (2N, 4)
    are contrast, Cb and Cr of the lines, and by how much they are more coloured than what is beside them.
    """

    places: Chain
    ways: Chain
    colours: NDArray[np.float32]

    @classmethod
    def of(cls, chains: Sequence[Chain], inks: NDArray[np.float32]) -> Ends:
        """Of some chains; ``inks`` (H, W, 3) float32 are contrast, Cb and Cr."""
        points = np.concatenate(chains)
        starts = np.concatenate([[0], np.cumsum([len(chain) for chain in chains])])
        places = points[np.stack([starts[:-1], starts[1:] - 1], axis=1).ravel()]
        ways = _ways(points, starts)
        ways /= np.maximum(np.hypot(ways[:, 0], ways[:, 1]), 1e-9)[:, None]
        return cls(places, ways, _colours(points, starts, inks))

    def matches(
        self, long: NDArray[np.bool_], gap: float, facing: float, aside: float
    ) -> list[tuple[float, int, int]]:
        """Pairs of ends of ``long`` (2N) chains that may be one line, with how badly they fit."""
        order = np.argsort(self.places[:, 0], kind="stable")
        order = order[long[order]]
        badness, pairs = _matched(self.places, self.ways, self.colours, order, gap, facing, aside)
        return list(zip(badness.tolist(), *pairs.T.tolist(), strict=True))


@njit(cache=True, nogil=True)
def _ways(points, starts):  # type: ignore[no-untyped-def]
    """From the middle of the inner half of each end's points to that of the outer half."""
    ways = np.zeros((2 * (len(starts) - 1), 2))
    for end in range(len(ways)):
        first, last = starts[end // 2], starts[end // 2 + 1] - 1
        count = min(BACK, last + 1 - first)
        outer, inner = (count + 1) // 2, count // 2
        for axis in range(2):
            near = far = 0.0
            for k in range(count):
                value = points[first + k if end % 2 == 0 else last - k, axis]
                if k < outer:
                    near += value
                if k >= inner:
                    far += value
            ways[end, axis] = near / outer - far / (count - inner)
    return ways


@njit(cache=True, nogil=True)
def _colours(points, starts, inks):  # type: ignore[no-untyped-def]
    height, width = inks.shape[:2]
    out = np.empty((2 * (len(starts) - 1), 4), dtype=np.float32)
    line = np.empty((3, TELLING), dtype=np.float32)
    ground = np.empty((3, 4 * TELLING), dtype=np.float32)
    for end in range(len(out)):
        first, last = starts[end // 2], starts[end // 2 + 1] - 1
        count = min(TELLING, last + 1 - first)
        for k in range(count):
            place = first + k if end % 2 == 0 else last - k
            x, y = int(points[place, 0]), int(points[place, 1])
            for c in range(3):
                line[c, k] = inks[y, x, c]
                ground[c, 4 * k] = inks[y, min(x + ASIDE, width - 1), c]
                ground[c, 4 * k + 1] = inks[y, max(x - ASIDE, 0), c]
                ground[c, 4 * k + 2] = inks[min(y + ASIDE, height - 1), x, c]
                ground[c, 4 * k + 3] = inks[max(y - ASIDE, 0), x, c]
        for c in range(3):
            out[end, c] = np.median(line[c, :count])
        blue, red = np.median(ground[1, : 4 * count]), np.median(ground[2, : 4 * count])
        own = np.float32(math.hypot(out[end, 1] - GREY, out[end, 2] - GREY))
        out[end, 3] = own - np.float32(math.hypot(blue - GREY, red - GREY))
    return out


@njit(cache=True, nogil=True)
def _matched(places, ways, colours, order, gap, facing, aside):  # type: ignore[no-untyped-def]
    """How badly ends fit, and which: (M,), (M, 2). ``order`` is by x."""
    badness, pairs = [0.0], [(0, 0)]
    for i in range(len(order)):
        a = order[i]
        for k in range(i + 1, len(order)):
            b = order[k]
            across, down = places[b, 0] - places[a, 0], places[b, 1] - places[a, 1]
            if places[b, 0] > places[a, 0] + gap:
                break
            distance = math.hypot(across, down)
            if distance > gap or a // 2 == b // 2:
                continue
            cosine = -(ways[b, 0] * ways[a, 0] + ways[b, 1] * ways[a, 1])
            off = abs(ways[a, 0] * down - ways[a, 1] * across)
            if not (cosine > facing and off < aside and across * ways[a, 0] + down * ways[a, 1] > -2.0):
                continue
            less, more = min(colours[a, 0], colours[b, 0]), max(colours[a, 0], colours[b, 0])
            hue = np.float32(math.hypot(colours[b, 1] - colours[a, 1], colours[b, 2] - colours[a, 2]))
            plain = max(colours[a, 3], colours[b, 3]) < COLOURED
            if less >= SAME_CONTRAST * more and (plain or hue <= SAME_HUE):
                badness.append(distance + 10 * (1 - cosine) + off + hue)
                pairs.append((a, b))
    return np.array(badness[1:]), np.array(pairs)[1:]
