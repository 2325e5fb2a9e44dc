# SPDX-License-Identifier: Apache-2.0
"""Outlines: contours of nodes as small steps on a grid, or as changes of an earlier outline.

The first node of the first contour is not written; the reader centres what it read (``Outline.centred`` with
the grid's step). So a writer takes canonical outlines only.
"""

from __future__ import annotations

from typing import Final

from mtor_transcode.codec.binarise import (
    read_number,
    read_signed,
    read_split,
    read_tree,
    write_number,
    write_signed,
    write_split,
    write_tree,
)
from mtor_transcode.codec.canonical import grid_of
from mtor_transcode.codec.contexts import BASE, SIGNED
from mtor_transcode.codec.limits import MAX_CONTOURS, MAX_COORDINATE, MAX_NODES
from mtor_transcode.codec.mask_syntax import Like, read_mask, write_mask
from mtor_transcode.codec.patch_syntax import read_patch, remember, write_patch
from mtor_transcode.codec.step_contexts import StepContexts
from mtor_transcode.codec.writers import Reader, Writer
from mtor_transcode.model import Colour, Contour, Mask, NodeKind, Outline, Point

_MASK: Final = BASE["mask.is"]
_PATCH: Final = BASE["patch.is"]
_LIKE: Final = BASE["outline.like"]
_LIKE_BACK: Final = BASE["outline.like_back"]
_STROKED: Final = BASE["outline.stroked"]
_WIDTH: Final = BASE["outline.width"]
_SAME_GRID: Final = BASE["outline.same_grid"]
_GRID: Final = BASE["outline.grid"]
_CONTOURS: Final = BASE["outline.contours"]
_BOX: Final = BASE["outline.box"]
_CLOSED: Final = BASE["outline.closed"]
_NODES: Final = BASE["outline.nodes"]
_KIND: Final = BASE["outline.kind"]
_FIRST: Final = BASE["outline.first"]
_BOX_SIDE: Final = BASE["outline.box_side"]
_CHANGE: Final = BASE["outline.change"]

_CORNER: Final = NodeKind.CORNER
_BOX_KINDS: Final = (_CORNER,) * 4
_TOO_MANY: Final = "outlines have too many nodes"


class OutlineSection:
    """What the outlines of one dictionary section know of each other; the same for writer and reader."""

    def __init__(self) -> None:
        self.outlines: list[Outline] = []
        self.masks: list[Mask] = []
        self.palette: list[Colour] = []
        self.grid = 0
        self.stroke_width = 0
        self.was_mask = 0
        self.was_patch = 0

    def add(self, outline: Outline, grid: int) -> None:
        """Goes on to the next outline."""
        self.outlines.append(outline)
        self.was_mask = int(isinstance(outline, Mask))
        if isinstance(outline, Mask):
            self.was_patch = int(bool(outline.colours))
            remember(self.palette, outline.colours)
            if not outline.colours:
                self.masks.append(outline)
            return
        self.grid = grid
        if outline.stroke_width:
            self.stroke_width = outline.stroke_width

    def fork(self) -> OutlineSection:
        """Returns an independent copy."""
        copy = OutlineSection()
        copy.outlines = self.outlines.copy()
        copy.masks = self.masks.copy()
        copy.palette = self.palette.copy()
        copy.was_mask = self.was_mask
        copy.was_patch = self.was_patch
        copy.grid = self.grid
        copy.stroke_width = self.stroke_width
        return copy


def same_structure(one: Outline, other: Outline) -> bool:
    """Whether two outlines have equal contours but for the points' coordinates."""
    return (
        not (isinstance(one, Mask) or isinstance(other, Mask))
        and one.stroke_width == other.stroke_width
        and len(one.contours) == len(other.contours)
        and all(
            a.kinds == b.kinds and a.closed == b.closed
            for a, b in zip(one.contours, other.contours, strict=True)
        )
    )


