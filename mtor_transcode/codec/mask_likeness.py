# SPDX-License-Identifier: Apache-2.0
"""Which earlier masks a mask is like, to be coded by them: found by comparing bits of large integers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from mtor_transcode.codec.mask_syntax import Like
from mtor_transcode.model import Mask
from mtor_transcode.model.mask import BITMAP_STRIDE

CANDIDATES: Final = 2
"""Masks by which a mask is tried to be coded."""

RECENT: Final = 400
"""Masks of a section that are looked at, the last ones."""

_SIZE_SLACK: Final = 3
_DIFFERENT: Final = 0.6
"""Masks are not alike if more cells differ than this share of those that are set."""


def likenesses(masks: Sequence[Mask], mask: Mask) -> list[Like]:
    """Returns by what ``mask`` may be coded (see ``mask_syntax.Like``), the most alike first."""
    width, height = mask.width, mask.height
    bits, count = mask.bitmap
    found: list[tuple[int, Like]] = []
    for back, old in enumerate(reversed(masks[-RECENT:]), 1):
        wider = width - old.width
        if not -_SIZE_SLACK <= wider <= _SIZE_SLACK:
            continue
        higher = height - old.height
        if not -_SIZE_SLACK <= higher <= _SIZE_SLACK:
            continue
        old_bits, old_count = old.bitmap
        most = _DIFFERENT * (count if count > old_count else old_count)
        if not -most <= count - old_count <= most:
            continue
        for up in range(min(0, higher), max(0, higher) + 1):
            for right in range(min(0, wider), max(0, wider) + 1):
                shift = up * BITMAP_STRIDE + right
                moved = old_bits << shift if shift >= 0 else old_bits >> -shift
                apart = (bits ^ moved).bit_count()
                if apart <= most:
                    found.append((apart, (back, right, up)))
    found.sort()
    return [like for _, like in found[:CANDIDATES]]
