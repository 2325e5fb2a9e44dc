# SPDX-License-Identifier: Apache-2.0
"""A film that is still being written: listed as live, followed, joined late, and whole in the end."""

from __future__ import annotations

import asyncio
import io
import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from packet_films import write_packets
from stream_client import Collected, collect, connect, ended, say, sections_of
from stream_films import long_film, written
from stream_server import served

from mtor_transcode.codec.container import SectionKind, sealed
from mtor_transcode.codec.film_reader import FilmReader
from mtor_transcode.stream import films
from mtor_transcode.stream.library import Library, live_key
from mtor_transcode.stream.plan import PICTURES

BEHIND = 3.0
"""Seconds that the server may be behind the writer: what issue 8 asks for."""


class Writer(threading.Thread):
    """Appends a film to a file, section by section, each in two pieces, as an encoder under way would."""

    def __init__(self, path: Path, data: bytes, pause: float) -> None:
        super().__init__(daemon=True)
        self._path, self._data, self._pause = path, data, pause
        self.written: dict[int, float] = {}

    def run(self) -> None:
        with self._path.open("ab", buffering=0) as stream:
            for number, section in enumerate(sections_of(self._data)):
                middle = (section.offset + section.end) // 2
                stream.write(self._data[section.offset : middle])
                time.sleep(self._pause / 2)
                stream.write(self._data[middle : section.end])
                self.written[number] = time.monotonic()
                time.sleep(self._pause / 2)
            stream.write(self._data[sections_of(self._data)[-1].end :])


async def followed(port: int, key: str, found: Collected, came: dict[int, float], at: int = 0) -> None:
    """Plays a film to its end, and notes when each section came."""

    def until(found: Collected) -> bool:
        for number in found.sections:
            came.setdefault(number, time.monotonic())
        return ended(found)

    async with connect(port) as socket:
        await say(socket, "play", film=key, ahead=600, at=at)
        await collect(socket, until, found)


@pytest.mark.parametrize("form", ["plain", "packets"])
def test_a_film_is_followed_while_it_is_written(tmp_path: Path, form: str) -> None:
    film = long_film(4, 4)
    data = written(film) if form == "plain" else write_packets(film, 3)[0]
    path = tmp_path / "now.mtor"
    path.write_bytes(data[: sections_of(data)[0].offset])
    with served(tmp_path) as site:
        writer = Writer(path, data, 0.12)
        writer.start()
        time.sleep(0.5)
        (listed,) = json.loads(site.ask("/catalogue.json").body)["films"]
        assert listed["live"]
        found, came = Collected(), {}

        async def both() -> Collected:
            late = Collected()
            first = asyncio.create_task(followed(site.port, listed["key"], found, came))
            await asyncio.sleep(1.6)
            await followed(site.port, listed["key"], late, {}, at=2**48)
            await first
            return late

        late = asyncio.run(both())
        writer.join()
        behind = {number: came[number] - at for number, at in writer.written.items() if number in came}
        assert max(behind.values()) < BEHIND
        assert late.of("film")[0]["at"] > 0
        assert late.of("enter")[0]["scene"] > 0
        (listed,) = json.loads(site.ask("/catalogue.json").body)["films"]
        assert not listed["live"]
    original = FilmReader(io.BytesIO(data))
    reader = found.reader()
    for entry in original.heads():
        assert list(reader.spans(entry.head.number)) == list(original.spans(entry.head.number))
    assert found.of("grown")[-1] == {
        "type": "grown", "sections": len(sections_of(data)), "duration": film.duration, "live": False
    }  # fmt: skip
    assert [scene["scenes"] for scene in found.of("scenes")]


def test_a_live_films_key_goes_on_to_stand_for_the_whole_one(tmp_path: Path) -> None:
    data = written(long_film(2, 2))
    path = tmp_path / "now.mtor"
    path.write_bytes(data[:-40])
    library = Library(tmp_path)
    library.refresh()
    key = library.films()[0].key
    path.write_bytes(data)
    library.refresh()
    whole = library.film(key)
    assert whole is not None
    assert not whole.live
    assert whole.key != key


