# SPDX-License-Identifier: Apache-2.0
"""The server: one asyncio loop, aiohttp for HTTP/1.1 and WebSockets on one port.

aiohttp rather than ``websockets``: the latter's HTTP is for handshakes alone (no HEAD, a whole answer in
memory, one request a connection), while browsers on slow links want connections that stay, and ranges of
large films. ``websockets`` is the client of the tests, as a second opinion on the wire.
"""

from __future__ import annotations

import asyncio
import errno
import os
import ssl
from types import TracebackType
from typing import Any, Final, Self

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from mtor_transcode.errors import InputError, OutputError
from mtor_transcode.stream.bearers import Bearers
from mtor_transcode.stream.films import Films
from mtor_transcode.stream.guard import FIRST_REQUEST_SECONDS, LOOPBACK, Guard, add_headers
from mtor_transcode.stream.headers import SECURITY
from mtor_transcode.stream.http import Site
from mtor_transcode.stream.library import Library
from mtor_transcode.stream.posters import Posters
from mtor_transcode.stream.settings import Settings
from mtor_transcode.stream.sockets import Sockets

GUARDED: Final = ("/catalogue.json", "/films/", "/dictionaries/", "/textures/", "/socket")
"""Addresses that need a token, where the owner has made some."""

_KEEP_ALIVE: Final = 75.0
_NO_LOG: Any = None
_CLOSING_SECONDS: Final = 2.0
_BACKLOG: Final = 1024


class StreamServer:
    """Serves a library while the block lasts: ``async with StreamServer(settings) as server``.

    Raises InputError, UsageError for a library, tokens or certificates that cannot serve, OutputError for a
    port that cannot be had.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._tls = _tls(settings)
        self._bearers = None if settings.token_file is None else Bearers(settings.token_file)
        self.library = Library(settings.library)
        self._posters = Posters()
        self._guard = Guard(self._bearers, GUARDED, settings.requests, local=settings.host in LOOPBACK)
        self._site = Site(self.library, self._posters, guarded=self._bearers is not None)
        self._films = Films(self.library)
        self._sockets = Sockets(self._films)
        self._runner: web.AppRunner | None = None
        self._server: asyncio.Server | None = None

    @property
    def port(self) -> int:
        """The port that it listens on."""
        assert self._server is not None
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    @property
    def address(self) -> str:
        """Where the catalogue is."""
        host = f"[{self._settings.host}]" if ":" in self._settings.host else self._settings.host
        return f"{'http' if self._tls is None else 'https'}://{host}:{self.port}/"

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(self.library.refresh)
        self._runner = web.AppRunner(
            self._application(), shutdown_timeout=_CLOSING_SECONDS, handle_signals=False
        )
        await self._runner.setup()
        await self._listen()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()
        if self._runner is not None:
            await self._runner.cleanup()
        self._films.close()
        self._posters.close()

    def _application(self) -> web.Application:
        application = web.Application(middlewares=[self._guard.middleware], client_max_size=1)
        application.on_response_prepare.append(add_headers)
        application.add_routes([*self._site.routes(), *self._site.guarded_routes(), *self._sockets.routes()])
        return application

    async def _listen(self) -> None:
        settings = self._settings
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(
                self._connection,
                settings.host,
                settings.port,
                ssl=self._tls,
                ssl_handshake_timeout=None if self._tls is None else FIRST_REQUEST_SECONDS,
                backlog=_BACKLOG,
            )
        except OSError as error:
            await self._runner_cleanup()
            raise _no_port(error, settings) from error

    async def _runner_cleanup(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def _connection(self) -> asyncio.Protocol:
        """A new connection's protocol; where there are too many, one that hangs up."""
        assert self._runner is not None
        made: Any = self._runner.server
        if len(made.connections) >= self._settings.viewers:
            return _HangUp()
        loop = asyncio.get_running_loop()
        protocol = _Connection(made, loop=loop, access_log=_NO_LOG, keepalive_timeout=_KEEP_ALIVE)
        self._guard.watch(protocol)
        return protocol


class _Connection(web.RequestHandler):
    """One connection. What is no HTTP is the client's fault: it is not logged, nor said back to it."""

    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """The answer to a request that cannot be read, or that failed; none to a client that has gone."""
        if isinstance(exc, ConnectionError):
            raise exc
        if not isinstance(exc, HttpProcessingError):
            return super().handle_error(request, status, exc, message)
        answer = web.Response(status=status, text="this is no request", headers=SECURITY)
        answer.force_close()
        return answer


class _HangUp(asyncio.Protocol):
    """Takes no connection: the house is full."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.abort()


def _no_port(error: OSError, settings: Settings) -> OutputError:
    where = f"{settings.host}:{settings.port}"
    if error.errno == errno.EADDRINUSE:
        return OutputError("the port is in use", where=where, remedy="choose another --port, or 0 for any")
    if error.errno == errno.EACCES:
        return OutputError("the port may not be used", where=where, remedy="choose a --port above 1023")
    # Errors of names have numbers of their own, below 0.
    number = error.errno or 0
    reason = os.strerror(number) if number > 0 else error.strerror or str(error)
    return OutputError(f"cannot listen: {reason.lower()}", where=where, remedy="check --host and --port")


def _tls(settings: Settings) -> ssl.SSLContext | None:
    if settings.cert is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        # A password would be asked for on a terminal, where nobody may be.
        context.load_cert_chain(settings.cert, settings.key, password=lambda: b"")
    except OSError as error:
        files = [path for path in (settings.cert, settings.key) if path is not None]
        lost = [path for path in files if not os.access(path, os.R_OK)]
        raise InputError(
            "cannot be read" if lost else "is no certificate with its key, or the key has a password",
            where=" and ".join(map(str, lost or files)),
            remedy="give PEM files with --cert and --key",
        ) from error
    return context
