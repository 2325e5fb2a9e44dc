# SPDX-License-Identifier: Apache-2.0
"""The browser's client of the wire, in node, with a real server: the same film, also after seeks."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from model_json import film_json
from packet_films import write_packets
from player_node import PLAYER, TABLES, node
from stream_films import long_film, written
from stream_server import SAMPLES, Served, served

from mtor_transcode.stream.links import Dropped, Shape, dropping, shaped

WATCH = Path(__file__).parent / "player" / "watch.mjs"


@pytest.fixture(scope="module")
def films() -> dict[str, bytes]:
    film = long_film()
    return {
        "plain": written(film),
        "packets": write_packets(film, 10)[0],
        "demo": (SAMPLES / "demo.mtor").read_bytes(),
    }


@pytest.fixture(scope="module")
def site(films: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    library = tmp_path_factory.mktemp("films")
    for name, data in films.items():
        (library / f"{name}.mtor").write_bytes(data)
    with served(library) as server:
        yield server


def watch(port: int, data: bytes, **asked: Any) -> dict[str, Any]:
    """What the client in node makes of a film."""
    stream = f"http://127.0.0.1:{port}/socket?film={sha256(data).hexdigest()}"
    command = [node(), "--experimental-websocket", "--no-warnings", str(WATCH), str(PLAYER), str(TABLES)]
    done = subprocess.run(
        [*command, json.dumps({"stream": stream, **asked})],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def ours(data: bytes) -> dict[str, Any]:
    back: dict[str, Any] = json.loads(json.dumps(film_json(data)))
    return back


@pytest.mark.parametrize("name", ["plain", "packets", "demo"])
def test_the_browsers_client_makes_the_same_film(site: Served, films: dict[str, bytes], name: str) -> None:
    found = watch(site.port, films[name], all=True)
    wanted = ours(films[name])
    assert found["header"] == wanted["header"]
    assert [scene["spans"] for scene in found["scenes"]] == [scene["spans"] for scene in wanted["scenes"]]
    assert [scene["head"] for scene in found["scenes"]] == [scene["head"] for scene in wanted["scenes"]]
    assert [scene["end"] for scene in found["scenes"]] == [scene["end"] for scene in wanted["scenes"]]
    assert found["audio"] == wanted["audio"]
    assert found["figures"]["state"] == "all received"
    assert found["figures"]["total"] == len(films[name])


@pytest.mark.parametrize("name", ["plain", "packets"])
def test_seeking_to_and_fro(site: Served, films: dict[str, bytes], name: str) -> None:
    found = watch(site.port, films[name], seeks=[10.4, 0.2, 6.2])
    wanted = ours(films[name])["scenes"]
    for scene, place, second in zip(found["scenes"], (5, 0, 3), (10.4, 0.2, 6.2), strict=True):
        assert scene["head"] == wanted[place]["head"]
        until = [span for span in wanted[place]["spans"] if span["start"] <= second * 25]
        assert scene["spans"][: len(until)] == until


def test_without_sockets_plain_http_serves(films: dict[str, bytes], tmp_path: Path) -> None:
    (tmp_path / "film.mtor").write_bytes(films["plain"])
    with served(tmp_path) as site:
        router = site.server._runner.app.router  # type: ignore[union-attr]
        for resource in list(router.resources()):
            if resource.canonical == "/socket":
                router._resources.remove(resource)
                router._resource_index.pop("/socket", None)
        assert site.ask("/socket").status == 404
        found = watch(site.port, films["plain"], all=True)
    wanted = ours(films["plain"])
    assert [scene["spans"] for scene in found["scenes"]] == [scene["spans"] for scene in wanted["scenes"]]
    assert found["audio"] == wanted["audio"]


@pytest.mark.parametrize("name", ["plain", "packets"])
def test_a_relay_that_drops_messages_only_delays(site: Served, films: dict[str, bytes], name: str) -> None:
    async def run() -> tuple[dict[str, Any], Dropped]:
        async with dropping(site.port, 0.1, seed=3) as (port, counts):
            return await asyncio.to_thread(watch, port, films[name], all=True, patience=50), counts

    found, counts = asyncio.run(run())
    wanted = ours(films[name])
    assert counts.dropped > 3
    assert [scene["spans"] for scene in found["scenes"]] == [scene["spans"] for scene in wanted["scenes"]]


def test_a_link_that_breaks_is_taken_up_again(site: Served, films: dict[str, bytes]) -> None:
    async def run() -> dict[str, Any]:
        async with shaped(site.port, Shape(rate=100_000, delay=0.02, jitter=0.02)) as port:
            watching = asyncio.create_task(asyncio.to_thread(watch, port, films["packets"], all=True))
            for _ in range(3):
                await asyncio.sleep(0.6)
                site.loop.call_soon_threadsafe(cut, site)
            return await watching

    found = asyncio.run(run())
    wanted = ours(films["packets"])
    assert [scene["spans"] for scene in found["scenes"]] == [scene["spans"] for scene in wanted["scenes"]]
    assert found["audio"] == wanted["audio"]


def cut(site: Served) -> None:
    """Breaks all connections to the server."""
    for connection in list(site.server._runner.server.connections):  # type: ignore[union-attr]
        if connection.transport is not None:
            connection.transport.abort()
