# SPDX-License-Identifier: Apache-2.0
"""Text becomes shapes with coverage masks: inks, forms, places, in the order in which one reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mtor_transcode.analyze.canvas.easel import Picture, Plane, composite, coverage, gain_of, paint_colours
from mtor_transcode.analyze.letters.glyphs import Glyphs
from mtor_transcode.analyze.letters.inks import inks_of, written
from mtor_transcode.analyze.letters.letter_fields import BASE, SIDE
from mtor_transcode.analyze.letters.mask_fit import Form, Letter, fit_forms
from mtor_transcode.model import UNITS_PER_PX, Colour, Mask, ShapeState, Solid, Transform
from mtor_transcode.render.matrix import IDENTITY_MATRIX, Matrix
from mtor_transcode.render.rasterizer import Rasterizer

LEAST_BITS = 5.0
"""No letter costs less."""

PLACE_BITS = 9.0
"""What a letter costs whose mask and colour are known, about."""

KNOWN_BITS = 6.0
"""What a letter that the page has already costs at most: dots that are left out make what
follows them dearer, and are never expected."""

READ = 0.7
"""Share of its bits that a form has to be worth: words without their rare letters cannot be read."""

LINE = 5
"""Px by which the lower edges of letters on one line differ at most, from one to the next."""

Price = Callable[[ShapeState], float]


@dataclass(frozen=True, slots=True)
class Page:
    """What text is to be painted on: ``target`` and ``shown`` (H, W, 3), ``weight`` (H, W) of squared errors,
    ``lam`` in error per bit, what masks and colours are known, and ``price``, see ``vectorize``. ``shift`` is
    how far (units) the camera has moved the world on the screen.
    """

    engine: Rasterizer
    target: Picture
    shown: Picture
    weight: Plane
    lam: float
    masks: list[Mask]
    colours: list[Colour]
    price: Price
    shift: tuple[int, int] = (0, 0)


def shift_of(view: Matrix) -> tuple[int, int] | None:
    """How far (units) a view moves the world; None if it turns or scales it."""
    a, b, c, d, e, f = view
    if (a, b, c, d) != IDENTITY_MATRIX[:4]:
        return None
    return round(e * UNITS_PER_PX), round(f * UNITS_PER_PX)


@dataclass(slots=True)
class _Piece:
    """A piece of text cut out: its box, what differs from what is shown, weights where it may be painted."""

    box: tuple[int, int, int, int]
    difference: NDArray[np.float32]
    ground: NDArray[np.float32]
    weight: NDArray[np.float32]


def paint_letters(page: Page, glyphs: Glyphs) -> Iterator[ShapeState]:
    """Yield the accepted letters, and paint each on ``page.shown`` in place; see ``paint_regions``."""
    pieces = _cut(page, glyphs)
    if not pieces:
        return
    pieces = [pieces[number] for number in reading_order([(p.box[0], p.box[3]) for p in pieces], LINE)]
    shades = [written(piece.difference, piece.ground, piece.weight) for piece in pieces]
    colours = inks_of(shades, page.colours, page.lam)
    letters = [_letter(piece, colours[number]) for number, piece in enumerate(pieces)]
    forms = fit_forms(letters, page.lam, page.masks)
    states: list[tuple[int, int, ShapeState]] = []
    for number, form in enumerate(forms):
        placed = [(number, _state(form.mask, x, y, colours[letter])) for letter, x, y in form.places]
        if _worthwhile(page, form, [state for _, state in placed]):
            states += [
                (number, letter[0], state) for letter, (_, state) in zip(form.places, placed, strict=True)
            ]
    paid: set[int] = set()
    for number, _, state in _read(states):
        cover, y0, x0 = _cover(page, state)
        y1, x1 = y0 + cover.shape[0], x0 + cover.shape[1]
        paint = paint_colours(state.paint, state.outline, state.transform, (x0, y0, x1, y1), IDENTITY_MATRIX)
        part = page.shown[y0:y1, x0:x1]
        gain = gain_of(page.target[y0:y1, x0:x1], part, cover, paint, page.weight[y0:y1, x0:x1])
        # The first letter of a form brings its mask, which was paid for by all of them.
        bits = min(page.price(_in_world(page, state)), KNOWN_BITS) if number in paid else PLACE_BITS
        if gain > page.lam * max(bits, LEAST_BITS):
            paid.add(number)
            composite(part, cover, paint)
            yield _in_world(page, state)


def _cut(page: Page, glyphs: Glyphs) -> list[_Piece]:
    height, width = glyphs.labels.shape
    pieces: list[_Piece] = []
    for number in range(1, len(glyphs.boxes)):
        x0, y0, x1, y1 = (int(v) for v in glyphs.boxes[number])
        x0, y0, x1, y1 = max(0, x0 - 1), max(0, y0 - 1), min(width, x1 + 1), min(height, y1 + 1)
        labels = glyphs.labels[y0:y1, x0:x1]
        own = (labels == number) | (labels == 0)
        below = page.shown[y0:y1, x0:x1].astype(np.float32)
        difference = (page.target[y0:y1, x0:x1] - below) * own[..., None]
        weight = page.weight[y0:y1, x0:x1] * own
        if float((difference[..., 0] ** 2 * weight).sum()) < page.lam * LEAST_BITS:
            continue
        ground = below[labels == number].mean(axis=0)
        pieces.append(_Piece((x0, y0, x1, y1), difference, ground, weight))
    return pieces


def _letter(piece: _Piece, ink: Colour) -> Letter:
    x0, y0, x1, y1 = piece.box
    rise = ink[0] - float(piece.ground[0]) or 1.0  # An ink that was cut off may be the ground's.
    left = SIDE // 2 - (x1 - x0) // 2
    low = BASE + 1
    field = np.zeros((SIDE, SIDE), dtype=np.float32)
    field[low - (y1 - y0) : low, left : left + x1 - x0] = np.clip(piece.difference[..., 0] / rise, 0, 1)
    return Letter(field, (x0 - left, y1 - low), rise * rise * float(piece.weight.max()))


def _state(mask: Mask, x: int, y: int, colour: Colour) -> ShapeState:
    place = Transform((x + mask.width // 2) * UNITS_PER_PX, y * UNITS_PER_PX)
    return ShapeState(mask, Solid(colour), place)


def _in_world(page: Page, state: ShapeState) -> ShapeState:
    """A letter on the screen as a shape of the world."""
    place = state.transform
    return replace(state, transform=replace(place, dx=place.dx - page.shift[0], dy=place.dy - page.shift[1]))


def _worthwhile(page: Page, form: Form, states: list[ShapeState]) -> bool:
    """Whether all letters of a form together pay for its mask and for themselves."""
    gain = 0.0
    for state in states:
        cover, y0, x0 = _cover(page, state)
        y1, x1 = y0 + cover.shape[0], x0 + cover.shape[1]
        paint = paint_colours(state.paint, state.outline, state.transform, (x0, y0, x1, y1), IDENTITY_MATRIX)
        gain += gain_of(
            page.target[y0:y1, x0:x1], page.shown[y0:y1, x0:x1], cover, paint, page.weight[y0:y1, x0:x1]
        )
    bits = page.price(_in_world(page, states[0])) + PLACE_BITS * (len(states) - 1)
    return gain > READ * page.lam * bits


def _cover(page: Page, state: ShapeState) -> tuple[Picture, int, int]:
    """The coverage of a letter in the picture, and where it begins (y, x)."""
    height, width = page.shown.shape[:2]
    box = state.outline.bounds
    left, top = (state.transform.dx + box[0]) // UNITS_PER_PX, (state.transform.dy + box[1]) // UNITS_PER_PX
    right, low = (state.transform.dx + box[2]) // UNITS_PER_PX, (state.transform.dy + box[3]) // UNITS_PER_PX
    rect = (max(0, left), max(0, top), min(width, right), min(height, low))
    return coverage(page.engine, state.outline, state.transform, rect), rect[1], rect[0]


def _read(states: list[tuple[int, int, ShapeState]]) -> list[tuple[int, int, ShapeState]]:
    """In the order in which one reads: line by line, from the left."""
    places = [(state.transform.dx, state.transform.dy) for _, _, state in states]
    return [states[number] for number in reading_order(places, LINE * UNITS_PER_PX)]


def reading_order(places: Sequence[tuple[int, int]], line: int) -> list[int]:
    """The numbers of places ``(x, y)``, line by line from the left; y rises by at most ``line`` in one."""
    ordered = sorted(range(len(places)), key=lambda number: places[number][1])
    lines: list[list[int]] = []
    last = None
    for number in ordered:
        y = places[number][1]
        if last is None or y - last > line:
            lines.append([])
        lines[-1].append(number)
        last = y
    return [number for each in lines for number in sorted(each, key=lambda number: places[number][0])]
