# SPDX-License-Identifier: Apache-2.0
"""A small texture (six pictures of 64x36, a box that moves), and films with it, for tests."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from hypothesis import strategies as st
from memory_films import MemoryFilm, write_film

from mtor_transcode.codec import obu
from mtor_transcode.codec.film_writer import FilmWriter
from mtor_transcode.model import (
    SHARPEST,
    Background,
    Contour,
    Enter,
    FilmHeader,
    NodeKind,
    Outline,
    Scene,
    SceneStart,
    ShapeState,
    Solid,
    Span,
    Texture,
    TexturePaint,
    Token,
    Transform,
)

DATA = (Path(__file__).parent / "golden" / "texture.obu").read_bytes()
HEADER = FilmHeader(128, 72, Fraction(1, 24), Fraction(24))
TEXTURE = Texture(64, 36, (0, 2, 4, 6, 8, 10), DATA)
MOVING = replace(TEXTURE, moves=(True, True, False, True, True), sharpness=4)
GREY = Solid((90, 128, 128))
BOX = Outline((Contour(((-160, -160), (160, -160), (160, 160), (-160, 160)), (NodeKind.CORNER,) * 4),))


def scene(number: int, start: int, *, shapes: bool = False, texture: Texture = TEXTURE) -> Scene:
    """Twelve ticks of the texture, with a red box in the middle from tick 6 on if ``shapes``."""
    tokens: list[Background | Enter] = [Background(start, 0, TexturePaint(texture, start))]
    if shapes:
        tokens.append(Enter(start + 6, 0, ShapeState(BOX, Solid((81, 90, 240)), Transform(1024, 576), 128)))
    return Scene(SceneStart(number, start, GREY), (Span(start, start + 12, tuple(tokens)),))


def written(scenes: list[Scene], header: FilmHeader = HEADER) -> tuple[bytes, FilmWriter]:
    """The film's bytes, and the writer after ``finish``."""
    return write_film(MemoryFilm(header, scenes))


def patched(*tokens: Token, background: Solid = GREY, end: int = 24) -> Scene:
    """A scene of these tokens."""
    return Scene(SceneStart(0, 0, background), (Span(0, end, tokens),))


def patch(x: int, y: int, start: int = 0, outline: Outline = BOX, texture: Texture = TEXTURE) -> ShapeState:
    """A box of 20 x 20 px that shows the texture, its middle at (x, y) px."""
    return ShapeState(outline, TexturePaint(texture, start), Transform(16 * x, 16 * y))


def still_data() -> bytes:
    """The first picture of the small texture."""
    return obu.pictures(DATA)[0]


@st.composite
def textures(draw: st.DrawFn) -> Texture:
    """The small texture, its pictures at any times, moving and sharpened in any way."""
    regular = st.integers(1, 3000).map(lambda step: [step] * 5)
    steps = draw(st.one_of(regular, st.lists(st.integers(1, 2**31), min_size=5, max_size=5)))
    times = [0]
    for step in steps:
        times.append(times[-1] + step)
    moves = draw(st.lists(st.booleans(), min_size=5, max_size=5))
    sharpness = draw(st.integers(0, SHARPEST))
    return Texture(64, 36, tuple(times), DATA, tuple(moves) if any(moves) else (), sharpness)
