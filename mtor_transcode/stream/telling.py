# SPDX-License-Identifier: Apache-2.0
"""A scene as RFC JSON for the socket: events, each with the vectors that it is the first to name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import BinaryIO, Final, cast

import msgspec

from mtor_transcode.codec.film_reader import FilmReader
from mtor_transcode.codec.rfc_json.dictionary_writer import DictionaryWriter
from mtor_transcode.codec.rfc_json.export import scene_out
from mtor_transcode.codec.rfc_json.telling import SceneTelling
from mtor_transcode.codec.series import FindSeries
from mtor_transcode.model import Token

_ENCODER: Final = msgspec.json.Encoder()
_REFERENCE: Final = re.compile(rb'"ref":"([^"]+)"')


@dataclass(frozen=True, slots=True)
class ToldEvent:
    """A ``video_event``: its text, its tick, the ids of its vectors, and when another one makes it needless.

    ``until`` is the tick of the next event of the same shape, camera or background; None if there is none.
    """

    text: str
    at: int
    vectors: tuple[str, ...]
    until: int | None


@dataclass(frozen=True, slots=True)
class ToldScene:
    """A scene's head, its events in order, its vectors (texts) by id, and the outlines they refer to."""

    head: str
    events: tuple[ToldEvent, ...]
    vectors: dict[str, str]
    refers: dict[str, tuple[str, ...]]

    def wanted(self, ids: Iterable[str], known: set[str]) -> list[str]:
        """The vectors among ``ids`` that are not ``known``, each after the outlines that it refers to."""
        found: list[str] = []
        for entry in ids:
            for needed in (*self.refers.get(entry, ()), entry):
                if needed in self.vectors and needed not in known and needed not in found:
                    found.append(needed)
        return found


@dataclass
class _Entries:
    """Takes what a dictionary writer writes, entry by entry."""

    texts: dict[str, str] = field(default_factory=dict)
    refers: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def write(self, data: bytes) -> int:
        """An entry with its id in front, or a bracket."""
        name, colon, entry = data.removeprefix(b",\n").partition(b'":')
        if colon:
            key = name.lstrip(b'"').decode()
            self.texts[key] = f'{{"type":"vector","id":"{key}","vector":{entry.decode()}}}'
            self.refers[key] = tuple(each.decode() for each in _REFERENCE.findall(entry))
        return len(data)


def tell_scene(stream: BinaryIO, name: str, find_series: FindSeries, number: int) -> ToldScene:
    """The scene of that number in a film, as far as it is there. Raises FormatError."""
    reader = FilmReader(stream, name, find_series)
    head = next(entry.head for entry in reader.heads() if entry.head.number == number)
    entries = _Entries()
    telling = SceneTelling(head, reader.header, DictionaryWriter(cast(BinaryIO, entries), f"s{number}_"))
    spans: list[tuple[int, int]] = []
    events: list[tuple[Token, str, tuple[str, ...]]] = []
    for span in reader.spans(number):
        spans.append((span.start, span.end))
        for token in span.tokens:
            event = telling.event(token, span.end)
            ids = (event.parameters.start_vector, event.parameters.end_vector)
            events.append((token, _ENCODER.encode(event).decode(), ids))
    told = f'{{"type":"scene","scene":{_ENCODER.encode(scene_out(head, spans)).decode()}}}'
    return ToldScene(told, tuple(_dated(events)), entries.texts, entries.refers)


def _dated(events: list[tuple[Token, str, tuple[str, ...]]]) -> list[ToldEvent]:
    """The events with the times at which others take their place."""
    later: dict[object, int] = {}
    found: list[ToldEvent] = []
    for token, text, ids in reversed(events):
        who = getattr(token, "shape", type(token).__name__)
        found.append(ToldEvent(text, token.at, tuple(dict.fromkeys(ids)), later.get(who)))
        later[who] = token.at
    return found[::-1]


@dataclass
class Recital:
    """What a viewer is told of a scene's events: vectors at first use, and no change that is past.

    An ``edit`` is left out if another one of its shape has begun already at the viewer's place.
    """

    place: Callable[[], float]
    known: set[str] = field(default_factory=set)
    dropped: int = 0

    def due(self, scene: ToldScene, event: ToldEvent) -> list[str]:
        """The messages for an event; none if it is late."""
        if event.until is not None and event.until <= self.place() and '"kind":"edit"' in event.text:
            self.dropped += 1
            return []
        names = scene.wanted(event.vectors, self.known)
        self.known.update(names)
        return [*(scene.vectors[name] for name in names), event.text]
