# SPDX-License-Identifier: Apache-2.0
"""When a film's bytes are needed: the load that it puts on a link.

Tokens count when they are due, the pictures of a texture when they appear, sound and text when they are heard
and seen, the container evenly (that of packets goes along with what they carry). So a viewer who is as far
ahead as a window is long never waits on a link that carries the largest rate over any such window.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mtor_transcode.codec import obu
from mtor_transcode.codec.costs import SceneCosts
from mtor_transcode.codec.series import SeriesDictionary
from mtor_transcode.codec.texture_syntax import paint_of
from mtor_transcode.model import AudioInfo, AudioPacket, FilmHeader, Span, Texture, TexturePaint
from mtor_transcode.render.film import Film

WINDOW = 4.0
"""Seconds over which a largest rate is told."""

NOBODY = -1
"""In place of the tick of a decision: no decision about pictures changes these bytes."""

_Load = tuple[float, int, float]
"""Seconds at which bytes are needed, tick of the token that brought them, bytes."""


class WrittenFilm(Film, Protocol):
    """A film whose bytes can be counted (``codec.FilmReader``)."""

    @property
    def series(self) -> SeriesDictionary | None:
        """The series dictionary that the film needs, if any."""

    @property
    def in_packets(self) -> bool:
        """Whether the film was made for links that lose packets."""


@dataclass(frozen=True, slots=True)
class Flow:
    """A film of ``seconds``: ``sizes`` (bytes, float64) that are needed at ``times`` (s, float64, rising).

    ``since`` (ticks, int64) are those of the tokens that brought them, or ``NOBODY``; ``evenly`` (bytes/s) is
    what comes all the time.
    """

    times: NDArray[np.float64]
    since: NDArray[np.int64]
    sizes: NDArray[np.float64]
    evenly: float
    seconds: float

    def windows(self, seconds: float, sizes: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
        """Bytes (float64) of the windows of so many seconds that begin at each of ``times``.

        ``sizes`` may be others than the film has. No window is longer than the film.
        """
        length = min(seconds, self.seconds)
        sums = np.concatenate(([0.0], np.cumsum(self.sizes if sizes is None else sizes)))
        ends = np.searchsorted(self.times, self.times + length, "left")
        return np.asarray(sums[ends] - sums[: len(self.times)] + self.evenly * length, np.float64)

    def most(self, seconds: float = WINDOW) -> tuple[float, float]:
        """The largest rate (kbit/s) over any so many seconds, and when (s) such a window begins."""
        if not len(self.times):
            return self.evenly * 8 / 1000, 0.0
        found = self.windows(seconds)
        worst = int(np.argmax(found))
        return float(found[worst]) * 8 / 1000 / min(seconds, self.seconds), float(self.times[worst])


def flow_of(film: WrittenFilm, size: int) -> Flow:
    """How the ``size`` bytes of a film come; it is read once, scene by scene."""
    seconds = max(float(film.duration * film.header.time_base), 1e-3)
    pictures = list(_pictures(film))
    sound = list(sound_load(film.header.audio, film.audio()))
    text = [(line.start / 1000, NOBODY, float(len(line.text.encode()))) for line in film.subtitles()]
    if film.in_packets:  # What packets and repairs add goes along with what they carry.
        rest = size - sum(part for _, _, part in (*sound, *text))
        share = rest / max(sum(part for _, _, part in pictures), 1.0)
        pictures = [(at, since, share * part) for at, since, part in pictures]
    return gathered([*pictures, *sound, *text], size, seconds)


def gathered(loads: list[_Load], size: int, seconds: float) -> Flow:
    """The flow of loads that are part of ``size`` bytes over so many seconds; the rest comes evenly."""
    loads.sort()
    times, since, sizes = zip(*loads, strict=True) if loads else ((), (), ())
    evenly = max(size - sum(sizes), 0.0) / seconds
    return Flow(np.array(times, np.float64), np.array(since, np.int64), np.array(sizes), evenly, seconds)


def sound_load(audio: AudioInfo | None, packets: Iterable[AudioPacket]) -> Iterator[_Load]:
    """The loads of a sound track."""
    if audio is not None:
        for packet in packets:
            yield max(packet.pts / audio.sample_rate, 0.0), NOBODY, float(len(packet.data))


def _pictures(film: WrittenFilm) -> Iterator[_Load]:
    ledger = SceneCosts(film.header, film.series)
    seen: set[Texture] = set()
    for entry in film.heads():
        ledger.begin(entry.head)
        for span in film.spans(entry.head.number):
            textures = 0.0
            for cost in ledger.spend(span):
                textures += cost.bytes.pop("textures", 0.0)
                yield float(cost.at * film.header.time_base), cost.at, sum(cost.bytes.values())
            if textures:
                yield from _textures(span, film.header, seen, textures)


def _textures(span: Span, header: FilmHeader, seen: set[Texture], size: float) -> Iterator[_Load]:
    """The loads of the textures that a span brings for the first time, together ``size`` bytes."""
    found: list[tuple[int, int, int]] = []
    for token in span.tokens:
        paint = paint_of(token)
        if isinstance(paint, TexturePaint) and paint.texture not in seen:
            seen.add(paint.texture)
            units = zip(paint.texture.times, obu.pictures(paint.texture.data), strict=True)
            found += [(max(paint.start + time, token.at), token.at, len(data)) for time, data in units]
    total = sum(size for _, _, size in found)
    for at, since, part in found:
        yield float(at * header.time_base), since, size * part / total
