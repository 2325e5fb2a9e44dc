# SPDX-License-Identifier: Apache-2.0
"""The colours that text is written in: few, so that a letter takes over one that others have."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mtor_transcode.analyze.paints import to_colour
from mtor_transcode.analyze.regions import CHROMA_WEIGHT
from mtor_transcode.model import Colour

NEW_BITS = 16.0
"""What a colour of its own costs more than a known one."""

PLATEAU = 0.85
"""Px of so much of a letter's strongest contrast tell its colour."""

STRONGER = 1.6
"""Known inks of at most so many times a letter's own contrast are tried: thin strokes never reach theirs."""

WEAKER = 0.8


class Inks:
    """Inks in use. Colours are (Y, Cb, Cr); give letters in the order of their size."""

    def __init__(self, known: list[Colour], lam: float) -> None:
        self._known = list(known)
        self._price = lam * NEW_BITS

    def of(
        self, difference: NDArray[np.float32], ground: NDArray[np.float32], weight: NDArray[np.float32]
    ) -> Colour:
        """The ink of a letter.

        ``difference`` (h, w, 3) is the picture less what is shown below, 0 where the letter is not;
        ``ground`` (3,) is the colour below; ``weight`` (h, w).
        """
        rise = difference[..., 0]
        sign = 1.0 if float((rise * weight).sum()) > 0 else -1.0
        rise = sign * rise
        own = float(rise[rise >= PLATEAU * rise.max()].mean())
        best = self._colour(difference, ground, weight, sign * own)
        least = self._price
        for colour in self._known:
            loss = self._loss(difference, ground, weight, sign, own, colour)
            if loss is not None and loss < least:
                best, least = colour, loss
        if best not in self._known:
            self._known.append(best)
        return best

    @staticmethod
    def _colour(
        difference: NDArray[np.float32],
        ground: NDArray[np.float32],
        weight: NDArray[np.float32],
        rise: float,
    ) -> Colour:
        """Its own colour: luma by the plateau, chroma by least squares over the coverage."""
        cover = np.clip(difference[..., 0] / rise, 0, 1) * weight
        total = float((cover * cover).sum()) or 1.0
        chroma = [float((cover * difference[..., c]).sum()) / total for c in (1, 2)]
        return to_colour(np.array([ground[0] + rise, ground[1] + chroma[0], ground[2] + chroma[1]]))

    @staticmethod
    def _loss(
        difference: NDArray[np.float32],
        ground: NDArray[np.float32],
        weight: NDArray[np.float32],
        sign: float,
        own: float,
        colour: Colour,
    ) -> float | None:
        """The error that a known ink brings in: luma out of its reach, chroma beside; None if far off."""
        rise = sign * (colour[0] - float(ground[0]))
        if not WEAKER * own <= rise <= STRONGER * own:
            return None
        over = np.maximum(sign * difference[..., 0] - rise, 0)
        cover = np.clip(sign * difference[..., 0] / rise, 0, 1)
        loss = float((over * over * weight).sum())
        for c in (1, 2):
            beside = difference[..., c] - cover * (colour[c] - float(ground[c]))
            level = float((cover * beside * weight).sum()) / max(float((cover * cover * weight).sum()), 1e-6)
            loss += CHROMA_WEIGHT * level * level * float((cover * cover * weight).sum())
        return loss
