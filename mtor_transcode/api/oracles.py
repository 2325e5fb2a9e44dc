# SPDX-License-Identifier: Apache-2.0
"""How far transcodes are from the limit: films whose vectors are known, rendered, and transcoded again."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from mtor_transcode.analyze.film.options import PRESETS
from mtor_transcode.analyze.film.progress import Progress, ProgressCallback
from mtor_transcode.api import options as check
from mtor_transcode.api.films import opened
from mtor_transcode.api.rendering import render
from mtor_transcode.api.reporting import report
from mtor_transcode.api.transcoding import transcode
from mtor_transcode.errors import OutputError, UsageError
from mtor_transcode.files import write_whole
from mtor_transcode.measure.environment import machine, versions
from mtor_transcode.measure.ffmpeg import find_ffmpeg
from mtor_transcode.measure.oracle.result import (
    OraclePoint,
    OracleReport,
    OracleScene,
    is_enough,
    point,
    scene_result,
)
from mtor_transcode.measure.oracle.scenes import HEADER, ORACLES, Oracle
from mtor_transcode.measure.oracle.tables import markdown
from mtor_transcode.measure.oracle.truth import write_truth

QUALITIES = (20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0)
"""Tried from the lowest up until both targets are reached, one pass each."""

MOST_TIMES = 20
"""No higher quality is tried once a transcode takes so many times the truth's bytes: that is far enough."""

SOURCES = ("lossless", "lossy")
"""The MP4s of a scene: H.264 at qp 0, which counts, and as ``mtor render`` codes by default."""


def oracle(
    folder: str | Path,
    *,
    scenes: Sequence[str] | None = None,
    qualities: Sequence[float] = QUALITIES,
    sources: Sequence[str] = SOURCES,
    preset: str = "balanced",
    vmaf: bool = True,
    progress: ProgressCallback | None = None,
) -> OracleReport:
    """Make the oracle's scenes in ``folder``, transcode their MP4s, and measure both beside the MP4s' frames.

    ``scenes`` and ``sources`` choose among ``ORACLES`` and ``SOURCES`` (default: all); every quality of
    ``qualities`` (0-100) is one pass, in rising order, until both targets are reached or ``MOST_TIMES``
    the truth's bytes are spent. Writes the films (``NAME.mtor`` is the truth), ``oracle.json`` and
    ``oracle.md``; the folder is made if it is missing.

    Raises UsageError for an unknown scene or source or no quality, OutputError; what ``progress`` raises
    passes through.
    """
    chosen = [ORACLES[name] for name in _known("scene", scenes, tuple(ORACLES))]
    kinds = _known("source", sources, SOURCES)
    ladder = sorted(set(qualities))
    if not ladder:
        raise UsageError("no quality is given", where="qualities", remedy="such as 20, 50, 80")
    for quality in ladder:
        check.in_range("quality", quality, 0, 100)
    check.one_of("preset", preset, PRESETS)
    place = _made(Path(folder))
    tell = progress or _silent
    found = []
    for number, (made, source) in enumerate((o, s) for o in chosen for s in kinds):
        tell(Progress("oracle", number, len(chosen) * len(kinds), note=f"{made.name}, {source}"))
        found.append(_measured(made, source, place, ladder, preset=preset, vmaf=vmaf))
    whole = OracleReport(
        preset=preset,
        scenes=tuple(found),
        versions=versions(find_ffmpeg()),
        machine=machine(),
    )
    write_whole(place / "oracle.json", msgspec.json.format(msgspec.json.encode(whole), indent=1) + b"\n")
    write_whole(place / "oracle.md", markdown(whole).encode())
    return whole


def _measured(
    made: Oracle, source: str, folder: Path, ladder: Sequence[float], *, preset: str, vmaf: bool
) -> OracleScene:
    truth, video = folder / f"{made.name}.mtor", folder / f"{made.name}-{source}.mp4"
    write_truth(truth, HEADER, made.make())
    render(truth, video, lossless=source == "lossless")
    with opened(truth) as film:
        best = point(report(video, truth, vmaf=vmaf).quality, truth.stat().st_size, dict(film.bytes_by_kind))
    points: list[OraclePoint] = []
    for quality in ladder:
        coded = folder / f"{made.name}-{source}-q{quality:g}.mtor"
        result = transcode(video, coded, quality=quality, preset=preset)
        points.append(
            point(
                report(video, coded, vmaf=vmaf).quality,
                result.bytes,
                result.bytes_by_kind,
                quality=quality,
                seconds=round(result.elapsed, 3),
            )
        )
        if is_enough(points) or result.bytes > MOST_TIMES * best.bytes:
            break
    return scene_result(made.name, made.about, source, video.stat().st_size, best, points)


def _known(what: str, asked: Sequence[str] | None, known: tuple[str, ...]) -> tuple[str, ...]:
    """``asked`` in the order of ``known``, all if None; UsageError for a name that is not there."""
    for name in asked or ():
        check.one_of(what, name, known)
    return known if asked is None else tuple(name for name in known if name in asked)


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = (error.strerror or "it cannot be made").lower()
        raise OutputError(reason, where=str(folder), remedy="name a folder that can be made") from error
    return folder


def _silent(_: Progress) -> None:
    """The progress callback of nobody."""
