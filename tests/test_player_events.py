# SPDX-License-Identifier: Apache-2.0
"""The player hears films told in events (``mtor.v1+json``): the same scenes as in the file."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from player_node import ROOT, Node, decoded

from mtor_transcode.codec.film_reader import FilmReader
from mtor_transcode.codec.rfc_json.export import manifest_out
from mtor_transcode.codec.series import missing_series
from mtor_transcode.stream.messages import told as said
from mtor_transcode.stream.telling import Recital, tell_scene

GOLDEN = sorted((Path(__file__).parent / "golden").glob("film_*.json"))
SAMPLES = [ROOT / "samples" / f"{name}.mtor" for name in ("cut", "fade", "pan")]


@pytest.fixture(scope="module")
def listener() -> Iterator[Node]:
    made = Node("listen.mjs")
    yield made
    made.close()


def _bytes(path: Path) -> bytes:
    if path.suffix != ".json":
        return path.read_bytes()
    return bytes.fromhex(json.loads(path.read_text(encoding="utf-8"))["bytes"])


def _messages(data: bytes) -> list[str]:
    """What the server tells of a whole film, from its beginning."""
    reader = FilmReader(io.BytesIO(data))
    manifest = msgspec.to_builtins(manifest_out(reader.header, reader.duration, []))
    found = [said("manifest", manifest=manifest)]
    for entry in reader.heads():
        scene = tell_scene(io.BytesIO(data), "", missing_series, entry.head.number)
        recital = Recital(lambda: -1.0)
        found.append(scene.head)
        for event in scene.events:
            found += recital.due(scene, event)
    return found


def _expected(data: bytes) -> dict[str, Any]:
    """The film as our reader has it, its textures by what they show."""
    ours = decoded(data)
    shown = {texture.pop("id"): texture for texture in ours["textures"]}

    def named(value: object) -> object:
        if isinstance(value, list):
            return [named(item) for item in value]
        if isinstance(value, dict):
            return {key: shown[item] if key == "texture" else named(item) for key, item in value.items()}
        return value

    scenes = [{key: scene[key] for key in ("head", "spans", "end")} for scene in ours["scenes"]]
    return {"header": ours["header"], "duration": ours["duration"], "scenes": named(scenes)}


@pytest.mark.parametrize("path", [*GOLDEN, *SAMPLES], ids=lambda path: path.stem)
def test_films(listener: Node, path: Path) -> None:
    """Header, scenes, spans and tokens are those of the file."""
    data = _bytes(path)
    assert listener.ask(messages=_messages(data)) == _expected(data)


def _spoilt(value: Any, chance: random.Random) -> Any:
    """A value of JSON with one thing in it that is something else."""
    if isinstance(value, dict) and value and chance.random() < 0.95:
        key = chance.choice(sorted(value))
        if chance.random() < 0.1:
            return {name: item for name, item in value.items() if name != key}
        return {**value, key: _spoilt(value[key], chance)}
    if isinstance(value, list) and value and chance.random() < 0.9:
        place = chance.randrange(len(value))
        return [*value[:place], _spoilt(value[place], chance), *value[place + 1 :]]
    return chance.choice([None, -1, 0.5, 1e300, 2**60, "", "v0", [], {}, True, [[]], "s0_v1", 7])


def test_hostile_messages(listener: Node) -> None:
    """Messages with wrong values, too few or in another order: the player's own error, or a film."""
    chance = random.Random(3)
    films = [told for told in (_messages(_bytes(path)) for path in GOLDEN) if len(told) > 3]
    refused = 0
    for number in range(300):
        messages = list(films[number % len(films)])
        place = chance.randrange(len(messages))
        if number % 3 == 0:
            del messages[place]
        elif number % 3 == 1:
            messages.insert(chance.randrange(len(messages)), messages.pop(place))
        if number % 3 == 2 or chance.random() < 0.3:
            place = min(place, len(messages) - 1)
            messages[place] = json.dumps(_spoilt(json.loads(messages[place]), chance))
        answer = listener.ask(messages=messages)
        assert "crash" not in answer, answer["crash"]
        refused += "error" in answer
    assert 60 < refused < 290


@pytest.mark.parametrize(
    "message",
    ["", "nonsense", "[]", "null", '{"type":"scene"}', '{"message_type":"video_event"}', '{"type":"vector"}'],
)
def test_what_is_no_film(listener: Node, message: str) -> None:
    assert "error" in listener.ask(messages=[message])


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ('"sharpness":4', '"sharpness":16'),
        ('"moves":[true,', '"moves":['),
        ('"moves":[true,', '"moves":[1,'),
        ('"moves":[true,true,false,true,true]', '"moves":[false,false,false,false,false]'),
    ],
)
def test_textures_told_wrongly(listener: Node, right: str, wrong: str) -> None:
    """A flag too few, none that is set, numbers for flags, sharpened too much: refused."""
    messages = _messages(_bytes(GOLDEN[0].with_name("film_textured.json")))
    spoilt = [message.replace(right, wrong) for message in messages]
    assert spoilt != messages
    assert "error" in listener.ask(messages=spoilt)
