# SPDX-License-Identifier: Apache-2.0
"""Films in memory, for all tests: read and written with the interfaces of FilmReader and FilmWriter."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from mtor_transcode.codec.film_writer import FilmWriter
from mtor_transcode.codec.series import SeriesDictionary
from mtor_transcode.model import AudioPacket, FilmHeader, Scene, SceneStart, Span, Subtitle


@dataclass(frozen=True)
class MemoryEntry:
    """A scene in a table."""

    head: SceneStart
    end: int


@dataclass
class MemoryFilm:
    """All that a file holds; ``decoded`` tells the starts of the spans that were read.

    ``duration`` (ticks) is the end of the last scene unless it is given.
    ``audio`` and ``subtitles`` read if they are given nothing, as a reader's do, and else write.
    """

    header: FilmHeader
    scenes: list[Scene] = field(default_factory=list)
    packets: Sequence[AudioPacket] = ()
    lines: Sequence[Subtitle] = ()
    duration: int = -1
    decoded: list[int] = field(default_factory=list, compare=False)

    def __post_init__(self) -> None:
        self.packets, self.lines = list(self.packets), list(self.lines)
        if self.duration < 0:
            self.duration = self.scenes[-1].end if self.scenes else 0

    def scene(self, head: SceneStart) -> None:
        self.scenes.append(Scene(head, ()))

    def span(self, span: Span) -> None:
        self.scenes[-1] = Scene(self.scenes[-1].head, (*self.scenes[-1].spans, span))

    def audio(self, packets: Sequence[AudioPacket] = ()) -> Iterator[AudioPacket]:
        self.packets += packets
        return iter(self.packets)

    def subtitles(self, lines: Sequence[Subtitle] = ()) -> Iterator[Subtitle]:
        self.lines += lines
        return iter(self.lines)

    def finish(self, duration: int) -> None:
        self.duration = duration

    def heads(self) -> list[MemoryEntry]:
        return [MemoryEntry(scene.head, scene.end) for scene in self.scenes]

    def spans(self, number: int, from_tick: int | None = None) -> Iterator[Span]:
        (scene,) = (scene for scene in self.scenes if scene.head.number == number)
        for span in scene.spans:
            self.decoded.append(span.start)
            yield span


def write_film(film: MemoryFilm, series: SeriesDictionary | None = None) -> tuple[bytes, FilmWriter]:
    """The film's bytes, and the writer after ``finish``."""
    stream = io.BytesIO()
    writer = FilmWriter(stream, film.header, series)
    for scene in film.scenes:
        writer.scene(scene.head)
        for span in scene.spans:
            writer.span(span)
    writer.audio(film.packets)
    writer.subtitles(film.lines)
    writer.finish(film.duration)
    return stream.getvalue(), writer
