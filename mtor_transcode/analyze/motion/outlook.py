# SPDX-License-Identifier: Apache-2.0
"""What a camera is going to bring into view: later frames laid beside the present one, as a mosaic.

A shape that comes into view piece by piece would be painted piece by piece. Where the frames ahead agree that
the camera passes over a scene that holds still, they are warped back into the present view (mosaics: Irani
and Anandan 1998), so that everything in reach is painted whole, once, out of sight.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from mtor_transcode.analyze.canvas.easel import Picture, Plane, frame_colours
from mtor_transcode.analyze.motion.camera import camera_motion, motion_matrix
from mtor_transcode.analyze.motion.lookahead import MAX_BUFFER, Lookahead
from mtor_transcode.model import Paint
from mtor_transcode.render.rasterizer import Rect

AHEAD = 4.0
"""Seconds of frames that are looked at, as far as memory allows."""

STEP = 0.16
"""Seconds between the frames that are compared: short enough for a fast camera to be followed."""

STILL = 0.3
"""Mean change of luma below which a frame counts as the one before."""

AGREED = 0.3
"""Share of the change of luma that may be left once the camera's motion is taken away."""

LEAST = 8
"""Px by which the mosaic reaches beyond the frame at least."""

MOST = 3.0
"""Times the frame's width and height that a mosaic has at most."""

EDGE = 2
"""Px at a frame's edge that are not taken over: codecs and chroma sampling blur them."""


@dataclass(frozen=True, slots=True)
class Outlook:
    """A picture larger than the frame, over ``rect`` in px of the present frame.

    ``target`` and ``behind`` (H, W, 3) uint8 are what is seen there and the background behind it, ``known``
    (H, W) tells where that is known at all.
    """

    rect: Rect
    target: Picture
    behind: Picture
    known: NDArray[np.bool_]

    def around(
        self, target: Picture, worth: Plane, where: NDArray[np.bool_]
    ) -> tuple[Picture, Plane, NDArray[np.bool_]]:
        """Target, worth and where to paint of the present frame, each with the mosaic around it."""
        height, width = worth.shape
        x0, y0, _, _ = self.rect
        frame = slice(-y0, height - y0), slice(-x0, width - x0)
        whole, value, wanted = self.target.copy(), self.known.astype(np.float32), self.known.copy()
        whole[frame], value[frame], wanted[frame] = target, worth, where
        return whole, value, wanted


@dataclass(frozen=True, slots=True)
class _Shot:
    """A frame ahead, and the map (2, 3) from px of the present frame to its own."""

    index: int
    matrix: NDArray[np.float64]


def outlook_from(look: Lookahead, index: int, background: Paint) -> Outlook | None:
    """The mosaic of frame ``index`` and those ahead, if a camera moves over a scene that holds still."""
    shots = _followed(look, index)
    if not shots:
        return None
    height, width = look[index].frame.luma8().shape
    rect = _reach(shots, width, height)
    x0, y0, x1, y1 = rect
    if (x1 - x0) - width < LEAST and (y1 - y0) - height < LEAST:
        return None
    size = (x1 - x0, y1 - y0)
    colours = np.empty((height, width, 3), dtype=np.uint8)
    colours[:] = np.rint(frame_colours(background, (width, height)))
    target = np.zeros((size[1], size[0], 3), dtype=np.uint8)
    behind = np.zeros_like(target)
    known = np.zeros((size[1], size[0]), dtype=bool)
    inner = np.zeros((height, width), dtype=np.uint8)
    inner[EDGE:-EDGE, EDGE:-EDGE] = 1
    whole = np.ones_like(inner)
    for shot in [_Shot(index, np.eye(2, 3)), *shots]:
        # From px of the mosaic to px of the shot.
        matrix = shot.matrix.copy()
        matrix[:, 2] += matrix[:, :2] @ (x0, y0)
        fresh = _seen(whole if shot.index == index else inner, matrix, size, cv2.INTER_NEAREST) > 0
        fresh &= ~known
        if not fresh.any():
            continue
        target[fresh] = _seen(look[shot.index].frame.ycc8(), matrix, size, cv2.INTER_LINEAR)[fresh]
        behind[fresh] = _seen(colours, matrix, size, cv2.INTER_LINEAR)[fresh]
        known |= fresh
    return Outlook(rect, target, behind, known)


def _followed(look: Lookahead, index: int) -> list[_Shot]:
    """The frames ahead that a camera leads to, up to the first that it does not explain."""
    start = look[index].frame
    most = MAX_BUFFER // max(sum(plane.nbytes for plane in start.planes), 1)
    shots: list[_Shot] = []
    last = index
    matrix = np.eye(3)
    before = start.luma8()
    for j in range(index + 1, index + most):
        if not look.has(j):
            break
        since = float((look[j].frame.tick - look[last].frame.tick) * look.time_base)
        if (look[j].frame.tick - start.tick) * look.time_base > AHEAD:
            break
        if since < STEP and look.has(j + 1):
            continue
        after = look[j].frame.luma8()
        last = j
        if float(np.mean(cv2.absdiff(before, after))) < STILL:
            continue
        step = _agreed(before, after)
        if step is None:
            break
        matrix = np.vstack([step, [0, 0, 1]]) @ matrix
        before = after
        shots.append(_Shot(j, matrix[:2].copy()))
    return shots


def _agreed(before: Picture, after: Picture) -> NDArray[np.float64] | None:
    """The camera's map from one luma to the next, if it explains what has changed."""
    motion = camera_motion(before, after)
    if motion is None:
        return None
    height, width = before.shape
    matrix = motion_matrix(motion, width, height)
    moved = cv2.warpAffine(before, matrix, (width, height), flags=cv2.INTER_LINEAR, borderValue=0)
    overlap = cv2.warpAffine(np.ones_like(before), matrix, (width, height), flags=cv2.INTER_NEAREST) > 0
    if overlap.mean() < 0.3:
        return None
    left = float(cv2.absdiff(moved, after)[overlap].mean())
    changed = float(cv2.absdiff(before, after)[overlap].mean())
    return matrix if left < AGREED * changed else None


def _reach(shots: list[_Shot], width: int, height: int) -> Rect:
    """All that the shots show, in px of the present frame, within bounds."""
    corners = np.array([[0, 0, 1], [width, 0, 1], [0, height, 1], [width, height, 1]], dtype=np.float64).T
    low, high = np.zeros(2), np.array([width, height], dtype=np.float64)
    for shot in shots:
        seen = cv2.invertAffineTransform(shot.matrix) @ corners
        low, high = np.minimum(low, seen.min(axis=1)), np.maximum(high, seen.max(axis=1))
    frame = np.array([width, height])
    low, high = np.maximum(low, (1 - MOST) * frame), np.minimum(high, MOST * frame)
    return math.floor(low[0]), math.floor(low[1]), math.ceil(high[0]), math.ceil(high[1])


def _seen(picture: Picture, matrix: NDArray[np.float64], size: tuple[int, int], how: int) -> Picture:
    """A picture seen through a map from px of ``size`` to its own."""
    seen: Picture = cv2.warpAffine(picture, matrix, size, flags=how | cv2.WARP_INVERSE_MAP, borderValue=0)
    return seen
