# SPDX-License-Identifier: Apache-2.0
"""What the JSON code needs of a film to read and of a film to write: a part of FilmReader and FilmWriter."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from mtor_transcode.model import AudioPacket, FilmHeader, SceneStart, Span, Subtitle


class SceneListed(Protocol):
    """A scene as a film lists it."""

    @property
    def head(self) -> SceneStart:
        """Its head."""


class FilmSource(Protocol):
    """A film to read, such as ``codec.film_reader.FilmReader``."""

    @property
    def header(self) -> FilmHeader:
        """What holds for the whole film."""

    @property
    def duration(self) -> int:
        """Ticks."""

    def heads(self) -> Sequence[SceneListed]:
        """All scenes in order."""

    def spans(self, number: int) -> Iterator[Span]:
        """The spans of the scene of that number, in order."""

    def audio(self) -> Iterator[AudioPacket]:
        """The packets of sound in order."""

    def subtitles(self) -> Iterator[Subtitle]:
        """The lines of text in order."""


class FilmSink(Protocol):
    """A film to write, such as ``codec.film_writer.FilmWriter``."""

    def scene(self, head: SceneStart) -> object:
        """Begin a scene."""

    def span(self, span: Span) -> object:
        """Go on with the scene."""

    def audio(self, packets: Sequence[AudioPacket]) -> object:
        """Add packets of sound."""

    def subtitles(self, lines: Sequence[Subtitle]) -> object:
        """Add lines of text."""

    def finish(self, duration: int) -> object:
        """End the film."""


Headed = Iterable[SceneStart | Span]
"""A film's scenes as one stream: a head, its spans, the next head, ..."""
