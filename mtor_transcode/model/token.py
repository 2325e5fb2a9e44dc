# SPDX-License-Identifier: Apache-2.0
"""Tokens: transitions between states (RFC 4.1). Times are absolute film ticks.

A token acts over ``[at, at + duration)``: the value runs linearly from what it was at ``at`` to the target,
which holds from ``at + duration`` on. With duration 0 it jumps at ``at``.
"""

from __future__ import annotations

from dataclasses import dataclass

from mtor_transcode.model.geometry import Camera
from mtor_transcode.model.paint import Backdrop
from mtor_transcode.model.state import ShapeState


@dataclass(frozen=True, slots=True)
class Enter:
    """A shape appears, below the topmost ``under`` live shapes; with a duration its opacity rises from 0."""

    at: int
    shape: int
    state: ShapeState
    under: int = 0
    duration: int = 0


@dataclass(frozen=True, slots=True)
class Edit:
    """A shape goes over to another state: any of outline, paint, transform, opacity may differ."""

    at: int
    duration: int
    shape: int
    state: ShapeState


@dataclass(frozen=True, slots=True)
class Leave:
    """A shape disappears at ``at + duration``; with a duration its opacity falls to 0 before."""

    at: int
    shape: int
    duration: int = 0


@dataclass(frozen=True, slots=True)
class CameraMove:
    """The camera goes over to another position."""

    at: int
    duration: int
    camera: Camera


@dataclass(frozen=True, slots=True)
class Background:
    """The paint behind all shapes goes over to another; to or from a texture it jumps at ``at``."""

    at: int
    duration: int
    paint: Backdrop


Token = Enter | Edit | Leave | CameraMove | Background
