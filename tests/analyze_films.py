# SPDX-License-Identifier: Apache-2.0
"""Pictures, frames and small films of known content for the tests of analysis."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mtor_transcode.codec.film_reader import FilmReader
from mtor_transcode.ingest.frame import SourceFrame
from mtor_transcode.measure.metrics import psnr
from mtor_transcode.measure.ssim import float_ssim
from mtor_transcode.render.frames import FrameRenderer

SAMPLES = Path(__file__).parents[1] / "samples"
sys.path.insert(0, str(SAMPLES))

Picture = NDArray[np.uint8]
Colour = tuple[int, int, int]

GROUND: Colour = (60, 120, 136)
RED: Colour = (110, 100, 190)
PALE: Colour = (200, 132, 120)
FINE = 16
"""Samples per px and axis of a supersampled figure."""


def flat(width: int, height: int, colour: Colour = GROUND) -> Picture:
    """One colour: (height, width, 3)."""
    return np.full((height, width, 3), colour, np.uint8)


def disc_cover(width: int, height: int, x: float, y: float, radius: float) -> NDArray[np.float32]:
    """Coverage (0-1) of a disc, by supersampling: (height, width)."""
    across = (np.arange(width * FINE) + 0.5) / FINE - x
    down = (np.arange(height * FINE) + 0.5) / FINE - y
    inside = down[:, None] ** 2 + across[None, :] ** 2 <= radius * radius
    return inside.reshape(height, FINE, width, FINE).mean(axis=(1, 3), dtype=np.float32)


def box_cover(width: int, height: int, box: tuple[float, float, float, float]) -> NDArray[np.float32]:
    """Exact coverage (0-1) of an upright box ``(x0, y0, x1, y1)``: (height, width)."""
    x0, y0, x1, y1 = box
    across, down = np.arange(width), np.arange(height)
    wide = np.clip(np.minimum(across + 1, x1) - np.maximum(across, x0), 0, 1)
    high = np.clip(np.minimum(down + 1, y1) - np.maximum(down, y0), 0, 1)
    return np.outer(high, wide).astype(np.float32)


def over(picture: Picture, cover: NDArray[np.float32], colour: Colour) -> Picture:
    """``colour`` painted over a picture by coverage (0-1)."""
    alpha = cover[..., None]
    mixed = picture * (1 - alpha) + np.array(colour, np.float32) * alpha
    return np.rint(mixed).astype(np.uint8)


def frame_of(picture: Picture, tick: int, duration: int = 1) -> SourceFrame:
    """A source frame of 8 bits, 4:4:4."""
    luma, first, second = (np.ascontiguousarray(picture[..., c]) for c in range(3))
    return SourceFrame(tick, duration, (luma, first, second), 8, (0, 0))


def frames_of(pictures: Iterable[Picture], ticks: Iterable[int] | None = None) -> Iterator[SourceFrame]:
    """Frames at ``ticks`` (0, 1, 2 ... by default), each lasting one tick."""
    for number, picture in enumerate(pictures):
        yield frame_of(picture, number) if ticks is None else frame_of(picture, list(ticks)[number])


def write_y4m(path: Path, pictures: Iterable[Picture], fps: Fraction | int = 25) -> Path:
    """A film of exactly these pictures: 4:4:4, without loss."""
    rate = Fraction(fps)
    with path.open("wb") as stream:
        for number, picture in enumerate(pictures):
            if number == 0:
                rows, columns = picture.shape[:2]
                speed = f"{rate.numerator}:{rate.denominator}"
                stream.write(f"YUV4MPEG2 W{columns} H{rows} F{speed} Ip A1:1 C444\n".encode())
            stream.write(b"FRAME\n" + np.ascontiguousarray(picture.transpose(2, 0, 1)).tobytes())
    return path


def rendered(path: Path, ticks: Iterable[int]) -> list[Picture]:
    """What a ``.mtor`` shows at ``ticks``: copies, (height, width, 3)."""
    with path.open("rb") as stream:
        renderer = FrameRenderer(FilmReader(stream, str(path)))
        return [renderer.frame(tick).copy() for tick in ticks]


def luma_psnr(first: Iterable[Picture], second: Iterable[Picture]) -> float:
    """dB over all pixels of all pictures, from the pooled squared error of luma."""
    pairs = list(zip(first, second, strict=True))
    errors = [((a[..., 0].astype(np.float64) - b[..., 0]) ** 2).mean() for a, b in pairs]
    return psnr(float(np.mean(errors)))


def luma_ssim(first: Iterable[Picture], second: Iterable[Picture]) -> float:
    """Mean SSIM of luma."""
    pairs = zip(first, second, strict=True)
    return float(np.mean([float_ssim(a[..., 0], b[..., 0]) for a, b in pairs]))


def moving(make: Callable[[float], Picture], count: int) -> list[Picture]:
    """``count`` pictures of a time that runs from 0 to 1."""
    return [make(k / max(1, count - 1)) for k in range(count)]
