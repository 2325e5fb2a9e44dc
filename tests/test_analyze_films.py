# SPDX-License-Identifier: Apache-2.0
"""Whole films through the encoder: what costs, what repeats, what stands alone, what stays still."""

from __future__ import annotations

import io
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from analyze_films import (
    PALE,
    RED,
    Colour,
    Picture,
    box_cover,
    disc_cover,
    flat,
    luma_psnr,
    moving,
    over,
    rendered,
    write_y4m,
)

from mtor_transcode import transcode
from mtor_transcode.codec.extract import keep_scene
from mtor_transcode.codec.film_reader import FilmReader
from mtor_transcode.model import Enter, Transition
from mtor_transcode.render.frames import FrameRenderer

WIDTH, HEIGHT, FPS = 160, 96, 25


def slide(ground: Colour = (60, 120, 136)) -> Picture:
    """A slide: a bar, a disc, rows of small boxes in place of text."""
    picture = over(flat(WIDTH, HEIGHT, ground), box_cover(WIDTH, HEIGHT, (0, 0, WIDTH, 18)), (110, 100, 180))
    picture = over(picture, disc_cover(WIDTH, HEIGHT, 30.4, 57.2, 21), (190, 150, 90))
    for row in range(4):
        for word in range(5):
            left = 64 + 18 * word
            box = (left, 30.5 + 14 * row, left + 13 - (3 * word + row) % 4, 37.5 + 14 * row)
            picture = over(picture, box_cover(WIDTH, HEIGHT, box), (205, 128, 128))
    return picture


def noisy(picture: Picture, seed: int, sigma: float = 1.0) -> Picture:
    noise = np.random.default_rng(seed).normal(0, sigma, picture.shape)
    return np.clip(picture + noise.round(), 0, 255).astype(np.uint8)


def rolling(time: float, picture: Picture | None = None) -> Picture:
    """A disc that runs from left to right over a picture."""
    ground = slide() if picture is None else picture
    return over(ground, disc_cover(WIDTH, HEIGHT, 20 + 110 * time, 70, 12), RED)


def mixed(first: Picture, second: Picture, share: float) -> Picture:
    return np.rint(first * (1 - share) + second * share).astype(np.uint8)


def reader_of(path: Path) -> FilmReader:
    return FilmReader(io.BytesIO(path.read_bytes()), str(path))


@pytest.fixture
def film(tmp_path: Path) -> Callable[..., Path]:
    """Transcodes pictures; options go to ``transcode``."""

    def make(
        pictures: list[Picture], name: str = "film", fps: Fraction | int = FPS, **options: object
    ) -> Path:
        source = write_y4m(tmp_path / f"{name}.y4m", pictures, fps)
        output = tmp_path / f"{name}.mtor"
        transcode(source, output, **options)  # type: ignore[arg-type]
        return output

    return make


@pytest.mark.parametrize("noise", [0.0, 1.0])
def test_a_still_slide_costs_nothing_after_its_first_state(film: Callable[..., Path], noise: float) -> None:
    def shot(count: int) -> list[Picture]:
        return [noisy(slide(), seed, noise) if noise else slide() for seed in range(count)]

    short, long = film(shot(10), "short", 10), film(shot(120), "long", 10)
    assert long.stat().st_size < 1.1 * short.stat().st_size
    tokens = [token for span in reader_of(long).scene(0).spans for token in span.tokens]
    assert tokens
    assert all(isinstance(token, Enter) and token.at == 0 for token in tokens)


def test_the_same_input_gives_the_same_bytes(film: Callable[..., Path]) -> None:
    pictures = moving(rolling, 40)
    one, other = film(pictures, "one"), film(pictures, "other")
    assert one.read_bytes() == other.read_bytes()
    targets = [film(pictures[:15], name, target_size=400).read_bytes() for name in ("third", "fourth")]
    assert targets[0] == targets[1]


