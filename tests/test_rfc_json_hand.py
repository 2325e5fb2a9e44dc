# SPDX-License-Identifier: Apache-2.0
"""Files written by hand: the RFC's own example, figures, transitions, defaults."""

from __future__ import annotations

import json
import re
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from memory_films import MemoryFilm
from rfc_json_films import film_maker

from mtor_transcode.codec.film_reader import FilmReader
from mtor_transcode.codec.rfc_json import ImportResult, import_json
from mtor_transcode.codec.rfc_json.colours import from_hex, to_hex
from mtor_transcode.errors import FormatError
from mtor_transcode.model import (
    Background,
    CameraMove,
    ColourSpec,
    Edit,
    Enter,
    Leave,
    LinearGradient,
    NodeKind,
    RadialGradient,
    Scene,
    ShadingField,
    Solid,
    Token,
    Transform,
)
from mtor_transcode.render.frames import FrameRenderer

RFC_TOKEN = """{
  "message_type": "video_event",
  "token_id": "scene_12_kirk_entry",
  "action": "transition",
  "parameters": {
    "start_vector": "v12345",
    "end_vector": "v12348",
    "duration_ms": 500,
    "transition_type": "linear_interpolation"
  },
  "timestamp": 1729763200000
}"""
RFC_DICTIONARY = """{
  "v12345": {
    "type": "character_pose",
    "character": "kirk",
    "pose": "standing_confident",
    "lighting": "bridge_scene_default",
    "geometry": [ /* Bezier curves, polygon data */ ]
  },
  "v12348": {
    "type": "character_pose",
    "character": "kirk",
    "pose": "walking_entry",
    "geometry": [ /* Bezier curves, polygon data */ ]
  }
}"""


def box(x: float, y: float, **more: Any) -> dict[str, Any]:
    return {"kind": "rect", "x": x, "y": y, "width": 10, "height": 20, **more}


def event(start: str, end: str, at: float, duration: float = 500, **more: Any) -> dict[str, Any]:
    parameters = {"start_vector": start, "end_vector": end, "duration_ms": duration}
    if "style" in more:
        parameters["transition_type"] = more.pop("style")
    return {
        "message_type": "video_event",
        "token_id": more.pop("token_id", f"{start}_{end}"),
        "action": "transition",
        "parameters": parameters,
        "timestamp": at,
        **more,
    }


def load(
    folder: Path, tokens: list[dict[str, Any]], dictionary: dict[str, Any], **manifest: Any
) -> tuple[MemoryFilm, ImportResult]:
    (folder / "tokens.jsonl").write_text("\n".join(json.dumps(token) for token in tokens))
    (folder / "dictionary.json").write_text(json.dumps(dictionary, indent=2))
    if manifest:
        base = {"format": "mtor-rfc-json", "version": 1, "width": 100, "height": 50}
        rates = {"time_base": [1, 30], "frame_rate": [30, 1]}
        (folder / "manifest.json").write_text(json.dumps(base | rates | manifest))
    made: list[MemoryFilm] = []
    result = import_json(folder, film_maker(made))
    return made[0], result


def all_tokens(scene: Scene) -> list[Token]:
    return [token for span in scene.spans for token in span.tokens]


def state(*geometry: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "shape", "geometry": list(geometry), **more}


def test_the_example_of_the_rfc(tmp_path: Path) -> None:
    (tmp_path / "tokens.jsonl").write_text(RFC_TOKEN.replace("\n", ""))
    (tmp_path / "dictionary.json").write_text(re.sub(r"/\*.*?\*/", "", RFC_DICTIONARY))
    made: list[MemoryFilm] = []
    result = import_json(tmp_path, film_maker(made))
    header = made[0].header
    assert (header.width, header.height, header.time_base) == (640, 360, Fraction(1, 1000))
    (scene,) = made[0].scenes
    assert (scene.head.start, scene.end, made[0].duration) == (0, 2500, 2500)
    box_in, label_in, box_move, label_move = all_tokens(scene)
    assert isinstance(box_in, Enter)
    assert isinstance(label_in, Enter)
    assert isinstance(box_move, Edit)
    assert isinstance(label_move, Edit)
    assert (box_move.at, box_move.duration, box_move.shape) == (0, 500, box_in.shape)
    assert box_in.state.paint == box_move.state.paint
    assert box_in.state.transform != box_move.state.transform
    assert label_in.state.outline.stroke_width > 0
    assert result.warnings == ()


