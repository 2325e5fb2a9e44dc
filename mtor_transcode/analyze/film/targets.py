# SPDX-License-Identifier: Apache-2.0
"""Films to order: the best one of a size, the smallest one of a score, by repeated passes."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress
from typing import BinaryIO

from mtor_transcode.analyze.film.film_parts import Film
from mtor_transcode.analyze.film.film_pass import Job
from mtor_transcode.analyze.rate.scores import ScoreSearch
from mtor_transcode.analyze.rate.settling import Settling
from mtor_transcode.analyze.rate.steering import Course, SizeSearch, first_lambda
from mtor_transcode.analyze.rate.traces import GivenUp
from mtor_transcode.errors import TargetError

Score = Callable[[BinaryIO], float]
"""Tells the quality of a film, given as a stream at its beginning; higher is better."""


def film_of_size(job: Job, budget: int) -> tuple[Film, Course]:
    """The film that uses ``budget`` bytes best, with the course that made it.

    Raises TargetError, naming the smallest film, if none is small enough.
    """
    fixed = sum(len(packet.data) for packet in job.tracks.packets)
    seconds = float(job.survey.end * job.source.info.time_base)
    beyond = budget - fixed
    search = SizeSearch(beyond, job.survey.end, first_lambda(beyond * 8 / 1000 / seconds))
    settling = Settling(job.shelf, search)
    kept: tuple[Film, Course] | None = None
    while not search.done:
        course = settling.next_course()
        film: Film | None = None
        with suppress(GivenUp):
            film = job.make(course)
        better = search.note(course, None if film is None else film.size - fixed)
        settling.note()
        if film is None:
            continue
        if better:
            if kept is not None:
                kept[0].file.close()
            kept = film, course
        else:
            film.file.close()
    if kept is None:
        assert search.smallest is not None
        smallest = round(search.smallest) + fixed
        raise TargetError(
            f"no film of at most {budget} bytes can be made of it",
            where=job.source.name,
            remedy=f"the smallest possible has {smallest} bytes ({_kbps(smallest, seconds)} kbps)",
        )
    return kept


def _kbps(size: int, seconds: float) -> str:
    """The rate of ``size`` bytes, rounded up to hundredths."""
    return f"{math.ceil(size * 8 / 10 / seconds) / 100:g}"


def film_of_score(
    make: Callable[[float], Film], target: float, score: Score, name: str
) -> tuple[Film, float]:
    """The smallest film that a search over lambda finds whose score is at least ``target``.

    ``make`` makes the film at a lambda, of the source that is called ``name``. Raises TargetError, naming the
    best score, if no lambda is enough.
    """
    search = ScoreSearch(target)
    kept: tuple[Film, float] | None = None
    while not search.done:
        lam = search.next_lambda()
        film = make(lam)
        film.file.seek(0)
        search.scores[lam] = score(film.file)
        if search.scores[lam] >= target and (kept is None or film.size < kept[0].size):
            if kept is not None:
                kept[0].file.close()
            kept = film, lam
        else:
            film.file.close()
    if kept is None:
        raise TargetError(
            f"no film of it reaches a VMAF of {target:g}",
            where=name,
            remedy=f"the best possible is {max(search.scores.values()):.2f}",
        )
    return kept
