# SPDX-License-Identifier: Apache-2.0
"""A scene as a script for an animation: which elements there are, and what each does when.

The painter's list is made fixed: elements that are gone keep their place in it, so that one order of the
file's elements serves for all times.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

from mtor_transcode.errors import FormatError
from mtor_transcode.model import (
    Background,
    CameraMove,
    Edit,
    Enter,
    Leave,
    Mask,
    SceneStart,
    ShapeState,
    Solid,
    TexturePaint,
    Token,
)
from mtor_transcode.render.between import Filling, Placed, faded, paint_course, place_course, placed_course
from mtor_transcode.render.field import AnyField
from mtor_transcode.render.gradient import AnyLinear, AnyPaint, AnyRadial
from mtor_transcode.render.matrix import Similarity
from mtor_transcode.render.textures import TextureShown

T = TypeVar("T")
Course = Callable[[float], T]
Kind = tuple[str, int, int]


@dataclass(frozen=True, slots=True)
class Segment(Generic[T]):
    """A transition over ``[begin, begin + duration)`` ticks; with duration 0 a jump."""

    begin: int
    duration: int
    start: T
    target: T
    course: Course[T]


@dataclass
class Life(Generic[T]):
    """A value from its first moment on."""

    first: T
    between: Callable[[T, T], Course[T]]
    segments: list[Segment[T]] = field(default_factory=list)

    @property
    def target(self) -> T:
        """Where the value comes to rest."""
        return self.segments[-1].target if self.segments else self.first

    def value(self, tick: int) -> T:
        """The value at a tick not before the last segment's begin."""
        if not self.segments:
            return self.first
        last = self.segments[-1]
        if tick >= last.begin + last.duration:
            return last.target
        return last.course((tick - last.begin) / last.duration)

    def go(self, at: int, duration: int, target: T, start: T | None = None) -> None:
        """Go over from the value at ``at`` (or from ``start``) to a target."""
        begin = self.value(at) if start is None else start
        self.segments.append(Segment(at, duration, begin, target, self.between(begin, target)))


@dataclass(eq=False)
class Element:
    """On the screen during ``[born, gone)``: an area, a line, a picture or a mask, for all its life.

    ``kind`` tells which gradients it has had (None: none yet), see ``_kind``, never two of them.
    """

    born: int
    life: Life[Placed]
    gone: int | None = None
    kind: Kind | None = None

    def __post_init__(self) -> None:
        self.kind = _kind(self.life.first.paint)

    def go(self, at: int, duration: int, target: Placed) -> None:
        """Go over to a state whose paint is not apart from those before."""
        self.life.go(at, duration, target)
        self.kind = self.kind or _kind(target.paint)

    @property
    def stroked(self) -> bool:
        """Whether it is a line, not an area."""
        return self.life.first.outline.stroke_width > 0

    def lives(self, tick: int) -> bool:
        """Whether it is on the screen."""
        return self.gone is None or self.gone > tick