@pytest.mark.parametrize("noise", [0.0, 1.0])
def test_what_is_still_in_the_source_does_not_flicker(film: Callable[..., Path], noise: float) -> None:
    ground = flat(WIDTH, HEIGHT)
    ground[:50] = slide()[:50]
    truth = moving(lambda time: rolling(time, ground), 50)
    pictures = [noisy(picture, seed, noise) if noise else picture for seed, picture in enumerate(truth)]
    shown = rendered(film(pictures), range(50))
    still = np.array([picture[:50] for picture in shown])  # Above where the disc passes.
    assert np.all(still == still[0])
    assert luma_psnr(shown, truth) > 30


def test_any_scene_stands_alone(film: Callable[..., Path]) -> None:
    first, second, third = slide(), slide((150, 90, 120))[::-1].copy(), slide((30, 128, 128))[:, ::-1].copy()
    pictures = moving(lambda t: rolling(t, first), 30)
    pictures += moving(lambda t: rolling(1 - t, second), 30)
    pictures += moving(lambda t: rolling(t / 2, third), 30)
    path = film(pictures)
    whole = reader_of(path)
    assert [entry.head.start for entry in whole.heads()] == [0, 30, 60]
    for place in range(3):
        alone = io.BytesIO()
        keep_scene(io.BytesIO(path.read_bytes()), alone, place)
        alone.seek(0)
        film_alone = FilmReader(alone, "alone")
        assert [entry.head.number for entry in film_alone.heads()] == [place]
        shown, known = FrameRenderer(film_alone), FrameRenderer(whole)
        for tick in range(30 * place, 30 * place + 30, 7):
            assert np.array_equal(shown.frame(tick), known.frame(tick))


def test_a_scene_that_comes_back_brings_no_new_outlines(film: Callable[..., Path]) -> None:
    """Slide, another picture, the slide again a quarter px to the right: the dictionary has its outlines."""
    other = flat(WIDTH, HEIGHT, (180, 110, 120))
    again = mixed(slide(), np.roll(slide(), 1, axis=1), 0.25)
    path = film([*[slide()] * 12, *[other] * 12, *[again] * 12], quality=40, mode="vector")
    with path.open("rb") as stream:
        reader = FilmReader(stream)
        heads = reader.heads()
        brought = [
            {token.state.outline for span in reader.spans(entry.head.number) for token in span.tokens
             if isinstance(token, Enter)}
            for entry in heads
        ]  # fmt: skip
    assert len(heads) == 3
    small = {outline for outline in brought[2] if outline.bounds[2] - outline.bounds[0] < 64 * 16}
    assert len(small) > 3
    assert not small - brought[0]


def test_a_cut_is_a_scene_and_sharp(film: Callable[..., Path]) -> None:
    before, after = slide(), slide((150, 90, 120))[::-1].copy()
    path = film([before] * 30 + [after] * 30)
    heads = [entry.head for entry in reader_of(path).heads()]
    assert [(head.start, head.transition) for head in heads] == [(0, Transition.CUT), (30, Transition.CUT)]
    shown = rendered(path, [29, 30])
    assert luma_psnr([shown[0]], [before]) > 28
    assert luma_psnr([shown[1]], [after]) > 28


def test_a_dissolve_is_a_scene_that_blends(film: Callable[..., Path]) -> None:
    before, after = slide((50, 120, 136)), slide((170, 100, 120))[::-1].copy()
    blend = [mixed(before, after, k / 20) for k in range(1, 20)]
    path = film([before] * 50 + blend + [after] * 60)
    heads = [entry.head for entry in reader_of(path).heads()]
    assert [head.transition for head in heads] == [Transition.CUT, Transition.DISSOLVE]
    assert 45 <= heads[1].start <= 52
    assert 15 <= heads[1].transition_duration <= 25
    (half,) = rendered(path, [59])
    assert luma_psnr([half], [mixed(before, after, 0.5)]) > 25
    tokens = [token for span in reader_of(path).scene(1).spans for token in span.tokens]
    assert all(isinstance(token, Enter) and token.at == heads[1].start for token in tokens)


