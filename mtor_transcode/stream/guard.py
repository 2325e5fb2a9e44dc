# SPDX-License-Identifier: Apache-2.0
"""What stands before every request: rates, tokens, names of hosts, security headers, idle connections."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final
from urllib.parse import urlsplit
from weakref import WeakSet

from aiohttp import web

from mtor_transcode.stream import headers
from mtor_transcode.stream.bearers import Bearers, of_header, of_protocols
from mtor_transcode.stream.rates import Addresses

LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})

FIRST_REQUEST_SECONDS: Final = 20.0
"""So long may a new connection take to its first whole request."""

_BURST_SECONDS: Final = 10.0
"""Requests of so many seconds may come at once."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_log = logging.getLogger(__name__)


class Guard:
    """Checks requests. Addresses that begin with one of ``guarded`` need a token of ``bearers``, if given."""

    def __init__(
        self, bearers: Bearers | None, guarded: tuple[str, ...], rate: float, *, local: bool
    ) -> None:
        self._bearers = bearers
        self._guarded = guarded
        self._addresses = Addresses(rate, rate * _BURST_SECONDS)
        self._local = local
        self._heard: WeakSet[asyncio.BaseTransport] = WeakSet()

    @property
    def middleware(self) -> Any:
        """The checks, as aiohttp takes them."""

        @web.middleware
        async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
            self._check(request)
            return await handler(request)

        return check

    def _check(self, request: web.Request) -> None:
        if request.transport is not None:
            self._heard.add(request.transport)
        if not self._addresses.take(request.remote or ""):
            raise web.HTTPTooManyRequests(text="too many requests", headers={"Retry-After": "10"})
        if request.body_exists:
            raise web.HTTPBadRequest(text="requests have no body here")
        # A page elsewhere could make its own name point to this machine (DNS rebinding): ours count alone.
        if self._local and (host_of(request.headers.get("Host")) not in LOOPBACK):
            raise web.HTTPMisdirectedRequest(text="this server answers to localhost only")
        if self._bearers is not None and request.path.startswith(self._guarded):
            self._admit(request, self._bearers)

    def _admit(self, request: web.Request, bearers: Bearers) -> None:
        token = of_header(request.headers.get("Authorization"))
        if token is None:
            token = of_protocols(request.headers.get("Sec-WebSocket-Protocol"))
        if not bearers.admits(token):
            raise web.HTTPUnauthorized(text="a token is needed", headers={"WWW-Authenticate": "Bearer"})

    def watch(self, protocol: Any) -> None:
        """Closes a new connection that does not come to its first request in time."""
        loop = asyncio.get_running_loop()
        loop.call_later(FIRST_REQUEST_SECONDS, self._drop_silent, protocol)

    def _drop_silent(self, protocol: Any) -> None:
        transport: asyncio.Transport | None = protocol.transport
        if transport is not None and transport not in self._heard:
            transport.abort()


def host_of(header: str | None) -> str:
    """The name in a Host header or an origin, without port; empty if there is none."""
    text = header or ""
    try:
        return urlsplit(text if "//" in text else f"//{text}").hostname or ""
    except ValueError:
        return ""


def same_origin(request: web.Request) -> bool:
    """Whether a WebSocket comes from our own page, or from a program (which sends no origin)."""
    origin = request.headers.get("Origin")
    if origin is None:
        return True
    try:
        return bool(urlsplit(origin).netloc) and urlsplit(origin).netloc == request.headers.get("Host")
    except ValueError:
        return False


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Adds the headers that all answers have."""
    for name, value in headers.SECURITY.items():
        response.headers[name] = value
    response.headers.setdefault("Cache-Control", headers.NEVER)
    if request.secure:
        response.headers["Strict-Transport-Security"] = headers.STRICT_TRANSPORT
