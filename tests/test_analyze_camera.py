# SPDX-License-Identifier: Apache-2.0
"""A camera that goes far from key to key: how it began to move tells where it is."""

from __future__ import annotations

import cv2
import numpy as np

from mtor_transcode.analyze.canvas.easel import Picture
from mtor_transcode.analyze.motion.camera import camera_proposals
from mtor_transcode.analyze.motion.glance import Glance, half_of

WIDTH, HEIGHT, PITCH, WAY = 640, 360, 190, 180


def diagram() -> Picture:
    """A row of boxes at almost even distances, much wider than the picture."""
    page = np.full((HEIGHT, 3 * WIDTH), 220, np.uint8)
    for number in range(3 * WIDTH // PITCH):
        x, y = 40 + PITCH * number, 120 + (0, 60, 25)[number % 3]
        cv2.rectangle(page, (x, y), (x + 120, y + 64), 90, -1)
        cv2.putText(
            page, f"BOX {number}", (x + 12, y + 40), cv2.FONT_HERSHEY_SIMPLEX, 0.7, 230, 2, cv2.LINE_AA
        )
    return page


def seen(x: int) -> Picture:
    return np.ascontiguousarray(diagram()[:, x : x + WIDTH])


def test_a_camera_that_goes_far_is_found_by_how_it_began() -> None:
    glance = Glance(half_of(seen(WAY // 5)), 0.2)
    moved = [np.hypot(dx + WAY, dy) for _, _, dx, dy in camera_proposals(seen(0), seen(WAY), False)]
    assert min(moved, default=np.inf) > 10
    found = camera_proposals(seen(0), seen(WAY), False, glance)
    assert min(np.hypot(dx + WAY, dy) for _, _, dx, dy in found) < 1
    assert min(abs(scale - 1) for scale, _, _, _ in found) < 0.002


def test_a_camera_that_goes_a_little_way_needs_no_glance() -> None:
    glance = Glance(half_of(seen(8)), 0.2)
    assert camera_proposals(seen(0), seen(40), False, glance) == camera_proposals(seen(0), seen(40), False)
