# SPDX-License-Identifier: Apache-2.0
"""Sound and subtitles from their ``.jsonl`` files to a film, put before the spans in which they begin.

The encoder writes sound the same way, so that a film comes back from JSON byte by byte.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Generic, TypeVar

from mtor_transcode.codec.rfc_json import types
from mtor_transcode.codec.rfc_json.files import AUDIO, SUBTITLES, read_lines
from mtor_transcode.codec.rfc_json.ports import FilmSink
from mtor_transcode.codec.rfc_json.strict import plain_text
from mtor_transcode.errors import FormatError
from mtor_transcode.model import AudioInfo, AudioPacket, FilmHeader, Subtitle, SubtitleInfo

T = TypeVar("T")


def sound_out(info: AudioInfo) -> types.Sound:
    """A sound track for the manifest."""
    return types.Sound(
        codec=info.codec,
        sample_rate=info.sample_rate,
        channels=info.channels,
        language=info.language,
        setup=info.setup,
        priming=info.priming,
    )


def sound_in(sound: types.Sound) -> AudioInfo:
    """A sound track of the manifest."""
    return AudioInfo(
        sound.codec, sound.sample_rate, sound.channels, sound.language, sound.setup, sound.priming
    )


def tracks_in(tracks: list[types.SubtitleTrack]) -> tuple[SubtitleInfo, ...]:
    """The subtitle tracks of the manifest."""
    return tuple(SubtitleInfo(track.language) for track in tracks)


class Companions:
    """Sound and subtitles of a folder, handed to a film as its pictures reach their times."""

    def __init__(self, folder: Path, header: FilmHeader) -> None:
        self._time_base = header.time_base
        self._rate = header.audio.sample_rate if header.audio else 1
        self._packets = _Queue(_packets(folder) if header.audio else iter(()))
        self._lines = _Queue(_lines(folder, len(header.subtitles)) if header.subtitles else iter(()))

    def until(self, tick: int | None, film: FilmSink) -> None:
        """Hand over what begins before ``tick`` (all that is left if None)."""
        seconds = None if tick is None else tick * self._time_base
        packets = self._packets.take(
            lambda packet: seconds is None or Fraction(packet.pts, self._rate) < seconds
        )
        lines = self._lines.take(lambda line: seconds is None or Fraction(line.start, 1000) < seconds)
        if packets:
            film.audio(packets)
        if lines:
            film.subtitles(lines)


class _Queue(Generic[T]):
    """Items in order, the first in sight."""

    def __init__(self, items: Iterator[T]) -> None:
        self._items = items
        self._first = next(items, None)

    def take(self, wanted: Callable[[T], bool]) -> list[T]:
        """The items up to the first that is not wanted."""
        taken = []
        while self._first is not None and wanted(self._first):
            taken.append(self._first)
            self._first = next(self._items, None)
        return taken


def _packets(folder: Path) -> Iterator[AudioPacket]:
    for _, packet in read_lines(folder / AUDIO, types.Packet, "packet.schema.json"):
        yield AudioPacket(packet.pts, packet.duration, packet.data)


def _lines(folder: Path, tracks: int) -> Iterator[Subtitle]:
    path = folder / SUBTITLES
    for number, line in read_lines(path, types.SubtitleLine, "subtitle.schema.json"):
        where = f"{path} line {number}"
        if line.track >= tracks or line.end_ms < line.start_ms:
            raise FormatError(
                f"track {line.track}, {line.start_ms} to {line.end_ms} ms does not fit",
                where=where,
                remedy=f"the manifest has {tracks} tracks; a line ends after it starts",
            )
        yield Subtitle(line.track, line.start_ms, line.end_ms, plain_text(line.text, where))
