# SPDX-License-Identifier: Apache-2.0
"""Films over the network: catalogue, player and tokens from one server."""

from __future__ import annotations

import asyncio
import importlib
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mtor_transcode.api import options as check
from mtor_transcode.api.films import StrPath
from mtor_transcode.errors import MissingExtraError, UsageError
from mtor_transcode.stream.settings import Settings

_OTHER_FILES: Final = 512
"""Files that a server has open besides its connections: films, what is sent of them, and the like."""


@dataclass(frozen=True, slots=True)
class Serving:
    """A server at work: where its catalogue is, how many films it has, what it leaves out and why.

    ``sealed`` films are not counted among ``films``.
    """

    address: str
    port: int
    films: int
    sealed: int
    refused: dict[str, str]


def serve(
    library: StrPath,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    token_file: StrPath | None = None,
    cert: StrPath | None = None,
    key: StrPath | None = None,
    viewers: int = 2000,
    started: Callable[[Serving], None] | None = None,
) -> None:
    """Serve the films in the folder ``library`` until SIGINT or SIGTERM comes.

    ``port`` 0 takes a free one; ``token_file`` has a bearer token a line, ``cert`` and ``key`` are PEM files
    and turn TLS on; at most ``viewers`` connections are open at a time. ``started`` is called once it serves.

    Raises UsageError, InputError (library, tokens, certificates), OutputError (the port cannot be had) or
    MissingExtraError.
    """
    check.in_range("port", port, 0, 65535)
    check.in_range("viewers", viewers, 1, 1_000_000)
    if key is not None and cert is None:
        raise UsageError("is of no use without a certificate", where="key", remedy="give cert, too")
    settings = Settings(
        library=Path(library),
        host=host,
        port=port,
        token_file=None if token_file is None else Path(token_file),
        cert=None if cert is None else Path(cert),
        key=None if key is None else Path(key),
        viewers=viewers,
    )
    check_extra()
    asyncio.run(_serve(settings, started))


def check_extra() -> None:
    """MissingExtraError unless what a server needs is installed."""
    try:
        importlib.import_module("aiohttp")
    except ImportError as error:
        raise MissingExtraError(
            "aiohttp is not installed", where="serve", remedy="pip install 'mtor-transcode[stream]'"
        ) from error


def _make_room(connections: int) -> None:
    """Lets the process have as many files open as it may need: by default systems allow 1,024."""
    try:
        import resource
    except ImportError:
        return  # Windows, which has no such limit.
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + _OTHER_FILES
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


async def _serve(settings: Settings, started: Callable[[Serving], None] | None) -> None:
    from mtor_transcode.stream.server import StreamServer

    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, over.set)
    _make_room(settings.viewers)
    async with StreamServer(settings) as server:
        if started is not None:
            library = server.library
            films, sealed = len(library.films()), len(library.sealed_films())
            started(Serving(server.address, server.port, films, sealed, dict(library.refused)))
        await over.wait()
