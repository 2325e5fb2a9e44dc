# SPDX-License-Identifier: Apache-2.0
"""Panes: a film that plays in a part of a drawn picture becomes a texture there, and the rest vectors."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from fractions import Fraction
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import pytest
from analyze_films import luma_psnr, rendered, write_y4m
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import mtor_transcode
from mtor_transcode.analyze.canvas.easel import Picture
from mtor_transcode.analyze.canvas.library import OutlineLibrary
from mtor_transcode.analyze.motion.tracks import Times
from mtor_transcode.analyze.patches import preview as preview_module
from mtor_transcode.analyze.patches.panes import Activity, find_panes
from mtor_transcode.analyze.patches.preview import Preview
from mtor_transcode.analyze.patches.stills import box, inside, still
from mtor_transcode.analyze.rate.traces import Trace
from mtor_transcode.analyze.scene.pane_layer import PaneLayer
from mtor_transcode.analyze.scene.scene_coder import SceneCoder
from mtor_transcode.codec.film_reader import FilmReader
from mtor_transcode.codec.film_writer import FilmWriter
from mtor_transcode.ingest.frame import SourceFrame
from mtor_transcode.model import (
    UNITS_PER_PX,
    CameraMove,
    Edit,
    Enter,
    FilmHeader,
    SceneStart,
    ShapeState,
    Solid,
    TexturePaint,
    Transform,
)
from mtor_transcode.render.chroma import subsample
from mtor_transcode.render.rasterizer import rasterizer

Luma = NDArray[np.uint8]

RATE = 10
SIZE = (320, 192)
PANE = (192, 96, 304, 176)
"""Where the film plays in ``slide``."""


def cloth(count: int, width: int, height: int) -> Iterator[Luma]:
    """Smooth noise that drifts: what vectors draw badly."""
    wide = cv2.GaussianBlur(np.random.default_rng(5).uniform(0, 255, (height, width + 3 * count)), (0, 0), 3)
    wide = np.clip((wide - 128) * 6 + 128, 16, 235).astype(np.uint8)
    for number in range(count):
        yield wide[:, 3 * number : 3 * number + width]


def slide(count: int, stop: int = 1000) -> Iterator[Luma]:
    """A page with bars like lines of text, a film in its corner, which rests from ``stop`` on."""
    page = np.full((SIZE[1], SIZE[0]), 230, np.uint8)
    for row in range(16, 160, 16):
        page[row : row + 6, 16 : 40 + row] = 40
    x0, y0, x1, y1 = PANE
    held = None
    for number, film in enumerate(cloth(count, x1 - x0, y1 - y0)):
        held = film if number <= stop or held is None else held
        picture = page.copy()
        picture[y0:y1, x0:x1] = held
        yield picture


def frames(lumas: Iterator[Luma]) -> Iterator[SourceFrame]:
    for number, luma in enumerate(lumas):
        grey = np.full((luma.shape[0] // 2, luma.shape[1] // 2), 128, np.uint8)
        yield SourceFrame(number, 1, (luma, grey, grey), 8, (1, 1))


def found(lumas: list[Luma]) -> tuple[tuple[int, int, int, int], ...]:
    activity = Activity()
    for luma in lumas:
        activity.look(luma)
    return find_panes(activity, lumas[::5])


def test_a_film_in_a_page_is_found_to_the_px() -> None:
    assert found(list(slide(20))) == (PANE,)


def test_what_is_all_film_or_flat_or_still_has_no_panes() -> None:
    assert found(list(cloth(20, *SIZE))) == ()
    assert found([luma.copy() for luma in slide(20, stop=0)]) == ()
    disc = np.full((SIZE[1], SIZE[0]), 200, np.uint8)
    flat = [cv2.circle(disc.copy(), (100 + 4 * n, 90), 40, 60, -1, cv2.LINE_AA) for n in range(20)]
    assert found([np.asarray(luma, np.uint8) for luma in flat]) == ()


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 150), st.integers(1, 60), st.booleans())
def test_a_preview_gives_all_frames_as_they_are(count: int, stop: int, looking: bool) -> None:
    source = list(frames(slide(count, stop)))
    preview = Preview(iter(source), count, Fraction(1, RATE), looking=looking)
    out = []
    for frame in preview:
        out.append(frame.tick)
        assert np.array_equal(frame.planes[0], source[frame.tick].planes[0])
        if len(out) == 120:
            preview.looking = False
    preview.close()
    assert out == list(range(count))
    starts = [window.start for window in preview.windows]
    assert starts == sorted(set(starts))


def test_frames_that_a_preview_has_passed_on_are_let_go() -> None:
    """Two seconds of frames are held for the first look, not for as long as their window lasts."""
    lumas: list[weakref.ref[Luma]] = []

    def given() -> Iterator[SourceFrame]:
        for frame in frames(slide(60, stop=0)):
            lumas.append(weakref.ref(frame.planes[0]))
            yield frame

    passed = iter(Preview(given(), 60, Fraction(1, RATE), looking=True))
    for _ in range(40):
        next(passed)
    assert sum(luma() is not None for luma in lumas) < 5


def test_windows_follow_each_other_and_a_short_rest_joins_the_last() -> None:
    preview = Preview(frames(slide(190)), 190, Fraction(1, RATE), looking=True)
    assert len(list(preview)) == 190
    assert [(w.start, w.end, w.panes) for w in preview.windows] == [(0, 80, (PANE,)), (80, 190, (PANE,))]
    preview.close()


def test_the_coder_sees_panes_held_still() -> None:
    preview = Preview(frames(slide(60)), 60, Fraction(1, RATE), looking=True)
    layer = PaneLayer(preview, Fraction(1, RATE), pytest.fail, begun=True)
    lumas = [frame.luma8() for frame in layer.frames(iter(preview))]
    preview.close()
    assert all(np.array_equal(luma, lumas[0]) for luma in lumas)


def test_panes_at_the_start_are_shown_if_it_was_begun_so_later_ones_in_any_case() -> None:
    for rests, begun, held in ((0, False, False), (0, True, True), (90, False, True), (90, True, True)):
        lumas = [*slide(rests, stop=0), *slide(100)]
        preview = Preview(frames(iter(lumas)), len(lumas), Fraction(1, RATE), looking=True)
        layer = PaneLayer(preview, Fraction(1, RATE), pytest.fail, begun=begun)
        seen = [frame.luma8() for frame in layer.frames(iter(preview))]
        preview.close()
        assert np.array_equal(seen[-1], seen[-60]) == held


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Thirteen seconds of a slide with a film in its corner: two windows."""
    path = tmp_path_factory.mktemp("panes") / "talk.y4m"
    write_y4m(path, (np.stack([luma] + [np.full_like(luma, 128)] * 2, axis=-1) for luma in slide(130)), RATE)
    return path


