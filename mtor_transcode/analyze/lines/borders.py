# SPDX-License-Identifier: Apache-2.0
"""Borders for new shapes, tried for all of a kind at once, against the shapes that they make needless.

A halo around a text was bought as polygons below it before there were letters, a framed box as two boxes. No
single letter gains by a border while the polygon is there, and the polygon cannot leave while letters have
none; so all shapes whose bands are alike get the border together, what lies below them in its colour is tried
without, and both are kept if they pay together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from mtor_transcode.analyze.canvas.easel import Picture
from mtor_transcode.analyze.canvas.live_shapes import LiveShape, LiveShapes
from mtor_transcode.analyze.lines.bands import Band, distance, distances, find_band, like
from mtor_transcode.analyze.lines.withdrawing import Prices, Stakes, change_of
from mtor_transcode.analyze.paints.simple import to_colour
from mtor_transcode.model import (
    OPAQUE,
    UNITS_PER_PX,
    Border,
    Gradient,
    Mask,
    ShapeState,
    Solid,
)
from mtor_transcode.render.rasterizer import Rect

FIRST_BITS: Final = 30.0
"""What a border costs that is new, about."""

NEXT_BITS: Final = 1.5
"""What it costs another shape, about."""

NEAR_COLOUR: Final = 30.0
"""By how far (see ``bands.distance``) bands of one border, and shapes that stand for it, may differ."""

NEAR_WIDTH: Final = 1.25
"""By how many px bands of one border may differ."""

HARM: Final = 2.0
"""How much more error than its band explains a border may make while what stood for it is still there."""

MOST_GROUPS: Final = 6
"""Borders that are tried for one picture."""

SIMPLE: Final = 8
"""Nodes of shapes whose borders are tried with sharp corners first."""

WIDTH_STEPS: Final = (8, 4)
"""Units by which the width of a border is varied in turn."""


FURTHEST: Final = 24
"""Units that the width may come to differ from that of the bands."""


def give_borders(live: LiveShapes, stakes: Stakes, paid: Mapping[int, float]) -> float | None:
    """Give borders to shapes on the stage and take shapes off it where that pays.

    Returns by how much that changes the error, None if nothing pays.

    Only shapes in ``paid`` (number to bits) are touched. Their states on the stage tell what became of them.
    """
    total: float | None = None
    bands = list(_bands(live, stakes, paid))
    for group in _groups(bands)[:MOST_GROUPS]:
        if sum(band.gain for band in group) < stakes.lam * (FIRST_BITS + NEXT_BITS * len(group)):
            continue
        there = {shape.number for shape in live.shapes if shape.state.paint.border is None}
        border, trial = _border_of(group), Trial(live, stakes, paid)
        numbers = trial.harmless([band for band in group if band.number in there], border)
        if not numbers:
            continue
        change = trial.run(numbers, replace(border, sharp=_angular(live, numbers)))
        if change is not None:
            total = change + (total or 0.0)
    return total


class Trial:
    """One border tried on the stage."""

    def __init__(self, live: LiveShapes, stakes: Stakes, paid: Mapping[int, float]) -> None:
        self._live = live
        self._stakes = stakes
        self._paid = paid

    def harmless(self, bands: Iterable[Band], border: Border) -> list[int]:
        """The shapes that a border spoils little as things are: halos have what stands for them below."""
        found = []
        places = {shape.number: index for index, shape in enumerate(self._live.shapes)}
        for band in bands:
            index = places[band.number]
            shape = self._live.shapes[index]
            other = self._live.make(shape.number, _with(shape.state, border))
            if self._change(*self._live.seen_with(index, other)) < HARM * band.gain:
                found.append(band.number)
        return found

    def run(self, numbers: Sequence[int], border: Border) -> float | None:
        """Give shapes a border; keep it, as wide as fits best and with all that follows, if that pays.

        Returns by how much the error changes, None if it does not pay.
        """
        kept = self._live.kept()
        change = self._dressed(numbers, border)
        without, spared = self._without(numbers, border)
        border, better = self._fitted(numbers, border)
        change += without + better
        spared -= FIRST_BITS + NEXT_BITS * len(numbers)
        for step in (self._extend, self._relieve, self._undress):
            more, bits = step(numbers, border)
            change, spared = change + more, spared + bits
        if change >= self._stakes.lam * spared:
            self._live.put_back(kept)
            return None
        return change

    def _fitted(self, numbers: Sequence[int], border: Border) -> tuple[Border, float]:
        """The border with the corners and the width that fit best, and how much better that is."""
        start = border
        change = better = self._varied(numbers, replace(border, sharp=not border.sharp))
        if better < 0:
            border = replace(border, sharp=not border.sharp)
        for step in WIDTH_STEPS:
            for way in (-step, step):
                better = -1.0
                while better < 0 and abs(border.width + way - start.width) <= FURTHEST:
                    other = replace(border, width=max(border.width + way, 1))
                    better = self._varied(numbers, other)
                    if better < 0:
                        border, change = other, change + better
        return border, change

    def _dressed(self, numbers: Iterable[int], border: Border) -> float:
        """Give shapes a border: by how much that changes the error."""
        live = self._live
        wanted = set(numbers)
        others: dict[int, LiveShape | None] = {
            index: live.make(shape.number, _with(shape.state, border))
            for index, shape in enumerate(live.shapes)
            if shape.number in wanted
        }
        rect, pixels = live.seen_with_all(others)
        change = self._change(rect, pixels)
        live.change_all(others, rect, pixels)
        return change

    def _varied(self, numbers: Iterable[int], border: Border) -> float:
        """How much better another border is, which is then kept; 0 if it is not."""
        kept = self._live.kept()
        change = self._dressed(numbers, border)
        if change >= 0:
            self._live.put_back(kept)
        return min(change, 0.0)

    def _without(self, numbers: Iterable[int], border: Border) -> tuple[float, float]:
        """Take away what stood for the border, top to bottom, where that pays: change of error, bits."""
        live, change, spared = self._live, 0.0, 0.0
        keep, colour = set(numbers), np.array(border.colour, dtype=np.float64)
        prices = Prices(live, self._paid)
        for index in range(len(live.shapes) - 1, -1, -1):
            shape = live.shapes[index]
            if shape.number in keep or shape.number not in self._paid:
                continue
            if not distance(_mean_colour(shape.state), colour) < NEAR_COLOUR:
                continue
            outline = shape.state.outline
            rect, pixels = live.seen_with(index, None)
            more = self._change(rect, pixels)
            if more < self._stakes.lam * prices.least(outline):
                live.change(index, None, rect, pixels)
                change, spared = change + more, spared + prices.spare(outline)
        return change, spared

    def _extend(self, numbers: Sequence[int], border: Border) -> tuple[float, float]:
        """Give the border to more shapes in the colour of those that have it, one by one, where that pays.

        Returns by how much the error changes and the bits that are spared, as the steps below do.
        """
        live, have, total, count = self._live, set(numbers), 0.0, 0
        inks = np.stack([ink_of(shape.state) for shape in live.shapes])
        first = next(index for index, shape in enumerate(live.shapes) if shape.number in have)
        for index in np.flatnonzero(like(inks, inks[first])).tolist():
            shape = live.shapes[index]
            if shape.number in have or shape.number not in self._paid or not _can(shape.state):
                continue
            other = live.make(shape.number, _with(shape.state, border))
            rect, pixels = live.seen_with(index, other)
            change = self._change(rect, pixels)
            if change + self._stakes.lam * NEXT_BITS < 0:
                live.change(index, other, rect, pixels)
                total, count = total + change, count + 1
        return total, -NEXT_BITS * count

    def _relieve(self, numbers: Sequence[int], border: Border) -> tuple[float, float]:
        """Take away what stands for the border beneath shapes that lack it, and give it to all of them."""
        live, total, spared = self._live, 0.0, 0.0
        prices, colour = Prices(live, self._paid), np.array(border.colour, dtype=np.float64)
        ink = next(ink_of(shape.state) for shape in live.shapes if shape.number in numbers)
        for index in range(len(live.shapes) - 1, -1, -1):
            shape = live.shapes[index]
            if shape.number not in self._paid or distance(_mean_colour(shape.state), colour) >= NEAR_COLOUR:
                continue
            above = self._lacking(live.shapes[index + 1 :], ink, shape.rect)
            if not above:
                continue
            kept = live.kept()
            change = self._dressed(above, border)
            rect, pixels = live.seen_with(index, None)
            change += self._change(rect, pixels)
            live.change(index, None, rect, pixels)
            bits = prices.least(shape.state.outline) - NEXT_BITS * len(above)
            if change < self._stakes.lam * bits:
                prices.spare(shape.state.outline)
                total, spared = total + change, spared + bits
            else:
                live.put_back(kept)
        return total, spared

    def _undress(self, numbers: Sequence[int], border: Border) -> tuple[float, float]:
        """Take the border from shapes that are better without, now that all is in its place."""
        live, total, count = self._live, 0.0, 0
        for index, shape in enumerate(live.shapes):
            if shape.number not in self._paid or shape.state.paint.border != border:
                continue
            other = live.make(shape.number, _with(shape.state, None))
            rect, pixels = live.seen_with(index, other)
            change = self._change(rect, pixels)
            if change < self._stakes.lam * NEXT_BITS:
                live.change(index, other, rect, pixels)
                total, count = total + change, count + 1
        return total, NEXT_BITS * count

    def _lacking(self, shapes: Iterable[LiveShape], ink: NDArray[np.float64], rect: Rect) -> list[int]:
        """Those of some shapes that touch ``rect`` in this colour and may be given a border."""
        x0, y0, x1, y1 = rect
        return [
            shape.number
            for shape in shapes
            if shape.number in self._paid
            and _can(shape.state)
            and distance(ink_of(shape.state), ink) < NEAR_COLOUR
            and shape.rect[0] < x1 and x0 < shape.rect[2] and shape.rect[1] < y1 and y0 < shape.rect[3]
        ]  # fmt: skip

    def _change(self, rect: Rect, pixels: Picture) -> float:
        return change_of(self._live, self._stakes, rect, pixels)


def ink_of(state: ShapeState) -> NDArray[np.float64]:
    """The one colour of a shape as an array; NaN if it has several."""
    paint = state.paint
    return np.array(paint.colour if isinstance(paint, Solid) else (np.nan,) * 3, dtype=np.float64)


def _mean_colour(state: ShapeState) -> NDArray[np.float64]:
    """The colour of a shape, of a gradient the mean of its ends; NaN if it shows a texture."""
    paint = state.paint
    if isinstance(paint, Gradient):
        return (np.array(paint.first, dtype=np.float64) + paint.last) / 2
    return ink_of(state)


def _can(state: ShapeState) -> bool:
    """Whether a shape may be given a border."""
    plain = isinstance(state.paint, Solid) and state.paint.border is None
    return plain and state.opacity == OPAQUE and not isinstance(state.outline, Mask)


def _with(state: ShapeState, border: Border | None) -> ShapeState:
    assert isinstance(state.paint, Solid)
    return replace(state, paint=replace(state.paint, border=border))


def _bands(live: LiveShapes, stakes: Stakes, paid: Mapping[int, float]) -> Iterator[Band]:
    """The bands around new shapes."""
    places = [index for index, shape in enumerate(live.shapes) if shape.number in paid and _can(shape.state)]
    if not places:
        return
    owners = live.owners()
    inks = np.stack([ink_of(shape.state) for shape in live.shapes])
    for index in places:
        band = find_band(live, index, stakes.target, owners, inks)
        if band is not None and band.gain > NEXT_BITS * stakes.lam:
            yield band


def _groups(bands: Iterable[Band]) -> list[list[Band]]:
    """Bands that one border may stand for, those that explain most first."""
    ordered = sorted(bands, key=lambda band: -band.gain)
    if not ordered:
        return []
    widths, colours = np.array([band.width for band in ordered]), np.stack([band.colour for band in ordered])
    left = np.arange(len(ordered))
    groups: list[list[Band]] = []
    while len(left):
        near = np.abs(widths[left] - widths[left[0]]) <= NEAR_WIDTH
        near &= distances(colours[left], colours[left[0]]) <= NEAR_COLOUR
        groups.append([ordered[number] for number in left[near].tolist()])
        left = left[~near]
    return sorted(groups, key=lambda group: -sum(band.gain for band in group))


def _angular(live: LiveShapes, numbers: Sequence[int]) -> bool:
    """Whether most of the shapes are simple ones with corners, as boxes are."""
    wanted = set(numbers)
    nodes = [shape.state.outline.node_count for shape in live.shapes if shape.number in wanted]
    return 2 * sum(count <= SIMPLE for count in nodes) > len(nodes)


def _border_of(group: Sequence[Band]) -> Border:
    """The mean of bands, by what each explains."""
    gains = np.array([band.gain for band in group])
    colour = gains @ np.stack([band.colour for band in group]) / gains.sum()
    width = float(gains @ np.array([band.width for band in group]) / gains.sum())
    return Border(max(1, round(width * UNITS_PER_PX / 4) * 4), to_colour(colour))