def test_the_example_of_the_rfc_renders_and_moves(tmp_path: Path) -> None:
    (tmp_path / "tokens.jsonl").write_text(RFC_TOKEN.replace("\n", ""))
    (tmp_path / "dictionary.json").write_text(re.sub(r"/\*.*?\*/", "", RFC_DICTIONARY))
    import_json(tmp_path, tmp_path / "film.mtor")
    with (tmp_path / "film.mtor").open("rb") as stream:
        renderer = FrameRenderer(FilmReader(stream))
        frames = [renderer.frame(tick) for tick in (0, 250, 500, 2499)]
    drawn = [set(map(tuple, frame.reshape(-1, 3).tolist())) for frame in frames]
    box_colours = set.intersection(*drawn) - {(235, 128, 128)}
    assert len(box_colours) > 0
    assert np.abs(frames[0].astype(int) - frames[1]).max() > 40
    assert np.abs(frames[1].astype(int) - frames[2]).max() > 40
    assert np.array_equal(frames[2], frames[3])


def test_a_placeholder_has_the_colour_of_its_name(tmp_path: Path) -> None:
    names = {"v1": {"type": "pose", "character": "kirk", "geometry": []}}
    names["v2"] = names["v1"] | {"character": "spock"}
    film, _ = load(tmp_path, [event("v1", "v1", 0), event("v2", "v2", 10)], names)
    kirk, _, spock, _ = all_tokens(film.scenes[0])
    assert isinstance(kirk, Enter)
    assert isinstance(spock, Enter)
    assert kirk.state.paint != spock.state.paint
    width, height = 640 * 16, 360 * 16
    for token in (kirk, spock):
        x0, y0, x1, y1 = token.state.outline.bounds
        place = token.state.transform
        assert 0 <= place.dx + x0 < place.dx + x1 <= width
        assert 0 <= place.dy + y0 < place.dy + y1 <= height


def test_figures_by_hand(tmp_path: Path) -> None:
    figures = [
        {"kind": "polygon", "points": [[0, 0], [10.03, 0], [5, 8]], "fill": "#ff0000"},
        {"kind": "bezier", "points": [[0, 0], [1, 0], [2, 1], [2, 2], [1, 3], [0, 1]], "paint": [9, 8, 7]},
        {"kind": "bezier", "points": [[0, 0], [1, 0], [2, 1], [0, 0]]},
        {"kind": "circle", "cx": 50, "cy": 40, "r": 10},
        {"kind": "ellipse", "rx": 10, "ry": 4},
        {"kind": "polygon", "points": [[0, 0], [9, 9]], "closed": False, "stroke_width": 1.5},
        {"kind": "outline", "ref": "o0"},
    ]
    gradient = {"first": "#000000", "last": [235, 128, 128], "angle": -270, "start": 0.25, "end": 1}
    dictionary = {
        "v1": state(*figures, mtor={"paint": gradient, "opacity": 0.5}),
        "o0": {"type": "outline", "geometry": [box(10, 10)]},
    }
    film, _ = load(tmp_path, [event("v1", "v1", 0)], dictionary)
    tokens = all_tokens(film.scenes[0])
    entered = [token for token in tokens if isinstance(token, Enter)]
    assert len(entered) == len(tokens) == 7
    triangle, leaf, drop, circle, ellipse, line, rect = (token.state for token in entered)
    assert triangle.paint == Solid((63, 102, 240))
    assert triangle.transform == Transform(80, 64)
    assert triangle.outline.contours[0].points == ((-80, -64), (80, -64), (0, 64))
    assert leaf.paint == Solid((9, 8, 7))
    corner, handle = NodeKind.CORNER, NodeKind.CONTROL
    assert leaf.outline.contours[0].kinds == (corner, handle, handle) * 2
    assert drop.outline.contours[0].kinds == (corner, handle, handle)
    assert drop.paint == LinearGradient((16, 128, 128), (235, 128, 128), 16, 4, 16)
    assert drop.opacity == 128
    assert circle.outline.bounds == (-160, -160, 160, 160)
    assert (circle.transform.dx, circle.transform.dy) == (800, 640)
    assert ellipse.outline.bounds == (-160, -64, 160, 64)
    assert line.outline.stroke_width == 24
    assert not line.outline.contours[0].closed
    x0, y0, x1, y1 = rect.outline.bounds
    place = rect.transform
    assert (place.dx + x0, place.dy + y0, place.dx + x1, place.dy + y1) == (160, 160, 320, 480)
    assert [token.under for token in entered] == [0] * 7


