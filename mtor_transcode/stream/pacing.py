# SPDX-License-Identifier: Apache-2.0
"""How much may be under way to a client: little enough that what is sent next is not late before it leaves.

TCP takes megabytes into buffers on the way; on a link of 16 kbit/s that is minutes. So the client tells which
messages have come, and what is under way is held to about a second of what the link carries.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

LEAST: Final = 3000
"""Bytes that may be under way in any case."""

START: Final = 6000
MOST: Final = 1 << 20

SOON: Final = 0.4
"""Seconds: what comes so soon says that the link takes more."""

LATE: Final = 1.5
"""Seconds: what takes so long says that too much is under way."""

SILENCE: Final = 4.0
"""Seconds without news after which what was under way counts as lost."""

STUCK: Final = 2 * SILENCE
"""The same where the client talks, but nothing came to it; the slowest links take that long for a window."""

_RATE_SECONDS: Final = 4.0


@dataclass(frozen=True, slots=True)
class _Sent:
    message: int
    total: int
    at: float


class Pacer:
    """The window of one client. ``rate`` is its own wish in bit/s, None for what the link takes."""

    def __init__(self, rate: float | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._rate = rate
        self._window = START
        self._under_way: deque[_Sent] = deque()
        self._total = 0
        self._came = 0
        self._heard = self._arrived = clock()
        self._credit_at = clock()
        self._credit = float(LEAST)
        self._deliveries: deque[tuple[float, int]] = deque([(clock(), 0)])

    @property
    def bytes_sent(self) -> int:
        """Bytes sent so far."""
        return self._total

    @property
    def window(self) -> int:
        """Bytes that may be under way now."""
        return self._window

    def link_rate(self) -> float:
        """What came lately, bit/s; 0 while nothing is known."""
        (first, before), (last, total) = self._deliveries[0], self._deliveries[-1]
        return 8 * (total - before) / (last - first) if last - first > 0.2 else 0.0

    def wait(self, size: int) -> float:
        """Seconds until ``size`` more bytes may leave: 0 for at once, inf for not before there is news."""
        now = self._clock()
        if self._is_lost(now):
            self._came = self._total
            self._under_way.clear()
            self._window = max(LEAST, self._window // 2)
        pause = 0.0
        if self._rate is not None:
            self._credit = min(float(LEAST), self._credit + (now - self._credit_at) * self._rate / 8)
            self._credit_at = now
            pause = max(0.0, (min(size, LEAST) - self._credit) * 8 / self._rate)
        ways = self._total - self._came
        return float("inf") if ways and ways + size > self._window else pause

    def _is_lost(self, now: float) -> bool:
        """Whether what is under way will not come any more."""
        if not self._under_way:
            return False
        oldest = self._under_way[0].at
        return now - max(self._heard, oldest) > SILENCE or now - max(self._arrived, oldest) > STUCK

    def sent(self, message: int, size: int) -> None:
        """A message has left; ``message`` counts up by one."""
        self._total += size
        self._credit -= size
        self._under_way.append(_Sent(message, self._total, self._clock()))

    def came(self, message: int) -> None:
        """The client has message ``message``, and all before it, or they are lost."""
        now = self._clock()
        last: _Sent | None = None
        limited = 2 * (self._total - self._came) >= self._window
        while self._under_way and self._under_way[0].message <= message:
            last = self._under_way.popleft()
        self._heard = now
        if last is None:
            return
        self._came = last.total
        self._arrived = now
        self._deliveries.append((now, last.total))
        while len(self._deliveries) > 2 and now - self._deliveries[0][0] > _RATE_SECONDS:
            self._deliveries.popleft()
        took = now - last.at
        if took < SOON and limited:
            self._window = min(MOST, 2 * self._window)
        elif took > LATE:
            self._window = max(LEAST, min(self._window, int(self.link_rate() / 8)))
