# SPDX-License-Identifier: Apache-2.0
"""Bad links on one machine, for tests and benchmarks, by seed.

A proxy that is slow, late and at times away; a relay that drops whole messages, as datagrams would be.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Final

import aiohttp
from aiohttp import web

_CHUNK: Final = 256
_BUFFER: Final = 4096
"""Bytes that sockets of the proxy hold: a queue on the way, not a bottomless one."""

_QUEUE: Final = 16
_HIDDEN: Final = frozenset({"connection", "content-length", "transfer-encoding", "content-encoding", "date"})


@dataclass(frozen=True, slots=True)
class Shape:
    """A link: ``rate`` in bit/s each way (None: any), ``delay`` and ``jitter`` in seconds one way.

    In each of ``outages`` (start, duration: seconds from the proxy's start) nothing passes.
    """

    rate: float | None = None
    delay: float = 0.0
    jitter: float = 0.0
    outages: Sequence[tuple[float, float]] = ()
    seed: int = 1


class _Way:
    """One direction of a connection: what is read leaves at the link's rate and arrives later, in order."""

    def __init__(self, shape: Shape, began: float, chance: random.Random) -> None:
        self._shape = shape
        self._began = began
        self._chance = chance
        self._free = 0.0
        self._arrived = 0.0

    async def carry(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        """Carries all from one to the other."""
        queue: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(_QUEUE)
        arriving = asyncio.create_task(self._deliver(queue, target))
        try:
            while data := await source.read(_CHUNK):
                await queue.put((await self._passed(len(data)), data))
            await queue.put((0.0, b""))
            await arriving
        except (ConnectionError, asyncio.CancelledError):
            arriving.cancel()
        finally:
            target.close()

    async def _passed(self, count: int) -> float:
        """Waits until so many bytes have left; when they arrive."""
        loop = asyncio.get_running_loop()
        shape = self._shape
        start = self._after_outage(max(loop.time(), self._free))
        self._free = start + (8 * count / shape.rate if shape.rate else 0.0)
        await asyncio.sleep(max(0.0, self._free - loop.time()))
        late = shape.delay + self._chance.uniform(0, shape.jitter)
        self._arrived = max(self._arrived, self._free + late)
        return self._arrived

    def _after_outage(self, at: float) -> float:
        for start, duration in self._shape.outages:
            if self._began + start <= at < self._began + start + duration:
                return self._began + start + duration
        return at

    async def _deliver(self, queue: asyncio.Queue[tuple[float, bytes]], target: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        while True:
            at, data = await queue.get()
            if not data:
                return
            await asyncio.sleep(max(0.0, at - loop.time()))
            target.write(data)
            await target.drain()


@contextlib.asynccontextmanager
async def shaped(port: int, shape: Shape) -> AsyncIterator[int]:
    """A TCP proxy on a loopback port (which it gives) to ``port``, as a link of that shape."""
    began = asyncio.get_running_loop().time()
    chance = random.Random(shape.seed)
    tasks: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream = socket.create_connection(("127.0.0.1", port))
        upstream.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        upstream.setblocking(False)
        try:
            there, back = await asyncio.open_connection(sock=upstream, limit=_BUFFER)
        except OSError:
            writer.close()
            return
        ways = (
            _Way(shape, began, chance).carry(reader, back),
            _Way(shape, began, chance).carry(there, writer),
        )
        await asyncio.gather(*ways, return_exceptions=True)

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # A task of our own: asyncio complains of cancelled ones that it made for a connection.
        task = asyncio.create_task(connected(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(accept, "127.0.0.1", 0, limit=_BUFFER)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@dataclass(slots=True)
class Dropped:
    """Messages that a relay has passed on and dropped so far."""

    passed: int = 0
    dropped: int = 0


@contextlib.asynccontextmanager
async def dropping(port: int, share: float, seed: int = 1) -> AsyncIterator[tuple[int, Dropped]]:
    """A relay on a loopback port (which it gives) that drops a ``share`` of sockets' messages, both ways.

    Plain HTTP passes unharmed.
    """
    chance = random.Random(seed)
    counts = Dropped()
    base = f"http://127.0.0.1:{port}"

    async def passed_on(
        source: aiohttp.ClientWebSocketResponse | web.WebSocketResponse,
        target: aiohttp.ClientWebSocketResponse | web.WebSocketResponse,
    ) -> None:
        async for message in source:
            if chance.random() < share:
                counts.dropped += 1
            elif message.type is aiohttp.WSMsgType.TEXT:
                counts.passed += 1
                await target.send_str(message.data)
            elif message.type is aiohttp.WSMsgType.BINARY:
                counts.passed += 1
                await target.send_bytes(message.data)
        await target.close()

    async def relay(request: web.Request) -> web.StreamResponse:
        if request.headers.get("Upgrade", "").lower() != "websocket":
            return await fetched(request)
        asked = request.headers.get("Sec-WebSocket-Protocol", "").replace(" ", "").split(",")
        async with session.ws_connect(base + request.path_qs, protocols=asked, max_msg_size=0) as upstream:
            here = web.WebSocketResponse(protocols=[upstream.protocol or ""], compress=False)
            await here.prepare(request)
            await asyncio.gather(passed_on(here, upstream), passed_on(upstream, here), return_exceptions=True)
        return here

    async def fetched(request: web.Request) -> web.StreamResponse:
        headers = {name: value for name, value in request.headers.items() if name.lower() != "host"}
        async with session.get(base + request.path_qs, headers=headers, auto_decompress=False) as answer:
            kept = {name: value for name, value in answer.headers.items() if name.lower() not in _HIDDEN}
            if "Content-Encoding" in answer.headers:
                kept["Content-Encoding"] = answer.headers["Content-Encoding"]
            return web.Response(status=answer.status, headers=kept, body=await answer.read())

    async with aiohttp.ClientSession() as session:
        application = web.Application()
        application.router.add_get("/{path:.*}", relay)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        try:
            listening = runner.addresses[0]
            yield int(listening[1]), counts
        finally:
            await runner.cleanup()
