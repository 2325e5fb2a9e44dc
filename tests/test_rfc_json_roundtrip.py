# SPDX-License-Identifier: Apache-2.0
"""Export then import gives the same film; the files validate and say what happens in words."""

from __future__ import annotations

import io
import json
import tempfile
from fractions import Fraction
from pathlib import Path

import pytest
import texture_films
from hypothesis import HealthCheck, given, settings
from memory_films import MemoryFilm
from rfc_json_films import film_maker, films

from mtor_transcode.codec.film_reader import FilmReader
from mtor_transcode.codec.film_writer import FilmWriter
from mtor_transcode.codec.rfc_json import export_json, import_json
from mtor_transcode.errors import OutputError
from mtor_transcode.model import (
    Background,
    Camera,
    CameraMove,
    Contour,
    Edit,
    Enter,
    FilmHeader,
    Leave,
    Mask,
    NodeKind,
    Outline,
    Scene,
    SceneStart,
    ShapeState,
    Solid,
    Span,
    Transform,
)

SQUARE = Outline((Contour(((-80, -80), (80, -80), (80, 80), (-80, 80)), (NodeKind.CORNER,) * 4),))
GREY, RED = Solid((126, 128, 128)), Solid((63, 102, 240))


def small_film() -> MemoryFilm:
    """A grey square enters, moves right while it turns red, the camera pans left, the square leaves."""
    film = MemoryFilm(FilmHeader(320, 240, Fraction(1, 30), Fraction(30)))
    head = SceneStart(12, 0, Solid((235, 128, 128)))
    tokens = (
        Enter(0, 7, ShapeState(SQUARE, GREY, Transform(1600, 1600))),
        Edit(10, 20, 7, ShapeState(SQUARE, RED, Transform(3200, 1600))),
        CameraMove(30, 15, Camera(dx=800)),
        Background(40, 0, Solid((16, 128, 128))),
        Leave(50, 7, 5),
    )
    film.scenes.append(Scene(head, (Span(0, 60, tokens),)))
    film.duration = 60
    return film


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(films())
def test_export_then_import_gives_the_same_film(film: MemoryFilm) -> None:
    made: list[MemoryFilm] = []
    with tempfile.TemporaryDirectory() as folder:
        export_json(film, folder)
        result = import_json(folder, film_maker(made))
    assert made[0] == film
    assert result.warnings == ()
    assert result.scenes == len(film.scenes)
    assert result.tokens == sum(len(span.tokens) for scene in film.scenes for span in scene.spans)


def test_tokens_have_the_fields_of_the_rfc_and_words(tmp_path: Path) -> None:
    paths = export_json(small_film(), tmp_path / "out")
    assert [path.name for path in paths] == ["tokens.jsonl", "dictionary.json", "manifest.json"]
    events = [json.loads(line) for line in paths[0].read_text().splitlines()]
    dictionary = json.loads(paths[1].read_text())
    assert [event["action"] for event in events] == [
        "shape_7 enters",
        "shape_7 moves right and turns red",
        "camera pan left",
        "background turns black",
        "shape_7 fades out",
    ]
    for event in events:
        assert list(event) == ["message_type", "token_id", "action", "parameters", "timestamp", "mtor"]
        assert list(event["parameters"]) == ["start_vector", "end_vector", "duration_ms", "transition_type"]
        assert {event["parameters"]["start_vector"], event["parameters"]["end_vector"]} <= set(dictionary)
    assert events[0]["token_id"] == "scene_12_shape_7_enters_at_0"
    assert events[2]["token_id"] == "scene_12_camera_pan_left_at_30"
    assert events[1]["parameters"] == {
        "start_vector": "v1",
        "end_vector": "v2",
        "duration_ms": 667,
        "transition_type": "linear_interpolation",
    }
    assert events[1]["timestamp"] == 333
    assert events[1]["mtor"] == {"kind": "edit", "scene": 12, "shape": 7, "at": 10, "duration": 20}
    assert dictionary["v1"]["geometry"] == [{"kind": "outline", "ref": "o0"}]
    assert dictionary["o0"]["geometry"][0]["contours"][0]["points"] == [[-5, -5], [5, -5], [5, 5], [-5, 5]]
    assert all({"type", "geometry"} <= set(entry) for entry in dictionary.values())


def test_each_outline_is_written_once_and_token_ids_are_unique(tmp_path: Path) -> None:
    film = small_film()
    state = ShapeState(SQUARE, GREY)
    crowd = (*(Enter(0, shape, state) for shape in range(5)), Edit(0, 0, 1, state), Edit(0, 0, 1, state))
    film.scenes[0] = Scene(film.scenes[0].head, (Span(0, 60, crowd),))
    export_json(film, tmp_path)
    dictionary = json.loads((tmp_path / "dictionary.json").read_text())
    assert [key for key in dictionary if key.startswith("o")] == ["o0"]
    ids = [json.loads(line)["token_id"] for line in (tmp_path / "tokens.jsonl").read_text().splitlines()]
    assert len(set(ids)) == len(ids) == 7


def test_exact_ticks_override_milliseconds(tmp_path: Path) -> None:
    export_json(small_film(), tmp_path)
    lines = [json.loads(line) for line in (tmp_path / "tokens.jsonl").read_text().splitlines()]
    for line in lines:
        line["timestamp"] = 0
        line["parameters"]["duration_ms"] = 9
    (tmp_path / "tokens.jsonl").write_text("\n".join(json.dumps(line) for line in lines))
    made: list[MemoryFilm] = []
    import_json(tmp_path, film_maker(made))
    assert made[0] == small_film()


