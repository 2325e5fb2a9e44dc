# SPDX-License-Identifier: Apache-2.0
"""Writes films in packets, with repairs, for links that lose some.

The tokens go the way of all films first, into a scene's one memory, but nothing of that is written: it finds
what is new, names the shapes and keeps the prices. Packets are made of the same tokens, each from nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import BinaryIO, NamedTuple

from mtor_transcode.codec.accounts import book_coded
from mtor_transcode.codec.canonical import grid_of
from mtor_transcode.codec.container import SectionKind
from mtor_transcode.codec.film_writer import FilmWriter
from mtor_transcode.codec.fragments import fragments
from mtor_transcode.codec.packet_memory import BACKDROP, CAMERA, EDIT, ENTER, LEAVE, Change
from mtor_transcode.codec.packet_repeats import Repeats
from mtor_transcode.codec.packets import MAX_PACKETS, PacketBuilder, PacketPlain
from mtor_transcode.codec.rangecoder import RangeWriter
from mtor_transcode.codec.repair_syntax import Repair, Sent
from mtor_transcode.codec.resilience import LEVELS, Budget, shares
from mtor_transcode.codec.scene_memory import NOBODY, LiveShape
from mtor_transcode.codec.series import SeriesDictionary
from mtor_transcode.codec.texture_syntax import check_texture
from mtor_transcode.errors import UsageError
from mtor_transcode.model import (
    Background,
    CameraMove,
    Edit,
    Enter,
    FilmHeader,
    SceneStart,
    ShapeState,
    Span,
    Texture,
    Token,
)

_HIDDEN = (SectionKind.SCENE, SectionKind.DICT, SectionKind.SPAN)
"""Sections that a film in packets does not have."""

MOST_REPEATS = 24
"""Shapes that a packet may repeat."""

MOST_ALLOWED = 100.0
"""Bytes of repeats that packets may save up for a later one."""

HEAD_EVERY = 8
"""Every so many packets of a scene, and the first two, carry its head."""


_SECTION = 4
"""Bytes of a section beyond its payload, about."""


class _Told(NamedTuple):
    """A token as packets tell it, with the whole state and the outline's id that its shape then has."""

    change: Change
    state: ShapeState | None
    outline_id: int


