# SPDX-License-Identifier: Apache-2.0
"""What may be under way: with a clock of the test's own, and over a shaped link."""

from __future__ import annotations

import asyncio

import pytest

from mtor_transcode.stream import pacing
from mtor_transcode.stream.links import Shape, shaped
from mtor_transcode.stream.pacing import Pacer


class Path:
    """A link of ``rate`` bit/s and ``delay`` s with a queue without end, and a pacer that sends over it."""

    def __init__(self, rate: float, delay: float, wish: float | None = None) -> None:
        self.now = 0.0
        self.rate, self.delay = rate, delay
        self.pacer = Pacer(wish, lambda: self.now)
        self.free = 0.0
        self.coming: list[tuple[float, int]] = []
        self.message = 0
        self.bytes = 0
        self.worst = 0.0

    def run(self, seconds: float, size: int = 500, *, acknowledged: bool = True) -> None:
        end = self.now + seconds
        while self.now < end:
            while self.pacer.wait(size) <= 0:
                self.free = max(self.free, self.now) + 8 * size / self.rate
                self.worst = max(self.worst, self.free - self.now)
                self.coming.append((self.free + self.delay, self.message))
                self.pacer.sent(self.message, size)
                self.message += 1
                self.bytes += size
            self.now += 0.01
            while self.coming and self.coming[0][0] <= self.now:
                _, message = self.coming.pop(0)
                if acknowledged:
                    self.pacer.came(message)


@pytest.mark.parametrize("rate", [16_000, 64_000, 2_000_000])
def test_a_link_is_filled_and_its_queue_stays_short(rate: float) -> None:
    path = Path(rate, 0.1)
    path.run(10)
    path.bytes, path.worst = 0, 0.0
    path.run(20)
    assert 8 * path.bytes / 20 > 0.85 * rate
    assert path.worst < 2.5
    assert path.pacer.link_rate() == pytest.approx(rate, rel=0.2)


def test_a_slower_link_shrinks_what_is_under_way() -> None:
    path = Path(500_000, 0.05)
    path.run(10)
    wide = path.pacer.window
    path.rate = 16_000
    path.run(30)
    assert path.pacer.window < wide / 4
    path.worst = 0.0
    path.run(10)
    assert path.worst < 2.5


def test_the_viewers_own_rate_is_kept() -> None:
    path = Path(1_000_000, 0.01, wish=8000)
    path.run(30)
    assert 8 * (path.bytes - pacing.LEAST) / 30 <= 8100


def test_silence_stops_the_flow_but_for_a_trickle() -> None:
    path = Path(64_000, 0.05)
    path.run(60, acknowledged=False)
    assert path.bytes < pacing.START * (60 / pacing.SILENCE + 2)


def test_what_is_lost_counts_as_come() -> None:
    path = Path(64_000, 0.05)
    path.run(1)
    path.coming.clear()
    path.run(20)
    assert path.pacer.link_rate() > 50_000


def test_a_client_that_talks_but_got_nothing_is_not_waited_for_for_ever() -> None:
    """All that was under way was lost, and the last message before it is told again each second."""
    path = Path(64_000, 0.05)
    path.run(3)
    path.pacer.came(path.message - 1)
    last = path.message - 1
    path.run(0.2)
    path.coming.clear()
    before = path.bytes
    for _ in range(10):
        path.now += 1
        path.pacer.came(last)
    path.run(1)
    assert path.bytes > before


def test_the_slowest_links_are_waited_for() -> None:
    """What takes longer than the silence of a client that has gone is not lost while it talks."""
    path = Path(3500, 0.1)
    for _ in range(120):
        path.run(1)
        path.pacer.came(-1)
    assert path.worst < 30


def test_a_shaped_link_is_as_slow_as_it_says() -> None:
    async def run() -> tuple[float, bytes]:
        async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(await reader.readexactly(1000))
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(echo, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with shaped(port, Shape(rate=32_000, delay=0.1, outages=[(0.0, 0.3)])) as proxy:
            clock = asyncio.get_running_loop().time
            begun = clock()
            reader, writer = await asyncio.open_connection("127.0.0.1", proxy)
            writer.write(bytes(1000))
            data = await reader.read(-1)
            writer.close()
            took = clock() - begun
        server.close()
        return took, data

    took, data = asyncio.run(run())
    assert data == bytes(1000)
    assert took >= 0.3 + 0.25 + 0.1 + 0.06 + 0.1
