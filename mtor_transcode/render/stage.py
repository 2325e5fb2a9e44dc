# SPDX-License-Identifier: Apache-2.0
"""The stage of a scene: tokens go in, the picture at any later time comes out (the RFC's F(t)).

Rules beyond those of the model:

- tokens take effect in the order of ``at``, those of one tick in the order in which they were fed;
- a shape that leaves is live, and counts for ``under``, until ``at + duration``; then it is gone before any
  token of that tick takes effect;
- a leaving shape in transition goes on to its last target while it fades;
- the background fills the screen: the camera does not move it; to or from a texture, paints jump.

Finished transitions are forgotten, so the memory is bounded by the live shapes and the tokens still to come.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Generic, TypeVar

from mtor_transcode.codec.limits import MAX_LIVE, MAX_LIVE_TEXTURES, STAGED
from mtor_transcode.codec.scene_memory import texture_weight
from mtor_transcode.errors import FormatError, UsageError
from mtor_transcode.model import (
    Background,
    CameraMove,
    Edit,
    Enter,
    Fill,
    Leave,
    SceneStart,
    ShapeState,
    TexturePaint,
    Token,
)
from mtor_transcode.render.between import Placed, backdrop_course, faded, place_course, placed_course
from mtor_transcode.render.gradient import AnyPaint
from mtor_transcode.render.matrix import Similarity
from mtor_transcode.render.textures import TextureShown, shown_at

Tick = Fraction | int
ValueT = TypeVar("ValueT")


@dataclass(frozen=True, slots=True)
class Picture:
    """What is to be painted at one time, ``shapes`` back to front.

    ``changed`` says whether it differs from the picture asked for before. ``next_change`` is the earliest
    time at which a picture may differ from this one: the time asked for itself while something moves, None
    if nothing that has been fed changes it.
    """

    background: AnyPaint | TextureShown
    camera: Similarity
    shapes: tuple[Placed, ...]
    changed: bool
    next_change: Tick | None


class _Course(Generic[ValueT]):
    """One value's way through time: at most one transition, and the target it comes to rest at."""

    __slots__ = ("_at", "_blend", "_duration", "_start", "target")

    def __init__(self, target: ValueT) -> None:
        self.target = target
        self._start = target
        self._blend: Callable[[float], ValueT] | None = None
        self._at = 0
        self._duration = 0

    def go(
        self, start: ValueT, target: ValueT, at: int, duration: int,
        between: Callable[[ValueT, ValueT], Callable[[float], ValueT]],
    ) -> None:  # fmt: skip
        """Begin a transition at ``at``, or jump if it has no duration or nothing changes."""
        self._start = start
        self.target = target
        self._blend = between(start, target) if duration > 0 and start != target else None
        self._at = at
        self._duration = duration

    def value(self, tick: Tick) -> ValueT:
        """The value at a time, half-open: from ``at + duration`` on it is the target."""
        if self._blend is None:
            return self.target
        if tick >= self._at + self._duration:
            self._blend = None
            self._start = self.target
            return self.target
        if tick <= self._at:
            return self._start
        return self._blend(float(tick - self._at) / self._duration)

    @property
    def moving(self) -> bool:
        """Whether the value asked for last was on its way."""
        return self._blend is not None


