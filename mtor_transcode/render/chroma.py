# SPDX-License-Identifier: Apache-2.0
"""Between 4:4:4 pictures and planes with subsampled chroma, and between bit depths.

Siting is that of H.264 and MPEG-2 by default: across, a chroma sample lies on the even luma sample it
belongs to; down, half way between two luma rows. Interpolation upwards is linear; downwards each sample is
the mean with the weights of that interpolation, (1, 2, 1) / 4 across and (1, 1) / 2 down. Odd sizes have
``ceil(size / 2)`` samples and edges are repeated. All arithmetic is in integers, halves rounded up.
"""

from __future__ import annotations

from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from mtor_transcode.errors import UsageError

Plane = NDArray[np.uint8] | NDArray[np.uint16]
Planes = tuple[Plane, Plane, Plane]
Wide = NDArray[Any]

FORMATS = {(0, 0): "4:4:4", (1, 0): "4:2:2", (1, 1): "4:2:0"}
"""What the functions know, by log2 of the subsampling across and down."""


def subsample(ycc: NDArray[np.uint8], across: int = 1, down: int = 1) -> Planes:
    """Y, Cb and Cr planes, contiguous, of an (H, W, 3) picture of 8 or more bits a sample.

    ``across`` and ``down`` are log2 of the chroma subsampling, one of ``FORMATS`` (``UsageError`` if not).
    """
    _check(across, down)
    luma, first, second = (cast("Plane", plane) for plane in cv2.split(ycc))
    return luma, shrink(first, across, down), shrink(second, across, down)


def upsample(planes: Planes, across: int = 1, down: int = 1) -> NDArray[np.uint8]:
    """The (H, W, 3) picture, of the planes' own dtype, of Y, Cb and Cr planes; see ``subsample``."""
    luma, first, second = planes
    _check(across, down)
    shape = (luma.shape[0], luma.shape[1])
    whole = (luma, grow(first, shape, across, down), grow(second, shape, across, down))
    return cast("NDArray[np.uint8]", cv2.merge(whole))


def shrink(plane: Plane, across: int, down: int) -> Plane:
    """A chroma plane at full size to its subsampled size."""
    if not across and not down:
        return plane
    total = _wide(_even(plane, 0) if down else plane)
    if down:
        total = total[0::2] + total[1::2]
    if across:
        total = _weighed_across(_even(total, 1))
    return _divided(total, 1 << (down + 2 * across), plane.dtype)


def _weighed_across(plane: Wide) -> Wide:
    """Half the columns, four times the values: each even one doubled and both its neighbours.

    Taken apart by ``cv2.split`` first: numpy adds every other sample several times slower than neighbours.
    """
    even, odd = cv2.split(plane.reshape(plane.shape[0], -1, 2))
    total: Wide = even + even
    total += odd
    total[:, 1:] += odd[:, :-1]
    total[:, 0] += even[:, 0]
    return total


def grow(plane: Plane, shape: tuple[int, int], across: int, down: int) -> Plane:
    """A chroma plane to full size ``(rows, columns)``."""
    if not across and not down:
        return plane
    total = _wide(plane)
    if not down:
        return _grown_across(total, 1, plane.dtype)[:, : shape[1]]
    rows, columns = plane.shape
    grown = np.empty((2 * rows, columns << across), plane.dtype)
    above, below = np.concatenate((total[:1], total[:-1])), np.concatenate((total[1:], total[-1:]))
    for place, other in enumerate((above, below)):
        grown[place::2] = (_grown_across if across else _divided)(other + 3 * total, 4, plane.dtype)
    return grown[: shape[0], : shape[1]]


def _grown_across(plane: Wide, divisor: int, dtype: np.dtype[Any]) -> Plane:
    """Twice the columns, divided: the sample itself, then the mean with its right neighbour."""
    pair = plane + plane
    pair[:, :-1] = plane[:, :-1] + plane[:, 1:]
    grown = cv2.merge((_divided(plane, divisor, dtype), _divided(pair, 2 * divisor, dtype)))
    return cast("Plane", grown.reshape(plane.shape[0], -1))


def to_depth(plane: Plane, depth: int, target: int) -> Plane:
    """Samples of ``depth`` bits at ``target`` bits: shifted, downwards rounded and kept in range.

    The dtype is uint8 for 8 bits, else uint16.
    """
    dtype = np.uint8 if target == 8 else np.uint16
    if target >= depth:
        return _as_plane(plane.astype(np.uint16) << (target - depth), np.dtype(dtype))
    shift = depth - target
    rounded: Wide = (plane.astype(np.uint32) + (1 << shift >> 1)) >> shift
    return _as_plane(np.minimum(rounded, (1 << target) - 1), np.dtype(dtype))


def _as_plane(samples: Wide, dtype: np.dtype[Any]) -> Plane:
    return cast("Plane", samples.astype(dtype))


def _check(across: int, down: int) -> None:
    if (across, down) not in FORMATS:
        raise UsageError(
            f"no chroma format with subsampling {1 << across} x {1 << down}",
            remedy=f"one of {', '.join(FORMATS.values())}",
        )


def _wide(plane: Plane) -> Wide:
    """The samples in a type that holds sums of a dozen of them, exactly."""
    return plane.astype(np.uint16 if plane.dtype == np.uint8 else np.float32)


def _divided(total: Wide, divisor: int, dtype: np.dtype[Any]) -> Plane:
    """Sums as samples, halves up; ``divisor`` is 1, 2, 4 or 8."""
    if dtype == np.uint8:
        # OpenCV rounds halves to even: a sixteenth more makes that halves up.
        return cast("Plane", cv2.convertScaleAbs(total, alpha=1 / divisor, beta=1 / 16))
    return _as_plane(total * np.float32(1 / divisor) + np.float32(0.5), dtype)


def _even(plane: Wide, axis: int) -> Wide:
    """With its last row or column twice if their number is odd."""
    if plane.shape[axis] % 2 == 0:
        return plane
    return np.concatenate((plane, plane.take([-1], axis)), axis)
