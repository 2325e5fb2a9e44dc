# SPDX-License-Identifier: Apache-2.0
"""One viewer at a socket: its requests, the film it watches, and what is under way to it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from typing import Final

import msgspec
from aiohttp import WSCloseCode, WSMsgType, web

from mtor_transcode.errors import MtorError
from mtor_transcode.stream.films import Films, NeedsUnknownError, WatchedFilm
from mtor_transcode.stream.messages import (
    At,
    Play,
    Request,
    Stop,
    Want,
    part_message,
    parted,
    read_request,
    told,
)
from mtor_transcode.stream.pacing import Pacer
from mtor_transcode.stream.rates import Bucket
from mtor_transcode.stream.session import Course, Whereabouts, ranges_of

NEWS: Final = 1.0
"""Seconds for which a sender waits for news of what is under way before it reckons again."""

END_AGAIN: Final = 5.0
"""Seconds after which the end is told again to a client that still talks."""

LIVE_NEWS: Final = 5.0
"""Seconds after which a viewer of a film that is being written hears of it, also if it has not grown."""

SCENES_AHEAD: Final = 64
"""Scenes beyond the one that is sent whose times are told."""

CLOSING: Final = 5.0
"""Seconds that a client has to take the last that is said to it."""

_MESSAGES_A_SECOND: Final = 20.0
_MOST_AT_ONCE: Final = 100.0

_log = logging.getLogger(__name__)


class Viewer:
    """One connection. It remembers a film, a place in it, and what is under way."""

    def __init__(self, socket: web.WebSocketResponse, films: Films) -> None:
        self._socket = socket
        self._films = films
        self._film: WatchedFilm | None = None
        self._course: Course | None = None
        self._where: Whereabouts | None = None
        self._pacer = Pacer()
        self._count = 0
        self._scenes_told = 0
        self._dropped_told = 0
        self._end_told = self._grown_told = float("-inf")
        self._changed = asyncio.Event()
        self._sender: asyncio.Task[None] | None = None
        self._bucket = Bucket(_MESSAGES_A_SECOND, _MOST_AT_ONCE)

    async def run(self) -> None:
        """Answers requests until the client goes, or says what it must not."""
        async for message in self._socket:
            if message.type is not WSMsgType.TEXT:
                await self._refuse(WSCloseCode.UNSUPPORTED_DATA, "requests are text")
                return
            if not self._bucket.take():
                await self._refuse(WSCloseCode.POLICY_VIOLATION, "too many requests")
                return
            try:
                request = read_request(message.data)
            except ValueError as error:
                await self._refuse(WSCloseCode.POLICY_VIOLATION, f"not a request: {error}")
                return
            await self._take(request)

    async def close(self) -> None:
        """Lets go of the film."""
        await self._stop()
        await self._hang_up(WSCloseCode.OK, "")

    async def _refuse(self, code: int, reason: str) -> None:
        await self._hang_up(code, reason)

    async def _hang_up(self, code: int, reason: str) -> None:
        """Closes the socket; a client that takes nothing is not waited for."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSING):
                await self._socket.close(code=code, message=reason.encode()[:120])

    async def _take(self, request: Request) -> None:
        if isinstance(request, Play):
            await self._play(request)
        elif isinstance(request, Stop):
            await self._stop()
        elif isinstance(request, At) and self._where is not None:
            self._where.told(request)
            self._pacer.came(request.got)
        elif isinstance(request, Want):
            self._want(request)
        self._changed.set()

    def _want(self, want: Want) -> None:
        """Queues what is asked for again."""
        if self._course is not None:
            self._course.want(want)

    async def _stop(self) -> None:
        if self._sender is not None:
            self._sender.cancel()
            await asyncio.gather(self._sender, return_exceptions=True)
            self._sender = None
        self._course = self._where = None
        if self._film is not None:
            self._film.leave()
            self._film = None

    async def _play(self, play: Play) -> None:
        """Begins a film, or goes to another place of it."""
        await self._stop()
        try:
            self._film = await self._films.watch(play.film)
        except MtorError as error:
            await self._socket.send_str(told("error", what=str(error)))
            return
        except OSError as error:
            # Its text may name folders of this machine.
            _log.warning("a film cannot be opened: %s", error)
            await self._socket.send_str(told("error", what="the film cannot be read"))
            return
        if self._film is None:
            await self._socket.send_str(told("error", what="there is no such film", film=play.film))
            return
        self._pacer = Pacer(play.rate)
        self._count = self._scenes_told = self._dropped_told = 0
        self._end_told = float("-inf")
        self._grown_told = time.monotonic()
        at = min(play.at, self._film.edge) if self._film.entry.live else play.at
        # Before the first await: the client may tell where it is right behind its request.
        self._where = Whereabouts(at, float(self._film.plan.header.time_base))
        self._sender = asyncio.create_task(self._send(self._film, msgspec.structs.replace(play, at=at)))

    async def _send(self, film: WatchedFilm, play: Play) -> None:
        """Sends the film until it is stopped; an error closes this connection alone."""
        try:
            await self._tell_film(film, play.at)
            await self._perform(film, play)
        except ConnectionError as error:
            _log.debug("a viewer left: %s", error)
        except (MtorError, OSError) as error:
            _log.warning("%s cannot be sent: %s", film.entry.name, error)
            await self._refuse(WSCloseCode.INTERNAL_ERROR, "the film cannot be read")
        except Exception:
            _log.exception("%s cannot be sent", film.entry.name)
            await self._refuse(WSCloseCode.INTERNAL_ERROR, "the film cannot be sent")

    async def _perform(self, film: WatchedFilm, play: Play) -> None:
        """Sends sections until it is stopped."""
        self._course = course = await self._begun(film, play)
        while True:
            await self._step(film, course)

    async def _begun(self, film: WatchedFilm, play: Play) -> Course:
        assert self._where is not None
        while True:
            try:
                return Course(film.plan, play, self._where, film.needs, film.droppable)
            except NeedsUnknownError as unknown:
                await film.find_needs(unknown.scene, unknown.section)

    async def _step(self, film: WatchedFilm, course: Course) -> None:
        """Sends the next section, or waits for one to become due."""
        self._changed.clear()
        grown = None if film.ended else film.grown
        if course.plan is not film.plan:
            course.follow(film.plan)
            await self._tell_grown(film)
        elif grown and self._unheard:
            await self._tell_grown(film)
        try:
            chosen = course.next()
        except NeedsUnknownError as unknown:
            await film.find_needs(unknown.scene, unknown.section)
            return
        await self._tell_course(film, course)
        if chosen is None:
            await self._tell_end(film, course)
            await self._wait(course.due, grown)
            return
        data = film.section(chosen.piece)
        number = chosen.piece.number
        for place, part in parted(number, data, chosen.start, chosen.stop):
            message = part_message(number, self._count, chosen.piece.back, place, part)
            await self._paced(len(message))
            self._pacer.sent(self._count, len(message))
            self._count += 1
            await self._socket.send_bytes(message)

    @property
    def _unheard(self) -> bool:
        """Whether a viewer of a film that is being written has not heard of it for long."""
        return time.monotonic() - self._grown_told >= LIVE_NEWS

    async def _tell_grown(self, film: WatchedFilm) -> None:
        plan = film.plan
        self._grown_told = time.monotonic()
        await self._socket.send_str(
            told("grown", sections=len(plan.pieces), duration=plan.duration, live=not film.ended)
        )

    async def _tell_end(self, film: WatchedFilm, course: Course) -> None:
        """Tells that all has been sent; again after a while, as a relay may have dropped it."""
        now = time.monotonic()
        if course.over and film.ended and course.plan is film.plan and now - self._end_told > END_AGAIN:
            self._end_told = now
            await self._socket.send_str(told("end", sections=len(course.plan.pieces)))

    async def _paced(self, size: int) -> None:
        """Waits until the link takes so many bytes."""
        while (pause := self._pacer.wait(size)) > 0:
            self._changed.clear()
            await self._wait(min(pause, NEWS), None)

    async def _wait(self, seconds: float | None, grown: asyncio.Event | None) -> None:
        """Waits for a request of the client, for ``grown`` of its film (or news that it is not), or the time.

        Both events are to be taken before what is waited for is looked at: what happens between counts.
        """
        waits = [asyncio.ensure_future(self._changed.wait())]
        if grown is not None:
            seconds = LIVE_NEWS if seconds is None else min(seconds, LIVE_NEWS)
            waits.append(asyncio.ensure_future(grown.wait()))
        try:
            await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waits:
                each.cancel()

    async def _tell_film(self, film: WatchedFilm, at: int) -> None:
        plan = film.plan
        await self._socket.send_str(
            told(
                "film",
                film=film.entry.key,
                title=film.entry.title,
                sections=len(plan.pieces),
                scenes=len(plan.scenes),
                bytes=plan.size,
                duration=plan.duration,
                live=not film.ended,
                at=at,
                dictionary=film.entry.dictionary,
            )
        )

    async def _tell_course(self, film: WatchedFilm, course: Course) -> None:
        """Tells of scenes ahead, of scenes entered, and of what was left out, before the next section."""
        scenes = course.plan.scenes
        far = course.reached + SCENES_AHEAD
        if self._scenes_told < len(scenes) and far >= self._scenes_told + SCENES_AHEAD // 2:
            first, self._scenes_told = self._scenes_told, min(len(scenes), far)
            rows = [(one.number, one.start, one.first) for one in scenes[first : self._scenes_told]]
            await self._socket.send_str(told("scenes", first=first, scenes=rows))
        for scene, section, needed in course.entered:
            await self._socket.send_str(told("enter", scene=scene, section=section, needs=ranges_of(needed)))
        course.entered.clear()
        dropped = course.dropped[self._dropped_told :]
        if dropped:
            self._dropped_told = len(course.dropped)
            await self._socket.send_str(told("dropped", sections=ranges_of(dropped)))
