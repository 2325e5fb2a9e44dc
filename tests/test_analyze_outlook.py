# SPDX-License-Identifier: Apache-2.0
"""What a camera will bring into view is seen ahead; shapes that are not worth their bits are withdrawn."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from analyze_films import GROUND, PALE, RED, Picture, box_cover, flat, frames_of, over

from mtor_transcode.analyze.canvas.library import OutlineLibrary
from mtor_transcode.analyze.motion.lookahead import Lookahead
from mtor_transcode.analyze.motion.outlook import outlook_from
from mtor_transcode.analyze.scene.painting import Work
from mtor_transcode.analyze.scene.scene_coder import SceneCoder
from mtor_transcode.codec.film_writer import FilmWriter
from mtor_transcode.model import (
    Contour,
    Enter,
    FilmHeader,
    LinearGradient,
    NodeKind,
    Outline,
    Paint,
    SceneStart,
    ShapeState,
    Solid,
    Transform,
)
from mtor_transcode.render.rasterizer import rasterizer

WIDTH, HEIGHT, FPS = 128, 96, 25
PLAIN = Solid(GROUND)


def world(width: int, height: int) -> Picture:
    """A ground with fifty boxes of several greys, the same for the same size."""
    chance = np.random.default_rng(7)
    picture = flat(width, height)
    for _ in range(width * height // 600):
        x, y = chance.integers(0, width), chance.integers(0, height)
        wide, high = chance.integers(6, 24, 2)
        picture[y : y + high, x : x + wide] = (int(chance.integers(20, 235)), 128, 128)
    return picture


def panned(ways: Sequence[tuple[int, int]], *, width: int = 340, height: int = HEIGHT) -> list[Picture]:
    """What a camera sees of a world as it stands at each of ``ways``."""
    whole = world(width, height)
    return [whole[y : y + HEIGHT, x : x + WIDTH] for x, y in ways]


def ahead_of(pictures: list[Picture]) -> Lookahead:
    look = Lookahead(frames_of(pictures), 1 / Fraction(FPS), 10)
    assert look.has(0)
    return look


@pytest.mark.parametrize(
    ("ways", "size"),
    [
        ([(4 * tick, 0) for tick in range(50)], (340, HEIGHT)),
        ([(200 - 4 * tick, 0) for tick in range(50)], (340, HEIGHT)),
        ([(2 * tick, 2 * tick) for tick in range(40)], (WIDTH + 78, HEIGHT + 78)),
        ([(0, 0)] * 12 + [(3 * tick, 0) for tick in range(40)], (340, HEIGHT)),
    ],
)
def test_a_pan_is_seen_ahead(ways: list[tuple[int, int]], size: tuple[int, int]) -> None:
    outlook = outlook_from(ahead_of(panned(ways, width=size[0], height=size[1])), 0, PLAIN)
    assert outlook is not None
    x0, y0, x1, y1 = outlook.rect
    left, top = min(x for x, _ in ways), min(y for _, y in ways)
    right, low = max(x for x, _ in ways) + WIDTH, max(y for _, y in ways) + HEIGHT
    (x, y) = ways[0]
    assert np.abs(np.array((x + x0, y + y0, x + x1, y + y1)) - (left, top, right, low)).max() <= 4
    truth = np.zeros((*outlook.known.shape, 3))
    seen = world(*size)[max(y + y0, 0) : y + y1, max(x + x0, 0) : x + x1]
    down, across = max(-(y + y0), 0), max(-(x + x0), 0)
    truth[down : down + seen.shape[0], across : across + seen.shape[1]] = seen
    known = outlook.known.copy()
    known[:down], known[:, :across] = False, False
    known[down + seen.shape[0] :], known[:, across + seen.shape[1] :] = False, False
    assert known.sum() > 1.4 * WIDTH * HEIGHT
    assert float(np.abs(outlook.target - truth)[known].mean()) < 2


def test_the_background_stays_with_the_frame() -> None:
    slope = LinearGradient((30, 128, 128), (220, 128, 128), angle=0)
    outlook = outlook_from(ahead_of(panned([(4 * tick, 0) for tick in range(40)])), 0, slope)
    assert outlook is not None
    first, beyond = outlook.behind[40, :WIDTH, 0], outlook.behind[40, WIDTH + 8 : -8, 0]
    assert (np.diff(first.astype(int)) >= 0).all()
    assert (beyond > 150).all(), "what comes in comes in at the right, before the background's right end"


def box_at(x: float) -> Picture:
    return over(flat(WIDTH, HEIGHT), box_cover(WIDTH, HEIGHT, (x, 30, x + 30, 60)), PALE)


def shaken(tick: int) -> Picture:
    """Another picture each time."""
    return np.random.default_rng(tick).integers(0, 255, (HEIGHT, WIDTH, 3)).astype(np.uint8)


@pytest.mark.parametrize(
    "make",
    [lambda tick: panned([(9, 0)])[0], lambda tick: box_at(2.0 * tick), shaken],
    ids=["still", "a thing moves", "noise"],
)
def test_without_a_camera_there_is_nothing_ahead(make: Callable[[int], Picture]) -> None:
    assert outlook_from(ahead_of([make(tick) for tick in range(40)]), 0, PLAIN) is None


def box(width: float, height: float, x: float, y: float, paint: Paint) -> ShapeState:
    across, down = round(8 * width), round(8 * height)
    corners = ((-across, -down), (across, -down), (across, down), (-across, down))
    outline = Outline((Contour(corners, (NodeKind.CORNER,) * 4),))
    return ShapeState(outline, paint, Transform(round(16 * x), round(16 * y)))


def coder_that_paints(states: Sequence[ShapeState], target: Picture) -> SceneCoder:
    """A coder whose painter paints just these shapes, after its first state."""
    writer = FilmWriter(io.BytesIO(), FilmHeader(WIDTH, HEIGHT, Fraction(1, FPS), Fraction(FPS)))
    writer.scene(SceneStart(0, 0, PLAIN))

    def paint(work: Work) -> None:
        for state in states:
            work.live.add(work.live.make(99, state))
            del work.live.shapes[-1]
            work.enter(state)

    coder = SceneCoder(OutlineLibrary(rasterizer()), target, 100.0, PLAIN)
    coder._painter.paint = paint  # type: ignore[method-assign]
    coder.begin(writer.pricer(), target, np.ones((HEIGHT, WIDTH), np.float32), 0)
    return coder


def test_shapes_that_others_have_covered_are_withdrawn() -> None:
    target = over(flat(WIDTH, HEIGHT), box_cover(WIDTH, HEIGHT, (30, 20, 70, 60)), PALE)
    useless, good = box(20, 20, 50, 40, Solid(RED)), box(40, 40, 50, 40, Solid(PALE))
    coder = coder_that_paints([useless, good, replace(good, paint=Solid(PALE))], target)
    alone = coder_that_paints([good], target)
    assert coder.bits == pytest.approx(alone.bits)
    assert coder.nodes == alone.nodes == 4
    assert [token.state for token in coder.take_tokens() if isinstance(token, Enter)] == [good]
    assert np.array_equal(coder.live.shown, alone.live.shown)


def test_shapes_that_pay_stay() -> None:
    target = over(flat(WIDTH, HEIGHT), box_cover(WIDTH, HEIGHT, (30, 20, 70, 60)), PALE)
    target = over(target, box_cover(WIDTH, HEIGHT, (40, 30, 60, 50)), RED)
    states = [box(40, 40, 50, 40, Solid(PALE)), box(20, 20, 50, 40, Solid(RED))]
    coder = coder_that_paints(states, target)
    assert [token.state for token in coder.take_tokens() if isinstance(token, Enter)] == states
