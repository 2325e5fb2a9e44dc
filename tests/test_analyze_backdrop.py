# SPDX-License-Identifier: Apache-2.0
"""The background a scene starts with: a gradient is found beneath what lies on it."""

from __future__ import annotations

import numpy as np
import pytest
from analyze_films import PALE, RED, box_cover, disc_cover, flat, over

from mtor_transcode.analyze.canvas.easel import frame_colours
from mtor_transcode.analyze.paints.backdrop import background_of, most_frequent
from mtor_transcode.model import LinearGradient, Solid

WIDTH, HEIGHT = 160, 96


def covered(picture: np.ndarray) -> np.ndarray:
    """Half of the picture lies behind a box and a disc."""
    picture = over(picture, box_cover(WIDTH, HEIGHT, (0, 60, WIDTH, HEIGHT)), RED)
    return over(picture, disc_cover(WIDTH, HEIGHT, 50, 34, 20), PALE)


@pytest.mark.parametrize("angle", [0, 8, 16, 40])
@pytest.mark.parametrize("noise", [0, 1])
def test_a_gradient_is_found_beneath_shapes(angle: int, noise: int) -> None:
    truth = LinearGradient((40, 150, 108), (210, 118, 140), angle)
    clean = np.rint(frame_colours(truth, (WIDTH, HEIGHT))).astype(np.uint8)
    chance = np.random.default_rng(3)
    picture = covered(clean) + chance.integers(-noise, noise + 1, clean.shape).astype(np.uint8)
    found = background_of(picture)
    assert isinstance(found, LinearGradient)
    shown = frame_colours(found, (WIDTH, HEIGHT))
    free = (covered(clean) == clean).all(axis=2)
    assert float(np.abs(shown - clean)[free].mean()) < 1.5


def test_what_is_flat_stays_one_colour() -> None:
    assert background_of(covered(flat(WIDTH, HEIGHT))) == Solid((60, 120, 136))


def test_a_small_gradient_is_not_the_background() -> None:
    ramp = frame_colours(LinearGradient((40, 128, 128), (210, 128, 128)), (WIDTH, HEIGHT))
    picture = flat(WIDTH, HEIGHT)
    picture[70:, 60:] = np.rint(ramp)[70:, 60:]
    assert background_of(picture) == most_frequent(picture) == Solid((60, 120, 136))


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (6, 5), (9, 4)])
def test_tiny_pictures_have_a_background(size: tuple[int, int]) -> None:
    assert isinstance(background_of(flat(*size)), Solid)


def test_a_panel_does_not_shade_the_background_and_lines_may_tint_it() -> None:
    """A grey panel ten levels darker is another area; chroma that spreads beside lines is not."""
    picture = np.full((200, 300, 3), (235, 128, 128), np.uint8)
    picture[:, :70, 0] = 225
    assert most_frequent(picture) == Solid((235, 128, 128))
    for x in range(72, 300, 12):
        picture[:, x : x + 4, 1] = 138
    assert 130 <= most_frequent(picture).colour[1] <= 133


def test_noise_about_grey_does_not_split_the_background() -> None:
    """Chroma that dithers about 128 is one kind, not four."""
    dice = np.random.default_rng(5)
    picture = np.full((200, 300, 3), (60, 128, 128), np.uint8)
    picture[..., 1:] = dice.integers(126, 130, (200, 300, 2))
    picture[:, :90] = (200, 110, 150)
    colour = np.array(most_frequent(picture).colour)
    assert np.abs(colour - (60, 127.5, 127.5)).max() <= 0.5
