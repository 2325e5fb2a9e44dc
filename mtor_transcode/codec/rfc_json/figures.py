# SPDX-License-Identifier: Apache-2.0
"""Figures of the JSON geometry to outlines, and an outline to its figure.

Coordinates are rounded to 1/16 px. Circles are four cubics (handles at 0.5523 of the radius).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from mtor_transcode.codec.rfc_json import limits, types, units
from mtor_transcode.errors import FormatError
from mtor_transcode.model import Contour, Mask, NodeKind, Outline, Point

_KAPPA: Final = 0.5522847498
_LETTERS: Final = {NodeKind.CORNER: "c", NodeKind.SMOOTH: "s", NodeKind.CONTROL: "h"}
_KINDS: Final = {letter: kind for kind, letter in _LETTERS.items()}
_C, _H = NodeKind.CORNER, NodeKind.CONTROL

Drawn = types.Polygon | types.Bezier | types.Circle | types.Ellipse | types.Rect | types.Path | types.Mask


def path_of(outline: Outline) -> types.Path | types.Mask:
    """The figure that says ``outline`` exactly."""
    if isinstance(outline, Mask):
        return types.Mask(
            width=outline.width,
            height=outline.height,
            levels=outline.levels,
            values=outline.values,
            colours=list(outline.colours),
        )
    contours = [
        types.Contour(
            points=[(units.px(x), units.px(y)) for x, y in contour.points],
            nodes="".join(_LETTERS[kind] for kind in contour.kinds),
            closed=contour.closed,
        )
        for contour in outline.contours
    ]
    return types.Path(contours=contours, stroke_width=units.px(outline.stroke_width))


def outline_of(figure: Drawn, where: str) -> Outline:
    """The outline of a figure; ``FormatError`` if its points make none."""
    match figure:
        case types.Mask():
            return _mask(figure, where)
        case types.Path():
            contours = tuple(_contour(contour, where) for contour in figure.contours)
        case types.Polygon():
            contours = (_polygon(figure, where),)
        case types.Bezier():
            contours = (_bezier(figure, where),)
        case types.Circle():
            contours = (_ellipse(figure.cx, figure.cy, figure.r, figure.r),)
        case types.Ellipse():
            contours = (_ellipse(figure.cx, figure.cy, figure.rx, figure.ry),)
        case types.Rect():
            contours = (_rect(figure),)
    outline = Outline(contours, _line_width(figure.stroke_width))
    if outline.node_count > limits.NODES:
        raise FormatError(
            f"a figure of {outline.node_count} points", where=where, remedy=f"at most {limits.NODES} are read"
        )
    return outline


def _mask(figure: types.Mask, where: str) -> Mask:
    cells = figure.width * figure.height
    if len(figure.values) != cells or max(figure.values) > figure.levels:
        raise FormatError(
            f"a mask of {figure.width} x {figure.height} cells with {len(figure.values)} values",
            where=where,
            remedy="write one byte of 0 to levels for each cell",
        )
    if figure.colours and len(figure.colours) != figure.levels:
        raise FormatError(
            f"a mask of {figure.levels} levels with {len(figure.colours)} colours",
            where=where,
            remedy="write a colour for each level, or none",
        )
    return Mask(figure.width, figure.height, figure.levels, figure.values, colours=tuple(figure.colours))


def _line_width(px: float) -> int:
    return max(1, units.from_px(px)) if px > 0 else 0


def _point(xy: Sequence[float]) -> Point:
    return units.from_px(xy[0]), units.from_px(xy[1])


def _contour(contour: types.Contour, where: str) -> Contour:
    if len(contour.nodes) != len(contour.points):
        raise FormatError(
            f"{len(contour.points)} points but {len(contour.nodes)} letters in nodes",
            where=where,
            remedy="write one letter (c, s or h) for each point",
        )
    kinds = tuple(_KINDS[letter] for letter in contour.nodes)
    return Contour(tuple(_point(xy) for xy in contour.points), kinds, contour.closed)


def _polygon(figure: types.Polygon, where: str) -> Contour:
    points = tuple(_point(xy) for xy in figure.points)
    if figure.closed and len(points) > 1 and points[0] == points[-1]:
        points = points[:-1]
    if len(points) < 2:
        raise FormatError("a polygon of fewer than two points", where=where, remedy="add points")
    return Contour(points, (_C,) * len(points), figure.closed)


def _bezier(figure: types.Bezier, where: str) -> Contour:
    points = [_point(xy) for xy in figure.points]
    over = len(points) % 3
    if over == 2 or len(points) < 3 or (over == 0 and not figure.closed):
        raise FormatError(
            f"{len(points)} points do not make cubic segments",
            where=where,
            remedy="write the first point, then handle, handle, point for each segment",
        )
    if over == 1 and figure.closed and points[0] == points[-1]:
        points.pop()
    kinds = tuple(_C if index % 3 == 0 else _H for index in range(len(points)))
    return Contour(tuple(points), kinds, figure.closed)


def _ellipse(cx: float, cy: float, rx: float, ry: float) -> Contour:
    k = _KAPPA
    on_unit_circle = (
        (1, 0), (1, k), (k, 1), (0, 1), (-k, 1), (-1, k),
        (-1, 0), (-1, -k), (-k, -1), (0, -1), (k, -1), (1, -k),
    )  # fmt: skip
    points = tuple(_point((cx + rx * x, cy + ry * y)) for x, y in on_unit_circle)
    return Contour(points, (_C, _H, _H) * 4)


def _rect(figure: types.Rect) -> Contour:
    x0, y0 = _point((figure.x, figure.y))
    x1, y1 = _point((figure.x + figure.width, figure.y + figure.height))
    return Contour(((x0, y0), (x1, y0), (x1, y1), (x0, y1)), (_C,) * 4)
