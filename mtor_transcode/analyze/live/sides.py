# SPDX-License-Identifier: Apache-2.0
"""Sound and text of a source that is read while it comes: written as far as they are there.

Of a stream each is read by a thread of its own, so that pictures never wait for a track that is silent: what
comes late is written with a later span. Of a file they are read as they are needed, always to the same bytes.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Final, Generic, TypeVar

from mtor_transcode.analyze.film.beside import Beside
from mtor_transcode.ingest.growing import Growing
from mtor_transcode.model import AudioInfo, AudioPacket, Subtitle

LATEST: Final = 1.0
"""Seconds for which a span waits for its sound, where the sound that is there has not been read yet."""

_LOOKS: Final = 0.02

Item = TypeVar("Item")


class Lane(Generic[Item]):
    """Items of a track in order, of which those before a time are taken; ``time`` tells an item's."""

    def __init__(
        self, items: Iterator[Item], time: Callable[[Item], Fraction], growing: Growing | None
    ) -> None:
        self._items = items
        self._time = time
        self._growing = growing
        self._come: deque[Item] = deque()
        self._over = False
        self._error: BaseException | None = None
        self._thread: threading.Thread | None = None
        if growing is not None:
            self._thread = threading.Thread(target=self._read, name="mtor track", daemon=True)
            self._thread.start()

    def before(self, seconds: Fraction | None) -> list[Item]:
        """Takes the items before a time (None: all), as far as they are there. Raises what reading raised."""
        self._fetch(seconds)
        if self._error is not None:
            raise self._error
        found: list[Item] = []
        while self._come and (seconds is None or self._time(self._come[0]) < seconds):
            found.append(self._come.popleft())
        return found

    def close(self) -> None:
        """Waits for the thread, if there is one; its stream has to be closed before."""
        if self._thread is not None:
            self._thread.join()

    def _fetch(self, seconds: Fraction | None) -> None:
        if self._thread is None:
            while not self._over and not self._reaches(seconds):
                item = next(self._items, None)
                if item is None:
                    self._over = True
                else:
                    self._come.append(item)
            return
        if seconds is None:
            self._thread.join()
            return
        waited = 0.0
        while not self._over and not self._reaches(seconds) and waited < LATEST:
            if self._growing is not None and self._growing.is_starving(self._thread.ident or 0):
                return
            self._thread.join(_LOOKS)
            waited += _LOOKS

    def _reaches(self, seconds: Fraction | None) -> bool:
        return bool(self._come) and seconds is not None and self._time(self._come[-1]) >= seconds

    def _read(self) -> None:
        try:
            for item in self._items:
                self._come.append(item)
        except BaseException as error:
            self._error = error
        self._over = True


class LiveSides:
    """Writes sound and text beside the spans of a film under way."""

    def __init__(
        self,
        beside: Beside,
        sound: tuple[AudioInfo, Iterator[AudioPacket]] | None,
        lines: Iterator[Subtitle],
        time_base: Fraction,
        growing: Growing | None,
    ) -> None:
        self._beside = beside
        self._time_base = time_base
        self._sound: Lane[AudioPacket] | None = None
        if sound is not None:
            rate = sound[0].sample_rate
            self._sound = Lane(sound[1], lambda packet: Fraction(packet.pts, rate), growing)
        self._text = Lane(lines, lambda line: Fraction(line.start, 1000), growing)

    def up_to(self, end: int | None) -> None:
        """Write what begins before tick ``end`` and has come (None: all that is left)."""
        limit = None if end is None else end * self._time_base
        packets = [] if self._sound is None else self._sound.before(limit)
        self._beside.add(packets, self._text.before(limit))
        self._beside.up_to(end)

    def close(self) -> None:
        """Ends the threads; the source has to be closed before."""
        for lane in (self._sound, self._text):
            if lane is not None:
                lane.close()