def write_outline(writer: Writer, section: OutlineSection, outline: Outline, like: int | Like = 0) -> None:
    """Writes an outline; with ``like`` = k > 0 as a change of the k-th last one of the section.

    A mask is written by one that is much alike if ``like`` says which.

    ``section`` is not changed: the caller adds the outline.
    """
    writer.bit(_MASK + section.was_mask, isinstance(outline, Mask))
    if isinstance(outline, Mask):
        writer.bit(_PATCH + section.was_patch, bool(outline.colours))
        if outline.colours:
            write_patch(writer, section.palette, outline)
        else:
            write_mask(writer, section.masks, outline, None if isinstance(like, int) else like)
        return
    assert isinstance(like, int)
    grid = grid_of(outline)
    if section.outlines:
        writer.bit(_LIKE, like > 0)
    _write_grid(writer, section, grid)
    if like:
        write_number(writer, _LIKE_BACK, like - 1)
        _write_change(writer, section.outlines[-like], outline, grid)
        return
    stroked = outline.stroke_width > 0
    writer.bit(_STROKED, stroked)
    if stroked:
        same = outline.stroke_width == section.stroke_width
        writer.bit(_STROKED + 1, same)
        if not same:
            write_number(writer, _WIDTH, outline.stroke_width - 1)
    count = len(outline.contours)
    write_number(writer, _CONTOURS, 1 - count if count < 2 else count)
    origin = outline.contours[0].points[0] if count else (0, 0)
    for number, contour in enumerate(outline.contours):
        if number:
            write_signed(writer, _FIRST, (contour.points[0][0] - origin[0]) >> grid)
            write_signed(writer, _FIRST + SIGNED, (contour.points[0][1] - origin[1]) >> grid)
        _write_contour(writer, contour, stroked, grid)


def read_outline(reader: Reader, section: OutlineSection, most: int = MAX_NODES) -> tuple[Outline, int]:
    """Returns an outline that ``write_outline`` wrote, and its grid; ``section`` is not changed.

    More than ``most`` nodes are an error.
    """
    if reader.bit(_MASK + section.was_mask):
        coloured = reader.bit(_PATCH + section.was_patch)
        mask = read_patch(reader, section.palette) if coloured else read_mask(reader, section.masks)
        if mask.node_count > most:
            raise reader.damaged(_TOO_MANY)
        return mask, grid_of(mask)
    like = bool(section.outlines) and reader.bit(_LIKE)
    grid = _read_grid(reader, section)
    if like:
        back = read_number(reader, _LIKE_BACK) + 1
        if back > len(section.outlines):
            raise reader.damaged("an outline is like one that does not exist")
        old = section.outlines[-back]
        if isinstance(old, Mask):
            raise reader.damaged("an outline is like a mask")
        if old.node_count > most:
            raise reader.damaged(_TOO_MANY)
        outline = _read_change(reader, old, grid)
    else:
        stroke_width = 0
        stroked = reader.bit(_STROKED)
        if stroked:
            same = reader.bit(_STROKED + 1)
            stroke_width = section.stroke_width if same else read_number(reader, _WIDTH) + 1
            if not 0 < stroke_width <= MAX_COORDINATE:
                raise reader.damaged("the width of a stroke is out of range")
        outline = Outline(_read_contours(reader, stroked, grid, min(most, MAX_NODES)), stroke_width)
    x0, y0, x1, y1 = outline.bounds
    if x1 - x0 > MAX_COORDINATE or y1 - y0 > MAX_COORDINATE:
        raise reader.damaged("an outline is too large")
    return outline.centred(1 << grid)[0], grid


def _write_grid(writer: Writer, section: OutlineSection, grid: int) -> None:
    writer.bit(_SAME_GRID, grid == section.grid)
    if grid != section.grid:
        write_tree(writer, _GRID, grid, 3)


def _read_grid(reader: Reader, section: OutlineSection) -> int:
    return section.grid if reader.bit(_SAME_GRID) else read_tree(reader, _GRID, 3)


def _read_contours(reader: Reader, stroked: int, grid: int, left: int) -> tuple[Contour, ...]:
    count = read_number(reader, _CONTOURS)
    count = 1 - count if count < 2 else count
    if count > MAX_CONTOURS:
        raise reader.damaged("an outline has too many contours")
    contours: list[Contour] = []
    for number in range(count):
        x = y = 0
        if number:
            x = read_signed(reader, _FIRST)
            y = read_signed(reader, _FIRST + SIGNED)
        contour = _read_contour(reader, (x << grid, y << grid), stroked, grid, left)
        left -= len(contour.points)
        if left < 0:
            raise reader.damaged(_TOO_MANY)
        contours.append(contour)
    return tuple(contours)


def _is_box(contour: Contour) -> bool:
    """Whether the contour is an upright rectangle, the first side horizontal."""
    if contour.kinds != _BOX_KINDS or not contour.closed:
        return False
    (ax, ay), (bx, by), (cx, cy), (dx, dy) = contour.points
    return ay == by and bx == cx and cy == dy and dx == ax


