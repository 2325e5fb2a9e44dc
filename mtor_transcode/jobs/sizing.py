# SPDX-License-Identifier: Apache-2.0
"""A long film of a size: all reels at one lambda, so that bits go where they are needed.

Qualities are taken in whole steps, each of which changes the bytes by about 6%, so that reels that were made
for another size are of use again. Some reels of the film tell the quality; all are coded at it; then single
ones, spread over the film, go a step up or down until the budget is used.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from mtor_transcode.analyze.film.film_parts import Film
from mtor_transcode.analyze.rate.steering import first_lambda
from mtor_transcode.analyze.rate.traces import LAMBDA_MAX, LAMBDA_MIN, USUAL_SLOPE, lambda_of_quality
from mtor_transcode.errors import TargetError
from mtor_transcode.jobs.long_job import LongJob
from mtor_transcode.jobs.store import Done

PILOTS = 8
"""Reels, spread over the film, that tell its quality."""

STEP = math.log(lambda_of_quality(0) / lambda_of_quality(1))
"""A step of quality, in log lambda."""

LOWEST = math.ceil(math.log(lambda_of_quality(0) / LAMBDA_MAX) / STEP)
HIGHEST = math.floor(math.log(lambda_of_quality(0) / LAMBDA_MIN) / STEP)
"""Where films to a size end, long ones as others: each step on takes more time and shows less."""

CLOSE = 0.97
"""A film that uses this share of its budget is near enough."""

LOOKS = 8
"""Qualities that are tried on the pilots, and times that single reels are changed."""

FURTHEST = 30
"""Steps up from one look to the next at most: what is coded too well takes long."""

INTO = 4
"""Of what lies between two looks, such a part is out of the question after the next at least."""

FAR = 2
"""A film that is so many steps off its budget is made anew as a whole."""

WARY = 1.05
"""What pilots tell is multiplied by this before all reels are coded: to go up later costs less."""


def film_of_size(job: LongJob, budget: int) -> tuple[Film, list[float]]:
    """The film that uses ``budget`` bytes best, with the lambda of each of its reels.

    Raises TargetError, naming the smallest film, if none is small enough.
    """
    return _Sizing(job, budget).film()


@dataclass
class _Sizing:
    """The search; levels are the reels' qualities."""

    job: LongJob
    budget: int
    known: dict[tuple[int, float], int] = field(default_factory=dict)

    def film(self) -> tuple[Film, list[float]]:
        """The best film, and its reels' lambdas."""
        levels = [float(self._guess())] * len(self.job.reels)
        best: tuple[Film, list[float]] | None = None
        for _ in range(LOOKS):
            film = self.joined(levels)
            size = film.size
            if size <= self.budget and (best is None or size > best[0].size):
                if best is not None:
                    best[0].file.close()
                best = film, levels
            else:
                film.file.close()
            if best is not None and best[0].size >= CLOSE * self.budget:
                break
            levels = self._changed(levels, size)
            if best is not None and levels == best[1]:
                break
        if best is None:
            levels = [float(LOWEST)] * len(self.job.reels)
            best = self._smallest(levels), levels
        return best[0], [lambda_of_quality(level) for level in best[1]]

    def _guess(self) -> int:
        """The highest quality at which the pilots promise a film that fits."""
        job = self.job
        fixed = sum(len(packet.data) for packet in job.tracks.packets)
        count = len(job.reels)
        pilots = sorted({round((place + 0.5) * count / PILOTS - 0.5) for place in range(PILOTS)})
        share = sum(job.reels[number].frames for number in pilots) / job.survey.frames
        room = max(self.budget - fixed, 1)
        quality = int(_bounded(_quality_of(first_lambda(room * 8 / 1000 / job.seconds))))
        told: dict[int, float] = {}
        for _ in range(LOOKS):
            self._code([(number, quality) for number in pilots])
            told[quality] = WARY * sum(self.known[number, quality] for number in pilots) / share
            quality = _next(told, room)
            if quality in told:
                break
        return max((known for known, size in told.items() if size <= room), default=LOWEST)

    def _changed(self, levels: list[float], size: int) -> list[float]:
        """Other levels that bring a film of ``size`` bytes nearer to the budget."""
        coded = sum(self.known[each] for each in enumerate(levels))
        steps = _steps(max(self.budget - size + coded, 1) / coded)
        if abs(steps) >= FAR:
            fresh = [_bounded(level + math.floor(steps)) for level in levels]
            self._code(list(enumerate(fresh)))
            return fresh
        fresh = list(levels)
        missing = self.budget - size
        step = 1 if missing > 0 else -1
        per_step = 1 - math.exp(USUAL_SLOPE * STEP)
        for number in _spread(len(levels)):
            gain = round(per_step * self.known[number, levels[number]])
            level = _bounded(levels[number] + step)
            if step > 0 and gain > missing:
                continue
            fresh[number] = level
            missing -= step * gain
            if missing * step <= 0:
                break
        self._code(list(enumerate(fresh)))
        if step > 0:
            self._hold_back(levels, fresh, self.budget - size)
        return fresh

    def _hold_back(self, levels: list[float], fresh: list[float], room: int) -> None:
        """Take steps up back that take more than ``room`` bytes together, the dearest first."""
        taken = {
            number: self.known[number, fresh[number]] - self.known[number, levels[number]]
            for number in range(len(levels))
            if fresh[number] != levels[number]
        }
        for number in sorted(taken, key=lambda each: (taken[each], each), reverse=True):
            if sum(taken.values()) <= room:
                return
            fresh[number] = levels[number]
            del taken[number]

    def _smallest(self, levels: list[float]) -> Film:
        film = self.joined(levels)
        if film.size <= self.budget:
            return film
        film.file.close()
        kbps = math.ceil(film.size * 8 / 10 / self.job.seconds) / 100
        raise TargetError(
            f"no film of at most {self.budget} bytes can be made of it",
            where=self.job.source.name,
            remedy=f"the smallest possible has {film.size} bytes ({kbps:g} kbps)",
        )

    def joined(self, levels: list[float]) -> Film:
        """The film of reels at these levels."""
        return self.job.joined(self._code(list(enumerate(levels))))

    def _code(self, wanted: Sequence[tuple[int, float]]) -> list[Done]:
        """Have reels coded at qualities, and note their bytes."""
        made = self.job.coded([self.job.task(number, lambda_of_quality(level)) for number, level in wanted])
        for each, done in zip(wanted, made, strict=True):
            self.known[each] = len(self.job.journal.store.get(done.result))
        return made


