# SPDX-License-Identifier: Apache-2.0
"""Films that are never kept: what a stretch of a scene would take and show if it were written now."""

from __future__ import annotations

import io
from dataclasses import replace

from mtor_transcode.codec.film_reader import FilmReader
from mtor_transcode.codec.film_writer import FilmWriter
from mtor_transcode.codec.price import Pricer
from mtor_transcode.codec.series import SeriesDictionary, always
from mtor_transcode.model import FilmHeader, SceneStart, Span


def rehearsed(writer: FilmWriter, header: FilmHeader, head: SceneStart, span: Span) -> tuple[FilmReader, int]:
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
    size = stream.tell() - rehearsal.bytes_by_kind["container"]
    return FilmReader(stream, find_series=always(known)), size


def first_prices(header: FilmHeader, series: SeriesDictionary | None, head: SceneStart) -> Pricer:
    """Prices for a scene whose head cannot be written yet: its softness comes from its first state."""
    rehearsal = FilmWriter(io.BytesIO(), header, series)
    rehearsal.scene(head)
    return rehearsal.pricer()
