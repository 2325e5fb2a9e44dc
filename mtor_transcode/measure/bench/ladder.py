# SPDX-License-Identifier: Apache-2.0
"""Where on a peer's ladder it pays to look: few encodes, chosen from coarse to fine.

An *arm* is a scale, a frame rate and tools; along it, CRF moves the rate. Cheap probes rank arms at the same
rate; then the widest gap of the envelope is filled by the arms that own its ends or by their untried
neighbours, until no gap is wider than ``WIDEST`` or the budget is spent. Only what lies on the envelope of
any metric is measured in full.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import msgspec

from mtor_transcode.measure.bench.cache import Point
from mtor_transcode.measure.bench.envelope import Dot, envelope, non_dominated, quality_at, sag
from mtor_transcode.measure.codecs.recipe import RATES, SCALES, Recipe

LOW_KBPS, HIGH_KBPS = 0.4, 60.0
"""Rates that the bench looks at."""

FIRST_KBPS = 15.0
"""Where arms are compared first."""

WIDEST = 0.4
"""Widest gap of an envelope that is left while the budget lasts, in octaves of rate."""

DULL = {"vmaf": 0.6, "ssim": 0.06, "psnr_y": 0.06}
"""A point this near the chord of its neighbours tells nothing new (VMAF, dB, dB)."""

TOLERANCE = {"vmaf": 3.0, "ssim": 0.35, "psnr_y": 0.35}
"""How far (in VMAF, dB, dB) an arm may stay behind the envelope and still be tried nearby."""

STRETCHED, REFILLED = 14, 6
"""Most points that are tried where arms end on the envelope at the worst CRF of the ladder: with worse ones,
and in the gaps that are left then."""

REACHES = 2
"""How often the best arm is asked for the highest rate: the first answer tells its slope."""

CLOSE = 0.6
"""How many tolerances a tried point may be behind the envelope and still stand in for one on it."""

CHALLENGED = (1.5, 3.0, 6.0, 12.0, 24.0, 48.0)
"""Rates (kbps) at which arms that have no point nearby are tried, the most promising first."""

Arm = tuple[int, str]
_SEEDS: tuple[Arm, ...] = (
    (2, "1"), (2, "1/4"), (1, "1/4"), (4, "1"), (1, "1"), (4, "1/4"), (1, "1/8"), (2, "1/2"), (4, "1/8"),
    (2, "changes"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Plan:
    """How much may be tried: ``probes`` encodes at most. ``crfs`` (best, worst), ``per_halving``, ``beyond``
    and ``step`` of the peer; ``changes`` tells that coding only changed frames is worth a try.
    """

    crfs: tuple[int, int]
    per_halving: float
    screens: bool = False
    probes: int = 48
    changes: bool = True
    seeds: tuple[Arm, ...] = _SEEDS
    beyond: float = 0.0
    step: float = 1.0


@dataclass
class Ladder:
    """One search. ``probe`` codes and ranks a recipe (None if that failed); ``points`` is what it found."""

    plan: Plan
    probe: Callable[[Recipe], Point | None]
    points: dict[Recipe, Point] = field(default_factory=dict)
    tried: set[Recipe] = field(default_factory=set)
    screen: bool = False
    _worst: float = 0.0

    def __post_init__(self) -> None:
        self._worst = self.plan.crfs[1]

    def run(self) -> None:
        """Probes until the envelope is dense or the budget is spent."""
        self._start()
        for arm in self.plan.seeds[1:]:
            if self._allowed(arm):
                self._try_at(arm, FIRST_KBPS)
        if self._lowest() > 2 * LOW_KBPS:
            self._try(self._recipe((SCALES[-1], "1/8"), self.plan.crfs[1]))
        while self._left() > self.plan.probes // 3 and any(self._fill(*gap) for gap in self._gaps()):
            pass
        while self._left() > 0 and sum(map(self._challenge, CHALLENGED)):
            pass
        while self._left() > 0 and any(self._fill(*gap) for gap in self._gaps()):
            pass
        self._reach()
        if self.plan.beyond > self._worst:
            self._stretch()

    def chosen(self) -> list[Recipe]:
        """Recipes that make the envelope of any metric, rates rising."""
        recipes = [recipe for recipe, point in self.points.items() if point.kbps <= 1.3 * HIGH_KBPS]
        found: set[Recipe] = set()
        for metric, dull in DULL.items():
            found |= {recipes[dot.tag] for dot in _telling(self._dots(metric, recipes), dull)}
        return sorted(found, key=lambda recipe: self.points[recipe].kbps)

    def between(self, low: float, high: float) -> Recipe | None:
        """What is untried for the gap from ``low`` to ``high`` kbps, best arms first, if anything."""
        middle = math.sqrt(low * high)
        for arm in self._candidates(low, high):
            crf = self._crf(arm, middle)
            recipe = None if crf is None else self._recipe(arm, crf)
            if recipe is not None and recipe not in self.tried:
                predicted = self._predicted(arm, recipe.crf)
                if low * 1.05 < predicted < high / 1.05:
                    return recipe
        return None

    def beside(self, recipe: Recipe, low: float, high: float) -> list[Recipe]:
        """What may stand in for a point whose neighbours on the curve have those rates (kbps), best first.

        Points that were tried there and came near; the same arm a little towards the wider gap, then
        towards the other, then at the next CRF; what is untried in the gaps.
        """
        here = self.points[recipe].kbps
        near = [
            (self._behind(point), other)
            for other, point in self.points.items()
            if other != recipe and low < point.kbps < high
        ]
        tried = [other for behind, other in sorted(near, key=lambda pair: pair[0]) if behind < CLOSE]
        ends = sorted((low, high), key=lambda end: -abs(math.log(end / here)))
        twins = [self._twin(recipe, (end / here) ** share) for share in (1 / 3, 0.0) for end in ends]
        gaps = [self.between(*sorted((here, end))) for end in ends]
        return list(dict.fromkeys(each for each in (*tried, *twins, *gaps) if each is not None))

    def try_one(self, recipe: Recipe) -> Point | None:
        """Probes a recipe if it was not, whatever the budget."""
        self._try(recipe, force=True)
        return self.points.get(recipe)

    def _reach(self) -> None:
        """The curves' ends, whatever the budget: the best arm at the highest rate, the lowest's worst CRF."""
        for metric in [*TOLERANCE] * REACHES:
            curve = self._curve(metric)
            if curve and curve[-1].kbps < HIGH_KBPS / 1.1:
                arm = self._arm_of(curve[-1], metric)
                crf = self._crf(arm, HIGH_KBPS)
                self._try(self._recipe(arm, self.plan.crfs[0] if crf is None else crf), force=True)
            if curve and curve[0].kbps > LOW_KBPS:
                arm = self._arm_of(curve[0], metric)
                self._try(self._recipe(arm, self.plan.crfs[1]), force=True)

    def _stretch(self) -> None:
        """Worse CRFs than the ladder's for arms that end on the envelope, then what gaps are left."""
        last, self._worst = self._worst, self.plan.beyond
        ends = [
            recipe for recipe, point in self.points.items() if recipe.crf == last and self._behind(point) == 0
        ]
        ends = sorted(ends, key=lambda recipe: self.points[recipe].kbps)[-STRETCHED // 2 :]
        for recipe in ends:
            half = msgspec.structs.replace(recipe, crf=round((last + self._worst) / 2))
            self._try(half, force=True)
            if half in self.points and self._behind(self.points[half]) < CLOSE:
                self._try(msgspec.structs.replace(recipe, crf=self._worst), force=True)
        for _ in range(REFILLED):
            untried = (self.between(*gap) for gap in self._gaps())
            chosen = next((recipe for recipe in untried if recipe is not None), None)
            if chosen is None:
                return
            self._try(chosen, force=True)

    def _arm_of(self, dot: Dot, metric: str) -> Arm:
        recipe = [each for each, point in self.points.items() if metric in point.probe][dot.tag]
        return recipe.scale, recipe.rate

    def _start(self) -> None:
        """The first arm, coarse to fine, and whether tools for screens pay."""
        arm, worst = self.plan.seeds[0], self.plan.crfs[1]
        start = worst - round(self.plan.per_halving)
        self._try(self._recipe(arm, start))
        if self.plan.screens:
            with_tools = Recipe(start, *arm, screen=True)
            self._try(with_tools)
            self.screen = self._gain(with_tools, self._recipe(arm, start)) > 0
        self._try_at(arm, FIRST_KBPS)

    def _twin(self, recipe: Recipe, ratio: float) -> Recipe | None:
        """The same arm at about ``ratio`` times the rate, one CRF away at least; None outside the codec's."""
        step = self.plan.step
        steps = round(self._halving((recipe.scale, recipe.rate)) * math.log2(ratio) / step) * step
        crf = recipe.crf - (steps or (step if ratio >= 1 else -step))
        return msgspec.structs.replace(recipe, crf=crf) if self.plan.crfs[0] <= crf <= self._worst else None

    def _gain(self, one: Recipe, other: Recipe) -> float:
        """dB that ``one`` is better by, at about 6 dB for a tenfold rate."""
        a, b = self.points.get(one), self.points.get(other)
        if a is None or b is None:
            return 0.0
        return a.probe["psnr_y"] - b.probe["psnr_y"] - 6 * math.log10(a.kbps / b.kbps)

    def _try(self, recipe: Recipe, *, force: bool = False) -> None:
        if recipe in self.tried or (self._left() <= 0 and not force):
            return
        self.tried.add(recipe)
        point = self.probe(recipe)
        if point is not None:
            self.points[recipe] = point

    def _try_at(self, arm: Arm, kbps: float) -> None:
        crf = self._crf(arm, kbps)
        if crf is not None:
            self._try(self._recipe(arm, crf))

    def _left(self) -> int:
        return self.plan.probes - len(self.tried)

    def _lowest(self) -> float:
        return min((point.kbps for point in self.points.values()), default=HIGH_KBPS)

    def _recipe(self, arm: Arm, crf: float) -> Recipe:
        return Recipe(crf, *arm, screen=self.screen)

    def _crf(self, arm: Arm, kbps: float) -> float | None:
        """The CRF at which ``arm`` should have that rate; None if even the worst is far too much."""
        best, worst = self.plan.crfs[0], self._worst
        if self._predicted(arm, worst) > HIGH_KBPS * 1.2:
            return None
        wanted = worst + self._halving(arm) * math.log2(self._predicted(arm, worst) / kbps)
        return min(worst, max(best, round(wanted)))

    def _own(self, arm: Arm) -> list[tuple[float, float]]:
        return sorted(
            (recipe.crf, point.kbps)
            for recipe, point in self.points.items()
            if (recipe.scale, recipe.rate) == arm and recipe.screen == self.screen
        )

    def _halving(self, arm: Arm) -> float:
        """CRF steps that halve the rate of an arm, by its own points where it has two."""
        own = self._own(arm)
        if len(own) >= 2 and own[0][1] > own[-1][1] * 1.05:
            slope = (own[-1][0] - own[0][0]) / math.log2(own[0][1] / own[-1][1])
            return min(2.5 * self.plan.per_halving, max(0.5 * self.plan.per_halving, slope))
        return self.plan.per_halving

    def _predicted(self, arm: Arm, crf: float) -> float:
        """The rate (kbps) to expect: from the arm's nearest point, else from the arm most like it."""
        own = self._own(arm)
        if own:
            near, kbps = min(own, key=lambda pair: abs(pair[0] - crf))
            return kbps * math.pow(2, (near - crf) / self._halving(arm))
        known = [(each.scale, each.rate) for each in self.points]
        if not known:
            return FIRST_KBPS
        like = min(known, key=lambda other: abs(_steps(other, arm)[0]) + abs(_steps(other, arm)[1]))
        smaller, slower = _steps(like, arm)
        kbps = self._predicted(like, crf)
        return kbps * math.pow(0.4, smaller) * math.pow(0.65, slower)

    def _gaps(self) -> list[tuple[float, float]]:
        """Gaps of the envelopes (kbps), the widest first."""
        gaps: set[tuple[float, float]] = set()
        for metric in TOLERANCE:
            curve = [dot for dot in self._curve(metric) if dot.kbps <= 1.3 * HIGH_KBPS]
            edges = [dot.kbps for dot in curve if dot.kbps >= LOW_KBPS]
            if edges and edges[-1] < HIGH_KBPS / 1.2:
                edges.append(HIGH_KBPS * 1.2)
            gaps |= set(pairwise(edges))
        wide = [gap for gap in gaps if math.log2(gap[1] / gap[0]) > WIDEST]
        return sorted(wide, key=lambda gap: gap[0] / gap[1])

    def _fill(self, low: float, high: float) -> bool:
        """Tries something in a gap; False if nothing is left to try there."""
        recipe = self.between(low, high)
        if recipe is None:
            return False
        self._try(recipe)
        return True

    def _challenge(self, kbps: float) -> bool:
        """Tries the most promising arm without a point near a rate; False if there is none."""
        for arm in self._candidates(kbps / 1.4, kbps * 1.4):
            near = any(abs(math.log2(own / kbps)) < 0.5 for _, own in self._own(arm))
            crf = None if near else self._crf(arm, kbps)
            if crf is None or abs(math.log2(self._predicted(arm, crf) / kbps)) > 0.5:
                continue
            recipe = self._recipe(arm, crf)
            if recipe not in self.tried:
                self._try(recipe)
                return True
        return False

    def _curve(self, metric: str) -> list[Dot]:
        return non_dominated(self._dots(metric, list(self.points)))

    def _dots(self, metric: str, recipes: Sequence[Recipe]) -> list[Dot]:
        points = [self.points[recipe] for recipe in recipes]
        return [
            Dot(point.kbps, _in_db(metric, point.probe[metric]), number)
            for number, point in enumerate(points)
            if metric in point.probe
        ]

    def _allowed(self, arm: Arm) -> bool:
        return self.plan.changes or arm[1] != "changes"

    def _candidates(self, low: float, high: float) -> Iterator[Arm]:
        """Arms for a gap: what made its upper end, the same at a slower rate, then by how near arms came.

        Where quality jumps, the arm above the jump is worth stretching downwards; elsewhere, arms rank by how
        far their points near the gap lie below the envelope, and good ones bring their untried neighbours.
        """
        middle = math.sqrt(low * high)
        ends = [
            (recipe.scale, recipe.rate)
            for recipe, point in self.points.items()
            if high * 0.999 <= point.kbps <= high * 1.001
        ]
        slower = [
            near
            for arm in ends
            for near in _neighbours(arm)
            if near[0] == arm[0] and _steps(arm, near)[1] > 0
        ]
        standing: dict[Arm, float] = {}
        for recipe, point in self.points.items():
            arm = (recipe.scale, recipe.rate)
            behind = self._behind(point) + 0.4 * abs(math.log2(point.kbps / middle))
            standing[arm] = min(behind, standing.get(arm, math.inf))
        for arm in [arm for arm, behind in standing.items() if behind < 1.0]:
            for near in _neighbours(arm):
                standing.setdefault(near, standing[arm] + 0.25)
        ranked = [arm for arm in sorted(standing, key=lambda each: standing[each]) if standing[arm] < 2.0]
        yield from filter(self._allowed, dict.fromkeys([*ends, *slower, *ranked]))

    def _behind(self, point: Point) -> float:
        """How far a point is behind the envelopes, in tolerances, the mean over the metrics; 0 on them."""
        behind: list[float] = []
        for metric, tolerance in TOLERANCE.items():
            if metric in point.probe:
                best = quality_at(self._curve(metric), point.kbps)
                mine = _in_db(metric, point.probe[metric])
                behind.append(0.0 if best is None else min(4.0, max(0.0, best - mine) / tolerance))
        return sum(behind) / len(behind) if behind else 0.0


def _steps(start: Arm, end: Arm) -> tuple[int, float]:
    """Halvings of the sides and of the frame rate from one arm to another; changed frames count as half."""
    slow = {rate: float(n) for n, rate in enumerate(RATES)} | {"changes": 0.5}
    return SCALES.index(end[0]) - SCALES.index(start[0]), slow[end[1]] - slow[start[1]]


def _neighbours(arm: Arm) -> Sequence[Arm]:
    """Arms one step away in scale or in frame rate."""
    place = SCALES.index(arm[0])
    scales = [(SCALES[n], arm[1]) for n in (place - 1, place + 1) if 0 <= n < len(SCALES)]
    rates = [(arm[0], rate) for rate in RATES if 0 < abs(_steps(arm, (arm[0], rate))[1]) <= 1]
    return [*scales, *rates]


def _telling(dots: Sequence[Dot], dull: float) -> list[Dot]:
    """The envelope without dots within ``dull`` of the chord of neighbours at most an octave apart."""
    kept = envelope(dots)
    while True:
        flat = [(abs(sag(*kept[n - 1 : n + 2])), n) for n in range(1, len(kept) - 1)]
        flat = [(bend, n) for bend, n in flat if kept[n + 1].kbps <= 2 * kept[n - 1].kbps]
        least = min(flat, default=(dull, 0))
        if least[0] >= dull:
            return kept
        del kept[least[1]]


def _in_db(metric: str, value: float) -> float:
    return -10 * math.log10(max(1e-10, 1 - value)) if metric == "ssim" else value
