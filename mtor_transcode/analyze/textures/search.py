# SPDX-License-Identifier: Apache-2.0
"""The best texture of a window at a lambda: how many bytes it is worth, and the arm that uses them best.

Bytes come from lambda by a law of the window alone. An arm (size and frame rate) has a curve over CRF:
logarithms of bytes and of unlikeness (``likeness``) are linear between its tries. Arms are compared by the
latter at the same bytes. So bytes and likeness both rise as lambda falls, also where the arm changes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from mtor_transcode.analyze.textures.av1 import BEST_CRF, WORST_CRF, quartered
from mtor_transcode.analyze.textures.probe import PACED_STEPS, SCALES, Arm, Point, Window
from mtor_transcode.analyze.textures.worth import COARSE, FINE, Law
from mtor_transcode.codec.limits import MAX_TEXTURE_BYTES
from mtor_transcode.model import Texture

PRESETS = {"fast": (10, 8), "balanced": (8, 5), "best": (6, 4)}
"""SVT-AV1's presets: for tries, for what is kept."""

STILL_PRESETS = {"fast": (6, 6), "balanced": (6, 2), "best": (6, 1)}
"""The same where nothing changes in a window."""

RATE_FALL = 0.075
"""Fall of log bytes for a step of CRF where an arm has one try only."""

FALLS = (0.03, 0.16)
"""What such falls do; beyond them it is noise."""

UNLIKE_RISE = {1: 0.08, 2: 0.06, 4: 0.017, 8: 0.007}
"""Rise of log unlikeness for a step of CRF where an arm has one try only, by scale."""

SMALLER, SLOWER = 13.0, 6.0
"""Steps of CRF by which quantisers come finer at equal bytes, if the sides or the frame rate are halved."""

FIRST_CRF = 57.0
"""Where a first try is made."""

FAR = 5.0
"""A place this many steps of CRF from the nearest try is tried itself."""

SURE, RIVAL, ROUNDS = 1.5, 0.1, 3
"""So is one further away than this, in the end, if it may be the best, by log unlikeness, so many times."""

DEAR = 1.2
"""Log unlikeness by which an arm that is too dear at its coarsest has to be better, for log bytes."""

EXACT, CORRECTIONS = 0.07, 2
"""A texture whose log bytes are further from those wanted is made once or twice again."""

COARSER = 5
"""Steps of CRF by which a texture that is too large for a file is made coarser."""

KEPT_BYTES = 256 << 10
"""Bytes of textures that are kept of one window, so that no pass makes one again; the last one always is."""


Line = list[tuple[float, float]]
"""Points of a curve."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an arm comes nearest to a number of bytes: a CRF, log bytes, log unlikeness.

    ``dear`` is by how much log bytes are beyond those asked for: no quantiser is coarser.
    """

    arm: Arm
    crf: float
    rate: float
    unlike: float
    dear: float

    @property
    def ends(self) -> bool:
        """Whether the arm goes no further."""
        return self.crf in (BEST_CRF, WORST_CRF)


