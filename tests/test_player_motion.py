# SPDX-License-Identifier: Apache-2.0
"""Textures on their way in the browser: vectors, pictures and times are ours, number for number."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from player_node import Node
from texture_films import DATA, TEXTURE

from mtor_transcode.model import PARTS, Texture, TexturePaint
from mtor_transcode.render.chroma import Plane
from mtor_transcode.render.texture_between import on_the_way, sharpened
from mtor_transcode.render.texture_motion import motion_between
from mtor_transcode.render.textures import TextureDecoder


@pytest.fixture(scope="module")
def motion() -> Iterator[Node]:
    """The player's motion in node."""
    made = Node("motion.mjs")
    yield made
    made.close()


def _told(plane: Plane) -> dict[str, Any]:
    height, width = plane.shape
    return {"width": width, "height": height, "data": base64.b64encode(plane.tobytes()).decode()}


def _planes(told: list[str], like: list[Plane]) -> list[Plane]:
    found = [np.frombuffer(base64.b64decode(data), np.uint8) for data in told]
    return [data.reshape(plane.shape) for data, plane in zip(found, like, strict=True)]


def _same(motion: Node, first: list[Plane], second: list[Plane], parts: tuple[int, ...]) -> int:
    """Both find the same; how many blocks move."""
    field = motion_between(first[0], second[0])
    theirs = motion.ask(
        what="way", first=list(map(_told, first)), second=list(map(_told, second)), parts=parts
    )
    assert [theirs["rows"], theirs["columns"], 2] == list(field.vectors.shape)
    assert theirs["halvings"] == field.halvings
    assert theirs["vectors"] == field.vectors.ravel().tolist()
    for part, way in zip(parts, theirs["ways"], strict=True):
        for ours, found in zip(on_the_way(first, second, field, part), _planes(way, first), strict=True):
            np.testing.assert_array_equal(found, ours)
    return int(field.vectors.any(axis=2).sum())


def _with_chroma(luma: Plane) -> list[Plane]:
    """A picture whose chroma is some of its luma."""
    return [luma, np.ascontiguousarray(luma[::2, ::2]), np.ascontiguousarray(255 - luma[::2, ::2])]


