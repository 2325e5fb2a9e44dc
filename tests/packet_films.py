# SPDX-License-Identifier: Apache-2.0
"""Films in packets for the tests, and packets lost as a test wants it."""

from __future__ import annotations

import io
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from memory_films import MemoryFilm

from mtor_transcode.codec.container import Section, SectionKind
from mtor_transcode.codec.film_reader import FilmReader
from mtor_transcode.codec.loss import Loss
from mtor_transcode.codec.packet_film_writer import PacketFilmWriter
from mtor_transcode.codec.series import SeriesDictionary, always

TRAVELS = (SectionKind.PACKET, SectionKind.FRAGMENT, SectionKind.REPAIR)


def write_packets(
    film: MemoryFilm, level: int = 10, series: SeriesDictionary | None = None
) -> tuple[bytes, PacketFilmWriter]:
    """The film's bytes in packets, and the writer after ``finish``."""
    stream = io.BytesIO()
    writer = PacketFilmWriter(stream, film.header, series, level)
    for scene in film.scenes:
        writer.scene(scene.head)
        for span in scene.spans:
            writer.span(span)
    writer.audio(film.packets)
    writer.subtitles(film.lines)
    writer.finish(film.duration)
    return stream.getvalue(), writer


@dataclass(frozen=True, slots=True)
class Without(Loss):
    """Loses the packets, fragments and repairs at these places in the file, all counted from 0."""

    places: Collection[int] = ()

    def arrived(self, sections: Sequence[Section]) -> list[Section]:
        travel = [section for section in sections if section.kind in TRAVELS]
        gone = [section for place, section in enumerate(travel) if place in self.places]
        return [section for section in sections if section not in gone]


def film_without(
    data: bytes, lost: Collection[int] = (), series: SeriesDictionary | None = None
) -> FilmReader:
    """Reads a film of which the packets at these places are lost."""
    return FilmReader(io.BytesIO(data), "film.mtor", always(series), Without(0.0, 0, lost))


def kinds_of(data: bytes) -> list[int]:
    """The kinds of a film's packets and repairs, in order."""
    sections = FilmReader(io.BytesIO(data))._all
    return [section.kind for section in sections if section.kind in TRAVELS]
