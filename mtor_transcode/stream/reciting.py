# SPDX-License-Identifier: Apache-2.0
"""A viewer of the subprotocol ``mtor.v1+json``: RFC events scene by scene, vectors at first use."""

from __future__ import annotations

import time
from collections import deque
from typing import Any, Final

import msgspec

from mtor_transcode.codec.rfc_json.export import manifest_out
from mtor_transcode.stream.films import WatchedFilm
from mtor_transcode.stream.messages import Play, Want, told
from mtor_transcode.stream.telling import Recital
from mtor_transcode.stream.viewers import END_AGAIN, Viewer

_MOST_AGAIN: Final = 64
"""Scenes asked for again that wait."""

_NOTHING: Final = -1
"""Events of a scene that went, where its head did not."""


class JsonViewer(Viewer):
    """One connection that is told events. ``want`` names scenes by their places."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self._again: deque[int] = deque(maxlen=_MOST_AGAIN)

    def _want(self, want: Want) -> None:
        for first, last in want.sections:
            self._again.extend(range(first, min(last, first + _MOST_AGAIN) + 1))

    async def _perform(self, film: WatchedFilm, play: Play) -> None:
        assert self._where is not None
        manifest = msgspec.to_builtins(manifest_out(film.plan.header, film.plan.duration, []))
        await self._say(told("manifest", manifest=manifest))
        self._again.clear()
        place = film.plan.scene_at(play.at)
        sent = _NOTHING
        known = film.plan
        while True:
            self._changed.clear()
            grown = None if film.ended else film.grown
            if known is not film.plan or (grown and self._unheard):
                known = film.plan
                await self._tell_grown(film)
            reached = film.plan.scene_at(int(self._where.place))
            if reached > place >= 0:
                await self._socket.send_str(told("dropped", scenes=[place, reached - 1]))
                place, sent = reached, _NOTHING
            if self._again:
                wanted = self._again.popleft()
                if wanted < place or (wanted == place and sent != _NOTHING):
                    await self._scene(film, play, wanted, _NOTHING, again=True)
            elif 0 <= place < len(film.plan.scenes):
                # Asked before it is told: what the film grows by meanwhile may belong to this scene, too.
                whole = place + 1 < len(film.plan.scenes) or grown is None
                sent = await self._scene(film, play, place, sent)
                if whole:
                    place, sent = place + 1, _NOTHING
                elif not self._again:
                    await self._wait(None, grown)
            else:
                place = max(place, 0)
                if grown is None:
                    await self._tell_over(film)
                await self._wait(None, grown)

    async def _scene(
        self, film: WatchedFilm, play: Play, place: int, sent: int, *, again: bool = False
    ) -> int:
        """Sends a scene's events from number ``sent`` on, its head first if not even that went.

        Returns how many it has now.
        """
        if not 0 <= place < len(film.plan.scenes):
            return sent
        assert self._where is not None
        where = self._where
        scene = await film.told(place)
        recital = Recital(lambda: where.place)
        if sent == _NOTHING:
            await self._due(play, film.plan.scenes[place].start)
            await self._say(scene.head)
        for event in scene.events[max(sent, 0) :]:
            await self._due(play, event.at)
            if film.plan.scene_at(int(where.place)) > place and not again:
                break
            for text in recital.due(scene, event):
                await self._say(text)
        if recital.dropped:
            await self._socket.send_str(told("dropped", scene=place, events=recital.dropped))
        return len(scene.events)

    async def _due(self, play: Play, tick: int) -> None:
        """Waits until a tick is near enough to the viewer."""
        assert self._where is not None
        near = tick - self._where.ticks(play.ahead)
        while near > self._where.place:
            self._changed.clear()
            await self._wait(self._where.until(near), None)

    async def _say(self, text: str) -> None:
        """Sends a message that counts, when the link takes it."""
        size = len(text.encode())
        await self._paced(size)
        self._pacer.sent(self._count, size)
        self._count += 1
        await self._socket.send_str(text)

    async def _tell_over(self, film: WatchedFilm) -> None:
        now = time.monotonic()
        if now - self._end_told > END_AGAIN:
            self._end_told = now
            await self._socket.send_str(told("end", sections=len(film.plan.pieces)))
