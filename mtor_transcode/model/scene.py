# SPDX-License-Identifier: Apache-2.0
"""Scenes: intervals between cuts or dissolves, the unit of random access. Times are film ticks."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from mtor_transcode.model.geometry import STILL_CAMERA, Camera
from mtor_transcode.model.paint import Backdrop
from mtor_transcode.model.token import Token


class Transition(IntEnum):
    """How a scene begins."""

    CUT = 0
    DISSOLVE = 1


@dataclass(frozen=True, slots=True)
class SceneStart:
    """The head of a scene.

    With ``DISSOLVE``, during ``[start, start + transition_duration)`` the scene is blended linearly over the
    last picture of the scene before it (or shown plainly if that is missing).

    ``softness`` is the standard deviation, in quarters of a px of the film's picture, of a Gaussian blur of
    the scene's painted picture, background included (0: none, at most 63). It comes before the dissolve and
    before chroma is subsampled. While the background is a texture there is no blur.

    A scene begins with a plain background; a texture comes with a ``Background`` token at its start.
    """

    number: int
    start: int
    background: Backdrop
    camera: Camera = STILL_CAMERA
    transition: Transition = Transition.CUT
    transition_duration: int = 0
    softness: int = 0


@dataclass(frozen=True, slots=True)
class Span:
    """A piece ``[start, end)`` of a scene, at most a window long: its tokens, ordered by ``at``."""

    start: int
    end: int
    tokens: tuple[Token, ...]


@dataclass(frozen=True, slots=True)
class Scene:
    """A whole scene in memory: its head and its spans, which follow each other without gaps."""

    head: SceneStart
    spans: tuple[Span, ...]

    @property
    def end(self) -> int:
        """The tick at which the scene is over."""
        return self.spans[-1].end if self.spans else self.head.start
