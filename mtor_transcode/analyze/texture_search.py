# SPDX-License-Identifier: Apache-2.0
"""The best texture of a window at a lambda: size, frame rate and quantiser, by a walk over few quick tries.

An arm (size and frame rate) has a curve over CRF: log rate, log squared error and log (1 - SSIM) are taken to
be linear between its tries. Its place at a lambda is where squared error falls by lambda for a bit. Arms are
then compared by SSIM, rates made equal by the exchange that the better arm itself offers: of the criteria
that were tried on the clips' AV1 points, SSIM's choice loses least in VMAF, SSIM and PSNR together.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from mtor_transcode.analyze.av1 import BEST_CRF, WORST_CRF
from mtor_transcode.analyze.texture_probe import SCALES, STEPS, Arm, Point, Window
from mtor_transcode.codec.limits import MAX_TEXTURE_BYTES
from mtor_transcode.model import Texture

PRESETS = {"fast": (10, 8), "balanced": (8, 5), "best": (6, 4)}
"""SVT-AV1's presets: for tries, for what is kept."""

RATE_FALL = 0.075
"""Fall of log rate for a step of CRF where an arm has one try only."""

ERROR_RISE = {1: 0.06, 2: 0.045, 4: 0.015, 8: 0.006}
"""Rise of log squared error for a step of CRF, by scale: what shrinking took away stays the same."""

UNLIKE_RISE = {1: 0.08, 2: 0.06, 4: 0.017, 8: 0.007}
"""The same of 1 - SSIM."""

STEEP = 0.116
"""Rise of log lambda for a step of CRF."""

SMALLER, SLOWER = 13.0, 6.0
"""Steps of CRF by which quantisers come finer at one lambda, if the sides or the frame rate are halved."""

USUAL = (150.0, 55.0, 24.0)
"""Lambda, CRF and frames a second that went together on a film at half size: where a first try is made."""

FAR = 5.0
"""A place this many steps of CRF from the nearest try is tried itself."""

COARSER = 5
"""Steps of CRF by which a texture that is too large for a file is made coarser."""

KEPT = 4
"""Textures that are kept of one window."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where an arm stands at a lambda: a CRF, log bytes, log (1 - SSIM), log squared error; the exchange
    ``fall`` of log (1 - SSIM) for log bytes around there.
    """

    arm: Arm
    crf: float
    rate: float
    unlike: float
    squares: float
    fall: float


