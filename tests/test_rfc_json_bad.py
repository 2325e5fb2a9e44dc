# SPDX-License-Identifier: Apache-2.0
"""Bad RFC JSON: each case one clear line that names the place; random damage gives MtorError or a film."""

from __future__ import annotations

import io
import json
import random
import time
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from mtor_transcode.codec.film_writer import FilmWriter
from mtor_transcode.codec.rfc_json import import_json
from mtor_transcode.errors import FormatError, InputError, MtorError
from mtor_transcode.model import FilmHeader

TOKEN: dict[str, Any] = {
    "message_type": "video_event",
    "token_id": "scene_1_a",
    "action": "moves",
    "parameters": {"start_vector": "v0", "end_vector": "v1", "duration_ms": 40},
    "timestamp": 5,
}
STATE: dict[str, Any] = {"type": "shape", "geometry": [{"kind": "circle", "r": 4}]}
DICTIONARY = {"v0": STATE, "v1": STATE}
MANIFEST: dict[str, Any] = {
    "format": "mtor-rfc-json",
    "version": 1,
    "width": 64,
    "height": 48,
    "time_base": [1, 30],
    "frame_rate": [30, 1],
}
SCENE: dict[str, Any] = {"number": 1, "start": 0, "background": [0, 0, 0], "spans": [[0, 30]]}


def discard(header: FilmHeader) -> FilmWriter:
    """A film that is written to memory and forgotten."""
    return FilmWriter(io.BytesIO(), header)


def write(
    folder: Path, tokens: object = None, dictionary: object = None, manifest: object = None, **more: str
) -> Path:
    """A folder of JSON; text is written as it is, everything else as JSON."""
    lines = [TOKEN] if tokens is None else tokens
    texts = {
        "tokens.jsonl": lines if isinstance(lines, str) else "\n".join(json.dumps(line) for line in lines),  # type: ignore[attr-defined]
        "dictionary.json": DICTIONARY if dictionary is None else dictionary,
        "manifest.json": manifest,
        **{name.replace("_", "."): text for name, text in more.items()},
    }
    for name, content in texts.items():
        if content is not None:
            (folder / name).write_text(content if isinstance(content, str) else json.dumps(content))
    return folder


def changed(base: dict[str, Any], **parts: Any) -> dict[str, Any]:
    return base | parts


def with_parameters(**parts: Any) -> dict[str, Any]:
    return TOKEN | {"parameters": TOKEN["parameters"] | parts}


def figure(**parts: Any) -> dict[str, Any]:
    return {"v0": STATE, "v1": {"type": "shape", "geometry": [parts]}}


def literal(**parts: Any) -> dict[str, Any]:
    return TOKEN | {"mtor": parts}


