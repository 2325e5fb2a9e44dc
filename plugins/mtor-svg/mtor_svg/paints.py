# SPDX-License-Identifier: Apache-2.0
"""Paints in SVG: ``#rrggbb``, or a gradient along an axis in the coordinates of what it paints."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import zip_longest

from mtor_svg.markup import element, number
from mtor_transcode.codec.rfc_json.colours import to_hex, unclipped_rgb
from mtor_transcode.model import ColourSpec, Solid
from mtor_transcode.render.gradient import AnyPaint, Box, gradient_axis

AXIS = ("x1", "y1", "x2", "y2")

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


def axis_texts(paint: AnyPaint, box: Box) -> tuple[str, ...]:
    """x1, y1, x2, y2 of a gradient in the units of ``box``; the box's diagonal for a solid paint."""
    return tuple(number(part) for part in (box if isinstance(paint, Solid) else gradient_axis(paint, box)))


def gradient(
    key: str, axis: tuple[str, ...], stops: Sequence[str], axis_motion: str = "", motions: Sequence[str] = ()
) -> str:
    """A ``linearGradient`` of the id ``key`` with stops evenly spread, with animations inside each."""
    attributes = {"id": key, "gradientUnits": "userSpaceOnUse", **dict(zip(AXIS, axis, strict=True))}
    ends = (
        element("stop", {"offset": number(index / (len(stops) - 1)), "stop_color": colour}, [motion])
        for index, (colour, motion) in enumerate(zip_longest(stops, motions, fillvalue=""))
    )
    return element("linearGradient", attributes, [axis_motion, *ends])
