# SPDX-License-Identifier: Apache-2.0
"""Text becomes shapes, masks and outlines: inks, forms, places, in the order in which one reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mtor_transcode.analyze.canvas.easel import Picture, Plane, composite, coverage, gain_of, paint_colours
from mtor_transcode.analyze.letters.forms import forms_of
from mtor_transcode.analyze.letters.glyphs import Glyphs
from mtor_transcode.analyze.letters.inks import inks_of, written
from mtor_transcode.analyze.letters.letter_fields import BASE, SIDE
from mtor_transcode.analyze.letters.letter_outlines import Known
from mtor_transcode.analyze.letters.mask_fit import Form, Letter
from mtor_transcode.analyze.letters.reading import LINE, reading_order
from mtor_transcode.analyze.letters.steps import stepped
from mtor_transcode.model import SCALE_ONE, UNITS_PER_PX, Colour, Mask, ShapeState, Solid, Transform
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

Price = Callable[[ShapeState], float]


@dataclass(frozen=True, slots=True)
class Page:
    """What text is to be painted on: ``target`` and ``shown`` (H, W, 3), ``weight`` (H, W) of squared errors,
    ``lam`` in error per bit, what masks, outlines of letters and colours are known. ``price`` tells the bits
    of a letter, see ``vectorize``, ``prices`` those of several one after another. ``shift`` is how far
    (units) the camera has moved the world on the screen.
    """

    engine: Rasterizer
    target: Picture
    shown: Picture
    weight: Plane
    lam: float
    masks: list[Mask]
    outlines: list[Known]
    colours: list[Colour]
    price: Price
    prices: Callable[[Sequence[ShapeState]], float]
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
    pieces = [pieces[number] for number in reading_order([(p.box[0], p.box[3]) for p in pieces])]
    shades = [written(piece.difference, piece.ground, piece.weight) for piece in pieces]
    colours = inks_of(shades, page.colours, page.lam)
    letters = [_letter(piece, colours[number]) for number, piece in enumerate(pieces)]
    paid: set[int] = set()
    for number, state in _laid(page, letters, colours):
        cover, y0, x0 = _cover(page, state)
        y1, x1 = y0 + cover.shape[0], x0 + cover.shape[1]
        paint = paint_colours(state.paint, state.outline, state.transform, (x0, y0, x1, y1), IDENTITY_MATRIX)
        part = page.shown[y0:y1, x0:x1]
        gain = gain_of(page.target[y0:y1, x0:x1], part, cover, paint, page.weight[y0:y1, x0:x1])
        # The first letter of a form brings its outline, which was paid for by all of them.
        bits = min(page.price(_in_world(page, state)), KNOWN_BITS) if number in paid else PLACE_BITS
        if gain > page.lam * max(bits, LEAST_BITS):
            paid.add(number)
            composite(part, cover, paint)
            yield _in_world(page, state)


def _laid(page: Page, letters: list[Letter], colours: list[Colour]) -> list[tuple[int, ShapeState]]:
    """Letters in the order in which one reads, each with its form's number: with new outlines, or without if
    that is cheaper by what the syntax takes for the whole page.
    """
    known = {outline for outline, _ in page.outlines}
    forms = forms_of(letters, page.lam, page.masks, page.outlines)
    laid = _placed(page, letters, colours, forms)
    if all(isinstance(form.outline, Mask) or form.outline in known for form in forms):
        return laid
    forms = forms_of(letters, page.lam, page.masks, page.outlines, fresh=False)
    plain = _placed(page, letters, colours, forms)
    return min((plain, laid), key=lambda each: _cost(page, [state for _, state in each]))


def _cost(page: Page, states: list[ShapeState]) -> float:
    """What letters cost: their bits, less the error that they take away."""
    bits = page.prices([_in_world(page, state) for state in states])
    return page.lam * bits - sum(_gain(page, state) for state in states)


def _placed(
    page: Page, letters: list[Letter], colours: list[Colour], forms: list[Form]
) -> list[tuple[int, ShapeState]]:
    """The letters of forms that are worth their bits."""
    states: list[tuple[int, int, ShapeState]] = []
    for number, form in enumerate(forms):
        placed = [(number, letter, _state(form, x, y, colours[letter])) for letter, x, y in form.places]
        if _worthwhile(page, form, [state for _, _, state in placed]):
            states += placed
    states = _read(states)
    steps = stepped(letters, [(letter, state) for _, letter, state in states], page.lam)
    return [(number, state) for (number, _, _), (_, state) in zip(states, steps, strict=True)]


def _gain(page: Page, state: ShapeState) -> float:
    """The squared error that a letter takes away."""
    cover, y0, x0 = _cover(page, state)
    y1, x1 = y0 + cover.shape[0], x0 + cover.shape[1]
    paint = paint_colours(state.paint, state.outline, state.transform, (x0, y0, x1, y1), IDENTITY_MATRIX)
    target, shown = page.target[y0:y1, x0:x1], page.shown[y0:y1, x0:x1]
    gain: float = gain_of(target, shown, cover, paint, page.weight[y0:y1, x0:x1])
    return gain


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


def _state(form: Form, dx: int, dy: int, colour: Colour) -> ShapeState:
    return ShapeState(form.outline, Solid(colour), Transform(dx, dy, form.scale))


def _in_world(page: Page, state: ShapeState) -> ShapeState:
    """A letter on the screen as a shape of the world."""
    place = state.transform
    return replace(state, transform=replace(place, dx=place.dx - page.shift[0], dy=place.dy - page.shift[1]))


def _worthwhile(page: Page, form: Form, states: list[ShapeState]) -> bool:
    """Whether all letters of a form together pay for its outline and for themselves."""
    gain = sum(_gain(page, state) for state in states)
    bits = page.price(_in_world(page, states[0])) + PLACE_BITS * (len(states) - 1)
    return gain > READ * page.lam * bits


def _cover(page: Page, state: ShapeState) -> tuple[Picture, int, int]:
    """The coverage of a letter in the picture, and where it begins (y, x)."""
    height, width = page.shown.shape[:2]
    left, top, right, low = _bounds(state)
    left, top, right, low = (
        left // UNITS_PER_PX,
        top // UNITS_PER_PX,
        -(-right // UNITS_PER_PX),
        -(-low // UNITS_PER_PX),
    )
    rect = (max(0, left), max(0, top), min(width, right), min(height, low))
    return coverage(page.engine, state.outline, state.transform, rect), rect[1], rect[0]


def _bounds(state: ShapeState) -> tuple[int, int, int, int]:
    """The box of a letter (units): left, top, right, low."""
    place = state.transform
    x0, y0, x1, y1 = state.outline.bounds
    scale = place.scale
    left, top = place.dx + x0 * scale // SCALE_ONE, place.dy + y0 * scale // SCALE_ONE
    return left, top, place.dx - (-x1 * scale // SCALE_ONE), place.dy - (-y1 * scale // SCALE_ONE)


def _read(states: list[tuple[int, int, ShapeState]]) -> list[tuple[int, int, ShapeState]]:
    """In the order in which one reads: line by line, from the left."""
    places = [(state.transform.dx, _bounds(state)[3]) for _, _, state in states]
    return [states[number] for number in reading_order(places, LINE * UNITS_PER_PX)]
