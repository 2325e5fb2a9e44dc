# SPDX-License-Identifier: Apache-2.0
"""Letters as outlines: one form at many places and sizes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtor_transcode.analyze.canvas.easel import coverage
from mtor_transcode.analyze.letters.forms import forms_of
from mtor_transcode.analyze.letters.letter_fields import BASE, SIDE, extent
from mtor_transcode.analyze.letters.letter_outlines import PAGE, Known
from mtor_transcode.analyze.letters.letter_raster import draw
from mtor_transcode.analyze.letters.line_sizes import text_blocks
from mtor_transcode.analyze.letters.mask_fit import Form as Letterform
from mtor_transcode.analyze.letters.mask_fit import Letter
from mtor_transcode.analyze.letters.outline_fit import Form, Sights, fitted
from mtor_transcode.analyze.letters.reading import reading_lines, reading_order
from mtor_transcode.analyze.letters.steps import stepped
from mtor_transcode.model import (
    SCALE_ONE,
    UNITS_PER_PX,
    Contour,
    Mask,
    NodeKind,
    Outline,
    ShapeState,
    Solid,
    Transform,
)
from mtor_transcode.render.rasterizer import rasterizer

INK = Solid((20, 128, 128))
ENERGY = 40_000.0

GLYPHS = {
    "L": [(0, 0), (2, 0), (2, 10), (7, 10), (7, 12), (0, 12)],
    "T": [(0, 0), (9, 0), (9, 2), (5.5, 2), (5.5, 12), (3.5, 12), (3.5, 2), (0, 2)],
    "I": [(0, 0), (2, 0), (2, 12), (0, 12)],
    "V": [(0, 0), (2.2, 0), (5, 9), (7.8, 0), (10, 0), (6, 12), (4, 12)],
    "Z": [(0, 0), (8, 0), (8, 2), (3, 10), (8, 10), (8, 12), (0, 12), (0, 10), (5, 2), (0, 2)],
    "F": [(0, 0), (7, 0), (7, 2), (2, 2), (2, 5), (6, 5), (6, 7), (2, 7), (2, 12), (0, 12)],
}


def form_of(glyph: str) -> Form:
    nodes = np.array(GLYPHS[glyph]) - (0, 12)
    return Form(nodes, np.zeros(len(nodes), bool), np.array([len(nodes)]))


def drawn(form: Form, x: float, y: float, scale: float = 1.0) -> np.ndarray:
    out = np.zeros((SIDE, SIDE))
    draw(form.nodes, form.smooth, form.ends, x, y, scale, out)
    return out.astype(np.float32)


def text(words: str, x: float, y: float, scale: float) -> list[Letter]:
    """A line of letters whose steps are no whole px, as a browser lays them, with a little noise."""
    chance = np.random.default_rng(len(words))
    letters = []
    for glyph in words:
        width = max(u for u, _ in GLYPHS[glyph])
        left, low = int(x), int(y)
        field = drawn(form_of(glyph), 12 + x - left, BASE + y - low, scale)
        field = np.clip(field + chance.normal(0, 0.02, field.shape) * (field > 0), 0, 1)
        letters.append(Letter(field.astype(np.float32), (left - 12, low - BASE), ENERGY))
        x += scale * (width + 2.3)
    return letters


def page() -> list[Letter]:
    words = "".join(np.random.default_rng(2).choice(list(GLYPHS), 30))
    sizes = [1.0, 1.0, 0.75, 0.75, 1.5]
    lines = [text(words, 20.3, 30.0 + 30 * n, scale) for n, scale in enumerate(sizes)]
    return [letter for line in lines for letter in line]


def wrong(letters: list[Letter], forms: list[Letterform]) -> float:
    """Squared coverage that the forms have otherwise than the letters, as the renderer paints them."""
    engine, total = rasterizer(), 0.0
    for form in forms:
        for number, dx, dy in form.places:
            x, y = letters[number].corner
            place = Transform(dx, dy, form.scale)
            cover = coverage(engine, form.outline, place, (x, y, x + SIDE, y + SIDE)) / 255.0
            total += float(np.square(cover - letters[number].field).sum())
    return total


@given(
    st.lists(st.tuples(st.floats(2, 30), st.floats(2, 30)), min_size=3, max_size=3),
    st.floats(0.5, 1.2),
)
@settings(deadline=None, max_examples=60)
def test_coverage_is_what_the_renderer_has(points: list[tuple[float, float]], scale: float) -> None:
    units = tuple((round(x * UNITS_PER_PX), round(y * UNITS_PER_PX)) for x, y in points)
    outline = Outline((Contour(units, (NodeKind.CORNER,) * 3),))
    place = Transform(0, 0, round(scale * SCALE_ONE))
    expected = coverage(rasterizer(), outline, place, (0, 0, SIDE, SIDE)) / 255.0
    mine = drawn(Form.of(outline), 0, 0, place.scale / SCALE_ONE)
    assert np.abs(mine - expected).max() < 0.03


def test_curves_are_what_the_renderer_has() -> None:
    kinds = NodeKind.SMOOTH, NodeKind.CORNER, NodeKind.SMOOTH, NodeKind.SMOOTH
    outline = Outline((Contour(((160, 80), (270, 100), (280, 220), (150, 210)), kinds),))
    expected = coverage(rasterizer(), outline, Transform(), (0, 0, SIDE, SIDE)) / 255.0
    assert np.abs(drawn(Form.of(outline), 0, 0) - expected).max() < 0.08


def test_a_form_is_found_from_where_it_is_seen() -> None:
    """Its nodes come to a fifth of a px, though each sight has noise; one that says nothing goes."""
    truth, chance = form_of("F"), np.random.default_rng(1)
    at = np.array([[12 + n / 5, BASE - n / 7] for n in range(6)])
    scales = np.array([1.0, 1.0, 0.8, 1.0, 1.25, 1.0])
    fields = np.stack([drawn(truth, *place, scale) for place, scale in zip(at, scales, strict=True)])
    noisy = np.clip(fields + chance.normal(0, 0.03, fields.shape), 0, 1).astype(np.float32)
    boxes = np.array([extent(field) for field in fields])
    sights = Sights(noisy, boxes, at, scales, np.full(6, 60.0))
    rough = np.insert(truth.nodes + chance.uniform(-0.5, 0.5, truth.nodes.shape), 1, (3.4, -12), axis=0)
    start = Form(rough, np.zeros(len(rough), bool), np.array([len(rough)]))
    form, step, error = fitted(start, sights)
    assert len(form.nodes) == len(truth.nodes)
    assert np.abs(form.nodes - truth.nodes).max() < 0.2
    assert step <= 8
    assert error < 0.15 * sights.error(start)


def test_text_of_three_sizes_has_one_set_of_outlines() -> None:
    letters = page()
    forms = forms_of(letters, 1000.0, [], [])
    outlines = [form for form in forms if not isinstance(form.outline, Mask)]
    shown = sum(len(form.places) for form in outlines)
    assert shown > 0.7 * len(letters)
    assert len({form.outline for form in outlines}) <= len(GLYPHS) + 1
    scales = sorted({form.scale / min(form.scale for form in outlines) for form in outlines})
    assert scales == pytest.approx([1, 4 / 3, 2], rel=0.03)
    assert sorted(number for form in forms for number, _, _ in form.places) == list(range(len(letters)))
    assert wrong(letters, forms) < 0.01 * sum(float(np.square(letter.field).sum()) for letter in letters)


def test_a_few_words_are_masks_unless_their_letters_are_known() -> None:
    every = forms_of(page(), 1000.0, [], [])
    known: list[Known] = [(form.outline, form.scale) for form in every if not isinstance(form.outline, Mask)]
    words = text("LTIFFT", 700.4, 400.0, 0.75)
    assert len(words) < PAGE
    assert all(isinstance(form.outline, Mask) for form in forms_of(words, 1000.0, [], []))
    again = forms_of(words, 1000.0, [], known)
    assert {form.outline for form in again} <= {outline for outline, _ in known}
    assert sorted(number for form in again for number, _, _ in form.places) == list(range(6))


def test_each_form_once_is_no_case_for_outlines() -> None:
    """Whole px, one size, no noise: a mask shows each letter exactly, and its places are cheap."""
    letters = [
        Letter(drawn(form_of("LTIVZF"[n % 6]), 12.0, BASE), (30 * (n % 20), 40 * (n // 20)), ENERGY)
        for n in range(80)
    ]
    forms = forms_of(letters, 3000.0, [], [])
    assert all(isinstance(form.outline, Mask) for form in forms)


def test_letters_follow_at_the_expected_step() -> None:
    """A unit off costs more bits than it errs; half a px off does not."""
    outline = form_of("I").outline(1)
    letters, placed = [], []
    for n, off in enumerate([0, 0, 1, 0, -1, 8]):
        x = 20 * UNITS_PER_PX * n
        field = drawn(Form.of(outline), 20.0 + (off == 8) / 2, BASE - 6)
        letters.append(Letter(field, (20 * n - 20, 0), ENERGY))
        placed.append((n, ShapeState(outline, INK, Transform(x + off, (BASE - 6) * UNITS_PER_PX))))
    laid = [state.transform.dx for _, state in stepped(letters, placed, 500.0)]
    assert laid == [320 * n + (8 if n == 5 else 0) for n in range(6)]
    assert [number for number, _ in stepped(letters, placed, 500.0)] == list(range(6))


def test_lines_of_one_size() -> None:
    fields = np.zeros((30, SIDE, SIDE), np.float32)
    for number in range(30):
        high = 12 if number < 20 else 16
        fields[number, BASE - (high if number % 2 else 8) : BASE, 10:14] = 1
    blocks = text_blocks([range(10), range(10, 20), range(20, 30)], fields)
    assert [(height, len(letters)) for height, letters in blocks] == [(12, 20), (16, 10)]


def test_the_order_of_reading() -> None:
    places = [(50, 12), (10, 10), (30, 40), (20, 44), (30, 13)]
    assert reading_lines(places) == [[1, 4, 0], [3, 2]]
    assert reading_order(places) == [1, 4, 0, 3, 2]
    assert reading_order([(10, 12), (50, 10)], 1) == [1, 0], "two lines"
