# SPDX-License-Identifier: Apache-2.0
"""What the tests of MP4s share: a film to write, and ways to read it again."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import imageio_ffmpeg
import numpy as np
from memory_films import MemoryFilm
from numpy.typing import NDArray
from render_film import box, enter, header, scene, state

from mtor_transcode.model import (
    Edit,
    LinearGradient,
    SceneStart,
)

FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()


def ffmpeg(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([FFMPEG, "-hide_banner", *arguments], capture_output=True, check=False, timeout=60)


def film(width: int = 64, height: int = 48, end: int = 60, **more: object) -> MemoryFilm:
    """A box that crosses a gradient from left to right in 30 ticks of a 30th of a second."""
    head = replace(header(width, height), **more)  # type: ignore[arg-type]
    ground = LinearGradient((40, 90, 160), (90, 150, 100), 0, 0, 16)
    y = height / 2
    tokens = [enter(1, state(box(10, 10), 8, y)), Edit(0, 30, 1, state(box(10, 10), width - 8, y))]
    return MemoryFilm(head, [scene(SceneStart(0, 0, ground), end, tokens)])


def decoded(path: Path) -> Iterator[tuple[Fraction, tuple[NDArray[np.uint8], ...]]]:
    """Time and planes of each picture."""
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            planes = []
            for plane in frame.planes:
                lines = np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)  # type: ignore[call-overload]
                planes.append(lines[:, : plane.width].copy())
            assert frame.pts is not None
            yield frame.pts * frame.time_base, tuple(planes)