@pytest.mark.parametrize(
    ("rings", "made"),
    [
        ({}, (32, 32, 32, 32, 0)),
        ({"x": -1, "y": 2, "rx": 0.001, "ry": 4, "inner": 0.99}, (-64, 128, 1, 256, 15)),
        ({"x": 2.01}, None),
        ({"y": -1.01}, None),
        ({"rx": 0}, None),
        ({"ry": 4.01}, None),
        ({"inner": 1}, None),
    ],
)
def test_rings_by_hand(tmp_path: Path, rings: dict[str, float], made: tuple[int, ...] | None) -> None:
    paint = {"first": [9, 8, 7], "last": [235, 128, 128], "rings": rings}
    dictionary = {"v1": state(box(0, 0), mtor={"paint": paint})}
    if made is None:
        with pytest.raises(FormatError, match=r"dictionary.json, entry 'v1': .*rings"):
            load(tmp_path, [event("v1", "v1", 0)], dictionary)
        return
    film, _ = load(tmp_path, [event("v1", "v1", 0)], dictionary)
    (enter,) = all_tokens(film.scenes[0])
    assert isinstance(enter, Enter)
    assert enter.state.paint == RadialGradient((9, 8, 7), (235, 128, 128), *made)


@pytest.mark.parametrize(
    ("grid", "steps"),
    [
        ({"columns": 3, "levels": [0, 16, 8, 1, 2, 3]}, 16),
        ({"columns": 2, "levels": [0, 64, 8, 1], "steps": 64}, 64),
        ({"columns": 3, "levels": [0, 16, 8, 1, 2]}, None),
        ({"columns": 3, "levels": [0, 16, 8]}, None),
        ({"columns": 3, "levels": [0, 17, 8, 1, 2, 3]}, None),
        ({"columns": 3, "levels": [0, 1, 8, 1, 2, 3], "steps": 12}, None),
        ({"columns": 18, "levels": [0] * 36}, None),
        ({"columns": 17, "levels": [0] * 306}, None),
    ],
)
def test_grids_by_hand(tmp_path: Path, grid: dict[str, Any], steps: int | None) -> None:
    paint = {"first": [9, 8, 7], "last": [235, 128, 128], "grid": grid}
    dictionary = {"v1": state(box(0, 0), mtor={"paint": paint})}
    if steps is None:
        with pytest.raises(FormatError, match=r"grid|shading field"):
            load(tmp_path, [event("v1", "v1", 0)], dictionary)
        return
    film, _ = load(tmp_path, [event("v1", "v1", 0)], dictionary)
    (enter,) = all_tokens(film.scenes[0])
    assert isinstance(enter, Enter)
    levels = tuple(grid["levels"])
    assert enter.state.paint == ShadingField((9, 8, 7), (235, 128, 128), grid["columns"], levels, steps)


