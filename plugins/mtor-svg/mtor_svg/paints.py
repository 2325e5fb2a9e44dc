# SPDX-License-Identifier: Apache-2.0
"""Paints in SVG: ``#rrggbb``, or a gradient along an axis in the coordinates of what it paints."""

from __future__ import annotations

from mtor_svg.markup import element, number
from mtor_transcode.codec.rfc_json.colours import to_hex
from mtor_transcode.model import ColourSpec, Solid
from mtor_transcode.render.gradient import AnyPaint, Box, gradient_axis

AXIS = ("x1", "y1", "x2", "y2")


def solid_text(paint: AnyPaint, spec: ColourSpec) -> str:
    """``#rrggbb`` of a solid paint (of a gradient, its first colour)."""
    return to_hex(paint.colour if isinstance(paint, Solid) else paint.first, spec)


def stop_texts(paint: AnyPaint, spec: ColourSpec) -> tuple[str, str]:
    """``#rrggbb`` of both ends; equal for a solid paint."""
    if isinstance(paint, Solid):
        return (to_hex(paint.colour, spec),) * 2
    return to_hex(paint.first, spec), to_hex(paint.last, spec)


def axis_texts(paint: AnyPaint, box: Box) -> tuple[str, ...]:
    """x1, y1, x2, y2 of a gradient in the units of ``box``; the box's diagonal for a solid paint."""
    return tuple(number(part) for part in (box if isinstance(paint, Solid) else gradient_axis(paint, box)))


def gradient(
    key: str,
    axis: tuple[str, ...],
    stops: tuple[str, str],
    axis_motion: str = "",
    stop_motions: tuple[str, str] = ("", ""),
) -> str:
    """A ``linearGradient`` of the id ``key``, with animations inside."""
    attributes = {"id": key, "gradientUnits": "userSpaceOnUse", **dict(zip(AXIS, axis, strict=True))}
    ends = (
        element("stop", {"offset": offset, "stop_color": colour}, [motion])
        for offset, colour, motion in zip("01", stops, stop_motions, strict=True)
    )
    return element("linearGradient", attributes, [axis_motion, *ends])
