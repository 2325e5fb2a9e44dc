# SPDX-License-Identifier: Apache-2.0
"""``mtor bench --oracle``: the distance to the limit, scene by scene."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mtor_transcode.cli.console import emit, note, say
from mtor_transcode.cli.talk import tell_of_compiling, watching
from mtor_transcode.cli.words import table

if TYPE_CHECKING:
    from mtor_transcode.measure.oracle.result import OracleReport


QUICK_QUALITIES = (40.0, 60.0)


def run_oracle(
    folder: Path, *, scenes: Sequence[str] | None = None, quick: bool = False, as_json: bool = False
) -> None:
    """Run the oracle's ``scenes`` (default: all) into ``folder`` and show its tables.

    ``quick`` takes the lossless MP4s alone, at ``QUICK_QUALITIES``, without VMAF.
    """
    from mtor_transcode import api
    from mtor_transcode.api.oracles import QUALITIES, SOURCES

    tell_of_compiling()
    with watching(as_json=as_json) as progress:
        found = api.oracle(
            folder,
            scenes=scenes,
            qualities=QUICK_QUALITIES if quick else QUALITIES,
            sources=SOURCES[:1] if quick else SOURCES,
            vmaf=not quick,
            progress=progress,
        )
    if as_json:
        emit("result", {"output": str(folder), "distances": distances(found)})
        return
    for line in lines(found):
        say(line)
    note(f"wrote {folder / 'oracle.json'}")
    note(f"wrote {folder / 'oracle.md'}")


def distances(found: OracleReport) -> list[dict[str, str | float | None]]:
    """For programs: each scene's multiples of the truth's bytes; None where a target is never reached."""
    return [
        {
            "scene": scene.name,
            "source": scene.source,
            "truth_bytes": scene.truth.bytes,
            "at_ssim": scene.at_ssim.ratio,
            "at_psnr": scene.at_psnr.ratio,
        }
        for scene in found.scenes
    ]


def lines(found: OracleReport) -> list[str]:
    """Bytes against the truth's, then where they are."""
    from mtor_transcode.measure.oracle.tables import distance_rows, split_rows

    return [
        "the distance to the limit: bytes of the transcode as multiples of the truth's",
        *table(distance_rows(found.scenes)),
        "",
        "bytes by kind, transcode / truth, of the smallest that reaches the SSIM",
        *table(split_rows(found.scenes)),
    ]
