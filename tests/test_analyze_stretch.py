# SPDX-License-Identifier: Apache-2.0
"""Shapes that grow at a side keep the others, and say so once."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from analyze_films import PALE, RED, box_cover, flat, luma_psnr, over, rendered, write_y4m
from render_film import box

from mtor_transcode import transcode
from mtor_transcode.analyze.canvas.live_shapes import LiveShapes
from mtor_transcode.analyze.motion.pose import Pose, setting_of
from mtor_transcode.analyze.motion.stretch import StretchFit, can_stretch, sides_of, squared, stretched
from mtor_transcode.analyze.motion.tracks import Tracks
from mtor_transcode.codec.canonical import is_canonical
from mtor_transcode.codec.film_reader import FilmReader
from mtor_transcode.model import (
    Contour,
    Edit,
    Enter,
    NodeKind,
    Outline,
    ShapeState,
    Solid,
    Token,
    Transform,
)
from mtor_transcode.render.rasterizer import rasterizer

SIZE = (120, 100)
GROUND, WHITE = Solid((90, 128, 128)), Solid((220, 110, 140))
LINE = Outline((Contour(((-64, 0), (64, 0)), (NodeKind.CORNER,) * 2, closed=False),), stroke_width=48)
BAR = ShapeState(box(30, 16), WHITE, Transform(960, 1200))


@pytest.mark.parametrize("outline", [box(30, 16), box(7, 3), LINE])
@pytest.mark.parametrize("sides", [(3.0, 40.25, 41.5, 47.0), (10.0, 5.0, 12.0, 90.5)])
def test_sides_go_where_they_are_asked_to(outline: Outline, sides: tuple[float, ...]) -> None:
    made = stretched(outline, np.array(sides))
    assert made is not None
    assert is_canonical(made[0])
    seen = sides_of(ShapeState(made[0], WHITE, made[1]))
    wanted = np.array(sides)
    if outline is LINE:
        wanted[3] = wanted[1]  # What has no height keeps none.
    assert np.abs(seen - wanted).max() <= 0.25
    assert made[0].stroke_width == outline.stroke_width


def test_nothing_is_stretched_to_nothing() -> None:
    assert stretched(box(30, 16), np.array([10.0, 10.0, 10.0, 20.0])) is None
    assert stretched(box(30, 16), np.array([10.0, 20.0, 40.0, 10.0])) is None


def test_only_what_is_upright_is_stretched() -> None:
    assert can_stretch(BAR)
    assert not can_stretch(replace(BAR, transform=Transform(960, 1200, 4096, 40)))
    assert not can_stretch(replace(BAR, transform=Transform(960, 1200, 5000, 0)))


def stage(state: ShapeState) -> LiveShapes:
    live = LiveShapes(rasterizer(), SIZE, GROUND)
    live.add(live.make(0, state))
    return live


@pytest.mark.parametrize("grown", [(0.0, -37.5, 0.0, 0.0), (0.0, 0.0, 23.0, 0.0), (0.0, 6.0, -8.25, 0.0)])
def test_the_side_that_moved_is_found(grown: tuple[float, ...]) -> None:
    truth = sides_of(BAR) + grown
    outline, place = stretched(BAR.outline, truth) or (BAR.outline, BAR.transform)
    target = stage(replace(BAR, outline=outline, transform=place)).shown
    live = stage(BAR)
    worth = np.ones(target.shape[:2], np.float32)
    found = StretchFit(live, BAR, setting_of(live, 0, (0, 0, *SIZE), target, worth)).fitted()
    assert found is not None
    assert found.outline is not None
    fresh = replace(BAR, outline=found.outline, transform=found.place)
    assert np.abs(sides_of(fresh) - truth).max() <= 0.25
    assert found.error < 0.01 * float(((target.astype(float) - live.shown) ** 2).sum())


def test_sides_stay_where_they_are_seen() -> None:
    """The target's side lies beyond the setting: none is moved out of it."""
    truth = sides_of(BAR) - np.array([0.0, 40.0, 0.0, 0.0])
    outline, place = stretched(BAR.outline, truth) or (BAR.outline, BAR.transform)
    target = stage(replace(BAR, outline=outline, transform=place)).shown
    live = stage(BAR)
    worth = np.ones(target.shape[:2], np.float32)
    found = StretchFit(live, BAR, setting_of(live, 0, (0, 45, 120, 100), target, worth)).fitted()
    assert found is not None
    assert found.outline is not None
    top = sides_of(replace(BAR, outline=found.outline, transform=found.place))[1]
    assert 45 <= top <= 47


