# SPDX-License-Identifier: Apache-2.0
"""Small clips for the tests of the bench."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

WIDTH, HEIGHT, RATE = 208, 176, 25


def write_clip(path: Path, frames: int) -> Path:
    """A box that moves over a slope, losslessly coded."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE, options={"qp": "0", "preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for number in range(frames):
            rgb = np.empty((HEIGHT, WIDTH, 3), np.uint8)
            rgb[...] = np.linspace(40, 200, WIDTH).astype(np.uint8)[None, :, None]
            left = 10 + 3 * (number // 2)
            rgb[50:110, left : left + 40] = (200, 60, 30)
            picture = av.VideoFrame.from_ndarray(rgb, "rgb24")
            picture.pts, picture.time_base = number, Fraction(1, RATE)
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    return path
