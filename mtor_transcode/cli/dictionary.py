# SPDX-License-Identifier: Apache-2.0
"""``mtor dict``: dictionaries that the films of a series share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mtor_transcode.cli.console import emit, note, say
from mtor_transcode.cli.options import AsJson, Dictionary
from mtor_transcode.cli.words import bytes_of, counted

if TYPE_CHECKING:
    from mtor_transcode.api.results import DictionaryResult

dictionaries = typer.Typer(help="Dictionaries that the films of a series share.", no_args_is_help=True)

Output = Annotated[Path, typer.Option("-o", "--output", help="The .mtordict to write.", show_default=False)]
One = Annotated[Path, typer.Argument(metavar="DICTIONARY", help="A .mtordict file.", show_default=False)]


@dictionaries.command("build")
def build(
    films: Annotated[list[Path], typer.Argument(help="Films (.mtor) of the series.", show_default=False)],
    output: Output,
    least_uses: Annotated[
        int, typer.Option("--least-uses", help="Outlines used less often are left out.", show_default=True)
    ] = 2,
    dictionary: Dictionary = None,
    as_json: AsJson = False,
) -> None:
    """Gather what films of a series have in common."""
    from mtor_transcode import api

    _tell(api.build_dictionary(films, output, least_uses=least_uses, dictionary=dictionary), as_json=as_json)


@dictionaries.command("merge")
def merge(
    dictionaries: Annotated[list[Path], typer.Argument(help="Dictionaries (.mtordict).", show_default=False)],
    output: Output,
    as_json: AsJson = False,
) -> None:
    """Make one dictionary of several."""
    from mtor_transcode import api

    _tell(api.merge_dictionaries(dictionaries, output), as_json=as_json)


@dictionaries.command("info")
def info(path: One, as_json: AsJson = False) -> None:
    """Show what a dictionary holds."""
    from mtor_transcode import api

    found = api.dictionary_info(path)
    if as_json:
        emit("result", found.to_json())
        return
    say(_line(found))
    say(f"  sha256 {found.sha256}")


@dictionaries.command("verify")
def verify(
    path: One,
    films: Annotated[
        list[Path] | None, typer.Argument(help="Films that must have been made with it.", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check that a dictionary is whole, and that films were made with it."""
    from mtor_transcode import api

    found = api.verify_dictionary(path, films or [])
    if as_json:
        emit("result", found.to_json())
        return
    of = f", and so {'is' if len(films) == 1 else 'are'} {counted(len(films), 'film')}" if films else ""
    say(f"{path} is whole{of}; sha256 {found.sha256}")


def _tell(result: DictionaryResult, *, as_json: bool) -> None:
    if as_json:
        emit("result", result.to_json())
        return
    note(_line(result))


def _line(found: DictionaryResult) -> str:
    return (
        f"{found.path}: {counted(found.outlines, 'outline')} ({counted(found.masks, 'letter')}), "
        f"{counted(found.nodes, 'node')}, {bytes_of(found.bytes)}"
    )
