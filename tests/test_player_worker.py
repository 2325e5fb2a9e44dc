# SPDX-License-Identifier: Apache-2.0
"""The browser's decoder where it is meant to run: in a worker of a browser."""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from player_node import PLAYER, TABLES, decoded

TESTS = Path(__file__).parent

Decode = Callable[[bytes], dict[str, Any]]

WORKER = """() => new Promise((resolve, reject) => {
  window.worker = new Worker("/worker.mjs", { type: "module" });
  worker.onmessage = resolve;
  worker.onerror = (event) => reject(new Error(event.message));
})"""

DECODE = """(asked) => new Promise((resolve) => {
  worker.onmessage = ({ data }) => resolve(data);
  worker.postMessage(asked);
})"""


class _Files(SimpleHTTPRequestHandler):
    """The decoder, the codec's tables and the worker of this test, as a server would give them."""

    extensions_map = {".js": "text/javascript", ".mjs": "text/javascript", ".json": "application/json"}  # noqa: RUF012

    def translate_path(self, path: str) -> str:
        name = path.lstrip("/")
        if name == "tables.json":
            return str(TABLES)
        return str(PLAYER / name if name.startswith("codec/") else TESTS / "player" / name)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: requests are of no interest."""


@pytest.fixture(scope="module")
def decode() -> Iterator[Decode]:
    """Decodes films in a worker of Chromium."""
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    named = os.environ.get("CHROMIUM") or next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )
    if named is None:
        pytest.skip("no Chromium is installed (apt-get install chromium)")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Files))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=named, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{server.server_port}/worker.mjs")
        page.evaluate(WORKER)
        yield lambda data: json.loads(page.evaluate(DECODE, {"bytes": data.hex(), "dictionaries": []}))
        browser.close()
    server.shutdown()
    server.server_close()


def test_films(decode: Decode) -> None:
    """The golden films and packets: in a worker, too, the same values as ours."""
    vectors = [*sorted((TESTS / "golden").glob("film_*.json")), TESTS / "golden" / "packets.json"]
    for path in vectors:
        data = bytes.fromhex(json.loads(path.read_text(encoding="utf-8"))["bytes"])
        assert decode(data) == decoded(data), path.stem


def test_refused(decode: Decode) -> None:
    """A damaged film is refused by the decoder's own error."""
    data = json.loads((TESTS / "golden" / "film_busy.json").read_text(encoding="utf-8"))["bytes"]
    damaged = bytearray.fromhex(data)
    damaged[len(damaged) // 2] ^= 1
    assert decode(bytes(damaged)) == {"error": "the checksum is wrong"}
