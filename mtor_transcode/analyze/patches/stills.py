# SPDX-License-Identifier: Apache-2.0
"""Static pictures among vectors: rectangles that cost less as an AV1 still than as shapes.

After a picture has been painted, each block of it has a price: the error that is left and the bits of the
shapes that show there. Rectangles of dear blocks (the greatest sums above what a still may cost, Kadane's way
in two dimensions) are tried as stills of two sizes at several quantisers. One is taken if ``D + lambda R``
falls; the shapes that it hides are withdrawn, and sharp ones may be painted over it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import cast

import cv2
import numpy as np
from numba import njit
from numpy.typing import NDArray

from mtor_transcode.analyze.canvas.easel import Picture, Plane
from mtor_transcode.analyze.canvas.live_shapes import LiveShape, LiveShapes
from mtor_transcode.analyze.canvas.regions import CHROMA_WEIGHT
from mtor_transcode.analyze.textures.av1 import BEST_CRF, Shrinker, encode_still, even_size
from mtor_transcode.analyze.textures.flatness import has_few_codes
from mtor_transcode.analyze.textures.spool import Planes as SmallPlanes
from mtor_transcode.codec.scene_memory import texture_weight
from mtor_transcode.model import (
    UNITS_PER_PX,
    Contour,
    NodeKind,
    Outline,
    ShapeState,
    Texture,
    TexturePaint,
    Transform,
)
from mtor_transcode.render.chroma import Planes, subsample
from mtor_transcode.render.rasterizer import Rect
from mtor_transcode.render.rectangles import meet
from mtor_transcode.render.textures import TextureDecoder, stretched

BLOCK = 16
"""Px of a block."""

DEAR = 20.0
"""Bits for a block (its error counted in bits, too) above which a still may be cheaper."""

MOST = 4.0
"""Times that price beyond which a block counts no more: one alone makes no rectangle."""

LEAST = 240.0
"""Bits above it that a rectangle must have."""

LEAST_SIDE = 2
"""Blocks across and down that a rectangle has at least."""

TRIES = 6
"""Rectangles of a picture that are tried."""

SECTION_BITS = 80.0
"""What a texture takes in a file beyond its AV1."""

OWN_BITS = SECTION_BITS + 70.0
"""What a still takes beyond its AV1: its section, the shape, its place."""

COARSEST = 63
"""Worst CRF of a still: coarser ones seem worth their few bytes and are covered by shapes soon after."""

MAX_PATCHES = 48
"""Live shapes that show stills: the format takes some more."""

LASTING = 1.0
"""Seconds that a still is to last at least: what moves sooner is a film's."""

MOVING = 0.08
"""Share of what a rectangle costs that may move sooner, against what rests."""

HIDDEN = 0.95
"""Share of a shape's visible px inside a rectangle from which on a still there hides it."""

CODED_SIDE = 40
"""Px of a coded still that a side has at least: SVT-AV1 never returns from some of 24 by more than 64."""

STEP = 4
"""Steps of CRF between tries."""

GUESSES = {1: (46.0, 3.0, 6.65), 2: (46.0, 5.0, 8.64)}
"""Of a first try at a scale: a CRF, its rise with log2 of lambda, and the log2 of lambda where it is that."""

FINE = 7.0
"""Log2 of lambda below which half the size is never best."""

TRY_PRESET, PRESET = 6, 2
"""SVT-AV1's presets: of tries, of a still that is taken."""

NEAR = 1.2
"""A try that costs at most so many times what the vectors do is made with care, which saves a tenth."""

HOPELESS = 1.3
"""A first try that costs so many times what the vectors do ends the search at its scale."""

BORDER = 20
"""Px by which a side may be moved to where the picture has its edge."""

CLEAR = 8.0
"""Mean step of luma along an edge that is taken for a picture's border."""


@dataclass(frozen=True, slots=True)
class Patch:
    """A still over ``rect`` as a shape, the bits of its texture, and by how much D + lambda R falls."""

    rect: Rect
    state: ShapeState
    bits: float
    gain: float


@dataclass(frozen=True, slots=True)
class Scene:
    """What ``live`` shows, while ``target`` (H, W, 3) is wanted where ``where`` (H, W) says.

    ``worth`` (H, W) scales squared errors, ``lam`` is distortion for a bit, ``paid`` what the new shapes
    cost (bits), by number. Px of less than ``least`` worth do not last long enough for a still.
    """

    live: LiveShapes
    target: Picture
    worth: Plane
    where: NDArray[np.bool_]
    lam: float
    paid: Mapping[int, float]
    least: float


def find_patches(scene: Scene, tick: int, *, jump: bool) -> list[Patch]:
    """The stills that are worth it, disjoint, to be laid over all shapes from a tick on.

    Unless the picture jumps to this state, what has moved over a still becomes none.
    """
    showing = pictures(scene.live)
    known = [shape.rect for shape in showing]
    weight = sum(texture_weight(shape.state.paint) for shape in showing)
    if not jump:
        scene = replace(scene, where=scene.where & ~inside(known, scene.where.shape))
    shares = _Shares(scene)
    found: list[Patch] = []
    for rect in shares.rectangles():
        if weight + len(found) >= MAX_PATCHES:
            break
        if any(meet(rect, patch.rect) for patch in found):
            continue
        patch = _tried(scene, rect, shares.cost(rect), tick)
        if patch is not None:
            found.append(patch)
    return found


