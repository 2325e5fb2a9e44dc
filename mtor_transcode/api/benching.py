# SPDX-License-Identifier: Apache-2.0
"""MTOR measured beside other codecs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mtor_transcode.analyze.film.progress import Progress, ProgressCallback
from mtor_transcode.api import options as check
from mtor_transcode.api.films import StrPath
from mtor_transcode.errors import UsageError
from mtor_transcode.files import staged_folder
from mtor_transcode.measure.bench import bdrate, html, markdown, writers
from mtor_transcode.measure.bench.cache import Cache, default_folder
from mtor_transcode.measure.bench.result import Bench
from mtor_transcode.measure.bench.run import RATES, Run, Wishes
from mtor_transcode.measure.codecs.listing import REFERENCE, chosen


def bench(
    clips: Sequence[StrPath],
    output: StrPath,
    *,
    against: Sequence[str] = (REFERENCE,),
    rates: Sequence[float] = RATES,
    quick: bool = False,
    costs: bool = True,
    peers_only: bool = False,
    cache: StrPath | None = None,
    progress: ProgressCallback | None = None,
) -> Bench:
    """Measure MTOR beside the codecs ``against`` on ``clips``; write the results to the folder ``output``.

    They are JSON, CSV (of points, and of every frame of every point), HTML, Markdown. ``rates`` (kbps) are
    those at which qualities are told; ``quick`` measures the first seconds of each clip on a short ladder;
    ``costs`` also measures time and memory; ``peers_only`` leaves MTOR out, so that a later run finds all
    peers' points. Points are kept in the folder ``cache``, by default in the user's cache folder. What fails
    on a clip is named in the result and the rest goes on. Raises UsageError, OutputError,
    MissingExtraError (``bjontegaard``).
    """
    paths = [Path(clip) for clip in clips]
    if not paths:
        raise UsageError("no clip", where="bench", remedy="name one or more videos")
    if not rates:
        raise UsageError("no rate", where="rates", remedy="such as 1,5,20")
    for rate in rates:
        check.positive("rates", rate)
    chosen(against)
    bdrate.load()
    tell = progress or (lambda _: None)
    with staged_folder(Path(output)) as folder:
        run = Run(
            paths,
            Wishes(tuple(dict.fromkeys(against)), tuple(sorted(rates)), quick, costs, not peers_only),
            Cache(default_folder() if cache is None else Path(cache)),
            lambda what, done, total: tell(Progress("bench", done, total, note=what)),
        )
        found = run.run()
        (folder / "bench.json").write_bytes(writers.json_text(found))
        (folder / "points.csv").write_text(writers.csv_text(found), encoding="utf-8")
        with (folder / "frames.csv").open("w", encoding="utf-8") as frames:
            frames.write(writers.frames_head())
            for name, points in run.points.items():
                frames.write(writers.frames_text(name, points))
        (folder / "bench.html").write_text(html.page(found, run.strips), encoding="utf-8")
        (folder / "results.md").write_text(markdown.page(found), encoding="utf-8")
    return found