class SceneScript:
    """Takes a scene's tokens in order; then has ``elements`` (bottom to top), ``camera``, ``background``.

    Textures of the background are left out; ``textures`` counts them, and those of shapes that have several
    pictures, of which the first is shown.
    """

    def __init__(self, head: SceneStart) -> None:
        self.head = head
        self.camera: Life[Similarity] = Life(head.camera, place_course)
        assert not isinstance(head.background, TexturePaint)
        self.backgrounds: list[tuple[int, Life[AnyPaint]]] = [
            (head.start, Life(head.background, paint_course))
        ]
        self._kind_of_background = _kind(head.background)
        self.textures = 0
        self.elements: list[Element] = []
        self._shapes: dict[int, Element] = {}

    def feed(self, tokens: Iterable[Token]) -> None:
        """Go on with the scene. FormatError for tokens of shapes that are not there."""
        for token in tokens:
            match token:
                case Enter():
                    self._enter(token)
                case Edit():
                    self._count(token.state)
                    goal = _placed(token.shape, token.state)
                    element = self._of_paint(token.shape, token.at, goal.paint)
                    element.go(token.at, token.duration, goal)
                    self._switch(token.shape, token.at, only_jumps=True)
                case Leave():
                    element = self._present(token.shape, token.at)
                    element.life.go(token.at, token.duration, faded(element.life.target))
                    element.gone = token.at + token.duration
                    del self._shapes[token.shape]
                case CameraMove():
                    self.camera.go(token.at, token.duration, token.camera)
                case Background():
                    if isinstance(token.paint, TexturePaint):
                        self.textures += 1
                    else:
                        self._background(token.at, token.duration, token.paint)

    def finish(self, end: int) -> None:
        """The scene is over at ``end``."""
        for shape in list(self._shapes):
            self._switch(shape, end)

    def _background(self, at: int, duration: int, paint: AnyPaint) -> None:
        """Goes over to another background; to another kind of gradient with a new rectangle over the old."""
        life = self.backgrounds[-1][1]
        if _differ(self._kind_of_background, _kind(paint)):
            now = life.value(at)
            life = Life(now if isinstance(now, Solid) else paint, paint_course)
            self.backgrounds.append((at, life))
            self._kind_of_background = _kind(paint)
        life.go(at, duration, paint)
        if self._kind_of_background is None:
            self._kind_of_background = _kind(paint)

    def _count(self, state: ShapeState) -> None:
        self.textures += isinstance(state.paint, TexturePaint) and len(state.paint.texture.times) > 1

    def _enter(self, token: Enter) -> None:
        self._count(token.state)
        if token.shape in self._shapes:
            raise FormatError(
                f"shape {token.shape} enters but is there already", where=f"scene {self.head.number}"
            )
        shown = _placed(token.shape, token.state)
        life = Life(faded(shown) if token.duration else shown, placed_course)
        if token.duration:
            life.go(token.at, token.duration, shown)
        element = Element(token.at, life)
        place, above = len(self.elements), 0
        while place > 0 and above < token.under:
            place -= 1
            above += self.elements[place].lives(token.at)
        self.elements.insert(place, element)
        self._shapes[token.shape] = element

    def _present(self, shape: int, at: int) -> Element:
        if shape not in self._shapes:
            raise FormatError(f"shape {shape} is not there", where=f"scene {self.head.number}, tick {at}")
        self._switch(shape, at)
        return self._shapes[shape]

    def _of_paint(self, shape: int, at: int, paint: Filling) -> Element:
        """The element of a shape that is about to change; a new one if its paint is of another kind."""
        element = self._present(shape, at)
        now = element.life.value(at)
        pictures = isinstance(paint, TextureShown) or isinstance(now.paint, TextureShown)
        if now.paint == paint or not (pictures or _differ(element.kind, _kind(paint))):
            return element
        element.gone = at
        if pictures:
            now = replace(now, paint=paint)
        elif not isinstance(now.paint, Solid):
            now = replace(now, paint=replace(paint, border=now.paint.border))
        return self._succeed(shape, Element(at, Life(now, placed_course)))

    def _succeed(self, shape: int, successor: Element) -> Element:
        """Lets another element take the place of a shape's."""
        self.elements.insert(self.elements.index(self._shapes[shape]) + 1, successor)
        self._shapes[shape] = successor
        return successor

    def _switch(self, shape: int, at: int, *, only_jumps: bool = False) -> None:
        """A shape that has become a line, an area or another mask by ``at`` goes on as a new element."""
        element = self._shapes[shape]
        if not element.life.segments:
            return
        last = element.life.segments[-1]
        end = last.begin + last.duration
        turned = _sort(last.target) != _sort(element.life.first)
        if not turned or end > at or (only_jumps and last.duration):
            return
        element.gone = end
        self._succeed(shape, Element(end, Life(last.target, placed_course)))


def _kind(paint: Filling) -> Kind | None:
    """Of which kind a gradient is: its name, and the columns and nodes of a field; None of what is none."""
    if isinstance(paint, AnyField):
        return "field", paint.columns, len(paint.levels)
    if isinstance(paint, AnyRadial):
        return "radial", 0, 0
    return ("linear", 0, 0) if isinstance(paint, AnyLinear) else None


def _differ(one: Kind | None, other: Kind | None) -> bool:
    """Whether gradients are of two kinds, between which there is no way."""
    return one is not None and other is not None and one != other


def _sort(placed: Placed) -> bool | Mask:
    """What an element is for all its life: a line, an area, or this mask."""
    outline = placed.outline
    return outline if isinstance(outline, Mask) else outline.stroke_width > 0


def _placed(shape: int, state: ShapeState) -> Placed:
    paint = TextureShown(0, state.paint.texture) if isinstance(state.paint, TexturePaint) else state.paint
    return Placed(shape, state.outline, paint, state.transform, state.opacity)
