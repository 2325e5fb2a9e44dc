# SPDX-License-Identifier: Apache-2.0
"""What a film is made of: scenes, shapes, tokens, and what each stretch of time costs in bytes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from mtor_transcode.codec.costs import Cost, SceneCosts
from mtor_transcode.measure.measured import MeasuredFilm
from mtor_transcode.model import (
    UNITS_PER_PX,
    Camera,
    CameraMove,
    Enter,
    SceneStart,
    Span,
    Transition,
)

_ZOOM = 0.03
"""Least relative change of scale that is called a zoom."""


@dataclass(frozen=True, slots=True)
class SceneAnatomy:
    """One scene; times in film ticks, ``camera`` in words, ``bytes`` of its spans and new outlines."""

    number: int
    start: int
    end: int
    transition: str
    shapes: int
    tokens: int
    camera: str
    bytes: float


@dataclass(frozen=True, slots=True)
class Anatomy:
    """The scenes in order, and what is spent when on their pictures, in order of time."""

    scenes: tuple[SceneAnatomy, ...]
    costs: tuple[Cost, ...]

    @property
    def tokens(self) -> int:
        """Tokens of all scenes."""
        return sum(scene.tokens for scene in self.scenes)

    @property
    def shapes(self) -> int:
        """Shapes that ever appear, counted scene by scene."""
        return sum(scene.shapes for scene in self.scenes)


def anatomy(film: MeasuredFilm) -> Anatomy:
    """Reads the whole film once, span by span."""
    scenes: list[SceneAnatomy] = []
    costs: list[Cost] = []
    ledger = SceneCosts(film.header, film.series)
    for entry in film.heads():
        count = _Count(entry.head)
        first = len(costs)
        ledger.begin(entry.head)
        for span in film.spans(entry.head.number):
            count.add(span)
            costs += ledger.spend(span)
        scenes.append(
            SceneAnatomy(
                number=entry.head.number,
                start=entry.head.start,
                end=entry.end,
                transition=_transition(entry.head),
                shapes=len(count.shapes),
                tokens=count.tokens,
                camera=camera_words(count.cameras),
                bytes=sum(sum(cost.bytes.values()) for cost in costs[first:]),
            )
        )
    return Anatomy(tuple(scenes), tuple(costs))


class _Count:
    """The running sums of one scene."""

    def __init__(self, head: SceneStart) -> None:
        self.tokens = 0
        self.shapes: set[int] = set()
        self.cameras: list[Camera] = [head.camera]

    def add(self, span: Span) -> None:
        self.tokens += len(span.tokens)
        self.shapes.update(token.shape for token in span.tokens if isinstance(token, Enter))
        self.cameras += [token.camera for token in span.tokens if isinstance(token, CameraMove)]


def _transition(head: SceneStart) -> str:
    return "dissolve" if head.transition is Transition.DISSOLVE else "cut"


def camera_words(cameras: Iterable[Camera]) -> str:
    """``still``, ``pan left``, ``zoom in``, ... from the first position to the farthest one.

    The picture's content goes the other way than the camera.
    """
    path = list(cameras)
    first = path[0]
    if all(camera == first for camera in path):
        return "still"
    words: list[str] = []
    scales = [camera.scale / max(first.scale, 1) for camera in path]
    scale = max(scales, key=lambda value: abs(value - 1))
    if abs(scale - 1) >= _ZOOM:
        words.append("zoom in" if scale > 1 else "zoom out")
    dx = max((camera.dx - first.dx for camera in path), key=abs)
    dy = max((camera.dy - first.dy for camera in path), key=abs)
    if max(abs(dx), abs(dy)) >= UNITS_PER_PX:
        sideways = abs(dx) >= abs(dy)
        words.append("pan " + (("left" if dx > 0 else "right") if sideways else ("up" if dy > 0 else "down")))
    if any(camera.angle != first.angle for camera in path):
        words.append("turn")
    return ", ".join(words) or "moves"