def _write_contour(writer: Writer, contour: Contour, stroked: int, grid: int) -> None:
    box = _is_box(contour)
    writer.bit(_BOX + stroked, box)
    points = contour.points
    if box:
        write_signed(writer, _BOX_SIDE, (points[2][0] - points[0][0]) >> grid)
        write_signed(writer, _BOX_SIDE + SIGNED, (points[2][1] - points[0][1]) >> grid)
        return
    writer.bit(_CLOSED + stroked, contour.closed)
    write_number(writer, _NODES, len(points) - 1)
    pen = StepContexts(len(points), contour.closed)
    before = last = _CORNER
    x, y = points[0]
    for number, kind in enumerate(contour.kinds):
        group = _KIND + 2 * (3 * before + last)
        writer.bit(group, kind != _CORNER)
        if kind != _CORNER:
            writer.bit(group + 1, kind == NodeKind.CONTROL)
        before, last = last, kind
        if number:
            nx, ny = points[number]
            dx, dy = (nx - x) >> grid, (ny - y) >> grid
            write_split(writer, pen.for_dx(), dx)
            write_split(writer, pen.for_dy(dx), dy)
            pen.step(dx, dy)
            x, y = nx, ny


def _read_contour(reader: Reader, first: Point, stroked: int, grid: int, most: int) -> Contour:
    x, y = first
    if reader.bit(_BOX + stroked):
        right = x + (read_signed(reader, _BOX_SIDE) << grid)
        low = y + (read_signed(reader, _BOX_SIDE + SIGNED) << grid)
        return Contour(((x, y), (right, y), (right, low), (x, low)), _BOX_KINDS)
    closed = bool(reader.bit(_CLOSED + stroked))
    count = read_number(reader, _NODES) + 1
    if count > most:
        raise reader.damaged(_TOO_MANY)
    pen = StepContexts(count, closed)
    before = last = _CORNER
    points: list[Point] = []
    kinds: list[NodeKind] = []
    for number in range(count):
        group = _KIND + 2 * (3 * before + last)
        kind = NodeKind(1 + reader.bit(group + 1)) if reader.bit(group) else _CORNER
        before, last = last, kind
        if number:
            dx = read_split(reader, pen.for_dx())
            dy = read_split(reader, pen.for_dy(dx))
            pen.step(dx, dy)
            x, y = x + (dx << grid), y + (dy << grid)
        points.append((x, y))
        kinds.append(kind)
    return Contour(tuple(points), tuple(kinds), closed)


def _write_change(writer: Writer, old: Outline, new: Outline, grid: int) -> None:
    """Writes the moves of all points, each less the move of the point before."""
    fine = min(grid, grid_of(old))
    last_x = last_y = None
    class_x = class_y = 0
    for old_contour, new_contour in zip(old.contours, new.contours, strict=True):
        for (ox, oy), (x, y) in zip(old_contour.points, new_contour.points, strict=True):
            mx, my = x - ox, y - oy
            if last_x is not None and last_y is not None:
                dx, dy = (mx - last_x) >> fine, (my - last_y) >> fine
                write_signed(writer, _CHANGE + SIGNED * class_x, dx)
                write_signed(writer, _CHANGE + SIGNED * (3 + class_y), dy)
                class_x, class_y = _change_class(dx), _change_class(dy)
            last_x, last_y = mx, my


def _read_change(reader: Reader, old: Outline, grid: int) -> Outline:
    fine = min(grid, grid_of(old))
    mx, my = (-old.contours[0].points[0][0], -old.contours[0].points[0][1]) if old.contours else (0, 0)
    class_x = class_y = 0
    first = True
    contours: list[Contour] = []
    for contour in old.contours:
        points: list[Point] = []
        for x, y in contour.points:
            if not first:
                dx = read_signed(reader, _CHANGE + SIGNED * class_x)
                dy = read_signed(reader, _CHANGE + SIGNED * (3 + class_y))
                class_x, class_y = _change_class(dx), _change_class(dy)
                mx, my = mx + (dx << fine), my + (dy << fine)
            first = False
            points.append((x + mx, y + my))
        contours.append(Contour(tuple(points), contour.kinds, contour.closed))
    return Outline(tuple(contours), old.stroke_width)


def _change_class(delta: int) -> int:
    """Class of contexts for the next change of the same axis."""
    return min(abs(delta).bit_length(), 2)
