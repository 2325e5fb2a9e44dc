# SPDX-License-Identifier: Apache-2.0
"""Shading fields: uniform cubic B-splines over a box, and the tiles that engines draw them with.

Beyond the sides the control points go on in straight lines (point -1 is twice point 0 less point 1), so the
spline meets the first and the last ones at the sides, planes stay planes, and no share leaves 0 to 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mtor_transcode.model import Border, Colour, ShadingField
from mtor_transcode.render.matrix import Matrix

Box = tuple[float, float, float, float]

FINE = 8
"""Px of a tile between neighbouring nodes: between them it is bilinear."""

LEAST_SIDE = 1.0
"""Least side of a box in px: fields of lines need something to be spread over."""


@dataclass(frozen=True, slots=True)
class FloatField:
    """A shading field between key times: the fields of ``ShadingField``, its levels as shares of 0 to 1."""

    first: Colour
    last: Colour
    columns: int
    levels: tuple[float, ...]
    border: Border | None = None


AnyField = ShadingField | FloatField


def field_grid(field: AnyField) -> NDArray[np.float64]:
    """The control points as shares of 0 to 1: ``(rows, columns)``."""
    levels = np.array(field.levels, dtype=np.float64).reshape(-1, field.columns)
    return levels / field.steps if isinstance(field, ShadingField) else levels


def spline_weights(nodes: int, places: NDArray[np.float64]) -> NDArray[np.float64]:
    """What each of so many control points counts at places in 0 to 1 along a side: (len(places), nodes).

    De Boor, "A Practical Guide to Splines" (1978), for even knots; the points beyond the ends are resolved.
    """
    at = np.clip(places, 0, 1) * (nodes - 1)
    left = np.minimum(at.astype(np.intp), nodes - 2)
    f = at - left
    weights = np.zeros((len(at), nodes + 2))
    rows = np.arange(len(at))
    weights[rows, left] = (1 - f) ** 3 / 6
    weights[rows, left + 1] = (4 - 6 * f**2 + 3 * f**3) / 6
    weights[rows, left + 2] = (1 + 3 * f + 3 * f**2 - 3 * f**3) / 6
    weights[rows, left + 3] = f**3 / 6
    whole = weights[:, 1:-1].copy()
    for end, next_one in ((0, 1), (-1, -2)):
        whole[:, end] += 2 * weights[:, end]
        whole[:, next_one] -= weights[:, end]
    return whole


def field_weights(
    field: AnyField, box: Box, x: NDArray[np.floating], y: NDArray[np.floating]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What each row of points counts at ``y`` (h), and each column at ``x`` (w), in the units of ``box``."""
    width, height = field_sides(box)
    rows = len(field.levels) // field.columns
    down, across = np.asarray(y - box[1]) / height, np.asarray(x - box[0]) / width
    return spline_weights(rows, down), spline_weights(field.columns, across)


def field_shares(
    field: AnyField, box: Box, x: NDArray[np.floating], y: NDArray[np.floating]
) -> NDArray[np.float64]:
    """How far from the first colour to the last a field is at places in the units of ``box``.

    ``x`` (1, w) and ``y`` (h, 1) make a grid of them; others go together.
    """
    grid = field_grid(field)
    rows, columns = grid.shape
    width, height = field_sides(box)
    across, down = np.asarray(x - box[0]) / width, np.asarray(y - box[1]) / height
    if across.ndim == 2 and across.shape[0] == 1 and down.shape[1:] == (1,):
        of_rows, of_columns = spline_weights(rows, down[:, 0]), spline_weights(columns, across[0])
        return np.asarray(of_rows @ grid @ of_columns.T)
    shape = np.broadcast_shapes(across.shape, down.shape)
    of_columns = spline_weights(columns, np.broadcast_to(across, shape).ravel())
    of_rows = spline_weights(rows, np.broadcast_to(down, shape).ravel())
    return np.asarray(((of_rows @ grid) * of_columns).sum(axis=1)).reshape(shape)


def field_pixels(field: AnyField) -> NDArray[np.uint8]:
    """A picture of a field, ``FINE`` px from node to node: (h, w, 3) codes, read-only."""
    grid = field_grid(field)
    of_rows, of_columns = (
        spline_weights(nodes, np.linspace(0, 1, FINE * (nodes - 1) + 1)) for nodes in grid.shape
    )
    share = (of_rows @ grid @ of_columns.T)[..., None]
    first, last = np.array(field.first, dtype=np.float64), np.array(field.last, dtype=np.float64)
    pixels = np.floor(first + (last - first) * share + 0.5).astype(np.uint8)
    pixels.flags.writeable = False
    return pixels


def field_matrix(field: AnyField, box: Box) -> Matrix:
    """From px of ``field_pixels`` to a box: the centres of its outermost px lie on the sides."""
    columns, rows = field.columns, len(field.levels) // field.columns
    width, height = field_sides(box)
    across, down = width / (FINE * (columns - 1)), height / (FINE * (rows - 1))
    return (across, 0.0, 0.0, down, box[0] - across / 2, box[1] - down / 2)


def field_sides(box: Box) -> tuple[float, float]:
    """Width and height of what a field is spread over."""
    return max(box[2] - box[0], LEAST_SIDE), max(box[3] - box[1], LEAST_SIDE)
