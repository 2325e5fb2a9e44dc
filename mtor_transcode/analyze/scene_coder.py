# SPDX-License-Identifier: Apache-2.0
"""The loop that makes a scene: at each key time propose edits, price them, see what they show, accept.

The coder holds the decoded state. Where the source has changed since the last decision it tries, in this
order, the camera, leaving, moving, recolouring, and new shapes from coarse to fine. Every edit is priced by
the syntax that will write it and accepted if ``dD + lambda dR < 0``; what has not changed is not touched, so
a still picture costs nothing and nothing flickers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from mtor_transcode.analyze.easel import Picture, Plane, best_colour
from mtor_transcode.analyze.edges import region_weights
from mtor_transcode.analyze.glyphs import LEAST_PIECES, find_glyphs
from mtor_transcode.analyze.lettering import Page, paint_letters
from mtor_transcode.analyze.library import OutlineLibrary, Palette
from mtor_transcode.analyze.live import LiveShape, LiveShapes, error_change, rect_of
from mtor_transcode.analyze.misfit import misfit, squares
from mtor_transcode.analyze.motion import camera_motion, moved_camera, warp
from mtor_transcode.analyze.moves import MoveFinder, candidates_of
from mtor_transcode.analyze.paints import fit_solid, recoloured
from mtor_transcode.analyze.regions import merge_regions
from mtor_transcode.analyze.strokes import find_lines, paint_lines, without_lines
from mtor_transcode.analyze.tracks import Tracks
from mtor_transcode.analyze.vectorize import Task, paint_regions
from mtor_transcode.codec.price import Pricer
from mtor_transcode.model import (
    CameraMove,
    Edit,
    Enter,
    Leave,
    Paint,
    ShapeState,
    Solid,
    Token,
    Transform,
)
from mtor_transcode.render.matrix import IDENTITY_MATRIX

NOTICED = 20.0
"""Squared error (mean of 3x3 px) above what was accepted before that makes a pixel worth another look."""

LEAST_BITS = 12.0
"""No edit costs less: shapes whose whole error is worth less are left alone."""

WRONG = 100.0
"""Squared error (mean of 3x3 px) from which on a pixel may get a new shape, whatever lambda is."""

TOLERATED = 1.3
"""Factor by which an accepted error may grow before it is looked at again."""

COARSE = 1500.0
"""Lambda of the first and coarsest pass; finer ones follow by ``FINER`` down to the one asked for."""

FINER = 3.0

BORDER_BITS = 0.8
"""Bits of a px of border, for the merging of regions."""

TEXT = 0.15
"""Share of what is wrong in a picture from which on its small letters are painted as masks."""

LINES = 0.1
"""Share of what is wrong in a picture from which on its thin lines are painted as strokes."""

LARGE_AREA = 1600
"""Px of an area that is painted before thin lines are: letters and the like come after them."""

MAX_LIVE = 1200
"""Shapes that nobody sees any more leave when more than this many are live."""

LOOKED_AT = 64
FITS = 24
"""Shapes of a key that may change, and whose places are fitted to the picture: those with most at stake."""

CONTINUED_BITS = 3.0
"""What a move costs that goes on as before: the smoothing of tracks makes one token of both."""


@dataclass(frozen=True, slots=True)
class Times:
    """When the tokens of a key act: moves over ``[since, at)``, enters and leaves at ``middle``."""

    since: int
    at: int
    middle: int


class SceneCoder:
    """Makes the tokens of one scene.

    ``nodes`` counts those of the new shapes since ``take_tokens``, ``bits`` what its tokens cost; ``lam`` may
    be changed between decisions.
    """

    def __init__(
        self, library: OutlineLibrary, target: Picture, lam: float, background: Paint, *, refine: bool = True
    ) -> None:
        height, width = target.shape[:2]
        self.lam = lam
        self._refine = refine
        self._engine = library.engine
        self.live = LiveShapes(self._engine, (width, height), background)
        self._tokens: list[Token] = []
        self._before: dict[int, ShapeState] = {}
        self.nodes = 0
        self.bits = 0.0
        self._decided = target
        self._accepted: Plane = np.zeros((height, width), dtype=np.float32)
        self._library = library
        self._palette = Palette()
        self._next = 0
        self._tracks = Tracks()
        self._pricer: Pricer | None = None
        self._flashed: int | None = None

    def begin(self, pricer: Pricer, target: Picture, worth: Plane, tick: int) -> None:
        """Make the first state."""
        self._pricer = pricer
        self._decided = target
        everywhere = np.ones(worth.shape, dtype=bool)
        self._paint(target, worth, everywhere, Times(tick, tick, tick))
        self._accepted = misfit(target, self.live.shown) * worth

    def tokens(self) -> tuple[Token, ...]:
        """The tokens decided since ``take_tokens``, with tracks smoothed, in order of time."""
        return tuple(self._tracks.smoothed(self._tokens, self._before, self.lam))

    def take_tokens(self) -> tuple[Token, ...]:
        """The same, and from now on there are none."""
        tokens = self.tokens()
        self._tokens.clear()
        self.nodes = 0
        self.bits = 0.0
        self._before = {shape.number: shape.state for shape in self.live.shapes}
        return tokens

    def price_with(self, pricer: Pricer) -> None:
        """Price by another pricer from now on (the writer has gone on to a new span)."""
        self._pricer = pricer

    def step(self, target: Picture, worth: Plane, times: Times, jump: bool) -> None:
        """Decide for the next key time."""
        self._end_flash(times)
        uncovered = None if jump else self._try_camera(target, worth, times)
        look = self._worse(target, worth)
        if uncovered is not None and uncovered.any():
            # What the camera brings into view was there before: it enters out of sight.
            self._paint(target, worth, look & uncovered, replace(times, middle=times.since))
        if look.any():
            self._edit_shapes(target, worth, look, times)
            look |= self._worse(target, worth)
            self._paint(target, worth, look, times)
        cost = misfit(target, self.live.shown) * worth
        self._accepted = np.where(look, cost, np.minimum(cost, self._accepted))
        self._decided = target

    def flash(self, target: Picture, worth: Plane, times: Times) -> None:
        """Paint a picture that is gone at the next key on top of all shapes, which stay as they are beneath.

        If they changed instead, each would have to change back, and not all of that would pay.
        """
        self._end_flash(times)
        self._flashed = self._next
        self._paint(target, worth, self._worse(target, worth), times)

    def _end_flash(self, times: Times) -> None:
        """Let the shapes of a flash leave."""
        if self._flashed is None:
            return
        while self.live.shapes and self.live.shapes[-1].number >= self._flashed:
            index = len(self.live.shapes) - 1
            number = self.live.shapes[index].number
            self.live.change(index, None, *self.live.seen_with(index, None))
            self._emit(Leave(times.middle, number))
        self._flashed = None

    def _worse(self, target: Picture, worth: Plane) -> NDArray[np.bool_]:
        """Where the picture's error costs clearly more than was accepted at the last decision."""
        cost = misfit(target, self.live.shown) * worth
        mask = (cost > TOLERATED * self._accepted + NOTICED * worth).astype(np.uint8)
        grown: NDArray[np.bool_] = cv2.dilate(mask, np.ones((5, 5), np.uint8)).astype(bool)
        return grown

    def _token_price(self, token: Token) -> float:
        assert self._pricer is not None
        return self._pricer.token(token)

    def _emit(self, token: Token) -> None:
        assert self._pricer is not None
        self.bits += self._pricer.commit(token)
        self._tokens.append(token)
        if isinstance(token, Enter):
            self.nodes += token.state.outline.node_count

    def _try_camera(self, target: Picture, worth: Plane, times: Times) -> NDArray[np.bool_] | None:
        """Move the camera if that pays; where it then shows what was out of the frame."""
        before = np.ascontiguousarray(self._decided[..., 0])
        after = np.ascontiguousarray(target[..., 0])
        if float(np.mean(cv2.absdiff(before, after))) < 0.3:
            return None
        motion = camera_motion(before, after)
        if motion is None:
            return None
        camera = moved_camera(self.live.camera, motion)
        token = CameraMove(times.since, times.at - times.since, camera)
        picture = self.live.with_camera(camera)
        change = error_change(target, self.live.shown, picture, worth)
        if change + self.lam * self._token_price(token) >= 0:
            return None
        self._emit(token)
        self.live.set_camera(camera, picture)
        self._decided = warp(self._decided, motion)
        self._accepted = warp(self._accepted, motion, continued=False)
        uncovered: NDArray[np.bool_] = warp(np.ones_like(worth), motion, continued=False) < 0.999
        return uncovered

    def _edit_shapes(self, target: Picture, worth: Plane, moved: NDArray[np.bool_], times: Times) -> None:
        """Let shapes in the changed area leave, move or change colour."""
        owners = self.live.owners()
        count = len(self.live.shapes)
        if count == 0:
            return
        error = misfit(target, self.live.shown) * worth
        candidates, at_stake = candidates_of(owners, count, moved, error, self.lam * LEAST_BITS)
        if not len(candidates):
            return
        by_stake = candidates[np.argsort(-at_stake[candidates], kind="stable")]
        candidates, thorough = np.sort(by_stake[:LOOKED_AT]), by_stake[:FITS]
        finder = MoveFinder(self.live, self._decided, target, worth, owners, self.lam, thorough)
        numbers = [self.live.shapes[i].number for i in candidates]
        for number, owner in zip(numbers, candidates, strict=True):
            self._try_moving(number, finder, int(owner), float(at_stake[owner]), times)
        for number in reversed(numbers):
            if not self._try_leaving(number, target, worth, times):
                self._try_colour(number, target, worth, times)
        self._drop_hidden(times)

    def _try_moving(self, number: int, finder: MoveFinder, owner: int, stake: float, times: Times) -> None:
        """Take the best of the proposed moves over, if it pays."""
        index = self.live.index_of(number)
        shape = self.live.shapes[index]
        expected = self._tracks.expected(number, times.since, times.at)

        def price(place: Transform) -> float:
            if place == expected:
                return CONTINUED_BITS
            fresh = replace(shape.state, transform=place)
            return self._token_price(Edit(times.since, times.at - times.since, number, fresh))

        pose = finder.best(index, owner, stake, expected, price)
        if pose is None:
            return
        other = self.live.make(number, replace(shape.state, transform=pose.place))
        rect, pixels = self.live.seen_with(index, other)
        self._tracks.moved(number, times.since, times.at, shape.state.transform, pose)
        self.live.change(index, other, rect, pixels)
        self._emit(Edit(times.since, times.at - times.since, number, other.state))

    def _try_leaving(self, number: int, target: Picture, worth: Plane, times: Times) -> bool:
        return self._try(self.live.index_of(number), None, Leave(times.middle, number), target, worth)

    def _try_colour(self, number: int, target: Picture, worth: Plane, times: Times) -> None:
        index = self.live.index_of(number)
        shape = self.live.shapes[index]
        x0, y0, x1, y1 = shape.rect
        if x1 <= x0 or y1 <= y0:
            return
        cover = self.live.cover_of(shape)
        _, under = self.live.seen_with(index, None)
        visible = cover.copy()
        visible[np.any(self.live.composited(shape, under) != self.live.shown[y0:y1, x0:x1], axis=2)] = 0
        wanted = best_colour(target[y0:y1, x0:x1], under, visible, worth[y0:y1, x0:x1])
        paint = recoloured(shape.state.paint, wanted, target[y0:y1, x0:x1], under, visible)
        if paint is None or paint == shape.state.paint:
            return
        fresh = replace(shape.state, paint=paint)
        token = Edit(times.since, times.at - times.since, number, fresh)
        if self._try(index, fresh, token, target, worth):
            area = float((visible * worth[y0:y1, x0:x1]).sum(dtype=np.float64)) / 255
            self._tracks.recoloured(number, times.at, area)

    def _try(self, index: int, state: ShapeState | None, token: Token, target: Picture, worth: Plane) -> bool:
        """See a shape in another state (None: gone), and take it over if that pays."""
        shape = self.live.shapes[index]
        other: LiveShape | None = None if state is None else self.live.make(shape.number, state)
        rect, pixels = self.live.seen_with(index, other)
        change = error_change(
            rect_of(target, rect), rect_of(self.live.shown, rect), pixels, rect_of(worth, rect)
        )
        if change >= 0 or change + self.lam * self._token_price(token) >= 0:
            return False
        self.live.change(index, other, rect, pixels)
        self._emit(token)
        return True

    def _drop_hidden(self, times: Times) -> None:
        if len(self.live.shapes) <= MAX_LIVE:
            return
        owners = self.live.owners()
        seen = np.bincount(owners[owners >= 0], minlength=len(self.live.shapes))
        for index in reversed(np.flatnonzero(seen == 0)):
            shape = self.live.shapes[index]
            rect, pixels = self.live.seen_with(index, None)
            self.live.change(index, None, rect, pixels)
            self._emit(Leave(times.middle, shape.number))

    def _paint(self, target: Picture, worth: Plane, where: NDArray[np.bool_], times: Times) -> None:
        """Add shapes where the picture is not yet what it should be: what lies below text, text, the rest."""
        least = 1 if self._library.masks else LEAST_PIECES
        glyphs = find_glyphs(target, where, least) if self.live.view == IDENTITY_MATRIX else None
        if glyphs is not None and squares(target, glyphs.plain, where) > TEXT * squares(
            target, self.live.shown, where
        ):
            self._paint_layers(glyphs.plain, worth, where, times)
            known = self._library.masks, self._palette.colours(), self._enter_price(times)
            page = Page(self._engine, target, self.live.shown, worth, self.lam, *known)
            for state in paint_letters(page, glyphs):
                self._enter(state, times)
        self._paint_layers(target, worth, where, times)

    def _paint_layers(self, target: Picture, worth: Plane, where: NDArray[np.bool_], times: Times) -> None:
        """Add shapes from coarse to fine."""
        weights = region_weights(np.ascontiguousarray(target[..., 0])) * worth
        weights = np.maximum(weights, np.float32(1e-4))
        lam = max(self.lam, COARSE)
        wrong = float(misfit(target, self.live.shown)[where].sum(dtype=np.float64))
        lines = find_lines(target, where, self.lam, self.live.view, LINES * wrong)
        if lines.lines:
            # Large areas first, as if there were no lines, then the lines on them, then what is on the lines.
            self._paint_areas(without_lines(target, lines), worth, weights, where, lam, times, LARGE_AREA)
            price = self._enter_price(times)
            for state in paint_lines(
                self._engine, self._palette, self.live, target, worth, lines, self.lam, price
            ):
                self._enter(state, times)
        while True:
            self._paint_areas(target, worth, weights, where, lam, times)
            if lam <= self.lam:
                return
            lam = max(lam / FINER, self.lam)

    def _paint_areas(
        self,
        target: Picture,
        worth: Plane,
        weights: Plane,
        where: NDArray[np.bool_],
        lam: float,
        times: Times,
        least_area: int = 0,
    ) -> None:
        """Add shapes for regions at one lambda where the picture is wrong."""
        active = where
        if self.live.shapes:
            active = where & (misfit(target, self.live.shown) > min(0.5 * lam, WRONG))
        if not active.any():
            return
        regions = merge_regions(target, weights, active, lam, BORDER_BITS)
        task = Task(
            target,
            worth,
            lam,
            self.lam,
            self._library,
            self._palette,
            self.live.view,
            self._refine,
            least_area,
        )
        for state in paint_regions(self._engine, task, self.live.shown, regions, self._enter_price(times)):
            self._enter(state, times)

    def _enter(self, state: ShapeState, times: Times) -> None:
        """Let a shape that is painted on ``shown`` already enter."""
        self._emit(Enter(times.middle, self._next, state))
        self._library.add(state.outline)
        self._palette.add(state.paint)
        self.live.add(self.live.make(self._next, state), painted=True)
        self._next += 1

    def _enter_price(self, times: Times) -> Callable[[ShapeState], float]:
        return lambda state: self._token_price(Enter(times.middle, self._next, state))


def background_of(target: Picture) -> Solid:
    """The colour of the most frequent kind of pixel: what a scene's background starts as."""
    coarse = target[::4, ::4].reshape(-1, 3) >> 3
    keys = (coarse[:, 0].astype(np.int64) << 10) | (coarse[:, 1].astype(np.int64) << 5) | coarse[:, 2]
    names, counts = np.unique(keys, return_counts=True)
    chosen = (keys == names[np.argmax(counts)]).reshape(target[::4, ::4].shape[:2])
    return fit_solid(np.ascontiguousarray(target[::4, ::4]), chosen.astype(np.float32))
