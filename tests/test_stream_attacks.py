# SPDX-License-Identifier: Apache-2.0
"""The server and those who mean it no good: odd names, links, half requests, clients that take nothing."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from stream_client import connect, say
from stream_films import big_film
from stream_server import SAMPLES, Served, served

from mtor_transcode.stream import guard, http, pacing, viewers
from mtor_transcode.stream.library import Library, live_key

DEMO = SAMPLES / "demo.mtor"
DIGEST = sha256(DEMO.read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def site() -> Iterator[Served]:
    with served() as server:
        yield server


def test_links_out_of_the_library_are_not_followed(tmp_path: Path) -> None:
    library = tmp_path / "films"
    library.mkdir()
    shutil.copy(DEMO, tmp_path / "secret.mtor")
    shutil.copy(SAMPLES / "cut.mtor", library)
    (library / "link.mtor").symlink_to(tmp_path / "secret.mtor")
    (library / "folder").symlink_to(tmp_path)
    found = Library(library)
    found.refresh()
    assert [film.name for film in found.films()] == ["cut.mtor"]
    assert found.film(DIGEST) is None


def test_too_many_connections_are_hung_up_on() -> None:
    with served(viewers=2) as site:
        held = [socket.create_connection(("127.0.0.1", site.port)) for _ in range(2)]
        time.sleep(0.2)
        with contextlib.closing(socket.create_connection(("127.0.0.1", site.port), timeout=10)) as third:
            try:
                third.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
                said = third.recv(100)
            except ConnectionError:
                said = b""
            assert said == b""
        for each in held:
            each.close()


def test_connections_without_a_request_are_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "FIRST_REQUEST_SECONDS", 0.3)
    with served() as site, socket.create_connection(("127.0.0.1", site.port), timeout=20) as slow:
        slow.sendall(b"GET / HTTP/1.1\r\nHost: local")
        try:
            assert slow.recv(100) == b""
        except ConnectionResetError:
            return


def test_a_name_that_is_no_text_harms_nobody(tmp_path: Path) -> None:
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/od\xff.mtor"))
    try:
        shutil.copy(DEMO, odd)
    except OSError:
        pytest.skip("this disk takes no such name")
    (Path(os.fsdecode(os.fsencode(tmp_path) + b"/bad\xff.mtor"))).write_bytes(b"no film")
    with served(tmp_path) as site:
        answer = site.ask("/catalogue.json")
        (film,) = json.loads(answer.body)["films"]
        assert (film["name"], film["title"]) == ("od?.mtor", "Od?")
        assert site.ask(film["film"]).body == DEMO.read_bytes()
        assert list(site.server.library.refused) == ["bad?.mtor"]


def test_a_live_film_is_served_from_its_own_file_alone(tmp_path: Path) -> None:
    library = tmp_path / "films"
    library.mkdir()
    live, secret = library / "now.mtor", tmp_path / "secret.mtor"
    shutil.copy(SAMPLES / "cut.mtor", secret)
    live.write_bytes(DEMO.read_bytes()[:-200])
    with served(library) as site:
        address = f"/films/{live_key('now.mtor')}.mtor"
        assert site.ask(address).status == 200
        live.unlink()
        assert site.ask(address).status == 404
        live.symlink_to(secret)
        assert site.ask(address).status == 404
        live.unlink()
        secret.rename(live)
        assert site.ask(address).status == 404


def test_what_is_no_request_is_answered_carefully_and_not_logged(site: Served) -> None:
    """The test fails if it is logged as an error (``conftest.py``)."""
    for wrong in (b"GET / HTTP/1.1\r\nHost: localhost\r\n<script>\r\n\r\n", b"*\r\n\r\n", b"GET x\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", site.port), timeout=10) as raw:
            raw.sendall(wrong)
            answer = b"".join(iter(lambda: raw.recv(1000), b""))
        assert answer.startswith(b"HTTP/1.0 400")
        assert b"default-src 'none'" in answer
        assert b"Server: mtor" in answer
        assert b"script>" not in answer


def test_a_client_that_leaves_is_not_logged(tmp_path: Path) -> None:
    """The test fails if it is logged as an error (``conftest.py``)."""
    (tmp_path / "big.mtor").write_bytes(big_film(8))
    with served(tmp_path) as site:
        film = json.loads(site.ask("/catalogue.json").body)["films"][0]
        for _ in range(3):
            with socket.create_connection(("127.0.0.1", site.port)) as hasty:
                hasty.sendall(f"GET {film['film']} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
                assert hasty.recv(100)
        assert _becomes(lambda: not _connections(site))


def test_a_client_that_takes_nothing_is_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not only closed: that would wait until it takes what is in the buffers."""
    monkeypatch.setattr(http, "_CHUNK_SECONDS", 0.3)
    (tmp_path / "big.mtor").write_bytes(big_film(32))
    with served(tmp_path) as site:
        film = json.loads(site.ask("/catalogue.json").body)["films"][0]
        most = 0
        with socket.create_connection(("127.0.0.1", site.port)) as slow:
            slow.sendall(f"GET {film['film']} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())

            def gone() -> bool:
                nonlocal most
                held = [_buffered(each) for each in _connections(site)]
                most = max([most, *held])
                return most > 0 and not held

            assert _becomes(gone)
        assert most <= 50_000


def _connections(site: Served) -> list[Any]:
    return list(site.server._runner.server.connections)  # type: ignore[union-attr]


def _buffered(connection: Any) -> int:
    return 0 if connection.transport is None else int(connection.transport.get_write_buffer_size())


def _becomes(true: Callable[[], bool]) -> bool:
    """Whether something becomes true within some seconds."""
    end = time.monotonic() + 10
    while not true() and time.monotonic() < end:
        time.sleep(0.02)
    return true()


def test_many_who_look_at_once_cost_two_looks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(DEMO, tmp_path)
    library = Library(tmp_path)
    looks: list[int] = []
    began, go_on = threading.Event(), threading.Event()
    walk = Library._files

    def slow(self: Library) -> Iterator[Path]:
        looks.append(1)
        began.set()
        assert go_on.wait(10)
        return walk(self)

    monkeypatch.setattr(Library, "_files", slow)
    askers = [threading.Thread(target=library.refresh) for _ in range(8)]
    askers[0].start()
    assert began.wait(10)
    for each in askers[1:]:
        each.start()
    time.sleep(0.2)
    go_on.set()
    for each in askers:
        each.join(10)
    assert len(looks) == 2
    assert library.films()


def test_a_viewer_that_takes_nothing_and_misbehaves_is_let_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The word that it is refused does not get through either."""
    monkeypatch.setattr(viewers, "CLOSING", 0.3)
    monkeypatch.setattr(pacing, "START", 1 << 24)
    (tmp_path / "big.mtor").write_bytes(big_film(32))
    with served(tmp_path) as site:
        film = json.loads(site.ask("/catalogue.json").body)["films"][0]

        def held() -> list[int]:
            connections = site.server._runner.server.connections  # type: ignore[union-attr]
            return [each.transport.get_write_buffer_size() for each in connections if each.transport]

        async def run() -> None:
            socket = await connect(site.port, max_queue=1).__aenter__()
            await say(socket, "play", film=film["key"], ahead=600)
            async with asyncio.timeout(20):
                while not any(held()):
                    await asyncio.sleep(0.05)
                await socket.send("nonsense")
                while held():
                    await asyncio.sleep(0.05)
            socket.transport.abort()

        asyncio.run(run())