BAD_TOKENS: dict[str, tuple[object, str]] = {
    "missing vector": ([with_parameters(end_vector="v9")], "line 1: the dictionary has no entry 'v9'"),
    "no vector": ([TOKEN, changed(TOKEN, parameters={"start_vector": "v0"})], "line 2: .*`end_vector`"),
    "NaN": (json.dumps(TOKEN).replace("40", "NaN"), "line 1: NaN is no number"),
    "Infinity": (json.dumps(TOKEN).replace("40", "-Infinity"), "-Infinity is no number"),
    "1e999": (json.dumps(TOKEN).replace("40", "1e999"), "1e999 is too large"),
    "huge": (json.dumps(TOKEN).replace("40", "9" * 50), "too large"),
    "negative": ([with_parameters(duration_ms=-4)], "duration_ms"),
    "wrong type": ([with_parameters(duration_ms="4")], r"line 1: .*duration_ms"),
    "bool": ([changed(TOKEN, timestamp=True)], "timestamp"),
    "message": ([changed(TOKEN, message_type="chat")], "message_type"),
    "no JSON": ("hello", "line 1: not JSON"),
    "list": ([[1]], "line 1"),
    "twice": (json.dumps(TOKEN)[:-1] + ', "timestamp": 6}', "'timestamp' stands twice"),
    "deep": ("[" * 100_000, "nested too deeply"),
    "deep inside": (json.dumps(TOKEN)[:-1] + ', "x":' + '{"a":' * 90_000 + "1" + "}" * 90_001, "deeply"),
    "back in time": ([TOKEN, changed(TOKEN, timestamp=4)], "line 2: .*sort"),
    "too late": ([TOKEN, changed(TOKEN, timestamp=1e12)], "line 2: .*hours"),
    "none": ("\n\n", "no tokens"),
    "long line": (" " * (2 << 20), "a line too long"),
    "surrogate": (json.dumps(changed(TOKEN, token_id="\ud800")), "surrogate"),
    "unknown extra": ([literal(tiks=4)], "tiks"),
    "kind without shape": ([literal(kind="enter")], "no shape"),
    "edit before enter": ([literal(kind="edit", shape=3)], "shape 3 is not on the screen"),
    "leave before enter": ([literal(kind="leave", shape=3)], "shape 3 is not on the screen"),
    "enters twice": ([literal(kind="enter", shape=3)] * 2, "line 2: shape 3 enters but is there"),
    "angle": ([literal(kind="enter", shape=3, under=70_000)], "line 1: shape 3 enters below 70000"),
    "camera of a shape": ([literal(kind="camera")], "not a camera"),
    "background of a shape": ([literal(kind="background")], "not a background"),
    "scenes at once": ([TOKEN, changed(TOKEN, token_id="scene_2_a")], "line 2: a scene begins"),
}
BAD_DICTIONARIES: dict[str, tuple[object, str]] = {
    "empty": ("", "dictionary.json: empty"),
    "list": ("[]", "not one object"),
    "number": ("7", "dictionary"),
    "entry no object": ('{"v0": 4}', "dictionary.json"),
    "text for entry": ('{"v0": "x"}', "not one object"),
    "cut": ('{"v0": {"type": "x"', "an entry without its end"),
    "cut string": ('{"v0": {"type": "x', "an entry without its end"),
    "cut id": ('{"v0', "a string without its end"),
    "cut after": ('{"v0": {"type": "x"}', "no whole JSON object"),
    "trailing comma": ('{"v0": {"type": "x"},}', "expected"),
    "no comma": ('{"v0": {"type": "x"} "v1": {"type": "x"}}', "expected ','"),
    "no colon": ('{"v0" {"type": "x"}}', "expected ':'"),
    "two objects": ("{}{}", "not one object"),
    "more text": ("{} x", "expected"),
    "bad bracket": ('{"v0": {"type": "x"]}', "'v0'"),
    "twice": ('{"v0": {"type": "x"}, "a": {"type": "x"}, "v0": {"type": "x"}}', "'v0': stands twice"),
    "named twice": ('{"a": {"type": "x"}, "a": {"type": "x"}}', "'a': stands twice"),
    "escaped twice": ('{"a": {"type": "x"}, "\\u0061": {"type": "x"}}', "'a': stands twice"),
    "key twice": ('{"a": {"type": "x", "type": "x"}}', "'type' stands twice"),
    "no type": ({"a": {"geometry": []}}, "'a': .*`type`"),
    "bad escape": ('{"\\q": {}}', "an id that is no JSON string"),
    "not UTF-8": ('{"v0": {"type": "\udcff"}}', "'v0': not UTF-8"),
    "NaN": (json.dumps(figure(kind="circle", r=float("nan"))), "'v1': NaN"),
    "negative": (figure(kind="circle", r=-1), r"'v1': .*geometry\[0\].r"),
    "too far": (figure(kind="circle", r=1, cx=1e9), "cx"),
    "unknown figure": (figure(kind="blob"), "blob"),
    "figure without kind": (figure(r=3), "kind"),
    "one point": (figure(kind="polygon", points=[[0, 0]]), "fewer than two points"),
    "half a point": (figure(kind="polygon", points=[[0], [1, 2]]), "points"),
    "bezier": (figure(kind="bezier", points=[[0, 0]] * 5), "5 points do not make cubic"),
    "nodes": (figure(kind="path", contours=[{"points": [[0, 0]], "nodes": "cc"}]), "1 points but 2 letters"),
    "letters": (figure(kind="path", contours=[{"points": [[0, 0]], "nodes": "x"}]), "nodes"),
    "colour": (figure(kind="circle", r=1, fill="#12345"), "fill"),
    "colour code": (figure(kind="circle", r=1, fill=[1, 2, 300]), "fill"),
    "own circle": (figure(kind="outline", ref="v1"), "'v1': .*itself: v1 > v1"),
    "missing outline": (figure(kind="outline", ref="o1"), "'v1': .*no entry 'o1'"),
    "circle of two": (
        {"v0": STATE, "v1": {"type": "s", "geometry": [{"kind": "outline", "ref": "a"}]}}
        | {"a": {"type": "s", "geometry": [{"kind": "outline", "ref": "v1"}]}},
        "v1 > a > v1",
    ),
    "long chain": (
        {"v0": STATE}
        | {
            f"v{i}": {"type": "s", "geometry": [{"kind": "outline", "ref": f"v{i + 1}"}]}
            for i in range(1, 40)
        }
        | {"v40": STATE},
        "nested too deeply",
    ),
    "many figures": (
        {"v0": STATE, "v1": {"type": "s", "geometry": [{"kind": "circle", "r": 1}] * 5000}},
        "more than 4096 figures",
    ),
    "many points": (figure(kind="polygon", points=[[i % 9, i] for i in range(40_000)]), "40000 points"),
    "laughs": (
        {"v0": STATE, "v9": STATE}
        | {
            f"v{i}": {"type": "s", "geometry": [{"kind": "outline", "ref": f"v{i + 1}"}] * 9}
            for i in range(1, 9)
        },
        "more than 4096 figures",
    ),
}
BAD_MANIFESTS: dict[str, tuple[object, str]] = {
    "not JSON": ("{", "manifest.json: not JSON"),
    "version": (MANIFEST | {"version": 2}, "version"),
    "unknown field": (MANIFEST | {"widht": 2}, "widht"),
    "no width": ({key: value for key, value in MANIFEST.items() if key != "width"}, "width"),
    "zero width": (MANIFEST | {"width": 0}, "width"),
    "zero rate": (MANIFEST | {"time_base": [1, 0]}, "time_base"),
    "gap": (MANIFEST | {"scenes": [SCENE | {"spans": [[0, 9], [10, 30]]}]}, r"scene 1: its span \[10, 30\)"),
    "backwards": (MANIFEST | {"scenes": [SCENE | {"spans": [[0, -1]]}]}, "spans"),
    "number twice": (MANIFEST | {"scenes": [SCENE, SCENE | {"start": 30, "spans": []}]}, "its number"),
    "too wide": (MANIFEST | {"width": 99_999}, "99999"),
    "too soft": (MANIFEST | {"scenes": [SCENE | {"softness": 64}]}, "softness"),
    "slow cut": (MANIFEST | {"scenes": [SCENE | {"transition_ticks": 3}]}, "scene 1: .*cut of 3 ticks"),
    "too short": (MANIFEST | {"scenes": [SCENE], "duration": 3}, "3 ticks"),
    "overlap": (MANIFEST | {"scenes": [SCENE, SCENE | {"number": 2}]}, "begins before"),
    "token outside": (MANIFEST | {"scenes": [SCENE | {"spans": []}]}, "line 1: .*in no scene"),
    "sound file": (
        MANIFEST | {"sound": {"codec": "opus", "sample_rate": 48000, "channels": 1}},
        "audio.jsonl",
    ),
    "base64": (
        MANIFEST | {"sound": {"codec": "opus", "sample_rate": 1, "channels": 1, "setup": "*"}},
        "setup",
    ),
}


