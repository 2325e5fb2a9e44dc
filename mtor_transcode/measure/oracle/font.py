# SPDX-License-Identifier: Apache-2.0
"""A small polygon font of our own: capitals, digits, a little punctuation."""

from __future__ import annotations

from collections.abc import Iterator

from mtor_transcode.model import (
    SCALE_ONE,
    UNITS_PER_PX,
    Contour,
    NodeKind,
    Outline,
    Paint,
    Point,
    ShapeState,
    Transform,
)

CELL = 32
"""Units of one cell of the drawing grid; a capital is 12 cells (24 px) high before scaling."""

CAP_PX = 12 * CELL / UNITS_PER_PX
SPACE_CELLS = 5
GAP_CELLS = 2

# A contour is a list of points, two base-36 digits each (x, then y from the cap line down to 'c' = 12);
# a contour that starts with '~' is smooth, others have corners only. '/' separates contours.
_DRAWN = {
    "A": "30 50 8c 6c 59 39 2c 0c / 43 57 37",
    "B": "00 60 82 84 76 88 8a 6c 0c / 22 52 63 64 55 25 / 27 57 68 69 5a 2a",
    "C": "20 60 82 84 64 63 52 32 23 29 3a 5a 69 68 88 8a 6c 2c 0a 02",
    "D": "00 50 83 89 5c 0c / 22 42 64 68 4a 2a",
    "E": "00 80 82 22 25 65 67 27 2a 8a 8c 0c",
    "F": "00 80 82 22 25 65 67 27 2c 0c",
    "G": "20 60 82 84 64 63 52 32 23 29 3a 5a 69 68 48 46 86 8a 6c 2c 0a 02",
    "H": "00 20 25 65 60 80 8c 6c 67 27 2c 0c",
    "I": "00 20 2c 0c",
    "J": "60 80 8a 6c 2c 0a 08 28 29 3a 5a 69",
    "K": "00 20 25 35 60 80 81 56 8b 8c 6c 37 27 2c 0c",
    "L": "00 20 2a 8a 8c 0c",
    "M": "00 20 56 80 a0 ac 8c 84 69 49 24 2c 0c",
    "N": "00 20 68 60 80 8c 6c 24 2c 0c",
    "O": "~40 72 86 7a 4c 1a 06 12 / ~42 64 68 4a 28 24",
    "P": "00 60 82 85 67 27 2c 0c / 22 52 63 64 55 25",
    "Q": "20 60 82 8c 2c 0a 02 / 32 52 63 6a 3a 29 23",
    "R": "00 60 82 85 67 8c 6c 47 27 2c 0c / 22 52 63 64 55 25",
    "S": "20 60 82 83 63 52 32 23 24 35 65 87 8a 6c 2c 0a 09 29 3a 5a 69 68 57 27 05 02",
    "T": "00 80 82 52 5c 3c 32 02",
    "U": "00 20 29 3a 5a 69 60 80 8a 6c 2c 0a",
    "V": "00 20 49 60 80 5c 3c",
    "W": "00 20 38 43 63 78 80 a0 8c 6c 56 4c 2c",
    "X": "00 20 44 60 80 56 8c 6c 48 2c 0c 36",
    "Y": "00 20 45 60 80 57 5c 3c 37",
    "Z": "00 80 82 3a 8a 8c 0c 0a 52 02",
    "0": "20 60 82 8a 6c 2c 0a 02 / 32 52 63 69 5a 3a 29 23",
    "1": "20 40 4c 2c 23 04 02",
    "2": "20 60 82 85 3a 8a 8c 0c 0a 64 63 52 32 23 24 04 02",
    "3": "00 80 82 55 65 87 8a 6c 2c 0a 08 28 29 3a 5a 69 68 57 27 25 52 02",
    "4": "40 60 67 87 89 69 6c 4c 49 09 07 / 44 47 27",
    "5": "00 80 82 22 25 65 87 8a 6c 2c 0a 09 29 3a 5a 69 68 57 07",
    "6": "20 60 82 84 64 63 52 32 23 25 65 87 8a 6c 2c 0a 02 / 27 57 68 69 5a 3a 29",
    "7": "00 80 82 4c 2c 62 02",
    "8": "20 60 82 85 76 87 8a 6c 2c 0a 07 16 05 02 / 32 52 63 64 55 35 24 23 / 37 57 68 69 5a 3a 29 28",
    "9": "20 60 82 8a 6c 2c 0a 08 28 29 3a 5a 69 67 27 05 02 / 32 52 63 65 35 24 23",
    ",": "0a 2a 2c 0e",
    ".": "0a 2a 2c 0c",
    "-": "05 55 57 07",
}


def glyph(letter: str) -> tuple[Outline, Point, int]:
    """The centred outline of ``letter``, its centre seen from the pen (units), and its width in cells."""
    contours = tuple(_contour(part.split()) for part in _DRAWN[letter].split("/"))
    outline = Outline(contours)
    width = max(x for contour in contours for x, _ in contour.points) // CELL
    centred, centre = outline.centred()
    return centred, centre, width


def text(line: str, left: float, top: float, cap: float, paint: Paint) -> Iterator[ShapeState]:
    """The states of the glyphs of ``line``; ``left`` and ``top`` (cap line) and the cap height in px."""
    scale = round(SCALE_ONE * cap / CAP_PX)
    pen = 0
    for letter in line.upper():
        if letter == " ":
            pen += SPACE_CELLS
            continue
        outline, (x, y), width = glyph(letter)
        place = Transform(
            dx=round(left * UNITS_PER_PX + (pen * CELL + x) * scale / SCALE_ONE),
            dy=round(top * UNITS_PER_PX + y * scale / SCALE_ONE),
            scale=scale,
        )
        yield ShapeState(outline, paint, place)
        pen += width + GAP_CELLS


def text_width(line: str, cap: float) -> float:
    """The width in px that ``line`` takes."""
    cells = sum(SPACE_CELLS if letter == " " else glyph(letter)[2] + GAP_CELLS for letter in line.upper())
    return (cells - GAP_CELLS) * CELL * cap / CAP_PX / UNITS_PER_PX


def _contour(points: list[str]) -> Contour:
    smooth = points[0].startswith("~")
    places = tuple((int(point[-2], 36) * CELL, int(point[-1], 36) * CELL) for point in points)
    return Contour(places, (NodeKind.SMOOTH if smooth else NodeKind.CORNER,) * len(places))
