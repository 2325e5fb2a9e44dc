# SPDX-License-Identifier: Apache-2.0
"""What writer and reader know of a scene at a place in its tokens, for prediction.

Tokens are written against a memory that does not change; ``remember`` then takes the token in. Shapes have
coded ids: 0, 1, 2 ... in the order in which they enter.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from typing import Final, NamedTuple

from mtor_transcode.codec.canonical import grid_of
from mtor_transcode.codec.paint_syntax import PaintMemory
from mtor_transcode.codec.texture_syntax import NO_TEXTURES, TextureNames
from mtor_transcode.model import (
    Backdrop,
    Background,
    Camera,
    CameraMove,
    Edit,
    Enter,
    Fill,
    Leave,
    Outline,
    ShapeState,
    TexturePaint,
    Token,
    Transform,
)

RECENT: Final = 2048
"""Outlines of the scene that are remembered by recency."""

STEPS: Final = 4096
"""Pairs of outlines whose step is remembered; then all are forgotten."""

KINDS: Final = (Edit, Enter, Leave, CameraMove, Background)
NO_KIND: Final = len(KINDS)
NOBODY: Final = -1

Motion = tuple[int, int]


class LiveShape(NamedTuple):
    """A shape's target state, the dictionary id of its outline, and its last motion."""

    state: ShapeState
    outline_id: int
    motion: Motion


class Moment(NamedTuple):
    """Where in time the tokens are: the current group of tokens with one time, and what it did so far.

    ``open`` is false before the first group of a span; ``step`` is the last difference of two groups' times;
    ``motion`` is the last motion of an edit in the group, ``shape`` the last shape that the group named.
    """

    time: int
    open: bool = False
    step: int = 0
    motion: Motion | None = None
    shape: int = NOBODY


class Steps:
    """The ways from an entering shape to the next: a letter follows another at the same distance each time.

    ``hit`` tells whether the last step was the expected one.
    """

    def __init__(self) -> None:
        self.hit = 0
        self._last: Motion = (0, 0)
        self._before = NOBODY
        self._known: dict[tuple[int, int], Motion] = {}

    def expected(self, outline_id: int, new: bool) -> tuple[Motion, int]:
        """Returns the step to a shape of this outline, and where that is from.

        1: from when this outline came after the same one last; else the last step of all, to an outline of
        this scene (0) or to one that comes in now (2).
        """
        step = self._known.get((self._before, outline_id))
        return (self._last, 2 if new else 0) if step is None else (step, 1)

    def remember(self, outline_id: int, old: Transform, place: Transform) -> None:
        """Takes in that a shape of an outline entered at ``place``, after one at ``old``."""
        step = place.dx - old.dx, place.dy - old.dy
        self.hit = int(self._known.get((self._before, outline_id), self._last) == step)
        if len(self._known) == STEPS:
            self._known.clear()
        self._known[self._before, outline_id] = self._last = step
        self._before = outline_id

    def fork(self) -> Steps:
        """Returns an independent copy."""
        copy = Steps()
        copy.__dict__.update(self.__dict__)
        copy._known = self._known.copy()
        return copy


