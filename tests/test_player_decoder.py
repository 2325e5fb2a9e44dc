# SPDX-License-Identifier: Apache-2.0
"""The browser's decoder beside ours: the same values, the same files refused, never another error."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from busy_films import busy_film, busy_scene, film_with_snapshots
from codec_films import films
from hypothesis import HealthCheck, given, settings
from memory_films import MemoryFilm, write_film
from player_node import ROOT, NodeDecoder, decoded, decoder
from test_codec_fuzz import mutated, mutated_inside
from texture_films import MOVING, scene, written

from mtor_transcode.codec import texture_syntax
from mtor_transcode.codec.series import always, read_series
from mtor_transcode.model import (
    Colour,
    Edit,
    Enter,
    LinearGradient,
    Mask,
    RadialGradient,
    ShadingField,
    ShapeState,
)

VECTORS = Path(__file__).parent / "golden"
GOLDEN = [*sorted(VECTORS.glob("film_*.json")), VECTORS / "packets.json"]
SAMPLES = sorted((ROOT / "samples").glob("*.mtor"))

__all__ = ["decoder"]


FUZZED = ("elements", "masks", "palettes", "patches", "radial", "fields")


def _golden(path: Path) -> bytes:
    return bytes.fromhex(json.loads(path.read_text(encoding="utf-8"))["bytes"])


@pytest.mark.parametrize("path", [*GOLDEN, *SAMPLES], ids=lambda path: path.stem)
def test_films(decoder: NodeDecoder, path: Path) -> None:
    """All golden vectors and samples: header, tokens, outlines, masks, textures, sound, text, index."""
    data = _golden(path) if path.suffix == ".json" else path.read_bytes()
    ours = decoded(data)
    assert "error" not in ours
    assert decoder.film(data) == ours


def test_snapshots(decoder: NodeDecoder) -> None:
    """A scene that can be entered in its middle is the same from there, in both."""
    data = film_with_snapshots(busy_scene(0, 0, shapes=40, spans=4))
    ours = decoded(data)
    assert len(ours["scenes"][0]["snapshots"]) == 3
    assert decoder.film(data) == ours


def _coloured(state: ShapeState, chance: random.Random) -> ShapeState:
    """A state with a gradient of any kind, or as a palette patch, or as it is."""

    def colour() -> Colour:
        return (chance.randrange(256), chance.randrange(256), chance.randrange(256))

    kind = chance.randrange(5)
    if kind == 0:
        free = (chance.randint(-64, 128), 9, chance.randint(1, 256), 70, 5)
        rings = chance.choice([(32, 32, 45, 45, 0), free])
        return replace(state, paint=RadialGradient(colour(), colour(), *rings))
    if kind == 1:
        return replace(state, paint=LinearGradient(colour(), colour(), chance.randrange(64)))
    if kind == 4:
        last = (2, (0, 0, 16, 16), 16)
        free_grid = (3, tuple(chance.randrange(33) for _ in range(12)), 32)
        return replace(state, paint=ShadingField(colour(), colour(), *chance.choice([last, free_grid])))
    if kind == 2:
        levels, width, height = chance.randint(1, 8), chance.randint(1, 9), chance.randint(1, 9)
        values = bytes(chance.randint(0, levels) for _ in range(width * height))
        colours = tuple(colour() for _ in range(levels))
        return replace(state, outline=Mask(width, height, levels, values, colours=colours))
    return state


def test_snapshots_of_all_paints(decoder: NodeDecoder) -> None:
    """What is remembered of gradients and colours begins anew where a scene is entered in its middle."""
    scene, chance = busy_scene(0, 0, shapes=40, spans=4), random.Random(2)
    spans = tuple(
        replace(span, tokens=tuple(
            replace(token, state=_coloured(token.state, chance)) if isinstance(token, Enter | Edit) else token
            for token in span.tokens
        ))
        for span in scene.spans
    )  # fmt: skip
    data = film_with_snapshots(replace(scene, spans=spans))
    ours = decoded(data)
    assert len(ours["scenes"][0]["snapshots"]) == 3
    assert decoder.film(data) == ours
    kinds = {state["paint"]["kind"] for state in _states(ours)}
    assert kinds == {"Solid", "LinearGradient", "RadialGradient", "ShadingField"}
    assert any(state["outline"].get("colours") for state in _states(ours))


def _states(value: Any) -> Iterator[dict[str, Any]]:
    """All states of shapes in a film."""
    if isinstance(value, list):
        for item in value:
            yield from _states(item)
    elif isinstance(value, dict):
        if "outline" in value:
            yield value
        for item in value.values():
            yield from _states(item)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(film=films())
def test_any_films(decoder: NodeDecoder, film: MemoryFilm) -> None:
    """Films of any values, with sound and subtitles."""
    data = write_film(film)[0]
    assert decoder.film(data) == decoded(data)


def test_series(decoder: NodeDecoder) -> None:
    """A film that needs a dictionary: with it, without it, with another one beside it."""
    vector = json.loads((VECTORS / "series.json").read_text(encoding="utf-8"))
    data, dictionary = bytes.fromhex(vector["bytes"]), bytes.fromhex(vector["dictionary"])
    ours = decoded(data, always(read_series(dictionary, "")))
    assert decoder.film(data, [b"MTOD\x02", dictionary]) == ours
    wrong = bytearray(dictionary)
    wrong[-1] ^= 1
    for others in ([], [bytes(wrong)]):
        refused = decoder.film(data, others)
        assert refused["needs"] == sha256(dictionary).hexdigest()
        assert "needs the series dictionary" in refused["error"]


def test_cut_films(decoder: NodeDecoder) -> None:
    """A film cut anywhere plays up to the same place, or is refused, in both."""
    for data, step in ((_golden(VECTORS / "film_elements.json"), 1), (write_film(busy_film(1))[0], 97)):
        played = 0
        for end in [*range(0, len(data), step), *range(len(data) - 4, len(data))]:
            ours, theirs = decoded(data[:end]), decoder.film(data[:end])
            assert theirs == ours, end
            played += "error" not in ours
        assert played > 9


@pytest.mark.parametrize("seed", range(4))
def test_damaged_films(decoder: NodeDecoder, seed: int) -> None:
    """Mutations, with and without right checksums: the same verdict, and the same values if any."""
    chance = random.Random(seed)
    films = [_golden(VECTORS / f"film_{name}.json") for name in FUZZED]
    films.append(write_film(busy_film(1))[0])
    refused = read = 0
    for number in range(48):
        mutate = mutated_inside if number % 4 else mutated
        data = mutate(films[number % len(films)], chance)
        ours, theirs = decoded(data), decoder.film(data)
        assert ("error" in theirs) == ("error" in ours), (
            seed,
            number,
            ours.get("error"),
            theirs.get("error"),
        )
        refused += "error" in ours
        if "error" not in ours:
            assert theirs == ours, (seed, number)
            read += 1
    assert refused > 10
    assert read


@pytest.mark.parametrize("bit", range(8))
def test_flipped_bits(decoder: NodeDecoder, bit: int) -> None:
    """Every byte of a small film flipped: whatever our own reader refuses, so does the browser's."""
    data = _golden(VECTORS / "film_elements.json")
    for place in range(bit, len(data), 8):
        flipped = bytearray(data)
        flipped[place] ^= 1 << bit
        assert decoder.film(bytes(flipped)) == decoded(bytes(flipped)), place


def test_a_texture_sharpened_too_much(decoder: NodeDecoder, monkeypatch: pytest.MonkeyPatch) -> None:
    """15 eighths are read, 16 are refused, by both for the same reason."""
    strong = written([scene(0, 0, texture=replace(MOVING, sharpness=15))])[0]
    assert decoder.film(strong) == decoded(strong)
    with monkeypatch.context() as careless:
        careless.setattr(texture_syntax, "SHARPEST", 99)
        data = written([scene(0, 0, texture=replace(MOVING, sharpness=16))])[0]
    assert "sharpened by 16" in decoder.film(data)["error"]
    assert decoder.film(data) == decoded(data)
