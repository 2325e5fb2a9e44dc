# SPDX-License-Identifier: Apache-2.0
"""What rendering needs of a film; ``codec.FilmReader`` has it, and so may others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from mtor_transcode.model import AudioPacket, FilmHeader, SceneStart, Span, Subtitle


class SceneEntry(Protocol):
    """A scene in a film's table: its head, and the tick at which it is over."""

    @property
    def head(self) -> SceneStart:
        """How it begins."""

    @property
    def end(self) -> int:
        """The tick after its last."""


class Film(Protocol):
    """A film that can be entered at any scene. ``duration`` is in ticks."""

    @property
    def header(self) -> FilmHeader:
        """What holds for the whole film."""

    @property
    def duration(self) -> int:
        """The tick at which the film is over."""

    def heads(self) -> Sequence[SceneEntry]:
        """All scenes in the order of time."""

    def spans(self, number: int, from_tick: int | None = None) -> Iterator[Span]:
        """The spans of a scene, from its start, or from the last place before ``from_tick`` to enter it."""

    def audio(self) -> Iterator[AudioPacket]:
        """The packets of the sound track in the order of time."""

    def subtitles(self) -> Iterator[Subtitle]:
        """The lines of all tracks of subtitles in the order of time."""
