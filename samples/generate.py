# SPDX-License-Identifier: Apache-2.0
"""Writes the sample films: ``python samples/generate.py [FOLDER]`` makes ``NAME.mtor`` and ``NAME.mp4``.

The ``.mtor`` is the ground truth, written by the package's own syntax; the MP4 is its rendering, and so an
ordinary video whose shapes are known exactly.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from films import FILMS, FPS, HEADER
from sound import tune

from mtor_transcode.codec.film_reader import FilmReader
from mtor_transcode.measure.oracle.truth import write_truth
from mtor_transcode.model import Scene
from mtor_transcode.render.mp4 import render_mp4

WITH_SOUND = frozenset({"demo"})


def write_film(path: Path, scenes: Iterable[Scene], *, sound: bool = False) -> None:
    """Code ``scenes`` into ``path``, with the tune under them if ``sound``."""
    scenes = tuple(scenes)
    audio, packets = tune(scenes[-1].end / FPS) if sound else (None, [])
    write_truth(path, replace(HEADER, audio=audio), scenes, packets)


def generate(folder: Path, names: Iterable[str] = tuple(FILMS), *, lossless: bool = False) -> list[Path]:
    """Write the films called ``names`` into ``folder``; the paths of their MP4s."""
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for name in names:
        truth = folder / f"{name}.mtor"
        write_film(truth, FILMS[name](), sound=name in WITH_SOUND)
        picture = truth.with_suffix(".mp4")
        with truth.open("rb") as stream:
            render_mp4(FilmReader(stream, str(truth)), picture, lossless=lossless)
        made.append(picture)
    return made


def main() -> None:
    """Write all films into the folder named on the command line (default: beside this file)."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    for path in generate(folder):
        truth = path.with_suffix(".mtor")
        print(f"{truth} {truth.stat().st_size:,} bytes; {path.name} {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
