# SPDX-License-Identifier: Apache-2.0
"""The colours that text is written in: few, so that a letter takes over one that others have.

All letters of a page decide together which inks are worth their bits (one letter's colour may not be, that of
a line is), then each takes the one that costs least, with a price on changing it from letter to letter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mtor_transcode.analyze.canvas.regions import CHROMA_WEIGHT
from mtor_transcode.analyze.paints.simple import to_colour
from mtor_transcode.model import Colour

NEW_BITS = 16.0
"""What a colour that nobody has yet costs."""

CHANGE_BITS = 5.0
"""What it costs that a letter has another ink than the one before it."""

PLATEAU = 0.85
"""Px of so much of a letter's strongest contrast tell its colour."""

STRONGER = 1.6
"""Inks of at most so many times a letter's own contrast are tried: thin strokes never reach theirs."""

WEAKER = 0.8

STRONG = 0.7
"""An ink is as strong as those letters are that come at this share of all, from the weakest."""

LEAST_SHARE = 0.3
"""Part of each letter's contrast that an ink of them all has at least."""

CANDIDATES = 64
"""Colours at most that are proposed to all: those in which most is written."""

ALIKE = (16, 8, 8)
"""Steps of Y, Cb and Cr within which letters propose one colour: that of the letter with most ink."""

_Costs = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Written:
    """A letter as it is written: ``ground`` (3,) below it; ``rise``, by how much its luma is above that;
    ``chroma`` (2,), the same of Cb and Cr, where it covers all; ``energy``, the sum of its squared coverage,
    ``plateau``, that of what it covers whole, both weighted.
    """

    ground: NDArray[np.float32]
    rise: float
    chroma: tuple[float, float]
    energy: float
    plateau: float

    @property
    def colour(self) -> Colour:
        """Its own ink."""
        blue, red = self.chroma
        ground = self.ground
        return to_colour(np.array([ground[0] + self.rise, ground[1] + blue, ground[2] + red]))


def written(
    difference: NDArray[np.float32], ground: NDArray[np.float32], weight: NDArray[np.float32]
) -> Written:
    """What a letter shows of its ink: luma by its plateau, chroma by least squares over its coverage.

    ``difference`` (h, w, 3) is the picture less what is shown below, 0 where the letter is not;
    ``ground`` (3,) is the colour below; ``weight`` (h, w).
    """
    luma = difference[..., 0]
    sign = 1.0 if float((luma * weight).sum()) > 0 else -1.0
    strong = sign * luma >= PLATEAU * (sign * luma).max()
    rise = float(luma[strong].mean())
    cover = np.clip(luma / rise, 0, 1)
    energy = float((cover * cover * weight).sum())
    blue, red = (float((cover * weight * difference[..., c]).sum()) / (energy or 1.0) for c in (1, 2))
    return Written(ground, rise, (blue, red), energy, float(weight[strong].sum()))


def inks_of(letters: Sequence[Written], known: Sequence[Colour], lam: float) -> list[Colour]:
    """The ink of each letter, given in the order in which one reads; ``known`` inks need not be told anew."""
    if not letters:
        return []
    new = lam * NEW_BITS
    inks = list(dict.fromkeys(known))
    own = [colour for colour in _proposals(letters) if colour not in inks]
    told = _costs(letters, inks)
    proposed = _costs(letters, own)
    least = np.minimum(told.min(axis=1, initial=np.inf), new)
    chosen: list[int] = []
    while own and len(chosen) < len(own):
        saved = np.maximum(least[:, None] - proposed, 0).sum(axis=0) - new
        best = int(np.argmax(saved))
        if saved[best] <= 0:
            break
        chosen.append(best)
        least = np.minimum(least, proposed[:, best])
    inks += [own[place] for place in chosen]
    costs = np.hstack([told, proposed[:, chosen], np.full((len(letters), 1), new)])
    path = np.array(_cheapest_path(costs, lam * CHANGE_BITS))
    for state in range(len(inks) - len(chosen), len(inks)):
        users = [letters[number] for number in np.flatnonzero(path == state).tolist()]
        inks[state] = _common(users, inks[state])
    return [
        inks[state] if state < len(inks) else letter.colour
        for letter, state in zip(letters, path, strict=True)
    ]


