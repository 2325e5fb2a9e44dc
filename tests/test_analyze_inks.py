# SPDX-License-Identifier: Apache-2.0
"""Inks of text: shared where that pays, and never one that a letter clearly has not got."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mtor_transcode.analyze.letters import lettering
from mtor_transcode.analyze.letters.inks import Written, inks_of, written
from mtor_transcode.model import Colour

GROUND = np.array([30, 128, 128], dtype=np.float32)
VIOLET, PINK, GREY = (150, 170, 132), (160, 150, 180), (160, 128, 128)
LAM = 2500.0


def _letter(ink: Colour, energy: float = 60.0) -> Written:
    blue, red = ink[1] - 128.0, ink[2] - 128.0
    return Written(GROUND, ink[0] - 30.0, (blue, red), energy, energy / 2)


def test_a_colour_that_pays_for_a_line_but_not_for_a_letter_is_taken() -> None:
    line = [_letter(VIOLET, 20.0)] * 12
    assert inks_of(line[:1], [GREY], LAM) == [GREY]
    assert inks_of(line, [GREY], LAM) == [VIOLET] * 12


def test_colours_of_small_letters_are_proposed_however_many_large_ones_there_are() -> None:
    large = [_letter((100 + n // 2, 128, 128), 200.0) for n in range(120)]
    small = [_letter(PINK, 40.0)] * 30
    assert inks_of([*large, *small], [], LAM)[-30:] == [PINK] * 30


def test_noise_makes_no_new_inks_and_does_not_go_to_and_fro() -> None:
    noise = np.random.default_rng(2).integers(-6, 7, (80, 3))
    letters = [_letter((160 + int(a), 128 + int(b), 128 + int(c))) for a, b, c in noise]
    assert len(set(inks_of(letters, [], LAM))) == 1


def test_far_weaker_inks_are_not_taken() -> None:
    assert inks_of([_letter((200, 128, 128))] * 5, [(90, 128, 128)], 1e9) == [(200, 128, 128)] * 5


def test_an_ink_is_to_be_seen_on_every_ground() -> None:
    dark = Written(np.array([0, 128, 128], dtype=np.float32), 150.0, (0.0, 0.0), 100.0, 1000.0)
    light = Written(np.array([150, 128, 128], dtype=np.float32), 90.0, (0.0, 0.0), 100.0, 10.0)
    for ink, letter in zip(inks_of([*[dark] * 6, light], [], 0.01), [*[dark] * 6, light], strict=True):
        assert (ink[0] - letter.ground[0]) * letter.rise > 0


def test_an_ink_that_is_the_ground_makes_a_form_all_the_same() -> None:
    white = np.array([255, 128, 128], dtype=np.float32)
    piece = lettering._Piece(
        (2, 2, 8, 10), np.ones((8, 6, 3), np.float32), white, np.ones((8, 6), np.float32)
    )
    assert np.isfinite(lettering._letter(piece, (255, 128, 128)).field).all()


@given(st.integers(90, 230), st.integers(60, 190), st.integers(60, 190))
def test_a_thick_letter_tells_its_colour(luma: int, blue: int, red: int) -> None:
    difference = np.zeros((12, 9, 3), dtype=np.float32)
    difference[2:10, 3:6] = np.array([luma, blue, red], dtype=np.float32) - GROUND
    found = written(difference, GROUND, np.ones((12, 9), dtype=np.float32)).colour
    assert max(abs(a - b) for a, b in zip(found, (luma, blue, red), strict=True)) <= 1
