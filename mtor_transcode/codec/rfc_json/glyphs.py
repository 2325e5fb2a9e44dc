# SPDX-License-Identifier: Apache-2.0
"""Letters as strokes, for the names on placeholders: polylines on a grid 4 wide and 6 high."""

from __future__ import annotations

from typing import Final

from mtor_transcode.model import Contour, NodeKind, Outline, Point

_ADVANCE: Final = 6
_STROKES: Final[dict[str, str]] = {
    "a": "06 02 20 42 46,04 44", "b": "00 30 41 42 33 03,33 44 45 36 06 00", "c": "41 30 10 01 05 16 36 45",
    "d": "00 30 41 45 36 06 00", "e": "40 00 06 46,03 33", "f": "40 00 06,03 33",
    "g": "41 30 10 01 05 16 36 45 43 23", "h": "00 06,40 46,03 43", "i": "10 30,20 26,16 36",
    "j": "40 45 36 16 05", "k": "00 06,40 03 46", "l": "00 06 46", "m": "06 00 23 40 46", "n": "06 00 46 40",
    "o": "10 30 41 45 36 16 05 01 10", "p": "06 00 30 41 42 33 03", "q": "10 30 41 45 36 16 05 01 10,24 46",
    "r": "06 00 30 41 42 33 03,23 46", "s": "41 30 10 01 02 13 33 44 45 36 16 05", "t": "00 40,20 26",
    "u": "00 05 16 36 45 40", "v": "00 26 40", "w": "00 16 23 36 40", "x": "00 46,40 06",
    "y": "00 23 40,23 26", "z": "00 40 06 46",
    "0": "10 30 41 45 36 16 05 01 10,41 05", "1": "11 20 26,06 46", "2": "01 10 30 41 42 06 46",
    "3": "00 40 22 33 44 45 36 16 05", "4": "36 30 04 44", "5": "40 00 02 32 43 45 36 06",
    "6": "40 20 02 05 16 36 45 44 33 03", "7": "00 40 16",
    "8": "13 02 01 10 30 41 42 33 13 04 05 16 36 45 44 33",
    "9": "06 26 44 41 30 10 01 02 13 43", "_": "06 46", "-": "13 33", ".": "25 26", " ": "",
}  # fmt: skip


def label_outline(text: str, width: int, height: int) -> Outline:
    """``text`` as strokes, centred in a box of that size (units) around the origin, as large as fits.

    Characters without a glyph are drawn as a stroke in the middle of the line, as a minus.
    """
    cells = max(1, len(text)) * _ADVANCE - 2
    unit = max(1, min(width // cells, height // 6))
    left, top = -cells * unit // 2, -3 * unit
    contours = []
    for index, letter in enumerate(text.lower()):
        start = left + index * _ADVANCE * unit
        for stroke in filter(None, _STROKES.get(letter, _STROKES["-"]).split(",")):
            points = tuple(_point(pair, start, top, unit) for pair in stroke.split())
            contours.append(Contour(points, (NodeKind.CORNER,) * len(points), closed=False))
    return Outline(tuple(contours), max(1, unit * 2 // 3))


def _point(pair: str, left: int, top: int, unit: int) -> Point:
    return left + int(pair[0]) * unit, top + int(pair[1]) * unit
