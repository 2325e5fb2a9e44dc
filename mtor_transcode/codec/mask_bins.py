# SPDX-License-Identifier: Apache-2.0
"""The bins of a mask's cells all at once, for writers: those that ``mask_syntax`` reads one by one."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Bases = tuple[int, int, int]
"""The first contexts of "more than empty", of "full" and of the trees of the other values."""


def mask_bins(
    values: NDArray[np.uint8], levels: int, middle_bits: int, old: NDArray[np.uint8] | None, bases: Bases
) -> tuple[NDArray[np.int32], NDArray[np.uint8]]:
    """Returns contexts and bins of cells (height, width), top row first.

    ``old`` are the classes of a mask that is alike, as ``mask_syntax`` lays them.
    """
    known = np.zeros((0, 0), dtype=np.uint8) if old is None else old
    contexts, bins = _bins(values, levels, middle_bits, known, *bases)
    return contexts, bins


@njit(cache=True, nogil=True)
def _bins(values, levels, middle_bits, old, some, full, middle):  # type: ignore[no-untyped-def]
    height, width = values.shape
    classes = np.zeros((height + 2, width + 4), dtype=np.int64)
    contexts = np.empty(height * width * (2 + middle_bits), dtype=np.int32)
    bins = np.empty(len(contexts), dtype=np.uint8)
    alone = old.shape[0] == 0
    count = 0
    for y in range(height):
        for x in range(width):
            u, v = x + 2, y + 2
            left, up = classes[v, u - 1], classes[v - 1, u]
            if alone:
                near = ((left * 3 + up) * 3 + classes[v - 1, u + 1]) * 3 + classes[v - 1, u - 1]
                far = 2 * (classes[v, u - 2] > 0) + (classes[v - 2, u] > 0)
                first, tree = 4 * near + far, (left + up + 1) // 2
            else:
                near = (left * 3 + up) * 27
                near += np.int64(old[y + 1, u]) * 9 + np.int64(old[y + 1, u - 1]) * 3 + old[y + 1, u + 1]
                far = (old[y, u] > 0) + (old[y + 2, u] > 0)
                first, tree = 3 * near + far, np.int64(old[y + 1, u])
            value = values[y, x]
            contexts[count], bins[count] = some + first, value != 0
            count += 1
            if value == 0:
                continue
            classes[v, u] = 2 if value == levels else 1
            if levels == 1:
                continue
            contexts[count], bins[count] = full + near, value == levels
            count += 1
            if value == levels or middle_bits == 0:
                continue
            node = 1
            for place in range(middle_bits - 1, -1, -1):
                bit = (value - 1) >> place & 1
                contexts[count], bins[count] = middle + 15 * tree + node - 1, bit
                count += 1
                node = 2 * node + bit
    return contexts[:count], bins[:count]