class TextureSearch:
    """Tries of one window; what was learnt at one lambda serves the next."""

    def __init__(self, window: Window, preset: str, like: TextureSearch | None = None) -> None:
        self.window = window
        self._quick, self._slow = (PRESETS if len(window.changes) > 1 else STILL_PRESETS)[preset]
        self.points: dict[Arm, dict[float, Point]] = {}
        self._kept: dict[tuple[Arm, float], tuple[Point, Texture]] = {}
        self._more: dict[Arm, float] = {}  # By how much (log bytes) care makes textures of an arm larger.
        self._best: Arm | None = None if like is None else like._best

    def best(self, rate: float, arm: Arm | None = None) -> tuple[Point, Texture]:
        """The best texture of about so many bytes (their logarithm); of ``arm``, if that goes so far."""
        if arm is None or self.place(arm, rate - self._more.get(arm, 0.0)).ends:
            arm = self.walk(rate).arm
        found: list[tuple[Point, Texture]] = []
        for _ in range(CORRECTIONS + 1):
            crf = quartered(self._crf(arm, rate - self._more.get(arm, 0.0)))
            found.append(self.made(arm, crf))
            off = math.log(found[-1][0].bytes) - rate
            self._more[arm] = math.log(found[-1][0].bytes) - self._between(arm, crf)[0]
            if abs(off) < EXACT or crf == (WORST_CRF if off > 0 else BEST_CRF):
                break
        return min(found, key=lambda made: abs(math.log(made[0].bytes) - rate))

    def made(self, arm: Arm, crf: float) -> tuple[Point, Texture]:
        """The texture at a point, with all care."""
        key = (arm, crf)
        if key not in self._kept:
            made = self.window.tried(arm, crf, self._slow, finish=True)
            while made[0].bytes > MAX_TEXTURE_BYTES and crf < WORST_CRF:
                crf = min(crf + COARSER, WORST_CRF)
                made = self.window.tried(arm, crf, self._slow, finish=True)
            held = sum(len(texture.data) for _, texture in self._kept.values())
            while self._kept and held + len(made[1].data) > KEPT_BYTES:
                held -= len(self._kept.pop(next(iter(self._kept)))[1].data)
            self._kept[key] = made
        return self._kept[key]

    def rate(self, lam: float) -> float:
        """Log bytes that the window is worth at a lambda (squared error times seconds, for a bit)."""
        law = Law([self.tried(*station) for station in COARSE], self.window.seconds)
        if lam < law.least:
            law = Law([self.tried(*station) for station in (*COARSE, FINE)], self.window.seconds)
        return law.rate(lam)

    def walk(self, rate: float) -> Place:
        """The best place at log bytes, reached from the last one by steps to neighbours."""
        for _ in range(ROUNDS):
            known = self._descended(rate)
            best = min(known, key=_cost)
            unsure = [
                place
                for place in known
                if _cost(place) < _cost(best) + RIVAL and self._away(place.arm, place.crf) > SURE
            ]
            for place in unsure:
                self.tried(place.arm, round(place.crf))
            if not unsure:
                break
        self._best = best.arm
        return best

    def _descended(self, rate: float) -> list[Place]:
        """The places that were looked at on the way to one whose neighbours are no better."""
        arm = self._best or Arm(2, 2)
        best = self.place(replace(arm, step=min(arm.step, self.window.steps[-1])), rate)
        known = {best.arm: best}
        while True:
            for near in map(self._plain, self._neighbours(best)):
                if near not in known:
                    known[near] = self.place(near, rate)
            found = min(known.values(), key=_cost)
            if found is best:
                return list(known.values())
            best = found

    def _away(self, arm: Arm, crf: float) -> float:
        """How far the nearest try of an arm is."""
        return min(abs(known - crf) for known in self.points[arm])

    def place(self, arm: Arm, rate: float) -> Place:
        """Where an arm stands at log bytes; tries it where nothing is known nearby."""
        arm = self._plain(arm)
        if arm not in self.points:
            self.tried(arm, round(self._guess(arm, rate)))
        for _ in range(2):
            crf = self._crf(arm, rate)
            if self._away(arm, crf) <= FAR:
                break
            self.tried(arm, round(crf))
        crf = self._crf(arm, rate)
        bytes_, unlike = self._between(arm, crf)
        return Place(arm, crf, bytes_, unlike, max(bytes_ - rate, 0.0))

    def tried(self, arm: Arm, crf: float) -> Point:
        """What comes of a quick try."""
        arm = self._plain(arm)
        known = self.points.setdefault(arm, {})
        if crf not in known:
            known[crf] = self.window.tried(arm, crf, self._quick)[0]
        return known[crf]

    def _plain(self, arm: Arm) -> Arm:
        """The arm of least step that codes the same pictures."""
        same = (
            step for step in self.window.steps if self.window.chosen(step) == self.window.chosen(arm.step)
        )
        return replace(arm, step=next(same, arm.step))

    def _guess(self, arm: Arm, rate: float) -> float:
        """Where to try an arm first: as arms known fare at these bytes, else coarse."""
        if not self.points:
            return FIRST_CRF
        like = min(self.points, key=lambda other: sum(map(abs, _apart(other, arm))))
        smaller, slower = _apart(like, arm)
        crf = self._crf(like, rate, beyond=True) - SMALLER * smaller - SLOWER * slower
        return min(max(crf, BEST_CRF), WORST_CRF)

    def _crf(self, arm: Arm, rate: float, *, beyond: bool = False) -> float:
        """The CRF at which an arm takes log bytes, by its tries; also ``beyond`` what the encoder knows."""
        line = _falling([(crf, math.log(point.bytes)) for crf, point in sorted(self.points[arm].items())])
        crf = line[0][0]
        if rate >= line[0][1]:
            crf -= (rate - line[0][1]) / _fall(line[:2])
        elif rate <= line[-1][1]:
            crf = line[-1][0] + (line[-1][1] - rate) / _fall(line[-2:])
        else:
            for (low, more), (high, less) in pairwise(line):
                if less <= rate:
                    crf = low + (high - low) * (more - rate) / (more - less)
                    break
        return crf if beyond else min(max(crf, BEST_CRF), WORST_CRF)

    def _between(self, arm: Arm, crf: float) -> tuple[float, float]:
        """Log bytes and log unlikeness of an arm at a CRF, by the tries around it."""
        points = self.points[arm]
        near = min(points, key=lambda known: (abs(known - crf), known))
        others = [known for known in points if (known > near) == (crf > near) and known != near]
        others = others or [known for known in points if known != near]
        fall, rise = RATE_FALL, UNLIKE_RISE[arm.scale]
        one = points[near]
        if others:
            other = points[min(others, key=lambda known: abs(known - crf))]
            fall = _fall([(near, math.log(one.bytes)), (other.crf, math.log(other.bytes))])
            rise = max(math.log(other.unlike / one.unlike) / (other.crf - near), 0.001)
        return math.log(one.bytes) - fall * (crf - near), math.log(one.unlike) + rise * (crf - near)

    def _neighbours(self, place: Place) -> Iterator[Arm]:
        """Arms a step away that may be better at these bytes."""
        arm = place.arm
        steps = self.window.steps
        scale, step = SCALES.index(arm.scale), steps.index(arm.step)
        if scale > 0 and place.crf + SMALLER < WORST_CRF + 9:
            yield Arm(SCALES[scale - 1], arm.step)
        if scale + 1 < len(SCALES) and place.crf - SMALLER > 28:
            yield Arm(SCALES[scale + 1], arm.step)
        slower = step + 1 < len(steps) and len(self.window.chosen(steps[step + 1])) > 1
        if step > 0:
            yield Arm(arm.scale, steps[step - 1])
        if slower:
            yield Arm(arm.scale, steps[step + 1])
        if slower and scale > 0:
            yield Arm(SCALES[scale - 1], steps[step + 1])
        if step > 0 and scale + 1 < len(SCALES):
            yield Arm(SCALES[scale + 1], steps[step - 1])


def _falling(line: Line) -> Line:
    """A line of CRF and log bytes, without the tries that take more than a finer one."""
    kept = line[:1]
    for crf, rate in line[1:]:
        if rate < kept[-1][1]:
            kept.append((crf, rate))
    return kept


def _fall(ends: Line) -> float:
    """Of log bytes for a step of CRF, kept within what it does."""
    if len(ends) < 2:
        return RATE_FALL
    (low, more), (high, less) = ends
    return min(max((more - less) / (high - low), FALLS[0]), FALLS[1])


def _cost(place: Place) -> float:
    return place.unlike + DEAR * place.dear


def _apart(start: Arm, end: Arm) -> tuple[int, int]:
    """Halvings of the sides and of the frame rate from one arm to another."""
    return (
        SCALES.index(end.scale) - SCALES.index(start.scale),
        PACED_STEPS.index(end.step) - PACED_STEPS.index(start.step),
    )
