# SPDX-License-Identifier: Apache-2.0
"""Films that are never kept: what a stretch of a scene would take and show if it were written now."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from mtor_transcode.codec.film_writer import FilmWriter
from mtor_transcode.codec.price import Pricer
from mtor_transcode.codec.series import SeriesDictionary
from mtor_transcode.model import AudioPacket, FilmHeader, SceneStart, Span, Subtitle


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A film (see ``render.film``) of one span of a scene, and that scene's entry.

    It shows what a reader would find: what is written is read back as it was, but for shapes' numbers.
    """

    header: FilmHeader
    head: SceneStart
    span: Span

    @property
    def end(self) -> int:
        """The tick at which the scene is over."""
        return self.span.end

    @property
    def duration(self) -> int:
        """The tick at which the film is over."""
        return self.span.end

    def heads(self) -> Sequence[Rehearsal]:
        """The scene."""
        return (self,)

    def spans(self, number: int, from_tick: int | None = None) -> Iterator[Span]:
        """The span."""
        return iter((self.span,))

    def audio(self) -> Iterator[AudioPacket]:
        """Nothing."""
        return iter(())

    def subtitles(self) -> Iterator[Subtitle]:
        """Nothing."""
        return iter(())


def rehearsed(writer: FilmWriter, header: FilmHeader, head: SceneStart, span: Span) -> tuple[Rehearsal, int]:
    """A film of one span of a scene, and the bytes of it that are not container.

    The outlines that the true film (``writer``) holds already count as those of a series.
    """
    known = SeriesDictionary(tuple(writer.known_outlines()), b"")
    plain = replace(header, audio=None, subtitles=(), dictionary=known.digest)
    stream = io.BytesIO()
    rehearsal = FilmWriter(stream, plain, known)
    rehearsal.scene(head)
    rehearsal.span(span)
    rehearsal.finish(span.end)
    return Rehearsal(plain, head, span), stream.tell() - rehearsal.bytes_by_kind["container"]


def first_prices(header: FilmHeader, series: SeriesDictionary | None, head: SceneStart) -> Pricer:
    """Prices for a scene whose head cannot be written yet: its softness comes from its first state."""
    rehearsal = FilmWriter(io.BytesIO(), header, series)
    rehearsal.scene(head)
    return rehearsal.pricer()
