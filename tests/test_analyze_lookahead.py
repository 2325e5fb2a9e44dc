# SPDX-License-Identifier: Apache-2.0
"""Looking ahead: where keys fall, how long pixels last, and how little is held meanwhile."""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from analyze_films import PALE, RED, Picture, flat, frame_of, frames_of
from hypothesis import given, settings
from hypothesis import strategies as st

from mtor_transcode.analyze.motion import lookahead
from mtor_transcode.analyze.motion.lookahead import FLASH, LEAST_WORTH, Key, Lookahead
from mtor_transcode.ingest.frame import SourceFrame

FPS = 25
WIDTH, HEIGHT = 96, 64
INTERVAL = 0.34


def look_at(
    pictures: Iterable[Picture], fps: Fraction | int = FPS, ticks: Sequence[int] | None = None
) -> Lookahead:
    frames = frames_of(pictures, ticks)
    return Lookahead(frames, 1 / Fraction(fps), 10)


def at_place(x: float, *, colour: tuple[int, int, int] = PALE) -> Picture:
    """A block of 20 px at a place."""
    picture = flat(WIDTH, HEIGHT)
    picture[20:40, round(x) : round(x) + 20] = colour
    return picture


def keys_of(look: Lookahead, interval: float = INTERVAL) -> list[Key]:
    """All keys, taken as the encoder takes them; fails if that does not come to an end."""
    keys, index = [], 0
    assert look.has(0)
    for _ in range(10_000):
        key = look.next_key(index, interval)
        if key is not None:
            assert key.index > index
            assert index <= key.since <= key.index
            keys.append(key)
            index = key.index
        else:
            far = look.reach(index)
            if not look.has(far + 1):
                return keys
            assert far > index
            index = far
        look.drop_before(index)
    raise AssertionError("no end")


def test_a_still_picture_has_no_keys() -> None:
    assert keys_of(look_at([at_place(30)] * 80)) == []


def test_noise_is_no_change() -> None:
    rng = np.random.default_rng(1)
    noisy = [at_place(30).astype(int) + rng.integers(-3, 4, (HEIGHT, WIDTH, 3)) for _ in range(40)]
    assert keys_of(look_at([picture.astype(np.uint8) for picture in noisy])) == []


def test_a_jump_is_a_key_where_it_happens() -> None:
    pictures = [at_place(10)] * 10 + [at_place(50)] * 30 + [at_place(70)] * 5
    assert keys_of(look_at(pictures)) == [Key(10, 10, True), Key(40, 40, True)]


@pytest.mark.parametrize("frames", range(1, 5))
def test_a_flash_is_a_key_where_it_comes_and_where_it_goes(frames: int) -> None:
    pictures = [at_place(10)] * 10 + [at_place(50)] * frames + [at_place(10)] * 30
    back = 10 + frames
    assert keys_of(look_at(pictures)) == [Key(10, 10, True, flash=frames <= FLASH), Key(back, back, True)]


def test_after_a_flash_a_movement_begins_where_it_begins() -> None:
    moves = [at_place(10 + 3 * k) for k in range(1, 9)]
    keys = keys_of(look_at([at_place(10)] * 5 + [flat(WIDTH, HEIGHT, RED)] + [at_place(10)] + moves))
    assert keys[:2] == [Key(5, 5, True, flash=True), Key(6, 6, True)]
    assert (keys[2].since, keys[-1].index, any(key.jump for key in keys[2:])) == (6, 14, False)


@pytest.mark.parametrize("interval", [0.25, 0.34, 0.5])
def test_keys_follow_a_movement_from_its_start_to_its_end(interval: float) -> None:
    pictures = [at_place(10)] * 12 + [at_place(10 + 2 * k) for k in range(1, 31)] + [at_place(70)] * 20
    keys = keys_of(look_at(pictures), interval)
    assert keys[0].since == 11
    assert keys[-1].index == 41
    assert not any(key.jump for key in keys)
    for before, after in pairwise(keys):
        assert after.since == before.index
    steps = [(key.index - key.since) / FPS for key in keys]
    assert max(steps) <= interval
    assert min(steps[:-1]) > interval - 1.01 / FPS