def test_snapshots_let_one_in_inside_a_long_scene(film: Callable[..., Path]) -> None:
    pictures = moving(rolling, 20 * 2)
    plain, entered = film(pictures, "plain", 2), film(pictures, "entered", 2, refresh=4.0)
    assert entered.stat().st_size > plain.stat().st_size
    whole = reader_of(entered)
    assert len(whole.heads()) == 1
    assert next(iter(whole.spans(0))).start == 0
    assert next(iter(whole.spans(0, from_tick=whole.duration - 1))).start > 0
    assert next(iter(reader_of(plain).spans(0, from_tick=whole.duration - 1))).start == 0
    late = FrameRenderer(whole).frame(whole.duration - 1)
    in_order = FrameRenderer(whole)
    for tick in range(whole.duration):
        shown = in_order.frame(tick)
    assert np.array_equal(late, shown)


@pytest.mark.parametrize("frames", [1, 2])
def test_a_flash_is_shown_and_what_was_there_comes_back(film: Callable[..., Path], frames: int) -> None:
    other = over(flat(WIDTH, HEIGHT, RED), disc_cover(WIDTH, HEIGHT, 80, 48, 30), PALE)
    pictures = [slide()] * 12 + [other] * frames + [slide()] * (13 - frames)
    path = film(pictures, quality=50)
    shown = rendered(path, range(25))
    assert luma_psnr(shown[12 : 12 + frames], [other] * frames) > 35
    assert all(np.array_equal(shown[0], picture) for picture in shown[12 + frames :])
    assert len(reader_of(path).heads()) == 1
    assert path.stat().st_size < film([slide()] * 25, "still", quality=50).stat().st_size + 100


@pytest.mark.parametrize("size", [(1, 1), (16, 16), (3, 50), (53, 2), (17, 31)])
@pytest.mark.parametrize("count", [1, 6])
def test_tiny_films(film: Callable[..., Path], size: tuple[int, int], count: int) -> None:
    width, height = size
    pictures = [flat(width, height, (60 + 20 * k, 120, 136)) for k in range(count)]
    for picture in pictures:
        picture[height // 3 :, width // 2 :] = PALE
    path = film(pictures, quality=80)
    reader = reader_of(path)
    assert (reader.header.width, reader.header.height, reader.duration) == (width, height, count)
    assert luma_psnr(rendered(path, range(count)), pictures) > 25


def test_a_film_of_one_frame_and_one_colour(film: Callable[..., Path]) -> None:
    path = film([flat(WIDTH, HEIGHT, RED)])
    (shown,) = rendered(path, [0])
    assert np.all(shown == RED)
    assert path.stat().st_size < 200


def test_slow_films_show_every_picture(film: Callable[..., Path]) -> None:
    pictures = [rolling(k / 4) for k in range(5)]
    path = film(pictures, fps=Fraction(1, 2), quality=70)
    reader = reader_of(path)
    assert reader.duration * reader.header.time_base == 10
    ticks = [int(k * 2 / reader.header.time_base) for k in range(5)]
    for shown, picture in zip(rendered(path, ticks), pictures, strict=True):
        assert luma_psnr([shown], [picture]) > 30


@pytest.mark.parametrize("preset", ["fast", "balanced", "best"])
def test_a_movement_is_followed(film: Callable[..., Path], preset: str) -> None:
    pictures = moving(lambda t: rolling(t, flat(WIDTH, HEIGHT)), 30)
    shown = rendered(film(pictures, preset=preset, quality=70), range(30))
    assert min(luma_psnr([a], [b]) for a, b in zip(shown, pictures, strict=True)) > 24
    assert luma_psnr(shown, pictures) > 28
