# SPDX-License-Identifier: Apache-2.0
"""The colours of shading fields over rectangles, by kernels: shapes are fitted with them again and again."""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from mtor_transcode.model import ShadingField
from mtor_transcode.render.field import field_grid, field_sides, field_weights
from mtor_transcode.render.matrix import Matrix, inverse
from mtor_transcode.render.rasterizer import Rect

Colours = NDArray[np.float32]


def field_colours(
    paint: ShadingField, box: tuple[float, float, float, float], matrix: Matrix, rect: Rect
) -> Colours:
    """A field over ``box`` as ``matrix`` shows it in ``rect``: (h, w, 3), (1, 1, 3) where it has no area."""
    first = np.array(paint.first, dtype=np.float32)
    if matrix[0] * matrix[3] == matrix[1] * matrix[2]:
        return first.reshape(1, 1, 3)
    a, b, c, d, e, f = inverse(matrix)
    rise = np.array(paint.last, dtype=np.float32) - first
    grid = field_grid(paint)
    if b or c:
        width, height = field_sides(box)
        across = a / width, c / width, (e - box[0]) / width
        down = b / height, d / height, (f - box[1]) / height
        turned: Colours = _turned(first, rise, _continued(grid), (across, down), rect)
        return turned
    x, y = np.arange(rect[0], rect[2]) + 0.5, np.arange(rect[1], rect[3]) + 0.5
    of_rows, of_columns = field_weights(paint, box, a * x + e, d * y + f)
    lines = (of_rows @ grid).astype(np.float32)
    upright: Colours = _upright(first, rise, lines, of_columns.astype(np.float32))
    return upright


def _continued(grid: NDArray[np.float64]) -> NDArray[np.float64]:
    """Control points with those beyond each side, where they go on in straight lines."""
    for _ in range(2):  # Rows, then columns.
        grid = np.vstack([2 * grid[:1] - grid[1:2], grid, 2 * grid[-1:] - grid[-2:-1]]).T
    return np.ascontiguousarray(grid)


@njit(cache=True, nogil=True)
def _upright(first, rise, lines, weights):  # type: ignore[no-untyped-def]
    """Colours of a field from its columns' points in each line of px, and what they count in each column."""
    height, width, nodes = lines.shape[0], weights.shape[0], weights.shape[1]
    out = np.empty((height, width, 3), dtype=np.float32)
    for x in range(width):
        start = 0
        while weights[x, start] == 0:
            start += 1
        end = min(start + 4, nodes)
        for y in range(height):
            share = np.float32(0)
            for k in range(start, end):
                share += weights[x, k] * lines[y, k]
            for c in range(3):
                out[y, x, c] = first[c] + rise[c] * share
    return out


@njit(cache=True, nogil=True)
def _turned(first, rise, grid, ways, rect):  # type: ignore[no-untyped-def]
    """Colours of a field that does not lie along the px.

    ``grid`` goes on beyond the sides; ``ways`` tell for each axis of the field what it rises by from px to px
    across and down, and where it begins, as shares of its side.
    """
    x0, y0, x1, y1 = rect
    out = np.empty((y1 - y0, x1 - x0, 3), dtype=np.float32)
    (xx, xy, x_from), (yx, yy, y_from) = ways
    columns, rows = grid.shape[1] - 2, grid.shape[0] - 2
    for y in range(y1 - y0):
        py = y + y0 + 0.5
        for x in range(x1 - x0):
            px = x + x0 + 0.5
            column, across = _weights(xx * px + xy * py + x_from, columns)
            row, down = _weights(yx * px + yy * py + y_from, rows)
            share = 0.0
            for k in range(4):
                line = 0.0
                for m in range(4):
                    line += across[m] * grid[row + k, column + m]
                share += down[k] * line
            for c in range(3):
                out[y, x, c] = first[c] + rise[c] * np.float32(share)
    return out


@njit(cache=True, nogil=True)
def _weights(place, nodes):  # type: ignore[no-untyped-def]
    """The first of the four points that count at a place (0 to 1) along a side, and what each counts.

    See ``render.field.spline_weights``.
    """
    at = min(max(place, 0.0), 1.0) * (nodes - 1)
    left = min(math.floor(at), nodes - 2)
    f = at - left
    square, cube = f * f, f * f * f
    rest = 1 - f
    return left, (
        rest * rest * rest / 6,
        (4 - 6 * square + 3 * cube) / 6,
        (1 + 3 * f + 3 * square - 3 * cube) / 6,
        cube / 6,
    )
