# SPDX-License-Identifier: Apache-2.0
"""``mtor serve``: films to browsers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mtor_transcode.cli.console import emit, flush, say, warn
from mtor_transcode.cli.options import AsJson
from mtor_transcode.cli.words import counted

if TYPE_CHECKING:
    from mtor_transcode.api.serving import Serving

_HERE = "127.0.0.1"


def serve(
    library: Annotated[Path, typer.Argument(help="The folder of the films.", show_default=False)],
    port: Annotated[int, typer.Option("--port", help="Where to listen; 0 takes a free port.")] = 8000,
    host: Annotated[str, typer.Option("--host", help="The address to listen on.")] = _HERE,
    token_file: Annotated[
        Path | None,
        typer.Option("--token-file", help="Who may watch: a bearer token a line.", show_default=False),
    ] = None,
    cert: Annotated[
        Path | None, typer.Option("--cert", help="TLS: the certificate (PEM).", show_default=False)
    ] = None,
    key: Annotated[
        Path | None, typer.Option("--key", help="TLS: its private key (PEM).", show_default=False)
    ] = None,
    viewers: Annotated[int, typer.Option("--viewers", help="Connections at a time.")] = 2000,
    as_json: AsJson = False,
) -> None:
    """Serve a folder of films to browsers, until Ctrl+C."""
    from mtor_transcode.api.serving import serve as run

    def started(serving: Serving) -> None:
        _tell(serving, as_json=as_json)

    run(
        library,
        host=host,
        port=port,
        token_file=token_file,
        cert=cert,
        key=key,
        viewers=viewers,
        started=started,
    )


def _tell(serving: Serving, *, as_json: bool) -> None:
    for name, why in serving.refused.items():
        warn(f"{name} is left out: {why}")
    if as_json:
        facts = {"films": serving.films, "sealed": serving.sealed}
        emit("serving", {"address": serving.address, "port": serving.port, **facts})
        return
    sealed = f" and {counted(serving.sealed, 'sealed film')}" if serving.sealed else ""
    say(f"{counted(serving.films, 'film')}{sealed} at {serving.address} (Ctrl+C ends it)")
    flush()
