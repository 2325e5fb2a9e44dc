# SPDX-License-Identifier: Apache-2.0
"""When pictures of textures come: at jumps where a film jumps and rests, evenly where it flows."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from mtor_transcode.analyze.textures.flatness import has_few_codes
from mtor_transcode.analyze.textures.pacing import LONGEST, Pacing
from mtor_transcode.analyze.textures.probe import Arm, Manner, Window
from mtor_transcode.analyze.textures.shelf import Shelf
from mtor_transcode.analyze.textures.spool import Spool
from mtor_transcode.ingest.frame import SourceFrame
from mtor_transcode.render.textures import TextureDecoder

JUMPS = (0, 7, 10, 31)


def jumping(count: int = 40, jumps: tuple[int, ...] = JUMPS) -> Iterator[NDArray[np.uint8]]:
    """Pages of blurred noise that change at ``jumps``, and a block that blinks all the time."""
    chance = np.random.default_rng(5)
    page = np.zeros((128, 192), np.uint8)
    for number in range(count):
        if number in jumps:
            page = np.clip(cv2.GaussianBlur(chance.uniform(0, 255, page.shape), (0, 0), 3) * 6 - 640, 16, 235)
        luma = page.astype(np.uint8)
        luma[:8, :8] = 16 + 6 * (number % 2)
        yield luma


def flowing(count: int = 40) -> Iterator[NDArray[np.uint8]]:
    """Blurred noise that drifts."""
    chance = np.random.default_rng(3)
    wide = cv2.GaussianBlur(chance.uniform(0, 255, (128, 192 + 4 * count)), (0, 0), 5)
    wide = np.clip((wide - 128) * 6 + 128, 16, 235).astype(np.uint8)
    for number in range(count):
        yield np.ascontiguousarray(wide[:, 3 * number : 3 * number + 192])


def window_of(lumas: Iterator[NDArray[np.uint8]], rate: int = 24) -> Window:
    spool = Spool()
    chroma = np.full((64, 96), 120, np.uint8)
    for number, luma in enumerate(lumas):
        spool.add(SourceFrame(number, 1, (luma, chroma, chroma), 8, (1, 1)))
    return Window(spool, (192, 128), Fraction(1, rate))


def test_pictures_come_at_jumps() -> None:
    """As many as asked for; what blinks a little is left to those that are left over."""
    pacing = Pacing(jumping(), [1.0] * 40)
    assert pacing.places(10) == list(JUMPS)
    assert set(JUMPS) <= set(pacing.places(5))
    assert pacing.places(1) == list(range(40))


def test_fewer_pictures_are_where_time_is_short() -> None:
    """A page that is seen for longer weighs more."""
    lumas = list(jumping(4, (0, 1, 2, 3)))
    first = Pacing(lumas, [5.0, 9.0, 1.0, 1.0]).places(2)
    last = Pacing(lumas, [5.0, 1.0, 1.0, 9.0]).places(2)
    assert (first, last) == ([0, 1], [0, 3])


def test_nothing_is_held_for_ever() -> None:
    """What rests is coded again after so many frames."""
    pacing = Pacing(jumping(2 * LONGEST + 4, (0,)), [1.0] * (2 * LONGEST + 4))
    places = pacing.places(1000)
    assert len(places) == 3
    assert max(after - before for before, after in pairwise(places)) <= LONGEST


@pytest.mark.parametrize("step", [2, 4, 8])
def test_what_flows_gains_nothing(step: int) -> None:
    """Pictures at equal distances are as good as can be."""
    assert Pacing(flowing(), [1.0] * 40).gain(step) > 0.9
    assert Pacing(jumping(), [1.0] * 40).gain(step) < 0.7


def test_windows_decide_for_themselves() -> None:
    """The texture of a film that jumps shows its pages in time; that of one that drifts ticks evenly."""
    still = window_of(jumping())
    assert still.manner.paced
    assert still.texture(Arm(2, 8), 40, 10).times == tuple(still.chosen(8))
    assert set(JUMPS) <= set(still.chosen(8))
    point, _ = still.tried(Arm(2, 8), 40, 10)
    still.manner = Manner()
    evenly, _ = still.tried(Arm(2, 8), 40, 10)
    assert point.unlike < 0.5 * evenly.unlike
    assert window_of(flowing()).manner == Manner()


def test_a_shelf_decides_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one pass has found of when pictures come holds in the next."""
    shelf = Shelf("fast")
    first = window_of(jumping())
    assert shelf.search(first).window.chosen(8) == first.chosen(8)
    again = window_of(jumping())
    monkeypatch.setattr(again, "_merit", pytest.fail)
    assert shelf.search(again).window is again
    assert again.chosen(8) == first.chosen(8)


def test_tools_for_screens_are_forced_where_they_pay(monkeypatch: pytest.MonkeyPatch) -> None:
    """If they are clearly better; without them the texture is another one. They are not tried on film."""
    page = [np.where(luma > 100, 235, luma // 4 * 4).astype(np.uint8) for luma in jumping()]
    window = window_of(iter(page))
    merits = {Manner(): 1.0, Manner(paced=True): 1.01, Manner(screen=True): 1.1}
    monkeypatch.setattr(window, "_merit", lambda: merits[window.manner])
    assert window.manner == Manner(screen=True)
    forced = window.texture(Arm(1, 4), 30, 8)
    window.manner = Manner()
    assert window.texture(Arm(1, 4), 30, 8).data != forced.data
    film = window_of(flowing())
    monkeypatch.setattr(film, "_merit", pytest.fail)
    assert film.manner == Manner()


def test_what_a_computer_draws_has_few_codes() -> None:
    """A page in two inks has, under a photo too; noise has not."""
    noise = np.random.default_rng(1).normal(128, 30, (128, 192)).clip(16, 235).astype(np.uint8)
    assert not has_few_codes(noise)
    page = np.full((128, 192), 235, np.uint8)
    page[::9] = 16
    assert has_few_codes(page)
    page[:70] = noise[:70]
    assert has_few_codes(page)


def test_more_pictures_a_second_than_an_encoder_takes_become_a_texture() -> None:
    texture = window_of(flowing(8), rate=1000).texture(Arm(1, 1), 60.0, 10)
    assert texture.times == tuple(range(8))
    TextureDecoder(texture).planes(7)


def test_a_shelf_holds_pictures_of_one_window_only() -> None:
    shelf = Shelf("fast")
    windows = [window_of(flowing(count)) for count in (12, 24)]
    for window in windows:
        shelf.search(window).tried(Arm(2, 1), 60.0)
    assert [bool(window._small or window._samples) for window in windows] == [False, True]