def _steps(ratio: float) -> float:
    """The steps of quality that change bytes by a factor, where nothing else is known."""
    return math.log(ratio) / (-USUAL_SLOPE * STEP)


def _quality_of(lam: float) -> int:
    return math.floor(math.log(lambda_of_quality(0) / lam) / STEP)


def _bounded(quality: float) -> float:
    return min(max(quality, LOWEST), HIGHEST)


def _next(told: dict[int, float], room: int) -> int:
    """The quality to look at next, or one that was: the highest that fits is known then.

    ``told`` are bytes by quality, taken to rise with it. As long as all fit, or none does, the next look goes
    as far as bytes usually take, or as far again as those that were; then between those that are next to
    ``room``, where bytes would rise evenly, but well into what is unknown.
    """
    low = max((quality for quality, size in told.items() if size <= room), default=LOWEST - 1)
    high = min((quality for quality, size in told.items() if size > room), default=HIGHEST + 1)
    if high - low <= 1:
        return low if low in told else high
    if low in told and high in told:
        share = math.log(room / told[low]) / math.log(told[high] / told[low])
        apart = max(1, (high - low) // INTO)
        return min(max(low + int(share * (high - low)), low + apart), high - apart)
    again = max(told) - min(told)
    if low in told:
        ahead = max(1, again, int(_steps(room / told[low])))
        return min(low + min(ahead, FURTHEST), HIGHEST)
    return max(high + min(-1, -again, math.floor(_steps(room / told[high]))), LOWEST)


def _spread(count: int) -> list[int]:
    """All numbers below ``count``, so ordered that the first few are spread over all."""
    bits = max(1, (count - 1).bit_length())
    order = [int(f"{number:0{bits}b}"[::-1], 2) for number in range(1 << bits)]
    return [number for number in order if number < count]
