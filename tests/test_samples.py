# SPDX-License-Identifier: Apache-2.0
"""The samples: the generator makes what is committed, and what it makes is known exactly."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from mtor_transcode import open as open_film
from mtor_transcode.codec.film_reader import FilmReader
from mtor_transcode.measure.oracle.font import glyph, text, text_width
from mtor_transcode.model import CameraMove, Edit, Enter, Scene, Transition

SAMPLES = Path(__file__).parents[1] / "samples"
sys.path.insert(0, str(SAMPLES))

from films import FILMS  # noqa: E402
from generate import WITH_SOUND, generate, write_film  # noqa: E402

MOST_BYTES = 1_000_000


@pytest.mark.parametrize("name", FILMS)
def test_the_truth_comes_back_as_it_was_drawn(name: str) -> None:
    reader = open_film(SAMPLES / f"{name}.mtor")
    scenes = tuple(reader.scene(entry.head.number) for entry in reader.heads())
    assert [_content(scene) for scene in scenes] == [_content(scene) for scene in FILMS[name]()]


@pytest.mark.parametrize("name", FILMS)
def test_the_committed_truth_is_what_the_generator_writes(name: str, tmp_path: Path) -> None:
    again = tmp_path / f"{name}.mtor"
    write_film(again, FILMS[name](), sound=name in WITH_SOUND)
    assert _pictures(open_film(again)) == _pictures(open_film(SAMPLES / f"{name}.mtor"))


def test_films_show_what_they_are_for() -> None:
    def tokens(name: str) -> list[object]:
        return [token for scene in FILMS[name]() for span in scene.spans for token in span.tokens]

    assert not [token for token in tokens("slide") if not isinstance(token, Enter)]
    assert [token for token in tokens("motion") if isinstance(token, Edit)]
    assert [token for token in tokens("pan") if isinstance(token, CameraMove)]
    assert len(FILMS["cut"]()) == 2
    demo = [scene.head for scene in FILMS["demo"]()]
    assert [head.transition for head in demo].count(Transition.DISSOLVE) == 2
    assert demo[-1].transition_duration > 0


def test_samples_are_small() -> None:
    files = [path for path in SAMPLES.iterdir() if path.suffix in {".mp4", ".mtor"}]
    assert {path.stem for path in files} == set(FILMS)
    assert sum(path.stat().st_size for path in files) < MOST_BYTES


def test_a_film_is_generated_with_its_mp4(tmp_path: Path) -> None:
    import av

    (path,) = generate(tmp_path, ["cut"])
    with av.open(str(path)) as video:
        stream = video.streams.video[0]
        assert (stream.width, stream.height, stream.average_rate) == (640, 360, 25)
        assert sum(1 for _ in video.decode(stream)) == FILMS["cut"]()[-1].end


def test_letters_of_one_kind_are_one_outline() -> None:
    from mtor_transcode.model import Solid

    states = list(text("AA A", 10, 20, 24, Solid((235, 128, 128))))
    assert len({state.outline for state in states}) == 1
    assert [state.transform.dy for state in states] == [states[0].transform.dy] * 3
    assert glyph("A")[0].bounds[3] - glyph("A")[0].bounds[1] == 24 * 16
    assert text_width("AA", 24) == (8 + 2 + 8) * 2


def _content(scene: Scene) -> tuple[object, ...]:
    return scene.head, scene.end, tuple(token for span in scene.spans for token in span.tokens)


def _pictures(reader: FilmReader) -> list[tuple[object, ...]]:
    return [_content(reader.scene(entry.head.number)) for entry in reader.heads()]
