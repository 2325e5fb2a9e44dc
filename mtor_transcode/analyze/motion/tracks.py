# SPDX-License-Identifier: Apache-2.0
"""Tracks of shapes over many keys, smoothed: as few straight pieces as the picture can bear.

Keys follow each other at short intervals, and each says where a shape is. What moves evenly needs only the
ends: by dynamic programming over the keys of a run (as for outlines: Schuster and Katsaggelos 1998), a key is
left out where the error of going straight past it costs less than the bits of saying it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mtor_transcode.analyze.canvas.regions import CHROMA_WEIGHT
from mtor_transcode.analyze.motion.bends import Knot, bends_of, between, paint_between
from mtor_transcode.analyze.motion.pose import Pose, deviation
from mtor_transcode.codec.field_syntax import grid_of
from mtor_transcode.codec.limits import MAX_COORDINATE
from mtor_transcode.codec.radial_syntax import rings_of
from mtor_transcode.model import (
    Colour,
    Edit,
    Enter,
    Fill,
    Gradient,
    Leave,
    LinearGradient,
    Mask,
    RadialGradient,
    ShadingField,
    ShapeState,
    Solid,
    Token,
    Transform,
)
from mtor_transcode.render.morph import same_structure

PIECE_BITS = 30.0
"""What one more piece of a track costs, roughly."""

LONGEST = 40
"""Keys that one piece passes at most: the work grows with the square."""


STIRRED = 32
"""Units that a shape which moves goes from key to key."""

COASTING = 16
"""Times its last move that a shape goes on out of sight."""


@dataclass(frozen=True, slots=True)
class Times:
    """When the tokens of a key act: moves over ``[since, at)``, enters and leaves at ``middle``."""

    since: int
    at: int
    middle: int


@dataclass(frozen=True, slots=True)
class _Last:
    """The last move of a shape."""

    since: int
    at: int
    before: Transform
    after: Transform
    stretched: bool

    @property
    def stirred(self) -> bool:
        """Whether it went some px."""
        return is_stirred(self.before, self.after)

    def gone_on(self, at: int) -> Transform | None:
        """Where the shape is at a later tick if it goes on; None where no place of the format is."""
        if self.stretched or self.at <= self.since:
            return None
        share = (at - self.at) / (self.at - self.since)
        a, b = self.before, self.after
        place = Transform(
            round(b.dx + (b.dx - a.dx) * share),
            round(b.dy + (b.dy - a.dy) * share),
            max(round(b.scale + (b.scale - a.scale) * share), 1),
            round(b.angle + (b.angle - a.angle) * share),
        )
        return place if is_sayable(place) else None


@dataclass(frozen=True, slots=True)
class _Bound:
    """How much a shape shows, and how its error grows where it, or what ``reads`` tells of it, strays.

    See ``Pose``; None: unknown.
    """

    area: float
    stiffness: NDArray[np.float64] | None
    radius: float
    reads: Callable[[ShapeState], NDArray[np.float64]] | None = None


class Tracks:
    """What is known of the moves of a scene's shapes: how they go on, and how exact they must be."""

    def __init__(self) -> None:
        self._last: dict[int, _Last] = {}
        self._bounds: dict[tuple[int, int], _Bound] = {}

    def moved(self, shape: int, since: int, at: int, before: Transform, pose: Pose) -> None:
        """Remember that a shape moved over ``[since, at)``."""
        self._last[shape] = _Last(since, at, before, pose.place, pose.outline is not None)
        self._bounds[shape, at] = _Bound(pose.area, pose.stiffness, pose.radius, pose.reads)

    def fork(self) -> Tracks:
        """Returns an independent copy."""
        copy = Tracks()
        copy._last, copy._bounds = self._last.copy(), self._bounds.copy()
        return copy

    def renamed(self, old: int, new: int) -> None:
        """Remember what is known of a shape under another number."""
        if old in self._last:
            self._last[new] = self._last.pop(old)
        for shape, at in [known for known in self._bounds if known[0] == old]:
            self._bounds[new, at] = self._bounds.pop((shape, at))

    def movers(self, since: int) -> set[int]:
        """The shapes that moved by some px until ``since``."""
        return {shape for shape, last in self._last.items() if last.at >= since and last.stirred}

    def forget(self) -> None:
        """Forget how exact the moves so far must be: they are written."""
        self._bounds.clear()

    def recoloured(self, shape: int, at: int, area: float) -> None:
        """Remember that a shape of a weighted visible ``area`` (px) has another colour from ``at`` on."""
        if (shape, at) not in self._bounds:
            self._bounds[shape, at] = _Bound(area, None, 1.0)

    def expected(self, shape: int, since: int, at: int) -> Transform | None:
        """Where a shape that moved until ``since`` is at ``at`` if it goes on, or None if it stood still."""
        last = self._last.get(shape)
        return last.gone_on(at) if last is not None and last.at == since else None

    def coasting(self, shape: int, at: int) -> Transform | None:
        """The same of a shape that nobody sees, also a while after its last move."""
        last = self._last.get(shape)
        if (
            last is None
            or not last.at < at <= last.at + COASTING * (last.at - last.since)
            or not last.stirred
        ):
            return None
        return last.gone_on(at)

    def coasted(self, shape: int, at: int, place: Transform) -> None:
        """Remember that a shape went on out of sight, and came to a place."""
        last = self._last[shape]
        self._last[shape] = _Last(last.at, at, last.after, place, last.stretched)
        self._bounds[shape, at] = _Bound(0.0, np.zeros((4, 4)), 1.0)

    def smoothed(self, tokens: Iterable[Token], before: dict[int, ShapeState], lam: float) -> list[Token]:
        """The tokens of a span with edits of one moment joined, and runs of moves in fewer pieces.

        ``before`` holds the states of the shapes that live at the span's start. In order of time.
        """
        states = dict(before)
        kept: list[Token] = []
        runs: dict[int, list[Knot]] = {}

        def close(shape: int) -> None:
            knots = runs.pop(shape, None)
            if knots is not None:
                kept.extend(self._pieces(shape, knots, lam))

        for token in tokens:
            if not isinstance(token, Edit):
                if isinstance(token, Enter):
                    states[token.shape] = token.state
                elif isinstance(token, Leave):
                    _cut_short(runs.get(token.shape), token.at)
                    close(token.shape)
                kept.append(token)
                continue
            old = states[token.shape]
            run = runs.get(token.shape)
            end = token.at + token.duration
            if run is not None and run[-1].at == end and len(run) > 1 and run[-2].at == token.at:
                run[-1] = Knot(end, token.state)
            elif token.duration and run is not None and run[-1].at == token.at and _alike(old, token.state):
                run.append(Knot(end, token.state))
            else:
                close(token.shape)
                if token.duration and _alike(old, token.state):
                    runs[token.shape] = [Knot(token.at, old), Knot(end, token.state)]
                else:
                    kept.append(token)
            states[token.shape] = token.state
        for shape in list(runs):
            close(shape)
        return sorted(kept, key=lambda token: token.at)

    def _pieces(self, shape: int, knots: list[Knot], lam: float) -> list[Token]:
        """The cheapest way from the first knot to the last, by any of them and where the track may bend."""
        ways = sorted([*knots, *bends_of(knots)], key=lambda knot: knot.at)
        count = len(ways)
        best = [0.0] + [float("inf")] * (count - 1)
        origin = [0] * count
        for end in range(1, count):
            for start in range(max(0, end - LONGEST), end):
                still = ways[start].state == ways[end].state
                cost = best[start] + (0.0 if still else lam * PIECE_BITS)
                if cost < best[end]:
                    cost += self._passed(shape, ways, start, end)
                if cost < best[end]:
                    best[end], origin[end] = cost, start
        edits: list[Token] = []
        end = count - 1
        while end > 0:
            start = origin[end]
            first, last = ways[start], ways[end]
            if first.state != last.state:
                edits.append(Edit(first.at, last.at - first.at, shape, last.state))
            end = start
        return edits[::-1]

    def _passed(self, shape: int, knots: list[Knot], start: int, end: int) -> float:
        """Error of going straight from one knot to another, at the knots between."""
        a, b = knots[start], knots[end]
        cost = 0.0
        for knot in knots[start + 1 : end]:
            if not knot.seen:
                continue
            share = (knot.at - a.at) / (b.at - a.at)
            if a.state.outline == knot.state.outline == b.state.outline:
                cost += self._strayed(shape, knot, between(a.state, b.state, share))
            else:
                cost += self._form_strayed(shape, knot, a.state, b.state, share)
        return cost

    def _form_strayed(
        self, shape: int, knot: Knot, first: ShapeState, last: ShapeState, share: float
    ) -> float:
        bound = self._bounds.get((shape, knot.at))
        if bound is None or bound.stiffness is None or bound.reads is None:
            return float("inf")
        read = bound.reads
        away = read(first) * (1 - share) + read(last) * share - read(knot.state)
        paint = paint_between(first.paint, last.paint, share)
        cost = float(away @ bound.stiffness @ away)
        return cost + bound.area * _colour_distance(paint, knot.state.paint)

    def _strayed(self, shape: int, knot: Knot, shown: ShapeState) -> float:
        bound = self._bounds.get((shape, knot.at))
        if shown == knot.state:
            return 0.0
        if bound is None:
            return float("inf")
        cost = bound.area * _colour_distance(shown.paint, knot.state.paint)
        if shown.transform == knot.state.transform:
            return cost
        if bound.stiffness is None or bound.reads is not None:
            return float("inf")
        away = deviation(shown.transform, knot.state.transform, bound.radius)
        return cost + float(away @ bound.stiffness @ away)


