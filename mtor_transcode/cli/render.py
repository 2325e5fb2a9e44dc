# SPDX-License-Identifier: Apache-2.0
"""``mtor render``: MTOR in, MP4 out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mtor_transcode.cli.console import emit, note, warn
from mtor_transcode.cli.memory import keep_freed_memory
from mtor_transcode.cli.options import AsJson, Dictionary, Duration, Film, RequireSignature, Start
from mtor_transcode.cli.talk import watching
from mtor_transcode.cli.words import bytes_of, counted, seconds_of


def render(
    film: Film,
    output: Annotated[Path, typer.Option("-o", "--output", help="The MP4 to write.", show_default=False)],
    size: Annotated[
        str | None, typer.Option("--size", help="Picture size, like 1920x1080.", show_default=False)
    ] = None,
    fps: Annotated[
        str | None, typer.Option("--fps", help="Frame rate: 60 or 30000/1001.", show_default=False)
    ] = None,
    lossless: Annotated[bool, typer.Option("--lossless", help="H.264 qp 0, for measuring.")] = False,
    exact: Annotated[bool, typer.Option("--exact", help="4:4:4 colour and odd sizes kept.")] = False,
    drop: Annotated[
        str | None, typer.Option("--drop", help="Lose packets: 10%. Shows the rest.", show_default=False)
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option("--seed", help="Which packets --drop loses: 0 or another number.", show_default=False),
    ] = None,
    start: Start = None,
    duration: Duration = None,
    dictionary: Dictionary = None,
    require_signature: RequireSignature = None,
    as_json: AsJson = False,
) -> None:
    """Render a .mtor to MP4."""
    from mtor_transcode import api

    keep_freed_memory()
    with watching(as_json=as_json) as progress:
        result = api.render(
            film,
            output,
            size=size,
            fps=fps,
            lossless=lossless,
            exact=exact,
            start=start,
            duration=duration,
            dictionary=dictionary,
            require_signature=require_signature or (),
            drop=drop,
            seed=seed,
            progress=progress,
        )
    for line in result.warnings:
        warn(line)
    if as_json:
        emit("result", result.to_json())
        return
    note(
        f"{result.output}: {counted(result.frames, 'frame')} of {result.width}x{result.height}, "
        f"{bytes_of(result.bytes)}, in {seconds_of(result.elapsed)}"
    )
