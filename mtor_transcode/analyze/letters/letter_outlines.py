# SPDX-License-Identifier: Apache-2.0
"""Letters as outlines where that is cheaper than masks: one outline shows a form at all sub-pixel places and
sizes, where masks need one for each.

Forms that may be one, scaled, are gathered around outlines traced from the largest of them; each outline is
fitted to what it is to show; then those are taken, one after another, that save most (a greedy set cover).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from mtor_transcode.analyze.letters.letter_fields import SIDE, Field, extent
from mtor_transcode.analyze.letters.letter_raster import draw
from mtor_transcode.analyze.letters.line_sizes import text_blocks
from mtor_transcode.analyze.letters.mask_levels import cost_of
from mtor_transcode.analyze.letters.mask_merging import Groups
from mtor_transcode.analyze.letters.outline_fit import Form, Sights, fitted, place
from mtor_transcode.analyze.shapes.contours import signed_area, trace_contours
from mtor_transcode.analyze.shapes.outlines import fit_outline
from mtor_transcode.model import SCALE_ONE, Outline

PAGE = 48
"""Letters from which on new outlines are tried."""

MASKS = 0.8
"""Share of what a form's own mask costs, and its error, that it takes among others like it."""

PLACE_BITS = 6.0
"""What the place of an outline costs more than that of a mask."""

ROUGH = 0.4
"""Share of the error of an outline as it was traced that will stay when it is fitted."""

CHEAP = 0.7
"""Share of its own bits that an outline must be sure to save to be fitted."""

MOST_NODES = 48
"""Outlines of more nodes are not tried: the work grows with their square."""

SEEN = 8
"""Forms, those of most weight, that an outline is fitted to."""

HOPE = 0.1
"""Share of what all forms cost by themselves that outlines must promise to save to be fitted at all."""

FINER = 4
"""Times that a letter is magnified to be traced."""

LEAST_AREA = 0.6
"""Contours of less area (px^2) are left out."""

SIZES = tuple(np.exp(np.arange(-5, 6) * 0.02).tolist())
"""Factors by which the size of a text may be another than its letters' height says."""

FINER_SIZES = (0.01, 0.005, 0.0025)
"""Shares by which the best of them is varied in turn."""

TELLING = 8
"""Forms that tell the size of a text."""


_Fit = tuple[float, float, float]
"""A squared error and the place ``(x, y)`` px where it is so little."""

Known = tuple[Outline, int]
"""The outline of a letter, and a scale at which it is known."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """An outline at a scale and its letters: ``(letter, x, y)``, px of the outline's origin in its field."""

    outline: Outline
    scale: int
    places: list[tuple[int, float, float]]


@dataclass(slots=True)
class _Candidate:
    """A form of ``bits``, its mass, centre and deviations in ``shape`` (5,) px, and where it fits groups."""

    form: Form
    shape: NDArray[np.float64]
    bits: float
    outline: Outline | None = None
    fits: dict[int, _Fit] = field(default_factory=dict)


def drawn_letters(
    groups: Groups,
    fields: Field,
    worth: NDArray[np.float64],
    lines: Sequence[Sequence[int]],
    known: Sequence[Known],
    fresh: bool,
) -> list[Drawn]:
    """Letters that are cheaper as outlines; for the first three arguments see ``mask_merging.merge``.

    ``lines`` are the numbers of letters by line of text, ``known`` outlines that cost nothing more; there are
    new ones if ``fresh``.
    """
    fresh = fresh and len(fields) >= PAGE
    if not (fresh or known):
        return []
    return _Drawing(groups, fields, worth, lines, known).drawn(fresh)


