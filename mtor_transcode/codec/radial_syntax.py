# SPDX-License-Identifier: Apache-2.0
"""Where radial gradients lie: centre, radii and inner part, afresh or as changes (format.md, Paints)."""

from __future__ import annotations

from typing import Final

from mtor_transcode.codec.binarise import read_number, read_signed, write_number, write_signed
from mtor_transcode.codec.contexts import BASE, SIGNED
from mtor_transcode.codec.writers import Reader, Writer
from mtor_transcode.model import RadialGradient
from mtor_transcode.model.paint import INNER_STEPS, RADIAL_STEPS

_AGAIN: Final = BASE["radial.again"]
_PLACE: Final = BASE["radial.place"]
_RADII: Final = BASE["radial.radii"]
_INNER: Final = BASE["radial.inner"]
_CHANGE: Final = BASE["radial.change"]

MAX_RADIUS: Final = 4 * RADIAL_STEPS
"""Largest radius, in 64ths of a side of the box."""

Rings = tuple[int, int, int, int, int]
"""x, y, rx, ry, inner of a radial gradient."""

FIRST_RINGS: Final[Rings] = (32, 32, 45, 45, 0)
"""What a scene's first radial gradient is told after: from the middle of the box into its corners."""


def rings_of(paint: RadialGradient) -> Rings:
    """The geometry of a radial gradient."""
    return (paint.x, paint.y, paint.rx, paint.ry, paint.inner)


def in_range(rings: Rings) -> bool:
    """Whether a geometry may be written."""
    x, y, rx, ry, inner = rings
    low, high = -RADIAL_STEPS, 2 * RADIAL_STEPS
    radii = 1 <= rx <= MAX_RADIUS and 1 <= ry <= MAX_RADIUS
    return low <= x <= high and low <= y <= high and radii and 0 <= inner < INNER_STEPS


def write_rings(writer: Writer, rings: Rings, last: Rings) -> None:
    """Writes a geometry; ``last`` is that of the last radial gradient."""
    writer.bit(_AGAIN, rings == last)
    if rings == last:
        return
    x, y, rx, ry, inner = rings
    write_signed(writer, _PLACE, x - FIRST_RINGS[0])
    write_signed(writer, _PLACE + SIGNED, y - FIRST_RINGS[1])
    write_signed(writer, _RADII, rx - FIRST_RINGS[2])
    write_signed(writer, _RADII + SIGNED, ry - rx)
    write_number(writer, _INNER, inner)


def read_rings(reader: Reader, last: Rings) -> Rings:
    """Returns a geometry that ``write_rings`` wrote."""
    if reader.bit(_AGAIN):
        return last
    x = FIRST_RINGS[0] + read_signed(reader, _PLACE)
    y = FIRST_RINGS[1] + read_signed(reader, _PLACE + SIGNED)
    rx = FIRST_RINGS[2] + read_signed(reader, _RADII)
    ry = rx + read_signed(reader, _RADII + SIGNED)
    return _checked(reader, (x, y, rx, ry, read_number(reader, _INNER)))


def write_moved(writer: Writer, rings: Rings, old: Rings) -> None:
    """Writes a geometry as a change of ``old``."""
    for place, (new, before) in enumerate(zip(rings, old, strict=True)):
        write_signed(writer, _CHANGE + place * SIGNED, new - before)


def read_moved(reader: Reader, old: Rings) -> Rings:
    """Returns a geometry that ``write_moved`` wrote."""
    x, y, rx, ry, inner = (
        before + read_signed(reader, _CHANGE + place * SIGNED) for place, before in enumerate(old)
    )
    return _checked(reader, (x, y, rx, ry, inner))


def _checked(reader: Reader, rings: Rings) -> Rings:
    if not in_range(rings):
        raise reader.damaged("a radial gradient is out of range")
    return rings
