# SPDX-License-Identifier: Apache-2.0
"""The scenes of a film that no manifest lists: found in the ids of its tokens.

A scene begins with the first token whose id begins ``scene_N_`` with another N, and ends where the next
begins; the last one ends two seconds after its last token has come to its end.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Final

from mtor_transcode.codec.limits import MAX_SPAN_TOKENS
from mtor_transcode.codec.rfc_json.acting import SceneReading, Warn
from mtor_transcode.codec.rfc_json.colours import from_rgb
from mtor_transcode.codec.rfc_json.cues import Cue
from mtor_transcode.codec.rfc_json.states import States
from mtor_transcode.errors import FormatError
from mtor_transcode.model import FilmHeader, SceneStart, Solid, Span, Token

HOLD_SECONDS: Final = 2
"""How long the last picture stays."""

WINDOW_SECONDS: Final = 10
"""Longest span."""


def discovered_scenes(
    cues: Iterator[Cue], header: FilmHeader, states: States, warn: Warn, where: str
) -> Iterator[SceneStart | Span]:
    """Heads and spans; scenes are numbered from 0 in order, on a white ground.

    ``where`` names the file of the tokens. Raises FormatError if time runs backwards or there is no token.
    """
    scene: _OpenScene | None = None
    number = 0
    name: int | None = None
    for cue in cues:
        if scene is not None and cue.at < scene.latest:
            raise FormatError(
                "its time is before that of the line above",
                where=cue.where,
                remedy="sort the lines by timestamp",
            )
        changes = cue.scene is not None and cue.scene != name
        if scene is None or (changes and name is not None):
            if scene is not None:
                yield from scene.close(cue.at, cue.where)
                number += 1
            scene = _OpenScene(number, cue.at, header, states, warn)
            yield scene.head
        if cue.scene is not None:
            name = cue.scene
        yield from scene.add(cue)
    if scene is None:
        raise FormatError("no tokens", where=where, remedy="write at least one video_event")
    yield from scene.close(scene.settled + _ticks(HOLD_SECONDS, header.time_base), where)


class _OpenScene:
    """A scene whose end is not known yet; its spans are given away as they fill."""

    def __init__(self, number: int, at: int, header: FilmHeader, states: States, warn: Warn) -> None:
        self.head = SceneStart(number, at, Solid(from_rgb((1, 1, 1), header.colour)))
        self.latest = at
        self.settled = at
        self._window = _ticks(WINDOW_SECONDS, header.time_base)
        self._start = at
        self._tokens: list[Token] = []
        self._reading = SceneReading(self.head, states, warn)

    def add(self, cue: Cue) -> Iterator[Span]:
        """Take a token; the spans that are full before it."""
        yield from self._spans_until(cue.at)
        self._tokens += self._reading.tokens(cue)
        if len(self._tokens) > MAX_SPAN_TOKENS:
            raise FormatError(
                f"more than {MAX_SPAN_TOKENS} changes within {WINDOW_SECONDS} seconds",
                where=cue.where,
                remedy="use fewer or simpler states",
            )
        self.latest = cue.at
        self.settled = max(self.settled, cue.at + cue.duration)

    def close(self, end: int, where: str) -> Iterator[Span]:
        """The spans that are left, up to ``end``."""
        if end <= self.latest and self._tokens:
            raise FormatError(
                "a scene begins at the time of the last token of the scene before it",
                where=where,
                remedy="give the new scene a later timestamp",
            )
        yield from self._spans_until(end)
        if end > self._start:
            yield Span(self._start, end, tuple(self._tokens))

    def _spans_until(self, at: int) -> Iterator[Span]:
        while at >= self._start + self._window:
            end = self._start + self._window
            yield Span(self._start, end, tuple(self._tokens))
            self._start = end
            self._tokens = []


def _ticks(seconds: int, time_base: Fraction) -> int:
    return max(1, round(seconds / time_base))
