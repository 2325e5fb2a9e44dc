# SPDX-License-Identifier: Apache-2.0
"""Films that are never kept: they show and take what the true film would."""

from __future__ import annotations

import io
from dataclasses import replace

from analyze_films import PALE, RED
from render_film import box, header, state

from mtor_transcode.analyze.rate.rehearsal import rehearsed
from mtor_transcode.codec.film_reader import FilmReader
from mtor_transcode.codec.film_writer import FilmWriter
from mtor_transcode.model import Edit, Enter, Leave, SceneStart, Solid, Span, Token, Transform
from mtor_transcode.render.frames import FrameRenderer

SMALL, LARGE = box(6, 4), box(12, 9)
HEAD = SceneStart(0, 0, Solid((60, 128, 128)))


def tokens(first: int) -> tuple[Token, ...]:
    """A shape that enters and moves, one that comes and goes; numbers as an encoder has them, with gaps."""
    one, other = state(SMALL, 20, 16, Solid(RED)), state(LARGE, 40, 30, Solid(PALE))
    moved = replace(one, transform=Transform(16 * 44, 16 * 28))
    return (
        Enter(0, first, one),
        Enter(0, first + 7, other),
        Edit(2, 6, first, moved),
        Leave(8, first + 7),
    )


def test_a_rehearsal_is_the_film() -> None:
    """Frame by frame what a reader shows of the bytes, and as many; outlines that are known are free."""
    plain = header(72, 56)
    span = Span(0, 12, tokens(3))
    stream = io.BytesIO()
    writer = FilmWriter(stream, plain)
    film, size = rehearsed(writer, plain, HEAD, span)
    writer.scene(HEAD)
    writer.span(span)
    writer.finish(12)
    truth = FilmReader(stream)
    assert size == len(stream.getvalue()) - writer.bytes_by_kind["container"]
    seen, wanted = FrameRenderer(film), FrameRenderer(truth)
    for tick in range(14):
        assert (seen.frame(tick) == wanted.frame(tick)).all()
    assert (seen.frame(0) != seen.frame(7)).any()
    assert (seen.frame(7) != seen.frame(11)).any()
    _, again = rehearsed(writer, plain, HEAD, span)
    assert again < size
