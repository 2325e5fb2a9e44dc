# SPDX-License-Identifier: Apache-2.0
"""How a peer codec is asked for one point of its curve: quantiser, size, frame rate, tools."""

from __future__ import annotations

import msgspec
import numpy as np
from numpy.typing import NDArray

SCALES = (1, 2, 4, 8)
"""Divisors of the picture's sides."""

RATES = ("1", "1/2", "1/4", "1/8", "changes")
"""Which frames are coded: every one, every second, fourth, eighth, or those that changed."""

# FFmpeg's mpdecimate, in mean differences of 8x8 blocks: a frame is dropped if no block differs by more than
# the first, and at most that share of blocks by more than the second.
_MOST, _SOME, _SHARE = 12.0, 5.0, 0.33
_BLOCK = 8


class Recipe(msgspec.Struct, frozen=True, order=True):
    """One way to code a clip. ``screen`` turns screen-content tools on where the codec has a choice."""

    crf: float
    scale: int = 1
    rate: str = "1"
    screen: bool = False

    @property
    def label(self) -> str:
        """For tables: ``CRF 40, 1/2 size, 1/4 rate``."""
        words = [f"CRF {self.crf:g}"]
        if self.scale > 1:
            words.append(f"1/{self.scale} size")
        if self.rate != "1":
            words.append("changed frames" if self.rate == "changes" else f"{self.rate} rate")
        return ", ".join([*words, *(["screen"] if self.screen else [])])

    @property
    def step(self) -> int:
        """Of how many frames one is coded; 0 if that depends on the pictures."""
        return 0 if self.rate == "changes" else int(self.rate.rpartition("/")[2])

    def takes(self, number: int, changed: bool) -> bool:
        """Whether the source's frame ``number`` is coded; ``changed`` tells that it differs from before."""
        return number % self.step == 0 if self.step else changed

    def size(self, width: int, height: int) -> tuple[int, int]:
        """The coded size (px), even sides, for a source of ``width`` x ``height``."""
        across, down = (max(2, 2 * round(side / self.scale / 2)) for side in (width, height))
        return across, down


class Changes:
    """Tells which frames, fed in order, differ from the last that did."""

    def __init__(self) -> None:
        self._last: NDArray[np.uint8] | None = None

    def changed(self, luma: NDArray[np.uint8]) -> bool:
        """Whether the next frame, whose 8 bit luma this is, differs. The first does."""
        if self._last is not None and not differs(self._last, luma):
            return False
        self._last = luma.copy()
        return True


def differs(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> bool:
    """Whether two frames' luma differ by what FFmpeg's ``mpdecimate`` (its defaults) calls a difference."""
    import cv2

    height, width = first.shape
    apart = cv2.absdiff(first, second)
    if not apart.any():
        return False
    size = (max(1, width // _BLOCK), max(1, height // _BLOCK))
    blocks = cv2.resize(apart, size, interpolation=cv2.INTER_AREA)
    return bool(blocks.max() > _MOST or np.mean(blocks > _SOME) > _SHARE)
