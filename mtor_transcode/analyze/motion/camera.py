# SPDX-License-Identifier: Apache-2.0
"""Motion between two pictures: one camera for all, then a shift for each shape."""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mtor_transcode.analyze.canvas.easel import Picture
from mtor_transcode.analyze.motion.glance import Glance, half_of
from mtor_transcode.model import SCALE_ONE, TURN, UNITS_PER_PX, Camera

FEATURES = 300
LEAST_INLIERS = 0.25
"""Share of tracked features that must follow one similarity before it counts as the camera's."""

STILL_PX = 0.35
"""A camera that moves the corners of the picture by less than this (px) stands still."""

RESTING_PX = 0.1
"""A camera that half of its features follow by less than this (px) stands still."""

UPRIGHT_PX = 0.25
"""A camera that turns and zooms by less than this (px, at the corners) only shifts."""

FAST = 0.1
"""Share of the picture's width beyond which a camera goes far from key to key."""

SCROLL_CHANGE = 12
"""Change of luma (codes) that counts as one when a page may have scrolled."""

SCROLL_SHARE = 0.004
SCROLL_ROWS = 24
"""Share of the picture, and rows of it, that change at least when a page scrolls."""

SCROLL_PIECES = 96
SCROLL_MATCH = 0.45
"""Share of the difference that may be left after a scroll."""

SCROLL_OVERLAP = 0.3
"""Share of the changed rows that stay in view."""


Motion = tuple[float, float, float, float]
"""A similarity of the picture about its centre: ``(scale, angle, dx, dy)``, angle in radians, px."""


def camera_proposals(
    before: Picture, after: Picture, jump: bool, glance: Glance | None = None
) -> list[Motion]:
    """Where the camera may have gone between two lumas (H, W); at a jump it can only have scrolled a page.

    A ``glance`` tells how it began to move: features of pictures that are far apart may be taken for others.
    """
    found = [] if jump else [camera_motion(before, after)]
    if glance is not None and not jump:
        found.append(_gone_on(before, after, glance))
    scroll = page_scroll(before, after)
    if scroll is not None:
        found.append((1.0, 0.0, 0.0, float(scroll)))
    return [motion for motion in found if motion is not None]


