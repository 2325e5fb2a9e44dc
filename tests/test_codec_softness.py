# SPDX-License-Identifier: Apache-2.0
"""The softness of a scene in its head: range, price, and that snapshots leave it alone."""

from __future__ import annotations

import io
from fractions import Fraction

import pytest

from mtor_transcode.codec import film_writer
from mtor_transcode.codec.adaptive import Adaptive
from mtor_transcode.codec.film_reader import FilmReader
from mtor_transcode.codec.film_writer import FilmWriter
from mtor_transcode.codec.scene_syntax import write_scene_head
from mtor_transcode.codec.writers import CountingWriter
from mtor_transcode.errors import FormatError, UsageError
from mtor_transcode.model import FilmHeader, SceneStart, Solid, Span

HEADER = FilmHeader(320, 180, Fraction(1, 30), Fraction(30))
BLACK = Solid((16, 128, 128))


def written(softness: int) -> io.BytesIO:
    stream = io.BytesIO()
    writer = FilmWriter(stream, HEADER)
    writer.scene(SceneStart(0, 0, BLACK, softness=softness))
    writer.span(Span(0, 9, ()))
    writer.snapshot(9, SceneStart(0, 9, BLACK), [])
    writer.span(Span(9, 20, ()))
    writer.finish(20)
    return stream


@pytest.mark.parametrize("softness", range(64))
def test_every_softness_comes_back_and_a_snapshot_leaves_it(softness: int) -> None:
    reader = FilmReader(written(softness))
    assert reader.heads()[0].head == SceneStart(0, 0, BLACK, softness=softness)
    assert [span.start for span in reader.spans(0, 12)] == [9, 9]


@pytest.mark.parametrize("softness", [-1, 64, 1.5])
def test_no_other_softness_is_written(softness: int) -> None:
    with pytest.raises(UsageError, match=r"softness|int"):
        FilmWriter(io.BytesIO(), HEADER).scene(SceneStart(0, 0, BLACK, softness=softness))


def test_no_other_softness_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(film_writer, "check_scene_start", lambda head: None)
    with pytest.raises(FormatError, match="softness 64"):
        FilmReader(written(64))


def test_a_sharp_scene_pays_one_bin() -> None:
    def bits(softness: int) -> float:
        writer = CountingWriter(Adaptive())
        write_scene_head(writer, SceneStart(0, 0, BLACK, softness=softness))
        return writer.bits

    assert 1 < bits(1) - bits(0) < 8
    assert bits(63) - bits(0) < 20
