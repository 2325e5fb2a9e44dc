# SPDX-License-Identifier: Apache-2.0
"""In which order regions are painted, and what each could gain."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from mtor_transcode.analyze.canvas.library import LARGEST
from mtor_transcode.analyze.canvas.regions import CHROMA_WEIGHT

LINE = 20
"""Height (px) of the bands in which small shapes are painted from left to right."""


def painting_order(boxes: NDArray[np.int64], areas: NDArray[np.int64]) -> NDArray[np.intp]:
    """Labels back to front: the large before the small, the small along lines of text.

    What encloses something else comes before it either way; along a line the step from place to place is
    short and alike.
    """
    width, height = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    extent = width * height
    small = np.maximum(width, height) <= LARGEST
    line = (boxes[:, 1] + boxes[:, 3]) // (2 * LINE)
    return np.lexsort((-areas, np.where(small, boxes[:, 0], -extent), np.where(small, line, -1), small))


@njit(cache=True, nogil=True)
def label_stakes(labels, count, target, shown, weight):  # type: ignore[no-untyped-def]
    """Weighted squared error of each label's pixels: what a shape could gain at most (count,)."""
    out = np.zeros(count)
    for y in range(labels.shape[0]):
        for x in range(labels.shape[1]):
            k = labels[y, x]
            if k < 0:
                continue
            error = 0.0
            for c in range(3):
                d = float(target[y, x, c]) - float(shown[y, x, c])
                error += d * d if c == 0 else CHROMA_WEIGHT * d * d
            out[k] += weight[y, x] * error
    return out


@njit(cache=True, nogil=True)
def label_boxes(labels, count):  # type: ignore[no-untyped-def]
    """Bounding boxes (count, 4) as x0, y0, x1, y1 (exclusive) and areas (count,) of labels."""
    height, width = labels.shape
    boxes = np.empty((count, 4), dtype=np.int64)
    boxes[:, 0] = width
    boxes[:, 1] = height
    boxes[:, 2:] = 0
    areas = np.zeros(count, dtype=np.int64)
    for y in range(height):
        for x in range(width):
            k = labels[y, x]
            if k < 0:
                continue
            areas[k] += 1
            boxes[k, 0] = min(boxes[k, 0], x)
            boxes[k, 1] = min(boxes[k, 1], y)
            boxes[k, 2] = max(boxes[k, 2], x + 1)
            boxes[k, 3] = max(boxes[k, 3], y + 1)
    return boxes, areas
