# SPDX-License-Identifier: Apache-2.0
"""How fast the browser's player is: ``python benchmarks/player.py [FILM.mtor ...]``.

In headless Chromium without a GPU, each film at its own size: pictures a second while it plays in real time,
how many times the film's frame rate that is, and media time over real time. Then picture after picture as
fast as it goes: milliseconds on the wall and of the processor (all of Chromium's processes: F(t), painting,
the canvas brought to pixels, textures decoded), which other work on the machine disturbs least.

Without films: 300 shapes that all move, grow, turn and change outline and colour at 1280 x 720, and a texture
of clouds that drift at 640 x 360.
"""

from __future__ import annotations

import argparse
import io
import math
import os
import random
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

import mtor_transcode as mtor
from mtor_transcode.codec.canonical import canonical_outline
from mtor_transcode.codec.film_reader import FilmReader
from mtor_transcode.codec.film_writer import FilmWriter
from mtor_transcode.model import (
    Contour,
    Edit,
    Enter,
    FilmHeader,
    LinearGradient,
    NodeKind,
    Outline,
    SceneStart,
    ShapeState,
    Solid,
    Span,
    Token,
    Transform,
)
from mtor_transcode.stream.shipped import shipped_files

SHAPES, SECONDS, RATE = 300, 4, 30

_OPEN = """async ([url, width, height]) => {
  const { openUrl } = await import("/player/sources/http.js");
  const { fetchKit } = await import("/player/sources/kit.js");
  await mtor.player.load(await openUrl(url, await fetchKit()));
  mtor.player.resize(width, height);
}"""

_PLAY = """async (seconds) => {
  const { player } = mtor;
  await player.seek(0);
  await player.settled();
  await player.play();
  const [count, begun, from] = [player.meter.count, performance.now(), player.time];
  const turn = () => new Promise(requestAnimationFrame);
  while (!player.ended && performance.now() < begun + 1000 * seconds) await turn();
  const taken = (performance.now() - begun) / 1000;
  return { fps: (player.meter.count - count) / taken, pace: (player.time - from) / taken };
}"""

_PAINT = """async ([frames, rate]) => {
  const { player } = mtor;
  player.pause();
  await player.seek(0);
  await player.settled();
  const context = document.getElementById("picture").getContext("2d");
  const begun = performance.now();
  for (let frame = 1; frame <= frames; frame++) {
    await player.seek(frame / rate);
    await player.settled();
    context.getImageData(0, 0, 1, 1);
  }
  return (performance.now() - begun) / frames;
}"""


def blob(chance: random.Random) -> Outline:
    """A closed curve of eight nodes, some 60 px across."""
    points = []
    for corner in range(8):
        reach = 16 * chance.uniform(18, 40)
        turn = corner * math.pi / 4
        points.append((round(reach * math.cos(turn)), round(reach * math.sin(turn))))
    return canonical_outline(Outline((Contour(tuple(points), (NodeKind.SMOOTH,) * 8),)))[0]


def state(chance: random.Random, outline: Outline) -> ShapeState:
    """The shape anywhere, in any colour, every third in a gradient."""
    first, last = ((chance.randint(40, 220), chance.randint(80, 180), chance.randint(80, 180)) for _ in "ab")
    paint = LinearGradient(first, last, chance.randrange(64)) if chance.random() < 1 / 3 else Solid(first)
    scale, turn = chance.randint(2500, 6000), chance.randrange(4096)
    return ShapeState(
        outline, paint, Transform(chance.randrange(20480), chance.randrange(11520), scale, turn)
    )


def crowd() -> bytes:
    """300 shapes that all go over to another outline, place and paint all the time."""
    chance = random.Random(8)
    tokens: list[Token] = [Enter(0, shape, state(chance, blob(chance))) for shape in range(SHAPES)]
    for second in range(SECONDS):
        at = second * RATE
        tokens.extend(Edit(at, RATE, shape, state(chance, blob(chance))) for shape in range(SHAPES))
    stream = io.BytesIO()
    writer = FilmWriter(stream, FilmHeader(1280, 720, Fraction(1, RATE), Fraction(RATE)))
    writer.scene(SceneStart(0, 0, Solid((40, 128, 128))))
    writer.span(Span(0, SECONDS * RATE, tuple(tokens)))
    writer.finish(SECONDS * RATE)
    return stream.getvalue()


