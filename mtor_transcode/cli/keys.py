# SPDX-License-Identifier: Apache-2.0
"""``mtor keys``: keys to sign films with and to seal them to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mtor_transcode.cli.console import emit, say
from mtor_transcode.cli.options import AsJson

if TYPE_CHECKING:
    from mtor_transcode.api.results import KeyResult

keys = typer.Typer(help="Keys to sign films with and to seal them to.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="Name of the files to write, without ending.", show_default=False)]
KeyFile = Annotated[Path, typer.Argument(metavar="KEY", help="A .key or .pub file.", show_default=False)]
OldKey = Annotated[Path, typer.Argument(metavar="OLD", help="The .key file to replace.", show_default=False)]
Sealing = Annotated[bool, typer.Option("--sealing", help="To seal films to, not to sign with.")]


@keys.command("new")
def new(name: Name, sealing: Sealing = False, as_json: AsJson = False) -> None:
    """Make a pair of keys: NAME.key, which stays secret, and NAME.pub."""
    from mtor_transcode import api

    _tell(api.new_keys(name, sealing=sealing), as_json=as_json)


@keys.command("show")
def show(key: KeyFile, as_json: AsJson = False) -> None:
    """Show what a key is for, and its id."""
    from mtor_transcode import api

    _tell(api.show_key(key), as_json=as_json)


@keys.command("rotate")
def rotate(old: OldKey, name: Name, as_json: AsJson = False) -> None:
    """Make a pair that takes an old key's place; NAME.rotation is the old key's word for it."""
    from mtor_transcode import api

    _tell(api.rotate_keys(old, name), as_json=as_json)


def _tell(found: KeyResult, *, as_json: bool) -> None:
    if as_json:
        emit("result", found.to_json())
        return
    say(f"{found.kind} key {found.id}")
    for what, path in (("private", found.private), ("public", found.public)):
        if path is not None:
            say(f"  {what} {path}")
