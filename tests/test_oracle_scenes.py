# SPDX-License-Identifier: Apache-2.0
"""The oracle's scenes: their truth decodes, renders, and shows what the scene is for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from mtor_transcode import open as open_film
from mtor_transcode.codec.film_reader import FilmReader
from mtor_transcode.measure.oracle.font import glyph
from mtor_transcode.measure.oracle.scenes import HEADER, HEIGHT, ORACLES, WIDTH
from mtor_transcode.measure.oracle.truth import write_truth
from mtor_transcode.model import CameraMove, Edit, Scene, Token, Transition
from mtor_transcode.render.frames import FrameRenderer


def written(name: str, folder: Path) -> FilmReader:
    path = folder / f"{name}.mtor"
    write_truth(path, HEADER, ORACLES[name].make())
    return open_film(path)


def tokens(name: str) -> list[Token]:
    return [token for scene in ORACLES[name].make() for span in scene.spans for token in span.tokens]


def luma(film: FilmReader, tick: int) -> NDArray[np.int16]:
    return FrameRenderer(film).frame(tick)[..., 0].astype(np.int16)


def content(scene: Scene) -> tuple[object, ...]:
    return scene.head, scene.end, tuple(token for span in scene.spans for token in span.tokens)


@pytest.mark.parametrize("name", ORACLES)
def test_the_truth_decodes_to_what_was_drawn(name: str, tmp_path: Path) -> None:
    film = written(name, tmp_path)
    decoded = [film.scene(entry.head.number) for entry in film.heads()]
    assert [content(scene) for scene in decoded] == [content(scene) for scene in ORACLES[name].make()]
    assert sum(film.bytes_by_kind.values()) == (tmp_path / f"{name}.mtor").stat().st_size


@pytest.mark.parametrize("name", ORACLES)
def test_the_truth_renders_pictures_with_something_in_them(name: str, tmp_path: Path) -> None:
    film = written(name, tmp_path)
    first, last = luma(film, 0), luma(film, int(film.duration) - 1)
    assert first.shape == (HEIGHT, WIDTH)
    assert last.std() > 5
    still = name == "text_light"
    assert bool((first == last).all()) == still


def test_scenes_are_of_the_kinds_they_are_for() -> None:
    assert [token for token in tokens("pan") if isinstance(token, CameraMove)]
    assert any(isinstance(t, Edit) and t.state.transform.angle for t in tokens("cartoon"))
    heads = [scene.head for scene in ORACLES["dissolve"].make()]
    assert [head.transition for head in heads].count(Transition.DISSOLVE) == 2
    growing = [t for t in tokens("chart") if isinstance(t, Edit) and t.state.outline.stroke_width]
    assert growing


def test_what_passes_behind_a_wall_is_gone_and_comes_back(tmp_path: Path) -> None:
    film = written("occlusion", tmp_path)
    renderer = FrameRenderer(film)
    coral = [int((np.abs(renderer.frame(tick)[..., 2].astype(int) - 186) < 8).sum()) for tick in (0, 58, 89)]
    assert coral[0] > 3000
    assert coral[1] == 0
    assert coral[2] == pytest.approx(coral[0], rel=0.03)


@pytest.mark.parametrize("letter", "6789")
def test_figures_of_the_font_are_filled_where_they_should_be(letter: str) -> None:
    outline, _, width = glyph(letter)
    assert width == 8
    assert outline.bounds[3] - outline.bounds[1] == 12 * 32
