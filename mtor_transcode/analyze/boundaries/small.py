# SPDX-License-Identifier: Apache-2.0
"""Small pictures, for decisions that need no detail: where scenes begin."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from mtor_transcode.ingest.frame import SourceFrame, to_8_bits

SMALL_WIDTH = 160
"""The width (px) that pictures are shrunk to."""

_BLOCK = 8
# A block counts as changed from this mean difference on (codes), or from this share of its own contrast.
_CHANGE = 6.0
_CHANGE_OF_CONTRAST = 0.5
_CONTRAST = 4.0
_CHROMA_WEIGHT = 0.7


def small_picture(frame: SourceFrame) -> NDArray[np.uint8]:
    """The frame as (h, w, 3) uint8 Y, Cb, Cr, at most ``SMALL_WIDTH`` wide; much cheaper than ``ycc8``."""
    rows, columns = frame.planes[0].shape
    factor = _factor(columns, rows)
    if factor == 1:
        return frame.ycc8()
    across, down = (factor >> bits for bits in frame.chroma)
    luma, first, second = (to_8_bits(plane, frame.depth) for plane in frame.planes)
    parts = (_reduced(luma, factor, factor), _reduced(first, across, down), _reduced(second, across, down))
    return np.stack([part[: rows // factor, : columns // factor] for part in parts], axis=-1)


def shrink(ycc: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """An (H, W, 3) uint8 picture brought to at most ``SMALL_WIDTH`` wide; itself if it is already."""
    rows, columns = ycc.shape[:2]
    factor = _factor(columns, rows)
    return ycc if factor == 1 else _reduced(ycc, factor, factor)


def changed(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> tuple[float, float]:
    """How much of a small picture is new: the share of all blocks, and of the detailed ones, in 0..1.

    The second is the smaller of two shares: of the blocks with detail before, and of those with detail
    after. A page that appears on an empty screen, or text that is added, leaves it low.
    """
    weights = np.array([1, _CHROMA_WEIGHT, _CHROMA_WEIGHT], np.float32)
    old, new = _blocks(before), _blocks(after)
    difference = np.abs(old - new).mean(axis=(1, 3)) @ weights
    old_contrast, new_contrast = old.std(axis=(1, 3)) @ weights, new.std(axis=(1, 3)) @ weights
    contrast = np.maximum(old_contrast, new_contrast)
    is_new = difference > np.maximum(_CHANGE, _CHANGE_OF_CONTRAST * contrast)
    detailed = min(_share(is_new, old_contrast > _CONTRAST), _share(is_new, new_contrast > _CONTRAST))
    return float(is_new.mean()), detailed


def changed_beyond_shift(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> tuple[float, float]:
    """``changed`` after undoing the shift (scroll, pan) that explains most, found by phase correlation."""
    least = changed(before, after)
    (dx, dy), _ = cv2.phaseCorrelate(before[..., 0].astype(np.float32), after[..., 0].astype(np.float32))
    for down in (round(dy) - 1, round(dy), round(dy) + 1):
        for across in (round(dx) - 1, round(dx), round(dx) + 1):
            overlap = _overlap(before, after, across, down)
            if overlap is not None:
                least = min(least, changed(*overlap))
    return least


def _overlap(
    before: NDArray[np.uint8], after: NDArray[np.uint8], across: int, down: int
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]] | None:
    """What two pictures share if the second is shifted by so much; None beyond half a picture."""
    rows, columns = before.shape[:2]
    if abs(across) > columns // 2 or abs(down) > rows // 2:
        return None
    old = before[max(0, -down) : rows - max(0, down), max(0, -across) : columns - max(0, across)]
    new = after[max(0, down) : rows + min(0, down), max(0, across) : columns + min(0, across)]
    return old, new


def _factor(columns: int, rows: int) -> int:
    """By how much to shrink: 1 or an even number, as whole factors are fast and fit shared chroma."""
    factor = max(-(-columns // SMALL_WIDTH), -(-rows // (4 * SMALL_WIDTH)))
    factor += factor % 2 if factor > 1 else 0
    return factor if min(columns, rows) >= 4 * factor else 1


def _reduced(picture: NDArray[np.uint8], across: int, down: int) -> NDArray[np.uint8]:
    """Means over whole rectangles; what is left at the right and the bottom is cut off."""
    columns, rows = picture.shape[1] // across, picture.shape[0] // down
    whole = picture[: rows * down, : columns * across]
    return np.asarray(cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA), np.uint8)


def _blocks(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(block rows, rows, block columns, columns, 3); a picture smaller than a block is one block."""
    rows, columns = picture.shape[:2]
    high, wide = min(_BLOCK, rows), min(_BLOCK, columns)
    down, across = rows // high, columns // wide
    whole = picture[: down * high, : across * wide].astype(np.float32)
    return whole.reshape(down, high, across, wide, 3)


def _share(chosen: NDArray[np.bool_], among: NDArray[np.bool_]) -> float:
    return float((chosen & among).sum() / max(1, int(among.sum())))
