# SPDX-License-Identifier: Apache-2.0
"""Films on disk and videos made from them without loss, for the tests of measuring."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from memory_films import MemoryFilm, write_film
from numpy.typing import NDArray
from render_film import GREY, box, enter, scene, state

from mtor_transcode.model import (
    AudioInfo,
    AudioPacket,
    Camera,
    CameraMove,
    Edit,
    FilmHeader,
    SceneStart,
    Solid,
    Subtitle,
    SubtitleInfo,
    Token,
    Transition,
)
from mtor_transcode.render.chroma import subsample, to_depth
from mtor_transcode.render.frames import FrameRenderer

WIDTH, HEIGHT, FPS = 192, 144, 25
SECOND = FPS


def small_film(frames: int = 50, *, sound: bool = False, shift: float = 0) -> MemoryFilm:
    """Two scenes: boxes of which one moves, then a pan over another; ``shift`` (px) moves one aside."""
    header = FilmHeader(WIDTH, HEIGHT, Fraction(1, FPS), Fraction(FPS))
    lines: tuple[Subtitle, ...] = ()
    packets: tuple[AudioPacket, ...] = ()
    if sound:
        audio = AudioInfo("opus", 48_000, 1, setup=b"OpusHead\x01\x01\x00\x00\x80\xbb\x00\x00\x00\x00\x00")
        header = replace(header, audio=audio, subtitles=(SubtitleInfo("en"),))
        packets = tuple(AudioPacket(n * 960, 960, bytes([n % 256]) * 20) for n in range(2 * frames))
        lines = (Subtitle(0, 100, 900, "Hello <you>"),)
    half = frames // 2
    dark, light, red = (Solid(colour) for colour in ((40, 120, 130), (200, 110, 140), (90, 100, 200)))
    moving = state(box(40, 30), 50 + shift, 60, red)
    first: list[Token] = [
        enter(0, state(box(90, 50), 120, 40, dark)),
        enter(1, moving),
        Edit(half // 4, half // 2, 1, replace(moving, transform=replace(moving.transform, dx=2200))),
    ]
    second: list[Token] = [enter(0, state(box(60, 60), 90, 70, light), half)]
    second.append(CameraMove(half, frames - half, Camera(-800, 0)))
    scenes = [
        scene(SceneStart(0, 0, GREY), half, first),
        scene(SceneStart(1, half, dark, transition=Transition.CUT), frames, second),
    ]
    return MemoryFilm(header, scenes, packets, lines)


def film_file(film: MemoryFilm, path: Path) -> Path:
    """The film as a ``.mtor`` file."""
    path.write_bytes(write_film(film)[0])
    return path


Change = Callable[[int, NDArray[np.uint8]], NDArray[np.uint8]]


def write_video(
    film: MemoryFilm,
    path: Path,
    ticks: Sequence[int] | None = None,
    change: Change | None = None,
    lead: int = 0,
) -> Path:
    """The film's pictures at ``ticks`` (all by default), shown at those times: FFV1, 4:2:0, 8 bit.

    The film begins ``lead`` ticks after the video, which until then shows its first picture.
    """
    renderer = FrameRenderer(film)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=FPS)
        stream.width, stream.height, stream.pix_fmt = film.header.width, film.header.height, "yuv420p"
        stream.time_base = stream.codec_context.time_base = film.header.time_base
        for number, tick in enumerate(range(film.duration + lead) if ticks is None else ticks):
            ycc = renderer.frame(max(0, tick - lead))
            if change is not None:
                ycc = change(number, ycc.copy())
            planes = subsample(ycc, 1, 1)
            flat = np.concatenate([plane.reshape(-1) for plane in planes])
            frame = av.VideoFrame.from_ndarray(
                flat.reshape(HEIGHT * 3 // 2, WIDTH).astype(np.uint8), format="yuv420p"
            )
            frame.pts, frame.time_base = tick, film.header.time_base
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def write_y4m(film: MemoryFilm, path: Path, chroma: tuple[int, int], depth: int) -> Path:
    """The film's pictures as Y4M at another chroma and depth: codes are shifted, as in studios."""
    renderer = FrameRenderer(film)
    across, down = chroma
    name = {(0, 0): "444", (1, 0): "422", (1, 1): "420"}[chroma] + ("" if depth == 8 else f"p{depth}")
    name = "420mpeg2" if name == "420" else name
    header = film.header
    with path.open("wb") as stream:
        stream.write(f"YUV4MPEG2 W{header.width} H{header.height} F{FPS}:1 Ip A1:1 C{name}\n".encode())
        for tick in range(film.duration):
            planes = subsample(renderer.frame(tick), across, down)
            stream.write(b"FRAME\n" + b"".join(to_depth(plane, 8, depth).tobytes() for plane in planes))
    return path