def test_transition_types(tmp_path: Path) -> None:
    dictionary = {"v1": state(box(0, 0)), "v2": state(box(30, 0)), "v3": state(box(60, 0), box(60, 30))}
    tokens = [
        event("v1", "v2", 1000, style="linear_interpolation"),
        event("v2", "v1", 2000, style="cut"),
        event("v1", "v2", 3000, style="dissolve"),
        event("v2", "v3", 4000, style="swirl"),
    ]
    film, result = load(tmp_path, tokens, dictionary)
    made = [(type(token), token.at, token.duration) for token in all_tokens(film.scenes[0])]
    assert made == [
        (Enter, 0, 0),
        (Edit, 0, 500),
        (Edit, 1000, 0),
        (Leave, 2000, 500),
        (Enter, 2000, 500),
        (Edit, 3000, 500),
        (Enter, 3000, 500),
    ]
    assert len(result.warnings) == 1
    assert "swirl" in result.warnings[0]
    assert "line 4" in result.warnings[0]


def test_nothing_makes_shapes_enter_and_leave(tmp_path: Path) -> None:
    dictionary = {"none": {"type": "nothing", "geometry": []}, "v1": state(box(0, 0))}
    tokens = [event("none", "v1", 0, 0), event("v1", "none", 1000)]
    film, _ = load(tmp_path, tokens, dictionary)
    enter, leave = all_tokens(film.scenes[0])
    assert isinstance(enter, Enter)
    assert isinstance(leave, Leave)
    assert (leave.at, leave.duration, leave.shape) == (1000, 500, enter.shape)


def test_a_cross_fade_keeps_its_place_in_the_stack(tmp_path: Path) -> None:
    dictionary = {name: state(box(x, 0)) for x, name in enumerate(["v1", "v2", "v3"])}
    tokens = [event("v1", "v1", 0), event("v2", "v2", 0), event("v1", "v3", 100, style="fade")]
    film, _ = load(tmp_path, tokens, dictionary)
    entered = [token for token in all_tokens(film.scenes[0]) if isinstance(token, Enter)]
    assert [token.under for token in entered] == [0, 0, 1]


def test_a_start_that_is_not_shown_is_jumped_to(tmp_path: Path) -> None:
    pose = {"type": "pose", "character": "kirk"}
    dictionary = {name: pose | {"geometry": [box(x, 0)]} for x, name in enumerate("abc")}
    film, _ = load(tmp_path, [event("a", "b", 0), event("c", "a", 1000)], dictionary)
    made = [(type(token), token.at, token.duration) for token in all_tokens(film.scenes[0])]
    assert made == [(Enter, 0, 0), (Edit, 0, 500), (Edit, 1000, 0), (Edit, 1000, 500)]


def test_rotation_is_an_angle_about_the_figures_own_centre(tmp_path: Path) -> None:
    dictionary = {
        "v1": state(box(-5, -10)),
        "v2": state(box(-5, -10), mtor={"x": 30, "y": 40, "angle": 350, "scale": 2}),
    }
    film, _ = load(tmp_path, [event("v1", "v2", 0)], dictionary)
    enter, edit = all_tokens(film.scenes[0])
    assert isinstance(enter, Enter)
    assert isinstance(edit, Edit)
    assert enter.state.outline == edit.state.outline
    assert edit.state.transform == Transform(480, 640, 8192, round(350 / 360 * 4096))


def test_camera_and_background(tmp_path: Path) -> None:
    dictionary = {
        "c1": {"type": "camera", "geometry": []},
        "c2": {"type": "camera", "geometry": [], "mtor": {"x": -10, "scale": 1.5}},
        "b1": {"type": "background", "geometry": [], "fill": "#000000"},
        "b2": {"type": "background", "geometry": [], "fill": "#ffffff"},
    }
    film, _ = load(tmp_path, [event("c1", "c2", 0), event("b1", "b2", 0)], dictionary)
    camera, black, white = all_tokens(film.scenes[0])
    assert isinstance(camera, CameraMove)
    assert (camera.camera.dx, camera.camera.scale, camera.duration) == (-160, 6144, 500)
    assert black == Background(0, 0, Solid((16, 128, 128)))
    assert white == Background(0, 500, Solid((235, 128, 128)))


