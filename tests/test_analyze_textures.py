# SPDX-License-Identifier: Apache-2.0
"""Textures found by the encoder: frames set aside, arms tried, walks, trials, films in each mode."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import islice, pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
from analyze_films import RED, disc_cover, flat, luma_psnr, over, rendered, write_y4m
from numpy.typing import NDArray

import mtor_transcode
from mtor_transcode.analyze.scene.textured import Aside, level, windows
from mtor_transcode.analyze.textures import av1
from mtor_transcode.analyze.textures import probe as texture_probe
from mtor_transcode.analyze.textures.likeness import Likeness, unlike_at_full_size, unlikeness
from mtor_transcode.analyze.textures.probe import Arm, Point, Window
from mtor_transcode.analyze.textures.search import PRESETS, TextureSearch
from mtor_transcode.analyze.textures.shelf import Shelf, Verdict
from mtor_transcode.analyze.textures.spool import Spool
from mtor_transcode.codec import obu
from mtor_transcode.codec.film_reader import FilmReader
from mtor_transcode.errors import FormatError
from mtor_transcode.ingest.frame import SourceFrame
from mtor_transcode.ingest.source import open_source
from mtor_transcode.model import Background, Texture, TexturePaint
from mtor_transcode.render.textures import TextureDecoder

BASE = Fraction(1, 24)


def drift(count: int, width: int = 192, height: int = 128, hold: int = 1) -> Iterator[SourceFrame]:
    """Smooth noise that drifts to the left, each picture held for ``hold`` frames."""
    chance = np.random.default_rng(3)
    wide = cv2.GaussianBlur(chance.uniform(0, 255, (height, width + 4 * count)), (0, 0), 5)
    wide = np.clip((wide - 128) * 6 + 128, 16, 235).astype(np.uint8)
    for number in range(count):
        shift = 3 * (number // hold)
        luma = np.ascontiguousarray(wide[:, shift : shift + width])
        chroma = np.full((height // 2, width // 2), 120, np.uint8)
        yield SourceFrame(number, 1, (luma, chroma, chroma), 8, (1, 1))


def spooled(frames: Iterator[SourceFrame]) -> Spool:
    spool = Spool()
    for frame in frames:
        spool.add(frame)
    return spool


def window_of(spool: Spool) -> Window:
    luma = spool.luma(0)
    return Window(spool, (luma.shape[1], luma.shape[0]), BASE)


def test_frames_come_back_as_they_came() -> None:
    """Planes, times, depth; repeated pictures are known."""
    frames = list(drift(8, hold=2))
    deep = [
        SourceFrame(f.tick, f.duration, tuple(p.astype(np.uint16) << 2 for p in f.planes), 10, (1, 1))  # type: ignore[arg-type]
        for f in frames
    ]
    for given in (frames, deep):
        with spooled(iter(given)) as spool:
            assert [kept.changed for kept in spool.frames] == [True, False] * 4
            for number, frame in enumerate(given):
                back = spool.frame(number)
                assert (back.tick, back.depth, back.chroma) == (frame.tick, frame.depth, frame.chroma)
                assert all((a == b).all() for a, b in zip(back.planes, frame.planes, strict=True))
            assert (spool.luma(5) == frames[5].planes[0]).all()


def test_windows_cover_a_scene_once() -> None:
    """First what was set aside, then the rest; the last window takes what would be too short."""
    frames = drift(24 * 27, 16, 16)
    aside = Aside(frames)
    begun = aside.spool
    assert [frame.tick for frame in islice(aside, 120)] == list(range(120))
    aside.keeping = False
    assert len(begun) == 120
    sizes, ticks = [], []
    for spool in windows(frames, begun, 24 * 27, BASE):
        with spool:
            sizes.append(len(spool))
            ticks += [kept.tick for kept in spool.frames]
    assert ticks == list(range(24 * 27))
    assert sizes == [240, 240, 168]


def test_a_short_rest_goes_with_the_window_before() -> None:
    """Thirteen seconds are one texture."""
    with next(windows(drift(24 * 13, 16, 16), Spool(), 24 * 13, BASE)) as spool:
        assert len(spool) == 24 * 13


def test_a_texture_is_plain_av1() -> None:
    """The bytes of the encoder's own packets, but for delimiters; the times those of the chosen frames."""
    with spooled(drift(24, hold=2)) as spool:
        window = window_of(spool)
        texture = window.texture(Arm(2, 2), 40, 10)
        assert (texture.width, texture.height) == (96, 64)
        assert texture.times == (0, 4, 8, 12, 16, 20)
        kinds = [unit.kind for unit in obu.units(texture.data)]
        assert kinds.count(obu.SEQUENCE) == 1
        assert obu.DELIMITER not in kinds
        fine = window.likeness(window.texture(Arm(1, 1), 20, 10), 1)
        coarse = window.likeness(texture, 2)
        assert fine.mean_unlike < 0.01 < coarse.mean_unlike


