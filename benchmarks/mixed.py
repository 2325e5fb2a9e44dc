# SPDX-License-Identifier: Apache-2.0
"""Pages with a film in a corner: ``benchmarks/mixed.py -o FOLDER``, then ``mtor bench FOLDER/*.mp4``.

Pages of ours (``pages/``, as Chromium shows them) with a clip of ``../shared/clips``, as lectures have the
lecturer: H.264, crf 18, 25 frames a second, ten seconds, no sound.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray
from own_stills import make

from mtor_transcode.ingest.source import open_source
from mtor_transcode.render.chroma import subsample

CLIPS = Path(__file__).parents[2] / "shared" / "clips"
RATE, SECONDS, CRF = 25, 10, 18
EDGE = 24
"""Px from a film to the page's edges."""


@dataclass(frozen=True, slots=True)
class Mix:
    """A page, the clip in its lower right corner, and how wide that is (px)."""

    page: str
    clip: str
    width: int


MIXES = (
    Mix("article", "talk_headshot_greenscreen", 320),
    Mix("editor-dark", "talk_meeting_room", 426),
)


def pictures(clip: Path, width: int) -> Iterator[NDArray[np.uint8]]:
    """The frames of a clip (h, ``width``, 3), Y, Cb, Cr."""
    with open_source(clip) as source:
        for frame in source.frames():
            picture = frame.ycc8()
            height = 2 * round(picture.shape[0] * width / picture.shape[1] / 2)
            yield np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def mixed(mix: Mix, page: NDArray[np.uint8], path: Path) -> None:
    """Write a film of a page (H, W, 3; Y, Cb, Cr) with a clip in its corner."""
    rows, columns = page.shape[:2]
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=RATE, options={"crf": str(CRF)})
        stream.width, stream.height, stream.pix_fmt = columns, rows, "yuv420p"
        for number, film in enumerate(pictures(CLIPS / f"{mix.clip}.mp4", mix.width)):
            if number == RATE * SECONDS:
                break
            shown = page.copy()
            y, x = rows - EDGE - film.shape[0], columns - EDGE - film.shape[1]
            shown[y : y + film.shape[0], x : x + film.shape[1]] = film
            planes = np.concatenate([plane.ravel() for plane in subsample(shown)])
            frame = av.VideoFrame.from_ndarray(planes.reshape(rows * 3 // 2, columns), "yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            output.mux(stream.encode(frame))
        output.mux(stream.encode())


def main() -> int:
    """Write the films and say where."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("-o", "--output", type=Path, required=True, help="folder for the films")
    asked = arguments.parse_args()
    if not CLIPS.is_dir():
        raise SystemExit(f"{CLIPS}: not here; the films are made of its clips")
    asked.output.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for mix in MIXES:
            still = next(make(Path(folder), [mix.page]))
            with open_source(still) as source:
                page = next(source.frames()).ycc8()
            path = asked.output / f"{mix.page}-{mix.clip}.mp4"
            mixed(mix, page, path)
            print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
