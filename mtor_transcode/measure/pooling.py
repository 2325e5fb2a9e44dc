# SPDX-License-Identifier: Apache-2.0
"""One figure for many frames."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np

DIGITS = 6
"""Decimals kept in reports: far finer than any metric means, and the same text on every run."""


class Pooled(msgspec.Struct, frozen=True):
    """A metric over all frames, each frame counting once whatever its duration.

    ``harmonic`` is ``1 / mean(1 / (x + 1)) - 1``, as libvmaf pools, which leans towards the bad frames
    (values below 0, which XPSNR and SSIM may have, count as 0 in it); ``p5`` is the value that 5% of the
    frames do not reach (linear interpolation).
    """

    mean: float
    harmonic: float
    p5: float
    min: float
    max: float


def pool(values: Sequence[float]) -> Pooled:
    """The pooled figures of at least one value."""
    array = np.asarray(values, np.float64)
    harmonic = 1 / np.mean(1 / (np.maximum(array, 0) + 1)) - 1
    figures = (
        array.mean(), harmonic, np.percentile(array, 5), array.min(), array.max(),
    )  # fmt: skip
    return Pooled(*(round(float(figure), DIGITS) for figure in figures))


def pick_frames(values: Sequence[float], left_out: Sequence[bool] = ()) -> tuple[int, int, int]:
    """Indices of the worst, the median and the best of at least one value; the first one among equals.

    Values marked in ``left_out`` are not picked, unless all are.
    """
    chosen = np.flatnonzero(~np.asarray(left_out, bool)) if left_out and not all(left_out) else None
    indices = np.arange(len(values)) if chosen is None else chosen
    picked = np.asarray(values)[indices]
    order = np.argsort(picked, kind="stable")
    places = (order[0], order[(len(order) - 1) // 2], np.argmax(picked))
    worst, median, best = (int(indices[place]) for place in places)
    return worst, median, best
