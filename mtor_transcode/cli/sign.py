# SPDX-License-Identifier: Apache-2.0
"""``mtor sign`` and ``mtor verify``: signatures of films."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mtor_transcode.cli.console import emit, note, say
from mtor_transcode.cli.options import AsJson, Dictionary, Film
from mtor_transcode.cli.words import bytes_of, counted

Output = Annotated[Path, typer.Option("-o", "--output", help="The .mtor to write.", show_default=False)]
PrivateKey = Annotated[Path, typer.Option("--key", help="The private key (.key).", show_default=False)]
PublicKeys = Annotated[
    list[Path],
    typer.Option("--key", help="A public key (.pub) to trust; several may be.", show_default=False),
]
Rotations = Annotated[
    list[Path] | None,
    typer.Option("--rotation", help="A .rotation from a trusted key to a newer one.", show_default=False),
]


def sign(
    film: Film,
    output: Output,
    key: PrivateKey,
    strength: Annotated[
        int, typer.Option("--strength", help="Bits of the hashes: 64, 96 or 128.", show_default=True)
    ] = 96,
    replace: Annotated[bool, typer.Option("--replace", help="Take away signatures that it has.")] = False,
    as_json: AsJson = False,
) -> None:
    """Sign a .mtor, so that viewers can tell it from what others made of it."""
    from mtor_transcode import api

    done = api.sign(film, output, key, strength=strength, replace=replace)
    if as_json:
        emit("result", done.to_json())
        return
    share = 100 * done.signature_bytes / (done.bytes - done.signature_bytes)
    note(
        f"{done.output}: {counted(done.signatures, 'signature')} by key {done.key} over "
        f"{counted(done.sections, 'section')}, {bytes_of(done.signature_bytes)} ({share:.1f}%) more"
    )


def verify(
    film: Film,
    key: PublicKeys,
    rotation: Rotations = None,
    dictionary: Dictionary = None,
    as_json: AsJson = False,
) -> None:
    """Check that a .mtor is whole and as its publisher signed it."""
    from mtor_transcode import api

    found = api.verify(film, key, rotations=rotation or [], dictionary=dictionary)
    if as_json:
        emit("result", found.to_json())
        return
    say(f"{found.path} is whole and as key {found.key} signed it: {counted(found.sections, 'section')}")
