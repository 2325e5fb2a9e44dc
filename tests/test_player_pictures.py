# SPDX-License-Identifier: Apache-2.0
"""The browser's pictures beside our renderer's: the same film, the same time, SSIM 0.99 and more."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from memory_films import MemoryFilm, write_film
from moving_films import (
    BLOB,
    DARK,
    FIELD,
    FIELD2,
    FIELDS,
    GLOW,
    GLOW2,
    GREEN,
    LINE,
    MOVING,
    RED,
    RING,
    RINGS,
    SHADE,
    SIZE,
    STAR,
    WHITE,
    at,
    outline,
)
from player_page import Site, Tab, likeness, opened
from texture_films import BOX, HEADER, patch, patched, scene, written
from texture_films import MOVING as MOVING_TEXTURE

import mtor_transcode
from mtor_transcode.analyze.textures.av1 import encode_still
from mtor_transcode.codec.film_reader import FilmReader
from mtor_transcode.codec.obu import read_sequence, units
from mtor_transcode.model import (
    PARTS,
    Background,
    Border,
    Camera,
    CameraMove,
    ColourSpec,
    Edit,
    Enter,
    FilmHeader,
    LinearGradient,
    Mask,
    NodeKind,
    Scene,
    SceneStart,
    ShapeState,
    Solid,
    Span,
    Texture,
    TexturePaint,
    Token,
    Transform,
    Transition,
)

ROOT = Path(__file__).parents[1]
LEAST = 0.99

BORDERED = Solid(RED.colour, Border(40, DARK.colour))
SHARP = Solid(GREEN.colour, Border(64, WHITE.colour, sharp=True))
WILD = LinearGradient((30, 240, 30), (225, 20, 235), 7, 3, 15)
"""Its colours lie far beyond what R, G, B can show."""

FLAG = Mask(
    4,
    3,
    3,
    bytes([1, 1, 2, 0, 3, 1, 2, 2, 3, 3, 0, 1]),
    colours=((81, 90, 240), (235, 128, 128), (30, 160, 90)),
)
MASK = Mask(6, 5, 3, bytes([0, 1, 3, 3, 1, 0] * 2 + [3, 3, 0, 0, 3, 3] + [0, 2, 3, 3, 2, 0] * 2))


@pytest.fixture(scope="module")
def tab(chromium: Any) -> Iterator[Tab]:
    site = Site()
    with opened(chromium, site) as tab:
        yield tab
    site.close()


def film(*tokens: Token, softness: int = 0, colour: ColourSpec | None = None, **head: Any) -> bytes:
    """A film of 120 ticks, 4 s."""
    header = FilmHeader(*SIZE, Fraction(1, 30), Fraction(30), colour=colour or ColourSpec())
    start = SceneStart(0, 0, SHADE, softness=softness, **head)
    return write_film(MemoryFilm(header, [Scene(start, (Span(0, 120, tokens),))]))[0]


def alike(tab: Tab, data: bytes, times: tuple[float, ...], size: tuple[int, int] | None = None) -> None:
    tab.load(data)
    reader = FilmReader(io.BytesIO(data))
    found = {seconds: round(likeness(tab, reader, seconds, size), 4) for seconds in times}
    assert min(found.values()) >= LEAST, found


@pytest.mark.parametrize("name", ["slide", "motion", "pan", "cut", "fade"])
def test_samples(tab: Tab, name: str) -> None:
    alike(tab, (ROOT / "samples" / f"{name}.mtor").read_bytes(), (0.0, 0.7, 1.55))


def test_a_story_with_dissolves(tab: Tab) -> None:
    alike(tab, (ROOT / "samples" / "demo.mtor").read_bytes(), (3.1, 5.1, 9.0, 12.6))


def test_all_that_moves(tab: Tab) -> None:
    """Morphs of every kind, camera, gradients, strokes, entering and leaving, forwards and back."""
    alike(tab, film(*MOVING), (0.0, 1.0, 1.5, 1.9, 2.25, 2.5, 3.1, 1.2))


def test_radial_gradients(tab: Tab) -> None:
    """In areas, along lines, in masks, behind all; on ellipses, moving, from and to other paints."""
    dots = (
        Enter(0, 9, ShapeState(MASK, GLOW, at(30, 150, 5))),
        Enter(0, 10, ShapeState(MASK, GLOW2, at(290.5, 160.25, 4.5, 0.05))),
    )
    alike(tab, film(*RINGS[:5], *dots, *RINGS[5:]), (0.0, 0.9, 1.2, 1.5, 2.4, 3.1, 3.9, 0.4))
    alike(tab, film(*RINGS), (1.5,), (640, 384))


def test_radial_gradients_along_lines_that_bulge(tab: Tab) -> None:
    """Smooth nodes carry a line out of the box of its nodes."""
    arch = outline((-50, 45), (-34, -5), (34, -5), (50, 45), kind=NodeKind.SMOOTH, stroke=64)
    tokens = [
        Enter(0, 20 * row + column, ShapeState(arch, GLOW2, at(60 + 100 * column, 40 + 60 * row)))
        for row in range(3)
        for column in range(3)
    ]
    alike(tab, film(*tokens), (0.5,))


def test_shading_fields(tab: Tab) -> None:
    """In areas, along lines, in masks, behind all; turned, moving, from and to other paints."""
    dots = (
        Enter(0, 9, ShapeState(MASK, FIELD, at(30, 150, 5))),
        Enter(0, 10, ShapeState(MASK, FIELD2, at(290.5, 160.25, 4.5, 0.05))),
    )
    alike(tab, film(*FIELDS[:5], *dots, *FIELDS[5:]), (0.0, 0.9, 1.2, 1.5, 2.4, 3.1, 3.9, 0.4))
    alike(tab, film(*FIELDS), (1.5,), (640, 384))


def test_other_sizes(tab: Tab) -> None:
    """Sharp at any size: drawn there, not stretched to it."""
    alike(tab, film(*MOVING), (1.5, 2.2), (640, 384))
    alike(tab, film(*MOVING), (1.5,), (257, 131))


def test_borders_masks_and_strokes(tab: Tab) -> None:
    tokens: list[Token] = [
        Enter(0, 0, ShapeState(STAR, BORDERED, at(80, 60, 1.2), 160)),
        Enter(0, 1, ShapeState(STAR, SHARP, at(220, 80, 1.5))),
        Enter(0, 2, ShapeState(LINE, BORDERED, at(90, 140))),
        Enter(0, 3, ShapeState(RING, Solid(GREEN.colour), at(250, 140))),
        Enter(0, 4, ShapeState(MASK, WHITE, at(20, 20))),
        Enter(0, 5, ShapeState(MASK, WILD, at(150.5, 120.25, 6.5, 0.05))),
        Edit(30, 60, 0, ShapeState(STAR, Solid(RED.colour), at(80, 60, 1.2))),
    ]
    alike(tab, film(*tokens), (0.0, 2.0, 3.5))


def test_palette_patches(tab: Tab) -> None:
    tokens: list[Token] = [
        Enter(0, 0, ShapeState(STAR, BORDERED, at(80, 60, 1.2))),
        Enter(0, 1, ShapeState(FLAG, WHITE, at(80, 60, 12), 200)),
        Enter(0, 2, ShapeState(FLAG, WILD, at(200.25, 120.5, 16, 0.05))),
        Edit(30, 60, 1, ShapeState(FLAG, WHITE, at(100, 90, 12))),
    ]
    alike(tab, film(*tokens), (0.0, 2.0, 3.5))


@pytest.mark.parametrize("matrix", [0, 1, 6, 8])
@pytest.mark.parametrize("full", [False, True])
def test_colours_of_any_matrix(tab: Tab, matrix: int, full: bool) -> None:
    tokens = (
        Enter(0, 0, ShapeState(BLOB, WILD, at(160, 90, 2))),
        Enter(0, 1, ShapeState(STAR, RED, at(60, 60))),
    )
    alike(tab, film(*tokens, colour=ColourSpec(matrix=matrix, full_range=full)), (0.5,))


def test_softness_and_its_edges(tab: Tab) -> None:
    alike(tab, film(Enter(0, 0, ShapeState(BLOB, DARK, at(10, 10, 2))), softness=14), (0.5,))


def test_a_soft_scene_dissolves(tab: Tab) -> None:
    header = FilmHeader(*SIZE, Fraction(1, 30), Fraction(30))
    first = Scene(
        SceneStart(0, 0, WHITE), (Span(0, 30, (Enter(0, 0, ShapeState(STAR, RED, at(90, 90, 2))),)),)
    )
    head = SceneStart(1, 30, DARK, Camera(64, 32, 5000, 90), Transition.DISSOLVE, 30, 8)
    second = Scene(head, (Span(30, 90, (Enter(30, 0, ShapeState(BLOB, SHADE, at(200, 90, 2))),)),))
    alike(tab, write_film(MemoryFilm(header, [first, second]))[0], (0.9, 1.2, 1.5, 1.9, 2.5))


def test_textures_behind_and_in_shapes(tab: Tab) -> None:
    size = (HEADER.width, HEADER.height)
    alike(tab, written([scene(0, 0, shapes=True), scene(1, 12)])[0], (0.0, 0.1, 0.3, 0.45, 0.9, 0.2), size)
    move = Edit(6, 12, 0, patch(90, 40))
    zoom = CameraMove(6, 12, Camera(0, 0, 6000, 100))
    tokens = (Enter(0, 0, patch(30, 30)), Enter(0, 1, patch(80, 30, -4)), move, zoom)
    alike(tab, written([patched(*tokens)])[0], (0.0, 0.3, 0.6, 0.9), size)


def test_a_still_of_the_encoder(tab: Tab) -> None:
    """AVIF's kind of AV1, with its reduced headers."""
    ramp = np.tile(np.linspace(30, 220, 64, dtype=np.uint8), (36, 1))
    half = np.full((18, 32), 110, np.uint8)
    still = Texture(64, 36, (0,), encode_still([ramp, half, half + 40], (64, 36), 30, 6))
    assert next(map(read_sequence, units(still.data))).reduced
    boxes = (Enter(0, 0, patch(30, 30, texture=still)),)
    alike(
        tab,
        written([patched(*boxes), scene(1, 24, texture=still)])[0],
        (0.2, 1.2),
        (HEADER.width, HEADER.height),
    )


