# SPDX-License-Identifier: Apache-2.0
"""Films that are being watched: open files, their plans, what their scenes need; shared by all viewers."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections import OrderedDict
from fractions import Fraction
from itertools import islice
from typing import BinaryIO, Final

from mtor_transcode.codec.container import SectionKind
from mtor_transcode.codec.fields import Payload
from mtor_transcode.codec.packet_memory import EDIT
from mtor_transcode.codec.packets import UNREAD_TEXTURES, read_packet
from mtor_transcode.codec.series_files import series_for
from mtor_transcode.errors import InputError, MtorError
from mtor_transcode.stream.library import FilmEntry, Library, opened, opened_live
from mtor_transcode.stream.needs import needs_of
from mtor_transcode.stream.plan import Piece, Plan, Planning
from mtor_transcode.stream.telling import ToldScene, tell_scene

KEPT: Final = 64
"""Films kept open that nobody watches."""

KEPT_TOLD: Final = 8
"""Scenes of a film kept as RFC JSON."""

POLL: Final = 0.25
"""Seconds between two looks at a film that is being written."""

EDGE: Final = Fraction(3, 2)
"""Seconds before the end of what is there at which viewers join a film that is being written."""

SILENT: Final = 20.0
"""A film without its end whose file has not been touched for so long has been given up by its writer."""

_DEFINES: Final = frozenset({SectionKind.DICT, SectionKind.TEXTURE, SectionKind.PACKET, SectionKind.FRAGMENT})
_MOST_NEEDS: Final = 4096

_log = logging.getLogger(__name__)


class NeedsUnknownError(Exception):
    """What a scene needs has to be found out first: ``await film.find_needs(scene, section)``."""

    def __init__(self, scene: int, section: int) -> None:
        super().__init__(scene, section)
        self.scene = scene
        self.section = section


class WatchedFilm:
    """An open film. ``plan`` grows while the film is being written; ``grown`` is set anew each time.

    One that is ``retired`` (another file has its name now) is closed when its last viewer leaves.
    """

    def __init__(self, entry: FilmEntry, stream: BinaryIO, planning: Planning) -> None:
        self.entry = entry
        self._planning = planning
        self.plan: Plan = planning.look()
        self.viewers = 0
        self.retired = False
        self.grown = asyncio.Event()
        self._stream = stream
        self._touched = 0
        self._changed = time.monotonic()
        self._needs: dict[tuple[int, int], tuple[int, ...]] = {}
        self._finding: dict[tuple[int, int], asyncio.Task[tuple[int, ...]]] = {}
        self._told: OrderedDict[tuple[int, int], ToldScene] = OrderedDict()
        self._droppable: dict[int, bool] = {}
        self._follower: asyncio.Task[None] | None = None

    @property
    def ended(self) -> bool:
        """Whether no more of it will come."""
        return not self.entry.live or self.plan.whole or time.monotonic() - self._changed > SILENT

    @property
    def edge(self) -> int:
        """The tick at which viewers join that want what is newest."""
        behind = round(EDGE / self.plan.header.time_base)
        return max(0, self.plan.duration - behind)

    def section(self, piece: Piece) -> bytes:
        """The bytes of a section. Raises InputError if the file became shorter."""
        data = os.pread(self._stream.fileno(), piece.size, piece.offset)
        if len(data) < piece.size:
            raise InputError("became shorter", where=self.entry.name, remedy="load the catalogue again")
        return data

    def needs(self, scene: int, section: int) -> tuple[int, ...]:
        """What a scene needs of the film before; raises NeedsUnknownError where it has to be found out."""
        if not any(piece.kind in _DEFINES for piece in islice(self.plan.pieces, section)):
            return ()
        if (scene, section) not in self._needs:
            raise NeedsUnknownError(scene, section)
        return self._needs[scene, section]

    async def find_needs(self, scene: int, section: int) -> None:
        """Finds out what a scene needs, beside the loop; one that cannot be decoded needs all before.

        It is decoded once for all who ask, and kept though they go meanwhile: seeking about costs no more.
        """
        key = scene, section
        job = self._finding.get(key)
        if job is None:
            job = asyncio.create_task(asyncio.to_thread(self._decoded_needs, scene, section))
            self._finding[key] = job
            job.add_done_callback(lambda done: self._found(key, done))
        await asyncio.shield(job)

    def _found(self, key: tuple[int, int], done: asyncio.Task[tuple[int, ...]]) -> None:
        del self._finding[key]
        if done.cancelled() or done.exception() is not None:
            return
        if len(self._needs) >= _MOST_NEEDS:
            self._needs.clear()
        self._needs[key] = done.result()

    def _decoded_needs(self, scene: int, section: int) -> tuple[int, ...]:
        plan = self.plan
        try:
            with self._again() as stream:
                found = series_for(self.entry.path, None)
                return needs_of(stream, self.entry.name, found, plan, scene, section)
        except (MtorError, OSError):
            return tuple(piece.number for piece in plan.pieces[1:section] if piece.kind in _DEFINES)

    def _again(self) -> BinaryIO:
        """The same file with a place of its own; by its descriptor where that works: names may move."""
        by_descriptor = f"/proc/self/fd/{self._stream.fileno()}"
        return open(by_descriptor if os.path.exists(by_descriptor) else self.entry.path, "rb")

    async def told(self, place: int) -> ToldScene:
        """A scene's events in RFC JSON, made beside the loop and kept for other viewers for a while."""
        key = place, self.plan.size if place == len(self.plan.scenes) - 1 else 0
        scene = self._told.pop(key, None)
        if scene is None:
            number = self.plan.scenes[place].number
            scene = await asyncio.to_thread(self._tell_scene, number)
        self._told[key] = scene
        while len(self._told) > KEPT_TOLD:
            self._told.popitem(last=False)
        return scene

    def _tell_scene(self, number: int) -> ToldScene:
        with self._again() as stream:
            return tell_scene(stream, self.entry.name, series_for(self.entry.path, None), number)

    def droppable(self, piece: Piece) -> bool:
        """Whether a late packet can be left out: it only moves or repaints shapes that are there."""
        if piece.kind != SectionKind.PACKET:
            return False
        if piece.number not in self._droppable:
            self._droppable[piece.number] = self._only_edits(piece)
        return self._droppable[piece.number]

    def _only_edits(self, piece: Piece) -> bool:
        data = self.section(piece)
        try:
            fields = Payload(data, self.entry.name)
            fields.take(1)
            payload = fields.take(fields.varint(len(data)))
            packet = read_packet(Payload(payload, self.entry.name), UNREAD_TEXTURES)
        except MtorError:
            return True
        edits = all(change.kind == EDIT and change.outline is None for change in packet.changes)
        return edits and packet.head is None and not packet.outlines

    def watch(self) -> None:
        """One more viewer."""
        self.viewers += 1
        if self.entry.live and (self._follower is None or self._follower.done()):
            self._changed = time.monotonic()
            self._follower = asyncio.get_running_loop().create_task(self._follow())

    def leave(self) -> None:
        """One viewer less."""
        self.viewers -= 1
        if self.viewers:
            return
        if self._follower is not None:
            self._follower.cancel()
            self._follower = None
        if self.retired:
            self.close()

    def close(self) -> None:
        """Closes the file."""
        if self._follower is not None:
            self._follower.cancel()
        self._stream.close()

    async def look(self) -> None:
        """Looks for what the writer has added. The file is only appended to, so plans only grow.

        Raises FormatError if what was added is no film.
        """
        status = os.fstat(self._stream.fileno())
        if status.st_mtime_ns != self._touched:
            self._touched, self._changed = status.st_mtime_ns, time.monotonic()
        if status.st_size == self.plan.size:
            return
        plan = await asyncio.to_thread(self._planning.look)
        if plan.size > self.plan.size:
            self.plan = plan
            self._tell()

    async def _follow(self) -> None:
        """Looks again and again, until the film is whole, or its writer or we have given it up."""
        try:
            while not self.ended:
                await asyncio.sleep(POLL)
                await self.look()
        except (MtorError, OSError) as error:
            _log.warning("%s cannot be followed: %s", self.entry.name, error)
            self._changed = float("-inf")
        self._tell()

    def _tell(self) -> None:
        self.grown.set()
        self.grown = asyncio.Event()


