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
from stream_client import connect, say
from stream_films import long_film, written
from stream_server import SAMPLES, Served, served

from mtor_transcode.codec.film_reader import FilmReader
from mtor_transcode.codec.rfc_json.importer import import_json
from mtor_transcode.stream.messages import JSON

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


def test_scenes_can_be_asked_for_again(site: Served) -> None:
    async def run() -> list[dict[str, Any]]:
        async with connect(site.port, JSON) as socket, asyncio.timeout(30):
            await say(socket, "play", film=sha256(DATA).hexdigest(), ahead=600)
            count = 0
            while json.loads(await socket.recv()).get("type") != "end":
                count += 1
                if count % 6 == 0:
                    await say(socket, "at", tick=0, got=2**20)
            await say(socket, "want", sections=[[1, 1]])
            found = []
            while sum(each.get("message_type") == "video_event" for each in found) < 10:
                found.append(json.loads(await socket.recv()))
            return found

    again = asyncio.run(run())
    assert again[0]["scene"]["number"] == 1
