# SPDX-License-Identifier: Apache-2.0
"""What was accepted as wrong with a shape goes along with it: it need not be looked at wherever it comes."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np

from mtor_transcode.analyze.canvas.easel import Plane
from mtor_transcode.analyze.canvas.live_shapes import LiveShape, LiveShapes
from mtor_transcode.model import Transform
from mtor_transcode.render.matrix import Matrix, compose, inverse, placed
from mtor_transcode.render.rectangles import area

HALO = 5
"""Side (px) of the square by which a shape is grown: errors are means of 3x3 px."""


def carried_along(accepted: Plane, live: LiveShapes, before: Iterable[LiveShape]) -> Plane:
    """The ``accepted`` errors (H, W), those of shapes that have moved since ``before`` where they are now."""
    were = {shape.number: shape.state for shape in before}
    carried = accepted
    for shape in live.shapes:
        old = were.get(shape.number)
        if old is None or old.transform == shape.state.transform or old.outline != shape.state.outline:
            continue
        if not area(shape.rect):
            continue
        if carried is accepted:
            carried = accepted.copy()
        x0, y0, x1, y1 = shape.rect
        a, b, c, d, e, f = _back(old.transform, shape.state.transform, live.view)
        # From px of the rectangle to where they were: centres of px lie at halves.
        x, y = x0 + 0.5, y0 + 0.5
        way = np.array([[a, c, a * x + c * y + e - 0.5], [b, d, b * x + d * y + f - 0.5]])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        came = cv2.warpAffine(accepted, way, (x1 - x0, y1 - y0), flags=flags)
        near = cv2.dilate(live.cover_of(shape), np.ones((HALO, HALO), np.uint8)) > 0
        part = carried[y0:y1, x0:x1]
        np.maximum(part, came, out=part, where=near)
    return carried


def _back(old: Transform, new: Transform, view: Matrix) -> Matrix:
    """Px of the picture where a shape is ``new`` to px of the picture where it was ``old``."""
    return compose(compose(view, compose(placed(old), inverse(placed(new)))), inverse(view))