def test_a_film_that_starts_later_becomes_a_texture_then(tmp_path: Path) -> None:
    lumas = [*slide(80, stop=0), *slide(60), *slide(100, stop=0)]
    path = tmp_path / "later.y4m"
    write_y4m(path, (np.stack([luma] + [np.full_like(luma, 128)] * 2, axis=-1) for luma in lumas), RATE)
    film = tmp_path / "later.mtor"
    mtor_transcode.transcode(path, film, quality=40, jobs=1)
    with film.open("rb") as stream:
        reader = FilmReader(stream)
        spans = [span for entry in reader.heads() for span in reader.spans(entry.head.number)]
    tokens = [token for span in spans for token in span.tokens]
    entered = [t for t in tokens if isinstance(t, Enter) and isinstance(t.state.paint, TexturePaint)]
    moving = [t for t in entered if len(t.state.paint.texture.times) > 10]
    assert [token.at for token in moving] == [80]
    ticks = (40, 80, 110, 160, 200, 239)
    for tick, shown in zip(ticks, rendered(film, ticks), strict=True):
        assert luma_psnr([lumas[tick][..., None]], [shown]) > 34


def test_windows_that_their_bytes_cut_short_keep_their_frames(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As with frames of 4K: the trial reads several windows ahead before any is shown."""
    lumas = list(slide(50))
    path, film = tmp_path / "short.y4m", tmp_path / "short.mtor"
    write_y4m(path, (np.stack([luma] + [np.full_like(luma, 128)] * 2, axis=-1) for luma in lumas), RATE)
    monkeypatch.setattr(preview_module, "MOST_BYTES", 16 * SIZE[0] * SIZE[1] * 3)
    monkeypatch.setattr(preview_module, "HELD", 16 * SIZE[0] * SIZE[1] * 3)
    mtor_transcode.transcode(path, film, quality=40, jobs=1)
    with film.open("rb") as stream:
        tokens = [token for span in FilmReader(stream).spans(0) for token in span.tokens]
    shown = [t for t in tokens if isinstance(t, Enter | Edit) and isinstance(t.state.paint, TexturePaint)]
    assert [(t.at, t.shape) for t in shown] == [(at, shown[0].shape) for at in (0, 16, 32, 48)]


def test_a_slide_with_a_film_becomes_vectors_and_a_texture(talk: Path, tmp_path: Path) -> None:
    film = tmp_path / "talk.mtor"
    mtor_transcode.transcode(talk, film, quality=40, jobs=1)
    with film.open("rb") as stream:
        tokens = [token for span in FilmReader(stream).spans(0) for token in span.tokens]
    textured = [
        token
        for token in tokens
        if isinstance(token, Enter | Edit) and isinstance(token.state.paint, TexturePaint)
    ]
    assert [type(token) for token in textured] == [Enter, Edit]
    assert all(len(token.state.paint.texture.times) > 10 for token in textured)
    assert len({token.shape for token in textured}) == 1
    drawn = [token for token in tokens if isinstance(token, Enter) and token not in textured]
    assert drawn
    x0, y0, x1, y1 = PANE
    source = list(slide(130))
    ticks = (0, 30, 80, 81, 125)
    for tick, shown in zip(ticks, rendered(film, ticks), strict=True):
        page = source[tick][..., None]
        assert luma_psnr([page], [shown]) > 36
        assert luma_psnr([page[y0:y1, x0:x1]], [shown[y0:y1, x0:x1]]) > 28


def coder_for_a_pane() -> tuple[SceneCoder, ShapeState, Picture]:
    """A coder that shows the page of ``slide`` but for its pane, that one's state, and the whole picture."""
    page = next(slide(1))
    picture = np.stack([page] + [np.full_like(page, 128)] * 2, axis=-1)
    paper = Solid((230, 128, 128))
    writer = FilmWriter(BytesIO(), FilmHeader(*SIZE, Fraction(1, RATE), Fraction(RATE)))
    writer.scene(SceneStart(0, 0, paper))
    coder = SceneCoder(OutlineLibrary(rasterizer()), picture, 100.0, paper)
    x0, y0, x1, y1 = PANE
    covered = inside([PANE], page.shape)
    coder.begin(writer.pricer(), picture, np.ones(page.shape, np.float32), 0, None, covered)
    size = (x1 - x0, y1 - y0)
    texture = still(subsample(picture[y0:y1, x0:x1].copy()), size, 1, 30, 10)
    place = Transform((x0 + x1) * UNITS_PER_PX // 2, (y0 + y1) * UNITS_PER_PX // 2)
    return coder, ShapeState(box(*size), TexturePaint(texture, 0), place), picture


def test_a_pane_that_comes_during_a_flash_stays_when_that_is_over() -> None:
    coder, state, picture = coder_for_a_pane()
    worth = np.ones(picture.shape[:2], np.float32)
    flash = picture.copy()
    flash[:, :150, 0] = 60
    coder.flash(flash, worth, Times(1, 1, 1))
    number = coder.lay_pane(state, 1)
    coder.step(picture, worth, Times(2, 2, 2), True)
    assert number in {shape.number for shape in coder.live.shapes}


def test_no_camera_carries_a_pane_away() -> None:
    coder, state, picture = coder_for_a_pane()
    coder.lay_pane(state, 0)
    scrolled = picture.copy()
    scrolled[:-24] = picture[24:]
    scrolled[-24:] = 230
    x0, y0, x1, y1 = PANE
    scrolled[y0:y1, x0:x1] = coder.live.shown[y0:y1, x0:x1]
    before = coder.live.shown[y0:y1, x0:x1].copy()
    coder.step(scrolled, np.ones(picture.shape[:2], np.float32), Times(0, 1, 1), False)
    assert not [token for token in coder.tokens() if isinstance(token, CameraMove)]
    assert np.mean(coder.live.shown[y0:y1, x0:x1] != before) < 0.01


def test_rate_control_is_told_of_decisions_in_order(talk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[float] = []
    note = Trace.note

    def noted(trace: Trace, position: float, spent: float, lam: float) -> None:
        told.append(position)
        note(trace, position, spent, lam)

    monkeypatch.setattr(Trace, "note", noted)
    mtor_transcode.transcode(talk, talk.with_suffix(".told.mtor"), quality=40, jobs=1)
    assert told == sorted(told)
    assert 80.5 in told