class Films:
    """The films being watched, by key."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._open: OrderedDict[str, WatchedFilm] = OrderedDict()
        self._opening: dict[str, asyncio.Lock] = {}

    async def watch(self, key: str) -> WatchedFilm | None:
        """The film of a key with one viewer more (who has to ``leave``), None if there is none."""
        entry = self._library.film(key)
        if entry is None or entry.live:
            # One that is being written may be whole by now, or begun anew under its name.
            await asyncio.to_thread(self._library.refresh)
            entry = self._library.film(key)
        if entry is None:
            return None
        async with self._opening.setdefault(entry.key, asyncio.Lock()):
            film = await self._current(entry)
            self._open.move_to_end(entry.key)
            film.watch()
        self._opening.pop(entry.key, None)
        self._close_idle()
        return film

    async def _current(self, entry: FilmEntry) -> WatchedFilm:
        """The film of an entry as it is now."""
        film = self._open.get(entry.key)
        if film is not None and not film.entry.identity.is_file_of(entry.identity) and entry.live:
            del self._open[entry.key]
            film.retired = True
            if not film.viewers:
                film.close()
            film = None
        if film is None:
            film = self._open[entry.key] = await self._opened(entry)
        elif entry.live and not film.viewers:
            await film.look()
        return film

    async def _opened(self, entry: FilmEntry) -> WatchedFilm:
        stream = opened_live(entry) if entry.live else opened(entry.whole)
        try:
            planning = await asyncio.to_thread(Planning, stream, entry.name)
        except BaseException:
            stream.close()
            raise
        return WatchedFilm(entry, stream, planning)

    def _close_idle(self) -> None:
        idle = [key for key, film in self._open.items() if not film.viewers and key not in self._opening]
        for key in idle[: max(0, len(self._open) - KEPT)]:
            self._open.pop(key).close()

    def close(self) -> None:
        """Closes all."""
        for film in self._open.values():
            film.close()
        self._open.clear()
