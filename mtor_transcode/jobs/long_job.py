# SPDX-License-Identifier: Apache-2.0
"""A film of many reels in the making: its tasks, what they made, and the film of that."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO, cast

from mtor_transcode.analyze.film.film_parts import Film, Survey, Tracks
from mtor_transcode.analyze.film.film_pass import SPOOL
from mtor_transcode.analyze.film.joining import join_reels
from mtor_transcode.analyze.film.options import EncodeOptions
from mtor_transcode.analyze.film.progress import Progress, ProgressCallback
from mtor_transcode.analyze.film.reels import Reel
from mtor_transcode.analyze.rate.ceiling import GROUND, Floor
from mtor_transcode.errors import WorkerLost
from mtor_transcode.ingest.source import Source
from mtor_transcode.jobs.journal import Journal
from mtor_transcode.jobs.runner import Runner
from mtor_transcode.jobs.store import Done
from mtor_transcode.jobs.tasks import Part, Place, ReelTask, reel_task


@dataclass(frozen=True)
class LongJob:
    """Everything that the passes over a film of many reels share."""

    source: Source
    part: Part
    survey: Survey
    tracks: Tracks
    options: EncodeOptions
    reels: tuple[Reel, ...]
    runner: Runner
    place: Place
    journal: Journal
    tell: ProgressCallback

    @property
    def seconds(self) -> float:
        """The film's length."""
        return float(self.survey.end * self.source.info.time_base)

    def make(self, lams: Sequence[float], floor: Floor = GROUND) -> Film:
        """The film whose reels have these lambdas, or what a floor asks for, in a temporary file.

        Raises MtorError.
        """
        return self.joined(self.coded([self.task(number, lam, floor) for number, lam in enumerate(lams)]))

    def task(self, number: int, lam: float, floor: Floor = GROUND) -> ReelTask:
        """The task of a reel at a lambda, or at what a floor asks for."""
        return reel_task(self.part, self.survey, self.reels[number], self.options, lam, floor)

    def coded(self, tasks: Sequence[ReelTask]) -> list[Done]:
        """What tasks made, those that have been done before included."""
        store = self.journal.store
        made = [store.done(task.key) for task in tasks]
        todo = [number for number, done in enumerate(made) if done is None]
        watch = _Watch(tasks, todo, self.tell)
        fresh = self.runner.run([tasks[number] for number in todo], self.place, watch)
        for number, done in zip(todo, fresh, strict=True):
            if store.done(tasks[number].key) is None:
                raise WorkerLost(
                    "what a worker made is not there",
                    where=str(store.folder),
                    remedy="all machines have to see this folder under this name",
                )
            made[number] = done
        return [done for done in made if done is not None]

    def joined(self, made: Sequence[Done]) -> Film:
        """The film of reels that were coded, in a temporary file."""
        file = cast("BinaryIO", tempfile.SpooledTemporaryFile(max_size=SPOOL))  # noqa: SIM115
        opened = [
            (reel, done.result, partial(self.journal.store.open, done.result))
            for reel, done in zip(self.reels, made, strict=True)
        ]
        try:
            return join_reels(opened, self.source.info, self.tracks, self.options, self.survey.end, file)
        except BaseException:
            file.close()
            raise


class _Watch:
    """Adds up what tasks under way tell."""

    def __init__(self, tasks: Sequence[ReelTask], todo: Sequence[int], tell: ProgressCallback) -> None:
        self._total = sum(task.frames for task in tasks)
        self._before = self._total - sum(tasks[number].frames for number in todo)
        self._frames = [0] * len(todo)
        self._bytes = [0] * len(todo)
        self._tell = tell

    def __call__(self, number: int, frames: int, size: int) -> None:
        if number >= 0:
            self._frames[number] = frames
            self._bytes[number] = max(size, self._bytes[number])
        done = self._before + sum(self._frames)
        self._tell(Progress("coding", done, self._total, sum(self._bytes)))
