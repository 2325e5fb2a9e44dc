# SPDX-License-Identifier: Apache-2.0
"""A real server on a loopback port, in a thread of its own, and bare HTTP requests to it."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("aiohttp", reason="the extra 'stream' is not installed")

from mtor_transcode.stream.server import StreamServer
from mtor_transcode.stream.settings import Settings

SAMPLES = Path(__file__).parents[1] / "samples"


@dataclass
class Answer:
    """What came back: headers by lower-case name."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class Served:
    """A server at work and the loop that it runs in."""

    server: StreamServer
    loop: asyncio.AbstractEventLoop

    @property
    def port(self) -> int:
        return self.server.port

    def ask(self, path: str, method: str = "GET", body: bytes | None = None, **headers: str) -> Answer:
        """One request, its path sent as it is; underscores in names of headers stand for hyphens."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        with contextlib.closing(connection):
            connection.request(method, path, body, named)
            got = connection.getresponse()
            return Answer(got.status, {name.lower(): value for name, value in got.getheaders()}, got.read())


@contextlib.contextmanager
def served(library: Path = SAMPLES, **options: Any) -> Iterator[Served]:
    """A server of that folder while the block lasts; its own errors are raised here."""
    settings = Settings(library=library, **{"port": 0, **options})
    ready: threading.Event = threading.Event()
    found: list[Served] = []
    errors: list[BaseException] = []
    over: list[asyncio.Event] = []

    async def run() -> None:
        over.append(asyncio.Event())
        async with StreamServer(settings) as server:
            found.append(Served(server, asyncio.get_running_loop()))
            ready.set()
            await over[0].wait()

    def work() -> None:
        try:
            asyncio.run(run())
        except BaseException as error:
            errors.append(error)
        ready.set()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    assert ready.wait(60)
    if errors:
        raise errors[0]
    try:
        yield found[0]
    finally:
        found[0].loop.call_soon_threadsafe(over[0].set)
        thread.join(30)
    assert not thread.is_alive()
    assert not errors, errors