class SceneMemory:
    """The memory of a scene. ``next_new`` is the dictionary id of the next new outline.

    ``textured`` weighs the live shapes that show textures (``texture_weight``).
    """

    def __init__(
        self,
        background: Backdrop,
        camera: Camera,
        next_new: int,
        start: int,
        textures: TextureNames = NO_TEXTURES,
    ) -> None:
        self.background: Backdrop = background
        self.textures = textures
        self.camera = camera
        self.camera_motion = (0, 0, 0, 0)
        self.paints = PaintMemory()
        self.paints.add(background)
        self.textured = 0
        self.shapes: dict[int, LiveShape] = {}
        self.order: list[int] = []
        self.next_shape = 0
        self.explicit_ids = False
        self.last_entered = NOBODY
        self.place = Transform()
        self.fine = 0
        self.steps = Steps()
        self.recent: list[int] = []
        self.next_new = next_new
        self.was_new = 1
        self.moment = Moment(start)
        self.kind = NO_KIND
        self.durations = [0] * len(KINDS)
        self.changes = 0
        self.successor: dict[int, int] = {}

    def fork(self) -> SceneMemory:
        """Returns an independent copy; cost grows with the live shapes and the outlines they used."""
        copy = object.__new__(SceneMemory)
        copy.__dict__.update(self.__dict__)
        copy.paints = self.paints.fork()
        copy.shapes = self.shapes.copy()
        copy.order = self.order.copy()
        copy.recent = self.recent.copy()
        copy.durations = self.durations.copy()
        copy.successor = self.successor.copy()
        copy.steps = self.steps.fork()
        return copy

    def begin_span(self, start: int) -> None:
        """Starts the times of a span."""
        self.moment = Moment(start, step=self.moment.step)

    def at_time(self, at: int) -> None:
        """Goes on to the time of a token."""
        moment = self.moment
        if not moment.open:
            self.moment = Moment(at, True, moment.step)
        elif at != moment.time:
            self.moment = Moment(at, True, at - moment.time)

    def expected_shape(self) -> tuple[int, int]:
        """Returns ``(shape, known)``: the live shape that is likely to be named next, ``NOBODY`` if none.

        Known (1) if it followed the last named one before, else (0) it is the next one by id.
        """
        shape = self.successor.get(self.moment.shape, NOBODY)
        if shape in self.shapes:
            return shape, 1
        rank = self.expected_rank()
        return (self.order[rank] if rank < len(self.order) else NOBODY), 0

    def expected_rank(self) -> int:
        """Rank by id of the live shape after the last named one."""
        return bisect_right(self.order, self.moment.shape)

    def rank(self, shape: int) -> int:
        """Rank by id of a live shape."""
        return bisect_left(self.order, shape)

    def remember(self, token: Token, shape: int, outline_id: int) -> None:
        """Takes in a token of the coded id ``shape`` whose outline has the dictionary id ``outline_id``.

        ``at_time`` was called before, by the syntax.
        """
        self.kind = KINDS.index(type(token))
        self.durations[self.kind] = token.duration
        if isinstance(token, Enter):
            self._enter(token, shape, outline_id)
        elif isinstance(token, Edit):
            self._edit(token, shape, outline_id)
        elif isinstance(token, Leave):
            self._name(shape)
            self.textured -= texture_weight(self.shapes.pop(shape).state.paint)
            del self.order[self.rank(shape)]
            self.successor.pop(shape, None)
        elif isinstance(token, CameraMove):
            old, new = self.camera, token.camera
            self.camera_motion = (
                new.dx - old.dx, new.dy - old.dy, new.scale - old.scale, new.angle - old.angle
            )  # fmt: skip
            self.camera = new
        else:
            self.background = token.paint
            self.paints.add(token.paint)

    def _name(self, shape: int) -> None:
        self.successor[self.moment.shape] = shape
        self.moment = self.moment._replace(shape=shape)

    def _enter(self, token: Enter, shape: int, outline_id: int) -> None:
        state = token.state
        self.shapes[shape] = LiveShape(state, outline_id, (0, 0))
        insort(self.order, shape)
        self.last_entered = shape
        self.next_shape = max(self.next_shape, shape + 1)
        self.steps.remember(outline_id, self.place, state.transform)
        self.place = state.transform
        grid = grid_of(state.outline)
        if grid:
            self.fine = int(is_fine(grid, state.transform))
        self.paints.add(state.paint)
        self.textured += texture_weight(state.paint)
        self._use(outline_id)

    def _edit(self, token: Edit, shape: int, outline_id: int) -> None:
        old_state, old_outline, motion = self.shapes[shape]
        new = token.state
        moved = new.transform != old_state.transform
        painted = new.paint != old_state.paint
        reshaped = outline_id != old_outline
        faded = new.opacity != old_state.opacity
        self._name(shape)
        if moved:
            old_place, place = old_state.transform, new.transform
            motion = (place.dx - old_place.dx, place.dy - old_place.dy)
            self.moment = self.moment._replace(motion=motion)
        self.changes = moved | painted << 1 | reshaped << 2 | faded << 3
        self.shapes[shape] = LiveShape(new, outline_id, motion)
        if painted:
            self.paints.add(new.paint)
            self.textured += texture_weight(new.paint) - texture_weight(old_state.paint)
        if reshaped:
            self._use(outline_id)

    def _use(self, outline_id: int) -> None:
        recent = self.recent
        self.was_new = int(outline_id == self.next_new)
        if self.was_new:
            self.next_new += 1
            if len(recent) == RECENT:
                recent.pop()
        elif outline_id in recent:
            recent.remove(outline_id)
        elif len(recent) == RECENT:
            recent.pop()
        recent.insert(0, outline_id)


def texture_weight(fill: Fill) -> int:
    """What a shape's paint counts against ``MAX_LIVE_TEXTURES``."""
    if not isinstance(fill, TexturePaint):
        return 0
    return 1 if len(fill.texture.times) == 1 else 8


def is_fine(grid: int, transform: Transform) -> bool:
    """Whether a place lies off the grid of its outline."""
    return bool((transform.dx | transform.dy) & ((1 << grid) - 1))


def outline_of(token: Token) -> Outline | None:
    """Returns the outline that a token brings, if it is of a kind that has one."""
    return token.state.outline if isinstance(token, Enter | Edit) else None
