# SPDX-License-Identifier: Apache-2.0
"""Decodes the sections of one scene, from the dictionary and themselves alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from mtor_transcode.codec.adaptive import Adaptive
from mtor_transcode.codec.container import Section, SectionKind, SectionReader
from mtor_transcode.codec.fields import Payload
from mtor_transcode.codec.limits import (
    MAX_LIVE_TEXTURES,
    MAX_SPAN_TEXTURES,
    MAX_SPAN_TOKENS,
    TOKENS_PER_BYTE,
)
from mtor_transcode.codec.rangecoder import RangeReader
from mtor_transcode.codec.scene_memory import SceneMemory
from mtor_transcode.codec.scene_syntax import (
    read_scene_head,
    read_scene_plain,
    read_snapshot_plain,
    read_span_duration,
    read_view,
)
from mtor_transcode.codec.state_syntax import Resolve
from mtor_transcode.codec.texture_syntax import NO_TEXTURES, BroughtTextures, TextureNames
from mtor_transcode.codec.token_syntax import read_token
from mtor_transcode.model import Background, CameraMove, SceneStart, Span, Token

_PEEK = 16

MakeReader = Callable[[bytes, Adaptive, str], RangeReader]
"""Makes a reader of entropy-coded data with these contexts; the string names the section in errors."""


@dataclass(frozen=True, slots=True)
class SceneEntry:
    """A scene of a file: its head, the tick at which it is over, its section, spans and snapshots.

    ``parts`` are the sections after the head, each with the ticks at which it starts and ends (equal for a
    snapshot).
    """

    head: SceneStart
    section: Section
    parts: list[tuple[Section, int, int]] = field(default_factory=list)

    @property
    def end(self) -> int:
        """The tick at which the scene is over."""
        return self.parts[-1][2] if self.parts else self.head.start


def read_entry(sections: SectionReader, section: Section) -> SceneEntry:
    """Returns the entry of a scene section, without parts."""
    payload = Payload(sections.payload(section), sections.where(section))
    plain = read_scene_plain(payload)
    reader = RangeReader(payload.rest(), Adaptive(), payload.where)
    return SceneEntry(read_scene_head(reader, plain), section)


def add_part(sections: SectionReader, entry: SceneEntry, section: Section) -> None:
    """Takes note of a span or a snapshot of the scene, without decoding it."""
    payload = Payload(sections.peek(section, _PEEK), sections.where(section))
    start = end = entry.end
    if section.kind == SectionKind.SPAN:
        end = start + read_span_duration(payload)
    elif entry.head.start + read_snapshot_plain(payload).after != start:
        raise payload.damaged("a snapshot is not where its scene has come to")
    entry.parts.append((section, start, end))


class SceneReader:
    """Decodes the parts of a scene one after the other."""

    def __init__(
        self,
        sections: SectionReader,
        entry: SceneEntry,
        resolve: Resolve,
        make: MakeReader = RangeReader,
        names: TextureNames = NO_TEXTURES,
    ) -> None:
        self._sections = sections
        self._entry = entry
        self._resolve = resolve
        self._make = make
        self._names = names
        self._enter_head()

    def _open(self, payload: Payload) -> RangeReader:
        return self._make(payload.rest(), self._adaptive, payload.where)

    def _payload(self, section: Section) -> Payload:
        return Payload(self._sections.payload(section), self._sections.where(section))

    def _enter_head(self) -> None:
        payload = self._payload(self._entry.section)
        plain = read_scene_plain(payload)
        self._adaptive = Adaptive()
        head = read_scene_head(self._open(payload), plain)
        self._memory = SceneMemory(head.background, head.camera, plain.next_new, head.start, self._names)

    def spans(self, from_tick: int | None = None) -> Iterator[Span]:
        """Yields the scene's spans, from the last snapshot at or before ``from_tick`` on if there is one.

        The snapshot's state comes first then, as a span of no duration that sets background, camera and
        shapes.
        """
        first = -1
        for number, (section, start, _) in enumerate(self._entry.parts):
            if from_tick is not None and start <= from_tick and section.kind == SectionKind.SNAPSHOT:
                first = number
        for number, (span, snapshot) in enumerate(self.parts(max(first, 0))):
            if not snapshot or (number == 0 and first >= 0):
                yield span

    def parts(self, first: int = 0) -> Iterator[tuple[Span, bool]]:
        """Yields spans and snapshots (True) from the one at place ``first`` on, in order."""
        for section, start, end in self._entry.parts[first:]:
            if section.kind == SectionKind.SNAPSHOT:
                yield self._snapshot(section, start), True
            else:
                yield self._span(section, start, end), False

    def _span(self, section: Section, start: int, end: int) -> Span:
        payload = self._payload(section)
        read_span_duration(payload)
        self._memory.begin_span(start)
        size = len(payload.data)
        return Span(start, end, self._tokens(self._open(payload), size, end))

    def _snapshot(self, section: Section, at: int) -> Span:
        payload = self._payload(section)
        plain = read_snapshot_plain(payload)
        size = len(payload.data)
        self._adaptive = Adaptive()
        reader = self._open(payload)
        background, camera = read_view(reader, self._names, at)
        self._memory = SceneMemory(background, camera, plain.next_new, at, self._names)
        self._memory.next_shape = plain.next_shape
        self._memory.explicit_ids = True
        tokens = self._tokens(reader, size, at)
        self._memory.explicit_ids = False
        return Span(at, at, (Background(at, 0, background), CameraMove(at, 0, camera), *tokens))

    def _tokens(self, reader: RangeReader, size: int, end: int) -> tuple[Token, ...]:
        most = min(MAX_SPAN_TOKENS, TOKENS_PER_BYTE * size)
        tokens: list[Token] = []
        brought = BroughtTextures()
        while (token := read_token(reader, self._memory, self._resolve)) is not None:
            if len(tokens) >= most:
                raise reader.damaged("a span has too many tokens")
            if token.at > end:
                raise reader.damaged("a token comes after the end of its span")
            brought.take(token)
            if brought.count > MAX_SPAN_TEXTURES or self._memory.textured > MAX_LIVE_TEXTURES:
                raise reader.damaged("a span has too many textures")
            tokens.append(token)
        return tuple(tokens)
