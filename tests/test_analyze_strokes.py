# SPDX-License-Identifier: Apache-2.0
"""Thin lines: traced through their crossings, told from other things, painted as strokes."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from analyze_films import luma_psnr, rendered, write_y4m

from mtor_transcode import transcode
from mtor_transcode.analyze.canvas.easel import Picture
from mtor_transcode.analyze.lines.chain_ends import Chain
from mtor_transcode.analyze.lines.chains import AROUND, length_of, line_contrast, trace_lines, without_thin
from mtor_transcode.analyze.lines.strokes import find_lines
from mtor_transcode.codec.film_reader import FilmReader
from mtor_transcode.model import Enter
from mtor_transcode.render.matrix import IDENTITY_MATRIX

WIDTH, HEIGHT = 320, 200
EVERYWHERE = np.ones((HEIGHT, WIDTH), dtype=bool)


def page(level: int = 40) -> Picture:
    picture = np.full((HEIGHT, WIDTH, 3), 128, np.uint8)
    picture[..., 0] = level
    return picture


def grid() -> Picture:
    """Lines of 2 px, 40 px apart, that cross each other from edge to edge."""
    picture = page()
    for x in range(20, WIDTH, 40):
        picture[:, x : x + 2, 0] = 130
    for y in range(20, HEIGHT, 40):
        picture[y : y + 2, :, 0] = 130
    return picture


def traced(picture: Picture) -> list[Chain]:
    return trace_lines(picture, line_contrast(picture, np.ones(picture.shape[:2], bool)), 20.0)


def test_lines_go_on_across_their_crossings() -> None:
    chains = traced(grid())
    assert len(chains) == 8 + 5
    assert all(length_of(chain) > HEIGHT - 12 for chain in chains)


def test_a_line_goes_on_behind_what_covers_it() -> None:
    picture = page()
    picture[100:102, :, 0] = 130
    picture[90:112, 140:180, 0] = 90
    assert max(length_of(chain) for chain in traced(picture)) > WIDTH - 12


def test_where_curves_cross_each_goes_on_in_its_colour() -> None:
    """Even where they meet at a small angle and run on together for a while."""
    picture = page(230)
    xs = np.arange(10, WIDTH - 10)
    for sign, colour in ((1, (120, 160, 100)), (-1, (120, 100, 160))):
        ys = 100 + sign * 14 * np.cos(xs / 60)
        points = np.rint(np.stack([xs, ys], axis=1) * 16).astype(np.int32).reshape(-1, 1, 2)
        cv2.polylines(picture, [points], False, colour, 2, cv2.LINE_AA, 4)
    first, second = traced(picture)[:2]
    for chain in (first, second):
        assert length_of(chain) > WIDTH - 60
        at = chain.astype(int)
        blue = picture[at[:, 1], at[:, 0], 1].astype(float)
        assert np.mean(np.abs(blue - np.median(blue)) < 20) > 0.9


def test_a_line_that_is_shown_already_is_not_found_again() -> None:
    picture = page()
    picture[60:63, :, 0] = 130
    picture[120:123, :, 0] = 130
    shown = page(60)  # Another ground, and one of the lines upon it.
    shown[60:63, :, 0] = 140
    (line,) = find_lines(picture, EVERYWHERE, 1000.0, IDENTITY_MATRIX, shown=shown).lines
    assert all(abs(y / 16 - 121.5) < 0.3 for _, y in line.path.points)


def test_a_noisy_curve_is_drawn_where_it_runs(tmp_path: Path) -> None:
    """Arcs would cut its corners, and a thin line beside itself is no line."""
    dice = np.random.default_rng(5)
    picture = page(230)
    luma = np.ascontiguousarray(picture[..., 0])
    xs = np.arange(8, WIDTH - 8, 12)
    ys = 100 + 40 * np.sin(xs / 40) + dice.normal(0, 4, len(xs))
    points = np.rint(np.stack([xs, ys], axis=1) * 16).astype(np.int32).reshape(-1, 1, 2)
    cv2.polylines(luma, [points], False, 90, 1, cv2.LINE_AA, 4)
    picture[..., 0] = luma
    source = write_y4m(tmp_path / "curve.y4m", [picture])
    film = tmp_path / "curve.mtor"
    made = transcode(source, film, quality=30, mode="vector")
    assert made.bytes < 125
    assert luma_psnr(rendered(film, range(1)), [picture]) > 34


def test_a_level_line_has_two_nodes_and_its_width() -> None:
    picture = page()
    picture[100:103, :, 0] = 130
    (line,) = find_lines(picture, EVERYWHERE, 1000.0, IDENTITY_MATRIX).lines
    (x0, y0), (x1, y1) = line.path.points
    assert min(x0, x1) < 0
    assert max(x0, x1) > 16 * WIDTH
    assert abs(y0 / 16 - 101.5) < 0.2
    assert y0 == y1
    assert line.width == pytest.approx(3.0, abs=0.4)


def test_the_sides_of_a_frame_are_lines_each() -> None:
    """A plot's axes: a box of thin lines is four level and upright strokes with sharp corners."""
    picture = page()
    cv2.rectangle(picture, (40, 30), (270, 160), (200, 128, 128), 2)
    lines = find_lines(picture, EVERYWHERE, 1000.0, IDENTITY_MATRIX).lines
    assert len(lines) == 4
    for line in lines:
        (x0, y0), (x1, y1) = line.path.points
        assert x0 == x1 or y0 == y1