GLIDING = replace(MOVING_TEXTURE, times=(0, 12, 24, 36, 48, 60))
"""The small texture, half a second from picture to picture."""


def test_textures_on_their_way(tab: Tab) -> None:
    """Behind all and in shapes, sharpened, at any part of the way; forwards and back."""
    size = (HEADER.width, HEADER.height)
    behind = patched(Background(0, 0, TexturePaint(GLIDING, -3)), end=60)
    alike(tab, written([behind])[0], (0.0, 0.1, 0.25, 0.45, 0.875, 1.2, 1.6, 0.3), size)
    boxes = (Enter(0, 0, patch(30, 30, texture=GLIDING)), Enter(0, 1, patch(80, 30, -7, texture=GLIDING)))
    alike(tab, written([patched(*boxes, end=60)])[0], (0.1, 0.25, 0.6, 2.2), size)


_STEP = """async ([frames, plain]) => {
  const { player } = mtor;
  let now = 0;
  const effects = document.getElementById("effects"); // else a slow machine has fewer
  effects.value = plain ? "plain" : "full";
  player.plainly(plain);
  player.desk.pace = { frames: 1, made() {}, look() {} };
  await player.play();
  player.clock.follow(() => now, 0);
  const shown = new Set();
  for (let frame = 0; frame < frames; frame++) {
    now = (frame + 0.5) / 24;
    player._keepTime();
    const seen = player._show.at(player._tick());
    while (!player._painter.ready(seen)) await player.desk.another();
    shown.add(JSON.stringify([seen.layer.picture.background.index, seen.layer.picture.background.part]));
  }
  player.pause();
  player.plainly(false);
  effects.value = "auto";
  return [...shown].map((told) => JSON.parse(told));
}"""
"""The film plays, by a clock that waits for each frame's pictures; pictures and parts that are to be seen."""


