# SPDX-License-Identifier: Apache-2.0
"""Thin lines found: a centre line, a width, a contrast, where an outline would pay for both sides."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mtor_transcode.analyze.canvas.easel import Picture, Plane
from mtor_transcode.analyze.lines.chain_ends import Chain
from mtor_transcode.analyze.lines.chains import WIDEST, length_of, line_contrast, trace_lines, without_thin
from mtor_transcode.analyze.shapes.outlines import best_vertices, grid_step, smooth_nodes
from mtor_transcode.model import UNITS_PER_PX, Contour, NodeKind
from mtor_transcode.render.matrix import Matrix, inverse

LEAST_CONTRAST, MOST_CONTRAST = 7.0, 24.0
"""Range (codes) of the least contrast a line must have; between them it follows lambda."""

REACH = 4.0
"""Px across a line within which its profile is looked at."""

NEAR = 2.5
"""Px across a line that tell where its middle is."""

BESIDE = 2.0
"""Px beyond a line's border at which its sides are looked at."""

ALIKE = 0.35
MOSTLY = 0.7
"""Share of the line's contrast by which its sides may differ, and of its length where they must agree."""

SMOOTHED = 9
"""Points of a chain over which its centre is averaged."""

BEYOND = 4
"""Px by which a line that ends at the frame goes on beyond it."""

AT_EDGE = 4.0
"""Px from the frame's edge at which a line counts as reaching it."""

STRAIGHT = 0.5
"""Px by which most of a chain may stray from a straight line; a few points may go further."""

SLENDER = 25.0
"""Times its width that a line is long."""

THERE = 0.6
"""Share of a line's contrast that a picture has which shows it already."""

PLAIN = 45.0
"""Px of a line for each node beyond the third: what turns more often is writing, not a line."""

DRAWN, LIVELY = 150.0, 15.0
"""Px of a line that is too long for writing, and px of such a line for each node: a noisy curve in a plot."""

SIDES = 2.0
"""Sides of a line, which both err where it is off."""

ROUGH = 1.0
"""Px^2 a bit at which turns are counted."""

UPRIGHT = 0.35
"""Px by which the ends of a level or upright line may differ."""


@dataclass(frozen=True, slots=True)
class Line:
    """A thin line: its path in units, and the same of straight pieces alone where that is another one (arcs
    cut the corners of a noisy curve); its width in px, its contrast in codes, and roughly the squared error
    that it takes away."""

    path: Contour
    angular: Contour | None
    width: float
    contrast: float
    gain: float


@dataclass(frozen=True, slots=True)
class Lines:
    """The thin lines of a picture, longest first, and the pixels they take, (H, W) bool."""

    lines: list[Line]
    mask: NDArray[np.bool_]


def find_lines(
    target: Picture,
    where: NDArray[np.bool_],
    lam: float,
    view: Matrix,
    enough: float = 0.0,
    shown: Picture | None = None,
) -> Lines:
    """The thin lines of ``target`` inside ``where`` that may be worth a stroke at ``lam``.

    None at all where they can take away no squared error of ``enough`` in sum, and none that ``shown`` has.
    """
    contrast = line_contrast(target, where)
    least = min(max(math.sqrt(0.05 * lam), LEAST_CONTRAST), MOST_CONTRAST)
    mask = np.zeros(target.shape[:2], np.uint8)
    lines = []
    for chain in trace_lines(target, contrast, least, enough):
        profile = _profile(contrast, target, chain)
        length = length_of(profile.chain)
        if profile.width > WIDEST or length < SLENDER * profile.width or not profile.alone:
            continue
        if shown is not None and _is_there(profile, target, shown):
            continue
        world = _through(profile.chain, view)
        rough = _path(world, ROUGH, mask.shape)
        if rough is None or len(rough.points) > 3 + length / (PLAIN if length < DRAWN else LIVELY):
            continue
        area_per_bit = min(max(lam / max(SIDES * profile.contrast**2, 1.0), 0.01), 20.0)
        path = _path(world, area_per_bit, mask.shape)
        if path is None:
            continue
        angular = _path(world, area_per_bit, mask.shape, curves=False) if _is_curved(path) else None
        gain = length * profile.width * profile.contrast**2
        lines.append(Line(path, angular, profile.width, profile.contrast, gain))
        points = np.rint(profile.chain - 0.5).astype(np.int32).reshape(-1, 1, 2)
        cv2.polylines(mask, [points], False, 1, 5)
    if sum(line.gain for line in lines) < enough:
        lines = []
    return Lines(lines, (mask > 0) & (contrast > least / 2))


