# SPDX-License-Identifier: Apache-2.0
"""The player's sound: where it belongs in time, and a picture that follows it."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from memory_films import MemoryFilm, write_film
from moving_films import MOVING, SIZE, WHITE
from player_page import Site, opened
from texture_films import scene, written

from mtor_transcode.ingest.opus import OpusCoder
from mtor_transcode.model import AudioInfo, FilmHeader, Scene, SceneStart, Span

CLICKS = (0.5, 1.25, 2.0)
RATE = 48_000

_LISTEN = """
window.heard = [];
const start = AudioBufferSourceNode.prototype.start;
AudioBufferSourceNode.prototype.start = function (when, offset) {
  const { clock } = mtor.player;
  const samples = this.buffer.getChannelData(0);
  samples.forEach((value, place) => {
    if (Math.abs(value) > 0.25) {
      const seconds = when + (place / this.buffer.sampleRate - offset) / this.playbackRate.value;
      window.heard.push((seconds - clock.whenOf(0)) * clock.rate);
    }
  });
  return start.call(this, when, offset);
};
"""


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    site = Site()
    yield site
    site.close()


@pytest.fixture(scope="module")
def clicking() -> bytes:
    """Four seconds of silence with three clicks in it."""
    samples = np.zeros((4 * RATE, 1), np.float32)
    for seconds in CLICKS:
        place = int(seconds * RATE)
        samples[place : place + 96] = np.where(np.arange(96) % 24 < 12, 0.9, -0.9)[:, None]
    coder = OpusCoder(24, 1, len(samples))
    packets = list(coder.packets(iter([samples])))
    sound = AudioInfo("opus", RATE, 1, "", coder.setup, coder.priming)
    header = FilmHeader(*SIZE, Fraction(1, 30), Fraction(30), audio=sound)
    whole = Scene(SceneStart(0, 0, WHITE), (Span(0, 120, MOVING),))
    return write_film(MemoryFilm(header, [whole], packets))[0]


def groups(times: list[float]) -> list[float]:
    """The first time of each group of times that lie within 50 ms."""
    found: list[float] = []
    for time in sorted(times):
        if not found or time > found[-1] + 0.05:
            found.append(time)
    return found


@pytest.mark.parametrize(("start", "speed"), [(0.0, "1"), (0.9, "1"), (0.0, "2")])
def test_sound_is_heard_where_it_belongs(
    chromium: Any, site: Site, clicking: bytes, start: float, speed: str
) -> None:
    """Clicks are put on the sound card's schedule within 5 ms of their place in the film."""
    with opened(chromium, site) as tab:
        tab.page.add_init_script(_LISTEN)
        tab.open(clicking)
        tab.page.select_option("#speed", speed)
        tab.page.evaluate("seconds => mtor.player.seek(seconds)", start)
        tab.page.keyboard.press("k")
        tab.wait("mtor.player.time > 2.2")
        wanted = [seconds for seconds in CLICKS if seconds > start]
        heard = groups(tab.page.evaluate("window.heard"))
        assert heard == pytest.approx(wanted, abs=0.005)


def test_the_sound_card_leads(chromium: Any, site: Site, clicking: bytes) -> None:
    """Media time runs with the time of the sound card, and stands with it no longer than a moment."""
    with opened(chromium, site) as tab:
        tab.page.add_init_script(
            "window.contexts = []; const Old = window.AudioContext;"
            "window.AudioContext = class extends Old {"
            " constructor(...a) { super(...a); contexts.push(this); } }"
        )
        tab.open(clicking)
        tab.page.keyboard.press("k")
        tab.wait("mtor.player.time > 0.3")
        drift = tab.page.evaluate(
            """async () => {
              const gap = () => mtor.player.clock.time - contexts[0].currentTime;
              const before = gap();
              await new Promise((resolve) => setTimeout(resolve, 600));
              return gap() - before;
            }"""
        )
        assert abs(drift) < 0.05
        tab.page.keyboard.press("m")
        assert tab.page.evaluate("mtor.player.sound._gain.gain.value") == 0
        tab.page.evaluate("contexts[0].suspend()")
        before = tab.page.evaluate("mtor.player.time")
        tab.wait(f"mtor.player.time > {before} + 0.4")


def test_without_an_audio_decoder_it_plays_silently(chromium: Any, site: Site, clicking: bytes) -> None:
    with opened(chromium, site) as tab:
        tab.page.add_init_script("delete window.AudioDecoder")
        tab.open(clicking)
        tab.page.keyboard.press("i")
        tab.page.keyboard.press("k")
        tab.wait("mtor.player.time > 0.4")
        assert "plays silently" in tab.page.locator("#panel-sound").inner_text()


def test_without_a_video_decoder_textures_are_left_out(chromium: Any, site: Site) -> None:
    with opened(chromium, site) as tab:
        tab.page.add_init_script("delete window.VideoDecoder")
        tab.open(written([scene(0, 0, shapes=True)])[0])
        tab.page.keyboard.press("i")
        tab.page.keyboard.press("k")
        tab.wait("mtor.player.ended")
        assert "cannot decode AV1" in tab.page.locator("#panel-source").inner_text()
