# SPDX-License-Identifier: Apache-2.0
"""A run as files: JSON and CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path

import msgspec

from mtor_transcode.errors import InputError
from mtor_transcode.measure.bench.cache import Point
from mtor_transcode.measure.bench.result import SCHEMA, Bench
from mtor_transcode.measure.bench.score import METRICS

POOLS = ("mean", "harmonic", "p5")
_FACTS = ("kbps", "file_kbps", "stream_bytes", "file_bytes", "encode_seconds")


def json_text(bench: Bench) -> bytes:
    """The run as indented JSON (UTF-8)."""
    return msgspec.json.format(msgspec.json.encode(bench), indent=1) + b"\n"


def read_json(path: Path) -> Bench:
    """The run that ``json_text`` wrote. Raises InputError if the file is none, or of another version."""
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Bench)
    except (OSError, msgspec.MsgspecError) as error:
        raise InputError("is no bench", where=str(path), remedy="write one: mtor bench") from error
    if found.schema != SCHEMA:
        raise InputError(
            f"is a bench of version {found.schema!r}, not {SCHEMA!r}", where=str(path), remedy="run it anew"
        )
    return found


def csv_text(bench: Bench) -> str:
    """One row a point: clip, class, codec, parameters, rates, each metric's pools; empty where missing."""
    text = io.StringIO(newline="")
    rows = csv.writer(text, lineterminator="\n")
    pools = [f"{metric}_{pool}" for metric in METRICS for pool in POOLS]
    rows.writerow(["clip", "class", "codec", "point", *_FACTS, *pools])
    for clip in bench.clips:
        for codec, points in clip.points.items():
            for point in points:
                figures = [
                    getattr(point.pooled[metric], pool) if metric in point.pooled else ""
                    for metric in METRICS
                    for pool in POOLS
                ]
                facts = [getattr(point, name) for name in _FACTS]
                rows.writerow([clip.name, clip.family, codec, point.label, *facts, *figures])
    return text.getvalue()


def frames_head() -> str:
    """The head of the table that ``frames_text`` fills."""
    return ",".join(["clip", "codec", "point", "frame", *METRICS]) + "\n"


def frames_text(clip: str, points: Sequence[Point]) -> str:
    """One row for each frame (from 0) of each point, with each metric; empty where missing."""
    text = io.StringIO(newline="")
    rows = csv.writer(text, lineterminator="\n")
    for point in points:
        found = {} if point.scores is None else point.scores.frames
        columns = [found.get(metric, ()) for metric in METRICS]
        for number, figures in enumerate(zip_longest(*columns, fillvalue="")):
            rows.writerow([clip, point.codec, point.label, number, *figures])
    return text.getvalue()
