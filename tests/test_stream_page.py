# SPDX-License-Identifier: Apache-2.0
"""As a viewer does it: the catalogue in Chromium, a film chosen, played over the socket, on bad links."""

from __future__ import annotations

import asyncio
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from packet_films import write_packets
from player_page import Tab, likeness
from stream_films import long_film, written
from stream_server import SAMPLES, Served, served

from mtor_transcode.codec.film_reader import FilmReader
from mtor_transcode.stream.links import dropping

FILM = long_film()
IMAGES = Path(__file__).parents[1] / "docs" / "images"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("films")
    shutil.copy(SAMPLES / "demo.mtor", folder)
    (folder / "plain_film.mtor").write_bytes(written(FILM))
    (folder / "packet_film.mtor").write_bytes(write_packets(FILM, 10)[0])
    return folder


@pytest.fixture(scope="module")
def site(library: Path) -> Iterator[Served]:
    with served(library) as server:
        yield server


class Room(Tab):
    """A tab at a server of ours."""

    def __init__(self, page: Any, port: int) -> None:
        super().__init__(page, None)  # type: ignore[arg-type]
        self.url = f"http://127.0.0.1:{port}"

    def choose(self, title: str) -> None:
        """From the catalogue to a film that is there."""
        self.page.goto(self.url)
        self.page.get_by_label("Search").fill(title)
        self.page.get_by_role("link", name=title).click()
        self.page.wait_for_selector("#play:not([disabled])", timeout=60_000)

    def state(self) -> str:
        return str(self.page.evaluate("mtor.player.source.figures().state"))


def keep(room: Room, name: str, wanted: bool = True) -> None:
    """With ``GENERATE_IMAGES=1``, a picture of the page for the README."""
    if wanted and os.environ.get("GENERATE_IMAGES"):
        room.page.screenshot(path=IMAGES / f"{name}.png")


@contextmanager
def viewing(browser: Any, port: int) -> Iterator[Room]:
    context = browser.new_context(viewport={"width": 900, "height": 620})
    room = Room(context.new_page(), port)
    yield room
    context.close()


@contextmanager
def running(link: Any) -> Iterator[int]:
    """A link (an async context that gives a port, or a tuple that starts with one) in a thread of its own."""
    ready, over = threading.Event(), threading.Event()
    ports: list[int] = []

    async def run() -> None:
        async with link() as given:
            ports.append(given if isinstance(given, int) else given[0])
            ready.set()
            await asyncio.to_thread(over.wait)

    thread = threading.Thread(target=lambda: asyncio.run(run()), daemon=True)
    thread.start()
    assert ready.wait(20)
    try:
        yield ports[0]
    finally:
        over.set()
        thread.join(20)


def test_the_catalogue_lists_shows_and_searches(chromium: Any, site: Served) -> None:
    with viewing(chromium, site.port) as room:
        room.page.goto(room.url)
        room.page.wait_for_selector("#films li")
        assert room.page.locator("#films li").count() == 3
        assert room.page.locator("#count").inner_text() == "3 of 3 films"
        room.wait("[...document.querySelectorAll('.poster')].every((image) => image.naturalWidth > 0)")
        keep(room, "catalogue")
        room.page.get_by_label("Search").fill("demo")
        assert room.page.locator("#films li").count() == 1
        assert "0:13" in room.page.locator("#films li").inner_text()
        assert room.said == []


@pytest.mark.parametrize("title", ["Demo", "Packet film"])
def test_a_film_plays_over_the_socket_as_we_render_it(
    chromium: Any, site: Served, library: Path, title: str
) -> None:
    name = title.lower().replace(" ", "_")
    reader = FilmReader((library / f"{name}.mtor").open("rb"))
    with viewing(chromium, site.port) as room:
        room.choose(title)
        assert room.page.title() == f"{title} · MTOR player"
        for seconds in (0.5, 10.9, 3.1):
            assert likeness(room, reader, seconds, (320, 180)) > 0.98
        room.page.get_by_role("button", name="Play").first.click()
        room.wait("mtor.player.time > 4")
        keep(room, "player", title == "Demo")
        assert room.state() in ("playing from the socket", "all received")
        assert room.said == []


def test_a_link_that_drops_messages_and_breaks_only_holds(chromium: Any, site: Served) -> None:
    with running(lambda: dropping(site.port, 0.1, seed=5)) as port, viewing(chromium, port) as room:
        room.choose("Packet film")
        room.page.get_by_role("button", name="Play").first.click()
        room.wait("mtor.player.time > 2")
        for connection in list(site.server._runner.server.connections):  # type: ignore[union-attr]
            if connection.transport is not None:
                site.loop.call_soon_threadsafe(connection.transport.abort)
        room.wait("mtor.player.time > 5")
        room.wait("mtor.player.source.figures().state !== 'link lost, reconnecting'")
        assert room.page.locator("#trouble").is_hidden()


def test_with_tokens_the_catalogue_asks_and_the_film_plays(
    chromium: Any, library: Path, tmp_path: Path
) -> None:
    tokens = tmp_path / "tokens"
    tokens.write_text("a-token-for-this-test\n")
    with served(library, token_file=tokens) as site, viewing(chromium, site.port) as room:
        room.page.goto(room.url)
        room.page.get_by_label("Token of this server").fill("a-token-for-this-test")
        room.page.get_by_role("button", name="Enter").click()
        room.page.get_by_role("link", name="Demo").click()
        room.page.wait_for_selector("#play:not([disabled])")
        assert room.page.evaluate("mtor.player.source.header.width") == 640
