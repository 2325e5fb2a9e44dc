# SPDX-License-Identifier: Apache-2.0
"""Sources for the tests of ingest, made with FFmpeg from known samples."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import imageio_ffmpeg
import numpy as np
from numpy.typing import NDArray

from mtor_transcode.ingest.frame import SourceFrame
from mtor_transcode.ingest.source import open_source

CLIPS = Path(__file__).parents[2] / "shared" / "clips"


def ffmpeg(*arguments: object, stdin: bytes | None = None) -> None:
    """Run FFmpeg; fail loudly."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *(str(part) for part in arguments)]
    done = subprocess.run(command, input=stdin, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


def raw_film(
    path: Path, planes: Sequence[Sequence[NDArray]], pixel_format: str, rate: object, *output: object
) -> Path:
    """A film with exactly these planes: one sequence of planes a frame."""
    rows, columns = planes[0][0].shape[:2]
    data = b"".join(plane.tobytes() for frame in planes for plane in frame)
    size = f"{columns}x{rows}"
    source = ("-f", "rawvideo", "-pix_fmt", pixel_format, "-s", size, "-r", rate, "-i", "-")
    ffmpeg(*source, *output, path, stdin=data)
    return path


def numbered(count: int, size: tuple[int, int] = (32, 24), step: int = 2) -> list[list[NDArray[np.uint8]]]:
    """Flat 4:2:0 frames whose luma code is 16 + ``step`` times their number."""
    columns, rows = size
    chroma = np.full(((rows + 1) // 2, (columns + 1) // 2), 128, np.uint8)
    return [[np.full((rows, columns), 16 + step * k, np.uint8), chroma, chroma] for k in range(count)]


def numbers(frames: Sequence[SourceFrame], step: int = 2) -> list[int]:
    """What ``numbered`` put into the frames."""
    return [round((float(frame.luma8().mean()) - 16) / step) for frame in frames]


def read(path: Path, **options: object) -> list[SourceFrame]:
    """All frames of a source."""
    with open_source(path, **options) as source:  # type: ignore[arg-type]
        return list(source.frames())


def clicks(path: Path, times: Sequence[float], seconds: float, *output: object, rate: int = 48000) -> Path:
    """A mono WAV with short loud clicks at ``times`` (s) on silence."""
    sound = np.zeros(round(seconds * rate), np.float32)
    for time in times:
        begin = round(time * rate)
        burst = np.sin(np.arange(rate // 100) * 2 * np.pi * 1000 / rate) * 0.8
        sound[begin : begin + len(burst)] = burst[: max(0, len(sound) - begin)]
    ffmpeg("-f", "f32le", "-ar", rate, "-ac", 1, "-i", "-", *output, path, stdin=sound.tobytes())
    return path


def plain_video(path: Path, seconds: float, *output: object, rate: int = 25) -> Path:
    """Gray pictures of that length."""
    count = round(seconds * rate)
    return raw_film(path, numbered(count, step=0), "yuv420p", rate, *(output or ("-c:v", "libx264")))


def seconds_of(frame: SourceFrame, time_base: Fraction) -> Fraction:
    """When a frame begins."""
    return frame.tick * time_base
