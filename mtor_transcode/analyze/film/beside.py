# SPDX-License-Identifier: Apache-2.0
"""What a film has beside its pictures: its header, sound and text written between the spans."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from mtor_transcode.analyze.film.film_parts import Tracks
from mtor_transcode.codec.film_writer import FilmWriter
from mtor_transcode.codec.series import SeriesDictionary
from mtor_transcode.ingest.info import SourceInfo
from mtor_transcode.model import AudioPacket, FilmHeader, Subtitle


def header_of(info: SourceInfo, tracks: Tracks, series: SeriesDictionary | None) -> FilmHeader:
    """The header of a film of a source."""
    return FilmHeader(
        info.width,
        info.height,
        info.time_base,
        info.frame_rate,
        info.pixel_aspect,
        info.colour,
        tracks.audio,
        tracks.subtitles,
        b"" if series is None else series.digest,
    )


class Beside:
    """Writes sound and text to ``writer`` as far as the film has come."""

    def __init__(self, writer: FilmWriter, tracks: Tracks, time_base: Fraction) -> None:
        self._writer = writer
        self._time_base = time_base
        self._audio = tracks.audio
        self._packets = list(tracks.packets)
        self._lines = list(tracks.lines)

    def add(self, packets: Iterable[AudioPacket], lines: Iterable[Subtitle]) -> None:
        """More sound and text, behind what is there."""
        self._packets += packets
        self._lines += lines

    def up_to(self, end: int | None) -> None:
        """Write what begins before tick ``end`` (None: all that is left)."""
        self._sound(end)
        self._text(end)

    def _sound(self, end: int | None) -> None:
        if self._audio is None or not self._packets:
            return
        count = len(self._packets)
        if end is not None:
            limit = end * self._time_base * self._audio.sample_rate
            count = next((i for i, packet in enumerate(self._packets) if packet.pts >= limit), count)
        chosen = self._packets[:count]
        del self._packets[:count]
        if chosen:
            self._writer.audio(chosen)

    def _text(self, end: int | None) -> None:
        count = len(self._lines)
        if end is not None:
            limit = end * self._time_base * 1000
            count = next((i for i, line in enumerate(self._lines) if line.start >= limit), count)
        chosen = self._lines[:count]
        del self._lines[:count]
        if chosen:
            self._writer.subtitles(chosen)
