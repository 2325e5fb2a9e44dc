# SPDX-License-Identifier: Apache-2.0
"""How fast the browser's player is: ``python benchmarks/player.py [FILM.mtor ...]``.

In headless Chromium without a GPU (set CHROMIUM to name another), at each film's own size: pictures a second
while it plays in real time, milliseconds of the page's thread from one picture to the next (F(t) and painting,
the canvas brought to pixels), and how many times the film's frame rate that is. Without films: 300 shapes that
all move, grow, turn and change colour at 1280 x 720, and a textured film at 640 x 360 (made of samples/demo.mp4).
"""

from __future__ import annotations

import argparse
import io
import math
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

ROOT = Path(__file__).parents[1]
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
  while (!player.ended && performance.now() - begun < 1000 * seconds) await new Promise(requestAnimationFrame);
  const taken = (performance.now() - begun) / 1000;
  return { fps: (player.meter.count - count) / taken, pace: (player.time - from) / taken };
}"""

_PAINT = """async ([frames, rate]) => {
  const { player } = mtor;
  player.pause();
  const context = document.getElementById("picture").getContext("2d");
  const taken = [];
  for (let frame = 0; frame < frames; frame++) {
    await player.seek(frame / rate);
    await player.settled();
    const begun = performance.now();
    await player.settled();
    context.getImageData(0, 0, 1, 1);
    taken.push(performance.now() - begun);
  }
  return taken.sort((a, b) => a - b)[Math.floor(frames / 2)];
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
        for shape in range(SHAPES):
            tokens.append(Edit(second * RATE, RATE, shape, state(chance, blob(chance))))
    stream = io.BytesIO()
    writer = FilmWriter(stream, FilmHeader(1280, 720, Fraction(1, RATE), Fraction(RATE)))
    writer.scene(SceneStart(0, 0, Solid((40, 128, 128))))
    writer.span(Span(0, SECONDS * RATE, tuple(tokens)))
    writer.finish(SECONDS * RATE)
    return stream.getvalue()


def textured() -> bytes:
    """Four seconds of the demo, its pictures as AV1."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "textured.mtor"
        source = ROOT / "samples" / "demo.mp4"
        mtor.transcode(source, target, mode="textured", preset="fast", quality=90, duration=SECONDS)
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


def measured(page: Any, name: str, data: bytes) -> str:
    """One line about a film that plays in the page."""
    header = FilmReader(io.BytesIO(data)).header
    page.evaluate(_OPEN, [f"/films/{name}", header.width, header.height])
    played = page.evaluate(_PLAY, SECONDS)
    rate = float(header.frame_rate)
    paint = page.evaluate(_PAINT, [min(60, int(SECONDS * rate)), rate])
    size = f"{header.width}x{header.height}"
    times = f"{played['fps'] / rate:4.1f} x the film's {rate:.4g}"
    told = f"{played['fps']:6.1f} fps = {times}, {paint:6.2f} ms a picture, pace {played['pace']:.2f}"
    return f"{name:<28} {size:>9} {told}"


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
