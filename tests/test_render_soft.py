# SPDX-License-Identifier: Apache-2.0
"""Soft scenes: a true Gaussian at any size, over the whole picture, before a dissolve."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from memory_films import MemoryFilm
from numpy.typing import NDArray
from render_film import GREY, WHITE, box, enter, header, polygon, scene, state
from scipy.ndimage import gaussian_filter
from scipy.special import erf

from mtor_transcode.model import (
    STILL_CAMERA,
    Edit,
    Outline,
    Paint,
    SceneStart,
    Solid,
    Token,
    Transition,
)
from mtor_transcode.render import painter
from mtor_transcode.render.frames import FrameRenderer
from mtor_transcode.render.soften import deviation, soften

RIGHT_HALF = polygon((-64, -90), (64, -90), (64, 90), (-64, 90))
TRIANGLE = polygon((-30, -20), (40, 0), (-30, 30))


def soft_film(softness: int, tokens: list[Token], ground: Paint = GREY, end: int = 40) -> MemoryFilm:
    return MemoryFilm(header(128, 96), [scene(SceneStart(0, 0, ground, softness=softness), end, tokens)])


def edge(softness: int) -> MemoryFilm:
    """Grey to the left of x = 64, white to the right."""
    return soft_film(softness, [enter(1, state(RIGHT_HALF, 128, 48))])


@pytest.mark.parametrize("softness", [4, 20, 63])
@pytest.mark.parametrize("scale", [1, 3])
def test_an_edge_becomes_the_error_function(softness: int, scale: int) -> None:
    sigma = softness / 4 * scale
    frame = FrameRenderer(edge(softness), (128 * scale, 96 * scale)).frame(0)
    x = np.arange(128 * scale) + 0.5 - 64 * scale
    wanted = 60 + 175 * (1 + erf(x / sigma / np.sqrt(2))) / 2
    inside = np.abs(x) < 64 * scale - 3 * sigma
    assert inside.any()
    assert np.abs(frame[:, inside, 0] - wanted[inside]).max() <= 2


def test_a_stretched_picture_takes_the_mean_of_both_factors() -> None:
    assert deviation(20, (128, 96), (128, 96)) == 5
    assert deviation(20, (128, 96), (512, 96)) == 10
    assert deviation(20, (128, 96), (64, 48)) == 2.5


@pytest.mark.parametrize("softness", range(1, 64))
def test_any_softness_is_within_two_levels_of_a_true_gaussian(softness: int) -> None:
    """The repeated edges included, on noise, whose every level counts, and on large steps."""
    dice = np.random.default_rng(softness)
    noise = dice.integers(0, 256, (50, 70, 3), np.uint8)
    steps = np.kron(dice.integers(0, 2, (5, 7, 3)) * 255, np.ones((10, 10, 1))).astype(np.uint8)
    for picture in (noise, steps):
        sigma = softness / 4
        exact = gaussian_filter(picture.astype(float), (sigma, sigma, 0), mode="nearest", truncate=8)
        assert np.abs(soften(picture, sigma) - exact).max() <= 2


def test_what_is_not_soft_is_not_touched(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("a sharp scene is blurred")

    monkeypatch.setattr(painter, "soften", never)
    frame = FrameRenderer(edge(0)).frame(0)
    assert set(np.unique(frame[..., 0])) == {60, 235}


def moving() -> list[Token]:
    return [
        enter(1, state(TRIANGLE, 60, 50)),
        enter(2, state(box(9, 9), 20, 20)),
        Edit(5, 20, 2, state(box(9, 9), 30, 28)),
    ]


def test_a_partial_redraw_is_softened_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    partial: list[int] = []
    original = painter.Painter._part
    monkeypatch.setattr(painter.Painter, "_part", lambda *given: partial.append(1) or original(*given))
    film = soft_film(20, moving())
    renderer = FrameRenderer(film)
    for tick in range(30):
        assert (renderer.frame(tick) == FrameRenderer(film).frame(tick)).all(), tick
    assert len(partial) > 10


def test_a_soft_still_picture_costs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[float] = []

    def counted(picture: NDArray[np.uint8], sigma: float) -> NDArray[np.uint8]:
        calls.append(sigma)
        return soften(picture, sigma)

    monkeypatch.setattr(painter, "soften", counted)
    out_of_sight = [Edit(tick, 0, 2, state(box(9, 9), -500 - tick, 0)) for tick in range(1, 30)]
    tokens = [enter(1, state(TRIANGLE, 60, 50)), enter(2, state(box(9, 9), -500, 0)), *out_of_sight]
    renderer = FrameRenderer(soft_film(20, tokens))
    first = renderer.frame(0)
    assert not first.flags.writeable
    assert all(renderer.frame(tick) is first for tick in range(40))
    assert calls == [5.0]


def test_a_dissolve_blends_softened_pictures() -> None:
    def shown(outline: Outline, head: SceneStart, end: int) -> MemoryFilm:
        return MemoryFilm(
            header(128, 96), [scene(head, end, [enter(1, state(outline, 64, 48), at=head.start)])]
        )

    first = SceneStart(0, 0, GREY, softness=20)
    second = SceneStart(1, 10, Solid((150, 90, 140)), STILL_CAMERA, Transition.DISSOLVE, 10, softness=6)
    alone = [
        FrameRenderer(shown(TRIANGLE, first, 10)).frame(9),
        FrameRenderer(shown(box(30, 30), replace(second, transition=Transition.CUT), 30)).frame(25),
    ]
    films = [shown(TRIANGLE, first, 10), shown(box(30, 30), second, 30)]
    both = MemoryFilm(header(128, 96), [film.scenes[0] for film in films])
    renderer = FrameRenderer(both)
    for tick, share in ((10, 0.0), (14, 0.4), (19, 0.9), (20, 1.0)):
        wanted = (1 - share) * alone[0] + share * alone[1].astype(float)
        assert np.abs(renderer.frame(tick) - wanted).max() <= 0.51, tick
    assert (renderer.frame(3) == alone[0]).all()


def test_two_scenes_with_one_picture_keep_their_own_softness() -> None:
    heads = [
        SceneStart(0, 0, GREY, softness=20),
        SceneStart(1, 10, GREY, softness=4),
        SceneStart(2, 20, GREY),
    ]
    tokens = [enter(1, state(TRIANGLE, 60, 50, WHITE))]
    film = MemoryFilm(
        header(128, 96),
        [scene(head, head.start + 10, [replace(tokens[0], at=head.start)]) for head in heads],
    )
    renderer = FrameRenderer(film)
    for tick in (0, 10, 20):
        assert (renderer.frame(tick) == FrameRenderer(film).frame(tick)).all()
    spreads = [float(np.abs(np.diff(renderer.frame(tick)[..., 0].astype(int))).max()) for tick in (0, 10, 20)]
    assert spreads == sorted(spreads)
    assert len(set(spreads)) == 3