def test_pictures_move_where_that_is_like_the_source() -> None:
    """What drifts moves on, and is more like the source for it; what repeats and jumps holds."""
    with spooled(drift(24)) as spool:
        window = window_of(spool)
        point, texture = window.tried(Arm(1, 4), 30, 10, finish=True)
        assert texture.moves == (True,) * 5
        assert point.unlike < 0.5 * _held(window, texture)
    with spooled(drift(24, hold=4)) as spool:
        _, texture = window_of(spool).tried(Arm(1, 1), 30, 10, finish=True)
        assert texture.moves == ()


def _held(window: Window, texture: Texture) -> float:
    """1 - SSIM if no picture of a texture (of every fourth frame) moved."""
    found = Likeness()
    decoder = TextureDecoder(texture)
    for number in range(24):
        shown = decoder.planes(number // 4)[0]
        found.add(window._spool.luma(number), shown, 1.0)
    return found.mean_unlike


def test_blur_is_sharpened_as_far_as_it_helps() -> None:
    """A smaller picture is sharpened, a good one of full size that is soft itself hardly."""
    chance = np.random.default_rng(4)
    hard = np.where(cv2.resize(chance.uniform(0, 1, (8, 12)), (192, 128), interpolation=0) > 0.5, 200, 60)
    chroma = np.full((64, 96), 128, np.uint8)
    frames = [
        SourceFrame(number, 1, (hard.astype(np.uint8), chroma, chroma), 8, (1, 1)) for number in range(3)
    ]
    with spooled(iter(frames)) as spool:
        _, small = window_of(spool).tried(Arm(4, 1), 30, 6, finish=True)
        _, whole = window_of(spool).tried(Arm(1, 1), 16, 6, finish=True)
    assert small.sharpness > whole.sharpness


def test_the_encoder_leaves_the_machine_usable() -> None:
    """SVT-AV1 would run at real-time priority where it may; after a picture no thread does."""
    seen: list[set[int]] = []

    def pictures() -> Iterator[list[NDArray[np.uint8]]]:
        for frame in drift(6):
            if frame.tick == 5:
                seen.append(_policies())
            yield [np.asarray(plane, np.uint8) for plane in frame.planes]

    av1.encode(pictures(), (192, 128), 50, 10, Fraction(24))
    import os

    assert seen == [{os.SCHED_OTHER}]


def _policies() -> set[int]:
    import os

    if not hasattr(os, "sched_getscheduler"):
        pytest.skip("this system has no such thing")
    assert threading.active_count()
    found = set()
    for thread in Path("/proc/self/task").iterdir():
        try:
            found.add(os.sched_getscheduler(int(thread.name)))
        except ProcessLookupError:
            continue
    return found


def test_likeness() -> None:
    """Equal is 0 in both terms; frames count by their seconds."""
    picture = next(drift(1)).planes[0]
    blurred = np.asarray(cv2.GaussianBlur(picture, (0, 0), 1.5), np.uint8)
    found = Likeness()
    found.add(picture, picture, 2.0)
    assert found.squares == 0
    assert found.unlike == pytest.approx(0, abs=1e-6)
    found.add(picture, blurred, 1.0)
    assert found.squares == pytest.approx(float(((picture.astype(float) - blurred) ** 2).sum()), rel=1e-6)
    assert found.mean_unlike == pytest.approx(unlikeness(picture, blurred) / 3, rel=1e-4)


def test_likeness_is_ssim_over_tiles() -> None:
    dice = np.random.default_rng(1)
    for height, width in ((40, 64), (37, 50), (5, 70)):
        one = dice.integers(0, 256, (height, width)).astype(np.uint8)
        other = cv2.GaussianBlur(one, (5, 5), 1.0)
        high = min(height, 8)
        wanted = []
        for y in range(0, height - high + 1, high):
            for x in range(0, width - 7, 8):
                a, b = (plane[y : y + high, x : x + 8].astype(float) for plane in (one, other))
                cross = ((a - a.mean()) * (b - b.mean())).mean()
                luminance = (2 * a.mean() * b.mean() + 6.5025) / (a.mean() ** 2 + b.mean() ** 2 + 6.5025)
                wanted.append(luminance * (2 * cross + 58.5225) / (a.var() + b.var() + 58.5225))
        found = Likeness()
        found.add(one, np.asarray(other, np.uint8), 1.0)
        assert found.unlike == pytest.approx(1 - np.mean(wanted), rel=1e-9)


def test_likeness_weighs_both_sizes() -> None:
    """Of two that lose as much at full size the one is nearer that looks like the source from afar."""
    dice = np.random.default_rng(2)
    noise = dice.integers(-40, 41, (512, 512))
    picture = np.full((512, 512), 128, np.uint8)
    cv2.circle(picture, (256, 256), 150, 40, -1)
    fine = np.clip(picture + noise, 0, 255).astype(np.uint8)
    coarse = np.clip(picture + np.kron(noise[:64, :64], np.ones((8, 8), int)), 0, 255).astype(np.uint8)
    full = [unlike_at_full_size(picture, other) for other in (fine, coarse)]
    both = [unlikeness(picture, other) for other in (fine, coarse)]
    assert both[0] < full[0]
    assert both[1] / both[0] > 1.2 * full[1] / full[0]
    assert unlikeness(picture[:256], fine[:256]) == unlike_at_full_size(picture[:256], fine[:256])


ARMS = [Arm(scale, step) for scale in (1, 2, 4, 8) for step in (1, 2, 4, 8)]


@dataclass
class ModelWindow:
    """A window whose curves are known: log rate, error and 1 - SSIM linear in CRF, with a floor by arm."""

    seconds: float = 10.0
    tries: int = 0
    dear: Arm | None = None
    steps: tuple[int, ...] = (1, 2, 4, 8)

    @property
    def changes(self) -> range:
        return range(240)

    def chosen(self, step: int) -> range:
        return range(0, 240, step)

    def point(self, arm: Arm, crf: float) -> Point:
        rate = 4e5 * math.exp(-0.085 * crf) / arm.scale**1.1 / arm.step**0.55
        lost = 0.012 * (arm.scale - 1) ** 1.3 + 0.015 * (arm.step - 1)
        coded = 0.004 * math.exp(0.05 * crf) / arm.scale**0.5 / arm.step**0.25
        return Point(arm, crf, round(rate), 4e8 * (lost + coded), lost + coded)

    @property
    def data(self) -> bytes:
        return b""

    def tried(self, arm: Arm, crf: float, preset: int, *, finish: bool = False) -> tuple[Point, ModelWindow]:
        self.tries += 1
        assert finish == (preset == PRESETS["balanced"][1])
        point = self.point(arm, crf)
        if arm == self.dear and preset == PRESETS["balanced"][1]:
            point = replace(point, bytes=round(1.33 * point.bytes))
        return point, self


def model_crf(window: ModelWindow, arm: Arm, rate: float) -> float:
    """Where an arm of the model takes log bytes, within the encoder's limits."""
    coarse, fine = window.point(arm, 63), window.point(arm, 16)
    share = (math.log(fine.bytes) - rate) / math.log(fine.bytes / coarse.bytes)
    return 16 + 47 * min(max(share, 0.0), 1.0)


@pytest.mark.parametrize("lam", [300.0, 1000.0, 4000.0, 20000.0])
def test_the_walk_comes_near_the_best(lam: float) -> None:
    """Of all arms of a model, at the same bytes; with a few tries."""
    window = ModelWindow()
    search = TextureSearch(window, "balanced")  # type: ignore[arg-type]
    rate = search.rate(lam)
    place = search.walk(rate)
    assert window.tries <= 24
    assert place.rate == pytest.approx(rate, abs=0.03)
    points = [window.point(arm, model_crf(window, arm, rate)) for arm in ARMS]
    best = min(point.unlike for point in points if point.bytes < 1.02 * math.exp(rate))
    assert window.point(place.arm, place.crf).unlike < 1.05 * best
    before = window.tries
    search.walk(search.rate(lam * 1.3))
    assert window.tries - before <= 6, "what was learnt serves the next lambda"


@pytest.mark.parametrize("lam", [300.0, 1000.0, 4000.0])
def test_lambda_is_worth_what_squared_error_says(lam: float) -> None:
    """About as many bytes as where squared error and bytes, weighed by lambda, are least together."""
    window = ModelWindow()
    points = [window.point(arm, crf) for arm in ARMS for crf in range(16, 64)]
    best = min(points, key=lambda point: point.squares * window.seconds + 8 * lam * point.bytes)
    rate = TextureSearch(window, "balanced").rate(lam)  # type: ignore[arg-type]
    assert abs(rate - math.log(best.bytes)) < 0.7


def test_bytes_and_likeness_rise_as_lambda_falls() -> None:
    """In small steps, each search on its own; textures come within a few per cent of their bytes."""
    made: list[Point] = []
    for step in range(24):
        window = ModelWindow()
        search = TextureSearch(window, "balanced")  # type: ignore[arg-type]
        rate = search.rate(20_000 * 0.8**step)
        point, _ = search.best(rate)
        assert math.log(point.bytes) == pytest.approx(rate, abs=0.08)
        made.append(point)
    assert len({point.arm for point in made}) > 1
    assert all(before.bytes < after.bytes for before, after in pairwise(made))
    assert all(before.unlike > after.unlike for before, after in pairwise(made))


def test_care_that_takes_more_bytes_is_corrected() -> None:
    """A third more than in quick tries, in one arm only; an arm that is given is kept to."""
    window = ModelWindow(dear=Arm(4, 2))
    search = TextureSearch(window, "balanced")  # type: ignore[arg-type]
    point, _ = search.best(9.0, Arm(4, 2))
    assert point.arm == Arm(4, 2)
    assert math.log(point.bytes) == pytest.approx(9.0, abs=0.08)
    before = window.tries
    assert search.made(Arm(4, 2), point.crf)[0] == point
    assert window.tries == before, "nothing is made twice"
    assert search.best(4.0, Arm(1, 1))[0].arm != Arm(1, 1), "an arm that goes no further is left"


@pytest.mark.parametrize(("more", "margin"), [(1.0, 0.0), (-1.0, 0.0), (1.0, 0.3), (-1.0, 0.3), (2.0, 1.0)])
def test_near_the_edge_textures_take_the_vectors_bytes(more: float, margin: float) -> None:
    """None more or fewer where they are equal, what lambda says where the texture is far better."""
    left = more + level(more, margin)
    assert left == pytest.approx({0.0: 0.0, 0.3: math.copysign(0.214, more), 1.0: more}[margin], abs=0.001)


def test_verdicts_hold_nearby() -> None:
    """Textures further down, vectors further up; between two of one mind always."""
    shelf = Shelf("balanced")
    assert shelf.known(0, 1000.0) is None
    assert shelf.note(0, Verdict(math.log(1000.0), 0.1))
    assert shelf.known(0, 2000.0) is True
    assert shelf.known(0, 60.0) is True
    assert shelf.known(0, 20000.0) is None
    assert shelf.known(1, 1000.0) is None
    assert not shelf.note(0, Verdict(math.log(1e5), -0.5))
    assert shelf.known(0, 50000.0) is False
    assert shelf.known(0, 1e6) is False
    assert shelf.known(0, 20000.0) is None


@pytest.fixture(scope="module")
def natural(clips: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = clips / "talk_headshot_greenscreen.mp4"
    if not path.is_file():
        pytest.skip("the clip is not at hand")
    return path


def test_a_face_becomes_a_texture(natural: Path, tmp_path: Path) -> None:
    """``auto`` takes the texture, as good as plain SVT-AV1 of the same parameters and bytes."""
    made = mtor_transcode.transcode(
        natural, tmp_path / "a.mtor", quality=50, duration=1.0, audio="none", preset="fast"
    )
    assert made.bytes_by_kind["textures"] > 0.8 * made.bytes
    with (tmp_path / "a.mtor").open("rb") as stream:
        reader = FilmReader(stream)
        token = reader.scene(0).spans[0].tokens[0]
    assert isinstance(token, Background)
    assert isinstance(token.paint, TexturePaint)
    report = mtor_transcode.report(natural, tmp_path / "a.mtor", duration=1.0, vmaf=False)
    assert report.quality.pooled["psnr_y"].mean > 26


def test_modes_are_obeyed(natural: Path, tmp_path: Path, clip: Callable[[str], Path]) -> None:
    """``vector`` has no textures, ``textured`` nothing else; flat clips stay vectors in ``auto``."""
    flat = clip("motion_manim_graph")
    asked = [(natural, "vector", False), (flat, "textured", True), (flat, "auto", False)]
    for source, mode, textured in asked:
        made = mtor_transcode.transcode(
            source, tmp_path / "b.mtor", quality=10, mode=mode, duration=0.5, audio="none", preset="fast"
        )
        assert (made.bytes_by_kind["textures"] > 0) == textured


def test_vectors_that_win_their_trial_go_on(tmp_path: Path, clip: Callable[[str], Path]) -> None:
    """To the very bytes of a film that was never tried, also where the scene is over before the trial."""
    flat = clip("motion_manim_graph")
    for duration in (2.6, 0.5):
        films = []
        for mode in ("auto", "vector"):
            path = tmp_path / f"{mode}.mtor"
            mtor_transcode.transcode(
                flat, path, quality=10, mode=mode, start=2.0, duration=duration, audio="none", preset="fast"
            )
            films.append(path.read_bytes())
        assert films[0] == films[1]


def test_vectors_that_lose_their_trial_leave_no_trace(natural: Path, tmp_path: Path) -> None:
    """A scene that begins with all frames set aside, those the trial looked ahead at included, each once."""
    path = tmp_path / "a.mtor"
    mtor_transcode.transcode(natural, path, quality=50, duration=2.5, audio="none", preset="fast")
    with path.open("rb") as stream:
        reader = FilmReader(stream)
        spans = list(reader.spans(0))
        assert not reader.dictionary()
    assert [type(token) for span in spans for token in span.tokens] == [Background]
    (token,) = spans[0].tokens
    assert isinstance(token, Background)
    assert isinstance(token.paint, TexturePaint)
    times = token.paint.texture.times
    assert times[0] == 0
    assert times[-1] > 0.9 * reader.duration
    assert len(set(times)) == len(times)


def test_the_same_film_twice_is_the_same(natural: Path) -> None:
    """The encoder is repeatable as a whole, SVT-AV1 included."""
    with open_source(natural, duration=0.4) as source, spooled(source.frames()) as spool:
        info = source.info
        window = Window(spool, (info.width, info.height), info.time_base)
        assert window.texture(Arm(2, 1), 50, 10) == window.texture(Arm(2, 1), 50, 10)


def test_a_texture_that_cannot_be_decoded_is_coded_again(monkeypatch: pytest.MonkeyPatch) -> None:
    whole, calls = av1.encode, []

    def encode(*given: object, screen: bool) -> bytes:
        data = whole(*given, screen=screen)  # type: ignore[arg-type]
        calls.append(len(data))
        return data[:-40] + bytes(40) if len(calls) <= broken else data

    monkeypatch.setattr(texture_probe, "encode", encode)
    with spooled(drift(24)) as spool:
        for broken, attempts in ((1, 2), (9, 3)):
            calls.clear()
            if broken < attempts:
                point, _ = window_of(spool).tried(Arm(2, 1), 50, 10)
                assert point.bytes == calls[-1]
            else:
                with pytest.raises(FormatError):
                    window_of(spool).tried(Arm(2, 1), 50, 10)
            assert len(calls) == attempts


def test_what_passed_is_not_kept_aside() -> None:
    with Aside(drift(20, 16, 16)) as aside:
        taken = list(islice(aside, 12))
        aside.drop_before(7)
        assert [kept.tick for kept in aside.spool.frames] == [7, 8, 9, 10, 11]
        assert (aside.spool.luma(1) == taken[8].planes[0]).all()
        next(iter(aside))
        assert len(aside.spool) == 6


def turns_to_film(path: Path, still: float, seconds: float, fps: int = 12) -> Path:
    """A disc moves on a plain ground; after ``still`` s noise comes in over it from the left, drifting."""
    width, height, count = 160, 96, round(seconds * fps)
    noise = [frame.planes[0] for frame in drift(count, width, height)]
    pictures = []
    for number in range(count):
        cover = disc_cover(width, height, 30 + 2.0 * min(number, still * fps), 40, 12)
        picture = over(flat(width, height), cover, RED)
        edge = round(min(max(number / fps - still, 0.0) / 1.5, 1.0) * width)
        picture[:, :edge, 0] = noise[number][:, :edge]
        picture[:, :edge, 1:] = 128
        pictures.append(picture)
    return write_y4m(path, pictures, fps)


def test_vectors_hand_over_to_a_texture_where_a_scene_turns_to_film(tmp_path: Path) -> None:
    source = turns_to_film(tmp_path / "turns.y4m", 4.5, 11)
    path = tmp_path / "turns.mtor"
    mtor_transcode.transcode(source, path, quality=50)
    with path.open("rb") as stream:
        film = FilmReader(stream)
        heads = [entry.head for entry in film.heads()]
        kinds = [
            any(
                isinstance(token, Background) and isinstance(token.paint, TexturePaint)
                for token in span.tokens
            )
            for head in heads
            for span in film.spans(head.number)
        ]
    assert kinds[0] is False, "what is plain is vectors"
    assert kinds[-1] is True, "what is film is a texture"
    assert [head.number for head in heads] == [0, 1]
    assert 2.0 <= heads[1].start * float(film.header.time_base) <= 6.5
    assert film.duration == 11 * 12
    shown = rendered(path, [20, 120])
    with open_source(source) as clip:
        wanted = {frame.tick: frame.ycc8() for frame in clip.frames()}
    assert luma_psnr([wanted[20]], shown[:1]) > 30
    assert luma_psnr([wanted[120]], shown[1:]) > 25
