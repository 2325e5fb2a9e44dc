# SPDX-License-Identifier: Apache-2.0
"""What passes over a source are given, and what they make."""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO

from mtor_transcode.analyze.boundaries.finding import SceneBoundary
from mtor_transcode.model import AudioInfo, AudioPacket, Subtitle, SubtitleInfo


@dataclass(frozen=True, slots=True)
class Take:
    """A scene to be coded, or a part of a long one: its number, how it begins, the tick at which it ends."""

    number: int
    boundary: SceneBoundary
    end: int


@dataclass(frozen=True, slots=True)
class Survey:
    """What the first pass learns: frames, the tick at which the film ends, where scenes begin.

    ``ticks`` are those of all frames; none if the source has places where decoding cannot begin.
    """

    frames: int
    end: int
    boundaries: tuple[SceneBoundary, ...]
    ticks: tuple[int, ...] = ()

    @property
    def takes(self) -> tuple[Take, ...]:
        """The scenes, whole."""
        starts = [SceneBoundary(0), *self.boundaries]
        ends = [*(boundary.start for boundary in self.boundaries), self.end]
        return tuple(Take(number, *each) for number, each in enumerate(zip(starts, ends, strict=True)))


@dataclass(frozen=True, slots=True)
class Tracks:
    """Sound and subtitles, coded once for all passes."""

    audio: AudioInfo | None
    packets: tuple[AudioPacket, ...]
    subtitles: tuple[SubtitleInfo, ...]
    lines: tuple[Subtitle, ...]


@dataclass(slots=True)
class Film:
    """A film that was made and may be thrown away: a temporary file and its account."""

    file: BinaryIO
    size: int
    bytes_by_kind: dict[str, int]

    def __enter__(self) -> Film:
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()