def test_movements_with_a_pause_are_two_bursts() -> None:
    moves = [at_place(10 + 3 * k) for k in range(1, 6)]
    back = [at_place(25 - 3 * k) for k in range(1, 6)]
    keys = keys_of(look_at([at_place(10)] * 5 + moves + [at_place(25)] * 12 + back + [at_place(10)] * 9))
    assert [(key.since, key.index) for key in keys] == [(4, 9), (21, 26)]


def test_a_cut_inside_a_movement_stays_sharp() -> None:
    other = flat(WIDTH, HEIGHT, RED)
    pictures = [at_place(10 + 2 * k) for k in range(9)]
    pictures += [other + np.uint8(0)] + [other.copy() for _ in range(9)]
    keys = keys_of(look_at(pictures))
    jumps = [key for key in keys if key.jump]
    assert jumps == [Key(9, 9, True)]
    assert max(key.index for key in keys if not key.jump) == 8


def test_a_slow_fade_gets_keys_that_follow_it() -> None:
    pictures = [flat(WIDTH, HEIGHT, (40 + k // 3, 128, 128)) for k in range(120)]
    keys = keys_of(look_at(pictures))
    assert len(keys) >= 4
    assert not any(key.jump for key in keys)
    shown = [40, *(40 + key.index // 3 for key in keys), 40 + 119 // 3]
    assert max(np.diff(shown)) <= lookahead.CHANGED + 1
    assert max((key.index - key.since) / FPS for key in keys) <= INTERVAL + 1 / FPS


def test_times_count_not_frames() -> None:
    ticks = [0, 40, 80, 120, 1000, 1010, 1020, 1030, 1040, 1540, 2040, 2060]
    look = look_at([at_place(3 + 6 * k) for k in range(12)], 1000, ticks)
    for key in keys_of(look):
        assert key.jump or key.index == key.since + 1 or ticks[key.index] - ticks[key.since] <= 340


def test_a_movement_in_uneven_time_keeps_to_the_interval() -> None:
    rng = np.random.default_rng(8)
    ticks = [0, *np.cumsum(rng.integers(10, 90, 59)).tolist()]
    keys = keys_of(look_at([at_place(3 + k) for k in range(60)], 1000, ticks))
    assert keys[-1].index == 59
    assert all(ticks[key.index] - ticks[key.since] <= 340 for key in keys)


@pytest.mark.parametrize("fps", [Fraction(1, 2), Fraction(1, 30), Fraction(3)])
def test_slow_films_are_followed_frame_by_frame(fps: Fraction) -> None:
    keys = keys_of(look_at([at_place(5 + 9 * k) for k in range(8)], fps))
    assert [key.index for key in keys][-1] == 7
    assert keys_of(look_at([at_place(5)] * 8, fps)) == []


def test_few_frames_are_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookahead, "MAX_BUFFER", 20 * WIDTH * HEIGHT * 3)
    decoded = most = 0

    def frames() -> Iterator[SourceFrame]:
        nonlocal decoded, most
        for k in range(300):
            frame = frame_of(at_place(5 + k % 60), k)
            held.append(weakref.ref(frame.planes[0]))
            decoded += 1
            most = max(most, sum(ref() is not None for ref in held))
            yield frame

    held: list[weakref.ref] = []
    look = Lookahead(frames(), Fraction(1, 250), 10)
    assert look.has(0)
    assert look.reach(0) == 20
    assert decoded <= 22
    keys = keys_of(look)
    assert decoded == 300
    assert keys[-1].index == 299
    assert most <= 24


def test_a_dozen_frames_are_held_however_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookahead, "MAX_BUFFER", 0)
    look = look_at([at_place(30)] * 50)
    assert look.has(0)
    assert look.reach(0) == 12


def test_frames_that_have_passed_are_gone() -> None:
    look = look_at([at_place(5 + k) for k in range(30)])
    assert look.has(20)
    kept = weakref.ref(look[3].frame.planes[0])
    passed = weakref.ref(look[2].frame.planes[0])
    look.drop_before(3)
    assert passed() is None
    assert kept() is not None
    assert look[3].frame.tick == 3


def test_what_lasts_is_worth_more() -> None:
    blinking = [at_place(5 if k % 2 else 60) for k in range(60)]
    look = look_at(blinking)
    assert look.has(0)
    worth = look.worth(0)
    assert worth.shape == (HEIGHT, WIDTH)
    assert worth.dtype == np.float32
    assert worth[30, 40] == 1
    assert worth[5, 5] == 1
    assert worth[30, 10] == worth[30, 70] == np.float32(LEAST_WORTH)


def test_worth_grows_with_the_time_that_is_left() -> None:
    later = [at_place(5)] * 15 + [at_place(60)] * 60
    look = look_at(later)
    assert look.has(0)
    worth = look.worth(0)
    assert worth[5, 5] == 1
    assert worth[30, 70] == pytest.approx(15 / FPS, abs=4 / FPS)
    look = look_at([at_place(5)] * 10)
    assert look.has(0)
    assert np.all(np.abs(look.worth(0) - 10 / FPS) < 0.01)


def test_a_short_film_is_worth_as_much_as_a_long_one() -> None:
    look = Lookahead(frames_of([at_place(5)] * 4), Fraction(1, FPS), 4 / FPS)
    assert look.has(0)
    assert np.all(look.worth(0) == 1)


def test_a_still_picture_is_averaged_and_a_moving_one_is_not() -> None:
    rng = np.random.default_rng(2)
    noisy = [
        np.clip(at_place(30) + rng.normal(0, 1.2, (HEIGHT, WIDTH, 3)).round(), 0, 255).astype(np.uint8)
        for _ in range(20)
    ]
    look = look_at(noisy)
    assert look.has(0)
    plain, mean = look.target(0, False), look.target(0, True)
    assert np.array_equal(plain, noisy[0])
    truth = at_place(30).astype(float)
    assert np.abs(mean - truth).mean() < 0.75 * np.abs(plain - truth).mean()
    look = look_at([at_place(10 + 3 * k) for k in range(20)])
    assert look.has(0)
    assert np.array_equal(look.target(0, True), at_place(10))


@given(
    seed=st.integers(0, 2**32 - 1),
    count=st.integers(1, 25),
    size=st.tuples(st.integers(1, 9), st.integers(1, 9)),
    spread=st.sampled_from([0, 4, 12, 255]),
    gap=st.sampled_from([1, 30, 3000]),
)
@settings(max_examples=80, deadline=None)
def test_any_film_comes_to_an_end(
    seed: int, count: int, size: tuple[int, int], spread: int, gap: int
) -> None:
    rng = np.random.default_rng(seed)
    pictures = [rng.integers(0, spread + 1, (*size, 3)).astype(np.uint8) for _ in range(count)]
    ticks = np.cumsum(rng.integers(1, gap + 1, count)).tolist()
    keys = keys_of(look_at(pictures, 1000, ticks))
    assert [key.index for key in keys] == sorted({key.index for key in keys})
    look = look_at(pictures, 1000, ticks)
    assert look.has(0)
    worth = look.worth(0)
    assert worth.shape == size
    assert np.all((worth > 0) & (worth <= 1))


def test_an_empty_scene_has_no_frame() -> None:
    assert not look_at([]).has(0)


def test_a_glance_is_a_quarter_of_the_way_to_a_key() -> None:
    look = look_at(at_place(4 * number) for number in range(12))
    assert look.has(9)
    glance = look.glance(1, 9)
    assert glance is not None
    assert glance.share == 0.25
    assert (glance.half == look[3].half).all()


def test_there_is_no_glance_where_the_key_is_near() -> None:
    look = look_at(at_place(4 * number) for number in range(12))
    assert look.has(9)
    assert look.glance(1, 3) is None
    assert look.glance(1, 1) is None
