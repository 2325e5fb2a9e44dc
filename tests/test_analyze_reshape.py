# SPDX-License-Identifier: Apache-2.0
"""Shapes that change their form keep their nodes, and what lies beside a shape does not draw it away."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from analyze_films import RED, flat, luma_psnr, over, rendered, write_y4m
from numpy.typing import NDArray
from render_film import box

from mtor_transcode import transcode
from mtor_transcode.analyze.canvas.live_shapes import LiveShapes
from mtor_transcode.analyze.motion.pose import PoseFit, Setting, setting_of, told_apart
from mtor_transcode.analyze.motion.reshape import ReshapeFit, can_reshape
from mtor_transcode.codec.canonical import canonical_state, is_canonical
from mtor_transcode.codec.film_reader import FilmReader
from mtor_transcode.model import Contour, Edit, Enter, NodeKind, Outline, ShapeState, Solid, Transform
from mtor_transcode.render.morph import same_structure
from mtor_transcode.render.rasterizer import rasterizer

SIZE = (160, 140)
FRAME = (0, 0, *SIZE)
GROUND, WHITE, BLACK = Solid((90, 128, 128)), Solid((220, 110, 140)), Solid((20, 128, 128))
NODES = 12


def blob(bumps: NDArray[np.float64], kind: NodeKind) -> ShapeState:
    """An oval of twelve nodes, each away from it by ``bumps`` (12, 2) px."""
    turns = np.linspace(0, 2 * np.pi, NODES, endpoint=False)
    places = np.stack([80 + 24 * np.cos(turns), 70 + 40 * np.sin(turns)], axis=1) + bumps
    points = tuple((round(float(x) * 4) * 4, round(float(y) * 4) * 4) for x, y in places)
    outline = Outline((Contour(points, (kind,) * NODES),))
    return canonical_state(ShapeState(outline, WHITE, Transform()))


def stage(*states: ShapeState) -> LiveShapes:
    live = LiveShapes(rasterizer(), SIZE, GROUND)
    for number, state in enumerate(states):
        live.add(live.make(number, state))
    return live


def around(live: LiveShapes, target: NDArray[np.uint8]) -> Setting:
    return setting_of(live, 0, FRAME, target, np.ones(target.shape[:2], np.float32))


@pytest.mark.parametrize("kind", [NodeKind.CORNER, NodeKind.SMOOTH])
@pytest.mark.parametrize(("size", "seed"), [(2.0, 1), (4.0, 2), (6.0, 3)])
def test_nodes_go_where_the_edge_is(kind: NodeKind, size: float, seed: int) -> None:
    bumps = np.random.default_rng(seed).normal(size=(NODES, 2)) * size
    target = stage(blob(bumps, kind)).shown
    before = blob(np.zeros((NODES, 2)), kind)
    fit = ReshapeFit(stage(before), before, around(stage(before), target))
    found = fit.fitted(lambda state: 0.0, lam=1.0)
    assert found is not None
    assert found.outline is not None
    assert found.error < 0.06 * fit.error(before)
    assert is_canonical(found.outline)
    assert same_structure(found.outline, before.outline)


def test_a_shape_that_fits_is_left_alone() -> None:
    before = blob(np.zeros((NODES, 2)), NodeKind.SMOOTH)
    live = stage(before)
    assert ReshapeFit(live, before, around(live, live.shown)).fitted(lambda state: 0.0, lam=1.0) is None


def test_bits_are_weighed() -> None:
    """Where bits cost much, neighbours that go about as far go exactly as far."""
    bumps = np.random.default_rng(5).normal(size=(NODES, 2)) * 0.5 + np.array([6.0, 0.0])
    target = stage(blob(bumps, NodeKind.CORNER)).shown
    before = blob(np.zeros((NODES, 2)), NodeKind.CORNER)
    fit = ReshapeFit(stage(before), before, around(stage(before), target))

    def steps(state: ShapeState) -> float:
        """How often the shift of a node is another than that of the one before."""
        new, old = (np.array(s.outline.contours[0].points) for s in (state, before))
        return float(np.count_nonzero(np.diff(new - old, axis=0)))

    exact, even = fit.fitted(steps, lam=0.0), fit.fitted(lambda state: 1000 * steps(state), lam=10.0)
    assert exact is not None
    assert even is not None
    assert exact.error <= even.error
    assert steps(replace(before, outline=even.outline)) < steps(replace(before, outline=exact.outline))


def test_lines_and_shapes_of_many_nodes_keep_their_form() -> None:
    state = blob(np.zeros((NODES, 2)), NodeKind.SMOOTH)
    assert can_reshape(state)
    assert not can_reshape(replace(state, outline=replace(state.outline, stroke_width=32)))
    contour = Contour(tuple((16 * i, i % 2) for i in range(200)), (NodeKind.CORNER,) * 200)
    assert not can_reshape(replace(state, outline=Outline((contour,))))


def test_what_appears_beside_a_shape_does_not_draw_it_away() -> None:
    """Beneath the box something dark has come, which nothing on the stage explains: nearer to the box's
    colour than the ground is, so that the box would better cover it."""
    was = ShapeState(box(40, 40), WHITE, Transform(960, 800))
    dark = ShapeState(box(60, 40), Solid((240, 90, 190)), Transform(1060, 1400))
    moved = replace(was, transform=Transform(1060, 780))
    target = stage(moved, dark).shown
    live = stage(was)
    setting = around(live, target)
    drawn = PoseFit(live, was, setting).fitted(moved.transform, similarity=True)
    told = told_apart(setting, was, _cover(live, was))
    kept = PoseFit(live, was, told).fitted(moved.transform, similarity=True)
    assert abs(drawn.dy - moved.transform.dy) + abs(drawn.scale - 4096) > 40
    assert abs(kept.dy - moved.transform.dy) <= 2
    assert abs(kept.scale - 4096) <= 24


def test_a_shape_in_another_colour_is_still_seen() -> None:
    was = ShapeState(box(40, 40), WHITE, Transform(960, 800))
    live = stage(was)
    setting = around(live, stage(replace(was, paint=BLACK)).shown)
    assert told_apart(setting, was, _cover(live, was)) is setting


def _cover(live: LiveShapes, state: ShapeState) -> NDArray[np.uint8]:
    return live.engine.coverage(state.outline, state.transform, SIZE, live.view)


def leaning(share: float) -> NDArray[np.float32]:
    """Coverage of a leg that stands, and bends at its knee: (140, 160)."""
    fine = 8
    bend = 30 * share
    points = [(60, 20), (84, 20), (84 + bend, 66), (80, 116), (58, 116), (60 + bend, 66)]
    canvas = np.zeros((140 * fine, 160 * fine), np.uint8)
    cv2.fillPoly(canvas, [np.rint(np.array(points) * fine).astype(np.int32)], 255)
    return canvas.reshape(140, fine, 160, fine).mean(axis=(1, 3), dtype=np.float32) / 255


def test_a_bending_leg_stays_one_shape(tmp_path: Path) -> None:
    pictures = [over(flat(160, 140), leaning(min(max(n - 5, 0) / 20, 1)), RED) for n in range(40)]
    film = tmp_path / "leg.mtor"
    transcode(write_y4m(tmp_path / "leg.y4m", pictures), film, quality=50, mode="vector")
    with film.open("rb") as stream:
        tokens = [token for span in FilmReader(stream).spans(0) for token in span.tokens]
    assert sum(isinstance(token, Enter) for token in tokens) <= 3
    assert any(isinstance(token, Edit) and token.state.outline != tokens[0].state.outline for token in tokens)
    for tick, shown in zip((0, 12, 15, 20, 39), rendered(film, (0, 12, 15, 20, 39)), strict=True):
        assert luma_psnr(pictures[tick], shown) > 30, tick