def test_scenes_from_prefixes_and_long_scenes_in_spans(tmp_path: Path) -> None:
    dictionary = {"v1": state(box(0, 0)), "v2": state(box(9, 0))}
    tokens = [
        event("v1", "v2", 5000, token_id="scene_3_a"),
        event("v2", "v1", 30000, token_id="more"),
        event("v1", "v2", 40000, token_id="scene_10_b"),
    ]
    film, result = load(tmp_path, tokens, dictionary)
    first, second = film.scenes
    ends = [10000, 20000, 30000, 35000]
    assert [(span.start, span.end) for span in first.spans] == list(zip([0, *ends], ends, strict=False))
    assert first.end == second.head.start == 35000
    assert second.end == film.duration == 37500
    assert (first.head.number, second.head.number, result.scenes) == (0, 1, 2)
    assert isinstance(all_tokens(second)[0], Enter)


def test_a_manifest_gives_size_and_ticks_to_plain_tokens(tmp_path: Path) -> None:
    dictionary = {"v1": state(box(0, 0)), "v2": state(box(9, 0))}
    tokens = [event("v1", "v2", 500), event("v2", "v1", 1500, mtor={"duration": 7})]
    film, _ = load(tmp_path, tokens, dictionary, duration=90)
    assert film.header.width == 100
    assert film.duration == 90
    assert [(token.at, token.duration) for token in all_tokens(film.scenes[0])] == [(0, 0), (0, 15), (30, 7)]


def test_plain_tokens_in_the_scenes_of_a_manifest(tmp_path: Path) -> None:
    scenes = [
        {"number": 0, "start": 0, "background": "#00ff00", "spans": [[0, 30], [30, 60]]},
        {"number": 1, "start": 60, "background": [1, 2, 3], "spans": [[60, 99]], "transition": "dissolve"},
    ]
    dictionary = {"v1": state(box(0, 0)), "v2": state(box(9, 0))}
    tokens = [event("v1", "v2", at) for at in (0, 1000, 2500)]
    film, _ = load(tmp_path, tokens, dictionary, scenes=scenes)
    assert [[len(span.tokens) for span in scene.spans] for scene in film.scenes] == [[2, 2], [2]]
    assert film.scenes[1].head.background == Solid((1, 2, 3))
    assert film.duration == 99


@pytest.mark.parametrize("spec", [ColourSpec(), ColourSpec(6), ColourSpec(9), ColourSpec(1, full_range=True)])
@pytest.mark.parametrize("colour", ["#ff0000", "#123456", "#ffffff", "#000000", "#80c0e0"])
def test_hex_colours_come_back_within_a_rounding_step(spec: ColourSpec, colour: str) -> None:
    back = to_hex(from_hex(colour, spec), spec)
    pairs = zip(bytes.fromhex(colour[1:]), bytes.fromhex(back[1:]), strict=True)
    assert max(abs(a - b) for a, b in pairs) <= 2


def test_the_example_of_the_guide(tmp_path: Path) -> None:
    guide = (Path(__file__).parents[1] / "docs" / "json.md").read_text()
    dictionary, lines = (re.search(rf"```{kind}\n(.*?)```", guide, re.DOTALL) for kind in ("json", "jsonl"))
    assert dictionary is not None
    assert lines is not None
    (tmp_path / "dictionary.json").write_text(dictionary[1])
    (tmp_path / "tokens.jsonl").write_text(lines[1])
    made: list[MemoryFilm] = []
    assert import_json(tmp_path, film_maker(made)).warnings == ()
    tokens = all_tokens(made[0].scenes[0])
    assert [type(token) for token in tokens] == [Background, Background, Enter, Edit, Enter, Leave]
    assert made[0].duration == 6500
