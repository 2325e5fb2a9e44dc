# SPDX-License-Identifier: Apache-2.0
"""Radial gradients fitted to pixels.

Colours of a gradient of two lie on a line, so what is fitted is how far along that line each cell of a coarse
grid is. Where that is a function of the distance from a centre, its slope points away from the centre: a
linear system in the centre and the squared aspect of the ellipses. Gauss and Newton's steps then take out
what noise in the slopes has bent, and the profile over the distance says where the colours begin and end.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numba import njit
from numpy.typing import NDArray

from mtor_transcode.analyze.canvas.regions import CHROMA_WEIGHT
from mtor_transcode.codec.radial_syntax import MAX_RADIUS, in_range
from mtor_transcode.model import Colour, RadialGradient
from mtor_transcode.model.paint import INNER_STEPS, RADIAL_STEPS
from mtor_transcode.render.gradient import Box, gradient_shares
from mtor_transcode.render.rasterizer import Rect

CELLS = 1024
"""Cells of the grid, about."""

LEAST_CELLS = 24
"""Cells that must have pixels."""

LEAST_RANGE = 4.0
"""Codes between the ends, in one channel, below which nothing is seen as a gradient."""

BINS = 48
"""Steps of a profile over the distance from the centre."""

MOST_ASPECT = 8.0
"""How many times as long as wide ellipses may be."""

STEPS = 6
"""Steps of Gauss and Newton's method."""

TURNS = 2
"""Times that outliers are put aside."""

OUTLIER = 3.0
"""Standard deviations, after the median's, from which on a cell counts for nothing."""

_Array = NDArray[np.float64]


TRUSTED = 0.06
"""Share of the range by which any cell may be off: where most are flat, the median says nothing of others."""


@dataclass(frozen=True, slots=True)
class _Cells:
    """Cells of a grid that have pixels: centres, weights, mean colours (n, 3), places on a line of colours.

    ``rows`` and ``columns`` say where they are in the grid, whose cells have ``side`` px.
    """

    x: _Array
    y: _Array
    weight: _Array
    colours: _Array
    level: _Array
    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    side: int

    def where(self, kept: NDArray[np.bool_]) -> _Cells:
        """Some of the cells."""
        return _Cells(
            self.x[kept],
            self.y[kept],
            self.weight[kept],
            self.colours[kept],
            self.level[kept],
            self.rows[kept],
            self.columns[kept],
            self.side,
        )


@dataclass(frozen=True, slots=True)
class _Rings:
    """Centre (px), how many times as much distances down count, where levels begin and cease to change.

    ``explained`` is how much less squared error there is than with one level.
    """

    x: float
    y: float
    aspect: float
    inner: float = 0.0
    outer: float = 0.0
    explained: float = 0.0

    def distances(self, cells: _Cells) -> _Array:
        return np.asarray(np.hypot(cells.x - self.x, (cells.y - self.y) * self.aspect))


def fit_radial(
    target: NDArray[np.uint8], weight: NDArray[np.float32], rect: Rect, box: Box
) -> RadialGradient | None:
    """The best radial gradient over ``box`` (px) for the pixels of ``rect``, or None where none is seen."""
    cells = _cells(target, weight, rect)
    if cells is None:
        return None
    starts = [
        _profiled(cells, start) for start in _starts(cells, (box[2] - box[0]) / max(box[3] - box[1], 1.0))
    ]
    if not starts:
        return None
    rings = max(starts, key=lambda start: start.explained)
    rings = _profiled(cells, _refined(cells, rings))
    clear = cells
    for _ in range(TURNS):
        clear = _without_outliers(cells, rings)
        rings = _profiled(clear, _refined(clear, rings))
    paint = _quantised(rings, box)
    return None if paint is None else _coloured(clear, paint, box)


def _cells(target: NDArray[np.uint8], weight: NDArray[np.float32], rect: Rect) -> _Cells | None:
    height, width = weight.shape
    side = max(1, int(np.sqrt(height * width / CELLS)))
    sums = block_sums(target, weight, side)
    rows, columns = np.nonzero(sums[..., 0] > 0.25 * sums[..., 0].max())
    if len(rows) < LEAST_CELLS:
        return None
    kept = sums[rows, columns]
    weights = kept[:, 0]
    colours = kept[:, 3:] / weights[:, None]
    scale = np.sqrt(np.array([1.0, CHROMA_WEIGHT, CHROMA_WEIGHT]))
    away = (colours - np.average(colours, axis=0, weights=weights)) * scale
    _, axes = np.linalg.eigh((away * weights[:, None]).T @ away)
    level = away @ axes[:, -1]
    if np.ptp(level) < LEAST_RANGE:
        return None
    x, y = kept[:, 1] / weights + rect[0] + 0.5, kept[:, 2] / weights + rect[1] + 0.5
    return _Cells(x, y, weights / weights.max(), colours, level, rows, columns, side)


