# SPDX-License-Identifier: Apache-2.0
"""The WebSocket side (``docs/wire.md``): requests in, sections out as the link takes them."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from aiohttp import WSCloseCode, web

from mtor_transcode.errors import MtorError
from mtor_transcode.stream.films import Films
from mtor_transcode.stream.guard import same_origin
from mtor_transcode.stream.messages import BINARY, MOST_BYTES, PROTOCOLS
from mtor_transcode.stream.reciting import JsonViewer
from mtor_transcode.stream.viewers import Viewer

HEARTBEAT: Final = 30.0
"""Seconds between pings; a client that is silent for half of that again is gone."""

_BUFFER: Final = 1 << 14

_log = logging.getLogger(__name__)


class Sockets:
    """Takes connections to the socket."""

    def __init__(self, films: Films) -> None:
        self._films = films

    def routes(self) -> list[web.RouteDef]:
        """Where the socket is."""
        return [web.get("/socket", self._handle)]

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        if not same_origin(request):
            raise web.HTTPForbidden(text="the socket is for pages of this server")
        if request.headers.get("Upgrade", "").lower() != "websocket":
            raise web.HTTPUpgradeRequired(text="a WebSocket is needed", headers={"Upgrade": "websocket"})
        socket = web.WebSocketResponse(
            protocols=PROTOCOLS,
            heartbeat=HEARTBEAT,
            max_msg_size=MOST_BYTES,
            compress=False,
            writer_limit=_BUFFER,
        )
        try:
            await socket.prepare(request)
        except ConnectionError:
            # Gone already: there is nobody to answer, and nothing wrong with the server.
            return socket
        if request.transport is not None:
            request.transport.set_write_buffer_limits(high=_BUFFER)
        if socket.ws_protocol not in PROTOCOLS:
            reason = f"offer the subprotocol {' or '.join(PROTOCOLS)}".encode()
            await socket.close(code=WSCloseCode.PROTOCOL_ERROR, message=reason)
            return socket
        viewer = (Viewer if socket.ws_protocol == BINARY else JsonViewer)(socket, self._films)
        try:
            await viewer.run()
        except (ConnectionError, MtorError) as error:
            _log.debug("a viewer left: %s", error)
        finally:
            await viewer.close()
            _let_go(request.transport)
        return socket


def _let_go(transport: asyncio.BaseTransport | None) -> None:
    """Ends a connection whose client takes nothing: closing it would wait for that for ever."""
    if isinstance(transport, asyncio.WriteTransport) and transport.get_write_buffer_size():
        transport.abort()
