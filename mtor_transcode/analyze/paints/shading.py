# SPDX-License-Identifier: Apache-2.0
"""Shading fields fitted to pixels, by rate and distortion.

Colours of a field lie on a line, as those of a gradient do (``radial``), so what is fitted is how far along
it each block of px is. The spline's control points are the least squares' solution, in closed form from the
blocks' weights; where no px are, points follow their neighbours. What any rounded levels cost more than the
solution is a quadratic form in what they are off, so grids of all sizes and steps are compared, and single
levels moved where bits fall by more, without a px being looked at again.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numba import njit
from numpy.typing import NDArray

from mtor_transcode.analyze.canvas.regions import CHROMA_WEIGHT
from mtor_transcode.analyze.paints.radial import LEAST_RANGE, block_sums
from mtor_transcode.model import Colour, ShadingField
from mtor_transcode.model.paint import FIELD_STEPS
from mtor_transcode.render.field import field_grid, spline_weights
from mtor_transcode.render.gradient import Box
from mtor_transcode.render.rasterizer import Rect

SIDES = (3, 4, 5, 6, 8, 10, 12, 14, 17)
"""Nodes along the longer side of a box that are tried, until more of them cost more."""

PATIENCE = 2
"""Sizes in a row that may cost more than the best one: few nodes may miss what matters."""

BLOCKS = 4096
"""Blocks of px, about."""

LEAST_BLOCKS = 24
"""Blocks that must have pixels."""

PAINT_BITS = 36.0
"""What a field costs but for its levels, roughly."""

STILL_BITS, MOVED_BITS = 0.4, 2.2
"""What a level costs, roughly, as expected, and else: that and twice the logarithm of how far off."""

STIFFNESS = 1e-3
"""How much points hold to what is expected of them, against the mean weight of points that have px."""

TURNS = 3
"""Times that all levels are looked at again."""

_Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Blocks:
    """Blocks of px: weights and places on a line of colours (r, c), mean colours (r, c, 3).

    ``across`` (c) and ``down`` (r) are where their centres lie along the sides of the box, 0 to 1.
    """

    weight: _Array
    level: _Array
    colours: _Array
    across: _Array
    down: _Array


@dataclass(frozen=True, slots=True)
class _Solved:
    """Control points in codes (rows, columns); what squares of what they are off cost: (n, n), symmetric.

    ``error`` is the squared error that is left.
    """

    points: _Array
    cost: _Array
    error: float


def field_bits(field: ShadingField) -> float:
    """What a new field costs, roughly."""
    levels = np.array(field.levels, dtype=np.int64).reshape(-1, field.columns)
    return PAINT_BITS + float(_grid_bits(levels, field.steps))


def fit_field(
    target: NDArray[np.uint8], weight: NDArray[np.float32], rect: Rect, box: Box, lam: float
) -> ShadingField | None:
    """The best shading field over ``box`` (px) for the pixels of ``rect`` at a lambda, or None where none is.

    ``target`` (h, w, 3), ``weight`` (h, w) scales squared errors.
    """
    blocks = _blocks(target, weight, rect, box)
    if blocks is None:
        return None
    best: tuple[float, NDArray[np.int64], int] | None = None
    worse = 0
    for rows, columns in _sizes(box):
        tried = min(_rounded(_solve(blocks, rows, columns), lam), key=lambda tried: tried[0])
        worse = 0 if best is None or tried[0] < best[0] else worse + 1
        if worse == 0:
            best = tried
        elif worse == PATIENCE:
            break
    assert best is not None
    _, levels, steps = best
    field = ShadingField((0, 0, 0), (0, 0, 0), levels.shape[1], tuple(levels.ravel().tolist()), steps)
    return _coloured(blocks, field)


def _sizes(box: Box) -> Iterator[tuple[int, int]]:
    """Rows and columns that make cells about square."""
    width, height = box[2] - box[0], box[3] - box[1]
    for side in SIDES:
        other = max(2, round(1 + (side - 1) * min(width, height) / max(width, height, 1e-9)))
        yield (other, side) if width >= height else (side, other)


def _blocks(target: NDArray[np.uint8], weight: NDArray[np.float32], rect: Rect, box: Box) -> _Blocks | None:
    """The blocks, or None where all are of about one colour."""
    height, width = weight.shape
    side = max(1, math.ceil(math.sqrt(height * width / BLOCKS)))
    sums = block_sums(target, weight, side)
    mass = sums[..., 0]
    there = mass > 0
    if there.sum() < LEAST_BLOCKS:
        return None
    colours = sums[..., 3:] / np.maximum(mass, 1e-9)[..., None]
    mean = np.average(colours[there], axis=0, weights=mass[there])
    away = (colours - mean) * np.sqrt(np.array([1.0, CHROMA_WEIGHT, CHROMA_WEIGHT]))
    _, axes = np.linalg.eigh((away[there] * mass[there][:, None]).T @ away[there])
    level = np.where(there, away @ axes[:, -1], 0.0)
    if np.ptp(level[there]) < LEAST_RANGE:
        return None
    x = rect[0] + side * (np.arange(mass.shape[1]) + 0.5)
    y = rect[1] + side * (np.arange(mass.shape[0]) + 0.5)
    across, down = (x - box[0]) / max(box[2] - box[0], 1.0), (y - box[1]) / max(box[3] - box[1], 1.0)
    return _Blocks(mass, level, colours, across, down)


def _solve(blocks: _Blocks, rows: int, columns: int) -> _Solved:
    of_rows, of_columns = spline_weights(rows, blocks.down), spline_weights(columns, blocks.across)
    pairs_of_rows = (of_rows[:, :, None] * of_rows[:, None, :]).reshape(len(of_rows), -1)
    pairs_of_columns = (of_columns[:, :, None] * of_columns[:, None, :]).reshape(len(of_columns), -1)
    cost = pairs_of_rows.T @ blocks.weight @ pairs_of_columns
    count = rows * columns
    cost = cost.reshape(rows, rows, columns, columns).transpose(0, 2, 1, 3).reshape(count, count)
    wanted = (of_rows.T @ (blocks.weight * blocks.level) @ of_columns).ravel()
    held = _expectations(rows, columns)
    stiff = STIFFNESS * float(np.trace(cost)) / count
    full = cost + stiff * held.T @ held
    full[np.diag_indices(count)] += 1e-6 * stiff + 1e-9
    points = np.linalg.solve(full, wanted).reshape(rows, columns)
    rest = blocks.level - of_rows @ points @ of_columns.T
    return _Solved(np.asarray(points), cost, float((blocks.weight * rest**2).sum()))


def _expectations(rows: int, columns: int) -> _Array:
    """What each point is more than is expected of it (``field_syntax``), as rows of a matrix."""
    index = np.arange(rows * columns).reshape(rows, columns)
    out = np.zeros((rows * columns, rows * columns))
    across, down, inner = index[0, 1:], index[1:, 0], index[1:, 1:].ravel()
    out[across, across], out[across, across - 1] = 1, -1
    out[down, down], out[down, down - columns] = 1, -1
    out[inner, inner], out[inner, inner - columns - 1] = 1, 1
    out[inner, inner - 1], out[inner, inner - columns] = -1, -1
    return out


def _rounded(solved: _Solved, lam: float) -> Iterator[tuple[float, NDArray[np.int64], int]]:
    """Error and price, levels and steps, for all numbers of steps."""
    for steps in FIELD_STEPS:
        low, size = _scale(solved, steps)
        wanted = (solved.points - low) / size
        levels = np.rint(wanted).astype(np.int64)
        _settle(levels, wanted, solved.cost * size**2, lam, steps)
        yield _worth(solved, levels, steps, lam), levels, steps


def _scale(solved: _Solved, steps: int) -> tuple[float, float]:
    """The code that the level 0 stands for, and the size of a step."""
    low = float(solved.points.min())
    return low, max(float(solved.points.max()) - low, 1e-6) / steps


def _worth(solved: _Solved, levels: NDArray[np.int64], steps: int, lam: float) -> float:
    low, size = _scale(solved, steps)
    off = (low + size * levels - solved.points).ravel()
    error = solved.error + float(off @ solved.cost @ off)
    return error + lam * (PAINT_BITS + float(_grid_bits(levels, steps)))


@njit(cache=True, nogil=True)
def _expected(levels, row, column, steps):  # type: ignore[no-untyped-def]
    if row == 0:
        return levels[0, column - 1] if column else steps // 2
    if column == 0:
        return levels[row - 1, 0]
    plane = levels[row, column - 1] + levels[row - 1, column] - levels[row - 1, column - 1]
    return max(0, min(steps, plane))


@njit(cache=True, nogil=True)
def _level_bits(levels, row, column, steps):  # type: ignore[no-untyped-def]
    off = abs(levels[row, column] - _expected(levels, row, column, steps))
    return STILL_BITS if off == 0 else MOVED_BITS + 2 * np.log2(off)


@njit(cache=True, nogil=True)
def _grid_bits(levels, steps):  # type: ignore[no-untyped-def]
    bits = 0.0
    for row in range(levels.shape[0]):
        for column in range(levels.shape[1]):
            bits += _level_bits(levels, row, column, steps)
    return bits


@njit(cache=True, nogil=True)
def _bits_around(levels, row, column, steps):  # type: ignore[no-untyped-def]
    """Bits of a level and of those that are told from it."""
    bits = _level_bits(levels, row, column, steps)
    if column + 1 < levels.shape[1]:
        bits += _level_bits(levels, row, column + 1, steps)
    if row + 1 < levels.shape[0]:
        bits += _level_bits(levels, row + 1, column, steps)
        if column + 1 < levels.shape[1]:
            bits += _level_bits(levels, row + 1, column + 1, steps)
    return bits


@njit(cache=True, nogil=True)
def _settle(levels, wanted, cost, lam, steps):  # type: ignore[no-untyped-def]
    """Move single levels where what they cost falls by more than the error rises, in place."""
    rows, columns = levels.shape
    count = rows * columns
    slope = np.zeros(count)
    for k in range(count):
        for j in range(count):
            slope[k] += cost[k, j] * (levels[j // columns, j % columns] - wanted[j // columns, j % columns])
    for _ in range(TURNS):
        moved = False
        for k in range(count):
            row, column = k // columns, k % columns
            now = levels[row, column]
            before = _bits_around(levels, row, column, steps)
            best, least = now, 0.0
            for tried in (now - 1, now + 1, _expected(levels, row, column, steps)):
                if tried < 0 or tried > steps or tried == now:
                    continue
                by = tried - now
                levels[row, column] = tried
                change = by * by * cost[k, k] + 2 * by * slope[k]
                change += lam * (_bits_around(levels, row, column, steps) - before)
                if change < least - 1e-9:
                    best, least = tried, change
            levels[row, column] = best
            if best != now:
                moved = True
                for j in range(count):
                    slope[j] += cost[j, k] * (best - now)
        if not moved:
            return


def _coloured(blocks: _Blocks, field: ShadingField) -> ShadingField | None:
    """The best colours for levels; None if they are all but one."""
    grid = field_grid(field)
    of_rows, of_columns = spline_weights(len(grid), blocks.down), spline_weights(field.columns, blocks.across)
    share = of_rows @ grid @ of_columns.T
    total = float(blocks.weight.sum())
    middle = float((blocks.weight * share).sum()) / total
    away = blocks.weight * (share - middle)
    spread = float((away * share).sum())
    if spread < 1e-6 * total:
        return None
    rise = np.tensordot(away, blocks.colours, 2) / spread
    mean = np.tensordot(blocks.weight, blocks.colours, 2) / total
    first, last = _codes(mean - rise * middle), _codes(mean + rise * (1 - middle))
    if max(abs(a - b) for a, b in zip(first, last, strict=True)) < LEAST_RANGE:
        return None
    return replace(field, first=first, last=last)


def _codes(values: _Array) -> Colour:
    y, cb, cr = (int(v) for v in np.clip(np.rint(values), 0, 255))
    return y, cb, cr
