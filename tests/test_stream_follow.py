# SPDX-License-Identifier: Apache-2.0
"""A film that is still being written: listed as live, followed, joined late, and whole in the end."""

from __future__ import annotations

import asyncio
import io
import json
import threading
import time
from pathlib import Path

import pytest
from packet_films import write_packets
from stream_client import Collected, collect, connect, ended, say, sections_of
from stream_films import long_film, written
from stream_server import served

from mtor_transcode.codec.film_reader import FilmReader
from mtor_transcode.stream.library import Library

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
            await asyncio.sleep(1)
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