class _Drawing:
    """The groups that have no known mask, as numbers by group: ``_numbers`` (k,) in ``Groups``."""

    def __init__(
        self,
        groups: Groups,
        fields: Field,
        worth: NDArray[np.float64],
        lines: Sequence[Sequence[int]],
        known: Sequence[Known],
    ) -> None:
        self._groups, self._fields = groups, fields
        users = np.bincount(groups.group, minlength=len(groups.centres))
        users[: groups.fixed] = 0
        self._numbers = np.flatnonzero(users)
        self._users = users[self._numbers]
        self._weights = np.bincount(groups.group, worth, len(groups.centres))[self._numbers]
        self._centres = groups.centres[self._numbers]
        self._boxes = np.array([extent(c) for c in self._centres], dtype=np.int64).reshape(-1, 4)
        self._shapes = np.array([_shape_of(c) for c in self._centres]).reshape(-1, 5)
        costs = [sum(cost_of(c, w)) for c, w in zip(self._centres, self._weights, strict=True)]
        self._costs = MASKS * np.array(costs) - PLACE_BITS * self._users
        self._scales = np.ones(len(self._numbers))
        forms = {outline: Form.of(outline) for outline, _ in known}
        self._known = [
            _Candidate(form, _shape_of_form(form), 0.0, outline) for outline, form in forms.items()
        ]
        if len(self._numbers):
            self._sized(lines, [1.0, *{scale / SCALE_ONE: 0 for _, scale in known if scale != SCALE_ONE}])

    def drawn(self, fresh: bool) -> list[Drawn]:
        """Groups as known outlines, and as ``fresh`` ones."""
        if not len(self._numbers):
            return []
        candidates = self._fitted_ones() if fresh else []
        candidates += self._known
        self._match(candidates)
        return self._chosen(candidates)

    def _fitted_ones(self) -> list[_Candidate]:
        """New outlines fitted to what they may show; none if they promise little."""
        promises = [(one, self._promise(one)) for one in self._gathered()]
        promising = [(one, promise) for one, promise in promises if promise > (CHEAP - 1) * one.bits]
        if sum(promise for _, promise in promising) < HOPE * np.maximum(self._costs, 0).sum():
            return []
        return [self._fitted(one) for one, _ in promising]

    def _sized(self, lines: Sequence[Sequence[int]], scales: list[float]) -> None:
        """Scales of the groups: one for each size of text, as known forms, or those of most letters, fit."""
        group = self._groups.group
        block_of = np.zeros(len(group), dtype=np.int64)
        blocks = text_blocks(lines, self._fields)
        for number, (_, letters) in enumerate(blocks):
            block_of[letters] = number
        own = np.array([int(np.bincount(block_of[group == number]).argmax()) for number in self._numbers])
        seeds = self._known
        if not seeds:
            traced = (self._traced(k) for k in self._foremost(own == 0, 3 * TELLING))
            seeds = [seed for seed in traced if seed is not None]
        for number, (height, _) in enumerate(blocks):
            if number == 0 and not self._known:
                continue
            some = self._foremost(own == number, TELLING)
            scale = self._scale_of(some, height / blocks[0][0], scales, seeds)
            self._scales[own == number] = scale
            if scale not in scales:
                scales.append(scale)

    def _foremost(self, which: NDArray[np.bool_], most: int) -> list[int]:
        """Those of the groups that say most, the first first."""
        say = np.where(which, self._weights * self._shapes[:, 0], 0)
        return [int(k) for k in np.argsort(-say, kind="stable")[:most] if say[k] > 0]

    def _scale_of(self, some: list[int], rough: float, scales: list[float], known: list[_Candidate]) -> float:
        """The scale at which known forms show these groups best: one of ``scales``, or about a rough one."""
        near = [rough * factor for factor in SIZES]
        costs: dict[float, float] = {scale: self._cost_at(scale, some, known) for scale in (*scales, *near)}
        best = min(costs, key=lambda scale: costs[scale])
        if best in scales:
            return best
        for step in FINER_SIZES:
            for scale in (best * (1 - step), best * (1 + step)):
                costs[scale] = self._cost_at(scale, some, known)
            best = min(costs, key=lambda scale: costs[scale])
        return round(best * SCALE_ONE) / SCALE_ONE

    def _cost_at(self, scale: float, some: list[int], known: list[_Candidate]) -> float:
        """What groups cost at a scale, each as it fits best or as a mask."""
        self._scales[some] = scale
        cost = 0.0
        for k in some:
            nearest = self._nearest(known, k)
            error = 1e9 if nearest is None else nearest[1][0]
            cost += min(ROUGH * float(self._weights[k]) * error, max(float(self._costs[k]), 0.0))
        return cost

    def _alike(self, one: _Candidate) -> NDArray[np.bool_]:
        """Groups (k,) whose mass and deviations a form may have."""
        return _similar(one.shape[:, None] * self._powers(self._scales), self._shapes.T)

    def _like(self, candidates: Sequence[_Candidate], k: int) -> list[_Candidate]:
        """The forms whose mass and deviations a group may have."""
        if not candidates:
            return []
        shapes = np.stack([one.shape for one in candidates], axis=1)
        may = _similar(shapes * self._powers(self._scales[k : k + 1]), self._shapes[k][:, None])
        return [one for one, so in zip(candidates, may.tolist(), strict=True) if so]

    @staticmethod
    def _powers(scales: NDArray[np.float64]) -> NDArray[np.float64]:
        """What mass and lengths of a form are multiplied by at scales (k,): (5, k)."""
        return np.stack([scales * scales, scales, scales, scales, scales])

    def _fit(self, one: _Candidate, k: int) -> _Fit:
        form = one.form
        error, x, y = place(
            form.nodes,
            form.smooth,
            form.ends,
            one.shape[1:3],
            self._scales[k],
            self._centres[k],
            self._boxes[k],
            self._shapes[k, 1:3],
        )
        return float(error), float(x), float(y)

    def _traced(self, k: int) -> _Candidate | None:
        """A form traced from a group, with corners only or with curves; None if it has too many nodes."""
        large = cv2.resize(self._centres[k], None, fx=FINER, fy=FINER, interpolation=cv2.INTER_CUBIC)
        large[[0, -1]] = large[:, [0, -1]] = 0
        scale = np.float32(1 / (FINER * self._scales[k]))
        least = LEAST_AREA * FINER**2
        contours = [c * scale for c in trace_contours(large, 0.5) if abs(signed_area(c)) >= least]
        area_per_bit = min(max(1 / (3 * float(self._weights[k])), 0.002), 60.0)
        best: tuple[float, _Candidate] | None = None
        for curves in (True, False):
            found = fit_outline(contours, area_per_bit, curves=curves) if contours else None
            if found is None or found[0].node_count > MOST_NODES:
                continue
            form = Form.of(found[0])
            one = _Candidate(form, _shape_of_form(form), form.bits(4))
            one.fits[k] = self._fit(one, k)
            cost = one.bits + ROUGH * float(self._weights[k]) * one.fits[k][0]
            if best is None or cost < best[0]:
                best = cost, one
        return best[1] if best else None

    def _gathered(self) -> list[_Candidate]:
        """Forms traced, each with the groups that may be it."""
        candidates: list[_Candidate] = []
        for k in self._foremost(self._costs > 0, len(self._costs)):
            nearest = self._nearest([*self._known, *candidates], k)
            if nearest is not None:
                one, fit = nearest
                share = ROUGH if one.outline is None else 1.0
                if share * self._weights[k] * fit[0] < self._costs[k]:
                    one.fits[k] = fit
                    continue
            fresh = self._traced(k)
            if fresh is not None:
                candidates.append(fresh)
        return candidates

    def _nearest(self, candidates: Sequence[_Candidate], k: int) -> tuple[_Candidate, _Fit] | None:
        """The form that fits a group best, and how; None if none is like it."""
        fits = [(one, self._fit(one, k)) for one in self._like(candidates, k)]
        return min(fits, key=lambda found: found[1][0], default=None)

    def _promise(self, one: _Candidate) -> float:
        """Bits that an outline would save if it fitted as it is likely to be fitted."""
        return sum(max(self._saved(one, k, ROUGH), 0.0) for k in one.fits) - one.bits

    def _saved(self, one: _Candidate, k: int, share: float = 1.0) -> float:
        """What it saves to draw a group with a form."""
        return float(self._costs[k] - share * self._weights[k] * one.fits[k][0])

    def _fitted(self, one: _Candidate) -> _Candidate:
        some = sorted(one.fits, key=lambda k: -float(self._weights[k]))[:SEEN]
        at = np.array([one.fits[k][1:] for k in some])
        sights = Sights(
            self._centres[some], self._boxes[some], at, self._scales[some], self._weights[some].astype(float)
        )
        form, step, _ = fitted(one.form, sights)
        outline = form.outline(step)
        laid = Form.of(outline)
        return _Candidate(laid, _shape_of_form(laid), form.bits(step), outline)

    def _match(self, candidates: Sequence[_Candidate]) -> None:
        """Where each form fits the groups."""
        for one in candidates:
            for k in np.flatnonzero(self._alike(one) & (self._costs > 0)).tolist():
                one.fits[k] = self._fit(one, k)

    def _chosen(self, candidates: list[_Candidate]) -> list[Drawn]:
        """The forms that save most, and their letters."""
        saved = np.zeros(len(self._numbers))
        chosen: dict[int, _Candidate] = {}
        left = list(candidates)
        while left:
            gains = [
                sum(max(self._saved(one, k) - saved[k], 0.0) for k in one.fits) - one.bits for one in left
            ]
            if max(gains) <= 0:
                break
            one = left.pop(int(np.argmax(gains)))
            for k in one.fits:
                if self._saved(one, k) > saved[k]:
                    saved[k], chosen[k] = self._saved(one, k), one
        drawn: dict[tuple[int, int], Drawn] = {}
        for k, one in chosen.items():
            assert one.outline is not None
            scale = round(float(self._scales[k]) * SCALE_ONE)
            into = drawn.setdefault((id(one), scale), Drawn(one.outline, scale, []))
            _, x, y = one.fits[k]
            for letter in np.flatnonzero(self._groups.group == self._numbers[k]).tolist():
                right, down = self._groups.shifts[letter].tolist()
                into.places.append((letter, x + right, y + down))
        return list(drawn.values())