class Stage:
    """A scene on stage. Ask for pictures in the order of time."""

    def __init__(self, head: SceneStart) -> None:
        self._number = head.number
        self._background: _Course[AnyPaint | TexturePaint] = _Course(head.background)
        self._turn: int | None = None
        self._camera: _Course[Similarity] = _Course(head.camera)
        self._shapes: dict[int, _Course[Placed]] = {}
        self._placed: dict[int, Placed] = {}
        self._stirring: set[int] = set()
        self._turns: dict[int, int] = {}
        self._weights: dict[int, int] = {}
        self._order: list[int] = []
        self._leaving: dict[int, int] = {}
        self._soonest = 0
        self._pending: list[Token] = []
        self._tick: Tick | None = None
        self._picture: Picture | None = None

    def __len__(self) -> int:
        """Live shapes at the time asked for last."""
        return len(self._order)

    def feed(self, tokens: Iterable[Token]) -> None:
        """Tokens to take effect at their times; one whose time is past takes effect at the next question."""
        self._pending.extend(tokens)
        self._pending.sort(key=lambda token: token.at)

    def at(self, tick: Tick) -> Picture:
        """The picture at a time not before the last one.

        ``UsageError`` for an earlier time, ``FormatError`` for tokens of shapes that are not live, or that
        enter twice, and for more shapes than any film has.
        """
        if self._tick is not None and tick < self._tick:
            raise UsageError(f"a stage was asked for tick {tick} after tick {self._tick}")
        self._tick = tick
        was_moving = self._moving()
        stirred = self._advance(tick)
        last = self._picture
        turned = any(turn <= tick for turn in self._all_turns())
        if last is not None and not stirred and not was_moving and not turned:
            self._picture = replace(last, changed=False, next_change=self._next_change(tick))
            return self._picture
        background, camera = self._backdrop(tick), self._camera.value(tick)
        shapes = self._standing(tick)
        same = last is not None and (last.background, last.camera, last.shapes) == (
            background,
            camera,
            shapes,
        )
        self._picture = Picture(background, camera, shapes, not same, self._next_change(tick))
        return self._picture

    def _standing(self, tick: Tick) -> tuple[Placed, ...]:
        """All live shapes as they are; only those that a token has touched, or that move, are asked.

        And those whose texture goes on to its next picture; ``_turns`` is when that comes.
        """
        for shape in self._stirring | {shape for shape, turn in self._turns.items() if turn <= tick}:
            placed = self._shapes[shape].value(tick)
            self._turns.pop(shape, None)
            if isinstance(placed.paint, TexturePaint):
                turn = placed.paint.next_change(tick)
                if turn is not None:
                    self._turns[shape] = turn
                placed = replace(placed, paint=shown_at(placed.paint, tick))
            self._placed[shape] = placed
        self._stirring = {shape for shape in self._stirring if self._shapes[shape].moving}
        return tuple(map(self._placed.__getitem__, self._order))

    def _backdrop(self, tick: Tick) -> AnyPaint | TextureShown:
        """What the background shows; ``_turn`` is then when a texture's next picture comes."""
        paint = self._background.value(tick)
        if not isinstance(paint, TexturePaint):
            self._turn = None
            return paint
        self._turn = paint.next_change(tick)
        return shown_at(paint, tick)

    def _all_turns(self) -> Iterator[int]:
        """When textures go on to their next pictures."""
        if self._turn is not None:
            yield self._turn
        yield from self._turns.values()

    def _advance(self, tick: Tick) -> bool:
        """Let all tokens up to a time take effect; whether there was any."""
        due = 0
        for token in self._pending:
            if token.at > tick:
                break
            self._remove_gone(token.at)
            self._apply(token)
            due += 1
        del self._pending[:due]
        return self._remove_gone(tick) or due > 0

    def _remove_gone(self, tick: Tick) -> bool:
        if not self._leaving or tick < self._soonest:
            return False
        gone = [shape for shape, end in self._leaving.items() if end <= tick]
        for shape in gone:
            del self._leaving[shape], self._shapes[shape]
            self._placed.pop(shape, None)
            self._turns.pop(shape, None)
            self._weights.pop(shape, None)
            self._stirring.discard(shape)
            self._order.remove(shape)
        self._soonest = min(self._leaving.values(), default=0)
        return bool(gone)

    def _apply(self, token: Token) -> None:
        match token:
            case Enter():
                self._enter(token)
            case Edit():
                course = self._live(token.shape, token.at)
                target = _placed(token.shape, token.state)
                if token.shape in self._leaving:
                    target = faded(target)
                self._weigh(token.shape, token.state.paint, token.at)
                course.go(course.value(token.at), target, token.at, token.duration, placed_course)
            case Leave():
                course = self._live(token.shape, token.at)
                end = token.at + token.duration
                self._soonest = min(self._soonest, end) if self._leaving else end
                self._leaving[token.shape] = end
                course.go(
                    course.value(token.at), faded(course.target), token.at, token.duration, placed_course
                )
            case CameraMove():
                start = self._camera.value(token.at)
                self._camera.go(start, token.camera, token.at, token.duration, place_course)
            case Background():
                paint = self._background.value(token.at)
                jump = isinstance(paint, TexturePaint) or isinstance(token.paint, TexturePaint)
                self._background.go(
                    paint, token.paint, token.at, 0 if jump else token.duration, backdrop_course
                )

    def _enter(self, token: Enter) -> None:
        if token.shape in self._shapes:
            raise FormatError(f"shape {token.shape} enters but is there already", where=self._where(token.at))
        if len(self._order) >= STAGED * MAX_LIVE:
            raise FormatError("too many shapes", where=self._where(token.at))
        self._weigh(token.shape, token.state.paint, token.at)
        course = _Course(_placed(token.shape, token.state))
        course.go(faded(course.target), course.target, token.at, token.duration, placed_course)
        self._shapes[token.shape] = course
        self._stirring.add(token.shape)
        self._order.insert(max(0, len(self._order) - token.under), token.shape)

    def _weigh(self, shape: int, paint: Fill, at: int) -> None:
        """Take note of a shape's texture."""
        self._weights.pop(shape, None)
        weight = texture_weight(paint)
        if weight:
            self._weights[shape] = weight
            if sum(self._weights.values()) > STAGED * MAX_LIVE_TEXTURES:
                raise FormatError("too many shapes show textures", where=self._where(at))

    def _live(self, shape: int, at: int) -> _Course[Placed]:
        """The course of a shape that a token is about to touch."""
        course = self._shapes.get(shape)
        if course is None:
            raise FormatError(f"shape {shape} is not there to be changed", where=self._where(at))
        self._stirring.add(shape)
        return course

    def _where(self, at: int) -> str:
        return f"scene {self._number}, tick {at}"

    def _moving(self) -> bool:
        return self._camera.moving or self._background.moving or bool(self._stirring)

    def _next_change(self, tick: Tick) -> Tick | None:
        if self._moving():
            return tick
        coming = [self._pending[0].at] if self._pending else []
        return min([*coming, *self._all_turns(), *self._leaving.values()], default=None)


def _placed(shape: int, state: ShapeState) -> Placed:
    return Placed(shape, state.outline, state.paint, state.transform, state.opacity)
