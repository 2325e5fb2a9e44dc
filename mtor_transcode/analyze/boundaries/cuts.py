# SPDX-License-Identifier: Apache-2.0
"""Cuts: PySceneDetect's detectors propose, a look at what really changed decides.

``AdaptiveDetector`` finds frames that differ more than their neighbours do, ``ThresholdDetector`` the ends
of black stretches. A proposal is a cut if most of the picture is new even after undoing a shift, or if all
detail is (a page change on a plain ground), and if the picture does not return within a flash's length.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scenedetect.common import FrameTimecode
from scenedetect.detectors import AdaptiveDetector, ThresholdDetector

from mtor_transcode.analyze.boundaries.small import changed, changed_beyond_shift

FLASH = 0.3
"""A picture that returns within this time (s) was only interrupted; shorter scenes are not made."""

CUT_DELAY = 2 * FLASH + 0.05
"""How long after a cut (s) it is surely known, a few frames more or less."""

_RATIO = 1.7
_SCORE = 2.5
_WINDOW = 2
_NEW_PICTURE = 0.65
_NEW_PAGE = (0.25, 0.7)
_RETURNED = 0.4
_BLACK = 12
_FRAMES_PER_SECOND = 25.0  # PySceneDetect counts frames here; the rate only names them.


@dataclass(frozen=True, slots=True)
class _Look:
    number: int
    time: float
    small: NDArray[np.uint8]
    thumb: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _Proposal:
    number: int
    time: float
    before: _Look
    after: _Look


class CutFinder:
    """Finds cuts in frames fed in order. Remembers about a second."""

    def __init__(self, full_range: bool) -> None:
        self._adaptive = AdaptiveDetector(
            adaptive_threshold=_RATIO, min_scene_len=0, window_width=_WINDOW, min_content_val=_SCORE
        )
        self._black = ThresholdDetector(threshold=_BLACK, min_scene_len=0, fade_bias=1.0)
        self._to_full = None if full_range else _full_range_table()
        self._looks: deque[_Look] = deque()
        self._proposals: list[_Proposal] = []
        self._bright: _Look | None = None
        self._count = 0

    def feed(self, time: float, small: NDArray[np.uint8], thumb: NDArray[np.float32]) -> list[float]:
        """The times (s) of cuts that have become known with the frame at ``time``, in order."""
        look = _Look(self._count, time, small, thumb)
        self._count += 1
        self._looks.append(look)
        bgr = self._bgr(small)
        name = FrameTimecode(look.number, fps=_FRAMES_PER_SECOND)
        for place in self._adaptive.process_frame(name, bgr):
            self._propose_change(int(place.frame_num))
        if self._black.process_frame(name, bgr):
            self._propose_return(look)
        if float(bgr.mean()) >= _BLACK:
            self._bright = look
        cuts = self._known(time)
        self._forget(time)
        return cuts

    def finish(self) -> list[float]:
        """The cuts not yet told, when there are no more frames."""
        return self._known(float("inf"))

    def _bgr(self, small: NDArray[np.uint8]) -> NDArray[np.uint8]:
        full = small if self._to_full is None else cv2.LUT(small, self._to_full)
        return np.asarray(cv2.cvtColor(np.ascontiguousarray(full[..., ::-1]), cv2.COLOR_YCrCb2BGR), np.uint8)

    def _propose_change(self, number: int) -> None:
        before, after = self._look(number - 1), self._look(number)
        if before is None or after is None:
            return
        # Undoing a shift takes ten looks and can only lessen the change: first without.
        pair = before.small, after.small
        if _is_new(changed(*pair)) and _is_new(changed_beyond_shift(*pair)):
            self._proposals.append(_Proposal(number, after.time, before, after))

    def _propose_return(self, look: _Look) -> None:
        """The end of a black stretch begins a scene if the picture before it was another one."""
        before = self._bright
        if before is not None and changed(before.small, look.small)[0] >= _NEW_PICTURE:
            self._proposals.append(_Proposal(look.number, look.time, before, look))

    def _look(self, number: int) -> _Look | None:
        first = self._looks[0].number
        return self._looks[number - first] if first <= number else None

    def _known(self, now: float) -> list[float]:
        known = [p for p in self._proposals if now >= p.time + CUT_DELAY]
        if not known:
            return []
        kept = [p for p in self._proposals if not self._is_flash(p)]
        cuts = [p.time for p in known if p in kept and not _soon_followed(p, kept)]
        self._proposals = [p for p in self._proposals if p not in known]
        return sorted(set(cuts))

    def _is_flash(self, proposal: _Proposal) -> bool:
        """Whether the picture before comes back soon after, or the one after was there shortly before."""
        before, after = proposal.before, proposal.after
        near = _RETURNED * _distance(before, after)
        for look in self._looks:
            if (
                after.number < look.number
                and look.time <= after.time + FLASH
                and _distance(before, look) < near
            ):
                return True
            if (
                look.number < before.number
                and look.time >= before.time - FLASH
                and _distance(look, after) < near
            ):
                return True
        return False

    def _forget(self, now: float) -> None:
        while len(self._looks) > 2 * _WINDOW + 2 and self._looks[0].time < now - CUT_DELAY - 2 * FLASH:
            self._looks.popleft()


def _is_new(change: tuple[float, float]) -> bool:
    share, detailed = change
    return share >= _NEW_PICTURE or (share >= _NEW_PAGE[0] and detailed >= _NEW_PAGE[1])


def _soon_followed(proposal: _Proposal, kept: list[_Proposal]) -> bool:
    return any(proposal.time < other.time < proposal.time + FLASH for other in kept)


def _distance(one: _Look, other: _Look) -> float:
    return float(np.abs(one.thumb - other.thumb).mean())


def _full_range_table() -> NDArray[np.uint8]:
    codes = np.arange(256, dtype=np.float64)
    luma, chroma = (codes - 16) * 255 / 219, (codes - 128) * 255 / 224 + 128
    table = np.stack([luma, chroma, chroma], axis=-1)
    return np.clip(np.rint(table), 0, 255).astype(np.uint8).reshape(256, 1, 3)
