# SPDX-License-Identifier: Apache-2.0
"""Makes the README's picture, ``make images``: source, film and four times their difference, side by side."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

import mtor_transcode as mtor
from mtor_transcode.ingest.source import open_source
from mtor_transcode.measure.rgb import to_rgb
from mtor_transcode.render.frames import FrameRenderer

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
CLIPS = ROOT.parent / "shared" / "clips"
PICTURES = ((ROOT / "samples" / "demo.mp4", 8.5), (CLIPS / "terminal_vhs_neofetch.mp4", 10.0))
"""Videos (MIT and ours) and the seconds at which to look."""

SHOWN_WIDTH = 640
AMPLIFIED = 4


def picture(video: Path, seconds: float) -> NDArray[np.uint8]:
    """(H, 3 W, 3) RGB: source, film, difference times four around grey."""
    with tempfile.TemporaryDirectory() as folder:
        film = Path(folder) / "film.mtor"
        made = mtor.transcode(video, film, audio="none")
        reader = mtor.open(film)
        with open_source(video) as source:
            wanted = int(seconds / reader.header.time_base)
            frame = next(frame for frame in source.frames() if frame.tick + frame.duration > wanted)
            shown = FrameRenderer(reader).frame(frame.tick)
            seen = [to_rgb(ycc, source.info.colour) for ycc in (frame.ycc8(), shown)]
    print(f"{video.name}: {made.kbps:.2f} kbps")
    apart = (seen[1].astype(np.int16) - seen[0]) * AMPLIFIED + 128
    three = np.hstack([*seen, np.clip(apart, 0, 255).astype(np.uint8)])
    scale = SHOWN_WIDTH / seen[0].shape[1]
    return np.asarray(cv2.resize(three, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)


def main() -> int:
    """Write a PNG for each video that is at hand."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    for video, seconds in PICTURES:
        if video.exists():
            path = IMAGES / f"{video.stem}.png"
            cv2.imwrite(str(path), picture(video, seconds)[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 9])
            print(f"wrote {path.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
