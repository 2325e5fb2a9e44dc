# SPDX-License-Identifier: Apache-2.0
"""Films under a ceiling: passes over what is too much, until no few seconds take more than they may."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from mtor_transcode.analyze.film.film_parts import Film, Tracks
from mtor_transcode.analyze.film.options import EncodeOptions
from mtor_transcode.analyze.rate.ceiling import GROUND, Floor, Limit, Outcome, excess, raised
from mtor_transcode.analyze.rate.flow import WINDOW, Flow, flow_of, gathered, sound_load
from mtor_transcode.codec.film_reader import FilmReader
from mtor_transcode.codec.series import SeriesDictionary, always
from mtor_transcode.errors import TargetError

TRIES = 10
"""Passes after which a ceiling is given up."""

Make = Callable[[Floor], Film]
"""Makes the film whose lambda is nowhere below a floor."""


@dataclass(slots=True)
class Ceiling:
    """At most ``kbps`` over any ``WINDOW`` of the source ``name``, and what was learnt of it so far."""

    kbps: float
    seconds: float
    name: str
    series: SeriesDictionary | None = None
    floor: Floor = field(default=GROUND)

    def _limits(self, budget: float = math.inf) -> list[Limit]:
        """The bytes of a window (a film that is shorter is one), and of the whole film."""
        rate = self.kbps * 125
        whole = Limit(math.inf, min(rate * self.seconds, budget))
        return [Limit(WINDOW, rate * min(WINDOW, self.seconds)), whole]

    def check_sound(self, tracks: Tracks) -> None:
        """Raise TargetError if the sound alone takes too much."""
        load = list(sound_load(tracks.audio, tracks.packets))
        size = math.ceil(sum(size for _, _, size in load))
        if excess(flow := gathered(load, size, self.seconds), self._limits()) >= 1:
            takes = f"the sound alone takes {_up(flow.most()[0])} kbps over some {WINDOW:g} s"
            raise TargetError(
                f"{takes}, {self.kbps:g} are allowed",
                where=self.name,
                remedy="allow more, or ask for sound of a lower rate, or none",
            )

    def hold(self, make: Make, base: Floor, budget: float = math.inf, first: Film | None = None) -> Film:
        """The film that ``make`` makes, passes later, so that all holds; with a budget (bytes) for all of it.

        ``base`` tells the log lambdas that ``make`` takes where no floor is above them; ``first`` is what it
        made of the floor as it is. What is learnt stays for the next call. Raises TargetError, naming the
        least rate, if no lambda is enough.
        """
        limits = self._limits(budget)
        before: Outcome | None = None
        for _ in range(TRIES):
            film, first = first or make(self.floor), None
            outcome = Outcome(self._flow(film), base, self.floor)
            if excess(outcome.flow, limits) <= 1:
                return film
            film.file.close()
            floor, before = raised(outcome, limits, before), outcome
            if floor == self.floor:
                break
            self.floor = floor
        assert before is not None
        least = _up(self.kbps * excess(before.flow, self._limits()))
        raise TargetError(
            f"no film of at most {self.kbps:g} kbps over any {WINDOW:g} s can be made of it",
            where=self.name,
            remedy=f"the smallest that was tried takes {least} kbps: allow that",
        )

    def _flow(self, film: Film) -> Flow:
        film.file.seek(0)
        return flow_of(FilmReader(film.file, self.name, find_series=always(self.series)), film.size)


def ceiling_of(options: EncodeOptions, seconds: float, name: str, tracks: Tracks) -> Ceiling | None:
    """The ceiling on a film of so many seconds of a source that is called ``name``, if one is asked for.

    Raises TargetError if the sound alone takes too much, before any time is spent on pictures.
    """
    if options.max_kbps is None:
        return None
    ceiling = Ceiling(options.max_kbps, seconds, name, options.series)
    ceiling.check_sound(tracks)
    return ceiling


def _up(kbps: float) -> str:
    """A rate, rounded up to hundredths."""
    return f"{math.ceil(kbps * 100) / 100:g}"
