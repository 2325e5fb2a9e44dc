# SPDX-License-Identifier: Apache-2.0
"""Plain RFC tokens understood: from two vectors and a duration to the model's tokens.

Who a token is about: a vector with a ``character`` is that character; without one it is whoever shows the
start vector at the moment. The figures of a state are shapes of their own, matched by their order.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from mtor_transcode.codec.checks import check_token
from mtor_transcode.codec.rfc_json.cues import Cue
from mtor_transcode.codec.rfc_json.literal import literal_token
from mtor_transcode.codec.rfc_json.refusals import told
from mtor_transcode.codec.rfc_json.stage_list import StageList
from mtor_transcode.codec.rfc_json.states import Cast, Nothing, Shown, States
from mtor_transcode.errors import FormatError
from mtor_transcode.model import (
    Backdrop,
    Background,
    Camera,
    CameraMove,
    Edit,
    Enter,
    Leave,
    SceneStart,
    ShapeState,
    Token,
)

LINEAR: Final = frozenset({"linear_interpolation", "linear"})
JUMPS: Final = frozenset({"cut", "none", "step"})
FADES: Final = frozenset({"fade", "dissolve"})

Warn = Callable[[str], None]


@dataclass(slots=True)
class _Actor:
    """Someone on the screen: the vector shown last, the shapes (ids) that show it and their states."""

    vector: str
    shapes: list[int]
    figures: tuple[ShapeState, ...]


class SceneReading:
    """Reads the tokens of one scene in order of time."""

    def __init__(self, head: SceneStart, states: States, warn: Warn) -> None:
        self._camera = head.camera
        self._background: Backdrop = head.background
        self._states = states
        self._warn = warn
        self._stage = StageList()
        self._actors: dict[str, _Actor] = {}

    def tokens(self, cue: Cue) -> list[Token]:
        """What a line of the file does, as tokens of the model, in order."""
        self._stage.advance(cue.at)
        made = self._understood(cue)
        with told(cue.where):
            for token in made:
                check_token(token)
        return made

    def _understood(self, cue: Cue) -> list[Token]:
        extra = cue.event.mtor
        if extra is not None and extra.kind is not None:
            return [literal_token(cue, extra, self._states, self._stage)]
        parameters = cue.event.parameters
        start = self._states.shown(parameters.start_vector, cue.where)
        end = self._states.shown(parameters.end_vector, cue.where)
        style = self._style(cue)
        duration = 0 if style == "jump" else cue.duration
        if isinstance(start, (Cast, Nothing)) and isinstance(end, (Cast, Nothing)):
            return self._act(cue, start, end, duration, style == "fade")
        return self._scenery(cue, start, end, duration)

    def _style(self, cue: Cue) -> str:
        name = cue.event.parameters.transition_type.lower()
        if name in JUMPS:
            return "jump"
        if name in FADES:
            return "fade"
        if name not in LINEAR:
            self._warn(f"{cue.where}: unknown transition_type {name[:40]!r}, read as linear_interpolation")
        return "linear"

    def _scenery(self, cue: Cue, start: Shown, end: Shown, duration: int) -> list[Token]:
        """Camera and background: a jump to the start if it is not shown yet, then the way to the end."""
        given = [shown for shown in (start, end) if not isinstance(shown, Nothing)]
        if all(isinstance(shown, Camera) for shown in given):
            return self._move_camera(cue, [shown for shown in given if isinstance(shown, Camera)], duration)
        if any(isinstance(shown, (Camera, Cast)) for shown in given):
            raise FormatError(
                "its vectors are of different sorts (camera, background, shapes)",
                where=cue.where,
                remedy="let both be of one sort",
            )
        paints = [shown for shown in given if not isinstance(shown, (Camera, Cast))]
        return self._repaint(cue, paints, duration)

    def _move_camera(self, cue: Cue, stops: list[Camera], duration: int) -> list[Token]:
        made: list[Token] = []
        for stop, time in zip(stops, (0, duration)[-len(stops) :], strict=True):
            if stop != self._camera:
                made.append(CameraMove(cue.at, time, stop))
                self._camera = stop
        return made

    def _repaint(self, cue: Cue, stops: list[Backdrop], duration: int) -> list[Token]:
        made: list[Token] = []
        for stop, time in zip(stops, (0, duration)[-len(stops) :], strict=True):
            if stop != self._background:
                made.append(Background(cue.at, time, stop))
                self._background = stop
        return made

    def _act(
        self, cue: Cue, start: Cast | Nothing, end: Cast | Nothing, duration: int, fade: bool
    ) -> list[Token]:
        parameters = cue.event.parameters
        key = self._key(parameters.start_vector, start, end)
        actor = self._actors.pop(key, None)
        made: list[Token] = []
        if isinstance(start, Cast):
            if actor is None:
                actor = _Actor(parameters.start_vector, [], ())
            made += self._become(cue, actor, start.figures, 0)
        if actor is None:
            actor = _Actor(parameters.end_vector, [], ())
        if isinstance(end, Nothing):
            made += [self._leave(cue, shape, duration) for shape in actor.shapes]
            return made
        if fade and actor.figures != end.figures:
            made += self._cross_fade(cue, actor, end.figures, duration)
        else:
            made += self._become(cue, actor, end.figures, duration)
        actor.vector = parameters.end_vector
        self._actors[self._key(parameters.end_vector, end, end)] = actor
        return made

    def _key(self, vector: str, *casts: Cast | Nothing) -> str:
        """Under which key an actor is kept: its character, else the vector that it shows."""
        for cast in casts:
            if isinstance(cast, Cast) and cast.character:
                return f"character {cast.character}"
        return f"vector {vector}"

    def _become(self, cue: Cue, actor: _Actor, figures: tuple[ShapeState, ...], duration: int) -> list[Token]:
        """Each figure goes over to that of the same place in the order; others enter or leave."""
        made: list[Token] = []
        kept = min(len(actor.shapes), len(figures))
        for shape, before, after in zip(actor.shapes, actor.figures, figures, strict=False):
            if before != after:
                made.append(Edit(cue.at, duration, shape, after))
        under = self._stage.above(actor.shapes[kept - 1]) if kept else 0
        made += [self._leave(cue, shape, duration) for shape in actor.shapes[kept:]]
        del actor.shapes[kept:]
        made += self._enter_all(cue, actor, figures[kept:], under, duration)
        actor.figures = figures
        return made

    def _cross_fade(
        self, cue: Cue, actor: _Actor, figures: tuple[ShapeState, ...], duration: int
    ) -> list[Token]:
        under = self._stage.above(actor.shapes[-1]) if actor.shapes else 0
        made: list[Token] = [self._leave(cue, shape, duration) for shape in actor.shapes]
        actor.shapes.clear()
        if duration == 0:
            self._stage.advance(cue.at)
        made += self._enter_all(cue, actor, figures, under, duration)
        actor.figures = figures
        return made

    def _enter_all(
        self, cue: Cue, actor: _Actor, figures: tuple[ShapeState, ...], under: int, duration: int
    ) -> list[Token]:
        made: list[Token] = []
        for figure in figures:
            shape = self._stage.fresh()
            self._stage.enter(shape, under, cue.where)
            actor.shapes.append(shape)
            made.append(Enter(cue.at, shape, figure, under, duration))
        return made

    def _leave(self, cue: Cue, shape: int, duration: int) -> Token:
        self._stage.leave(shape, cue.at + duration, cue.where)
        return Leave(cue.at, shape, duration)
