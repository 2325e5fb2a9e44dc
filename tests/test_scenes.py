# SPDX-License-Identifier: Apache-2.0
"""Boundaries between scenes: on films with known ones, and on real clips looked at by eye."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from mtor_transcode.analyze.boundaries.finding import LOOKAHEAD, SceneBoundary, SceneFinder
from mtor_transcode.analyze.boundaries.small import SMALL_WIDTH, shrink, small_picture
from mtor_transcode.ingest.source import open_source
from mtor_transcode.model import Transition

Picture = NDArray[np.uint8]
SIZE = (240, 136)
BLACK = np.full((SIZE[1], SIZE[0], 3), (16, 128, 128), np.uint8)
WHITE = np.full((SIZE[1], SIZE[0], 3), (235, 128, 128), np.uint8)
FPS = 25


def landscape(seed: int) -> Picture:
    """A picture with large soft shapes in colours of its own."""
    random = np.random.default_rng(seed)
    coarse = random.integers(30, 226, (5, 8, 3)).astype(np.uint8)
    coarse[..., 1:] = 128 + (coarse[..., 1:].astype(int) - 128) // 3
    return np.asarray(cv2.resize(coarse, SIZE, interpolation=cv2.INTER_CUBIC), np.uint8)


def drifting(seed: int, count: int, speed: float = 1.0) -> list[Picture]:
    """A slow pan over a landscape."""
    wide = np.concatenate([landscape(seed), landscape(seed)[:, ::-1]], axis=1)
    return [np.roll(wide, -int(k * speed), axis=1)[:, : SIZE[0]] for k in range(count)]


def still(picture: Picture, count: int) -> list[Picture]:
    """The same picture again and again."""
    return [picture] * count


def dissolve(old: Iterable[Picture], new: Iterable[Picture], count: int) -> list[Picture]:
    """From the pictures of one scene to those of another in ``count`` frames: none is pure."""
    mixed = []
    for number, (one, other) in enumerate(zip(old, new, strict=True)):
        share = (number + 1) / (count + 1)
        mixed.append(np.rint(one * (1 - share) + other * share).astype(np.uint8))
    assert len(mixed) == count
    return mixed


def found(pictures: Iterable[Picture], fps: int = FPS) -> list[SceneBoundary]:
    """All boundaries, told once, in order, and in time."""
    finder = SceneFinder(Fraction(1, fps))
    told: list[SceneBoundary] = []
    for tick, picture in enumerate(pictures):
        settled = finder.settled
        fresh = finder.feed(tick, picture)
        assert all(settled <= boundary.start < finder.settled for boundary in fresh)
        assert tick - finder.settled <= (LOOKAHEAD + 0.1) * fps
        told += fresh
    settled = finder.settled
    rest = finder.finish()
    assert all(boundary.start >= settled for boundary in rest)
    told += rest
    starts = [boundary.start for boundary in told]
    assert starts == sorted(set(starts))
    return told


def cuts(boundaries: list[SceneBoundary]) -> list[int]:
    """The ticks of cuts; there must be nothing else."""
    assert all(boundary.transition == Transition.CUT for boundary in boundaries), boundaries
    return [boundary.start for boundary in boundaries]


def test_cuts_are_found_exactly() -> None:
    film = [*drifting(1, 40), *drifting(2, 30), *drifting(3, 20), *drifting(4, 100), *drifting(5, 10)]
    assert cuts(found(film)) == [40, 70, 90, 190]


@pytest.mark.parametrize("fps", [12, 24, 60])
def test_cuts_at_any_rate(fps: int) -> None:
    film = [*drifting(1, 2 * fps), *drifting(2, 3 * fps), *drifting(3, fps)]
    assert cuts(found(film, fps)) == [2 * fps, 5 * fps]


def test_no_boundary_in_one_scene() -> None:
    assert found(drifting(1, 200, speed=3)) == []
    assert found(still(landscape(1), 200)) == []
    assert found([landscape(1)]) == []
    assert found([]) == []


@pytest.mark.parametrize("length", [5, 10, 25, 50])
@pytest.mark.parametrize("moving", [False, True])
def test_dissolves(length: int, moving: bool) -> None:
    old = drifting(1, 60 + length, 0.5 if moving else 0)
    new = drifting(2, 80 + length, 0.5 if moving else 0)
    film = [*old[:60], *dissolve(old[60:], new[:length], length), *new[length:]]
    boundaries = found(film)
    assert len(boundaries) == 1
    assert boundaries[0].transition == Transition.DISSOLVE
    end = boundaries[0].start + boundaries[0].transition_duration
    slack = max(2, length // 10) if moving else 1
    # The last picture of the old scene alone is number 59, the first of the new one alone 60 + length.
    assert abs(boundaries[0].start - 59) <= slack
    assert abs(end - (60 + length)) <= slack


@pytest.mark.parametrize("black", [0, 4, 40])
@pytest.mark.parametrize("ground", [BLACK, WHITE])
def test_fade_out_and_in(black: int, ground: Picture) -> None:
    one, other = still(landscape(1), 12), still(landscape(2), 12)
    plain = still(ground, 12)
    film = [*still(landscape(1), 50), *dissolve(one, plain, 12), *still(ground, black + 1)]
    film += [*dissolve(plain, other, 12), *still(landscape(2), 60)]
    boundaries = found(film)
    assert [boundary.transition for boundary in boundaries] == [Transition.DISSOLVE] * 2
    for boundary, (start, end) in zip(boundaries, ((49, 62), (62 + black, 75 + black)), strict=True):
        assert abs(boundary.start - start) <= 1
        assert abs(boundary.start + boundary.transition_duration - end) <= 1


def test_fade_in_from_black_at_the_beginning() -> None:
    film = [*still(BLACK, 5), *dissolve(still(BLACK, 15), still(landscape(2), 15), 15), *drifting(2, 60, 0)]
    boundaries = found(film)
    assert len(boundaries) == 1
    assert abs(boundaries[0].start - 4) <= 1
    assert boundaries[0].transition == Transition.DISSOLVE


@pytest.mark.parametrize("length", [1, 3, 7])
@pytest.mark.parametrize("flash", [WHITE, BLACK, landscape(9)])
def test_flashes_make_no_scenes(length: int, flash: Picture) -> None:
    scene = drifting(1, 150, 0.5)
    film = [*scene[:70], *still(flash, length), *scene[70 + length :]]
    assert found(film) == []


def test_longer_interruptions_are_scenes() -> None:
    scene = drifting(1, 150, 0.5)
    assert cuts(found([*scene[:60], *drifting(2, 15), *scene[75:]])) == [60, 75]


def test_brightness_changes_make_no_scenes() -> None:
    bright = landscape(1)
    dark = bright.copy()
    dark[..., 0] = 16 + (bright[..., 0].astype(int) - 16) // 2
    ramp = dissolve(still(bright, 20), still(dark, 20), 20)
    assert found([*still(bright, 60), *ramp, *still(dark, 60)]) == []


def page(seed: int, lines: int = 30, ground: int = 235, ink: int = 40) -> Picture:
    """Something like a page of text at 720p."""
    random = np.random.default_rng(seed)
    picture = np.full((720, 1280, 3), (ground, 128, 128), np.uint8)
    top = 20
    while top < 690 and lines:
        lines -= 1
        top += 22 if random.random() < 0.7 else 60
        left = int(random.integers(40, 300))
        while left < random.integers(400, 1240):
            width = int(random.integers(6, 14))
            picture[top : top + 14 - int(random.integers(0, 5)), left : left + width - 3] = (ink, 128, 128)
            left += width
    return picture


def test_typing_scrolling_and_small_windows_make_no_scenes() -> None:
    text = page(1, ground=40, ink=220)
    ground = np.full_like(text, 128)
    ground[..., 0] = 40
    typing = []
    for count in range(60):
        picture = ground.copy()
        picture[: 20 + count * 11] = text[: 20 + count * 11]
        typing.append(picture)
    assert found(typing) == []
    long = np.concatenate([page(2), page(3)], axis=0)
    scrolled = [long[max(0, k - 20) // 15 * 110 :][:720] for k in range(90)]
    assert found(scrolled) == []
    window = page(4)
    window[200:450, 300:800] = (90, 120, 150)
    assert found([*still(page(4), 40), *still(window, 40), *still(page(4), 40)]) == []
    assert found([*still(ground, 40), *still(text, 40)]) == [], "text on an empty screen"


def test_new_pages_are_scenes() -> None:
    slides = [*still(page(1), 40), *still(page(2), 40), *still(page(3, ground=60, ink=200), 40)]
    assert cuts(found(slides)) == [40, 80]


def test_variable_frame_times() -> None:
    finder = SceneFinder(Fraction(1, 1000))
    ticks = [0, 40, 90, 5000, 5040, 5080, 5120, 9000, 9040, 30000, 30040, 30080, 30120]
    scenes = [1, 1, 1, 2, 2, 2, 2, 3, 3, 4, 4, 4, 4]
    told = []
    for tick, scene in zip(ticks, scenes, strict=True):
        told += finder.feed(tick, landscape(scene))
    told += finder.finish()
    assert cuts(told) == [5000, 9000, 30000]


def test_tiny_pictures() -> None:
    for size in ((1, 1), (3, 5), (16, 2)):
        film = [cv2.resize(picture, size) for picture in [*drifting(1, 30), *drifting(2, 30)]]
        assert all(boundary.start == 30 for boundary in found(film))


def test_memory_is_bounded() -> None:
    finder = SceneFinder(Fraction(1, 60))
    scene = drifting(1, 300)
    sizes = []
    for tick in range(1500):
        finder.feed(tick, scene[tick % 300])
        if tick in (700, 1499):
            sizes.append((len(finder._cut_finder._looks), len(finder._dissolve_finder._smalls)))
    assert all(looks <= 120 and smalls <= 512 for looks, smalls in sizes)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("anim3d_big_buck_bunny", [93, 186]),
        ("live_tears_of_steel_long", [52, 122, 158, 221, 309, 715, 788, 872, 901]),
        ("live_flower", []),
        ("talk_headshot_greenscreen", []),
        ("motion_manimce_opening", []),
        ("terminal_vhs_neofetch", []),
    ],
)
def test_cuts_of_real_clips(clip: Callable[[str], Path], name: str, wanted: list[int]) -> None:
    assert cuts(boundaries_of(clip(name))) == wanted


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("cartoon_penny_chip_football", [(162, 180)]),
        ("screencast_cypress_tests", [(374, 407)]),
        ("screencast_cypress_running", [(15, 29), (189, 203)]),
    ],
)
def test_dissolves_of_real_clips(
    clip: Callable[[str], Path], name: str, wanted: list[tuple[int, int]]
) -> None:
    boundaries = boundaries_of(clip(name))
    assert len(boundaries) == len(wanted)
    for boundary, (start, end) in zip(boundaries, wanted, strict=True):
        assert boundary.transition == Transition.DISSOLVE
        assert abs(boundary.start - start) <= 2
        assert abs(boundary.start + boundary.transition_duration - end) <= 2


def boundaries_of(path: Path) -> list[SceneBoundary]:
    """The boundaries in a real film."""
    with open_source(path) as source:
        finder = SceneFinder(source.info.time_base, source.info.colour.full_range)
        told = [boundary for frame in source.frames() for boundary in finder.feed_frame(frame)]
        return told + finder.finish()


def test_small_pictures_agree(clip: Callable[[str], Path]) -> None:
    with open_source(clip("live_tears_of_steel_long"), duration=0.1) as source:
        frame = next(iter(source.frames()))
    quick, thorough = small_picture(frame), shrink(frame.ycc8())
    assert quick.shape == thorough.shape
    assert quick.shape[1] <= SMALL_WIDTH
    difference = np.abs(quick.astype(int) - thorough)
    assert difference[..., 0].max() <= 1
    assert difference.mean() < 0.5


def test_speed_at_720p() -> None:
    """Two milliseconds a frame, with room for a busy machine."""
    wide = cv2.resize(np.concatenate(drifting(1, 2, 60), axis=1), (2560, 720))
    pictures = [np.ascontiguousarray(wide[:, 8 * k : 8 * k + 1280]) for k in range(60)]
    finder = SceneFinder(Fraction(1, 25))
    began = time.process_time()
    for tick in range(180):
        finder.feed(tick, pictures[tick % 60])
    assert (time.process_time() - began) / 180 < 0.006
