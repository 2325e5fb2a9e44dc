# SPDX-License-Identifier: Apache-2.0
"""``mtor bench``: MTOR beside other codecs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mtor_transcode.cli.console import emit, note, say, warn
from mtor_transcode.cli.options import AsJson
from mtor_transcode.cli.oracle import run_oracle
from mtor_transcode.cli.talk import tell_of_compiling, watching
from mtor_transcode.cli.words import table
from mtor_transcode.errors import UsageError

if TYPE_CHECKING:
    from mtor_transcode.measure.bench.result import Bench


def bench(
    output: Annotated[
        Path, typer.Option("-o", "--output", help="The folder to write to.", show_default=False)
    ],
    clips: Annotated[list[Path] | None, typer.Argument(help="Videos.", show_default=False)] = None,
    against: Annotated[
        str, typer.Option("--against", help="Codecs: svtav1, x265, x264, vvenc, libaom.")
    ] = "svtav1",
    rates: Annotated[
        str, typer.Option("--rates", help="Rates (kbps) at which qualities are told.")
    ] = "0.5,1,2,5,10,20,50",
    quick: Annotated[bool, typer.Option("--quick", help="First seconds, short ladder.")] = False,
    costs: Annotated[bool, typer.Option("--costs/--no-costs", help="Measure time and memory too.")] = True,
    peers_only: Annotated[
        bool, typer.Option("--peers-only", help="Leave MTOR out: fill the cache for a later run.")
    ] = False,
    cache: Annotated[
        Path | None, typer.Option("--cache", help="Where points are kept.", show_default=False)
    ] = None,
    oracle: Annotated[
        bool, typer.Option("--oracle", help="Instead of clips: scenes whose best bytes are known.")
    ] = False,
    scenes: Annotated[
        str,
        typer.Option("--scenes", help="With --oracle: only these, such as pan,chart.", show_default=False),
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Measure MTOR beside other codecs."""
    from mtor_transcode import api

    if bool(clips) == oracle:
        what = "clips and --oracle do not go together" if clips else "no video is named"
        raise UsageError(what, where="bench", remedy="name videos, or give --oracle")
    if oracle:
        run_oracle(output, scenes=_names(scenes) or None, quick=quick, as_json=as_json)
        return
    assert clips
    if scenes:
        raise UsageError(
            "scenes are the oracle's", where="scenes", remedy="give --oracle, or name videos only"
        )
    tell_of_compiling()
    with watching(as_json=as_json) as progress:
        found = api.bench(
            clips,
            output,
            against=_names(against),
            rates=_numbers(rates),
            quick=quick,
            costs=costs,
            peers_only=peers_only,
            cache=cache,
            progress=progress,
        )
    for each in found.failures:
        warn(", ".join(part for part in (each.clip, each.codec, each.point) if part) + f": {each.reason}")
    if as_json:
        emit("result", {"output": str(output), "clips": len(found.clips), "failures": len(found.failures)})
        return
    for line in counted(found) if peers_only else lines(found):
        say(line)
    note(f"wrote {output / 'bench.html'}, bench.json, points.csv, frames.csv, results.md")


def counted(found: Bench) -> list[str]:
    """What the cache holds for a later run: points of each clip and codec."""
    return [
        f"{clip.name}: {len(rows)} points of {name} are in the cache"
        for clip in found.clips
        for name, rows in clip.points.items()
        if rows
    ] or ["no point could be made"]


def lines(found: Bench) -> list[str]:
    """BD-rates by class as lines of text."""
    from mtor_transcode.measure.bench import words
    from mtor_transcode.measure.bench.curves import SHOWN

    said: list[str] = []
    for peer in dict.fromkeys(row.peer for row in found.classes):
        rows = [("", *(words.NAMES[metric] for metric in SHOWN))]
        for family in dict.fromkeys(row.family for row in found.classes):
            cells = {
                row.metric: words.class_bd(row)
                for row in found.classes
                if row.peer == peer and row.family == family
            }
            rows.append((family, *(cells[metric] for metric in SHOWN)))
        said += [f"BD-rate against {words.title_of(found, peer)} (negative: MTOR needs less)", *table(rows)]
    if found.largest_move is not None:
        said.append(f"Leaving out one point of a peer moves a BD-rate: {words.largest_move(found)}")
    return said or ["nothing could be compared"]


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _numbers(text: str) -> list[float]:
    try:
        return [float(part) for part in text.split(",") if part.strip()]
    except ValueError:
        raise UsageError(f"'{text}' are no rates", where="rates", remedy="such as 1,5,20") from None