def test_without_its_manifest_an_export_still_reads(tmp_path: Path) -> None:
    export_json(small_film(), tmp_path)
    (tmp_path / "manifest.json").unlink()
    made: list[MemoryFilm] = []
    import_json(tmp_path, film_maker(made))
    (scene,) = made[0].scenes
    assert [type(token) for token in scene.spans[0].tokens] == [Enter, Edit, CameraMove, Background, Leave]
    assert scene.spans[0].tokens[1].at == 333
    assert made[0].header.time_base == Fraction(1, 1000)


def test_a_failed_export_leaves_nothing_behind(tmp_path: Path) -> None:
    film = small_film()
    broken = Span(0, 60, (Edit(0, 0, 3, ShapeState(SQUARE, GREY)),))
    film.scenes[0] = Scene(film.scenes[0].head, (broken,))
    with pytest.raises(Exception, match="shape 3"):
        export_json(film, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match="is a file, not a folder"):
        export_json(small_film(), tmp_path / "file")


def test_an_export_takes_away_the_sound_of_an_older_one(tmp_path: Path) -> None:
    (tmp_path / "audio.jsonl").write_text("{}\n")
    export_json(small_film(), tmp_path)
    assert not (tmp_path / "audio.jsonl").exists()


def coded(film: MemoryFilm) -> bytes:
    """The film as a ``.mtor`` file, sound and text put before the spans in which they begin."""
    stream = io.BytesIO()
    writer = FilmWriter(stream, film.header)
    packets, lines = list(film.packets), list(film.lines)
    rate = film.header.audio.sample_rate if film.header.audio else 1
    for scene in film.scenes:
        writer.scene(scene.head)
        for span in scene.spans:
            end = span.end * film.header.time_base
            while packets and packets[0].pts < end * rate:
                count = sum(packet.pts < end * rate for packet in packets)
                writer.audio(packets[:count])
                del packets[:count]
            count = sum(line.start < end * 1000 for line in lines)
            writer.subtitles(lines[:count])
            del lines[:count]
            writer.span(span)
    writer.audio(packets)
    writer.subtitles(lines)
    writer.finish(film.duration)
    return stream.getvalue()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(films())
def test_mtor_to_json_to_mtor_gives_the_same_bytes(film: MemoryFilm) -> None:
    before = coded(film)
    with tempfile.TemporaryDirectory() as folder:
        export_json(FilmReader(io.BytesIO(before)), Path(folder) / "json")
        import_json(Path(folder) / "json", Path(folder) / "film.mtor")
        assert (Path(folder) / "film.mtor").read_bytes() == before
        assert sorted(path.name for path in Path(folder).iterdir()) == ["film.mtor", "json"]


def test_snapshots_are_ways_in_and_not_content(tmp_path: Path) -> None:
    """What comes back is the film without them: the same tokens, in fewer bytes."""
    state = ShapeState(SQUARE, GREY, Transform(1600, 1600))
    head = SceneStart(0, 0, Solid((235, 128, 128)))
    spans = (Span(0, 30, (Enter(0, 7, state),)), Span(30, 60, (Leave(50, 7, 5),)))

    def written(*, snapshots: bool) -> bytes:
        stream = io.BytesIO()
        writer = FilmWriter(stream, FilmHeader(320, 240, Fraction(1, 30), Fraction(30)))
        writer.scene(head)
        writer.span(spans[0])
        if snapshots:
            writer.snapshot(30, head, [Enter(30, 7, state)])
        writer.span(spans[1])
        writer.finish(60)
        return stream.getvalue()

    entered = FilmReader(io.BytesIO(written(snapshots=True)))
    assert [span.start for span in entered.spans(0, from_tick=31)] == [30, 30]
    export_json(entered, tmp_path / "json")
    import_json(tmp_path / "json", tmp_path / "film.mtor")
    assert (tmp_path / "film.mtor").read_bytes() == written(snapshots=False)
    assert len(written(snapshots=False)) < len(written(snapshots=True))


def test_textures_come_back(tmp_path: Path) -> None:
    """AV1 sequences as entries of the dictionary, byte by byte; told as a film that plays."""
    data, _ = texture_films.written([texture_films.scene(0, 0, shapes=True), texture_films.scene(1, 12)])
    written = export_json(FilmReader(io.BytesIO(data)), tmp_path / "json")
    import_json(tmp_path / "json", tmp_path / "back.mtor")
    assert (tmp_path / "back.mtor").read_bytes() == data
    tokens = next(path for path in written if path.name == "tokens.jsonl").read_text(encoding="utf-8")
    assert json.loads(tokens.splitlines()[0])["action"] == "background plays"


def test_masks_keep_every_cell(tmp_path: Path) -> None:
    film = small_film()
    mask = Mask(3, 2, 3, bytes([0, 1, 2, 3, 0, 3]))
    scene = film.scenes[0]
    enter = Enter(0, 7, ShapeState(mask, GREY, Transform(1600, 1600)))
    tokens = (enter, Edit(10, 20, 7, ShapeState(mask, RED, Transform(3200, 1600))), Leave(50, 7, 5))
    film.scenes[0] = Scene(scene.head, (Span(0, 60, tokens),))
    export_json(film, tmp_path / "json")
    entries = json.loads((tmp_path / "json" / "dictionary.json").read_text())
    figures = [figure for entry in entries.values() for figure in entry.get("geometry", [])]
    assert {"kind": "mask", "width": 3, "height": 2, "levels": 3, "values": "AAECAwAD"} in figures
    made: list[MemoryFilm] = []
    import_json(tmp_path / "json", film_maker(made))
    tokens = [token for scene in made[0].scenes for span in scene.spans for token in span.tokens]
    assert [token.state.outline for token in tokens if isinstance(token, Enter | Edit)] == [mask, mask]
