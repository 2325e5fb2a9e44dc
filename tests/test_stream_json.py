# SPDX-License-Identifier: Apache-2.0
"""The subprotocol of RFC events: what comes makes the same film; late ones are left out."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from stream_client import connect, say, sections_of
from stream_films import long_film, written
from stream_server import SAMPLES, Served, served

from mtor_transcode.codec.container import SectionKind
from mtor_transcode.codec.film_reader import FilmReader
from mtor_transcode.codec.rfc_json.importer import import_json
from mtor_transcode.stream import films
from mtor_transcode.stream.messages import JSON
from mtor_transcode.stream.viewers import Viewer

DATA = written(long_film(4, 5))
DEMO = (SAMPLES / "demo.mtor").read_bytes()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    library = tmp_path_factory.mktemp("films")
    (library / "long.mtor").write_bytes(DATA)
    (library / "demo.mtor").write_bytes(DEMO)
    with served(library) as server:
        yield server


def heard(site: Served, data: bytes, **options: Any) -> list[dict[str, Any]]:
    """All messages from a request to play to the end."""

    async def run() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        async with connect(site.port, JSON, max_size=None) as socket, asyncio.timeout(30):
            await say(socket, "play", film=sha256(data).hexdigest(), **{"ahead": 600, **options})
            while not found or found[-1].get("type") != "end":
                found.append(json.loads(await socket.recv()))
                if len(found) % 6 == 0:
                    await say(socket, "at", tick=options.get("at", 0), got=len(found))
        return found

    return asyncio.run(run())


@pytest.mark.parametrize("data", [DATA, DEMO], ids=["long", "demo"])
def test_the_events_make_the_same_film(site: Served, data: bytes, tmp_path: Path) -> None:
    found = heard(site, data)
    manifest = next(each["manifest"] for each in found if each.get("type") == "manifest")
    manifest["scenes"] = [each["scene"] for each in found if each.get("type") == "scene"]
    del manifest["sound"]
    vectors = {each["id"]: each["vector"] for each in found if each.get("type") == "vector"}
    events = [each for each in found if each.get("message_type") == "video_event"]
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    (tmp_path / "dictionary.json").write_text(json.dumps(vectors))
    (tmp_path / "tokens.jsonl").write_text("".join(json.dumps(event) + "\n" for event in events))
    import_json(tmp_path, tmp_path / "film.mtor")
    back, original = FilmReader((tmp_path / "film.mtor").open("rb")), FilmReader(io.BytesIO(data))
    for one, other in zip(back.heads(), original.heads(), strict=True):
        assert one.head == other.head
        ours = [token for span in back.spans(one.head.number) for token in span.tokens]
        assert ours == [token for span in original.spans(one.head.number) for token in span.tokens]


def test_vectors_come_once_and_before_the_events_that_name_them(site: Served) -> None:
    known: set[str] = set()
    for each in heard(site, DATA):
        if each.get("type") == "scene":
            known.clear()
        elif each.get("type") == "vector":
            assert each["id"] not in known
            known.add(each["id"])
            refers = [figure["ref"] for figure in each["vector"]["geometry"] if "ref" in figure]
            assert set(refers) <= known
        elif each.get("message_type") == "video_event":
            assert {each["parameters"]["start_vector"], each["parameters"]["end_vector"]} <= known


def test_entering_late_leaves_out_what_others_have_taken_the_place_of(site: Served) -> None:
    film = long_film(1, 2)
    (scene,) = film.scenes
    (first, second) = scene.spans
    (move, *_) = second.tokens
    again = replace(move, at=45, state=replace(move.state, opacity=99))
    film.scenes = [replace(scene, spans=(first, replace(second, tokens=(*second.tokens, again))))]
    data = written(film)
    (site.server.library.root / "again.mtor").write_bytes(data)

    def kinds(at: int) -> list[tuple[str, int]]:
        told = [
            each["mtor"] for each in heard(site, data, at=at) if each.get("message_type") == "video_event"
        ]
        return [(each["kind"], each["at"]) for each in told]

    enters = [("enter", 0), ("enter", 0)]
    assert kinds(0) == [*enters, ("edit", 25), ("edit", 26), ("edit", 45)]
    assert kinds(48) == [*enters, ("edit", 26), ("edit", 45)]


async def to_the_end(socket: Any) -> list[dict[str, Any]]:
    """All that comes until the end; every sixth message is acknowledged, with all before it."""
    found: list[dict[str, Any]] = []
    while not found or found[-1].get("type") != "end":
        found.append(json.loads(await socket.recv()))
        if len(found) % 6 == 0:
            await say(socket, "at", tick=0, got=2**20)
    return found


def test_scenes_can_be_asked_for_again(site: Served) -> None:
    async def run() -> list[dict[str, Any]]:
        async with connect(site.port, JSON) as socket, asyncio.timeout(30):
            await say(socket, "play", film=sha256(DATA).hexdigest(), ahead=600)
            await to_the_end(socket)
            await say(socket, "want", sections=[[1, 1]])
            found = []
            while sum(each.get("message_type") == "video_event" for each in found) < 10:
                found.append(json.loads(await socket.recv()))
            return found

    again = asyncio.run(run())
    assert again[0]["scene"]["number"] == 1


def test_a_viewer_that_waits_costs_nothing(site: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    waits = 0
    wait = Viewer._wait

    async def counted(self: Viewer, *arguments: Any) -> None:
        nonlocal waits
        waits += 1
        await wait(self, *arguments)

    monkeypatch.setattr(Viewer, "_wait", counted)

    async def run() -> int:
        async with connect(site.port, JSON) as socket, asyncio.timeout(30):
            await say(socket, "play", film=sha256(DATA).hexdigest(), ahead=600)
            await to_the_end(socket)
            await say(socket, "at", tick=0, got=2**20)
            await asyncio.sleep(0.3)
            before = waits
            await asyncio.sleep(0.5)
            return waits - before

    assert asyncio.run(run()) <= 1


def test_scenes_that_have_not_had_their_turn_come_in_their_turn(site: Served) -> None:
    async def run() -> list[int]:
        found: list[int] = []
        async with connect(site.port, JSON) as socket, asyncio.timeout(30):
            await say(socket, "play", film=sha256(DATA).hexdigest(), ahead=1)
            await say(socket, "want", sections=[[3, 3]])
            tick = 0
            while len(found) < 4:
                message = json.loads(await socket.recv())
                if message.get("type") == "scene":
                    found.append(message["scene"]["number"])
                    tick = 50 * len(found)
                await say(socket, "at", tick=tick, got=2**20)
        return found

    assert asyncio.run(run()) == [0, 1, 2, 3]


def test_all_of_a_scene_that_grows_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also what comes, with the next scene, while the first of it is on a slow way."""
    monkeypatch.setattr(films, "POLL", 0.05)
    data = written(long_film(2, 20))
    span = next(section for section in sections_of(data) if section.kind == SectionKind.SPAN)
    path = tmp_path / "now.mtor"
    path.write_bytes(data[: span.end])
    with served(tmp_path) as site:
        (listed,) = json.loads(site.ask("/catalogue.json").body)["films"]

        async def run() -> list[dict[str, Any]]:
            found: list[dict[str, Any]] = []
            async with connect(site.port, JSON) as socket, asyncio.timeout(30):
                await say(socket, "play", film=listed["key"], ahead=600, rate=80_000)
                while len(found) < 5:
                    found.append(json.loads(await socket.recv()))
                path.write_bytes(data)
                found += await to_the_end(socket)
            return found

        found = asyncio.run(run())
    told = [each["mtor"]["at"] for each in found if each.get("message_type") == "video_event"]
    original = FilmReader(io.BytesIO(data))
    tokens = [
        token
        for entry in original.heads()
        for span in original.spans(entry.head.number)
        for token in span.tokens
    ]
    assert told == [token.at for token in tokens]