class TextureSearch:
    """Tries of one window; what was learnt at one lambda serves the next."""

    def __init__(self, window: Window, preset: str, like: TextureSearch | None = None) -> None:
        self.window = window
        self._quick, self._slow = PRESETS[preset]
        self.points: dict[Arm, dict[int, Point]] = {}
        self._kept: dict[tuple[Arm, int], tuple[Point, Texture]] = {}
        self._best: Arm | None = None if like is None else like._best

    def best(self, lam: float) -> tuple[Point, Texture]:
        """The best texture at a lambda (squared error times seconds, for a bit)."""
        place = self.walk(lam)
        return self.made(place.arm, round(place.crf))

    def made(self, arm: Arm, crf: int) -> tuple[Point, Texture]:
        """The texture at a point, with all care."""
        key = (arm, crf)
        if key not in self._kept:
            if len(self._kept) >= KEPT:
                del self._kept[next(iter(self._kept))]
            made = self.window.tried(arm, crf, self._slow)
            while made[0].bytes > MAX_TEXTURE_BYTES and crf < WORST_CRF:
                crf = min(crf + COARSER, WORST_CRF)
                made = self.window.tried(arm, crf, self._slow)
            self._kept[key] = made
        return self._kept[key]

    def walk(self, lam: float) -> Place:
        """The best place at a lambda, reached from the last one by steps to neighbours."""
        known: dict[Arm, Place] = {}
        arm = self._best or Arm(2, 2)
        best = known[arm] = self.place(arm, lam)
        been = {arm}
        while True:
            found = best
            for near in self._neighbours(best):
                if near not in known:
                    known[near] = self.place(near, lam)
                if _better(known[near], found):
                    found = known[near]
            if found.arm in been:  # Or back where it was: what is better depends a little on with what.
                break
            best = found
            been.add(best.arm)
        self._best = best.arm
        return best

    def place(self, arm: Arm, lam: float) -> Place:
        """Where an arm stands at a lambda; tries it where nothing is known nearby."""
        if arm not in self.points:
            self.tried(arm, round(self._guess(arm, lam)))
        for _ in range(2):
            place = self._between(arm, lam)
            nearest = min(self.points[arm], key=lambda crf: abs(crf - place.crf))
            if abs(nearest - place.crf) <= FAR:
                break
            self.tried(arm, round(place.crf))
        return self._between(arm, lam)

    def tried(self, arm: Arm, crf: int) -> Point:
        """What comes of a quick try."""
        known = self.points.setdefault(arm, {})
        if crf not in known:
            known[crf] = self.window.tried(arm, crf, self._quick)[0]
        return known[crf]

    def tried_near(self, place: Place) -> Point:
        """The try of the same arm that is nearest to a place."""
        points = self.points[place.arm]
        return points[min(points, key=lambda crf: abs(crf - place.crf))]

    def _guess(self, arm: Arm, lam: float) -> float:
        """Where to try an arm first: as arms known fare at this lambda, else as films do."""
        if self.points:
            like = min(self.points, key=lambda other: sum(map(abs, _apart(other, arm))))
            smaller, slower = _apart(like, arm)
            crf = self._between(like, lam).crf - SMALLER * smaller - SLOWER * slower
        else:
            usual, crf, rate = USUAL
            frames = len(self.window.changes) / max(self.window.seconds, 1e-3)
            smaller, slower = _apart(Arm(2, 1), arm)
            crf += math.log(lam / usual) / STEEP - SMALLER * smaller - SLOWER * slower
            crf -= SLOWER * math.log2(rate / max(frames, 0.1))
        return min(max(crf, BEST_CRF), WORST_CRF)

    def _between(self, arm: Arm, lam: float) -> Place:
        """The place by the arm's tries: along the line through the two that lie best."""
        points = self.points[arm]
        crf = wanted = float(min(points))
        rate, error, unlike = -RATE_FALL, ERROR_RISE[arm.scale], UNLIKE_RISE[arm.scale]
        near = points[min(points)]
        for _ in range(3):
            near = points[min(points, key=lambda known: abs(known - crf))]
            others = [point for known, point in points.items() if known != near.crf]
            if others:
                other = min(others, key=lambda point: abs(point.crf - crf))
                rate, error, unlike = _slopes(near, other, (rate, error, unlike))
            # Lambda is squared error for a bit, summed over the window's seconds.
            here = near.squares * self.window.seconds * error / (8 * near.bytes * -rate)
            wanted = near.crf + math.log(lam / here) / (error - rate)
            crf = min(max(wanted, BEST_CRF), WORST_CRF)
        away = crf - near.crf
        # Where no quantiser is coarse enough for lambda, bytes weigh as much more as lambda is beyond.
        weight = math.exp(min(max((wanted - crf) * (error - rate), -1.0), 3.0))
        return Place(
            arm,
            crf,
            math.log(near.bytes) + rate * away,
            math.log(near.unlike) + unlike * away,
            math.log(near.squares) + error * away,
            min(max(-unlike / rate, 0.15), 1.2) * weight,
        )

    def _neighbours(self, place: Place) -> Iterator[Arm]:
        """Arms a step away that may be better at this lambda."""
        arm = place.arm
        scale, step = SCALES.index(arm.scale), STEPS.index(arm.step)
        if scale > 0 and place.crf + SMALLER < WORST_CRF + 9:
            yield Arm(SCALES[scale - 1], arm.step)
        if scale + 1 < len(SCALES) and place.crf - SMALLER > 28:
            yield Arm(SCALES[scale + 1], arm.step)
        if step > 0:
            yield Arm(arm.scale, STEPS[step - 1])
        if step + 1 < len(STEPS) and len(self.window.chosen(STEPS[step + 1])) > 1:
            yield Arm(arm.scale, STEPS[step + 1])


def _slopes(one: Point, other: Point, usual: tuple[float, float, float]) -> tuple[float, float, float]:
    """Of log rate, log squared error and log (1 - SSIM) over CRF; tries too noisy to tell give the usual."""
    apart = other.crf - one.crf
    rate = math.log(other.bytes / one.bytes) / apart
    error = math.log(other.squares / one.squares) / apart
    unlike = math.log(other.unlike / one.unlike) / apart
    if rate > -0.02 or error < 0.001:
        return usual
    return rate, error, max(unlike, 0.001)


def _better(one: Place, other: Place) -> bool:
    fall = (one.fall + other.fall) / 2
    return one.unlike + fall * one.rate < other.unlike + fall * other.rate - 1e-6


def _apart(start: Arm, end: Arm) -> tuple[int, int]:
    """Halvings of the sides and of the frame rate from one arm to another."""
    return (
        SCALES.index(end.scale) - SCALES.index(start.scale),
        STEPS.index(end.step) - STEPS.index(start.step),
    )
