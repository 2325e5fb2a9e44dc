# SPDX-License-Identifier: Apache-2.0
"""Model integers as readable JSON numbers and back: px, factors, degrees, shares, milliseconds.

Every model step (1/16 px, 1/4096, 360/4096 degrees) is a dyadic fraction, thus exact as a double.
"""

from __future__ import annotations

from fractions import Fraction

from mtor_transcode.model import SCALE_ONE, TURN, UNITS_PER_PX
from mtor_transcode.model.paint import GRADIENT_ANGLES, GRADIENT_STEPS, INNER_STEPS, RADIAL_STEPS
from mtor_transcode.model.state import OPAQUE


def _short(value: float) -> int | float:
    return int(value) if value == int(value) else value


def px(units: int) -> int | float:
    """Units as px."""
    return _short(units / UNITS_PER_PX)


def from_px(value: float) -> int:
    """Px as units, rounded to the nearest."""
    return round(value * UNITS_PER_PX)


def factor(scale: int) -> int | float:
    """A scale as a factor."""
    return _short(scale / SCALE_ONE)


def from_factor(value: float) -> int:
    """A factor as a scale."""
    return round(value * SCALE_ONE)


def degrees(angle: int, turn: int = TURN) -> int | float:
    """An angle in steps of a ``turn`` as degrees."""
    return _short(angle * 360 / turn)


def from_degrees(value: float, turn: int = TURN) -> int:
    """Degrees as an angle in steps of a ``turn``."""
    return round(value * turn / 360)


def share(opacity: int) -> int | float:
    """An opacity of 0-255 as 0-1, to four places."""
    return _short(round(opacity / OPAQUE, 4))


def from_share(value: float) -> int:
    """An opacity of 0-1 as 0-255."""
    return round(value * OPAQUE)


def gradient_degrees(angle: int) -> int | float:
    """The direction of a gradient as degrees."""
    return degrees(angle, GRADIENT_ANGLES)


def gradient_share(place: int) -> int | float:
    """A place of a gradient as a share of its extent."""
    return _short(place / GRADIENT_STEPS)


def from_gradient_share(value: float) -> int:
    """A share of a gradient's extent as a place."""
    return round(value * GRADIENT_STEPS)


def ring_share(steps: int) -> int | float:
    """A place or a radius of a radial gradient as a share of the box's side."""
    return _short(steps / RADIAL_STEPS)


def from_ring_share(value: float) -> int:
    """A share of the box's side in the steps of a radial gradient."""
    return round(value * RADIAL_STEPS)


def inner_share(steps: int) -> int | float:
    """The inner part of a radial gradient as a share of its radii."""
    return _short(steps / INNER_STEPS)


def from_inner_share(value: float) -> int:
    """A share of a radial gradient's radii as its inner part."""
    return min(round(value * INNER_STEPS), INNER_STEPS - 1)


def milliseconds(ticks: int, time_base: Fraction) -> int:
    """Ticks as whole milliseconds, rounded to the nearest."""
    return round(ticks * time_base * 1000)


def from_milliseconds(value: float, time_base: Fraction) -> int:
    """Milliseconds as ticks, rounded to the nearest."""
    return round(Fraction(value) / (1000 * time_base))
