# SPDX-License-Identifier: Apache-2.0
"""The player's page with a server: films over the socket, what comes late, dictionaries of series."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from player_page import Site, Tab, likeness, opened
from stream_server import SAMPLES, Served, served

from mtor_transcode.codec.film_reader import FilmReader

DEMO = (SAMPLES / "demo.mtor").read_bytes()
GOLDEN = Path(__file__).parent / "golden"

_TRICKLE = """async (url) => {
  const { openUrl } = await import("/player/sources/http.js");
  const { fetchKit } = await import("/player/sources/kit.js");
  const source = await openUrl(url, await fetchKit());
  const whole = await source.scene(0);
  const [span] = whole.spans;
  const half = Math.round(span.end / 2);
  const within = (start, end) => span.tokens.filter(({ at }) => start <= at && at < end);
  const part = (start, end) => ({ start, end, tokens: within(start, end) });
  const feed = { head: whole.head, end: whole.end, spans: [], complete: false };
  window.feed = feed;
  window.give = [() => feed.spans.push(part(0, half)), () => {
    feed.spans.push(part(half, span.end));
    feed.complete = true;
  }];
  window.told = [];
  await mtor.player.load({ ...source, scene: async () => feed, need: (tick) => window.told.push(tick) });
  mtor.player.play();
}"""


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    with served(SAMPLES) as served_samples:
        yield served_samples


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    site = Site()
    yield site
    site.close()


def streamed(tab: Tab, server: Served, data: bytes) -> None:
    """The page with a film over the socket."""
    key = sha256(data).hexdigest()
    tab.page.goto(f"http://127.0.0.1:{server.port}/player/page/index.html?stream=/socket?film={key}")
    tab.page.wait_for_selector("#play:not([disabled])")


def test_a_streamed_film_plays_to_its_end(chromium: Any, site: Site, server: Served) -> None:
    data = (SAMPLES / "motion.mtor").read_bytes()
    with opened(chromium, site) as tab:
        streamed(tab, server, data)
        tab.page.keyboard.press("i")
        tab.page.keyboard.press("k")
        tab.wait("mtor.player.ended")
        told = tab.page.locator("#panel-bytes").inner_text()
        assert int(told.split()[0]) <= len(data)
        assert likeness(tab, FilmReader(io.BytesIO(data)), 1.3) >= 0.99


def test_seeks_in_a_stream(chromium: Any, site: Site, server: Served) -> None:
    with opened(chromium, site) as tab:
        streamed(tab, server, DEMO)
        reader = FilmReader(io.BytesIO(DEMO))
        for seconds in (9.0, 3.5, 12.9, 0.2):
            assert likeness(tab, reader, seconds) >= 0.99, seconds
        tab.page.keyboard.press("k")
        tab.wait("mtor.player.time > 0.6")


def test_from_the_catalogue_to_the_picture(chromium: Any, site: Site, server: Served) -> None:
    with opened(chromium, site) as tab:
        tab.page.goto(f"http://127.0.0.1:{server.port}/")
        tab.page.get_by_text("slide").first.click()
        tab.page.wait_for_selector("#play:not([disabled])")
        tab.page.keyboard.press("k")
        tab.wait("mtor.player.time > 0.3")
        assert tab.page.locator("#title").inner_text().lower() == "slide"


def test_time_waits_for_what_has_not_come(chromium: Any, site: Site) -> None:
    """Nothing there: media time waits. Too little: a moment more, then it waits, and goes on by itself."""
    with opened(chromium, site) as tab:
        tab.open()
        site.films["motion.mtor"] = (SAMPLES / "motion.mtor").read_bytes()
        tab.page.evaluate(_TRICKLE, "/films/motion.mtor")
        tab.wait("mtor.player.holding")
        tab.page.wait_for_timeout(200)
        assert tab.page.evaluate("mtor.player.time") < 0.2
        assert tab.page.locator("#status").inner_text() == "Waiting for the film…"
        assert not tab.page.evaluate("mtor.player.paused")
        tab.page.evaluate("window.give[0]()")
        tab.wait("mtor.player.time > 0.5")
        assert tab.page.locator("#status").is_hidden()
        tab.wait("mtor.player.holding && mtor.player.time > 1.5")
        held = tab.page.evaluate("mtor.player.time")
        assert 1.9 < held < 2.6
        tab.page.evaluate("window.give[1]()")
        tab.wait("mtor.player.ended")
        assert tab.page.evaluate("window.told.length") >= 2


def test_a_dictionary_is_fetched_or_given(chromium: Any, site: Site) -> None:
    golden = json.loads((GOLDEN / "series.json").read_text(encoding="utf-8"))
    film, dictionary = bytes.fromhex(golden["bytes"]), bytes.fromhex(golden["dictionary"])
    with opened(chromium, site) as tab:
        tab.open()
        give = {"name": "episode.mtor", "mimeType": "application/octet-stream", "buffer": film}
        tab.page.set_input_files("#file", give)
        tab.page.wait_for_selector("#trouble:not([hidden])")
        assert "dictionary" in tab.page.locator("#trouble").inner_text()
        tab.page.set_input_files("#file", give | {"name": "all.mtordict", "buffer": dictionary})
        tab.page.wait_for_selector("#play:not([disabled])")
        assert tab.page.locator("#trouble").is_hidden()
    with opened(chromium, site) as tab:
        site.files[f"/dictionaries/{sha256(dictionary).hexdigest()}.mtordict"] = site.shipped(dictionary)
        tab.open(film)