def refused(folder: Path) -> str:
    with pytest.raises((FormatError, InputError)) as caught:
        import_json(folder, discard)
    assert "\n" not in str(caught.value)
    assert caught.value.remedy
    assert str(folder) in caught.value.where
    return str(caught.value)


@pytest.mark.parametrize("name", BAD_TOKENS)
def test_bad_tokens(tmp_path: Path, name: str) -> None:
    tokens, message = BAD_TOKENS[name]
    with pytest.MonkeyPatch.context():
        write(tmp_path, tokens=tokens)
    assert_matches(message, refused(tmp_path))


@pytest.mark.parametrize("name", BAD_DICTIONARIES)
def test_bad_dictionaries(tmp_path: Path, name: str) -> None:
    dictionary, message = BAD_DICTIONARIES[name]
    write(tmp_path)
    text = dictionary if isinstance(dictionary, str) else json.dumps(dictionary)
    (tmp_path / "dictionary.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    assert_matches(message, refused(tmp_path))


@pytest.mark.parametrize("name", BAD_MANIFESTS)
def test_bad_manifests(tmp_path: Path, name: str) -> None:
    manifest, message = BAD_MANIFESTS[name]
    write(tmp_path, manifest=manifest)
    assert_matches(message, refused(tmp_path))


def assert_matches(pattern: str, text: str) -> None:
    with pytest.raises(ValueError, match=pattern):
        raise ValueError(text)


def test_missing_files_and_folders(tmp_path: Path) -> None:
    assert "there is no such folder" in refused(tmp_path / "nowhere")
    assert "dictionary.json" in refused(tmp_path)
    write(tmp_path)
    (tmp_path / "tokens.jsonl").unlink()
    assert "tokens.jsonl" in refused(tmp_path)
    (tmp_path / "tokens.jsonl").mkdir()
    assert "not a file" in refused(tmp_path)


def test_sound_and_subtitles_are_checked(tmp_path: Path) -> None:
    sound = {"codec": "opus", "sample_rate": 48000, "channels": 1}
    manifest = MANIFEST | {"sound": sound, "subtitles": [{"language": "en"}]}
    line = {"track": 0, "start_ms": 5, "end_ms": 9, "text": "hi"}
    packet = '{"pts": 0, "duration": 960, "data": "AAA="}\n'
    for bad_packet, bad_line in (
        (packet[:-6], line),
        (packet, line | {"track": 1}),
        (packet, line | {"end_ms": 1}),
    ):
        write(tmp_path, manifest=manifest, audio_jsonl=bad_packet, subtitles_jsonl=json.dumps(bad_line))
        assert "jsonl line 1" in refused(tmp_path)


def test_a_million_shapes_are_refused_in_bounded_memory_and_time(tmp_path: Path) -> None:
    write(tmp_path)
    line = json.dumps(literal(kind="enter", shape=4444)) + "\n"
    with (tmp_path / "tokens.jsonl").open("w") as stream:
        stream.writelines(line.replace("4444", str(number)) for number in range(1_000_000))
    began = time.process_time()
    assert "line 65537: too many shapes" in refused(tmp_path)
    assert time.process_time() - began < 15


def test_a_huge_entry_is_refused_unread(tmp_path: Path) -> None:
    write(tmp_path, dictionary='{"v0": {"type": "x", "geometry": [' + "0," * 3_000_000 + "[]]}}")
    tracemalloc.start()
    try:
        assert "an entry of more than" in refused(tmp_path)
        assert tracemalloc.get_traced_memory()[1] < 20e6
    finally:
        tracemalloc.stop()


LITERAL = literal(kind="enter", shape=1, at=3, duration=4, under=0, scene=1)
PATH = figure(kind="path", contours=[{"points": [[0, 1.5], [2, 3]], "nodes": "cs"}], fill="#102030")
CAMERAS = {name: {"type": "camera", "geometry": [], "mtor": {"x": 1, "scale": 2}} for name in ("v0", "v1")}
SEEDS: tuple[dict[str, Any], ...] = (
    {"tokens.jsonl": TOKEN, "dictionary.json": PATH},
    {"tokens.jsonl": TOKEN, "dictionary.json": CAMERAS, "manifest.json": MANIFEST},
    {"tokens.jsonl": LITERAL, "dictionary.json": DICTIONARY},
    {
        "tokens.jsonl": LITERAL,
        "dictionary.json": PATH,
        "manifest.json": MANIFEST | {"scenes": [SCENE], "duration": 30, "subtitles": []},
    },
)
PIECES = (*'"{}[],:\\\x00é', "NaN", "-1", "1e308", "null", "true", '"v0"', "0.5", "[[]]", "[" * 99)
VALUES = (
    None,
    True,
    -1,
    0,
    1e300,
    2**63,
    "v0",
    "",
    "cut",
    [],
    [[0, 0]],
    {},
    {"kind": "outline", "ref": "v0"},
)


def damaged(text: str, rng: random.Random) -> str:
    """Text with up to three pieces cut out, put in or doubled."""
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(text) + 1)
        end = min(len(text), at + rng.choice([0, 1, 1, 2, 8, 40]))
        text = text[:at] + rng.choice(("", *PIECES, text[end : end + 9])) + text[end:]
    return text


def altered(value: Any, rng: random.Random) -> Any:
    """A JSON value with one part of it exchanged, taken away or doubled."""
    if not value or not isinstance(value, (dict, list)) or rng.random() < 0.2:
        return rng.choice(VALUES)
    keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    copy, key = value.copy(), rng.choice(keys)
    if rng.random() < 0.15:
        del copy[key]
    else:
        copy[key] = altered(value[key], rng)
    return copy


def test_random_damage_raises_mtor_errors_only(tmp_path: Path) -> None:
    rng = random.Random(2)
    errors = 0
    for _ in range(2000):
        parts = rng.choice(SEEDS)
        victim = rng.choice(sorted(parts))
        (tmp_path / "manifest.json").unlink(missing_ok=True)
        for name, part in parts.items():
            if name != victim:
                text = json.dumps(part)
            elif rng.random() < 0.5:
                text = damaged(json.dumps(part), rng)
            else:
                text = json.dumps(altered(part, rng))
            (tmp_path / name).write_text(text)
        try:
            import_json(tmp_path, discard)
        except MtorError:
            errors += 1
    assert 500 < errors < 1900
