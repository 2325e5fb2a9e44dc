# SPDX-License-Identifier: Apache-2.0
"""The SVG exporter: a browser shows what the rasterizer draws, at rest and while it moves."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import cv2
import numpy as np
import pytest
import texture_films
from hypothesis import HealthCheck, given, settings
from memory_films import MemoryFilm
from moving_films import (
    BLUE,
    DARK,
    FIELDS,
    GLOW,
    GREEN,
    LINE,
    MOVING,
    RED,
    RINGS,
    SHADE,
    SIZE,
    SQUARE,
    STAR,
    TICKS,
    WHITE,
    at,
)  # fmt: skip
from rfc_json_films import add_sound_and_text, films

from mtor_transcode import plugins
from mtor_transcode.codec.film_reader import FilmReader
from mtor_transcode.codec.film_writer import FilmWriter
from mtor_transcode.codec.rfc_json.colours import luma_weights
from mtor_transcode.errors import UsageError
from mtor_transcode.model import (
    Background,
    Border,
    ColourSpec,
    Edit,
    Enter,
    FilmHeader,
    LinearGradient,
    Mask,
    SceneStart,
    ShapeState,
    Span,
    Token,
    Transition,
)
from mtor_transcode.render.frames import FrameRenderer

mtor_svg = pytest.importorskip("mtor_svg", reason="pip install -e plugins/mtor-svg")

Shot = Callable[[str, float | None], Any]


def film_of(
    *tokens: Token, colour: ColourSpec | None = None, background: Any = WHITE, softness: int = 0
) -> FilmReader:
    stream = io.BytesIO()
    header = FilmHeader(*SIZE, Fraction(1, 30), Fraction(30), colour=colour or ColourSpec())
    writer = FilmWriter(stream, header)
    writer.scene(SceneStart(0, 0, background, softness=softness))
    writer.span(Span(0, 60, tuple(token for token in tokens if token.at < 60)))
    writer.span(Span(60, TICKS, tuple(token for token in tokens if token.at >= 60)))
    writer.finish(TICKS)
    return FilmReader(stream)


@pytest.fixture(scope="module")
def shot(chromium: Any) -> Iterator[Shot]:
    """Takes a picture of an SVG in a browser, at a time in seconds of its animation: (H, W, 3) RGB."""
    page = chromium.new_page(viewport={"width": SIZE[0], "height": SIZE[1]})

    def take(svg: str, seconds: float | None = None) -> Any:
        page.set_content(f"<body style='margin:0;overflow:hidden'>{svg}</body>")
        if seconds is not None:
            page.evaluate(
                "t => { const s = document.querySelector('svg'); s.pauseAnimations(); s.setCurrentTime(t) }",
                seconds,
            )
        png = np.frombuffer(page.screenshot(), np.uint8)
        return cv2.imdecode(png, cv2.IMREAD_COLOR)[:, :, ::-1]

    yield take
    page.close()


def rgb(frame: Any, spec: ColourSpec) -> Any:
    """A frame of Y, Cb, Cr codes as RGB."""
    red_weight, blue_weight = luma_weights(spec.matrix)
    low, luma, chroma = (0, 255, 255) if spec.full_range else (16, 219, 224)
    y, cb, cr = np.moveaxis((frame - np.array([low, 128, 128])) / np.array([luma, chroma, chroma]), 2, 0)
    red, blue = y + 2 * (1 - red_weight) * cr, y + 2 * (1 - blue_weight) * cb
    green = (y - red_weight * red - blue_weight * blue) / (1 - red_weight - blue_weight)
    return np.clip(np.dstack((red, green, blue)), 0, 1) * 255


def difference(film: FilmReader, tick: Fraction | int, picture: Any) -> tuple[float, float]:
    """Mean absolute difference in RGB levels, and the share of pixels off by more than 24."""
    wanted = rgb(FrameRenderer(film).frame(tick), film.header.colour)
    off = np.abs(wanted - picture)
    return float(off.mean()), float((off.max(axis=2) > 24).mean())


BORDERED: tuple[Token, ...] = (
    Enter(0, 0, ShapeState(STAR, replace(RED, border=Border(96, (16, 128, 128))), at(80, 60))),
    Enter(0, 1, ShapeState(LINE, replace(SHADE, border=Border(64, (235, 128, 128))), at(230, 70), 160)),
    Enter(0, 2, ShapeState(SQUARE, GREEN, at(90, 130))),
    Edit(10, 60, 0, ShapeState(STAR, replace(BLUE, border=Border(32, (120, 90, 200))), at(140, 80, 1.5))),
    Edit(
        10,
        60,
        2,
        ShapeState(SQUARE, replace(GREEN, border=Border(160, (16, 128, 128), sharp=True)), at(90, 130)),
    ),
    Edit(80, 20, 1, ShapeState(LINE, SHADE, at(230, 100))),
)


@pytest.mark.parametrize("tick", [0, 40, 70, 90, 100])
def test_borders_look_like_the_films(shot: Shot, tick: int) -> None:
    film = film_of(*BORDERED)
    still = difference(film, tick, shot(mtor_svg.still_svg(film, tick), None))
    moving = difference(
        film, tick, shot(mtor_svg.scene_svg(film, film.heads()[0]), tick / 30 + 1e-4 * (tick == 0))
    )
    for mean, wrong in (still, moving):
        assert mean < 1.2
        assert wrong < 0.006


@pytest.mark.parametrize("spec", [ColourSpec(), ColourSpec(6, 6, 6), ColourSpec(5, 5, 6, full_range=True)])
def test_a_still_looks_like_the_rasterizers_picture(shot: Shot, spec: ColourSpec) -> None:
    film = film_of(*MOVING, colour=spec, background=SHADE)
    for tick in (0, 45, 110):
        mean, wrong = difference(film, tick, shot(mtor_svg.still_svg(film, tick), None))
        assert mean < 1.0
        assert wrong < 0.004


@pytest.mark.parametrize(
    "tick", [0, 9, 10, 25, 39, 41, 50, 59, 60, 64, 66, 79, 80, 85, 90, 94, 95, 99, 100, 119]
)
def test_the_animation_looks_like_the_film_at_any_time(shot: Shot, tick: int) -> None:
    film = film_of(*MOVING)
    svg = mtor_svg.scene_svg(film, film.heads()[0])
    half = Fraction(tick) + Fraction(1, 2)
    mean, wrong = difference(film, half, shot(svg, float(half / 30)))
    assert mean < 1.2
    assert wrong < 0.006


@pytest.mark.parametrize("softness", [6, 20])
def test_a_soft_scene_is_soft_in_a_browser_too(shot: Shot, softness: int) -> None:
    film = film_of(*MOVING, background=SHADE, softness=softness)
    animated = mtor_svg.scene_svg(film, film.heads()[0])
    for tick in (0, 45):
        for picture in (shot(mtor_svg.still_svg(film, tick), None), shot(animated, tick / 30)):
            mean, wrong = difference(film, tick, picture)
            assert mean < 1.5
            assert wrong < 0.004


def test_a_gradient_through_colours_that_no_screen_shows(shot: Shot) -> None:
    beyond = LinearGradient((0, 128, 128), (200, 40, 200))
    film = film_of(
        Enter(0, 0, ShapeState(SQUARE, beyond, at(160, 96, 3))),
        Edit(0, 90, 0, ShapeState(SQUARE, LinearGradient((255, 128, 200), (20, 200, 90)), at(160, 96, 3))),
        background=beyond,
    )
    svg = mtor_svg.scene_svg(film, film.heads()[0])
    for tick in (0, 45, 90):
        for picture in (shot(mtor_svg.still_svg(film, tick), None), shot(svg, tick / 30)):
            mean, wrong = difference(film, tick, picture)
            assert mean < 1.5
            assert wrong < 0.004


@pytest.mark.parametrize("tick", [0, 25, 45, 58, 75, 90, 119])
def test_radial_gradients(shot: Shot, tick: int) -> None:
    film = film_of(*RINGS, background=SHADE)
    animated = mtor_svg.scene_svg(film, film.heads()[0])
    for picture in (shot(mtor_svg.still_svg(film, tick), None), shot(animated, tick / 30)):
        mean, wrong = difference(film, tick, picture)
        assert mean < 1.5
        assert wrong < 0.006


@pytest.mark.parametrize("tick", [0, 25, 45, 58, 75, 90, 119])
def test_shading_fields(shot: Shot, tick: int) -> None:
    film = film_of(*FIELDS, background=SHADE)
    animated = mtor_svg.scene_svg(film, film.heads()[0])
    for picture in (shot(mtor_svg.still_svg(film, tick), None), shot(animated, tick / 30)):
        mean, wrong = difference(film, tick, picture)
        assert mean < 2
        assert wrong < 0.006


def test_an_edit_looks_at_no_edit_before_the_last() -> None:
    """A scene may have a million of one shape."""

    class Unread(list[object]):
        def __iter__(self) -> Iterator[object]:
            raise AssertionError("all edits are looked at")

    script = mtor_svg.script.SceneScript(SceneStart(0, 0, SHADE))
    script.feed([Enter(0, 0, ShapeState(SQUARE, RED, at(9, 9)))])
    (element,) = script.elements
    lives = element.life, script.backgrounds[0][1]
    for life in lives:
        life.segments = Unread()  # type: ignore[assignment]
    for tick in range(1, 9):
        script.feed([Edit(tick, 1, 0, ShapeState(SQUARE, SHADE, at(tick, 9))), Background(tick, 1, SHADE)])
    assert [len(life.segments) for life in lives] == [8, 8]
    script.feed([Edit(9, 0, 0, ShapeState(SQUARE, GLOW, at(9, 9))), Background(9, 1, GLOW)])
    assert [len(life.segments) for life in lives] == [8, 8], "another kind of gradient begins another element"
    assert len(script.elements) == len(script.backgrounds) == 2


def test_the_animation_moves(shot: Shot) -> None:
    film = film_of(*MOVING)
    svg = mtor_svg.scene_svg(film, film.heads()[0])
    pictures = [shot(svg, seconds) for seconds in (0.0, 0.8, 1.6, 2.6)]
    for one, other in pairwise(pictures):
        assert np.abs(one.astype(int) - other).mean() > 5


def test_a_still_in_a_dissolve_shows_both_scenes(shot: Shot) -> None:
    stream = io.BytesIO()
    writer = FilmWriter(stream, FilmHeader(*SIZE, Fraction(1, 30), Fraction(30)))
    writer.scene(SceneStart(0, 0, WHITE))
    writer.span(Span(0, 30, (Enter(0, 0, ShapeState(SQUARE, RED, at(60, 50))),)))
    writer.scene(SceneStart(1, 30, DARK, transition=Transition.DISSOLVE, transition_duration=20))
    writer.span(Span(30, 60, (Enter(30, 0, ShapeState(STAR, GREEN, at(200, 90))),)))
    writer.finish(60)
    film = FilmReader(stream)
    for tick in (29, 35, 45, 55):
        mean, wrong = difference(film, tick, shot(mtor_svg.still_svg(film, tick), None))
        assert mean < 1.7
        assert wrong < 0.004


ALLOWED = {
    "svg", "g", "rect", "path", "linearGradient", "radialGradient", "stop", "animate", "animateTransform",
    "set", "filter", "feGaussianBlur", "pattern", "image",
}  # fmt: skip
PICTURE = re.compile(r'href="data:image/png;base64,[A-Za-z0-9+/=]+"')
LINK = re.compile(r"url\((?!#[a-z0-9]+\))|href|javascript|data:|//(?!www\.w3\.org/2000/svg)", re.IGNORECASE)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(films())
def test_an_untrusted_film_makes_safe_and_sound_xml(film: MemoryFilm) -> None:
    add_sound_and_text(film)
    film.lines[0] = type(film.lines[0])(0, 0, 1, "<script>alert(1)</script>")
    texts = [mtor_svg.scene_svg(film, entry) for entry in film.heads()]
    texts += [mtor_svg.still_svg(film, tick) for tick in (0, film.duration // 2) if film.scenes]
    for text in texts:
        root = ElementTree.fromstring(text)
        for part in root.iter():
            assert part.tag.removeprefix("{http://www.w3.org/2000/svg}") in ALLOWED
            assert not (part.text or "").strip()
            assert not any(name.lower().startswith("on") for name in part.attrib)
        told = PICTURE.sub("", text)
        assert not LINK.search(told)
        assert "nan" not in told
        assert "inf" not in told


def test_the_plugin_is_found_and_exports(tmp_path: Path) -> None:
    film = film_of(*MOVING)
    exporter = plugins.get("exporter", "svg")
    assert [path.name for path in exporter.export(film, tmp_path, {})] == ["scene_0000.svg"]
    (still,) = exporter.export(film, tmp_path, {"time": "1.5"})
    assert still.read_text() == mtor_svg.still_svg(film, 45)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["scene_0000.svg", "still_1.500s.svg"]


@pytest.mark.parametrize(
    "options",
    [
        {"scene": "9"},
        {"scene": "x"},
        {"time": "-1"},
        {"time": "x"},
        {"size": "1"},
        {"time": "1", "scene": "0"},
    ],
)
def test_wrong_options_are_refused(tmp_path: Path, options: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        plugins.get("exporter", "svg").export(film_of(*MOVING), tmp_path, options)
    assert list(tmp_path.iterdir()) == []


def test_textures_are_images_of_stills_and_noted_in_scenes(tmp_path: Path) -> None:
    """A still embeds the picture as PNG, in the right colours; an animation says what it leaves out."""
    data, _ = texture_films.written([texture_films.scene(0, 0, shapes=True)])
    reader = FilmReader(io.BytesIO(data))
    exporter = plugins.get("exporter", "svg")
    still = exporter.export(reader, tmp_path, {"time": "0.1"})[0].read_text(encoding="utf-8")
    image = re.search(r'href="data:image/png;base64,([^"]+)"', still)
    assert image is not None
    pixels = cv2.imdecode(np.frombuffer(base64.b64decode(image[1]), np.uint8), cv2.IMREAD_COLOR)
    assert pixels.shape == (72, 128, 3)
    ground = pixels[4, 120].astype(int)
    assert np.abs(ground - ground.mean()).max() <= 4, "grey"
    assert abs(int(ground[1]) - (90 - 16) * 255 / 219) <= 5
    animated = exporter.export(reader, tmp_path, {})[0].read_text(encoding="utf-8")
    assert "1 textures (video) are left out" in animated
    ElementTree.fromstring(animated)


def test_palette_patches_are_paths_in_their_own_colours() -> None:
    flag = Mask(3, 1, 2, bytes([2, 0, 1]), colours=((235, 128, 128), (16, 128, 128)))
    film = film_of(Enter(0, 0, ShapeState(flag, RED, at(60, 50))))
    for drawing in (mtor_svg.still_svg(film, 10), mtor_svg.scene_svg(film, film.heads()[0])):
        assert re.findall(r'd="([^"]+)" fill="([^"]+)"', drawing) == [
            ("M1 -1h1v1h-1Z", "#ffffff"),
            ("M-1 -1h1v1h-1Z", "#000000"),
        ]


def test_masks_are_paths_by_level_and_jump_to_others() -> None:
    bar, ring = Mask(3, 1, 3, bytes([3, 3, 1])), Mask(2, 1, 1, bytes([0, 1]))
    first = ShapeState(bar, RED, at(60, 50))
    film = film_of(Enter(0, 0, first), Edit(30, 0, 0, ShapeState(ring, RED, at(60, 50))))
    still = mtor_svg.still_svg(film, 10)
    assert re.findall(r'd="([^"]+)" fill-opacity="([^"]+)"', still) == [
        ("M1 -1h1v1h-1Z", "0.333"),
        ("M-1 -1h2v1h-2Z", "1"),
    ]
    assert 'd="M0 -1h1v1h-1Z" fill-opacity="1"' in mtor_svg.still_svg(film, 40)
    animated = mtor_svg.scene_svg(film, film.heads()[0])
    ElementTree.fromstring(animated)
    assert animated.count("fill-opacity") == 3