def _common(users: Sequence[Written], proposed: Colour) -> Colour:
    """The ink of letters that share one: luma as of the stronger ones, chroma by least squares over all.

    The ink ``proposed`` stays if nobody has it, or if the other would not be seen on the ground of some.
    """
    if not users:
        return proposed
    luma = np.array([letter.ground[0] + letter.rise for letter in users])
    order = np.argsort(luma if users[0].rise > 0 else -luma)
    plateau = np.cumsum([users[number].plateau for number in order])
    ink = luma[order[int(np.searchsorted(plateau, STRONG * plateau[-1]))]]
    ground = np.array([letter.ground for letter in users], dtype=np.float64)
    away, rise = ink - ground[:, 0], np.array([letter.rise for letter in users])
    if (away * rise < LEAST_SHARE * rise * rise).any():
        return proposed
    cover = (luma - ground[:, 0]) / away
    energy = np.array([letter.energy for letter in users])
    chroma = np.array([letter.chroma for letter in users])
    told = (energy * cover)[:, None] * (cover[:, None] * ground[:, 1:] + chroma)
    blue, red = told.sum(axis=0) / max(float((energy * cover * cover).sum()), 1e-9)
    return to_colour(np.array([ink, blue, red]))


def _proposals(letters: Sequence[Written]) -> list[Colour]:
    """The colours in which most is written."""
    written: dict[tuple[int, ...], float] = {}
    best: dict[tuple[int, ...], Written] = {}
    for letter in letters:
        place = tuple(code // step for code, step in zip(letter.colour, ALIKE, strict=True))
        written[place] = written.get(place, 0.0) + letter.energy
        if place not in best or letter.energy > best[place].energy:
            best[place] = letter
    most = sorted(written, key=lambda place: -written[place])[:CANDIDATES]
    return list(dict.fromkeys(best[place].colour for place in most))


def _costs(letters: Sequence[Written], inks: Sequence[Colour]) -> _Costs:
    """The error that each ink brings into each letter, infinite where it is far off: (letters, inks)."""
    if not inks:
        return np.empty((len(letters), 0))
    ground = np.array([letter.ground for letter in letters], dtype=np.float64)
    own = np.array([letter.rise for letter in letters])
    chroma = np.array([letter.chroma for letter in letters])
    energy = np.array([letter.energy for letter in letters])
    plateau = np.array([letter.plateau for letter in letters])
    away = np.array(inks, dtype=np.float64)[None] - ground[:, None]
    share = away[..., 0] / own[:, None]
    fits = (share >= WEAKER) & (share <= STRONGER)
    share = np.where(fits, share, 1.0)
    beside = chroma[:, None] - away[..., 1:] / share[..., None]
    short = np.maximum(1 - share, 0) * own[:, None]
    cost = CHROMA_WEIGHT * energy[:, None] * (beside * beside).sum(axis=2) + plateau[:, None] * short * short
    return np.where(fits, cost, np.inf)


def _cheapest_path(costs: _Costs, change: float) -> list[int]:
    """The column for each row of least total cost, with a price on each change (Viterbi 1967)."""
    total = costs[0].copy()
    before = np.empty(costs.shape, dtype=np.intp)
    for row in range(1, len(costs)):
        best = int(np.argmin(total))
        stays = total <= total[best] + change
        before[row] = np.where(stays, np.arange(costs.shape[1]), best)
        total = np.where(stays, total, total[best] + change) + costs[row]
    state = int(np.argmin(total))
    path = [state]
    for row in range(len(costs) - 1, 0, -1):
        state = int(before[row, state])
        path.append(state)
    return path[::-1]