def _cut_short(run: list[Knot] | None, at: int) -> None:
    """Forget the moves of a run that begin when the shape has left, at a tick."""
    while run is not None and len(run) > 1 and run[-2].at >= at:
        run.pop()


def is_stirred(before: Transform, after: Transform) -> bool:
    """Whether a shape went some px from one place to another."""
    return abs(after.dx - before.dx) + abs(after.dy - before.dy) > STIRRED


def is_sayable(place: Transform) -> bool:
    """Whether the format has numbers for a place."""
    return max(map(abs, (place.dx, place.dy, place.scale, place.angle))) <= MAX_COORDINATE


def _colour_distance(a: Fill, b: Fill) -> float:
    """Squared error of a px that has one paint and not the other."""
    if isinstance(a, Solid) and isinstance(b, Solid):
        return _squares(a.colour, b.colour)
    if isinstance(a, Gradient) and isinstance(b, Gradient):
        return (_squares(a.first, b.first) + _squares(a.last, b.last)) / 2
    return 0.0 if a == b else float("inf")


def _squares(a: Colour, b: Colour) -> float:
    y, u, v = ((p - q) ** 2 for p, q in zip(a, b, strict=True))
    return float(y + CHROMA_WEIGHT * (u + v))


def _alike(a: ShapeState, b: ShapeState) -> bool:
    """Whether two states differ in nothing but place, colour, and where the nodes are."""
    if _lie(a.paint) != _lie(b.paint):
        return False
    if a.opacity != b.opacity or type(a.paint) is not type(b.paint) or a.paint.border != b.paint.border:
        return False
    if isinstance(a.outline, Mask) or isinstance(b.outline, Mask):
        return a.outline == b.outline
    return a.outline.stroke_width == b.outline.stroke_width and same_structure(a.outline, b.outline)


def _lie(paint: Fill) -> tuple[object, ...] | None:
    """Where the colours of a gradient lie, None for other paints."""
    if isinstance(paint, LinearGradient):
        return (paint.angle, paint.start, paint.end)
    if isinstance(paint, ShadingField):
        return grid_of(paint)
    return rings_of(paint) if isinstance(paint, RadialGradient) else None
