# SPDX-License-Identifier: Apache-2.0
"""``mtor transcode`` of many videos into a folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mtor_transcode.cli.console import emit, fail, note, warn
from mtor_transcode.cli.talk import watching
from mtor_transcode.cli.words import bytes_of

if TYPE_CHECKING:
    from mtor_transcode.api.results import FailedFilm, TranscodeResult

FAILED = 1


def transcode_many(
    sources: list[str], folder: str, skip_existing: bool, options: dict[str, Any], *, as_json: bool
) -> int:
    """Transcode ``sources`` into ``folder`` and tell what failed at the end; the exit code."""
    from mtor_transcode import api

    def finished(made: TranscodeResult | FailedFilm) -> None:
        if as_json:
            emit("film", made.to_json())

    with watching(as_json=as_json) as progress:
        result = api.transcode_all(
            sources, folder, skip_existing=skip_existing, progress=progress, finished=finished, **options
        )
    for film in result.films:
        for line in film.warnings:
            warn(f"{film.source}: {line}")
    if as_json:
        emit("result", result.to_json())
    size = sum(film.bytes for film in result.films)
    there = f", {len(result.skipped)} were there" if result.skipped else ""
    note(f"{folder}: {len(result.films)} films, {bytes_of(size)}{there}")
    for failure in result.failed:
        fail(failure.error)
    if result.failed:
        count = len(result.failed) + len(result.films) + len(result.skipped)
        fail(f"{len(result.failed)} of {count} films failed")
        return FAILED
    return 0
