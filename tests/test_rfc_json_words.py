# SPDX-License-Identifier: Apache-2.0
"""What tokens do, in words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mtor_transcode.codec.rfc_json.colours import colour_name, from_hex
from mtor_transcode.codec.rfc_json.words import slug, token_words
from mtor_transcode.model import (
    Camera,
    CameraMove,
    ColourSpec,
    Contour,
    Edit,
    LinearGradient,
    NodeKind,
    Outline,
    ShapeState,
    Solid,
    Transform,
)

DOT = Outline((Contour(((0, 0),), (NodeKind.CORNER,)),))
LINE = Outline((Contour(((-5, 0), (5, 0)), (NodeKind.CORNER,) * 2),))
START = ShapeState(DOT, Solid((100, 128, 128)), Transform(0, 0, 4096, 4000), 128)
SPEC = ColourSpec()


@pytest.mark.parametrize(
    ("after", "words"),
    [
        (replace(START, transform=Transform(160, 20, 4096, 4000)), "moves right"),
        (replace(START, transform=Transform(-160, -160, 4096, 4000)), "moves up left"),
        (replace(START, transform=Transform(3, 160, 4096, 4000)), "moves down"),
        (replace(START, transform=Transform(0, 0, 8192, 4000)), "grows"),
        (replace(START, transform=Transform(0, 0, 4000, 4000)), "shrinks"),
        (replace(START, transform=Transform(0, 0, 4096, 4100)), "turns clockwise"),
        (replace(START, transform=Transform(0, 0, 4096, 3900)), "turns counterclockwise"),
        (replace(START, outline=LINE), "changes form"),
        (replace(START, paint=Solid(from_hex("#e02020", SPEC))), "turns red"),
        (replace(START, paint=Solid((120, 128, 128))), "lightens"),
        (replace(START, paint=LinearGradient((90, 128, 128), (94, 128, 128))), "darkens"),
        (replace(START, opacity=0), "fades"),
        (replace(START, opacity=255), "brightens"),
        (START, "stays"),
        (
            ShapeState(LINE, START.paint, Transform(160, 0, 8192, 4000), 0),
            "moves right and grows and changes form",
        ),
    ],
)
def test_what_a_shape_does(after: ShapeState, words: str) -> None:
    assert token_words(Edit(0, 1, 7, after), START, SPEC) == ("shape_7", words)


@pytest.mark.parametrize(
    ("after", "words"),
    [
        (Camera(dx=160), "pan left"),
        (Camera(dx=-160, dy=-160), "pan down right"),
        (Camera(scale=5000), "zoom in"),
        (Camera(scale=4000, dy=100), "pan up and zoom out"),
        (Camera(angle=10), "roll counterclockwise"),
        (Camera(), "hold"),
    ],
)
def test_what_the_camera_does(after: Camera, words: str) -> None:
    assert token_words(CameraMove(0, 1, after), Camera(), SPEC) == ("camera", words)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("#000000", "black"), ("#ffffff", "white"), ("#808080", "grey"), ("#d01010", "red"),
        ("#f09020", "orange"), ("#704010", "brown"), ("#f0e020", "yellow"), ("#20a030", "green"),
        ("#20d0d0", "cyan"), ("#2030d0", "blue"), ("#8020c0", "purple"), ("#f060b0", "pink"),
    ],
)  # fmt: skip
def test_names_of_colours(text: str, name: str) -> None:
    for spec in (SPEC, ColourSpec(6), ColourSpec(1, full_range=True)):
        assert colour_name(from_hex(text, spec), spec) == name


def test_slugs() -> None:
    assert slug("Shape_7 moves right, and turns RED!") == "shape_7_moves_right_and_turns_red"
