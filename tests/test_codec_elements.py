# SPDX-License-Identifier: Apache-2.0
"""Each element of the syntax comes back as it was written, and costs what the counting writer says."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import TypeVar

import numpy as np
import pytest
from codec_films import colours, outlines, paints
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mtor_transcode.codec import binarise
from mtor_transcode.codec.adaptive import Adaptive
from mtor_transcode.codec.canonical import canonical_outline, canonical_state, grid_of, is_canonical
from mtor_transcode.codec.contexts import BASE, COUNT, LAYOUT
from mtor_transcode.codec.dictionary import NewOutlines
from mtor_transcode.codec.outline_syntax import OutlineSection, read_outline, write_outline
from mtor_transcode.codec.paint_syntax import (
    PaintMemory,
    read_paint,
    read_paint_change,
    write_paint,
    write_paint_change,
)
from mtor_transcode.codec.rangecoder import RangeReader, RangeWriter
from mtor_transcode.codec.writers import CountingWriter, RecordingWriter, Writer
from mtor_transcode.errors import FormatError
from mtor_transcode.model import Contour, Mask, NodeKind, Outline, Paint, ShapeState, Solid, Transform

T = TypeVar("T")
Bins = list[tuple[int, int]]

bins = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 1)), max_size=400)


def through(write: Callable[[Writer], None], read: Callable[[RangeReader], T]) -> T:
    """What comes back; checks on the way that all three writers agree."""
    recording, ranged, counting = RecordingWriter(), RangeWriter(Adaptive()), CountingWriter(Adaptive())
    write(recording)
    recording.replay(ranged)
    write(counting)
    data = ranged.finish()
    assert counting.bits == pytest.approx(sum(ranged.bits))
    assert len(data) <= counting.bits / 8 * 1.003 + 1.2
    return read(RangeReader(data, Adaptive()))


@given(st.lists(st.tuples(st.integers(0, 8), bins), max_size=20))
def test_a_few_bins_at_once_are_those_bins(groups: list[tuple[int, Bins]]) -> None:
    """In all three writers, to the bit, also in what they leave behind."""

    def together(writer: Writer) -> None:
        for first, sequence in groups:
            writer.several(first, tuple(sequence))

    def apart(writer: Writer) -> None:
        for first, sequence in groups:
            for context, value in sequence:
                writer.bit(first + context, value)

    left = []
    for write in (together, apart):
        recording, ranged, counting = RecordingWriter(), RangeWriter(Adaptive()), CountingWriter(Adaptive())
        for writer in (recording, ranged, counting):
            write(writer)
        adaptive = counting.adaptive
        states = list(adaptive.fast), list(adaptive.slow), list(adaptive.uses)
        left.append((recording.recorded, ranged.finish(), counting.bits, states))
    assert left[0] == left[1]


@given(bins)
def test_bins_come_back(sequence: Bins) -> None:
    def write(writer: Writer) -> None:
        for context, value in sequence:
            writer.bit(context, value)

    back = through(write, lambda reader: [(context, reader.bit(context)) for context, _ in sequence])
    assert back == sequence


@given(bins, st.integers(0, 400))
def test_many_bins_at_once_are_as_one_by_one(sequence: Bins, before: int) -> None:
    """What the kernel counts, to the last bit of the sum, and the states after it; what others take."""
    contexts = np.array([context for context, _ in sequence], dtype=np.int32)
    values = np.array([value for _, value in sequence], dtype=np.uint8)
    for make in (lambda: CountingWriter(Adaptive()), lambda: RangeWriter(Adaptive()), RecordingWriter):
        one, many = make(), make()
        for writer in (one, many):
            for _ in range(before % 40):
                writer.raw(0xFFFF, 16)  # runs of 0xFF, through which 1s are carried
            for place in range(before):
                writer.bit(place % 31, place % 3 == 0)
        for context, value in sequence:
            one.bit(context, value)
        many.bins(contexts, values)
        if isinstance(one, RecordingWriter) and isinstance(many, RecordingWriter):
            assert one.recorded == many.recorded
            continue
        assert not isinstance(one, RecordingWriter)
        assert not isinstance(many, RecordingWriter)
        assert one.bits == many.bits
        assert (one.adaptive.fast, one.adaptive.slow) == (many.adaptive.fast, many.adaptive.slow)
        assert one.adaptive.uses == many.adaptive.uses
        if isinstance(one, RangeWriter) and isinstance(many, RangeWriter):
            assert one.finish() == many.finish()


@given(st.integers(0, 3), st.integers(200, 5000), st.integers(0, 1))
def test_sure_bins_cost_next_to_nothing(context: int, count: int, value: int) -> None:
    writer = RangeWriter(Adaptive())
    for _ in range(count):
        writer.bit(context, value)
    # A trained start may expect the other value, and pays for that once.
    assert sum(writer.bits) < 24 + count * 0.003
    assert len(writer.finish()) < 5 + count / 2000


def test_carries_ripple() -> None:
    """Data of all ones and bins at the range's upper end force carries through long runs of 0xFF."""
    for tail in range(64):
        writer = RangeWriter(Adaptive())
        for _ in range(40):
            writer.raw(0xFFFF, 16)
        for place in range(6):
            writer.bit(0, tail >> place & 1)
        writer.raw(0, 16)
        reader = RangeReader(writer.finish(), Adaptive())
        assert [reader.raw(16) for _ in range(40)] == [0xFFFF] * 40
        assert [reader.bit(0) for _ in range(6)] == [tail >> place & 1 for place in range(6)]
        assert reader.raw(16) == 0


