# SPDX-License-Identifier: Apache-2.0
"""Colours between [Y, Cb, Cr] codes of a film and sRGB, and their names in words.

Matrices by the luma weights of ITU-T H.273 (Kr, Kb); the transfer is taken as it is, as players do.
"""

from __future__ import annotations

import colorsys
from typing import Final

from mtor_transcode.model import Colour, ColourSpec

_WEIGHTS: Final[dict[int, tuple[float, float]]] = {
    1: (0.2126, 0.0722),
    4: (0.30, 0.11),
    5: (0.299, 0.114),
    6: (0.299, 0.114),
    7: (0.212, 0.087),
    9: (0.2627, 0.0593),
    10: (0.2627, 0.0593),
}
_HUES: Final = (
    (20.0, "red"), (45.0, "orange"), (70.0, "yellow"), (160.0, "green"), (200.0, "cyan"),
    (255.0, "blue"), (290.0, "purple"), (340.0, "pink"), (361.0, "red"),
)  # fmt: skip


def luma_weights(matrix: int) -> tuple[float, float]:
    """(Kr, Kb) of an H.273 matrix; BT.709's for those without (unspecified, RGB)."""
    return _WEIGHTS.get(matrix, _WEIGHTS[1])


def to_rgb(colour: tuple[float, float, float], spec: ColourSpec) -> tuple[float, float, float]:
    """Non-linear R, G, B in 0-1, clipped, of the codes of one colour."""
    red, green, blue = unclipped_rgb(colour, spec)
    return _clip(red), _clip(green), _clip(blue)


def unclipped_rgb(colour: tuple[float, float, float], spec: ColourSpec) -> tuple[float, float, float]:
    """Non-linear R, G, B of the codes of one colour; what sRGB can show lies in 0-1."""
    red_weight, blue_weight = luma_weights(spec.matrix)
    low, luma_span, chroma_span = (0, 255, 255) if spec.full_range else (16, 219, 224)
    y = (colour[0] - low) / luma_span
    cb = (colour[1] - 128) / chroma_span
    cr = (colour[2] - 128) / chroma_span
    red = y + 2 * (1 - red_weight) * cr
    blue = y + 2 * (1 - blue_weight) * cb
    green = (y - red_weight * red - blue_weight * blue) / (1 - red_weight - blue_weight)
    return red, green, blue


def from_rgb(rgb: tuple[float, float, float], spec: ColourSpec) -> Colour:
    """The codes of a colour given as non-linear R, G, B in 0-1."""
    red_weight, blue_weight = luma_weights(spec.matrix)
    low, luma_span, chroma_span = (0, 255, 255) if spec.full_range else (16, 219, 224)
    red, green, blue = rgb
    y = red_weight * red + (1 - red_weight - blue_weight) * green + blue_weight * blue
    cb = (blue - y) / (2 * (1 - blue_weight))
    cr = (red - y) / (2 * (1 - red_weight))
    return (
        _code(low + luma_span * y),
        _code(128 + chroma_span * cb),
        _code(128 + chroma_span * cr),
    )


def to_hex(colour: tuple[float, float, float], spec: ColourSpec) -> str:
    """``#rrggbb`` of the codes of one colour."""
    return "#" + "".join(f"{round(255 * part):02x}" for part in to_rgb(colour, spec))


def from_hex(text: str, spec: ColourSpec) -> Colour:
    """The codes of a colour given as ``#rrggbb``."""
    red, green, blue = (int(text[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return from_rgb((red, green, blue), spec)


def colour_name(colour: Colour, spec: ColourSpec) -> str:
    """The plain English name of a colour: black, grey, white or one of eight hues (brown for dark orange)."""
    red, green, blue = to_rgb(colour, spec)
    hue, lightness, _ = colorsys.rgb_to_hls(red, green, blue)
    if lightness < 0.1:
        return "black"
    if max(red, green, blue) - min(red, green, blue) < 0.12:
        return "white" if lightness > 0.9 else "grey"
    name = next(name for limit, name in _HUES if hue * 360 < limit)
    return "brown" if name == "orange" and lightness < 0.4 else name


def _clip(value: float) -> float:
    return min(1.0, max(0.0, value))


def _code(value: float) -> int:
    return min(255, max(0, round(value)))
