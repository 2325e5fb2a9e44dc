# SPDX-License-Identifier: Apache-2.0
"""SVG text: numbers, elements, path data. Every attribute is escaped; there is no other text."""

from __future__ import annotations

from collections.abc import Iterable
from xml.sax.saxutils import quoteattr

from mtor_transcode.codec.rfc_json.colours import to_hex
from mtor_transcode.model import ColourSpec, Mask
from mtor_transcode.render.curves import AnyOutline, trace


def number(value: float) -> str:
    """A number to three decimals, as short as it goes."""
    text = f"{value:.3f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def numbers(*values: float) -> str:
    """Numbers with blanks between them."""
    return " ".join(number(value) for value in values)


def element(tag: str, attributes: dict[str, str], children: Iterable[str] = ()) -> str:
    """An element; in the names of attributes ``_`` stands for ``-``."""
    inside = "".join(children)
    head = tag + "".join(f" {name.replace('_', '-')}={quoteattr(text)}" for name, text in attributes.items())
    return f"<{head}>{inside}</{tag}>" if inside else f"<{head}/>"


def document(width: int, height: int, pixel_aspect: float, children: Iterable[str]) -> str:
    """A whole SVG file whose user units are the film's px."""
    attributes = {
        "xmlns": "http://www.w3.org/2000/svg",
        "width": number(width * pixel_aspect),
        "height": str(height),
        "viewBox": f"0 0 {width} {height}",
        "preserveAspectRatio": "none",
    }
    return element("svg", attributes, ("\n" + child for child in children)) + "\n"


def path_data(outline: AnyOutline) -> str:
    """The ``d`` of an outline in local px. Outlines of equal structure give the same commands."""
    pen = _PathPen()
    trace(outline, pen)
    return "".join(pen.parts)


def cells(mask: Mask, colour: ColourSpec) -> list[str]:
    """The cells of a mask in local px: a path for each level, with its opacity; paint is inherited.

    Those of a palette patch have their own colours, which are codes of ``colour``.
    """
    rows: dict[int, list[str]] = {}
    for y in range(mask.height):
        x = 0
        while x < mask.width:
            value = mask.values[y * mask.width + x]
            start = x
            while x < mask.width and mask.values[y * mask.width + x] == value:
                x += 1
            if value:
                corner = numbers(start - mask.width // 2, y - mask.height)
                rows.setdefault(value, []).append(f"M{corner}h{x - start}v1h{start - x}Z")
    return [
        element("path", {"d": "".join(runs)} | _filled(mask, value, colour))
        for value, runs in sorted(rows.items())
    ]


def _filled(mask: Mask, value: int, colour: ColourSpec) -> dict[str, str]:
    if mask.colours:
        return {"fill": to_hex(mask.colours[value - 1], colour)}
    return {"fill_opacity": number(value / mask.levels)}


class _PathPen:
    """Collects path commands."""

    def __init__(self) -> None:
        self.parts: list[str] = []

    def move_to(self, x: float, y: float) -> None:
        self.parts.append(f"M{numbers(x, y)}")

    def line_to(self, x: float, y: float) -> None:
        self.parts.append(f"L{numbers(x, y)}")

    def quad_to(self, x1: float, y1: float, x: float, y: float) -> None:
        self.parts.append(f"Q{numbers(x1, y1, x, y)}")

    def cubic_to(self, x1: float, y1: float, x2: float, y2: float, x: float, y: float) -> None:
        self.parts.append(f"C{numbers(x1, y1, x2, y2, x, y)}")

    def close(self) -> None:
        self.parts.append("Z")