def test_trailing_zeros_are_implied_within_bounds() -> None:
    writer = RangeWriter(Adaptive())
    for _ in range(100):
        writer.raw(0, 16)
    data = writer.finish()
    assert 160 <= len(data) < 205
    reader = RangeReader(data, Adaptive())
    assert all(reader.raw(16) == 0 for _ in range(100))
    with pytest.raises(FormatError, match="ends too early"):
        [reader.raw(16) for _ in range(1000)]


@given(st.binary(max_size=30), bins)
def test_any_bytes_decode_or_fail_cleanly(data: bytes, sequence: Bins) -> None:
    try:
        reader = RangeReader(data, Adaptive())
        for context, value in sequence:
            assert reader.bit(context) in (0, 1)
            assert 0 <= reader.raw(1 + value) < 4
    except FormatError:
        pass


def test_probabilities_stay_inside() -> None:
    """No run of equal bins from any allowed start leads to a probability of 0 or 1."""
    for start in (512, 32768, 65024):
        for uses in (0, 20, 63):
            for value in (0, 1):
                adaptive = Adaptive()
                adaptive.fast[0] = adaptive.slow[0] = start
                adaptive.uses[0] = uses
                writer = CountingWriter(adaptive)
                for _ in range(3000):
                    writer.bit(0, value)
                    assert 0 < (adaptive.fast[0] + adaptive.slow[0]) >> 5 < 4096


@given(st.lists(st.one_of(st.integers(0, 40), st.integers(0, 2**32 - 1)), max_size=20))
@example([0, 2**32 - 1, 2**32 - 2, 2**16, 2**17])
def test_numbers(values: list[int]) -> None:
    def write(writer: Writer) -> None:
        for value in values:
            binarise.write_number(writer, 7, value)

    assert through(write, lambda reader: [binarise.read_number(reader, 7) for _ in values]) == values


@given(st.lists(st.integers(-(2**32) + 1, 2**32 - 1), max_size=20))
def test_signed_numbers(values: list[int]) -> None:
    def write(writer: Writer) -> None:
        for value in values:
            binarise.write_signed(writer, 7, value)

    assert through(write, lambda reader: [binarise.read_signed(reader, 7) for _ in values]) == values


@given(st.lists(st.integers(0, 63), max_size=20))
def test_trees(values: list[int]) -> None:
    def write(writer: Writer) -> None:
        for value in values:
            binarise.write_tree(writer, 7, value, 6)

    assert through(write, lambda reader: [binarise.read_tree(reader, 7, 6) for _ in values]) == values


@settings(max_examples=60)
@given(st.lists(outlines(), max_size=4))
def test_outlines(made: list[Outline]) -> None:
    """Several outlines of a section."""

    def write(writer: Writer) -> None:
        section = OutlineSection()
        for outline in made:
            write_outline(writer, section, outline)
            section.add(outline, grid_of(outline))

    def read(reader: RangeReader) -> list[Outline]:
        section = OutlineSection()
        for _ in made:
            section.add(*read_outline(reader, section))
        return section.outlines

    assert through(write, read) == made