class PacketFilmWriter(FilmWriter):
    """A ``FilmWriter`` of packets, for a level of ``resilience`` from 1 to 10."""

    def __init__(
        self,
        stream: BinaryIO,
        header: FilmHeader,
        series: SeriesDictionary | None = None,
        resilience: int = LEVELS,
    ) -> None:
        super().__init__(stream, header, series)
        self._budget = Budget(resilience)
        self._told: list[_Told] = []
        self._repeats = Repeats()
        self._shared = 0 if series is None else len(series.outlines)
        self._number = 0
        self._in_scene = 0
        self._next_new = self._next_shape = 0
        self._headless = False
        self._plain = 0
        self._allowed = 0.0

    def scene(self, head: SceneStart) -> None:
        """Begins a scene; it ends with the next one or the film."""
        self._end_scene()
        super().scene(head)
        self._headless = True
        self._in_scene = 0
        self._repeats = Repeats(self._shared)
        self._next_new, self._next_shape = self._outlines, 0

    def span(self, span: Span) -> None:
        """Appends a span to the current scene, as one packet or more."""
        super().span(span)
        told, self._told = self._told, []
        made = list(self._packets(span, told))
        plain, self._plain = self._plain, 0
        for (payload, fields, bits), share in zip(
            made, shares([len(p) for p, _, _ in made], plain), strict=True
        ):
            self._packet(payload, fields, bits, share)

    def _packets(self, span: Span, told: list[_Told]) -> Iterator[tuple[bytes, int, list[float]]]:
        """The packets of a span: payload, bytes of its plain fields, bits by kind."""
        builder = self._builder(span.start)
        done: list[_Told] = []
        for one in told:
            if not builder.fits(one.change):
                yield self._done(builder, one.change.at, done)
                builder, done = self._builder(one.change.at), []
            builder.add(one.change)
            done.append(one)
        yield self._done(builder, span.end, done)

    def snapshot(self, at: int, head: SceneStart, tokens: object) -> None:
        """Refuses: each packet can be entered at."""
        raise UsageError("a film in packets has no snapshots", remedy="ask for resilience or for refresh")

    def finish(self, duration: int) -> None:
        """Ends the film, which lasts ``duration`` ticks, with the index."""
        self._end_scene()
        self._index.dictionaries.clear()
        super().finish(duration)

    def _define_textures(self, textures: Sequence[Texture]) -> None:
        """Writes the textures that the film does not have yet, in fragments."""
        for texture in textures:
            check_texture(texture, self._header)
            payload = self._textures.add(texture)
            if payload is None:
                continue
            self._index.textures.append(self._sections.offset)
            for part in fragments(self._number, self._textures.count - 1, payload):
                self._write(SectionKind.FRAGMENT, part, "textures")
                self._count_packet()
                self._repair(self._budget.spend(Sent(part, fragment=True), _SECTION, len(part)))

    def _end_scene(self) -> None:
        """Writes the scene's last repairs, and a packet if it has none, so that its head is there."""
        if self._headless:
            start = self._current().head.start
            self.span(Span(start, start, ()))
        self._repair(self._budget.settle())

    def _writes(self, token: Token, shape: int, outline_id: int) -> None:
        live = self._current().memory.shapes.get(shape)
        new = outline_id != NOBODY and outline_id == self._current().memory.next_new
        change = _change(token, shape, outline_id, live, new)
        state = token.state if isinstance(token, Enter | Edit) else None
        self._told.append(_Told(change, state, outline_id))

    def _builder(self, start: int) -> PacketBuilder:
        head = self._current().head
        carried = head if self._in_scene < 2 or self._in_scene % HEAD_EVERY == 0 else None
        plain = PacketPlain(self._number, head.number, start, start, self._next_new, self._next_shape)
        builder = PacketBuilder(plain, carried, self._textures.names)
        for view in self._repeats.views(start):
            builder.add(view)
        before = builder.size
        for change in self._repeats.best(start, MOST_REPEATS):
            if builder.fits(change, before + self._allowed):
                builder.add(change)
                self._repeats.take(change, None, change.outline_id)
        self._allowed -= builder.size - before
        return builder

    def _done(self, builder: PacketBuilder, end: int, done: list[_Told]) -> tuple[bytes, int, list[float]]:
        """Ends a packet that tells what was ``done``."""
        payload, fields = builder.finish(end)
        for one in done:
            self._repeats.take(one.change, one.state, one.outline_id)
        self._allowed = min(self._allowed + self._budget.repeats * len(payload), MOST_ALLOWED)
        self._count_packet()
        self._in_scene += 1
        self._next_new, self._next_shape = builder.memory.next_new, builder.memory.next_shape
        return payload, fields, builder.bits

    def _count_packet(self) -> None:
        self._number += 1
        if self._number > MAX_PACKETS:
            raise UsageError(
                f"a film has more than {MAX_PACKETS} packets",
                remedy="cut it into parts, or leave out resilience",
            )

    def _packet(self, payload: bytes, fields: int, bits: list[float], plain: float) -> None:
        """Writes a packet, whose tokens would take ``plain`` bytes without packets, and perhaps a repair."""
        if self._headless:
            self._index.scenes[-1] = (self._current().head.start, self._sections.offset)
            self._headless = False
        frame = self._sections.write(SectionKind.PACKET, payload)
        self.bytes_by_kind["container"] += frame + fields
        book_coded(self.bytes_by_kind, len(payload) - fields, bits)
        self._repair(self._budget.spend(Sent(payload), frame, plain))

    def _repair(self, repairs: Iterable[Repair]) -> None:
        for repair in repairs:
            self._write(SectionKind.REPAIR, repair.write(), "container")

    def _write_coded(self, kind: SectionKind, plain: bytes, writer: RangeWriter, least: int = 0) -> int:
        if kind not in _HIDDEN:
            return super()._write_coded(kind, plain, writer, least)
        size = len(plain) + max(least, len(writer.finish()))
        self._plain += size + _SECTION
        return size


def film_writer(
    stream: BinaryIO, header: FilmHeader, series: SeriesDictionary | None = None, resilience: int = 0
) -> FilmWriter:
    """Returns a writer of films: in packets if ``resilience`` is above 0."""
    if resilience:
        return PacketFilmWriter(stream, header, series, resilience)
    return FilmWriter(stream, header, series)


def _change(token: Token, shape: int, outline_id: int, live: LiveShape | None, new: bool) -> Change:
    """A token as a packet has it; ``live`` is its shape before, ``new`` whether it defines its outline."""
    if isinstance(token, CameraMove):
        return Change(token.at, token.duration, CAMERA, camera=token.camera)
    if isinstance(token, Background):
        return Change(token.at, token.duration, BACKDROP, backdrop=token.paint)
    if not isinstance(token, Enter | Edit):
        return Change(token.at, token.duration, LEAVE, shape)
    state, old = token.state, live.state if live is not None and isinstance(token, Edit) else None
    reshaped = live is None or old is None or outline_id != live.outline_id
    return Change(
        token.at,
        token.duration,
        ENTER if old is None else EDIT,
        shape,
        outline_id if reshaped else NOBODY,
        state.outline if new and reshaped else None,
        grid_of(state.outline),
        state.transform if old is None or state.transform != old.transform else None,
        state.paint if old is None or state.paint != old.paint else None,
        state.opacity if old is None or state.opacity != old.opacity else None,
        token.under if isinstance(token, Enter) else 0,
    )