def camera_motion(before: Picture, after: Picture) -> Motion | None:
    """The similarity ``(scale, angle, dx, dy)`` that carries luma ``before`` to ``after``, if one does.

    Both (H, W) uint8. ``angle`` in radians, clockwise; the map is about the picture's centre. By tracked
    features (Shi and Tomasi 1994; Lucas and Kanade in pyramids) and RANSAC; None if too few agree.
    """
    height, width = before.shape
    points = cv2.goodFeaturesToTrack(before, FEATURES, 0.01, max(4, width // 80))
    if points is None or len(points) < 12:
        return None
    moved, status, _ = cv2.calcOpticalFlowPyrLK(before, after, points, None, winSize=(21, 21), maxLevel=4)
    good = status.ravel() == 1
    if good.sum() < 12:
        return None
    centre = np.array([width / 2, height / 2], dtype=np.float32)
    start, end = points[good].reshape(-1, 2) - centre, moved[good].reshape(-1, 2) - centre
    cv2.setRNGSeed(1)
    matrix, inliers = cv2.estimateAffinePartial2D(start, end, method=cv2.RANSAC, ransacReprojThreshold=1.5)
    if matrix is None or inliers.sum() < LEAST_INLIERS * len(points):
        return None
    agreeing = inliers.ravel() == 1
    if np.median(np.linalg.norm((end - start)[agreeing], axis=1)) < RESTING_PX:
        return None
    scale = math.hypot(matrix[0, 0], matrix[1, 0])
    angle = math.atan2(matrix[1, 0], matrix[0, 0])
    dx, dy = float(matrix[0, 2]), float(matrix[1, 2])
    corner = math.hypot(width, height) / 2
    if abs(scale - 1) * corner + abs(angle) * corner < UPRIGHT_PX:
        scale, angle = 1.0, 0.0
        dx, dy = (float(v) for v in np.median((end - start)[agreeing], axis=0))
    if math.hypot(dx, dy) + abs(scale - 1) * corner + abs(angle) * corner < STILL_PX:
        return None
    return scale, angle, dx, dy


def _gone_on(before: Picture, after: Picture, glance: Glance) -> Motion | None:
    """The motion between two lumas of a camera that went on about as a glance shows it begin, if far."""
    begun = camera_motion(half_of(before), glance.half)
    times = 1 / glance.share
    if begun is None or 2 * math.hypot(*begun[2:]) * times < FAST * before.shape[1]:
        return None
    scale, angle, dx, dy = begun
    there = scale**times, angle * times, 2 * dx * times, 2 * dy * times
    rest = camera_motion(warp(before, there), after)
    if rest is None:
        return there
    cos, sin = rest[0] * math.cos(rest[1]), rest[0] * math.sin(rest[1])
    return (
        rest[0] * there[0],
        rest[1] + there[1],
        cos * there[2] - sin * there[3] + rest[2],
        sin * there[2] + cos * there[3] + rest[3],
    )


def moved_camera(camera: Camera, motion: Motion) -> Camera:
    """The camera after the picture has moved by ``motion`` (see ``camera_motion``)."""
    scale, angle, dx, dy = motion
    cos, sin = scale * math.cos(angle), scale * math.sin(angle)
    return Camera(
        dx=round(cos * camera.dx - sin * camera.dy + dx * UNITS_PER_PX),
        dy=round(sin * camera.dx + cos * camera.dy + dy * UNITS_PER_PX),
        scale=min(max(round(camera.scale * scale), SCALE_ONE // 8), SCALE_ONE * 8),
        angle=round(camera.angle + angle * TURN / (2 * math.pi)),
    )


def motion_matrix(motion: Motion, width: int, height: int) -> NDArray[np.float64]:
    """The map (2, 3) of px that a motion about the centre of a picture is (see ``camera_motion``)."""
    scale, angle, dx, dy = motion
    cos, sin = scale * math.cos(angle), scale * math.sin(angle)
    x, y = width / 2, height / 2
    return np.array([[cos, -sin, dx + x - cos * x + sin * y], [sin, cos, dy + y - sin * x - cos * y]])


def warp(picture: NDArray[Any], motion: Motion, *, continued: bool = True) -> NDArray[Any]:
    """A picture moved by ``motion`` about its centre, continued at its edges or filled with zeros there."""
    height, width = picture.shape[:2]
    matrix = motion_matrix(motion, width, height)
    border = cv2.BORDER_REPLICATE if continued else cv2.BORDER_CONSTANT
    moved: NDArray[Any] = cv2.warpAffine(
        picture, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=border
    )
    return moved


def page_scroll(before: Picture, after: Picture) -> int | None:
    """By how many px luma (H, W) ``before`` has scrolled down (negative: up) to become ``after``, if it has.

    Rows are told apart by the means of their pieces; where the picture changed, the rows of one must be found
    again in the other, all by the same way.
    """
    changed = cv2.absdiff(before, after) >= SCROLL_CHANGE
    rows = np.flatnonzero(changed.any(axis=1))
    if len(rows) < SCROLL_ROWS or changed.mean() < SCROLL_SHARE:
        return None
    top, bottom = int(rows[0]), int(rows[-1]) + 1
    weight = cv2.resize(changed[top:bottom].mean(axis=0).reshape(1, -1), (SCROLL_PIECES, 1)).ravel()
    one, two = (_row_pieces(picture[top:bottom]) * weight for picture in (before, after))
    height = bottom - top
    still = float(np.abs(one - two).mean())
    best, least = 0, SCROLL_MATCH * still
    for way in range(1, int(height * (1 - SCROLL_OVERLAP))):
        for shift in (way, -way):
            kept, seen = (one[:-way], two[way:]) if shift > 0 else (one[way:], two[:-way])
            cost = float(np.abs(kept - seen).mean())
            if cost < least:
                best, least = shift, cost
    return best or None


def _row_pieces(rows: Picture) -> NDArray[np.float32]:
    """The means of ``SCROLL_PIECES`` pieces of each row, less those of the whole: (rows, pieces) float32."""
    means = cv2.resize(rows.astype(np.float32), (SCROLL_PIECES, len(rows)), interpolation=cv2.INTER_AREA)
    pieces: NDArray[np.float32] = means - means.mean(axis=0)
    return pieces


def shape_shifts(
    before: Picture, after: Picture, owners: NDArray[np.int32], count: int
) -> NDArray[np.float32]:
    """The mean shift (count, 2) in px of each shape's pixels between two lumas at half size.

    ``owners`` (half size) gives each pixel's shape or a negative number. Dense flow by inverse search
    (Kroeger et al. 2016), averaged with the picture's gradient as weight, since flat pixels know nothing of
    motion.
    """
    search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
    flow = search.calc(before, after, None)
    across = cv2.Sobel(before, cv2.CV_32F, 1, 0)
    down = cv2.Sobel(before, cv2.CV_32F, 0, 1)
    weight = np.minimum(np.abs(across) + np.abs(down), 400) + 1
    inside = owners >= 0
    names = owners[inside]
    total = np.bincount(names, weight[inside], minlength=count)
    shifts = np.zeros((count, 2), dtype=np.float32)
    for axis in range(2):
        moved = np.bincount(names, (flow[..., axis] * weight)[inside], minlength=count)
        shifts[:, axis] = 2 * moved / np.maximum(total, 1e-6)
    return shifts
