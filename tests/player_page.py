# SPDX-License-Identifier: Apache-2.0
"""The player's page in a browser, for tests: its files served as ``mtor serve`` does, films beside them."""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mtor_transcode.codec.film_reader import FilmReader
from mtor_transcode.measure.rgb import to_rgb
from mtor_transcode.measure.ssim import window_ssim
from mtor_transcode.render.frames import FrameRenderer
from mtor_transcode.stream.headers import SECURITY
from mtor_transcode.stream.shipped import ShippedFile, shipped_files

PATIENCE_MS = 120_000
"""A busy machine is no failure."""

PAGE = "/player/page/index.html"

_LOAD = """async (url) => {
  const { openUrl } = await import("/player/sources/http.js");
  const { fetchKit } = await import("/player/sources/kit.js");
  await mtor.player.load(await openUrl(url, await fetchKit()));
}"""

_SHOOT = """async ([seconds, width, height]) => {
  const { player } = mtor;
  await player.seek(seconds);
  player.resize(width, height);
  await player.settled();
  return document.getElementById("picture").toDataURL("image/png");
}"""


class Site:
    """A small server on 127.0.0.1: the package's own files, and ``films`` at ``/films/NAME``."""

    def __init__(self) -> None:
        self.films: dict[str, bytes] = {}
        self.files = shipped_files()
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site._answer(self)

            def log_message(self, format: str, *args: object) -> None:
                """Nothing is told."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        path = request.path.partition("?")[0]
        shipped = self.files.get(path)
        data = shipped.data if shipped else self.films.get(path.removeprefix("/films/"))
        request.send_response(404 if data is None else 200)
        for name, value in SECURITY.items():
            request.send_header(name, value)
        request.send_header("Content-Type", shipped.kind if shipped else "application/octet-stream")
        request.send_header("Content-Length", str(len(data or b"")))
        request.end_headers()
        request.wfile.write(data or b"")

    @staticmethod
    def shipped(data: bytes) -> ShippedFile:
        """Any bytes as one of ``files``."""
        return ShippedFile("application/octet-stream", data, None, sha256(data).hexdigest())

    def close(self) -> None:
        """No more answers."""
        self._server.shutdown()
        self._server.server_close()


class Tab:
    """A tab with the player; ``said`` are the console's errors and warnings, and failures."""

    def __init__(self, page: Any, site: Site) -> None:
        self.page = page
        self.site = site
        self.said: list[str] = []
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.said.append(str(error)))

    def _hear(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.said.append(message.text)

    def open(self, film: bytes | None = None, name: str = "film.mtor") -> None:
        """The page, with a film by HTTP if there is one; waits until it is there."""
        if film is None:
            self.page.goto(self.site.url + PAGE)
            return
        self.site.films[name] = film
        self.page.goto(f"{self.site.url}{PAGE}?film=/films/{name}")
        self.page.wait_for_selector("#play:not([disabled])")

    def load(self, film: bytes) -> None:
        """Another film in the same page, which is opened if it is not yet."""
        if not self.page.url.startswith(self.site.url):
            self.open()
        self.site.films["next.mtor"] = film
        self.page.evaluate(_LOAD, "/films/next.mtor")

    def picture(self, seconds: float, size: tuple[int, int]) -> NDArray[np.uint8]:
        """The picture (H, W, 3) R, G, B at a time, all its textures there."""
        data = self.page.evaluate(_SHOOT, [seconds, *size])
        png = np.frombuffer(base64.b64decode(data.partition(",")[2]), np.uint8)
        image = cv2.imdecode(png, cv2.IMREAD_COLOR)
        assert image is not None
        return np.ascontiguousarray(image[:, :, ::-1], dtype=np.uint8)

    def wait(self, condition: str, seconds: float = 60) -> None:
        """Until a condition in JavaScript holds; the page's policy allows no eval, so it is asked again."""
        until = time.monotonic() + seconds
        while not self.page.evaluate(condition):
            assert time.monotonic() < until, f"not within {seconds} s: {condition}"
            self.page.wait_for_timeout(30)


@contextmanager
def opened(browser: Any, site: Site, **context: Any) -> Iterator[Tab]:
    """A tab that must not say anything unexpected: ``said`` has to be empty at the end."""
    room = browser.new_context(**({"viewport": {"width": 900, "height": 620}} | context))
    tab = Tab(room.new_page(), site)
    yield tab
    room.close()
    assert not tab.said, tab.said


def likeness(tab: Tab, reader: FilmReader, seconds: float, size: tuple[int, int] | None = None) -> float:
    """SSIM (luma, FFmpeg's windows) of the player's picture and our renderer's."""
    header = reader.header
    size = size or (header.width, header.height)
    ours = to_rgb(FrameRenderer(reader, size).frame(Fraction(seconds) / header.time_base), header.colour)
    theirs = tab.picture(seconds, size)
    assert theirs.shape == ours.shape
    return window_ssim(_luma(theirs), _luma(ours))


def _luma(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
