# SPDX-License-Identifier: Apache-2.0
"""Thin lines as strokes: a centre line, a width, a colour, where an outline would pay for both sides."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mtor_transcode.analyze.chains import WIDEST, Chain, length_of, line_contrast, trace_lines, without_thin
from mtor_transcode.analyze.easel import Picture, Plane, best_colour, cover_rect, coverage, gain_of
from mtor_transcode.analyze.library import Palette
from mtor_transcode.analyze.live import LiveShapes
from mtor_transcode.analyze.outlines import best_vertices, grid_step, smooth_nodes
from mtor_transcode.analyze.paints import to_colour
from mtor_transcode.analyze.vectorize import apply_state
from mtor_transcode.codec.canonical import canonical_state
from mtor_transcode.model import UNITS_PER_PX, Contour, NodeKind, Outline, ShapeState, Solid, Transform
from mtor_transcode.render.matrix import Matrix, inverse
from mtor_transcode.render.rasterizer import Rasterizer

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

WIDTHS = (1.0, 0.75, 1.3)
"""Factors of the measured width that are tried."""

KNOWN = 8
"""Used strokes that are tried for a line: the last ones."""

FAMILY = 24.0
"""Codes of contrast by which lines of one family differ, about."""

STRAIGHT = 0.5
"""Px by which most of a chain may stray from a straight line; a few points may go further."""

SLENDER = 25.0
"""Times its width that a line is long."""

PLAIN = 45.0
"""Px of a line for each node beyond the third: what turns more often is writing, not a line."""

ROUGH = 1.0
"""Px^2 a bit at which turns are counted."""

UPRIGHT = 0.35
"""Px by which the ends of a level or upright line may differ."""

_NO_PAINT = Solid((0, 128, 128))

Price = Callable[[ShapeState], float]


@dataclass(frozen=True, slots=True)
class Line:
    """A thin line: its path in units, its width in px, its contrast in codes, and roughly the squared error
    that it takes away."""

    path: Contour
    width: float
    contrast: float
    gain: float


@dataclass(frozen=True, slots=True)
class Lines:
    """The thin lines of a picture, longest first, and the pixels they take, (H, W) bool."""

    lines: list[Line]
    mask: NDArray[np.bool_]


def find_lines(
    target: Picture, where: NDArray[np.bool_], lam: float, view: Matrix, enough: float = 0.0
) -> Lines:
    """The thin lines of ``target`` inside ``where`` that may be worth a stroke at ``lam``.

    None at all where they can take away no squared error of ``enough`` in sum.
    """
    contrast = line_contrast(target, where)
    least = min(max(math.sqrt(0.05 * lam), LEAST_CONTRAST), MOST_CONTRAST)
    mask = np.zeros(target.shape[:2], np.uint8)
    lines = []
    for chain in trace_lines(contrast, least, enough):
        profile = _profile(contrast, target, chain)
        length = length_of(profile.chain)
        if profile.width > WIDEST or length < SLENDER * profile.width or not profile.alone:
            continue
        world = _through(profile.chain, view)
        rough = _path(world, ROUGH, mask.shape)
        if rough is None or len(rough.points) > 3 + length / PLAIN:
            continue
        area_per_bit = min(max(lam / max(profile.contrast**2, 1.0), 0.01), 20.0)
        path = _path(world, area_per_bit, mask.shape)
        if path is None:
            continue
        gain = length * profile.width * profile.contrast**2
        lines.append(Line(path, profile.width, profile.contrast, gain))
        points = np.rint(profile.chain - 0.5).astype(np.int32).reshape(-1, 1, 2)
        cv2.polylines(mask, [points], False, 1, 5)
    if sum(line.gain for line in lines) < enough:
        lines = []
    return Lines(lines, (mask > 0) & (contrast > least / 2))


def without_lines(target: Picture, lines: Lines) -> Picture:
    """The picture as it would be without its thin lines: their pixels from around them."""
    return np.where(lines.mask[..., None], without_thin(target, lines.mask), target)


def paint_lines(
    engine: Rasterizer,
    palette: Palette,
    live: LiveShapes,
    target: Picture,
    weight: Plane,
    lines: Lines,
    lam: float,
    price: Price,
) -> Iterator[ShapeState]:
    """Yield the strokes that pay, and paint each on what ``live`` shows, in place."""
    easel = _Easel(engine, palette, live, target, weight, lam, price)
    used: dict[Outline, Transform] = {}
    for line in _in_families(lines.lines):
        found = _best(easel, line, used)
        if found is not None:
            apply_state(engine, found, live.shown, live.view)
            used.pop(found.outline, None)
            used[found.outline] = found.transform
            yield found


def _in_families(lines: list[Line]) -> list[Line]:
    """Level lines, upright ones, the others; one family (brightness) after the other, each in its order.

    So an outline, a colour and the way to the next place are taken over from line to line.
    """

    def key(line: Line) -> tuple[int, int, int]:
        (x0, y0), (x1, y1) = line.path.points[0], line.path.points[-1]
        straight = len(line.path.points) == 2
        if straight and y0 == y1:
            return 0, round(line.contrast / FAMILY), y0
        if straight and x0 == x1:
            return 1, round(line.contrast / FAMILY), x0
        return 2, 0, 0

    return sorted(lines, key=key)


@dataclass(frozen=True, slots=True)
class _Easel:
    """What strokes are tried on, and what they cost."""

    engine: Rasterizer
    palette: Palette
    live: LiveShapes
    target: Picture
    weight: Plane
    lam: float
    price: Price


def _best(easel: _Easel, line: Line, used: dict[Outline, Transform]) -> ShapeState | None:
    """The stroke along a line that pays most, if one does: its own, or a used one laid over it."""
    best: ShapeState | None = None
    most = 0.0
    for outline, place in _forms(line, used):
        for state, gain in _painted(easel, outline, place):
            if gain <= most:
                continue
            worth = gain - easel.lam * easel.price(state)
            if worth > most:
                best, most = state, worth
    return best


def _forms(line: Line, used: dict[Outline, Transform]) -> Iterator[tuple[Outline, Transform]]:
    """Outlines for a line with their places: its own in some widths, then used ones that run its way."""
    widths = {max(round(line.width * factor * 4), 2) * (UNITS_PER_PX // 4) for factor in WIDTHS}
    for units in sorted(widths):
        placed = canonical_state(ShapeState(Outline((line.path,), units), _NO_PAINT))
        yield placed.outline, placed.transform
    way, length, x, y = _course(placed.outline, placed.transform)
    if not way:
        return
    for outline, place in list(used.items())[: -KNOWN - 1 : -1]:
        other, long, u, v = _course(outline, place)
        if other != way or not 0.75 * length < long < 1.33 * length:
            continue
        if outline.stroke_width > 2 * max(widths) or 2 * outline.stroke_width < min(widths):
            continue
        # Its ends where they are in the line that it is from, as in a grid, or about this line's middle.
        yield outline, Transform(u, y) if way == 1 else Transform(x, v)
        if (u if way == 1 else v) != (x if way == 1 else y):
            yield outline, Transform(x, y)


def _course(outline: Outline, place: Transform) -> tuple[int, int, int, int]:
    """Whether a stroke is one level (1) or upright (2) line, else 0; its length and its place (units)."""
    points = outline.contours[0].points
    if len(points) != 2 or len(outline.contours) != 1:
        return 0, 0, place.dx, place.dy
    (x0, y0), (x1, y1) = points
    way = 1 if y0 == y1 else 2 if x0 == x1 else 0
    return way, abs(x1 - x0) + abs(y1 - y0), place.dx, place.dy


def _painted(easel: _Easel, outline: Outline, place: Transform) -> Iterator[tuple[ShapeState, float]]:
    """A stroke in its own colour and in the nearest known one, each with what it gains."""
    rect = cover_rect(outline, place, easel.live.view, easel.live.size)
    x0, y0, x1, y1 = rect
    if x1 <= x0 or y1 <= y0:
        return
    cover = coverage(easel.engine, outline, place, rect, easel.live.view)
    part = slice(y0, y1), slice(x0, x1)
    target, shown, weight = easel.target[part], easel.live.shown[part], easel.weight[part]
    for paint in _paints(to_colour(best_colour(target, shown, cover, weight)), easel.palette):
        colours = np.array(paint.colour, dtype=np.float32).reshape(1, 1, 3)
        yield ShapeState(outline, paint, place), float(gain_of(target, shown, cover, colours, weight))


def _paints(colour: tuple[int, int, int], palette: Palette) -> Iterator[Solid]:
    yield Solid(colour)
    known = palette.nearest(colour)
    if known is not None and known != colour:
        yield Solid(known)


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
    ways = np.gradient(_averaged(points), axis=0)
    norms = np.maximum(np.hypot(ways[:, 0], ways[:, 1]), 1e-9)
    across = np.stack([-ways[:, 1], ways[:, 0]], axis=1) / norms[:, None]
    offsets = np.arange(-REACH, REACH + 0.25, 0.5)
    profile = _sampled(contrast, points, across, offsets)
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


def _beyond(points: Chain, aside: Chain, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Where one side of a line is out of the frame: nothing is known of it."""
    out = np.zeros(len(points), dtype=bool)
    for x, y in ((points - aside).T, (points + aside).T):
        out |= (x < 0) | (y < 0) | (x > shape[1]) | (y > shape[0])
    return out


def _sampled(
    picture: NDArray[Any], points: Chain, across: Chain, offsets: NDArray[np.float64]
) -> NDArray[Any]:
    """A picture's values at ``offsets`` (px) across a chain: (N, offsets, ...)."""
    places = (points[:, None, :] + across[:, None, :] * offsets[None, :, None] - 0.5).astype(np.float32)
    x, y = places[..., 0], places[..., 1]
    values: NDArray[Any] = cv2.remap(picture, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
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


def _path(chain: Chain, area_per_bit: float, shape: tuple[int, ...]) -> Contour | None:
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
        chosen, arcs = best_vertices(thin, area_per_bit, True)
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