def without_lines(target: Picture, lines: Lines) -> Picture:
    """The picture as it would be without its thin lines: their pixels from around them."""
    return np.where(lines.mask[..., None], without_thin(target, lines.mask), target)


@dataclass(frozen=True, slots=True)
class _Profile:
    """A line across: the chain moved to its middle, its width (px), its contrast (codes), and whether both of
    its sides look the same."""

    chain: Chain
    width: float
    contrast: float
    alone: bool


def _profile(contrast: Plane, target: Picture, chain: Chain) -> _Profile:
    points = chain[:: max(1, len(chain) // 1200)]
    across = _across(points)
    offsets = np.arange(-REACH, REACH + 0.25, 0.5)
    profile = _sampled(contrast, points, across, offsets, cv2.BORDER_CONSTANT)
    near = profile * (np.abs(offsets) <= NEAR)
    shift = (near * offsets).sum(axis=1) / np.maximum(near.sum(axis=1), 1e-6)
    shift = np.median(np.stack([np.roll(shift, k) for k in (-1, 0, 1)]), axis=0)
    centred = _averaged(points + across * cv2.blur(shift.reshape(-1, 1), (1, SMOOTHED)))
    peak = float(np.percentile(profile.max(axis=1), 75))
    width = max(float(np.median(near.sum(axis=1))) * 0.5 / max(peak, 1e-6), 0.5)
    sides = _sampled(target, centred, across, np.array([-1.0, 1.0]) * (width / 2 + BESIDE)).astype(np.float32)
    apart = np.abs(sides[:, 0] - sides[:, 1]).max(axis=1)
    apart[_beyond(centred, across * (width / 2 + BESIDE), target.shape)] = 0
    alone = float(np.mean(apart < max(ALIKE * peak, 6.0))) > MOSTLY
    return _Profile(centred, width, peak, alone)


def _is_there(profile: _Profile, target: Picture, shown: Picture) -> bool:
    """Whether a picture shows the line already, on whatever ground."""
    chain, across = profile.chain, _across(profile.chain)
    aside = profile.width / 2 + BESIDE
    rises = []
    for picture in (target, shown):
        left, middle, right = _sampled(
            np.ascontiguousarray(picture[..., 0]), chain, across, np.array([-aside, 0.0, aside])
        ).T.astype(np.float32)
        rises.append(middle - (left + right) / 2)
    asked, there = rises
    return float(np.mean(there * np.sign(asked) > THERE * np.abs(asked))) > MOSTLY


def _across(points: Chain) -> Chain:
    """Directions (N, 2) of length 1 across a chain."""
    ways = np.gradient(_averaged(points), axis=0)
    norms = np.maximum(np.hypot(ways[:, 0], ways[:, 1]), 1e-9)
    return np.asarray(np.stack([-ways[:, 1], ways[:, 0]], axis=1) / norms[:, None])


def _beyond(points: Chain, aside: Chain, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Where one side of a line is out of the frame: nothing is known of it."""
    out = np.zeros(len(points), dtype=bool)
    for x, y in ((points - aside).T, (points + aside).T):
        out |= (x < 0) | (y < 0) | (x > shape[1]) | (y > shape[0])
    return out


def _sampled(
    picture: NDArray[Any],
    points: Chain,
    across: Chain,
    offsets: NDArray[np.float64],
    border: int = cv2.BORDER_REPLICATE,
) -> NDArray[Any]:
    """A picture's values at ``offsets`` (px) across a chain: (N, offsets, ...)."""
    places = (points[:, None, :] + across[:, None, :] * offsets[None, :, None] - 0.5).astype(np.float32)
    x, y = places[..., 0], places[..., 1]
    values: NDArray[Any] = cv2.remap(picture, x, y, cv2.INTER_LINEAR, borderMode=border)
    return values


def _averaged(points: Chain) -> Chain:
    """A chain smoothed along itself; its ends stay."""
    if len(points) < 5:
        return points
    reach = min(SMOOTHED, len(points) // 2 * 2 - 1)
    padded = np.concatenate(
        [2 * points[:1] - points[reach:0:-1], points, 2 * points[-1:] - points[-2 : -reach - 2 : -1]]
    )
    kernel = np.ones(reach) / reach
    smooth = np.stack([np.convolve(padded[:, axis], kernel, mode="same") for axis in range(2)], axis=1)
    return smooth[reach : reach + len(points)]


def _through(chain: Chain, view: Matrix) -> Chain:
    """From px of the picture to px of the world."""
    a, b, c, d, e, f = inverse(view)
    x, y = chain[:, 0], chain[:, 1]
    return np.stack([a * x + c * y + e, b * x + d * y + f], axis=1)


def _is_curved(path: Contour) -> bool:
    return NodeKind.SMOOTH in path.kinds


def _path(
    chain: Chain, area_per_bit: float, shape: tuple[int, ...], *, curves: bool = True
) -> Contour | None:
    """An open contour of few nodes along the chain, in units."""
    chain = _to_edges(_straightened(chain), shape)
    straight = chain[[0, -1]]
    thin = (
        cv2.approxPolyDP(chain.astype(np.float32).reshape(-1, 1, 2), 0.15, False)
        .reshape(-1, 2)
        .astype(np.float64)
    )
    if len(thin) < 2:
        return None
    if len(thin) > 2:
        chosen, arcs = best_vertices(thin, area_per_bit, curves)
        vertices = thin[chosen]
    else:
        vertices, arcs = straight, np.zeros(1, dtype=bool)
    if len(vertices) == 2 and not arcs[0]:
        vertices = _levelled(vertices)
        kinds = np.zeros(2, dtype=bool)
    else:
        if len(vertices) == 2:
            vertices = np.stack([vertices[0], chain[len(chain) // 2], vertices[1]])
            arcs = np.ones(2, dtype=bool)
        kinds = smooth_nodes(vertices, arcs, closed=False)
    step = min(grid_step(area_per_bit, length_of(vertices) / len(vertices)), 8)
    grid = np.rint(vertices * (UNITS_PER_PX / step)).astype(np.int64) * step
    keep = np.concatenate([[True], np.any(grid[1:] != grid[:-1], axis=1)])
    grid, kinds = grid[keep], kinds[keep]
    if len(grid) < 2:
        return None
    return Contour(
        tuple((int(x), int(y)) for x, y in grid),
        tuple(NodeKind.SMOOTH if smooth else NodeKind.CORNER for smooth in kinds),
        closed=False,
    )


def _straightened(chain: Chain) -> Chain:
    """The two ends of the straight line that most of a chain lies on, or the chain itself if it is bent.

    Crossings pull a chain aside here and there; the line through the others does not follow.
    """
    vx, vy, x, y = (
        float(v) for v in cv2.fitLine(chain.astype(np.float32), cv2.DIST_HUBER, 0, 0.01, 0.01).ravel()
    )
    aside = np.abs((chain[:, 0] - x) * vy - (chain[:, 1] - y) * vx)
    if np.percentile(aside, 85) > STRAIGHT or aside.max() > 7 * STRAIGHT:
        return chain
    along = (chain[[0, -1], 0] - x) * vx + (chain[[0, -1], 1] - y) * vy
    return np.stack([x + along * vx, y + along * vy], axis=1)


def _to_edges(chain: Chain, shape: tuple[int, ...]) -> Chain:
    """A chain that ends near the frame's edge goes on beyond it."""
    height, width = shape[0], shape[1]
    parts = [chain]
    for first, ends in ((True, chain), (False, chain[::-1])):
        x, y = ends[0]
        way = ends[0] - ends[min(12, len(ends) - 1)]
        way = way / max(float(np.hypot(*way)), 1e-9)
        goals = []
        if x < AT_EDGE and way[0] < -0.3:
            goals.append((-BEYOND - x) / way[0])
        if x > width - AT_EDGE and way[0] > 0.3:
            goals.append((width + BEYOND - x) / way[0])
        if y < AT_EDGE and way[1] < -0.3:
            goals.append((-BEYOND - y) / way[1])
        if y > height - AT_EDGE and way[1] > 0.3:
            goals.append((height + BEYOND - y) / way[1])
        if goals:
            tip = (ends[0] + way * max(goals)).reshape(1, 2)
            parts = [tip, *parts] if first else [*parts, tip]
    return np.concatenate(parts)


def _levelled(ends: Chain) -> Chain:
    """Two ends of a line that is all but level or upright, made so."""
    out = ends.copy()
    for axis in range(2):
        if abs(ends[0, axis] - ends[1, axis]) < UPRIGHT:
            out[:, axis] = ends[:, axis].mean()
    return out
