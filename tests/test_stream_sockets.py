# SPDX-License-Identifier: Apache-2.0
"""The socket with real clients: films whole, sought, asked again, reconnected, bounded, and attacked."""

from __future__ import annotations

import asyncio
import io
import json
import random
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from packet_films import write_packets
from stream_client import Collected, collect, connect, ended, say, sections_of, websockets
from stream_films import big_film, long_film, written
from stream_server import SAMPLES, Served, served

from mtor_transcode.codec.container import SectionKind
from mtor_transcode.codec.film_reader import FilmReader
from mtor_transcode.stream import films as watching
from mtor_transcode.stream import viewers
from mtor_transcode.stream.plan import PICTURES

DEMO = SAMPLES / "demo.mtor"
KEY = sha256(DEMO.read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    film = long_film()
    return {"plain": written(film), "packets": write_packets(film, 10)[0]}


@pytest.fixture(scope="module")
def site(films: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    library = tmp_path_factory.mktemp("films")
    shutil.copy(DEMO, library)
    for name, data in films.items():
        (library / f"{name}.mtor").write_bytes(data)
    with served(library) as server:
        yield server


def key_of(data: bytes) -> str:
    return sha256(data).hexdigest()


def played(site: Served, data: bytes, **options: Any) -> Collected:
    """Plays a film to its end."""

    async def run() -> Collected:
        async with connect(site.port) as socket:
            await say(socket, "play", film=key_of(data), **{"ahead": 600, **options})
            return await collect(socket, ended)

    return asyncio.run(run())


def content(reader: FilmReader) -> list[Any]:
    return [(entry.head, tuple(reader.spans(entry.head.number))) for entry in reader.heads()]


@pytest.mark.parametrize("name", ["plain", "packets"])
def test_a_film_comes_whole(site: Served, films: dict[str, bytes], name: str) -> None:
    data = films[name]
    found = played(site, data)
    original = FilmReader(io.BytesIO(data))
    assert content(found.reader()) == content(original)
    assert list(found.reader().audio()) == list(original.audio())
    assert [part.message for part in found.parts] == [place % 256 for place in range(len(found.parts))]
    kinds = {number: section.kind for number, section in enumerate(sections_of(data))}
    pictures = [number for number, kind in kinds.items() if kind in PICTURES]
    backs = {part.section: part.back for part in found.parts}
    assert [backs[b] for b in pictures] == [0, *(b - a for a, b in pairwise(pictures))]
    assert not any(backs[number] for number in backs if number not in pictures)
    (head,) = found.of("film")
    assert (head["bytes"], head["duration"], head["live"]) == (len(data), original.duration, False)
    told = [row for message in found.of("scenes") for row in message["scenes"]]
    assert [(number, start) for number, start, _ in told] == [
        (entry.head.number, entry.head.start) for entry in original.heads()
    ]


def test_what_comes_first_is_the_first_picture(site: Served, films: dict[str, bytes]) -> None:
    data = films["plain"]
    kinds = [sections_of(data)[number].kind for number in played(site, data).order]
    assert kinds[:4] == [SectionKind.HEADER, SectionKind.SCENE, SectionKind.DICT, SectionKind.SPAN]
    assert kinds.index(SectionKind.AUDIO) < 6
    assert SectionKind.INDEX not in kinds


def test_repairs_come_only_if_they_are_asked_for(site: Served, films: dict[str, bytes]) -> None:
    sections = sections_of(films["packets"])
    for repairs in (False, True):
        kinds = {sections[number].kind for number in played(site, films["packets"], repairs=repairs).order}
        assert (SectionKind.REPAIR in kinds) is repairs


@pytest.mark.parametrize("name", ["plain", "packets"])
def test_seeking_brings_the_scene_and_only_what_it_needs(
    site: Served, films: dict[str, bytes], name: str
) -> None:
    data = films[name]
    found = played(site, data, at=260)
    original = FilmReader(io.BytesIO(data))
    (entered,) = found.of("enter")
    assert entered["scene"] == 5
    needed = {number for first, last in entered["needs"] for number in range(first, last + 1)}
    assert needed
    pictures = [number for number in found.order if sections_of(data)[number].kind != SectionKind.AUDIO]
    assert set(pictures[1 : 1 + len(needed)]) == needed
    if name == "plain":
        assert list(found.reader().spans(5)) == list(original.spans(5))
        # The outlines of the first scene, and none of the four scenes between.
        assert {sections_of(data)[number].kind for number in needed} == {SectionKind.DICT}
        assert len(needed) == 1
    sound = [packet.pts for packet in found.reader().audio()]
    assert sound[0] <= 260 * 1920 <= sound[-1]
    assert len(found.order) < len(sections_of(data)) / 2


def test_anything_can_be_asked_for_again(site: Served, films: dict[str, bytes]) -> None:
    data = films["plain"]
    section = sections_of(data)[3]

    async def run() -> Collected:
        async with connect(site.port) as socket:
            await say(socket, "play", film=key_of(data), ahead=600)
            await collect(socket, ended)
            await say(socket, "want", sections=[[3, 3]], parts=[[2, 4, 9]])
            return await collect(socket, lambda found: len(found.parts) == 2)

    again = asyncio.run(run())
    assert again.sections == {3: data[section.offset : section.end]}
    (part,) = [part for part in again.parts if part.section == 2]
    start = sections_of(data)[2].offset
    assert (part.place, part.data) == (4, data[start + 4 : start + 9])


def test_a_viewer_reconnects_and_goes_on(site: Served, films: dict[str, bytes]) -> None:
    data = films["plain"]

    async def run() -> tuple[Collected, list[int]]:
        async with connect(site.port) as socket:
            await say(socket, "play", film=key_of(data), ahead=600)
            found = await collect(socket, lambda found: len(found.sections) >= 7)
        before = sorted(found.sections)
        async with connect(site.port) as socket:
            held = [[number, number] for number in before]
            await say(socket, "play", film=key_of(data), ahead=600, have=held)
            later = await collect(socket, ended)
        found.sections |= later.sections
        return found, sorted(set(before) & set(later.sections))

    found, twice = asyncio.run(run())
    assert not twice
    assert content(found.reader()) == content(FilmReader(io.BytesIO(data)))


def test_what_is_far_ahead_waits_until_the_viewer_comes_near(site: Served, films: dict[str, bytes]) -> None:
    data = films["plain"]

    async def run() -> tuple[int, int]:
        async with connect(site.port) as socket:
            await say(socket, "play", film=key_of(data), ahead=3)
            found = Collected()
            with pytest.raises(TimeoutError):
                await collect(socket, ended, found, seconds=0.7)
            early = max(sections_of_scene(data, found))
            await say(socket, "at", tick=120, playing=False, got=len(found.parts) - 1)
            with pytest.raises(TimeoutError):
                await collect_silently(socket, found, 0.7)
            return early, max(sections_of_scene(data, found))

    early, late = asyncio.run(run())
    assert (early, late) == (1, 3)


def test_a_viewer_may_tell_where_it_is_right_behind_its_request(
    site: Served, films: dict[str, bytes]
) -> None:
    async def run() -> Collected:
        async with connect(site.port) as socket:
            await say(socket, "play", film=key_of(films["plain"]), ahead=1)
            await say(socket, "at", tick=0, playing=True, speed=16)
            found = Collected()
            await collect_silently(socket, found, 5, ended)
            return found

    assert asyncio.run(run()).of("end")


def sections_of_scene(data: bytes, found: Collected) -> list[int]:
    """The scenes whose heads have come."""
    return list(range(len(found.reader().heads())))


async def collect_silently(
    socket: Any, found: Collected, seconds: float, until: Callable[[Collected], bool] = lambda _: False
) -> None:
    async with asyncio.timeout(seconds):
        while not until(found):
            found.take(await socket.recv())


def test_a_late_viewer_is_sent_on_from_where_it_is(site: Served, films: dict[str, bytes]) -> None:
    data = films["plain"]

    async def run() -> Collected:
        async with connect(site.port) as socket:
            await say(socket, "play", film=key_of(data), ahead=1, rate=2000)
            await collect(socket, lambda found: len(found.sections) >= 2)
            await say(socket, "at", tick=210, playing=True, got=1)
            return await collect(socket, lambda found: bool(found.of("dropped")), tick=210)

    found = asyncio.run(run())
    dropped = {number for a, b in found.of("dropped")[0]["sections"] for number in range(a, b + 1)}
    kinds = {sections_of(data)[number].kind for number in dropped}
    assert SectionKind.SPAN in kinds
    assert found.of("enter")[-1]["scene"] == 4


def test_the_rate_that_a_viewer_asks_for_is_kept(site: Served) -> None:
    async def run() -> float:
        clock = asyncio.get_running_loop().time
        async with connect(site.port) as socket:
            begun = clock()
            await say(socket, "play", film=KEY, ahead=600, rate=24_000)
            found = await collect(socket, ended)
            count = sum(len(part.data) for part in found.parts)
            return 8 * (count - 3000) / (clock() - begun)

    assert asyncio.run(run()) <= 25_000


def test_a_viewer_that_takes_nothing_costs_little(tmp_path: Path) -> None:
    (tmp_path / "big.mtor").write_bytes(big_film(32))
    with served(tmp_path) as site:
        film = json.loads(site.ask("/catalogue.json").body)["films"][0]

        async def run() -> int:
            sockets = []
            for _ in range(20):
                socket = await connect(site.port, max_queue=1).__aenter__()
                await say(socket, "play", film=film["key"], ahead=600)
                sockets.append(socket)
            await asyncio.sleep(1.5)
            held = sum(
                viewer.transport.get_write_buffer_size()
                for viewer in site.server._runner.server.connections  # type: ignore[union-attr]
                if viewer.transport is not None
            )
            for socket in sockets:
                socket.transport.abort()
            return held

        assert asyncio.run(run()) <= 20 * 40_000


def test_an_error_of_ours_closes_that_viewer_and_is_logged(
    site: Served, monkeypatch: pytest.MonkeyPatch, expected_errors: list[str]
) -> None:
    expected_errors.append("demo.mtor cannot be sent")

    def wrong(*_: object) -> None:
        raise RecursionError

    monkeypatch.setattr(viewers, "part_message", wrong)

    async def run() -> int:
        async with connect(site.port) as socket:
            await say(socket, "play", film=KEY)
            await socket.wait_closed()
            return int(socket.close_code)

    assert asyncio.run(run()) == 1011


def test_too_many_requests_close_that_viewer(site: Served) -> None:
    async def run() -> int:
        async with connect(site.port) as socket:
            with suppress(websockets.ConnectionClosed):
                for _ in range(200):
                    await say(socket, "stop")
            await socket.wait_closed()
            return int(socket.close_code)

    assert asyncio.run(run()) == 1008


def test_films_that_nobody_watches_are_closed(site: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "KEPT", 1)
    listed = [film["key"] for film in json.loads(site.ask("/catalogue.json").body)["films"]]

    async def run() -> None:
        async with connect(site.port) as socket:
            for key in listed:
                await say(socket, "play", film=key)
                await collect(socket, lambda found: bool(found.parts))

    asyncio.run(run())
    held = site.server._films._open.values()
    assert len(listed) > 2
    assert len(held) <= 2
    assert not any(film._stream.closed for film in held)


def test_what_a_scene_needs_is_found_once_for_all(
    site: Served, films: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also if who asked has gone meanwhile: else seeking to and fro would keep the processor busy."""
    jobs: list[int] = []
    needs_of = watching.needs_of

    def slow(*arguments: Any) -> tuple[int, ...]:
        jobs.append(1)
        time.sleep(0.5)
        return needs_of(*arguments)

    monkeypatch.setattr(watching, "needs_of", slow)
    data = written(long_film(5, 3))
    (site.server.library.root / "needs.mtor").write_bytes(data)

    async def run() -> Collected:
        async with connect(site.port) as socket:
            for _ in range(6):
                await say(socket, "play", film=key_of(data), at=210)
                await asyncio.sleep(0.03)
            return await collect(socket, lambda found: bool(found.of("enter")))

    assert asyncio.run(run()).of("enter")[0]["scene"] == 4
    assert len(jobs) == 1


def test_errors_name_no_folder_of_the_server(tmp_path: Path) -> None:
    shutil.copy(DEMO, tmp_path / "film.mtor")
    with served(tmp_path) as site:
        (tmp_path / "film.mtor").unlink()

        async def run() -> str:
            async with connect(site.port) as socket:
                await say(socket, "play", film=KEY)
                return str(await socket.recv())

        said = asyncio.run(run())
        assert json.loads(said)["type"] == "error"
        assert str(tmp_path) not in said


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("{", 1008),
        ('{"type":"play"}', 1008),
        ('{"type":"play","film":"../../etc/passwd"}', 1008),
        ('{"type":"at","tick":-1}', 1008),
        ('{"type":"at","tick":1e999}', 1008),
        ('{"type":"want","sections":[[0,1,2]]}', 1008),
        ('{"type":"dance"}', 1008),
        ("[" * 2000, 1008),
        (b"\x00\x01", 1003),
        ("x" * 5000, 1009),
    ],
)
def test_a_wrong_request_closes_that_viewer_alone(site: Served, message: str | bytes, code: int) -> None:
    async def run() -> int:
        async with connect(site.port) as good, connect(site.port) as bad:
            await bad.send(message)
            await bad.wait_closed()
            await say(good, "play", film=KEY, ahead=600)
            await collect(good, ended)
            return int(bad.close_code)

    assert asyncio.run(run()) == code


def test_a_film_that_is_not_there_and_a_protocol_that_is_not_ours(site: Served) -> None:
    async def run() -> tuple[Collected, int]:
        async with connect(site.port, "soap") as other:
            await other.wait_closed()
        async with connect(site.port) as socket:
            await say(socket, "play", film="0" * 64)
            return await collect(socket, lambda found: bool(found.told)), int(other.close_code)

    found, code = asyncio.run(run())
    assert (found.told[0]["type"], code) == ("error", 1002)


def test_pages_of_other_sites_are_refused(site: Served) -> None:
    async def run() -> None:
        async with connect(site.port, origin=f"http://127.0.0.1:{site.port}"):
            pass
        async with connect(site.port, origin="https://evil.example"):
            pass

    with pytest.raises(websockets.InvalidStatus) as refused:
        asyncio.run(run())
    assert refused.value.response.status_code == 403


def test_ten_thousand_messages_of_nonsense(site: Served) -> None:
    """Mutated and random requests, as fast as they go; the server lives on and serves."""
    chance = random.Random(8)
    seeds = [
        json.dumps({"type": "play", "film": KEY, "at": 3, "rate": 5000.0, "have": [[0, 2]]}),
        json.dumps({"type": "at", "tick": 12, "playing": True, "speed": 2.0, "got": 4}),
        json.dumps({"type": "want", "sections": [[0, 9]], "parts": [[1, 0, 5]]}),
        json.dumps({"type": "stop"}),
    ]

    def mutated() -> str | bytes:
        text = bytearray(chance.choice(seeds).encode())
        for _ in range(chance.choice((0, 0, 1, 1, 2, 8))):
            place = chance.randrange(len(text))
            text[place : place + chance.randrange(3)] = bytes(
                chance.choices(range(32, 127), k=chance.randrange(3))
            )
        form = chance.randrange(20)
        if form == 0:
            return bytes(text)
        return text.decode() * chance.choice((1, 1, 1, 1, 1, 60)) if form == 1 else text.decode()

    async def run() -> int:
        left = 10_000
        while left:
            async with connect(site.port, ping_interval=None) as socket:
                try:
                    for _ in range(min(left, 120)):
                        await socket.send(mutated())
                        left -= 1
                except websockets.ConnectionClosed:
                    continue
        return left

    assert asyncio.run(run()) == 0
    assert played(site, DEMO.read_bytes()).of("end")
