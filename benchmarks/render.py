# SPDX-License-Identifier: Apache-2.0
"""How fast films become pictures: ``python benchmarks/render.py FILM.mtor ...``.

For each film, a frame at its own size: drawing alone, its share of decoding and of F(t), its slowest frame,
and the whole rendering to an MP4. Beside it the peers that play the same pictures: FFmpeg decoding that MP4,
and libdav1d decoding an AV1 of it, both to planes in memory. Times are of the processor (all threads), which
other work on the machine disturbs least, and on the wall. Every round opens the film anew.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np

import mtor_transcode as mtor
from mtor_transcode.render.film import Film
from mtor_transcode.render.frames import FrameRenderer
from mtor_transcode.render.mp4 import render_mp4
from mtor_transcode.render.player import ScenePlayer
from mtor_transcode.render.timeline import timeline

ROUNDS = 3
"""Each figure is the least of so many."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Milliseconds a frame: of the processor, and on the wall."""

    cpu: float
    wall: float

    def __str__(self) -> str:
        return f"{self.cpu:6.2f} cpu {self.wall:6.2f} wall"


def cost(work: Callable[[], object], frames: int, rounds: int = ROUNDS) -> Cost:
    """What some work on so many frames takes."""
    taken = []
    for _ in range(rounds):
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        taken.append((time.process_time() - cpu, time.perf_counter() - wall))
    return Cost(*(1000 * min(column) / frames for column in zip(*taken, strict=True)))


def drawn(film: Film) -> list[float]:
    """Draw all frames: milliseconds of the processor of each."""
    renderer, taken = FrameRenderer(film), []
    for tick in timeline(film.header, film.duration).ticks():
        begun = time.process_time()
        renderer.frame(tick)
        taken.append(1000 * (time.process_time() - begun))
    return taken


def played(film: Film) -> list[int]:
    """The stage at all frames, nothing drawn: how many shapes are live at each."""
    live = []
    ticks = list(timeline(film.header, film.duration).ticks())
    for entry in film.heads():
        player = ScenePlayer(film, entry, entry.head.start)
        live += [len(player.at(tick).shapes) for tick in ticks if entry.head.start <= tick < entry.end]
    return live


def decoded(path: Path) -> int:
    """Decode a video to planes, as many threads as FFmpeg likes: frames."""
    with av.open(str(path)) as container:
        container.streams.video[0].thread_type = "AUTO"
        return sum(1 for _ in container.decode(video=0))


def as_av1(path: Path, output: Path) -> None:
    """The same pictures by SVT-AV1, a common setting."""
    os.environ.setdefault("SVT_LOG", "1")
    with av.open(str(path)) as source, av.open(str(output), "w") as target:
        video = source.streams.video[0]
        stream = target.add_stream(
            "libsvtav1", rate=video.average_rate, options={"preset": "10", "crf": "35"}
        )
        stream.width, stream.height, stream.pix_fmt = video.width, video.height, "yuv420p"
        for frame in source.decode(video):
            frame.pict_type = av.video.frame.PictureType.NONE
            target.mux(stream.encode(frame))
        target.mux(stream.encode(None))


def measured(path: Path, folder: Path) -> None:
    """Print the figures of one film."""
    film = mtor.open(path)
    header = film.header
    count = timeline(header, film.duration).count
    mp4, av1 = folder / f"{path.stem}.mp4", folder / f"{path.stem}.av1.mp4"
    live = played(film)
    drawing, stage = cost(lambda: drawn(mtor.open(path)), count), cost(lambda: played(mtor.open(path)), count)
    whole = cost(lambda: render_mp4(mtor.open(path), mp4), count)
    as_av1(mp4, av1)
    peers = {"H.264": cost(lambda: decoded(mp4), count), "AV1": cost(lambda: decoded(av1), count)}
    print(f"{path.stem}: {count} frames of {header.width}x{header.height}, ", end="")
    print(f"{np.mean(live):.0f} live shapes, at most {max(live)}")
    print(f"  drawing        {drawing} ms/frame; of that decoding and F(t) {stage.cpu:.2f}", end="")
    print(f"; slowest {max(drawn(mtor.open(path))):.0f} ms")
    print(f"  mtor render    {whole} ms/frame, {1000 / whole.wall:.0f} fps, {mp4.stat().st_size} bytes")
    for name, peer in peers.items():
        print(f"  {name} decoding {peer} ms/frame: drawing takes {drawing.cpu / peer.cpu:.1f} times as much")


def main(arguments: list[str] | None = None) -> int:
    """Print the figures of all films given."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("films", nargs="+", type=Path, metavar="FILM.mtor")
    with tempfile.TemporaryDirectory() as folder:
        for path in parser.parse_args(arguments).films:
            measured(path, Path(folder))
    return 0


if __name__ == "__main__":
    sys.exit(main())