@njit(cache=True, nogil=True)
def block_sums(target, weight, side):  # type: ignore[no-untyped-def]
    """Weight, weighted places and weighted colours of blocks of ``side`` px: (rows, columns, 6)."""
    height, width = weight.shape
    out = np.zeros(((height + side - 1) // side, (width + side - 1) // side, 6))
    for y in range(height):
        for x in range(width):
            w = weight[y, x]
            if w == 0:
                continue
            block = out[y // side, x // side]
            block[0] += w
            block[1] += w * x
            block[2] += w * y
            for c in range(3):
                block[3 + c] += w * target[y, x, c]
    return out


def _starts(cells: _Cells, box_aspect: float) -> list[_Rings]:
    """Guesses of the centre, for ellipses of any aspect, for circles, and for the box's own aspect."""
    gx, gy, x, y = _slopes(cells)
    if len(gx) < LEAST_CELLS // 2:
        return []
    starts: list[_Rings] = []
    # Slopes are along (x - cx, aspect^2 (y - cy)).
    free = _solved(np.stack([gx * y, -gx, gy], axis=1), gy * x)
    if free is not None and 1 / MOST_ASPECT**2 < free[0] < MOST_ASPECT**2:
        starts.append(_Rings(float(free[2]), float(free[1] / free[0]), float(np.sqrt(free[0]))))
    for aspect in sorted({1.0, box_aspect}):
        fixed = _solved(np.stack([-gx * aspect**2, gy], axis=1), gy * x - gx * y * aspect**2)
        if fixed is not None:
            starts.append(_Rings(float(fixed[1]), float(fixed[0]), aspect))
    return starts


def _slopes(cells: _Cells) -> tuple[_Array, _Array, _Array, _Array]:
    """Slopes of the smoothed levels across and down, and where (px), of cells with four neighbours."""
    shape = (int(cells.rows.max()) + 1, int(cells.columns.max()) + 1)
    there, level = np.zeros(shape), np.zeros(shape)
    there[cells.rows, cells.columns] = 1
    level[cells.rows, cells.columns] = cells.level
    near = cv2.blur(there, (3, 3), borderType=cv2.BORDER_CONSTANT)
    level = cv2.blur(level, (3, 3), borderType=cv2.BORDER_CONSTANT) / np.maximum(near, 1e-9)
    whole = np.zeros(shape, dtype=np.bool_)
    # Where neighbours are missing, means are not where the cells are.
    full = near > 0.999
    whole[1:-1, 1:-1] = full[1:-1, :-2] & full[1:-1, 2:] & full[:-2, 1:-1] & full[2:, 1:-1]
    rows, columns = cells.rows, cells.columns
    kept = whole[rows, columns]
    r, c = rows[kept], columns[kept]
    return (
        (level[r, c + 1] - level[r, c - 1]) / (2 * cells.side),
        (level[r + 1, c] - level[r - 1, c]) / (2 * cells.side),
        cells.x[kept],
        cells.y[kept],
    )


def _solved(matrix: _Array, wanted: _Array) -> _Array | None:
    """The least squares' solution, None where there is none to speak of."""
    scale = np.sqrt((matrix**2).sum(axis=0))
    if not scale.all():
        return None
    scaled = matrix / scale
    normal = scaled.T @ scaled
    if np.linalg.eigvalsh(normal)[0] < 1e-6:
        return None
    return np.asarray(np.linalg.solve(normal, scaled.T @ wanted) / scale)


def _profiled(cells: _Cells, rings: _Rings) -> _Rings:
    """Where, from the centre out, levels begin and cease to change, by the least squares over all of them."""
    distance = rings.distances(cells)
    most = float(distance.max())
    if most <= 0:
        return rings
    places = np.minimum((distance * (BINS / most)).astype(np.intp), BINS - 1)
    weight = np.bincount(places, cells.weight, BINS)
    sums = np.bincount(places, cells.weight * cells.level, BINS)
    middles = (np.arange(BINS) + 0.5) / BINS
    outer = np.arange(BINS // 4, BINS + 1) / BINS
    inner = np.arange(INNER_STEPS) / INNER_STEPS
    o, i = (part.ravel() for part in np.meshgrid(outer, inner))
    share = np.clip((middles / o[:, None] - i[:, None]) / (1 - i[:, None]), 0, 1)
    total, mean = weight.sum(), sums.sum() / weight.sum()
    st, stt, stu = share @ weight, share**2 @ weight, share @ sums
    spread = np.maximum(stt - st * st / total, 1e-9)
    explained = (stu - st * mean) ** 2 / spread
    best = int(np.argmax(explained))
    outer_most = float(o[best] * most)
    return replace(
        rings, inner=float(i[best]) * outer_most, outer=outer_most, explained=float(explained[best])
    )


def _refined(cells: _Cells, rings: _Rings) -> _Rings:
    """Centre and aspect moved by Gauss and Newton's steps, over what lies between inner and outer."""
    distance = rings.distances(cells)
    between = (distance > rings.inner) & (distance < rings.outer)
    if between.sum() < LEAST_CELLS:
        return rings
    cells = cells.where(between)
    root = np.sqrt(cells.weight)
    best, least, damping = rings, np.inf, 1e-3
    at = rings
    for _ in range(STEPS):
        distance = np.maximum(at.distances(cells), 1e-3)
        design = np.stack([np.ones_like(distance), distance], axis=1) * root[:, None]
        line = _line(distance, cells)
        rest = (cells.level - line[0] - line[1] * distance) * root
        error = float(rest @ rest)
        if error <= least:
            best, least, damping = at, error, damping / 4
        else:
            damping *= 64  # A quarter of it is left when the best one's turn has come again.
            at = best
            continue
        across, down = cells.x - at.x, cells.y - at.y
        ways = [-across, -(at.aspect**2) * down, at.aspect**2 * down**2]
        moves = np.stack(ways, axis=1) * (line[1] * root / distance)[:, None]
        jacobian = np.concatenate([design, moves], axis=1)
        normal = jacobian.T @ jacobian
        normal[np.diag_indices(5)] *= 1 + damping
        normal[np.diag_indices(5)] += 1e-9
        step = np.linalg.solve(normal, jacobian.T @ rest)[2:]
        aspect = at.aspect * float(np.exp(np.clip(step[2], -0.5, 0.5)))
        at = replace(best, x=at.x + float(step[0]), y=at.y + float(step[1]), aspect=aspect)
    return best


def _without_outliers(cells: _Cells, rings: _Rings) -> _Cells:
    share = _shares(cells, rings)
    line = _line(share, cells)
    rest = np.abs(cells.level - line[0] - line[1] * share)
    kept = rest <= max(OUTLIER * 1.4826 * float(np.median(rest)), TRUSTED * float(np.ptp(cells.level)))
    return cells.where(kept) if kept.sum() >= LEAST_CELLS else cells


def _shares(cells: _Cells, rings: _Rings) -> _Array:
    return np.asarray(
        np.clip((rings.distances(cells) - rings.inner) / max(rings.outer - rings.inner, 1e-6), 0, 1)
    )


def _quantised(rings: _Rings, box: Box) -> RadialGradient | None:
    """In whole steps of the box, without colours; None if that is out of range."""
    across, down = (box[2] - box[0]) / RADIAL_STEPS, (box[3] - box[1]) / RADIAL_STEPS
    if min(across, down, rings.outer) <= 0:
        return None
    paint = RadialGradient(
        (0, 0, 0),
        (0, 0, 0),
        round((rings.x - box[0]) / across),
        round((rings.y - box[1]) / down),
        max(1, min(MAX_RADIUS, round(rings.outer / across))),
        max(1, min(MAX_RADIUS, round(rings.outer / rings.aspect / down))),
        min(INNER_STEPS - 1, round(INNER_STEPS * rings.inner / rings.outer)),
    )
    if abs(paint.ry - paint.rx) <= 1:
        paint = replace(paint, ry=paint.rx)
    places = (paint.x, paint.y, paint.rx, paint.ry, paint.inner)
    return paint if in_range(places) else None


def _coloured(cells: _Cells, paint: RadialGradient, box: Box) -> RadialGradient | None:
    """The best colours for a geometry; None if they are all but one."""
    share = gradient_shares(paint, box, cells.x, cells.y)
    weighted = cells.weight * share
    total, st, stt = cells.weight.sum(), weighted.sum(), weighted @ share
    spread = stt - st * st / total
    if spread < 1e-6 * total:
        return None
    mean = cells.weight @ cells.colours / total
    rise = (weighted @ cells.colours - st * mean) / spread
    first = mean - rise * (st / total)
    ends = _codes(first), _codes(first + rise)
    if max(abs(a - b) for a, b in zip(*ends, strict=True)) < LEAST_RANGE:
        return None
    return replace(paint, first=ends[0], last=ends[1])


def _line(place: _Array, cells: _Cells) -> tuple[float, float]:
    """Base and slope of the levels over places."""
    weight = cells.weight
    total = weight.sum()
    middle, mean = weight @ place / total, weight @ cells.level / total
    away = weight * (place - middle)
    slope = float(away @ cells.level / max(float(away @ place), 1e-9))
    return float(mean - slope * middle), slope


def _codes(values: _Array) -> Colour:
    y, cb, cr = (int(v) for v in np.clip(np.rint(values), 0, 255))
    return y, cb, cr
