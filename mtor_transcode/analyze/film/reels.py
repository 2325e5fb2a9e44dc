# SPDX-License-Identifier: Apache-2.0
"""Reels: parts of a long film that are coded by themselves, anywhere, in any order, and joined afterwards.

Where a film is cut depends on its survey alone, so the same film is made whoever codes its reels. Between
scenes only outlines are shared, so a reel loses what an earlier one drew: it draws that anew.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from mtor_transcode.analyze.boundaries.finding import SceneBoundary
from mtor_transcode.analyze.film.film_parts import Survey, Take

REEL = 20
"""Seconds after which a reel ends, with the scene under way: scenes in it share what they draw."""

LONGEST = 60
"""Seconds of a scene that is left in one piece: each further piece costs a first state."""


@dataclass(frozen=True, slots=True)
class Reel:
    """Takes that follow each other, and the number of frames in them."""

    takes: tuple[Take, ...]
    frames: int

    @property
    def start(self) -> int:
        """The tick at which it starts."""
        return self.takes[0].boundary.start

    @property
    def end(self) -> int:
        """The tick at which it is over."""
        return self.takes[-1].end


def cut_reels(survey: Survey, time_base: Fraction) -> tuple[Reel, ...]:
    """The reels of a film with ``time_base`` (seconds per tick), in order; a film of one stays whole."""
    if not survey.ticks:
        return (Reel(survey.takes, survey.frames),)
    reels: list[Reel] = []
    takes: list[Take] = []
    for take in _takes(survey, time_base):
        takes.append(take)
        if (take.end - takes[0].boundary.start) * time_base >= REEL or take.end == survey.end:
            reels.append(_reel(takes, survey))
            takes = []
    return tuple(reels)


def _reel(takes: list[Take], survey: Survey) -> Reel:
    start, end = (bisect_left(survey.ticks, tick) for tick in (takes[0].boundary.start, takes[-1].end))
    return Reel(tuple(takes), end - start)


def _takes(survey: Survey, time_base: Fraction) -> Iterator[Take]:
    """The scenes, long ones in equal pieces, numbered anew."""
    number = 0
    for scene in survey.takes:
        start, length = scene.boundary.start, scene.end - scene.boundary.start
        pieces = max(1, math.ceil(length * time_base / LONGEST))
        cuts = [_frame_from(survey, start + round(length * part / pieces)) for part in range(1, pieces)]
        boundaries = [scene.boundary, *(SceneBoundary(tick) for tick in cuts)]
        for boundary, end in zip(boundaries, [*cuts, scene.end], strict=True):
            yield Take(number, boundary, end)
            number += 1


def _frame_from(survey: Survey, tick: int) -> int:
    """The tick of the first frame that is not before ``tick``."""
    return survey.ticks[bisect_left(survey.ticks, tick)]
