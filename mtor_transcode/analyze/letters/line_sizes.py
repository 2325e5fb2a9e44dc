# SPDX-License-Identifier: Apache-2.0
"""Which lines of text have one size, by how high their tall letters are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mtor_transcode.analyze.letters.letter_fields import Field

TALL = 0.7
"""Share of a line's letters that are less high than those that tell its size."""

ALIKE = 0.03
"""Share by which heights of one size differ at most."""


def text_blocks(lines: Sequence[Sequence[int]], fields: Field) -> list[tuple[float, list[int]]]:
    """Lines of letters gathered by size: height (px) and letters of each, that of most letters first.

    ``lines`` are numbers of letters in ``fields`` (n, SIDE, SIDE).
    """
    heights = fields.max(axis=2).sum(axis=1)
    blocks: list[tuple[float, list[int]]] = []
    for height, line in sorted((_height_of(heights[list(line)]), list(line)) for line in lines):
        if blocks and height < (1 + ALIKE) * blocks[-1][0]:
            blocks[-1][1].extend(line)
        else:
            blocks.append((height, line))
    return sorted(blocks, key=lambda block: len(block[1]), reverse=True)


def _height_of(heights: NDArray[np.float32]) -> float:
    """How high the tall letters of a line (n,) are."""
    return max(float(np.median(np.sort(heights)[int(TALL * len(heights)) :])), 1.0)
