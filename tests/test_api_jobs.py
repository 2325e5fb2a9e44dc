# SPDX-License-Identifier: Apache-2.0
"""The jobs as functions: results, progress, cancelling, and the face of the package."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest

import mtor_transcode as mtor
from mtor_transcode.analyze.film.progress import Progress
from mtor_transcode.cli.inspect import lines
from mtor_transcode.codec.film_writer import FilmWriter
from mtor_transcode.errors import InputError, TargetError, UsageError
from mtor_transcode.model import FilmHeader, SceneStart, Solid, Span

SAMPLES = Path(__file__).parents[1] / "samples"
DEMO = SAMPLES / "demo.mp4"
SHORT = {"duration": 1.0, "preset": "fast"}


class StopError(Exception):
    """What a callback raises to cancel."""


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second of the demo."""
    path = tmp_path_factory.mktemp("api") / "demo.mtor"
    mtor.transcode(DEMO, path, **SHORT)
    return path


def test_the_face_of_the_package() -> None:
    assert set(mtor.__all__) <= set(dir(mtor))
    for name in mtor.__all__:
        assert getattr(mtor, name) is not None
    with pytest.raises(AttributeError):
        _ = mtor.nothing_of_the_kind  # type: ignore[attr-defined]


def test_render_is_a_function_and_a_layer(film: Path, tmp_path: Path) -> None:
    import mtor_transcode.render.mp4

    assert mtor_transcode.render.mp4.render_mp4
    made = mtor.render(film, tmp_path / "out.mp4", size=(160, 90), fps=5)
    assert (made.width, made.height, made.fps, made.frames) == (160, 90, Fraction(5), 5)
    assert made.bytes == (tmp_path / "out.mp4").stat().st_size
    assert json.dumps(made.to_json())


def test_a_transcode_tells_what_it_made(tmp_path: Path) -> None:
    told: list[Progress] = []
    made = mtor.transcode(DEMO, tmp_path / "out.mtor", progress=told.append, **SHORT)
    assert made.bytes == made.output.stat().st_size == sum(made.bytes_by_kind.values())
    assert (made.width, made.height, made.frames, made.duration) == (640, 360, 25, 1.0)
    assert made.kbps == pytest.approx(made.bytes * 8 / 1000)
    plain = json.loads(json.dumps(made.to_json()))
    assert (plain["type"], plain["version"], plain["bytes"]) == ("TranscodeResult", 1, made.bytes)
    assert told
    assert all(0 <= step.done <= step.total for step in told if step.total)
    assert max(step.done for step in told) == made.frames


def test_same_input_gives_the_same_bytes(film: Path, tmp_path: Path) -> None:
    mtor.transcode(DEMO, tmp_path / "out.mtor", **SHORT)
    assert (tmp_path / "out.mtor").read_bytes() == film.read_bytes()


@pytest.mark.parametrize("job", ["transcode", "render"])
def test_a_callback_that_raises_cancels_and_leaves_nothing(job: str, film: Path, tmp_path: Path) -> None:
    out = tmp_path / ("out.mtor" if job == "transcode" else "out.mp4")
    out.write_bytes(b"of old")

    def stop(step: Progress) -> None:
        if step.done >= 3:
            raise StopError

    source, options = (DEMO, SHORT) if job == "transcode" else (film, {})
    with pytest.raises(StopError):
        getattr(mtor, job)(source, out, progress=stop, **options)
    assert [path.name for path in tmp_path.iterdir()] == [out.name]
    assert out.read_bytes() == b"of old"


def test_a_size_is_a_ceiling(tmp_path: Path) -> None:
    made = mtor.transcode(DEMO, tmp_path / "out.mtor", target_size="2500", **SHORT)
    assert made.bytes <= 2500


def test_a_size_that_cannot_be_met_names_the_smallest(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match=r"\d"):
        mtor.transcode(DEMO, tmp_path / "out.mtor", target_size=40, **SHORT)
    assert not list(tmp_path.iterdir())


def test_inspect_counts_what_was_drawn() -> None:
    found = mtor.inspect(SAMPLES / "pan.mtor")
    assert (found.shapes, found.dictionary.outlines, found.tokens["camera"]) == (101, 7, 1)
    assert found.dictionary.uses == 101
    assert found.scenes[0].camera_moves
    assert found.bytes == sum(found.bytes_by_kind.values()) == (SAMPLES / "pan.mtor").stat().st_size
    assert (found.duration, found.audio, found.truncated) == (3.0, "", False)


def test_inspect_tells_how_soft_each_scene_is(tmp_path: Path) -> None:
    path = tmp_path / "soft.mtor"
    with path.open("wb") as stream:
        writer = FilmWriter(stream, FilmHeader(64, 48, Fraction(1, 25), Fraction(25)))
        for number, softness in enumerate((0, 5)):
            writer.scene(SceneStart(number, number, Solid((90, 128, 128)), softness=softness))
            writer.span(Span(number, number + 1, ()))
        writer.finish(2)
    found = mtor.inspect(path)
    assert [scene.softness for scene in found.scenes] == [0, 1.25]
    assert [scene["softness"] for scene in found.to_json()["scenes"]] == [0, 1.25]
    shown = [line.split() for line in lines(found)]
    assert [words[-2:] for words in shown if words[:1] in (["0"], ["1"])] == [
        ["still", "sharp"],
        ["1.25", "px"],
    ]


def test_info_says_what_would_be_done() -> None:
    found = mtor.info(DEMO)
    assert (found.width, found.height, found.frame_rate) == (640, 360, 25)
    assert found.duration == pytest.approx(13.2, abs=0.1)
    assert [track.codec for track in found.audio] == ["opus"]
    assert any("Opus" in step for step in found.plan)
    assert json.dumps(found.to_json())


def test_export_to_a_plugin_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cloth"):
        mtor.export(SAMPLES / "pan.mtor", tmp_path / "out", to="cloth")
    with pytest.raises(UsageError, match="options"):
        mtor.export(SAMPLES / "pan.mtor", tmp_path / "out", options={"a": "b"})
    assert not list(tmp_path.iterdir())


def test_open_reads_a_film() -> None:
    assert mtor.open(SAMPLES / "pan.mtor").header.width == 640
    with pytest.raises(InputError, match="folder"):
        mtor.open(SAMPLES)
