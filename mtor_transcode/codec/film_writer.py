# SPDX-License-Identifier: Apache-2.0
"""Writes films: sections as they come, to a stream that need not seek."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import BinaryIO

from mtor_transcode.codec.accounts import book_coded, new_accounts
from mtor_transcode.codec.adaptive import Adaptive
from mtor_transcode.codec.checks import check_outline, check_scene_start, check_span
from mtor_transcode.codec.container import MAGIC, TRAILER_BYTES, SectionKind, SectionWriter
from mtor_transcode.codec.dictionary import KnownOutlines, NewOutlines
from mtor_transcode.codec.fields import varint
from mtor_transcode.codec.header_syntax import write_header
from mtor_transcode.codec.index_syntax import Index
from mtor_transcode.codec.limits import (
    MAX_LIVE,
    MAX_LIVE_TEXTURES,
    MAX_SECTION,
    MAX_SECTION_NODES,
    MAX_SECTION_OUTLINES,
    MAX_SECTION_PACKETS,
    NODES_PER_BYTE,
    TOKENS_PER_BYTE,
)
from mtor_transcode.codec.price import Pricer
from mtor_transcode.codec.rangecoder import RangeWriter
from mtor_transcode.codec.scene_memory import NOBODY, SceneMemory, outline_of
from mtor_transcode.codec.scene_syntax import ScenePlain, SnapshotPlain, write_scene_head, write_view
from mtor_transcode.codec.series import SeriesDictionary
from mtor_transcode.codec.shape_names import ShapeNames
from mtor_transcode.codec.sound_syntax import write_sound
from mtor_transcode.codec.subtitle_syntax import write_subtitles
from mtor_transcode.codec.texture_syntax import TextureNames, check_texture, check_texture_start
from mtor_transcode.codec.textures import KnownTextures, textures_of
from mtor_transcode.codec.token_syntax import write_end, write_token
from mtor_transcode.errors import UsageError
from mtor_transcode.model import (
    AudioPacket,
    Edit,
    Enter,
    FilmHeader,
    Outline,
    SceneStart,
    Span,
    Subtitle,
    Texture,
    TexturePaint,
    Token,
)

_SOUND_BYTES = 1 << 20
_LINES = 256


class _OpenScene:
    """The scene that is being written: its contexts, its memory, its shapes' names, how far it has come."""

    def __init__(self, head: SceneStart, next_new: int, textures: TextureNames) -> None:
        self.head = head
        self.adaptive = Adaptive()
        self.memory = SceneMemory(head.background, head.camera, next_new, head.start, textures)
        self.names = ShapeNames()
        self.end = head.start

    def outlines(self) -> dict[int, Outline]:
        """Returns the outlines of the live shapes by the model's id."""
        shapes = self.memory.shapes
        return {
            name: shapes[coded].state.outline for name, coded in self.names.live().items() if coded in shapes
        }