def pictures(live: LiveShapes) -> list[LiveShape]:
    """The shapes that show textures, covered or not."""
    return [shape for shape in live.shapes if isinstance(shape.state.paint, TexturePaint)]


def inside(rects: Iterable[Rect], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Which px (H, W) lie in one of the rectangles."""
    there = np.zeros(shape, dtype=bool)
    for x0, y0, x1, y1 in rects:
        there[y0:y1, x0:x1] = True
    return there


class _Shares:
    """What each place of the picture costs now."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._errors = squared(scene.target, scene.live.shown) * scene.worth
        owners = scene.live.owners()
        numbers = [shape.number for shape in scene.live.shapes]
        self._seen = np.bincount(owners[owners >= 0], minlength=len(numbers))
        self._bits = np.array([scene.paid.get(number, 0.0) for number in numbers] + [0.0])
        self._owners = owners

    def rectangles(self) -> Iterator[Rect]:
        """Rectangles of dear blocks, the dearest first, with sides moved to edges of the picture."""
        density = self._bits.copy()
        density[:-1] /= np.maximum(self._seen, 1)
        scene = self._scene
        price = self._errors / scene.lam + density[self._owners]
        price[~scene.where] = 0
        moving = np.where(scene.worth < scene.least, price, 0)
        price -= moving
        height, width = price.shape
        rows, columns = height // BLOCK, width // BLOCK
        blocks = price[: rows * BLOCK, : columns * BLOCK].reshape(rows, BLOCK, columns, BLOCK).sum((1, 3))
        above = np.minimum(blocks / DEAR, MOST) - 1
        for _ in range(TRIES):
            if min(rows, columns) < LEAST_SIDE:
                return
            gain, (x0, y0, x1, y1) = _greatest(above)
            if gain * DEAR < LEAST:
                return
            above[y0:y1, x0:x1] = -1
            if min(x1 - x0, y1 - y0) >= LEAST_SIDE:
                rough = (x0 * BLOCK, y0 * BLOCK, x1 * BLOCK, y1 * BLOCK)
                rect = fitted(scene.target[..., 0], rough)
                if _sum(moving, rect) <= MOVING * _sum(price, rect):
                    yield rect

    def cost(self, rect: Rect) -> float:
        """D + lambda R of what a still over ``rect`` would make needless."""
        x0, y0, x1, y1 = rect
        error = float(self._errors[y0:y1, x0:x1].sum(dtype=np.float64))
        owners = self._owners[y0:y1, x0:x1]
        inside = np.bincount(owners[owners >= 0], minlength=len(self._seen))
        hidden = (inside >= HIDDEN * self._seen) & self._covered(rect)
        return error + self._scene.lam * float(self._bits[:-1][hidden].sum())

    def _covered(self, rect: Rect) -> NDArray[np.bool_]:
        """Which shapes are not seen at all elsewhere, or are small (their margins may stand out a little)."""
        x0, y0, x1, y1 = rect
        near = [
            a > x0 - BLOCK and b > y0 - BLOCK and c < x1 + BLOCK and d < y1 + BLOCK
            for a, b, c, d in (shape.rect for shape in self._scene.live.shapes)
        ]
        return np.array(near, dtype=bool)


def _sum(values: NDArray[np.float64], rect: Rect) -> float:
    x0, y0, x1, y1 = rect
    return float(values[y0:y1, x0:x1].sum(dtype=np.float64))


def squared(target: Picture, shown: Picture) -> Plane:
    """Squared error of each px."""
    apart = cv2.absdiff(target, shown).astype(np.float32)
    apart *= apart
    error: Plane = apart[..., 0] + CHROMA_WEIGHT * (apart[..., 1] + apart[..., 2])
    return error


@njit(cache=True, nogil=True)
def _greatest(values):  # type: ignore[no-untyped-def]
    """The greatest sum of a rectangle of ``values`` (H, W), and the rectangle (x0, y0, x1, y1)."""
    rows, columns = values.shape
    best, rect = -np.inf, (0, 0, 1, 1)
    strip = np.empty(columns)
    for top in range(rows):
        strip[:] = 0
        for low in range(top, rows):
            total = least = 0.0
            start = 0
            for x in range(columns):
                strip[x] += values[low, x]
                total += strip[x]
                if total - least > best:
                    best, rect = total - least, (start, top, x + 1, low + 1)
                if total < least:
                    least, start = total, x + 1
    return best, rect


def fitted(luma: NDArray[np.uint8], rect: Rect) -> Rect:
    """A rectangle with each side where the picture has its clearest edge near it, on even px."""
    x0, y0, x1, y1 = rect
    height, width = luma.shape
    x0 = _edge(luma[y0:y1], x0)
    x1 = _edge(luma[y0:y1], x1)
    if x1 <= x0:
        return rect
    y0 = _edge(luma[:, x0:x1].T, y0)
    y1 = _edge(luma[:, x0:x1].T, y1)
    return x0 & ~1, y0 & ~1, min((x1 + 1) & ~1, width & ~1), min((y1 + 1) & ~1, height & ~1)


def _edge(luma: NDArray[np.uint8], at: int) -> int:
    """The column near ``at`` left of which something else begins; ``at`` if there is no clear one."""
    low, high = max(at - BORDER, 1), min(at + BORDER, luma.shape[1] - 1)
    if high <= low:
        return at
    part = luma[:, low - 1 : high + 1].astype(np.float32)
    steps = np.abs(np.diff(part, axis=1)).mean(axis=0)
    best = int(np.argmax(steps))
    clear = steps[best] > max(CLEAR, 2 * float(np.median(steps)))
    return low + best if clear else at


@dataclass(frozen=True, slots=True)
class _Try:
    """A still of a rectangle, and its D + lambda R."""

    cost: float
    scale: int
    crf: int
    texture: Texture


def _tried(scene: Scene, rect: Rect, cost: float, tick: int) -> Patch | None:
    """The best still of a rectangle, if it costs less than ``cost``."""
    x0, y0, x1, y1 = rect
    scales = [scale for scale in (2, 1) if min(x1 - x0, y1 - y0) >= scale * CODED_SIDE]
    if not scales:
        return None
    crop = np.ascontiguousarray(scene.target[y0:y1, x0:x1])
    worth = scene.worth[y0:y1, x0:x1]
    planes, screen = subsample(crop), has_few_codes(crop[..., 0])

    def price(scale: int, crf: int, preset: int = TRY_PRESET, *, screen: bool = screen) -> _Try:
        texture = still(planes, (x1 - x0, y1 - y0), scale, crf, preset, screen=screen)
        shown = stretched(TextureDecoder(texture).shown(0), (x1 - x0, y1 - y0))
        error = float((squared(crop, shown) * worth).sum(dtype=np.float64))
        return _Try(error + scene.lam * (8 * len(texture.data) + OWN_BITS), scale, crf, texture)

    best = _descended(price, _starts(scales, scene.lam / max(float(worth.mean()), 1e-6)), cost)
    if best.cost < NEAR * cost:
        careful = [price(best.scale, best.crf, PRESET, screen=tools) for tools in {False, screen}]
        best = min(best, *careful, key=attrgetter("cost"))
    if best.cost >= cost:
        return None
    state = ShapeState(
        box(x1 - x0, y1 - y0),
        TexturePaint(best.texture, tick),
        Transform((x0 + x1) * UNITS_PER_PX // 2, (y0 + y1) * UNITS_PER_PX // 2),
    )
    return Patch(rect, state, 8.0 * len(best.texture.data), cost - best.cost)


def _starts(scales: Sequence[int], lam: float) -> dict[int, int]:
    """The CRF to begin with at each scale that may be best, at a lambda for errors of full worth."""
    log = math.log2(max(lam, 1e-3))
    starts: dict[int, int] = {}
    for scale in scales:
        if scale > 1 and log < FINE and 1 in scales:
            continue
        middle, rise, at = GUESSES[scale]
        starts[scale] = round(min(max(middle + rise * (log - at), BEST_CRF), COARSEST))
    return starts


def _descended(price: Callable[[int, int], _Try], starts: Mapping[int, int], limit: float) -> _Try:
    """The best of the stills on the way down to the least price at each scale, from CRFs to start with."""
    best: _Try | None = None
    for scale, start in starts.items():
        here = price(scale, start)
        if here.cost > HOPELESS * (limit if best is None else best.cost):
            best = best or here
            continue
        for step in (STEP, -STEP):
            while BEST_CRF <= here.crf + step <= COARSEST:
                other = price(scale, here.crf + step)
                if other.cost >= here.cost:
                    break
                here = other
            if here.crf != start:
                break
        best = here if best is None else min(best, here, key=attrgetter("cost"))
    assert best is not None
    return best


def still(
    planes: Planes, size: tuple[int, int], scale: int, crf: float, preset: int, *, screen: bool = False
) -> Texture:
    """A picture of ``size`` (4:2:0 planes) as a texture of one picture, its sides divided by ``scale``."""
    width, height = size if scale == 1 else even_size(*size, scale)
    small = Shrinker((width, height))(cast("SmallPlanes", planes))
    return Texture(width, height, (0,), encode_still(small, (width, height), crf, preset, screen=screen))


def box(width: int, height: int) -> Outline:
    """A box of even sides (px), centred."""
    x, y = width * UNITS_PER_PX // 2, height * UNITS_PER_PX // 2
    corners = ((-x, -y), (x, -y), (x, y), (-x, y))
    return Outline((Contour(corners, (NodeKind.CORNER,) * 4),))
