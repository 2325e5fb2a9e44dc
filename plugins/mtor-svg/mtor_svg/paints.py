# SPDX-License-Identifier: Apache-2.0
"""Paints in SVG: ``#rrggbb``, or a gradient along an axis, or around a point, where what it paints is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import zip_longest

from mtor_svg.markup import element, number
from mtor_transcode.codec.rfc_json.colours import to_hex, unclipped_rgb
from mtor_transcode.model import ColourSpec, Solid
from mtor_transcode.render.gradient import (
    AnyLinear,
    AnyPaint,
    AnyRadial,
    Box,
    gradient_axis,
    gradient_ellipse,
    inner_share,
)

AXIS = ("x1", "y1", "x2", "y2")
CIRCLE = ("cx", "cy", "r")
SQUEEZE = "gradientTransform"

MANY_STOPS = 9
"""Stops of a gradient that begins or ends outside of sRGB."""

_VISIBLE = 4 / 255
"""How far outside may go unseen."""


def solid_text(paint: AnyPaint, spec: ColourSpec) -> str:
    """``#rrggbb`` of a solid paint (of a gradient, its first colour)."""
    return to_hex(paint.colour if isinstance(paint, Solid) else paint.first, spec)


def stop_count(paints: Iterable[AnyPaint], spec: ColourSpec) -> int:
    """How many stops a gradient needs: more than two where an end is out of what sRGB can show.

    The film's gradient runs linearly through such colours and is cut off after, not before.
    """
    for paint in paints:
        for end in (paint.colour,) if isinstance(paint, Solid) else (paint.first, paint.last):
            if not all(-_VISIBLE <= part <= 1 + _VISIBLE for part in unclipped_rgb(end, spec)):
                return MANY_STOPS
    return 2


def stop_text(paint: AnyPaint, spec: ColourSpec, share: float) -> str:
    """``#rrggbb`` at a share of a gradient; everywhere the same for a solid paint."""
    if isinstance(paint, Solid):
        return to_hex(paint.colour, spec)
    y, cb, cr = (a + (b - a) * share for a, b in zip(paint.first, paint.last, strict=True))
    return to_hex((y, cb, cr), spec)


def inner_of(paint: AnyPaint) -> float:
    """Up to which share of its radii a radial gradient has its first colour; 0 of others."""
    return inner_share(paint) if isinstance(paint, AnyRadial) else 0.0


def circle_texts(paint: AnyPaint, box: Box) -> tuple[str, ...]:
    """cx, cy, r of a radial gradient, and the factors that make ellipses of its circles.

    Any circle does for a solid paint; a linear gradient has none.
    """
    assert not isinstance(paint, AnyLinear)
    matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0) if isinstance(paint, Solid) else gradient_ellipse(paint, box)
    rx, _, _, ry, cx, cy = matrix
    return (number(cx), f"{cy * rx / ry:.6g}", number(rx), f"1 {ry / rx:.6g}")


def axis_texts(paint: AnyPaint, box: Box) -> tuple[str, ...]:
    """x1, y1, x2, y2 of a gradient in the units of ``box``; the box's diagonal for a solid paint."""
    assert not isinstance(paint, AnyRadial)
    return tuple(number(part) for part in (box if isinstance(paint, Solid) else gradient_axis(paint, box)))


def stop_offset(index: int, count: int, inner: float) -> str:
    """Where a stop of ``count`` lies: they are evenly spread from ``inner`` on."""
    return number(inner + (1 - inner) * index / (count - 1))


def gradient(
    key: str,
    lie: tuple[str, ...],
    stops: Sequence[tuple[str, str]],
    radial: bool,
    lie_motion: str = "",
    motions: Sequence[str] = (),
) -> str:
    """A gradient of the id ``key``, with animations inside: of where it lies, and of each stop.

    ``lie`` is what ``axis_texts`` or ``circle_texts`` says; stops are offsets and colours.
    """
    attributes = {"id": key, "gradientUnits": "userSpaceOnUse"}
    if radial:
        attributes |= dict(zip(CIRCLE, lie[:-1], strict=True)) | {SQUEEZE: f"scale({lie[-1]})"}
    else:
        attributes |= dict(zip(AXIS, lie, strict=True))
    ends = (
        element("stop", {"offset": offset, "stop_color": colour}, [motion])
        for (offset, colour), motion in zip_longest(stops, motions, fillvalue="")
    )
    return element("radialGradient" if radial else "linearGradient", attributes, [lie_motion, *ends])
