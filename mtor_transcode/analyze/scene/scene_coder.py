# SPDX-License-Identifier: Apache-2.0
"""The loop that makes a scene: at each key time propose edits, price them, see what they show, accept.

The coder holds the decoded state. Where the source has changed since the last decision it tries, in this
order, the camera, leaving, moving, recolouring, and new shapes from coarse to fine. Every edit is priced by
the syntax that will write it and accepted if ``dD + lambda dR < 0``; what has not changed is not touched, so
a still picture costs nothing and nothing flickers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from mtor_transcode.analyze.canvas.easel import Picture, Plane
from mtor_transcode.analyze.canvas.library import OutlineLibrary
from mtor_transcode.analyze.canvas.live_shapes import LiveShapes, error_change
from mtor_transcode.analyze.canvas.misfit import misfit, worse
from mtor_transcode.analyze.lines.borders import give_borders
from mtor_transcode.analyze.lines.bridges import bridge
from mtor_transcode.analyze.lines.withdrawing import Stakes, withdraw
from mtor_transcode.analyze.motion.camera import Motion, camera_proposals, moved_camera, warp
from mtor_transcode.analyze.motion.carrying import carried_along
from mtor_transcode.analyze.motion.glance import Glance
from mtor_transcode.analyze.motion.outlook import Outlook
from mtor_transcode.analyze.motion.tracks import Times
from mtor_transcode.analyze.patches.palettes import Wanted, find_palettes
from mtor_transcode.analyze.patches.stills import SECTION_BITS, Scene, find_patches, inside, pictures
from mtor_transcode.analyze.scene.painting import Painter, Work
from mtor_transcode.analyze.scene.shape_edits import ShapeEdits
from mtor_transcode.codec.price import Pricer
from mtor_transcode.model import CameraMove, Edit, Enter, Leave, Paint, ShapeState, TexturePaint

See = Callable[[], Outlook | None]
"""Looks ahead for what a camera will bring into view."""


class SceneCoder(ShapeEdits):
    """Makes the tokens of one scene.

    ``lam`` may be changed between decisions, and ``stills``: the worth of what may become an AV1 still (None:
    nothing).
    """

    def __init__(
        self, library: OutlineLibrary, target: Picture, lam: float, background: Paint, *, refine: bool = True
    ) -> None:
        height, width = target.shape[:2]
        super().__init__(LiveShapes(library.engine, (width, height), background), lam, target)
        self.stills: float | None = None
        self._accepted: Plane = np.zeros((height, width), dtype=np.float32)
        self._painter = Painter(library, refine=refine)
        self._flashed: int | None = None

    def begin(
        self,
        pricer: Pricer,
        target: Picture,
        worth: Plane,
        tick: int,
        outlook: Outlook | None = None,
        covered: NDArray[np.bool_] | None = None,
    ) -> None:
        """Make the first state; with an ``outlook``, of what a camera will bring into view as well.

        What panes are going to hide is ``covered`` (H, W).
        """
        self._pricer = pricer
        self._decided = target
        where = np.ones(worth.shape, dtype=bool) if covered is None else ~covered
        worth = worth if covered is None else np.where(covered, np.float32(0), worth)
        self._paint(target, worth, where, Times(tick, tick, tick), outlook)
        self._accepted = misfit(target, self.live.shown) * worth

    def lay_pane(self, state: ShapeState, tick: int, number: int | None = None) -> int:
        """Lay a pane over all shapes from a tick on, or give that of a ``number`` a texture; its number."""
        assert isinstance(state.paint, TexturePaint)
        if number is None:
            number = self._next
            self._next += 1
            self.live.add(self.live.make(number, state))
            self._emit(Enter(tick, number, state))
            del self._paid[number]
            self._panes.add(number)
        else:
            index, fresh = self.live.index_of(number), self.live.make(number, state)
            self.live.change(index, fresh, *self.live.seen_with(index, fresh))
            self._emit(Edit(tick, 0, number, state))
            self.bits += 8 * len(state.paint.texture.data) + SECTION_BITS
        x0, y0, x1, y1 = self.live.shapes[self.live.index_of(number)].rect
        self._decided = self._decided.copy()
        self._decided[y0:y1, x0:x1] = self.live.shown[y0:y1, x0:x1]
        return number

    def lift_pane(self, number: int, tick: int) -> None:
        """Take a pane off."""
        index = self.live.index_of(number)
        self.live.change(index, None, *self.live.seen_with(index, None))
        self._panes.discard(number)
        self._emit(Leave(tick, number))

    def step(
        self,
        target: Picture,
        worth: Plane,
        times: Times,
        jump: bool,
        outlook: See = lambda: None,
        glance: Glance | None = None,
    ) -> None:
        """Decide for the next key time.

        ``outlook`` tells what lies around the target, where it is asked; a ``glance``, how things began to
        move.
        """
        self._end_flash(times)
        uncovered = self._try_camera(target, worth, times, jump, glance)
        look = worse(target, self.live.shown, worth, self._accepted)
        if uncovered is not None and (look & uncovered).any():
            # What the camera brings into view was there before: it enters out of sight.
            self._paint(target, worth, look & uncovered, replace(times, middle=times.since), outlook())
        if look.any():
            before = self.live.shapes.copy()
            # How shapes began to move was seen without what the camera has done.
            self._edit_shapes(target, worth, look, times, glance if uncovered is None else None)
            self._accepted = carried_along(self._accepted, self.live, before)
            look = worse(target, self.live.shown, worth, self._accepted)
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
        self._paint(target, worth, worse(target, self.live.shown, worth, self._accepted), times)

    def _end_flash(self, times: Times) -> None:
        """Let the shapes of a flash leave; a pane that came meanwhile stays."""
        if self._flashed is None:
            return
        numbers = [shape.number for shape in reversed(self.live.shapes) if shape.number >= self._flashed]
        for number in [number for number in numbers if number not in self._panes]:
            index = self.live.index_of(number)
            self.live.change(index, None, *self.live.seen_with(index, None))
            self._emit(Leave(times.middle, number))
        self._flashed = None

    def _try_camera(
        self, target: Picture, worth: Plane, times: Times, jump: bool, glance: Glance | None
    ) -> NDArray[np.bool_] | None:
        """Move the camera if that pays; where it then shows what was out of the frame.

        It stays where it is as long as there are panes: they stand still in the frame.
        """
        if self._panes:
            return None
        before = np.ascontiguousarray(self._decided[..., 0])
        after = np.ascontiguousarray(target[..., 0])
        if float(np.mean(cv2.absdiff(before, after))) < 0.3:
            return None
        best: tuple[float, CameraMove, Picture, Motion] | None = None
        for motion in camera_proposals(before, after, jump, glance):
            camera = moved_camera(self.live.camera, motion)
            token = CameraMove(times.since, times.at - times.since, camera)
            picture = self.live.with_camera(camera)
            cost = error_change(target, self.live.shown, picture, worth) + self.lam * self._token_price(token)
            if cost < (best[0] if best else 0.0):
                best = cost, token, picture, motion
        if best is None:
            return None
        _, token, picture, motion = best
        self._emit(token)
        self.live.set_camera(token.camera, picture)
        self._decided = warp(self._decided, motion)
        self._accepted = warp(self._accepted, motion, continued=False)
        uncovered: NDArray[np.bool_] = warp(np.ones_like(worth), motion, continued=False) < 0.999
        return uncovered

    def _paint(
        self,
        target: Picture,
        worth: Plane,
        where: NDArray[np.bool_],
        times: Times,
        outlook: Outlook | None = None,
    ) -> None:
        """Add shapes where the picture is not yet what it should be, and in all of what ``outlook`` adds."""
        stage = self.live
        if outlook is not None:
            stage = self.live.widened(outlook.rect, outlook.behind)
            target, worth, where = outlook.around(target, worth, where)
        work = Work(
            stage, target, worth, where, self.lam, self._enter_price(times), self._text_price(times),
            lambda state: self._enter(stage, state, times),
        )  # fmt: skip
        pricer, first = self._prices().fork(), len(self._tokens)
        self._painter.paint(work)
        stakes = Stakes(target, worth, self.lam)
        if stage is self.live:
            self._withdraw(stage, stakes, pricer, first)
            laid = None if self.stills is None else self._lay_patches(work, self.stills, times)
            if laid is not None and laid.any():
                self._withdraw(stage, stakes, pricer, first)
                self._painter.paint(replace(work, where=where & laid))
            self._lay_palettes(work, pricer, first, times)
        self._reconsider(stage, stakes, pricer, first)
        if stage is not self.live:
            for token in self._tokens[first:]:
                if isinstance(token, Enter):
                    self.live.add(self.live.make(token.shape, token.state))

    def _lay_patches(self, work: Work, least: float, times: Times) -> NDArray[np.bool_]:
        """Lay stills over what costs less so; where they are."""
        scene = Scene(self.live, work.target, work.worth, work.where, self.lam, self._paid, least)
        patches = find_patches(scene, times.middle, jump=times.since == times.at)
        for patch in patches:
            self.live.add(self.live.make(self._next, patch.state))
            self._emit(Enter(times.middle, self._next, patch.state))
            self._next += 1
        return inside((patch.rect for patch in patches), work.where.shape)

    def _lay_palettes(self, work: Work, pricer: Pricer, first: int, times: Times) -> None:
        """Lay palette patches over what costs less so, instead of the new shapes there."""
        count = self._next
        wanted = Wanted(self.live, work.target, work.worth, work.where, self.lam, self._paid)
        for patch in find_palettes(wanted, self._painter.patches, self._enter_price(times)):
            self.live.leave(patch.hidden)
            self.live.add(self.live.make(self._next, patch.state))
            self._emit(Enter(times.middle, self._next, patch.state))
            self._painter.know(patch.state)
            self._next += 1
        if self._next > count:
            self._enter_anew(self.live, pricer.fork(), first)

    def _reconsider(self, stage: LiveShapes, stakes: Stakes, pricer: Pricer, first: int) -> None:
        """Let what entered since token ``first`` (``pricer``: before it) enter anew: needed, bordered."""
        self._withdraw(stage, stakes, pricer, first)
        for better in (give_borders, bridge):
            put_back = self._held(stage)
            paid = sum(self._paid.values())
            change = better(stage, stakes, self._paid)
            if change is not None:
                change += withdraw(stage, stakes, self._paid)
                self._enter_anew(stage, pricer.fork(), first)
                if change + stakes.lam * (sum(self._paid.values()) - paid) >= 0:
                    put_back()
        self._paid.clear()

    def _withdraw(self, stage: LiveShapes, stakes: Stakes, pricer: Pricer, first: int) -> None:
        """Take what is not worth its bits off the stage; of stills and what they hide, what is hidden."""
        count = len(stage.shapes)
        stills = {shape.number for shape in pictures(stage)}
        withdraw(stage, stakes, {number: bits for number, bits in self._paid.items() if number not in stills})
        if len(stage.shapes) < count:
            self._enter_anew(stage, pricer.fork(), first)

    def _enter_anew(self, stage: LiveShapes, pricer: Pricer, first: int) -> None:
        """Let what the stage still has of the shapes since token ``first`` enter as it is now."""
        entered = [token for token in self._tokens[first:] if isinstance(token, Enter)]
        states = {shape.number: shape.state for shape in stage.shapes}
        self._pricer = pricer
        del self._tokens[first:]
        self.bits -= sum(self._paid.values())
        self.nodes -= sum(token.state.outline.node_count for token in entered)
        self._paid.clear()
        for token in entered:
            if token.shape in states:
                self._emit(replace(token, state=states[token.shape]))

    def _enter(self, stage: LiveShapes, state: ShapeState, times: Times) -> None:
        """Let a shape that is painted on what ``stage`` shows already enter."""
        self._emit(Enter(times.middle, self._next, state))
        self._painter.know(state)
        stage.add(stage.make(self._next, state), painted=True)
        self._next += 1

    def _text_price(self, times: Times) -> Callable[[Sequence[ShapeState]], float]:
        return lambda states: self._run_price(
            Enter(times.middle, self._next + k, state) for k, state in enumerate(states)
        )

    def _enter_price(self, times: Times) -> Callable[[ShapeState], float]:
        return lambda state: self._token_price(Enter(times.middle, self._next, state))
