# SPDX-License-Identifier: Apache-2.0
"""Which earlier masks a mask is like, to be coded by them: found by comparing bits of large integers."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from mtor_transcode.codec.mask_syntax import Like
from mtor_transcode.model import Mask

CANDIDATES: Final = 2
"""Masks by which a mask is tried to be coded."""

RECENT: Final = 400
"""Masks of a section that are looked at, the last ones."""

_SIZE_SLACK: Final = 3
_STRIDE: Final = 80
_MARGIN: Final = 4
_DIFFERENT: Final = 0.6
"""Masks are not alike if more cells differ than this share of those that are set."""


@lru_cache(maxsize=4096)
def _bits(mask: Mask) -> tuple[int, int]:
    """Which cells are at least half full, as one integer with rows ``_STRIDE`` apart, and their number."""
    bits = 0
    for y in range(mask.height):
        row = mask.values[y * mask.width : (y + 1) * mask.width]
        place = (mask.height - 1 - y + _MARGIN) * _STRIDE + _MARGIN
        for x, value in enumerate(row):
            if 2 * value >= mask.levels and value:
                bits |= 1 << (place + x)
    return bits, bits.bit_count()


def likenesses(masks: Sequence[Mask], mask: Mask) -> list[Like]:
    """Returns by what ``mask`` may be coded (see ``mask_syntax.Like``), the most alike first."""
    bits, count = _bits(mask)
    found: list[tuple[int, Like]] = []
    for back, old in enumerate(reversed(masks[-RECENT:]), 1):
        wider, higher = mask.width - old.width, mask.height - old.height
        if abs(wider) > _SIZE_SLACK or abs(higher) > _SIZE_SLACK:
            continue
        old_bits, old_count = _bits(old)
        most = _DIFFERENT * max(count, old_count)
        if abs(count - old_count) > most:
            continue
        for up in range(min(0, higher), max(0, higher) + 1):
            for right in range(min(0, wider), max(0, wider) + 1):
                shift = up * _STRIDE + right
                moved = old_bits << shift if shift >= 0 else old_bits >> -shift
                apart = (bits ^ moved).bit_count()
                if apart <= most:
                    found.append((apart, (back, right, up)))
    found.sort()
    return [like for _, like in found[:CANDIDATES]]
