# SPDX-License-Identifier: Apache-2.0
"""States: all that can be said of a shape at one time (the RFC's V)."""

from __future__ import annotations

from dataclasses import dataclass

from mtor_transcode.model.geometry import IDENTITY, Outline, Transform
from mtor_transcode.model.paint import Fill

OPAQUE = 255


@dataclass(frozen=True, slots=True)
class ShapeState:
    """Outline, place, paint and opacity (0-255) of a shape at one time. A mask takes no texture."""

    outline: Outline
    paint: Fill
    transform: Transform = IDENTITY
    opacity: int = OPAQUE