def _similar(form: NDArray[np.float64], group: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether forms (5, n) may be groups (5, n): mass and deviations."""
    off = np.abs(form - group)
    bulk = off[0] < 1.5 + 0.12 * group[0]
    similar: NDArray[np.bool_] = bulk & (off[3:] < 0.3 + 0.04 * group[3:]).all(axis=0)
    return similar


def _shape_of(cover: NDArray[np.floating]) -> NDArray[np.float64]:
    """Mass, centre of mass (x, y) and deviations of a coverage (h, w), without those of a px itself: (5,)."""
    mass = max(float(cover.sum(dtype=np.float64)), 1e-6)
    across, down = cover.sum(axis=0, dtype=np.float64) / mass, cover.sum(axis=1, dtype=np.float64) / mass
    x, y = np.arange(len(across)) + 0.5, np.arange(len(down)) + 0.5
    cx, cy = float(across @ x), float(down @ y)
    wide, high = float(across @ (x - cx) ** 2) - 1 / 12, float(down @ (y - cy) ** 2) - 1 / 12
    return np.array([mass, cx, cy, max(wide, 0.0) ** 0.5, max(high, 0.0) ** 0.5])


def _shape_of_form(form: Form) -> NDArray[np.float64]:
    """The same of a form about its origin."""
    cover = np.zeros((2 * SIDE, 2 * SIDE))
    draw(form.nodes, form.smooth, form.ends, float(SIDE), float(SIDE), 1.0, cover)
    shape = _shape_of(cover)
    shape[1:3] -= SIDE
    return shape
