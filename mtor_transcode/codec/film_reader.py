# SPDX-License-Identifier: Apache-2.0
"""Reads films: heads at once, everything else when it is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import pairwise
from typing import BinaryIO

from mtor_transcode.codec.accounts import SIGNATURES, book_coded, new_accounts
from mtor_transcode.codec.adaptive import Adaptive
from mtor_transcode.codec.container import FETCH_AGAIN, Section, SectionKind, SectionReader
from mtor_transcode.codec.dictionary_reader import DictionaryReader, dictionary_plain, read_outlines
from mtor_transcode.codec.fields import Payload
from mtor_transcode.codec.header_syntax import read_header
from mtor_transcode.codec.index_syntax import read_index
from mtor_transcode.codec.limits import MAX_TICK
from mtor_transcode.codec.loss import LOSSY, Loss
from mtor_transcode.codec.packet_scene import PacketSceneReader
from mtor_transcode.codec.packet_table import PacketScene, PacketTable
from mtor_transcode.codec.rangecoder import CountingReader, RangeReader
from mtor_transcode.codec.scene_reader import MakeReader, SceneEntry, SceneReader, add_part, read_entry
from mtor_transcode.codec.series import FindSeries, SeriesDictionary, missing_series, wrong_series
from mtor_transcode.codec.sound_syntax import read_sound, sound_data_bytes
from mtor_transcode.codec.subtitle_syntax import read_subtitles
from mtor_transcode.codec.textures import TextureReader
from mtor_transcode.errors import FormatError, UsageError
from mtor_transcode.model import AudioPacket, FilmHeader, Outline, Scene, Span, Subtitle


class FilmReader:
    """Reads the film in a seekable binary ``stream``; ``name`` stands for the file in errors.

    ``find_series`` is asked for the series dictionary that the film names; ``series`` is what it gave.

    ``loss`` takes packets away (UsageError if the film has none). Packets that are missing or damaged make no
    error: what can be shown without them is.

    Raises FormatError (also later, when a damaged section is first read). A file that was cut short plays up
    to the cut: ``truncated`` is set then and ``duration`` (ticks) is where the last whole span ends.
    """

    header: FilmHeader
    duration: int
    truncated: bool
    series: SeriesDictionary | None

    def __init__(
        self,
        stream: BinaryIO,
        name: str = "",
        find_series: FindSeries | None = None,
        loss: Loss | None = None,
    ) -> None:
        self._sections = SectionReader(stream, name)
        contents = self._sections.scan()
        self.truncated = contents.truncated
        self._all = contents.sections
        self._textures = TextureReader(self._sections)
        self._scenes: list[SceneEntry | PacketScene] = []
        self._sound: list[Section] = []
        self._text: list[Section] = []
        self.header = read_header(self._payload(self._all[0]))
        self.series = self._found(find_series or missing_series)
        shared = () if self.series is None else self.series.outlines
        self._dictionary = DictionaryReader(self._sections, shared)
        self._packets = PacketTable(self._sections, shared)
        index: Section | None = None
        for section in self._arrived(loss):
            self._note(section)
            if section.kind == SectionKind.INDEX:
                index = section
        if self._packets:
            if self._scenes:
                raise self._misplaced("a film in packets", self._all[0])
            latest = MAX_TICK if index is None else read_index(self._payload(index))[0]
            self._scenes += self._packets.settle(latest)
        if self.in_packets:
            self._textures.add_packets(self._packets)
        self._check_order()
        self._by_number = {entry.head.number: entry for entry in self._scenes}
        self.duration = max((entry.end for entry in self._scenes), default=0)
        if index is not None:
            self._read_index(index)

    def _found(self, find_series: FindSeries) -> SeriesDictionary | None:
        if not self.header.dictionary:
            return None
        series = find_series(self.header.dictionary)
        if series.digest != self.header.dictionary:
            raise wrong_series(self.header.dictionary, self._sections.name)
        return series

    def _arrived(self, loss: Loss | None) -> list[Section]:
        """The sections after the header, without those that are lost."""
        if loss is None:
            return self._all[1:]
        if not self.in_packets:
            raise UsageError(
                "has no packets that could be lost",
                where=self._sections.name,
                remedy="transcode it with --resilience 1 to 10",
            )
        arrived = loss.arrived(self._all[1:])
        offsets = {section.offset for section in arrived}
        for section in self._all:
            if section.kind in LOSSY and section.offset not in offsets:
                self._packets.lose(section)
        return arrived

    @cached_property
    def in_packets(self) -> bool:
        """Whether the film was made for links that lose packets."""
        return any(section.kind in LOSSY for section in self._all)

    @property
    def packets_sent(self) -> int:
        """Packets that the film was made of, as far as those that are in the file tell."""
        return self._packets.sent

    @property
    def packets_damaged(self) -> int:
        """Packets and repairs in the file whose checksum is wrong."""
        return self._packets.damaged

    @property
    def packets_at_hand(self) -> int:
        """Packets that came, or were repaired."""
        return len(self._packets)

    def heads(self) -> Sequence[SceneEntry | PacketScene]:
        """Returns an entry for each scene, in order; nothing is decoded but the scenes' heads."""
        return tuple(self._scenes)

    def spans(self, number: int, from_tick: int | None = None) -> Iterator[Span]:
        """Yields the spans of the scene that has this number, decoded from the dictionary and itself alone.

        With ``from_tick`` it may start at the last snapshot at or before that tick: the first span then has
        no duration and sets the whole state (``Background``, ``CameraMove``, ``Enter`` ...).
        """
        entry = self._entry(number)
        if isinstance(entry, PacketScene):
            return self._packet_reader(entry).spans()
        return self._reader(entry).spans(from_tick)

    def parts(self, number: int) -> Iterator[tuple[Span, bool]]:
        """Yields the spans of a scene and, in their places, its snapshots (True), each as ``spans`` would."""
        entry = self._entry(number)
        if isinstance(entry, PacketScene):
            yield from ((span, False) for span in self._packet_reader(entry).spans())
        else:
            yield from self._reader(entry).parts()

    def scene(self, number: int) -> Scene:
        """Returns a whole scene."""
        return Scene(self._entry(number).head, tuple(self.spans(number)))

    def audio(self) -> Iterator[AudioPacket]:
        """Yields all packets of sound, in order."""
        for section in self._sound:
            yield from read_sound(self._payload(section))

    def subtitles(self) -> Iterator[Subtitle]:
        """Yields all subtitles, in the order in which they were written."""
        for section in self._text:
            yield from read_subtitles(self._payload(section), len(self.header.subtitles))

    def dictionary(self) -> Sequence[Outline]:
        """Returns all outlines of the file itself by their ids; each is decoded when it is asked for."""
        if self._packets:
            return self._packets.all_outlines()
        return self._dictionary.all()

    @cached_property
    def bytes_by_kind(self) -> dict[str, int]:
        """Where the file's bytes go (``accounts.KINDS``). Decodes the whole file the first time."""
        accounts = new_accounts()
        for section in self._all:
            if section.kind == SectionKind.DICT:
                self._book_dictionary(accounts, section)
            elif section.kind in (SectionKind.TEXTURE, SectionKind.FRAGMENT):
                accounts["textures"] += section.length
            elif section.kind == SectionKind.SUBTITLES:
                accounts["subtitles"] += section.length
            elif section.kind == SectionKind.SIGNATURE:
                accounts[SIGNATURES] = accounts.get(SIGNATURES, 0) + section.end - section.offset
            elif section.kind == SectionKind.AUDIO:
                accounts["audio"] += sound_data_bytes(self._payload(section))
        for entry in self._scenes:
            self._book_scene(accounts, entry)
        accounts["container"] = self._sections.size - sum(accounts.values())
        return accounts

    def _book_dictionary(self, accounts: dict[str, int], section: Section) -> None:
        payload = self._payload(section)
        _, count = dictionary_plain(payload)
        data = payload.rest()
        reader = CountingReader(data, Adaptive(), payload.where)
        read_outlines(reader, count, len(data))
        book_coded(accounts, len(data), reader.bits)

    def _book_scene(self, accounts: dict[str, int], entry: SceneEntry | PacketScene) -> None:
        made: list[tuple[int, CountingReader]] = []

        def make(data: bytes, adaptive: Adaptive, where: str) -> CountingReader:
            reader = CountingReader(data, adaptive, where)
            made.append((len(data), reader))
            return reader

        if isinstance(entry, PacketScene):
            spans = self._packet_reader(entry, make).spans()
        else:
            spans = self._reader(entry, make).spans()
        for _ in spans:
            pass
        for count, reader in made:
            book_coded(accounts, count, reader.bits)

    def _reader(self, entry: SceneEntry, make: MakeReader = RangeReader) -> SceneReader:
        names = self._textures.names(self.header)
        return SceneReader(self._sections, entry, self._dictionary.for_scene(), make, names)

    def _packet_reader(self, scene: PacketScene, make: MakeReader = RangeReader) -> PacketSceneReader:
        return PacketSceneReader(self._packets, scene, self._textures.names(self.header), make)

    def _note(self, section: Section) -> None:
        """Takes note of a section."""
        kind = section.kind
        if kind == SectionKind.DICT:
            self._dictionary.add(section)
        elif kind == SectionKind.TEXTURE:
            self._textures.add(section)
        elif kind == SectionKind.SCENE:
            self._scenes.append(read_entry(self._sections, section))
        elif kind in (SectionKind.SPAN, SectionKind.SNAPSHOT):
            entry = self._scenes[-1] if self._scenes else None
            if not isinstance(entry, SceneEntry):
                raise self._misplaced("it belongs to no scene", section)
            add_part(self._sections, entry, section)
        elif kind == SectionKind.PACKET:
            self._packets.add(section)
        elif kind == SectionKind.FRAGMENT:
            self._packets.add_fragment(section)
        elif kind == SectionKind.REPAIR:
            self._packets.add_repair(section)
        elif kind == SectionKind.AUDIO:
            self._sound.append(section)
        elif kind == SectionKind.SUBTITLES:
            self._text.append(section)
        elif kind == SectionKind.HEADER:
            raise self._misplaced("a second header", section)

    def _misplaced(self, what: str, section: Section) -> FormatError:
        return FormatError(what, where=self._sections.where(section), remedy=FETCH_AGAIN)

    def _check_order(self) -> None:
        for one, other in pairwise(self._scenes):
            if other.head.number <= one.head.number or other.head.start < one.end:
                raise FormatError(
                    f"scene {other.head.number} is out of order",
                    where=self._sections.name,
                    remedy=FETCH_AGAIN,
                )

    def _read_index(self, section: Section) -> None:
        payload = self._payload(section)
        duration, index = read_index(payload)
        offsets = [
            (entry.head.start, entry.section.offset)
            for entry in self._scenes
            if isinstance(entry, SceneEntry)
        ]
        if (not self.in_packets and index.scenes != offsets) or duration < self.duration:
            raise payload.damaged("the index does not fit the scenes")
        self.duration = duration

    def _payload(self, section: Section) -> Payload:
        return Payload(self._sections.payload(section), self._sections.where(section))

    def _entry(self, number: int) -> SceneEntry | PacketScene:
        if number not in self._by_number:
            raise UsageError(f"there is no scene {number}", where=self._sections.name)
        return self._by_number[number]
