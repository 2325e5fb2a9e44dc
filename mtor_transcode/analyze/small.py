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
    size = _small_size(columns, rows)
    return cv2.merge([_shrunk(to_8_bits(plane, frame.depth), size) for plane in frame.planes])  # type: ignore[no-any-return]


def shrink(ycc: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """An (H, W, 3) uint8 picture brought to at most ``SMALL_WIDTH`` wide; itself if it is already."""
    rows, columns = ycc.shape[:2]
    size = _small_size(columns, rows)
    return ycc if (columns, rows) == size else _shrunk(ycc, size)


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
    """``changed`` after undoing the shift (scroll, fast pan) that explains most, by phase correlation."""
    plain = changed(before, after)
    (dx, dy), _ = cv2.phaseCorrelate(before[..., 0].astype(np.float32), after[..., 0].astype(np.float32))
    across, down = round(dx), round(dy)
    rows, columns = before.shape[:2]
    if (across, down) == (0, 0) or abs(across) > columns // 2 or abs(down) > rows // 2:
        return plain
    old = before[max(0, -down) : rows - max(0, down), max(0, -across) : columns - max(0, across)]
    new = after[max(0, down) : rows + min(0, down), max(0, across) : columns + min(0, across)]
    shifted = changed(np.ascontiguousarray(old), np.ascontiguousarray(new))
    return min(plain, shifted)


def _small_size(columns: int, rows: int) -> tuple[int, int]:
    width = min(columns, SMALL_WIDTH)
    return width, max(1, min(rows, round(rows * width / columns), 4 * SMALL_WIDTH))


def _shrunk(picture: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    shape = (size[1], size[0], *picture.shape[2:])
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8).reshape(shape)


def _blocks(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(block rows, rows, block columns, columns, 3); a picture smaller than a block is one block."""
    rows, columns = picture.shape[:2]
    high, wide = min(_BLOCK, rows), min(_BLOCK, columns)
    down, across = rows // high, columns // wide
    whole = picture[: down * high, : across * wide].astype(np.float32)
    return whole.reshape(down, high, across, wide, 3)


def _share(chosen: NDArray[np.bool_], among: NDArray[np.bool_]) -> float:
    return float((chosen & among).sum() / max(1, int(among.sum())))
