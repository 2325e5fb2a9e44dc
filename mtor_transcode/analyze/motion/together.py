# SPDX-License-Identifier: Apache-2.0
"""Shapes that move together, or all go on at once: tried on the stage as one, before any is looked at alone.

Moved one after the other, letters of a word take each other's places: the first finds its own taken, or
another's free. All at once, each comes where the others left.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from mtor_transcode.analyze.canvas.easel import Picture, Plane
from mtor_transcode.analyze.canvas.live_shapes import LiveShape, LiveShapes, error_change, rect_of
from mtor_transcode.analyze.motion.glance import Glance, half_of
from mtor_transcode.analyze.motion.track import matched_shift
from mtor_transcode.model import UNITS_PER_PX, Transform
from mtor_transcode.render.rasterizer import Rect

REACH = 24
"""Px at half size within which shapes are looked for."""

MATCHED = 0.6
"""Share of what is wrong with a shape if it stays that a common shift must explain."""

SHIFTS = 3
"""Common shifts that are tried at a key."""

FEW = 3
"""Shapes that make a group at least."""

APART = 24
"""Units by which the steps of shapes of one group may differ."""

ASKED = 8
"""Shapes of a group that are asked for its exact shift at most."""

NEAR = 4
"""Px from a common shift within which their answers count."""

WIDEST = 128
"""Shapes wider or higher than this (px at half size) take no part in the vote."""


@dataclass(frozen=True, slots=True)
class Voter:
    """A shape that may move.

    ``shape`` is what it was, ``index`` its place in the painter's list, ``stake`` its weighted error.
    """

    shape: LiveShape
    index: int
    stake: float


def gone_on(
    live: LiveShapes, places: Mapping[int, Transform], target: Picture, worth: Plane
) -> dict[int, LiveShape]:
    """Move shapes to ``places`` (by their places in the painter's list) as far as the picture is better so.

    All at once; then groups of one step that had better stay go back. Returns those moved, as they were.
    """
    were = {index: live.shapes[index] for index in places}
    if not were or not _try(live, _placed(live, places), target, worth):
        moved: dict[int, LiveShape] = {}
        for group in _groups(live, places) if len(were) > 1 else []:
            if _try(live, _placed(live, {index: places[index] for index in group}), target, worth):
                moved |= {index: were[index] for index in group}
        return moved
    for group in _groups(live, places, were):
        if len(group) < len(were) and _try(live, {index: were[index] for index in group}, target, worth):
            for index in group:
                del were[index]
    return were


def go_along(
    live: LiveShapes,
    held: Mapping[int, LiveShape],
    members: list[int],
    shift: tuple[float, float],
    target: Picture,
    worth: Plane,
) -> bool:
    """Move ``members`` by a shift (px) from where they were held, if the picture is better so."""
    across, down = live.to_world(*shift)
    dx, dy = round(across * UNITS_PER_PX), round(down * UNITS_PER_PX)
    places = {}
    for index in members:
        was = held[index].state.transform
        places[index] = replace(was, dx=was.dx + dx, dy=was.dy + dy)
    return _try(live, _placed(live, places), target, worth)


def common_shifts(
    live: LiveShapes,
    decided: Picture,
    target: Picture,
    owners: NDArray[np.int32],
    voters: list[Voter],
    glance: Glance | None = None,
) -> list[tuple[tuple[float, float], list[int]]]:
    """Shifts (px) that explain what is wrong with several shapes, and which; the one with most votes first.

    Each shape is matched at half size where it is seen (``owners``) in picture ``decided``; what each shift
    would save of its error is summed over all shapes, as in a Hough transform (Ballard 1981). With a
    ``glance`` shapes are matched there, and taken to go on as evenly: those that go beyond ``REACH``.
    """
    before = half_of(np.ascontiguousarray(decided[..., 0]))
    seen = glance or Glance(half_of(np.ascontiguousarray(target[..., 0])), 1.0)
    wide = cv2.copyMakeBorder(seen.half, REACH, REACH, REACH, REACH, cv2.BORDER_REPLICATE).astype(np.float32)
    saved: dict[int, NDArray[np.float32]] = {}
    weights: dict[int, float] = {}
    for voter in voters:
        now = live.shapes[voter.index].rect if glance is None else voter.shape.rect
        vote = _vote(before.astype(np.float32), wide, owners, voter, now)
        if vote is not None:
            saved[voter.index], weights[voter.index] = vote, voter.stake
    found = []
    for _ in range(SHIFTS):
        if len(saved) < FEW:
            break
        most = 4 * float(np.median(list(weights.values())))
        votes = np.sum([min(weights[i], most) * saved[i] ** 2 for i in saved], axis=0)
        row, column = divmod(int(np.argmax(votes)), votes.shape[1])
        around = slice(max(0, row - 1), row + 2), slice(max(0, column - 1), column + 2)
        members = [i for i in saved if float(saved[i][around].max()) >= MATCHED]
        if len(members) < FEW:
            break
        if (row, column) != (REACH, REACH):
            shift = 2.0 * (column - REACH) / seen.share, 2.0 * (row - REACH) / seen.share
            chosen = [voter for voter in voters if voter.index in members]
            near = NEAR / seen.share
            if glance is None or math.hypot(*shift) > 2 * REACH:
                found.append((_refined(decided, target, owners, chosen, shift, near), members))
        for index in members:
            del saved[index]
    return found


def _refined(
    decided: Picture,
    target: Picture,
    owners: NDArray[np.int32],
    members: list[Voter],
    shift: tuple[float, float],
    near: float,
) -> tuple[float, float]:
    """A common shift to a fraction of a px: the median of what single shapes tell ``near`` (px) it."""
    before, after = np.ascontiguousarray(decided[..., 0]), np.ascontiguousarray(target[..., 0])
    told = []
    for member in members[:ASKED]:
        x0, y0, x1, y1 = member.shape.rect
        visible = (owners[y0:y1, x0:x1] == member.index).astype(np.uint8) * np.uint8(255)
        fine = matched_shift(before, after, member.shape.rect, visible, shift)
        if fine is not None and max(abs(fine[0] - shift[0]), abs(fine[1] - shift[1])) < near:
            told.append(fine)
    if not told:
        return shift
    across, down = np.median(np.array(told), axis=0)
    return float(across), float(down)


def _vote(
    before: NDArray[np.float32],
    wide: NDArray[np.float32],
    owners: NDArray[np.int32],
    voter: Voter,
    now: Rect,
) -> NDArray[np.float32] | None:
    """What each shift within ``REACH`` would save of a shape's squared difference, as a share (0-1)."""
    rect = voter.shape.rect
    height, width = before.shape
    x0, y0, x1, y1 = (
        rect[0] // 2,
        rect[1] // 2,
        min((rect[2] + 1) // 2, width),
        min((rect[3] + 1) // 2, height),
    )
    if not 2 <= x1 - x0 <= WIDEST or not 2 <= y1 - y0 <= WIDEST:
        return None
    mask = (owners[2 * y0 : 2 * y1 : 2, 2 * x0 : 2 * x1 : 2] == voter.index).astype(np.float32)
    if np.count_nonzero(mask) < 6:
        return None
    window = wide[y0 : y1 + 2 * REACH, x0 : x1 + 2 * REACH]
    costs = cv2.matchTemplate(window, before[y0:y1, x0:x1], cv2.TM_SQDIFF, mask=mask)
    column, row = (min(max((now[i] - rect[i]) // 2 + REACH, 0), 2 * REACH) for i in (0, 1))
    gone = costs[max(0, row - 1) : row + 2, max(0, column - 1) : column + 2]
    still = min(float(costs[REACH, REACH]), float(gone.min()))
    if still <= 16.0 * float(mask.sum()):
        return None
    share: NDArray[np.float32] = np.clip(1 - costs / np.float32(still), 0, 1)
    return share


def _placed(live: LiveShapes, places: Mapping[int, Transform]) -> dict[int, LiveShape]:
    return {
        index: live.make(live.shapes[index].number, replace(live.shapes[index].state, transform=place))
        for index, place in places.items()
    }


def _groups(
    live: LiveShapes, places: Mapping[int, Transform], were: Mapping[int, LiveShape] | None = None
) -> list[list[int]]:
    """The shapes of about one step each, the largest group first."""
    groups: list[tuple[tuple[int, int], list[int]]] = []
    for index, place in places.items():
        state = (live.shapes[index] if were is None else were[index]).state
        step = place.dx - state.transform.dx, place.dy - state.transform.dy
        for known, members in groups:
            if abs(known[0] - step[0]) + abs(known[1] - step[1]) <= APART:
                members.append(index)
                break
        else:
            groups.append((step, [index]))
    return sorted((members for _, members in groups), key=len, reverse=True)


def _try(live: LiveShapes, others: Mapping[int, LiveShape], target: Picture, worth: Plane) -> bool:
    """See shapes in other states, and take them over if the picture is better so."""
    rect, pixels = live.seen_with_all(others)
    now = rect_of(live.shown, rect)
    if error_change(rect_of(target, rect), now, pixels, rect_of(worth, rect)) >= 0:
        return False
    live.change_all(others, rect, pixels)
    return True
