# SPDX-License-Identifier: Apache-2.0
"""``mtor jobs``: the reels of a film as work for others."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mtor_transcode.cli.console import emit, fail, say
from mtor_transcode.cli.options import AsJson, Duration, SeriesDictionary, Start, Video, VideoTrack
from mtor_transcode.cli.talk import tell_of_compiling, watching
from mtor_transcode.cli.transcode import Mode, Preset
from mtor_transcode.cli.words import bytes_of

if TYPE_CHECKING:
    from mtor_transcode.jobs.orders import Verdict

FAILED = 1

jobs = typer.Typer(
    help="The reels of a film as work for others.", no_args_is_help=True, rich_markup_mode=None
)


@jobs.command("export")
def export(
    source: Video,
    output: Annotated[Path, typer.Option("-o", "--output", help="A new folder.", show_default=False)],
    quality: Annotated[
        float | None, typer.Option("--quality", help="0 (smallest) to 100 (best).", show_default=False)
    ] = None,
    preset: Annotated[Preset, typer.Option("--preset", help="How long to search.")] = Preset.balanced,
    mode: Annotated[Mode, typer.Option("--mode", help="What may carry the picture.")] = Mode.auto,
    refresh: Annotated[
        float | None, typer.Option("--refresh", help="Seconds between snapshots.", show_default=False)
    ] = None,
    dictionary: SeriesDictionary = None,
    start: Start = None,
    duration: Duration = None,
    video_track: VideoTrack = None,
    cache: Annotated[
        Path | None,
        typer.Option(
            "--cache", help="What mtor transcode kept: the results that are expected.", show_default=False
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write the reels of a video as jobs, each with its pictures, into a folder."""
    from mtor_transcode import api

    with watching(as_json=as_json) as progress:
        result = api.export_jobs(
            source,
            output,
            quality=quality,
            preset=preset.value,
            mode=mode.value,
            start=start,
            duration=duration,
            refresh=refresh,
            dictionary=dictionary,
            video_track=video_track,
            cache=cache,
            progress=progress,
        )
    if as_json:
        emit("result", result.to_json())
    else:
        say(f"{result.folder}: {result.jobs} job{'s' * (result.jobs != 1)}, {bytes_of(result.bytes)}")


@jobs.command("run")
def run(
    jobs: Annotated[
        list[Path], typer.Argument(help="Jobs: files FOLDER/jobs/NAME.json.", show_default=False)
    ],
    as_json: AsJson = False,
) -> None:
    """Do jobs; their results go into FOLDER/store, which mtor transcode --cache takes them from."""
    from mtor_transcode import api

    tell_of_compiling()
    for job in jobs:
        with watching(as_json=as_json) as progress:
            result = api.run_job(job, progress)
        if as_json:
            emit("result", result.to_json())
        else:
            say(f"{job}: {result.sha256}")


@jobs.command("verify")
def verify(
    folder: Annotated[Path, typer.Argument(help="A folder of jobs.", show_default=False)],
    sample: Annotated[int, typer.Option("--sample", help="Jobs to do again.")] = 1,
    seed: Annotated[int, typer.Option("--seed", help="Chooses them.")] = 0,
    as_json: AsJson = False,
) -> int:
    """Do a sample of the jobs that have results again, and compare; exit code 1 if one differs."""
    from mtor_transcode import api

    def told(verdict: Verdict) -> None:
        if not as_json:
            say(f"{verdict.job}: {'right' if verdict.right else 'wrong'}")

    tell_of_compiling()
    result = api.verify_jobs(folder, sample, seed, told)
    if as_json:
        emit("result", result.to_json())
    if result.wrong:
        fail(f"{folder}: {len(result.wrong)} of {len(result.checked)} results are not what the jobs make")
        return FAILED
    return 0
