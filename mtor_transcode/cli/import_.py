# SPDX-License-Identifier: Apache-2.0
"""``mtor import``: RFC JSON, exported or hand-written, to MTOR."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mtor_transcode.cli.console import emit, note, warn
from mtor_transcode.cli.options import AsJson
from mtor_transcode.cli.words import bytes_of


def import_film(
    folder: Annotated[Path, typer.Argument(help="A folder with tokens.jsonl.", show_default=False)],
    output: Annotated[Path, typer.Option("-o", "--output", help="The .mtor to write.", show_default=False)],
    as_json: AsJson = False,
) -> None:
    """Import RFC JSON as a .mtor."""
    from mtor_transcode import api

    result = api.import_(folder, output)
    for line in result.warnings:
        warn(line)
    if as_json:
        emit("result", result.to_json())
        return
    note(f"{result.output}: {bytes_of(result.bytes)}")