def test_textures_go_on_while_playing(tab: Tab) -> None:
    """As often as the film has frames; with fewer effects a texture has only its own pictures."""
    data = written([patched(Background(0, 0, TexturePaint(GLIDING, 0)), end=60)])[0]
    tab.load(data)
    held = tab.page.evaluate(_STEP, [36, True])
    assert held == [[0, 0], [1, 0], [2, 0]]
    assert tab.page.evaluate("mtor.player.desk.made") <= 6
    tab.load(data)
    seen = tab.page.evaluate(_STEP, [36, False])
    parts = [PARTS * frame // 12 for frame in range(12)]
    assert seen == [*([0, part] for part in parts), *([1, part] for part in parts), [2, 0]]


def test_patches_beside_each_other_show_no_seam(tab: Tab) -> None:
    """Two boxes of one texture meet on a line, over a background of another colour."""
    boxes = tuple(Enter(0, k, patch(34 + 20 * k, 36)) for k in range(3))
    data = written([patched(*boxes, background=Solid((235, 128, 128)))])[0]
    tab.load(data)
    picture = tab.picture(0.1, (128, 72)).astype(int)
    seam = picture[30:42, 40:68].sum(axis=2)
    assert seam.max() < 3 * 225, "the white background shines through"
    alike(tab, data, (0.1, 0.4))


def test_a_background_that_becomes_a_texture(tab: Tab) -> None:
    textured = scene(0, 0)
    first = textured.spans[0].tokens[0]
    assert isinstance(first, Background)
    tokens = (
        Enter(0, 0, ShapeState(BOX, RED, Transform(640, 640))),
        Background(6, 6, first.paint),
        Background(14, 6, WHITE),
    )
    alike(tab, written([patched(*tokens)])[0], (0.1, 0.3, 0.5, 0.7), (HEADER.width, HEADER.height))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "mode", "start"),
    [("motion_manim_graph", "vector", 3.0), ("talk_headshot_greenscreen", "textured", 2.0)],
)
def test_cuts_of_real_clips(
    tab: Tab, clip: Callable[[str], Path], tmp_path: Path, name: str, mode: Any, start: float
) -> None:
    target = tmp_path / f"{name}.mtor"
    mtor_transcode.transcode(
        clip(name), target, mode=mode, preset="fast", start=start, duration=0.5, quality=40
    )
    data = target.read_bytes()
    header = FilmReader(io.BytesIO(data)).header
    alike(tab, data, (0.05, 0.3, 0.45), (header.width, header.height))