class FilmWriter:
    """Writes a film to ``stream``, which is appended to and not closed.

    ``bytes_by_kind`` says where the bytes went (``accounts.KINDS``); after ``finish`` they sum to the file's
    length. ``series`` is the dictionary that ``header`` names, if it names one. Methods raise UsageError for
    what the format cannot hold and OutputError if the stream fails; after either the writer is of no more
    use. The same calls give the same bytes.
    """

    def __init__(self, stream: BinaryIO, header: FilmHeader, series: SeriesDictionary | None = None) -> None:
        payload = write_header(header)
        if header.dictionary != (b"" if series is None else series.digest):
            raise UsageError("the film's header names another dictionary")
        shared = () if series is None else series.outlines
        self._sections = SectionWriter(stream)
        self._header = header
        self._known = KnownOutlines(shared)
        self._textures = KnownTextures()
        self._outlines = len(shared)
        self._index = Index()
        self._scene: _OpenScene | None = None
        self._finished = False
        self.bytes_by_kind = new_accounts()
        self.bytes_by_kind["container"] = len(MAGIC) + 1
        self._write(SectionKind.HEADER, payload, "container")

    def scene(self, head: SceneStart) -> None:
        """Begins a scene; it ends with the next one or the film."""
        self._check_open()
        check_scene_start(head)
        if self._scene is not None and head.start < self._scene.end:
            raise UsageError(f"scene {head.number} starts at tick {head.start}, before {self._scene.end}")
        if self._scene is not None and head.number <= self._scene.head.number:
            raise UsageError(f"scene {head.number} comes after scene {self._scene.head.number}")
        scene = _OpenScene(head, self._outlines, self._textures.names)
        self._scene = scene
        self._index.add_scene(head.start, self._sections.offset)
        plain = ScenePlain(head.number, head.start, self._outlines).write()
        writer = RangeWriter(scene.adaptive)
        write_scene_head(writer, head)
        self._write_coded(SectionKind.SCENE, plain, writer)

    def span(self, span: Span) -> None:
        """Appends a span to the current scene, with a dictionary section first if it has new outlines."""
        scene = self._current()
        check_span(span, scene.end)
        scene.memory.begin_span(span.start)
        scene.names.forget(span.start)
        self._define_textures(textures_of(span.tokens))
        self._tokens(
            scene, SectionKind.SPAN, varint(span.end - span.start), span.tokens, scene.names.coded, None
        )
        scene.end = span.end

    def known_outlines(self) -> list[Outline]:
        """Returns the outlines that a token can name for a few bits: of its series, and those last used."""
        return self._known.all()

    def pricer(self) -> Pricer:
        """Returns prices for the next span of the current scene."""
        scene = self._current()
        return Pricer(scene.adaptive, scene.memory, scene.names, self._known, scene.end)

    def snapshot(self, at: int, head: SceneStart, tokens: Sequence[Token]) -> None:
        """Writes the whole state at the end of the last span, so that a reader can enter the scene there.

        ``head`` has the background and camera at ``at``; ``tokens`` start with an ``Enter`` for each visible
        shape, in painter's order, and may go on with what ends the transitions under way.
        """
        scene = self._current()
        if at != scene.end:
            raise UsageError(f"a snapshot at tick {at} cannot follow a span that ends at {scene.end}")
        check_span(Span(at, at, tuple(tokens)), at)
        if isinstance(head.background, TexturePaint):
            check_texture_start(head.background, at)
        self._define_textures([*_texture_of(head), *textures_of(tokens)])
        scene.adaptive = Adaptive()
        scene.memory = SceneMemory(head.background, head.camera, self._outlines, at, self._textures.names)
        scene.memory.next_shape = scene.names.next
        scene.memory.explicit_ids = True
        plain = SnapshotPlain(at - scene.head.start, self._outlines, scene.names.next).write()

        def coded(token: Token) -> int:
            shape = getattr(token, "shape", None)
            return NOBODY if shape is None else scene.names.visible(shape, at)

        self._tokens(scene, SectionKind.SNAPSHOT, plain, tokens, coded, head)
        scene.memory.explicit_ids = False
        if set(scene.memory.shapes) != set(scene.names.live().values()):
            raise UsageError(f"the snapshot at tick {at} does not hold exactly the live shapes")

    def audio(self, packets: Sequence[AudioPacket]) -> None:
        """Writes packets of sound, in order; a section for each call (more only if there are very many)."""
        self._check_open()
        if packets and self._header.audio is None:
            raise UsageError("the film's header has no sound track")
        batch: list[AudioPacket] = []
        size = 0
        for packet in packets:
            if batch and (len(batch) == MAX_SECTION_PACKETS or size + len(packet.data) > _SOUND_BYTES):
                self._write_sound(batch)
                batch, size = [], 0
            batch.append(packet)
            size += len(packet.data)
        if batch:
            self._write_sound(batch)

    def subtitles(self, lines: Sequence[Subtitle]) -> None:
        """Writes lines of text; a section for each call (more only if there are very many)."""
        self._check_open()
        for line in lines:
            if not 0 <= line.track < len(self._header.subtitles):
                raise UsageError(f"the film's header has no subtitle track {line.track}")
        for start in range(0, len(lines), _LINES):
            payload = write_subtitles(lines[start : start + _LINES])
            self._write(SectionKind.SUBTITLES, payload, "subtitles")

    def finish(self, duration: int) -> None:
        """Ends the film, which lasts ``duration`` ticks, with the index."""
        self._check_open()
        if self._scene is not None and duration < self._scene.end:
            raise UsageError(f"the film lasts {duration} ticks but its last scene ends at {self._scene.end}")
        payload = self._index.write(duration)
        start = self._sections.offset
        self._write(SectionKind.INDEX, payload, "container")
        self._sections.trailer(self._sections.offset - start)
        self.bytes_by_kind["container"] += TRAILER_BYTES
        self._finished = True

    def _check_open(self) -> None:
        if self._finished:
            raise UsageError("the film is finished")

    def _current(self) -> _OpenScene:
        self._check_open()
        if self._scene is None:
            raise UsageError("no scene has begun", remedy="call scene() first")
        return self._scene

    def _tokens(
        self,
        scene: _OpenScene,
        kind: SectionKind,
        plain: bytes,
        tokens: Sequence[Token],
        coded: Callable[[Token], int],
        view: SceneStart | None,
    ) -> None:
        """Writes a section of tokens, with a view in front if it is a snapshot."""
        outline_ids = self._define(tokens, scene.outlines())
        writer = RangeWriter(scene.adaptive)
        if view is not None:
            write_view(writer, view.background, view.camera, self._textures.names, scene.memory.moment.time)
        for token in tokens:
            shape = coded(token)
            outline = outline_of(token)
            live = scene.memory.shapes.get(shape)
            if outline is None:
                outline_id = NOBODY
            elif isinstance(token, Edit) and live is not None and live.state.outline == outline:
                outline_id = live.outline_id
            else:
                outline_id = outline_ids[outline]
            write_token(writer, scene.memory, token, shape, outline_id)
            self._writes(token, shape, outline_id)
            scene.memory.remember(token, shape, outline_id)
            if scene.memory.textured > MAX_LIVE_TEXTURES:
                raise UsageError(
                    "too many shapes show textures",
                    remedy=f"at most {MAX_LIVE_TEXTURES} stills, or an eighth of that sequences",
                )
            if view is None:
                scene.names.remember(token)
        if len(scene.memory.shapes) > MAX_LIVE:
            raise UsageError(
                f"a scene has {len(scene.memory.shapes)} live shapes", remedy=f"at most {MAX_LIVE}"
            )
        write_end(writer, scene.memory)
        self._write_coded(kind, plain, writer, -(-len(tokens) // TOKENS_PER_BYTE))

    def _writes(self, token: Token, shape: int, outline_id: int) -> None:
        """For writers that do more with a token, before the scene's memory remembers it."""

    def _define_textures(self, textures: Sequence[Texture]) -> None:
        """Writes the sections of the textures that the film does not have yet."""
        for texture in textures:
            check_texture(texture, self._header)
            payload = self._textures.add(texture)
            if payload is not None:
                self._index.textures.append(self._sections.offset)
                self._write(SectionKind.TEXTURE, payload, "textures")

    def _define(self, tokens: Sequence[Token], current: dict[int, Outline]) -> dict[Outline, int]:
        """Writes the section of new outlines, if any; returns the ids of all outlines that the tokens bring.

        ``current`` has the outlines of the live shapes by the model's id; it follows the tokens.
        """
        new = NewOutlines(self._outlines)
        adaptive = Adaptive()
        writer = RangeWriter(adaptive)
        ids: dict[Outline, int] = {}
        nodes = 0
        for token in tokens:
            if not isinstance(token, Enter | Edit):
                continue
            outline, old = token.state.outline, current.get(token.shape)
            current[token.shape] = outline
            if isinstance(token, Edit) and outline == old:
                continue
            outline_id = ids.get(outline)
            if outline_id is None:
                outline_id = self._known.find(outline)
            if outline_id is None:
                check_outline(outline)
                outline_id = new.next_id
                nodes += outline.node_count
                new.write(writer, adaptive, outline, old if isinstance(token, Edit) else None)
                new.add(outline)
            ids[outline] = outline_id
            self._known.use(outline, outline_id)
        count = new.next_id - new.first
        if count > MAX_SECTION_OUTLINES or nodes > MAX_SECTION_NODES:
            raise UsageError(
                f"a span has {count} new outlines with {nodes} nodes",
                remedy=f"at most {MAX_SECTION_OUTLINES} with {MAX_SECTION_NODES}; make spans shorter",
            )
        if count:
            self._index.add_dictionary(self._sections.offset, count)
            plain = varint(new.first) + varint(count)
            size = self._write_coded(SectionKind.DICT, plain, writer, -(-nodes // NODES_PER_BYTE))
            self._known.wrote(new.first, size)
            self._outlines = new.next_id
        return ids

    def _write_sound(self, packets: Sequence[AudioPacket]) -> None:
        for one, other in pairwise(packets):
            if other.pts < one.pts:
                raise UsageError("packets of sound are out of order")
        payload, data = write_sound(packets)
        self._write(SectionKind.AUDIO, payload, "container")
        self.bytes_by_kind["container"] -= data
        self.bytes_by_kind["audio"] += data

    def _write(self, kind: SectionKind, payload: bytes, account: str) -> None:
        self.bytes_by_kind["container"] += self._sections.write(kind, payload)
        self.bytes_by_kind[account] += len(payload)

    def _write_coded(self, kind: SectionKind, plain: bytes, writer: RangeWriter, least: int = 0) -> int:
        """Writes plain fields and coded data, padded to ``least`` bytes; returns the payload's bytes."""
        data = writer.finish()
        data += bytes(max(0, least - len(data)))
        if len(plain) + len(data) > MAX_SECTION:
            raise UsageError(f"a section has {len(data)} bytes", remedy="make spans shorter")
        self.bytes_by_kind["container"] += self._sections.write(kind, plain + data) + len(plain)
        book_coded(self.bytes_by_kind, len(data), writer.bits)
        return len(plain) + len(data)


def _texture_of(head: SceneStart) -> list[Texture]:
    return [head.background.texture] if isinstance(head.background, TexturePaint) else []
