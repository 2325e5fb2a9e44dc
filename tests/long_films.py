# SPDX-License-Identifier: Apache-2.0
"""A small film of more than one reel, with sound: 66 s of 96x64 px at 5 fps, six scenes."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from analyze_films import Picture, box_cover, disc_cover, flat, over
from ingest_films import ffmpeg

WIDTH, HEIGHT, RATE = 96, 64, 5
SCENE, SCENES = 11, 6
GROUNDS = ((50, 110, 150), (190, 120, 110), (110, 160, 100))
INKS = ((210, 90, 160), (60, 160, 90), (140, 60, 200))


def long_film(path: Path, scenes: int = SCENES) -> Path:
    """Write the film; ``scenes`` of it."""
    data = b"".join(b"FRAME\n" + _planes(picture) for picture in _pictures(scenes))
    head = f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{RATE}:1 Ip A1:1 C444\n".encode()
    sound = ("-f", "lavfi", "-t", scenes * SCENE, "-i", "sine=frequency=330")
    coded = ("-c:v", "libx264", "-crf", 12, "-pix_fmt", "yuv420p", "-g", 23, "-c:a", "aac", "-b:a", "24k")
    ffmpeg("-i", "-", *sound, *coded, path, stdin=head + data)
    return path


def _pictures(scenes: int) -> Iterator[Picture]:
    for number in range(scenes):
        ground = flat(WIDTH, HEIGHT, GROUNDS[number % 3])
        ground = over(
            ground, box_cover(WIDTH, HEIGHT, (8, 8 + 6 * number, 30, 14 + 6 * number)), INKS[number % 3]
        )
        for frame in range(SCENE * RATE):
            x = 30 + 30 * math.sin(frame / 9 + number)
            cover = disc_cover(WIDTH, HEIGHT, 20 + x, 34.0, 9.0 + number)
            yield over(ground, cover, INKS[(number + 1) % 3])


def _planes(picture: Picture) -> bytes:
    return np.ascontiguousarray(np.moveaxis(picture, 2, 0)).tobytes()