async def begun(port: int, key: str) -> dict[str, Any]:
    """What the server says of a film to who begins with it."""
    async with connect(port) as socket:
        await say(socket, "play", film=key, at=2**48)
        return dict(json.loads(await socket.recv()))


def test_who_comes_back_after_a_while_joins_where_the_writer_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though nobody looked meanwhile for longer than a writer may be silent: 38 ticks before its end."""
    monkeypatch.setattr(films, "SILENT", 0.3)
    data = written(long_film(4, 4))
    scenes = [section.offset for section in sections_of(data) if section.kind == SectionKind.SCENE]
    path, key = tmp_path / "now.mtor", live_key("now.mtor")
    path.write_bytes(data[: scenes[1]])
    with served(tmp_path) as site:
        first = asyncio.run(begun(site.port, key))
        assert (first["scenes"], first["live"]) == (1, True)
        time.sleep(0.5)
        path.write_bytes(data[: scenes[3]])
        again = asyncio.run(begun(site.port, key))
        assert (again["scenes"], again["live"], again["at"]) == (3, True, 112)
        path.write_bytes(data)
        whole = asyncio.run(begun(site.port, key))
        assert (whole["scenes"], whole["live"]) == (4, False)


def test_a_film_begun_anew_under_the_same_name_is_the_new_one(tmp_path: Path) -> None:
    old, new = written(long_film(4, 4)), written(long_film(2, 2))
    path, key = tmp_path / "now.mtor", live_key("now.mtor")
    path.write_bytes(old[:-40])
    with served(tmp_path) as site:

        async def run() -> tuple[dict[str, Any], dict[str, Any]]:
            async with connect(site.port) as socket:
                await say(socket, "play", film=key)
                first = json.loads(await socket.recv())
                (tmp_path / "next").write_bytes(new[:-40])
                (tmp_path / "next").rename(path)
                return first, await begun(site.port, key)

        first, second = asyncio.run(run())
        assert (first["scenes"], second["scenes"]) == (4, 2)


def test_viewers_of_a_film_that_went_wrong_are_told_its_end(tmp_path: Path) -> None:
    data = written(long_film(2, 2))
    path = tmp_path / "now.mtor"
    path.write_bytes(data[:-40])
    with served(tmp_path) as site:

        async def run() -> Collected:
            async with connect(site.port) as socket:
                await say(socket, "play", film=live_key("now.mtor"), ahead=600)
                found = await collect(socket, lambda found: len(found.sections) > 3)
                with path.open("ab") as stream:
                    stream.write(bytes(100) + b"\x21" * 100)
                return await collect(socket, ended, found, 10)

        assert asyncio.run(run()).of("end")


@pytest.mark.parametrize("texture", [b"", sealed(SectionKind.TEXTURE, b"")])
def test_a_viewer_may_come_before_the_first_scene(tmp_path: Path, texture: bytes) -> None:
    """Also of a film whose first scene needs what lies before it."""
    data = written(long_film(2, 2))
    sections = sections_of(data)
    scene = next(section for section in sections if section.kind == SectionKind.SCENE)
    path = tmp_path / "now.mtor"
    path.write_bytes(data[: scene.offset])
    with served(tmp_path) as site:

        async def run() -> Collected:
            async with connect(site.port) as socket:
                await say(socket, "play", film=live_key("now.mtor"), ahead=600)
                found = await collect(socket, lambda found: bool(found.sections))
                with path.open("ab") as stream:
                    stream.write(texture + data[scene.offset : sections[-1].offset])
                pictures = sum(section.kind in PICTURES for section in sections)
                return await collect(socket, lambda found: len(found.sections) >= pictures, found, 10)

        found = asyncio.run(run())
        assert found.of("enter")[0]["scene"] == 0
