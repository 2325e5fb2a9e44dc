# SPDX-License-Identifier: Apache-2.0
"""The commands, gathered."""

from __future__ import annotations

from typing import Annotated

import typer

from mtor_transcode import __version__
from mtor_transcode.cli.bench import bench
from mtor_transcode.cli.console import say
from mtor_transcode.cli.dictionary import dictionaries
from mtor_transcode.cli.export import export_film
from mtor_transcode.cli.import_ import import_film
from mtor_transcode.cli.info import info
from mtor_transcode.cli.inspect import inspect_film
from mtor_transcode.cli.jobs import jobs
from mtor_transcode.cli.keys import keys
from mtor_transcode.cli.plugins import plugins
from mtor_transcode.cli.render import render
from mtor_transcode.cli.report import report
from mtor_transcode.cli.seal import seal, unseal
from mtor_transcode.cli.serve import serve
from mtor_transcode.cli.sign import sign, verify
from mtor_transcode.cli.transcode import transcode

app = typer.Typer(
    name="mtor",
    help="Ordinary video to MTOR, vector shapes moved by compact tokens, and back.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("transcode")(transcode)
app.command("render")(render)
app.command("report")(report)
app.command("inspect")(inspect_film)
app.command("export")(export_film)
app.command("import")(import_film)
app.command("info")(info)
app.command("bench")(bench)
app.command("plugins")(plugins)
app.command("serve")(serve)
app.command("sign")(sign)
app.command("verify")(verify)
app.command("seal")(seal)
app.command("unseal")(unseal)
app.add_typer(keys, name="keys")
app.add_typer(dictionaries, name="dict")
app.add_typer(jobs, name="jobs")


def _version(wanted: bool) -> None:
    if wanted:
        say(f"mtor {__version__}")
        raise typer.Exit


@app.callback()
def _top(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version.", callback=_version, is_eager=True)
    ] = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="Log what the library does, on stderr.")] = False,
) -> None:
    if verbose:
        import logging

        logging.basicConfig(format="mtor: %(name)s: %(message)s")
        logging.getLogger("mtor_transcode").setLevel(logging.DEBUG)