def _scenery(seed: int, width: int, height: int, grain: int) -> Plane:
    """Soft blots over all, and noise."""
    chance = np.random.default_rng(seed)
    small = chance.random((height // 9 + 3, width // 9 + 3), np.float32)
    soft = 240 * cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.clip(soft + chance.integers(0, grain + 1, (height, width)), 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    ("width", "height"),
    [(1, 1), (1, 40), (37, 2), (16, 16), (17, 19), (33, 32), (64, 65), (385, 20), (400, 225), (801, 61)],
)
def test_sizes(motion: Node, width: int, height: int) -> None:
    """Small and odd ones, one level and all of them, halved before the search and not."""
    wide = _scenery(1, width + 12, height + 6, 6)
    first, second = wide[:height, :width].copy(), wide[6:, 5 : 5 + width].copy()
    second[: height // 3] = first[: height // 3]  # A part that stands still.
    moving = _same(motion, _with_chroma(first), _with_chroma(second), (1, 31, 32, 63))
    assert moving or min(width, height) < 32


@settings(max_examples=25, deadline=None)
@given(
    width=st.integers(1, 90),
    height=st.integers(1, 70),
    grain=st.sampled_from([0, 3, 40]),
    seed=st.integers(0, 1 << 16),
    shift=st.tuples(st.integers(0, 20), st.integers(0, 20)),
    part=st.integers(1, PARTS - 1),
)
def test_any_planes(
    motion: Node, width: int, height: int, grain: int, seed: int, shift: tuple[int, int], part: int
) -> None:
    wide = _scenery(seed, width + 20, height + 20, grain)
    first = wide[:height, :width].copy()
    second = wide[shift[1] :, shift[0] :][:height, :width].copy()
    _same(motion, _with_chroma(first), _with_chroma(second), (part,))


def test_noise(motion: Node) -> None:
    """Nothing fits: vectors go astray, and beyond the edges."""
    chance = np.random.default_rng(3)
    first, second = (chance.integers(0, 256, (90, 150), np.uint8) for _ in "ab")
    assert _same(motion, _with_chroma(first), _with_chroma(second), (20, 40)) > 100


def test_a_decoded_texture(motion: Node) -> None:
    """The small texture of the golden films."""
    decoder = TextureDecoder(TEXTURE)
    pictures = [[plane.copy() for plane in decoder.planes(index)] for index in range(3)]
    assert _same(motion, pictures[0], pictures[1], (32,))
    assert _same(motion, pictures[1], pictures[2], (11, 32))


def test_a_real_clip(motion: Node, clip: Callable[[str], Path]) -> None:
    """Frames of 640 x 360, searched at half the size."""
    with av.open(str(clip("live_flower"))) as container:
        frames = [frame for frame, _ in zip(container.decode(video=0), range(7), strict=False)]
    pictures = [
        [cv2.resize(frame.reformat(format="yuv420p").to_ndarray()[: frame.height], (640, 360))]
        for frame in (frames[0], frames[6])
    ]
    first, second = (_with_chroma(np.asarray(luma, np.uint8)) for (luma,) in pictures)
    assert _same(motion, first, second, (32,)) > 50


@settings(max_examples=25, deadline=None)
@given(
    width=st.integers(1, 40),
    height=st.integers(1, 40),
    sharpness=st.integers(0, 15),
    seed=st.integers(0, 1 << 16),
)
def test_sharpening(motion: Node, width: int, height: int, sharpness: int, seed: int) -> None:
    plane = _scenery(seed, width, height, 120)
    told = motion.ask(what="sharper", plane=_told(plane), sharpness=sharpness)
    np.testing.assert_array_equal(_planes([told], [plane])[0], sharpened(plane, sharpness))


def _paint(steps: list[int], moves: list[bool], start: int) -> TexturePaint:
    times = tuple(int(time) for time in np.cumsum([0, *steps]))
    return TexturePaint(Texture(64, 36, times, DATA, tuple(moves) if any(moves) else ()), start)


def _asked(motion: Node, paint: TexturePaint, ticks: list[float], step: float = 0) -> list[list[int | None]]:
    texture = paint.texture
    told: list[list[int | None]] = motion.ask(
        what="shown", times=texture.times, moves=texture.moves, start=paint.start, ticks=ticks, step=step
    )
    return told


paints = st.integers(1, 6).flatmap(
    lambda count: st.builds(
        _paint,
        st.lists(st.one_of(st.integers(1, 9), st.integers(1, 1 << 30)), min_size=count, max_size=count),
        st.lists(st.booleans(), min_size=count, max_size=count),
        st.integers(-50, 50),
    )
)


@settings(max_examples=60, deadline=None)
@given(paint=paints, places=st.lists(st.fractions(-1, 7, max_denominator=64), min_size=1, max_size=8))
def test_what_is_shown_when(motion: Node, paint: TexturePaint, places: list[Fraction]) -> None:
    """Picture, part and next change are those of the model."""
    times = [*paint.texture.times, paint.texture.times[-1] + 8]
    ticks = []
    for place in places:
        index = min(max(0, int(place)), len(times) - 2)
        at = paint.start + times[index] + (place - index) * (times[index + 1] - times[index])
        ticks.append(Fraction(int(16 * at), 16))  # A number in JavaScript, too.
    ours = [[paint.picture_at(at), paint.part_at(at), paint.next_change(at)] for at in ticks]
    assert _asked(motion, paint, [float(at) for at in ticks]) == ours


@pytest.mark.parametrize(("step", "parts"), [(500, 2), (250, 4), (333, 3), (1000, 1), (4000, 1)])
def test_a_cadence(motion: Node, step: int, parts: int) -> None:
    """While it plays, each way is gone in equal steps; each stands until the turn that was told before."""
    paint = _paint([1000, 1000], [True, False], 7)
    at, seen = 7, []
    while at < 1007:
        (index, part, turn), (_, later, _) = _asked(motion, paint, [at, at + 1000 // parts - 2], step)
        assert (index, later) == (0, part)
        assert part is not None
        assert turn is not None
        seen.append(part)
        at = turn
    assert at == 1007
    assert seen == [pytest.approx(PARTS * k / parts, abs=1) for k in range(parts)]
    assert _asked(motion, paint, [1500], step) == [[1, 0, 2007]]


def test_a_held_picture(motion: Node) -> None:
    """With a step beyond all ways pictures stand as if they did not move."""
    paint = _paint([10, 10], [True, True], 0)
    assert _asked(motion, paint, [9.5, 15], 1e300) == [[0, 0, 10], [1, 0, 20]]


def test_the_pace(motion: Node) -> None:
    """A worker that is late gets less to do, down to nothing between pictures; one at leisure gets more."""
    paces = motion.ask(what="paces", worked=[100, 100, 950, 950, 950, 500, 950, 950], rate=24, turns=60)
    assert paces == [1, 0.5, 0.5, 1, 2, 2, 2, 0]
    # One late second, as the first one is while decoders start, changes nothing.
    assert motion.ask(what="paces", worked=[950, 500, 950, 500], rate=24, turns=60) == [1] * 4
    # What was too much is tried again later and later.
    worked = [950, 950, *[100] * 4, 950, 950, *[100] * 8]
    expected = [1] + [2] * 4 + [1, 1] + [2] * 8 + [1]
    assert motion.ask(what="paces", worked=worked, rate=24, turns=60) == expected
    # No more than the display shows.
    assert motion.ask(what="paces", worked=[0] * 6, rate=50, turns=60) == [1] * 6
