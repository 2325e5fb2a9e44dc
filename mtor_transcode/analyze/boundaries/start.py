# SPDX-License-Identifier: Apache-2.0
"""How a scene begins: its number, its boundary, and so its head."""

from __future__ import annotations

from dataclasses import dataclass

from mtor_transcode.analyze.boundaries.finding import SceneBoundary
from mtor_transcode.model import Paint, SceneStart


@dataclass(frozen=True, slots=True)
class Start:
    """How the scene of a number begins."""

    number: int
    boundary: SceneBoundary

    @property
    def tick(self) -> int:
        """When it begins."""
        return self.boundary.start

    def head(self, background: Paint) -> SceneStart:
        """The scene's head, sharp."""
        boundary = self.boundary
        return SceneStart(
            self.number,
            boundary.start,
            background,
            transition=boundary.transition,
            transition_duration=boundary.transition_duration,
        )
