# SPDX-License-Identifier: Apache-2.0
"""``mtor export``: MTOR as RFC JSON, or through an exporter plugin."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mtor_transcode.cli.console import emit, note, warn
from mtor_transcode.cli.options import AsJson, Dictionary, Film
from mtor_transcode.cli.words import bytes_of, counted
from mtor_transcode.errors import UsageError


def export_film(
    film: Film,
    output: Annotated[Path, typer.Option("-o", "--output", help="The folder to write.", show_default=False)],
    to: Annotated[str, typer.Option("--to", help="json, or what a plugin offers (mtor plugins).")] = "json",
    option: Annotated[
        list[str] | None, typer.Option("--option", help="NAME=VALUE for a plugin.", show_default=False)
    ] = None,
    dictionary: Dictionary = None,
    as_json: AsJson = False,
) -> None:
    """Export a .mtor as RFC JSON or in a plugin's format."""
    from mtor_transcode import api

    result = api.export(film, output, to=to, options=_pairs(option or []), dictionary=dictionary)
    for line in result.warnings:
        warn(line)
    if as_json:
        emit("result", result.to_json())
        return
    note(f"{result.output}: {counted(len(result.files), 'file')}, {bytes_of(result.bytes)}")


def _pairs(words: list[str]) -> dict[str, str]:
    for word in words:
        if "=" not in word:
            raise UsageError(f"{word!r} has no value", where="option", remedy="write NAME=VALUE")
    return dict(word.split("=", 1) for word in words)