def test_a_noisy_curve_is_a_line_and_writing_is_none() -> None:
    dice = np.random.default_rng(2)
    picture = page()
    luma = np.ascontiguousarray(picture[..., 0])
    xs = np.arange(10, WIDTH - 10, 4)
    ys = 60 + 30 * np.sin(xs / 60) + dice.normal(0, 1.2, len(xs))
    points = np.rint(np.stack([xs, ys], axis=1) * 16).astype(np.int32).reshape(-1, 1, 2)
    cv2.polylines(luma, [points], False, 200, 1, cv2.LINE_AA, 4)
    cv2.putText(luma, "not lines", (10, 170), cv2.FONT_HERSHEY_SCRIPT_SIMPLEX, 1.2, 200, 2, cv2.LINE_AA)
    picture[..., 0] = luma
    lines = find_lines(picture, EVERYWHERE, 400.0, IDENTITY_MATRIX).lines
    assert lines
    assert all(y < 16 * 110 for line in lines for _, y in line.path.points)
    assert sum(length_of(np.array(line.path.points) / 16) for line in lines) > 250


@pytest.mark.parametrize("row", [0, HEIGHT - 1])
def test_a_line_at_the_edge_of_the_frame_is_one(row: int) -> None:
    picture = page()
    picture[row, :, 0] = 130
    (line,) = find_lines(picture, EVERYWHERE, 1000.0, IDENTITY_MATRIX).lines
    assert [abs(y / 16 - row - 0.5) < 0.3 for _, y in line.path.points] == [True, True]
    assert line.width == pytest.approx(1.0, abs=0.3)


def test_lines_of_a_grid_share_outlines_and_colours(tmp_path: Path) -> None:
    """Though noise makes each of another length, width and colour by itself."""
    picture = grid()
    picture[:, 20, 0] = picture[:, 21, 0] = 128
    picture[197:, 60:62, 0] = 40
    source = write_y4m(tmp_path / "grid.y4m", [picture])
    film = tmp_path / "grid.mtor"
    transcode(source, film, quality=30, mode="vector")
    spans = FilmReader(film.open("rb")).spans(0)
    entered = [token.state for span in spans for token in span.tokens if isinstance(token, Enter)]
    assert len(entered) == 8 + 5
    assert len({state.outline for state in entered}) == 2
    assert len({state.paint for state in entered}) == 1


@pytest.mark.parametrize("what", ["border", "box", "letters"])
def test_what_is_no_line_is_none(what: str) -> None:
    picture = page()
    if what == "border":  # between two areas
        picture[100:, :, 0] = 130
        picture[99:101, :, 0] = 200
    elif what == "box":
        picture[60:140, 60:260, 0] = 130
    else:
        luma = np.ascontiguousarray(picture[..., 0])
        cv2.putText(luma, "lines of text", (10, 100), cv2.FONT_HERSHEY_SIMPLEX, 1.0, 220, 2, cv2.LINE_AA)
        picture[..., 0] = luma
    assert not find_lines(picture, EVERYWHERE, 1000.0, IDENTITY_MATRIX).lines


def test_a_grid_is_strokes(tmp_path: Path) -> None:
    source = write_y4m(tmp_path / "grid.y4m", [grid()])
    film = tmp_path / "grid.mtor"
    made = transcode(source, film, quality=50)
    with film.open("rb") as stream:
        (span,) = FilmReader(stream).scene(0).spans
        strokes = [t for t in span.tokens if isinstance(t, Enter) and t.state.outline.stroke_width]
    assert len(strokes) == 8 + 5
    assert made.bytes < 180
    assert luma_psnr(rendered(film, range(1)), [grid()]) > 40


def test_a_bent_line_is_a_stroke(tmp_path: Path) -> None:
    picture = page()
    luma = np.ascontiguousarray(picture[..., 0])
    xs = np.arange(0, WIDTH * 16, 8)
    ys = (100 + 60 * np.sin(xs / 16 / 50)) * 16
    points = np.stack([xs, ys], axis=1).astype(np.int32).reshape(-1, 1, 2)
    cv2.polylines(luma, [points], False, 200, 1, cv2.LINE_AA, 4)
    picture[..., 0] = luma
    lines = find_lines(picture, EVERYWHERE, 400.0, IDENTITY_MATRIX).lines
    assert 1 <= len(lines) <= 2
    assert sum(len(line.path.points) for line in lines) <= 22
    source = write_y4m(tmp_path / "wave.y4m", [picture])
    film = tmp_path / "wave.mtor"
    made = transcode(source, film, quality=50)
    assert made.bytes < 160
    assert luma_psnr(rendered(film, range(1)), [picture]) > 38


def test_the_median_is_taken_where_it_is_asked_for() -> None:
    """In tiles, to the very values of the whole picture's, mirrored at its edges."""
    dice = np.random.default_rng(3)
    picture = dice.integers(0, 256, (300, 500, 3)).astype(np.uint8)
    mirrored = cv2.copyMakeBorder(picture, AROUND, AROUND, AROUND, AROUND, cv2.BORDER_REFLECT_101)
    whole = cv2.medianBlur(mirrored, AROUND)[AROUND:-AROUND, AROUND:-AROUND]
    for _ in range(8):
        where = np.zeros(picture.shape[:2], bool)
        for y, x in zip(dice.integers(0, 300, 3), dice.integers(0, 500, 3), strict=True):
            where[y : y + 40, x : x + 90] = True
        assert (without_thin(picture, where)[where] == whole[where]).all()
    nowhere = np.zeros(picture.shape[:2], bool)
    assert (without_thin(picture, nowhere) == picture).all()
