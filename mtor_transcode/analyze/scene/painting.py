# SPDX-License-Identifier: Apache-2.0
"""A picture painted on a stage, coarse to fine: large areas, lines, letters, and what is still wrong then."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mtor_transcode.analyze.canvas.easel import Picture, Plane
from mtor_transcode.analyze.canvas.library import OutlineLibrary, Palette
from mtor_transcode.analyze.canvas.live_shapes import LiveShapes
from mtor_transcode.analyze.canvas.misfit import misfit, squares
from mtor_transcode.analyze.canvas.regions import merge_regions
from mtor_transcode.analyze.letters.glyphs import LEAST_PIECES, Glyphs, find_glyphs, missing_glyphs
from mtor_transcode.analyze.letters.lettering import Page, paint_letters, shift_of
from mtor_transcode.analyze.lines.strokes import find_lines, without_lines
from mtor_transcode.analyze.lines.stroking import Easel, paint_lines
from mtor_transcode.analyze.paints.unions import united
from mtor_transcode.analyze.shapes.edges import region_weights
from mtor_transcode.analyze.shapes.vectorize import Task, paint_regions
from mtor_transcode.model import Mask, ShapeState

WRONG = 100.0
"""Squared error (mean of 3x3 px) from which on a pixel may get a new shape, whatever lambda is."""

COARSE = 1500.0
"""Lambda of the first and coarsest pass; finer ones follow by ``FINER`` down to the one asked for."""

FINER = 3.0

BORDER_BITS = 0.8
"""Bits of a px of border, for the merging of regions."""

TEXT = 0.15
"""Share of what is wrong in a picture from which on its small letters are painted as masks."""

MANY, TEXT_OF_MANY = 60, 0.05
"""Letters that are many, and the share that will do for them: areas beside them may hold most error."""

LINES = 0.1
"""Share of what is wrong in a picture from which on its thin lines are painted as strokes."""

LARGE_AREA = 1600
"""Px of an area that is painted before thin lines are: letters and the like come after them."""


@dataclass(frozen=True, slots=True)
class Work:
    """What is to be painted: on ``live``, towards ``target`` (H, W, 3), only ``where`` (H, W) asks for it.

    ``worth`` (H, W) scales squared errors, ``lam`` is distortion per bit. ``price`` tells the bits of a new
    shape, ``prices`` those of several one after another; ``enter`` takes over one that is painted
    on the stage already.
    """

    live: LiveShapes
    target: Picture
    worth: Plane
    where: NDArray[np.bool_]
    lam: float
    price: Callable[[ShapeState], float]
    prices: Callable[[Sequence[ShapeState]], float]
    enter: Callable[[ShapeState], None]


class Painter:
    """Paints, and keeps what is used: outlines, in ``library``, and colours that may be taken over.

    ``refine`` asks for small new outlines to be fitted to the rendered error.
    """

    def __init__(self, library: OutlineLibrary, *, refine: bool = True) -> None:
        self._engine = library.engine
        self._refine = refine
        self._library = library
        self._palette = Palette()

    @property
    def patches(self) -> list[Mask]:
        """The palette patches that are known."""
        return self._library.patches

    def know(self, state: ShapeState) -> None:
        """Keep the outline and colour of a shape that has entered."""
        self._library.add(state.outline)
        self._palette.add(state.paint)

    def paint(self, work: Work) -> None:
        """Add shapes where the picture is not yet what it should be: what lies below text, text, the rest."""
        least = 1 if self._library.masks or self._library.letters else LEAST_PIECES
        shift = shift_of(work.live.view)
        glyphs = None if shift is None else find_glyphs(work.target, work.where, least)
        if glyphs is not None and work.live.shapes:
            glyphs = missing_glyphs(glyphs, work.target, work.live.shown)
        if glyphs is not None and shift is not None and self._is_text(work, glyphs):
            self._layers(work, glyphs.plain)
            library = self._library
            known = library.masks, list(library.letters), self._palette.colours(), work.price, work.prices
            page = Page(self._engine, work.target, work.live.shown, work.worth, work.lam, *known, shift)
            for state in paint_letters(page, glyphs):
                work.enter(state)
                library.add_letter(state)
        self._layers(work, work.target)

    @staticmethod
    def _is_text(work: Work, glyphs: Glyphs) -> bool:
        """Whether letters are a good part of what is wrong; less will do where they are many (a chart)."""
        share = TEXT if len(glyphs.boxes) <= MANY else TEXT_OF_MANY
        wrong = squares(work.target, work.live.shown, work.where)
        return squares(work.target, glyphs.plain, work.where) > share * wrong

    def _layers(self, work: Work, target: Picture) -> None:
        """Add shapes from coarse to fine."""
        weights = region_weights(np.ascontiguousarray(target[..., 0])) * work.worth
        weights = np.maximum(weights, np.float32(1e-4))
        lam = max(work.lam, COARSE)
        live = work.live
        wrong = float(misfit(target, live.shown)[work.where].sum(dtype=np.float64))
        shown = live.shown if live.shapes else None
        lines = find_lines(target, work.where, work.lam, live.view, LINES * wrong, shown)
        if lines.lines:
            # Large areas first, as if there were no lines, then the lines on them, then what is on the lines.
            self._areas(work, without_lines(target, lines), weights, lam, LARGE_AREA)
            easel = Easel(self._engine, self._palette, live, target, work.worth, work.lam, work.price)
            for state in paint_lines(easel, lines):
                work.enter(state)
        while True:
            self._areas(work, target, weights, lam)
            if lam <= work.lam:
                return
            lam = max(lam / FINER, work.lam)

    def _areas(self, work: Work, target: Picture, weights: Plane, lam: float, least_area: int = 0) -> None:
        """Add shapes for regions at one lambda where the picture is wrong."""
        live = work.live
        active = work.where
        if live.shapes:
            active = work.where & (misfit(target, live.shown) > min(0.5 * lam, WRONG))
        if not active.any():
            return
        regions = merge_regions(target, weights, active, lam, BORDER_BITS)
        regions = united(regions, target, weights, lam, BORDER_BITS)
        task = Task(
            target,
            work.worth,
            lam,
            work.lam,
            self._library,
            self._palette,
            live.view,
            self._refine,
            least_area,
        )
        for state in paint_regions(self._engine, task, live.shown, regions, work.price):
            work.enter(state)
