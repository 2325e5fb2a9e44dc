# SPDX-License-Identifier: Apache-2.0
"""A real encoder writes at the pace of its source, a real server follows it, viewers are close behind."""

from __future__ import annotations

import asyncio
import json
import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from live_films import FRAMES, RATE, LiveWriter, planned, stream_of, until
from stream_client import Collected, collect, connect, ended, say
from stream_films import long_film, written
from stream_server import Served, served

from mtor_transcode.codec.container import SectionKind
from mtor_transcode.codec.film_reader import FilmReader
from mtor_transcode.stream.films import EDGE, Films
from mtor_transcode.stream.library import Library
from mtor_transcode.stream.messages import BINARY, JSON
from mtor_transcode.stream.plan import PICTURES

BEHIND = 5
"""Seconds of film that a viewer may be behind the writer here: 3 (issue 8), and room for a busy machine."""


@dataclass
class Followed:
    """What a viewer was sent, and when (s) each section (by number) or event (by its ms) came."""

    found: Collected = field(default_factory=Collected)
    came: list[tuple[float, int]] = field(default_factory=list)
    texts: list[dict[str, Any]] = field(default_factory=list)


async def follow(port: int, key: str, protocol: str, at: int = 0) -> Followed:
    """Plays a film to its end as a viewer that has all the time in the world."""
    seen = Followed()
    async with connect(port, protocol) as socket, asyncio.timeout(120):
        await say(socket, "play", film=key, ahead=600, at=at)
        count = 0
        while not ended(seen.found):
            message = await socket.recv()
            now = time.monotonic()
            if isinstance(message, str) and protocol == JSON:
                text = json.loads(message)
                seen.texts.append(text)
                if text.get("message_type") == "video_event":
                    seen.came.append((now, text["timestamp"]))
                    continue
            before = len(seen.found.sections)
            seen.found.take(message)
            if len(seen.found.sections) > before:
                seen.came.append((now, list(seen.found.sections)[-1]))
            count += 1
            if count % 4 == 0:
                await say(socket, "at", tick=0, got=count)
    return seen


def listed(site: Served) -> list[dict[str, Any]]:
    films: list[dict[str, Any]] = json.loads(site.ask("/catalogue.json").body)["films"]
    return films


def test_viewers_are_close_behind_a_writer(tmp_path: Path) -> None:
    path = tmp_path / "now.mtor"
    data = stream_of(tmp_path / "source.ts")
    written: dict[int, float] = {}

    def look() -> bool:
        plan = planned(path)
        for piece in plan.pieces if plan is not None else ():
            written.setdefault(piece.number, time.monotonic())
        return plan is not None and plan.whole

    with served(tmp_path) as site, LiveWriter(path, data) as writer:
        feeding = writer.pace(FRAMES / RATE)
        until(lambda: any(film["live"] for film in listed(site)))
        (film,) = listed(site)

        async def all_of_them() -> tuple[Followed, Followed, Followed]:
            plain = asyncio.create_task(follow(site.port, film["key"], BINARY))
            events = asyncio.create_task(follow(site.port, film["key"], JSON))
            watching = asyncio.create_task(asyncio.to_thread(until, look))
            await asyncio.to_thread(writer.wait_for, 3)
            late = await follow(site.port, film["key"], BINARY, 2**48)
            await watching
            return await plain, await events, late

        plain, events, late = asyncio.run(all_of_them())
        feeding.join()
        assert writer.end()[0] == 0
        plan = planned(path)
        assert plan is not None

        # Each section came before the writer had gone on for long: an order of events.
        for now, number in plain.came:
            later = [p.number for p in plan.pieces if p.start >= plan.pieces[number].end + BEHIND * RATE]
            assert all(now < written[other] for other in later[:1])
        first = min(now for now, _ in plain.came)
        assert first < max(written.values())
        index = next(p.number for p in plan.pieces if p.kind == SectionKind.INDEX)
        assert set(plain.found.sections) == {p.number for p in plan.pieces} - {index}
        spans = [list(plain.found.reader().spans(e.head.number)) for e in plain.found.reader().heads()]
        with path.open("rb") as stream:
            whole = FilmReader(stream)
            assert spans == [list(whole.spans(entry.head.number)) for entry in whole.heads()]

        # The other subprotocol tells each scene and event once, and grows alike.
        heads = [text["scene"]["number"] for text in events.texts if text.get("type") == "scene"]
        assert len(heads) == len(set(heads)) == len(plan.scenes)
        assert len(events.came) == sum(len(span.tokens) for scene in spans for span in scene)
        for followed in (plain.found, events.found):
            grown = followed.of("grown")
            assert grown[0]["live"]
            assert [each["duration"] for each in grown] == sorted(each["duration"] for each in grown)
            assert grown[-1]["duration"] == FRAMES
            assert not grown[-1]["live"]

        # Who asked for the newest began near the end of what there was, and needed little of what was before.
        (told,) = late.found.of("film")
        assert told["live"]
        assert 0 < told["at"] <= told["duration"] - EDGE * RATE + 1
        pictures = [number for number in late.found.sections if plan.pieces[number].kind in PICTURES]
        assert min(pictures) == plan.scenes[plan.scene_at(told["at"])].first

        # Now it is an ordinary film, also under the key that it had.
        (now,) = listed(site)
        assert not now["live"]
        again = asyncio.run(follow(site.port, film["key"], BINARY))
        assert set(again.found.sections) == set(plain.found.sections)
        assert not again.found.of("film")[0]["live"]


def test_a_writer_without_signs_of_life_is_gone(tmp_path: Path) -> None:
    path = tmp_path / "now.mtor"
    path.write_bytes(written(long_film(2, 2))[:-40])
    library = Library(tmp_path)
    library.refresh()
    assert library.films()[0].live
    os.utime(path, (time.time() - 60, time.time() - 60))
    library.refresh()
    assert not library.films()[0].live
    os.utime(path)
    library.refresh()
    assert library.films()[0].live


def test_another_film_under_the_name_is_another_film(tmp_path: Path) -> None:
    path = tmp_path / "now.mtor"
    path.write_bytes(written(long_film(2, 2))[:-40])
    library = Library(tmp_path)
    library.refresh()
    key = library.films()[0].key

    async def work() -> None:
        films = Films(library)
        first = await films.watch(key)
        assert first is not None
        (tmp_path / "other").write_bytes(written(long_film(3, 3))[:-40])
        (tmp_path / "other").replace(path)
        second = await films.watch(key)
        assert second is not None
        assert second is not first
        assert len(second.plan.scenes) == 3
        assert first.section(first.plan.pieces[0])
        first.leave()
        with pytest.raises(ValueError, match="closed"):
            first.section(first.plan.pieces[0])
        second.leave()
        films.close()

    asyncio.run(work())


def test_a_film_that_has_not_begun_is_followed_from_its_header(tmp_path: Path) -> None:
    data = written(long_film(1, 1))
    path = tmp_path / "now.mtor"
    path.write_bytes(data[:60])
    with served(tmp_path) as site:
        (film,) = listed(site)

        async def work() -> Collected:
            async with connect(site.port) as socket:
                await say(socket, "play", film=film["key"], ahead=600, at=2**48)
                found = await collect(socket, lambda found: bool(found.of("film")))
                with path.open("ab") as stream:
                    stream.write(data[60:])
                return await collect(socket, ended, found)

        found = asyncio.run(work())
    assert found.reader().duration == long_film(1, 1).duration