def clouds(target: Path) -> None:
    """A video of soft noise that drifts and changes."""
    chance = np.random.default_rng(8)
    layers = [cv2.resize(chance.random((12, 80), np.float32), (2560, 384), interpolation=2) for _ in "ab"]
    with av.open(str(target), "w") as container:
        stream = container.add_stream("mpeg4", 24)
        stream.width, stream.height, stream.pix_fmt, stream.bit_rate = 640, 360, "yuv420p", 4_000_000
        for frame in range(24 * SECONDS):
            near, far = layers[0][:360, 5 * frame :][:, :640], layers[1][24:, 2 * frame :][:, :640]
            picture = np.stack([255 * near, 127 * (near + far), 255 * far], axis=-1).astype(np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        container.mux(stream.encode())


def textured() -> bytes:
    """The clouds as AV1."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "clouds.mp4", Path(folder) / "clouds.mtor"
        clouds(source)
        mtor.transcode(source, target, mode="textured", preset="fast", quality=70)
        return target.read_bytes()


@contextmanager
def site(films: dict[str, bytes]) -> Iterator[str]:
    """The player and the films on 127.0.0.1."""
    files = {name: (file.kind, file.data) for name, file in shipped_files().items()}
    files |= {f"/films/{name}": ("application/octet-stream", data) for name, data in films.items()}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            kind, data = files.get(self.path.partition("?")[0], ("text/plain", b""))
            self.send_response(200 if data else 404)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing is told."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def processor() -> float:
    """Seconds of the processor that all processes below this one have taken so far."""
    parents: dict[int, int] = {}
    taken: dict[int, float] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # It has ended.
        parents[int(stat.parent.name)] = int(fields[1])
        taken[int(stat.parent.name)] = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    below = {os.getpid()}
    while grown := {child for child, parent in parents.items() if parent in below} - below:
        below |= grown
    return sum(taken[process] for process in below - {os.getpid()})


def measured(page: Any, name: str, data: bytes) -> str:
    """One line about a film that plays in the page."""
    header = FilmReader(io.BytesIO(data)).header
    page.evaluate(_OPEN, [f"/films/{name}", header.width, header.height])
    played = page.evaluate(_PLAY, SECONDS)
    rate = float(header.frame_rate)
    frames = int(min(SECONDS, page.evaluate("mtor.player.duration")) * rate) - 1
    before = processor()
    wall = page.evaluate(_PAINT, [frames, rate])
    cpu = 1000 * (processor() - before) / frames
    size = f"{header.width}x{header.height}"
    times = f"{played['fps'] / rate:4.1f} x the film's {rate:.4g}"
    pace = f"{played['fps']:6.1f} fps = {times}, pace {played['pace']:.2f}"
    return f"{name:<24} {size:>9} {pace}; {wall:6.2f} ms a picture, {cpu:6.2f} cpu"


def main() -> None:
    """Measure and tell."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("films", nargs="*", type=Path, metavar="FILM.mtor")
    asked = parser.parse_args().films
    films = {path.name: path.read_bytes() for path in asked} if asked else {}
    if not films:
        films = {"300 shapes": crowd(), "textured": textured()}
    films = {name.replace(" ", "_"): data for name, data in films.items()}
    from playwright.sync_api import sync_playwright

    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        sys.exit("no Chromium is installed (apt-get install chromium)")
    with site(films) as url, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=program, args=["--disable-gpu", "--no-sandbox"])
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        page.goto(f"{url}/player/page/index.html")
        for name, data in films.items():
            print(measured(page, name, data), flush=True)
        browser.close()


if __name__ == "__main__":
    main()