def test_a_slanted_box_is_squared() -> None:
    slanted = Outline((Contour(((240, 128), (-240, 128), (-240, -128), (240, -72)), (NodeKind.CORNER,) * 4),))
    made = squared(slanted)
    assert made is not None
    assert made.contours[0].points == ((240, 128), (-240, 128), (-240, -128), (240, -128))
    assert squared(LINE) is None
    thin = Outline((Contour(((0, 128), (-240, 100), (0, -128), (240, 0)), (NodeKind.CORNER,) * 4),))
    assert squared(thin) is None


def growing(heights: list[float]) -> tuple[Tracks, list[Token]]:
    """A bar whose top goes up by ``heights`` (px), a key every 10 ticks."""
    tracks = Tracks()
    tokens: list[Token] = [Enter(0, 7, BAR)]
    states = [BAR]
    for height in heights:
        made = stretched(BAR.outline, sides_of(BAR) - np.array([0, height, 0, 0]))
        assert made is not None
        outline, place = made
        states.append(replace(BAR, outline=outline, transform=place))
    for number, (before, after) in enumerate(pairwise(states)):
        since, at = 10 * number, 10 * number + 10
        pose = Pose(after.transform, 0.0, np.eye(4) * 1000.0, 1.0, 300.0, after.outline, sides_of)
        tracks.moved(7, since, at, before.transform, pose)
        tokens.append(Edit(since, 10, 7, after))
    return tracks, tokens


def test_even_growth_is_one_edit() -> None:
    tracks, tokens = growing([8.0, 16.0, 24.25, 32.0, 40.0])
    assert tracks.expected(7, 50, 60) is None
    enter, edit = tracks.smoothed(tokens, {}, 100.0)
    assert isinstance(enter, Enter)
    assert isinstance(edit, Edit)
    assert (edit.at, edit.duration) == (0, 50)
    assert edit.state == tokens[-1].state  # type: ignore[union-attr]


def test_growth_that_stops_is_two() -> None:
    tracks, tokens = growing([20.0, 40.0, 44.0, 48.0])
    edits = [token for token in tracks.smoothed(tokens, {}, 100.0) if isinstance(token, Edit)]
    assert [(edit.at, edit.duration) for edit in edits] == [(0, 20), (20, 20)]


def test_a_bar_that_grows_is_one_shape(tmp_path: Path) -> None:
    pictures = []
    for tick in range(30):
        picture = over(flat(160, 120), box_cover(160, 120, (20, 100, 140, 102)), PALE)
        top = 96 - 3 * min(max(tick - 4, 0), 20)
        pictures.append(over(picture, box_cover(160, 120, (60, top, 84, 100)), RED))
    source = write_y4m(tmp_path / "bar.y4m", pictures)
    transcode(source, tmp_path / "bar.mtor", quality=50, mode="vector")
    with (tmp_path / "bar.mtor").open("rb") as stream:
        tokens = [token for span in FilmReader(stream).spans(0) for token in span.tokens]
    enters = [token for token in tokens if isinstance(token, Enter)]
    assert len(enters) == 2, "the line and the bar"
    assert len(tokens) <= 5
    assert luma_psnr(rendered(tmp_path / "bar.mtor", range(30)), pictures) > 38