@settings(max_examples=60)
@given(outlines().filter(lambda old: not isinstance(old, Mask)), st.data())
def test_changed_outlines(old: Outline, data: st.DataObject) -> None:
    steps = st.integers(-300, 300)
    new = canonical_outline(
        Outline(
            tuple(
                Contour(
                    tuple((x + data.draw(steps), y + data.draw(steps)) for x, y in contour.points),
                    contour.kinds,
                    contour.closed,
                )
                for contour in old.contours
            ),
            old.stroke_width,
        )
    )[0]

    def write(writer: Writer) -> None:
        section = OutlineSection()
        section.add(old, grid_of(old))
        write_outline(writer, section, new, like=1)

    def read(reader: RangeReader) -> Outline:
        section = OutlineSection()
        section.add(old, grid_of(old))
        return read_outline(reader, section)[0]

    assert through(write, read) == new


def test_small_changes_are_cheaper_than_new_outlines() -> None:
    points = tuple((64 * (place % 9) - 256, 48 * (place * place % 11) - 240) for place in range(40))
    old = canonical_outline(Outline((Contour(points, (NodeKind.SMOOTH,) * 40),)))[0]
    moved = tuple((x + (place > 20) * 4, y) for place, (x, y) in enumerate(old.contours[0].points))
    new = canonical_outline(Outline((Contour(moved, (NodeKind.SMOOTH,) * 40),)))[0]
    adaptive = Adaptive()
    counter = CountingWriter(adaptive)
    section = NewOutlines(0)
    section.write(counter, adaptive, old, None)
    section.add(old)
    whole = counter.take()
    section.write(counter, adaptive, new, old)
    assert counter.take() < whole / 8


@given(st.lists(paints, max_size=12))
def test_paints(made: list[Paint]) -> None:
    def write(writer: Writer) -> None:
        memory = PaintMemory()
        for paint in made:
            write_paint(writer, memory, paint)
            memory.add(paint)

    def read(reader: RangeReader) -> list[Paint]:
        memory = PaintMemory()
        back: list[Paint] = []
        for _ in made:
            back.append(read_paint(reader, memory))
            memory.add(back[-1])
        return back

    assert through(write, read) == made


@given(st.lists(paints, min_size=2, max_size=12))
def test_paint_changes(made: list[Paint]) -> None:
    def write(writer: Writer) -> None:
        memory = PaintMemory()
        memory.add(made[0])
        for old, new in pairwise(made):
            write_paint_change(writer, memory, old, new)
            memory.add(new)

    def read(reader: RangeReader) -> list[Paint]:
        memory = PaintMemory()
        memory.add(made[0])
        back = [made[0]]
        for _ in made[1:]:
            back.append(read_paint_change(reader, memory, back[-1]))
            memory.add(back[-1])
        return back

    assert through(write, read) == made


@given(outlines(), st.integers(-999, 999), st.integers(-999, 999), colours)
def test_canonical_states_show_the_same(
    outline: Outline, x: int, y: int, colour: tuple[int, int, int]
) -> None:
    moved = Outline(
        tuple(
            Contour(tuple((a + x, b + y) for a, b in contour.points), contour.kinds, contour.closed)
            for contour in outline.contours
        ),
        outline.stroke_width,
    )
    state = canonical_state(ShapeState(moved, Solid(colour), Transform(5, 7)))
    assert is_canonical(state.outline)
    for before, after in zip(moved.contours, state.outline.contours, strict=True):
        for (ax, ay), (bx, by) in zip(before.points, after.points, strict=True):
            assert (ax + 5, ay + 7) == (bx + state.transform.dx, by + state.transform.dy)


def test_canonical_state_turns_the_shift() -> None:
    """A shift of (64, 0) in a shape turned by a quarter at double size goes down by 128 units."""
    box = Contour(((0, -16), (128, -16), (128, 16), (0, 16)), (NodeKind.CORNER,) * 4)
    state = canonical_state(ShapeState(Outline((box,)), Solid((0, 0, 0)), Transform(10, 20, 8192, 1024)))
    assert state.transform == Transform(10, 148, 8192, 1024)


def test_contexts_have_stable_addresses() -> None:
    """Names are unique; numbers follow from the layout's order without gaps."""
    assert len(BASE) == len(LAYOUT)
    assert sorted(BASE.values()) == list(BASE.values())
    assert list(BASE.values())[-1] + LAYOUT[-1][1] == COUNT
