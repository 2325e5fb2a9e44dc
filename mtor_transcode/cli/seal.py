# SPDX-License-Identifier: Apache-2.0
"""``mtor seal`` and ``mtor unseal``: films that only recipients can read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mtor_transcode.cli.console import emit, note
from mtor_transcode.cli.options import AsJson, Film
from mtor_transcode.cli.words import bytes_of, counted

Output = Annotated[Path, typer.Option("-o", "--output", help="The file to write.", show_default=False)]
Sealed = Annotated[Path, typer.Argument(metavar="SEALED", help="A sealed film.", show_default=False)]
PrivateKey = Annotated[Path, typer.Option("--key", help="Your private key (.key).", show_default=False)]
Recipients = Annotated[
    list[Path],
    typer.Option("--to", help="A recipient's public key (.pub); several may be.", show_default=False),
]


def seal(
    film: Film,
    output: Output,
    to: Recipients,
    title: Annotated[
        str, typer.Option("--title", help="A title that everyone may read.", show_default=False)
    ] = "",
    hide_recipients: Annotated[
        bool, typer.Option("--hide-recipients", help="Leave out the ids of their keys.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Seal a .mtor, so that only recipients can read it."""
    from mtor_transcode import api

    done = api.seal(film, output, to, title=title, hidden=hide_recipients)
    if as_json:
        emit("result", done.to_json())
        return
    share = 100 * done.added_bytes / (done.bytes - done.added_bytes)
    note(
        f"{done.output}: sealed to {counted(len(done.recipients), 'key')}, "
        f"{bytes_of(done.added_bytes)} ({share:.1f}%) more"
    )


def unseal(sealed: Sealed, output: Output, key: PrivateKey, as_json: AsJson = False) -> None:
    """Open a sealed film that was sealed to your key."""
    from mtor_transcode import api

    done = api.unseal(sealed, output, key)
    if as_json:
        emit("result", done.to_json())
        return
    note(f"{done.output}: {bytes_of(done.bytes)}, opened with key {done.key}")
