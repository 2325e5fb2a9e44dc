# SPDX-License-Identifier: Apache-2.0
"""Options that several commands share, declared once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Film = Annotated[Path, typer.Argument(help="A .mtor file.", show_default=False)]
Video = Annotated[str, typer.Argument(help="A video or picture, or - for a pipe.", show_default=False)]
Videos = Annotated[
    list[str],
    typer.Argument(
        help="A video or picture, or - for a pipe; several with a folder as -o.", show_default=False
    ),
]
Start = Annotated[float | None, typer.Option("--start", help="Begin at this second.", show_default=False)]
Duration = Annotated[
    float | None, typer.Option("--duration", help="Stop after so many seconds.", show_default=False)
]
VideoTrack = Annotated[
    str | None,
    typer.Option("--video-track", help="Picture track by number (from 0) or language.", show_default=False),
]
AudioTrack = Annotated[
    str | None,
    typer.Option("--audio-track", help="Sound track by number (from 0) or language.", show_default=False),
]
Dictionary = Annotated[
    Path | None,
    typer.Option(
        "--dictionary", help="The film's series dictionary, if it is not beside it.", show_default=False
    ),
]
SeriesDictionary = Annotated[
    Path | None,
    typer.Option(
        "--dictionary", help="A series dictionary: its shapes need not be sent.", show_default=False
    ),
]
RequireSignature = Annotated[
    list[Path] | None,
    typer.Option(
        "--require-signature", help="Refuse a film not signed by this key (.pub).", show_default=False
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Tell it as JSON, one event a line.")]
