# SPDX-License-Identifier: Apache-2.0
"""One source under measurement: its facts, its frames for encoders, and its judge."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from types import TracebackType

import msgspec

from mtor_transcode.errors import InputError
from mtor_transcode.ingest.source import Source
from mtor_transcode.measure.bench.cache import Cache, file_digest, key_of
from mtor_transcode.measure.bench.score import Judge
from mtor_transcode.measure.codecs import mtor
from mtor_transcode.measure.codecs.feeding import SourceFeed
from mtor_transcode.measure.codecs.recipe import Changes
from mtor_transcode.measure.codecs.worker import Worker
from mtor_transcode.measure.ffmpeg import find_ffmpeg

LEAST_FRAMES = 10
MEASURE = 1
"""Number of the way of measuring; another one makes all cached figures void."""


class Facts(msgspec.Struct, frozen=True):
    """What one decoding tells: frames, how many of them differ from the one before, seconds of all."""

    frames: int
    changed: int
    seconds: float


class Clip:
    """An opened source of the bench, the first ``duration`` seconds of ``path`` if that is given.

    Raises InputError if it has fewer than ``LEAST_FRAMES`` frames. As a
    context manager it ends its encoders' process.
    """

    def __init__(self, source: Source, path: Path, cache: Cache, duration: float | None = None) -> None:
        self.source = source
        self.path = path
        self.name = path.stem
        self.digest = file_digest(path) + (f" first {duration:g} s" if duration else "")
        facts = _facts(source, self.digest, cache)
        if facts.frames < LEAST_FRAMES:
            raise InputError(
                f"has {facts.frames} frames; no curve can be measured on fewer than {LEAST_FRAMES}",
                where=str(path),
                remedy="leave it out",
            )
        self.frames, self.changed, self.seconds = facts.frames, facts.changed, facts.seconds
        ffmpeg = find_ffmpeg()
        self.measure = f"{MEASURE}, {ffmpeg.version if ffmpeg else 'no FFmpeg'}"
        self.judge = Judge(source)
        self.feed = SourceFeed(source)
        self.worker = Worker(path, duration)

    def __enter__(self) -> Clip:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.worker.close()

    @cached_property
    def ticks(self) -> list[int]:
        """When each frame is shown."""
        return mtor.ticks(self.source)

    @property
    def family(self) -> str:
        """The class of the clip: the first word of its file's name, up to an underscore."""
        return self.name.split("_", 1)[0] if "_" in self.name else "other"


def _facts(source: Source, digest: str, cache: Cache) -> Facts:
    key = key_of(facts=digest)
    found = cache.record(key, Facts)
    if isinstance(found, Facts):
        return found
    frames = changed = end = 0
    changes = Changes()
    for frame in source.frames():
        frames, end = frames + 1, frame.tick + frame.duration
        changed += changes.changed(frame.luma8())
    found = Facts(frames, changed, max(1e-6, float(end * source.info.time_base)))
    cache.keep(key, found)
    return found
