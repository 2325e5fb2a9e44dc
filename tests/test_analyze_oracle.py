# SPDX-License-Identifier: Apache-2.0
"""Flat films whose shapes are known come back at 40 dB for less than three times their own bytes."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from analyze_films import box_cover, disc_cover, luma_psnr, rendered, write_y4m

from mtor_transcode import transcode
from mtor_transcode.analyze.canvas.easel import coverage
from mtor_transcode.analyze.shapes.contours import trace_contours
from mtor_transcode.analyze.shapes.outlines import fit_outline
from mtor_transcode.codec.film_reader import FilmReader
from mtor_transcode.codec.film_writer import FilmWriter
from mtor_transcode.model import Outline, Point, Scene, Transform
from mtor_transcode.render.frames import FrameRenderer
from mtor_transcode.render.rasterizer import rasterizer

from films import FILMS, HEADER  # isort: skip

QUALITY = 60
SIDE = 64


def film_of(scenes: tuple[Scene, ...], end: int) -> bytes:
    """The first ``end`` ticks of a sample's only scene, by our own syntax."""
    stream = io.BytesIO()
    writer = FilmWriter(stream, HEADER)
    (scene,) = scenes
    writer.scene(scene.head)
    for span in scene.spans:
        writer.span(type(span)(span.start, end, tuple(t for t in span.tokens if t.at < end)))
    writer.finish(end)
    return stream.getvalue()


def test_a_flat_film_comes_back_at_40_db(tmp_path: Path) -> None:
    frames = 10
    truth = film_of(FILMS["slide"](), frames)
    renderer = FrameRenderer(FilmReader(io.BytesIO(truth)))
    pictures = [renderer.frame(tick).copy() for tick in range(frames)]
    source = write_y4m(tmp_path / "truth.y4m", pictures)
    made = transcode(source, tmp_path / "film.mtor", quality=QUALITY)
    score = luma_psnr(rendered(tmp_path / "film.mtor", range(frames)), pictures)
    assert score >= 40, f"{score:.2f} dB, {made.bytes} bytes, truth {len(truth)} bytes"
    assert made.bytes < 3 * len(truth), f"{score:.2f} dB, {made.bytes} bytes, truth {len(truth)} bytes"


def test_moving_figures_come_back_at_40_db(tmp_path: Path) -> None:
    frames = 75
    truth = film_of(FILMS["motion"](), frames)
    renderer = FrameRenderer(FilmReader(io.BytesIO(truth)))
    pictures = [renderer.frame(tick).copy() for tick in range(frames)]
    source = write_y4m(tmp_path / "truth.y4m", pictures)
    made = transcode(source, tmp_path / "film.mtor", quality=50)
    score = luma_psnr(rendered(tmp_path / "film.mtor", range(frames)), pictures)
    assert score >= 40, f"{score:.2f} dB, {made.bytes} bytes, truth {len(truth)} bytes"
    assert made.bytes < 3 * len(truth), f"{score:.2f} dB, {made.bytes} bytes, truth {len(truth)} bytes"


def test_a_pan_is_painted_whole(tmp_path: Path) -> None:
    frames = 75
    truth = film_of(FILMS["pan"](), frames)
    renderer = FrameRenderer(FilmReader(io.BytesIO(truth)))
    pictures = [renderer.frame(tick).copy() for tick in range(frames)]
    source = write_y4m(tmp_path / "truth.y4m", pictures)
    made = transcode(source, tmp_path / "film.mtor", quality=45)
    score = luma_psnr(rendered(tmp_path / "film.mtor", range(frames)), pictures)
    assert score >= 40, f"{score:.2f} dB, {made.bytes} bytes, truth {len(truth)} bytes"
    assert made.bytes < 3 * len(truth), f"{score:.2f} dB, {made.bytes} bytes, truth {len(truth)} bytes"


def nodes(fit: tuple[Outline, Point]) -> set[tuple[float, float]]:
    outline, (dx, dy) = fit
    return {((x + dx) / 16, (y + dy) / 16) for contour in outline.contours for x, y in contour.points}


@pytest.mark.parametrize("area_per_bit", [0.01, 0.1, 1.0])
def test_a_box_has_its_four_corners(area_per_bit: float) -> None:
    fit = fit_outline(
        trace_contours(box_cover(SIDE, SIDE, (10, 12, 30, 40)), 0.5), area_per_bit, curves=False
    )
    assert fit is not None
    assert nodes(fit) == {(10, 12), (30, 12), (30, 40), (10, 40)}


@pytest.mark.parametrize("radius", [8.0, 14.0, 25.0])
@pytest.mark.parametrize("area_per_bit", [0.01, 0.03, 0.1])
def test_a_disc_stays_round(radius: float, area_per_bit: float) -> None:
    cover = disc_cover(SIDE, SIDE, 32.2, 31.6, radius)
    fit = fit_outline(trace_contours(cover, 0.5), area_per_bit, curves=True)
    assert fit is not None
    outline, (dx, dy) = fit
    drawn = coverage(rasterizer(), outline, Transform(dx, dy), (0, 0, SIDE, SIDE)) / 255.0
    # At 0.1 a node is worth as much as the error of a seventh of a small disc's rim.
    assert abs(drawn.sum() / cover.sum() - 1) < (0.07 if area_per_bit == 0.1 else 0.05)
    border = (cover > 0) & (cover < 1)
    assert np.abs(drawn - cover)[border].mean() < 0.2
