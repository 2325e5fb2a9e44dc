# SPDX-License-Identifier: Apache-2.0
"""The player's page as people use it: films dropped, keys, captions, figures, no link, small screens."""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from memory_films import MemoryFilm, write_film
from moving_films import MOVING, SIZE, WHITE
from player_page import PAGE, Site, Tab, opened

from mtor_transcode.codec.film_reader import FilmReader
from mtor_transcode.model import FilmHeader, Scene, SceneStart, Span, Subtitle, SubtitleInfo
from mtor_transcode.render.player import ScenePlayer

ROOT = Path(__file__).parents[1]
MOTION = (ROOT / "samples" / "motion.mtor").read_bytes()
DEMO = (ROOT / "samples" / "demo.mtor").read_bytes()

_DROP = """async ([name, data]) => {
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], name));
  const screen = document.getElementById("screen");
  for (const kind of ["dragover", "drop"]) {
    screen.dispatchEvent(new DragEvent(kind, { dataTransfer: transfer, bubbles: true, cancelable: true }));
  }
}"""


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    site = Site()
    yield site
    site.close()


def captioned() -> bytes:
    """Four seconds, two tracks of text."""
    header = FilmHeader(
        *SIZE, Fraction(1, 30), Fraction(30), subtitles=(SubtitleInfo("eng"), SubtitleInfo("deu"))
    )
    lines = [Subtitle(0, 500, 1500, "Hello <b>there</b>"), Subtitle(1, 500, 1500, "Guten Tag")]
    scene = Scene(SceneStart(0, 0, WHITE), (Span(0, 120, MOVING),))
    return write_film(MemoryFilm(header, [scene], lines=lines))[0]


def drop(tab: Tab, name: str, data: bytes) -> None:
    tab.page.evaluate(_DROP, [name, base64.b64encode(data).decode()])


def time_of(tab: Tab) -> float:
    return float(tab.page.evaluate("mtor.player.time"))


def pixels(tab: Tab) -> bytes:
    return bytes(tab.page.locator("#picture").screenshot())


def test_a_dropped_film_plays(chromium: Any, site: Site) -> None:
    with opened(chromium, site) as tab:
        tab.open()
        assert tab.page.locator("#play").is_disabled()
        drop(tab, "demo.mtor", DEMO)
        tab.page.wait_for_selector("#play:not([disabled])")
        assert tab.page.title() == "demo · MTOR player"
        assert tab.page.locator("#welcome").is_hidden()
        tab.page.wait_for_timeout(200)
        before = pixels(tab)
        tab.page.get_by_role("button", name="Play").first.click()
        tab.wait("mtor.player.time > 0.6")
        tab.page.get_by_role("button", name="Pause").click()
        stopped = time_of(tab)
        assert pixels(tab) != before
        tab.page.wait_for_timeout(300)
        assert time_of(tab) == stopped > 0.6
        assert tab.page.locator("#time").inner_text() == f"0:{int(stopped):02} / 0:13"


def test_a_chosen_film_plays_to_its_end_and_again(chromium: Any, site: Site) -> None:
    with opened(chromium, site) as tab:
        tab.open()
        tab.page.set_input_files(
            "#file", {"name": "motion.mtor", "mimeType": "application/octet-stream", "buffer": MOTION}
        )
        tab.page.wait_for_selector("#play:not([disabled])")
        tab.page.evaluate("mtor.player.seek(2.7)")
        tab.page.keyboard.press("k")
        tab.wait("mtor.player.ended && mtor.player.paused")
        assert tab.page.locator("#play").get_attribute("aria-label") == "Play"
        tab.page.keyboard.press("k")
        tab.wait("mtor.player.time > 0.1 && mtor.player.time < 2")


def test_keys(chromium: Any, site: Site) -> None:
    with opened(chromium, site) as tab:
        tab.open(DEMO)
        press = tab.page.keyboard.press
        duration = tab.page.evaluate("mtor.player.duration")
        for key, wanted in [
            ("5", duration / 2), ("ArrowRight", duration / 2 + 5), ("j", duration / 2 - 5),
            ("l", duration / 2 + 5), ("ArrowLeft", duration / 2), ("Home", 0), ("End", duration), ("0", 0),
        ]:  # fmt: skip
            press(key)
            assert time_of(tab) == pytest.approx(wanted, abs=0.01), key
        press(".")
        press(".")
        press(",")
        assert time_of(tab) == pytest.approx(1 / 25, abs=1e-6)
        press("m")
        assert tab.page.locator("#mute").get_attribute("aria-pressed") == "true"
        press("ArrowUp")
        assert tab.page.locator("#mute").get_attribute("aria-pressed") == "false"
        press("ArrowDown")
        assert tab.page.locator("#volume").input_value() == "0.9"
        press(">")
        assert tab.page.evaluate("mtor.player.clock.rate") == 1.25
        press("?")
        assert tab.page.locator("#more").is_visible()
        press("k")
        press("Escape")
        tab.page.wait_for_selector("#more", state="hidden")
        assert tab.page.evaluate("mtor.player.paused")
        press(" ")
        tab.wait("!mtor.player.paused && mtor.player.time > 0.3")
        press("f")
        tab.wait("document.fullscreenElement !== null")


def test_speed(chromium: Any, site: Site) -> None:
    """At twice the speed media time goes twice as fast."""
    with opened(chromium, site) as tab:
        tab.open(MOTION)
        tab.page.select_option("#speed", "2")
        ratio = tab.page.evaluate(
            """async () => {
              await mtor.player.play();
              const [begun, from] = [performance.now(), mtor.player.clock.time];
              await new Promise((resolve) => setTimeout(resolve, 700));
              return (mtor.player.clock.time - from) / (performance.now() - begun) * 1000;
            }"""
        )
        assert 1.8 < ratio < 2.2


def test_captions(chromium: Any, site: Site) -> None:
    with opened(chromium, site) as tab:
        tab.open(captioned())
        line = tab.page.locator("#captions")
        tab.page.evaluate("mtor.player.seek(1)")
        assert line.is_hidden()
        tab.page.keyboard.press("c")
        assert line.inner_text() == "Hello <b>there</b>"
        tab.page.evaluate("mtor.player.seek(1.6)")
        assert line.is_hidden()
        tab.page.evaluate("mtor.player.seek(0.6)")
        tab.page.click("#menu")
        tab.page.select_option("#caption-track", "1")
        tab.page.keyboard.press("Escape")
        assert line.inner_text() == "Guten Tag"


def test_the_panel_tells_the_truth(chromium: Any, site: Site) -> None:
    data = (ROOT / "samples" / "pan.mtor").read_bytes()
    reader = FilmReader(io.BytesIO(data))
    seconds = float(reader.duration * reader.header.time_base)
    entry = reader.heads()[0]
    with opened(chromium, site) as tab:
        tab.open(data)
        tab.page.keyboard.press("i")
        tab.page.evaluate("mtor.player.seek(1)")
        tab.page.wait_for_timeout(1500)
        figures = dict(re.findall(r"^(\w[\w ]*)\n(.*)$", tab.page.locator("#panel").inner_text(), flags=re.M))
        assert f"film {len(data) * 8 / 1000 / seconds:.2f} kbit/s" in figures["Rate"]
        assert figures["So far"] == f"{len(data)} bytes"
        tick = 1 / reader.header.time_base
        live = len(ScenePlayer(reader, entry, tick).at(tick).shapes)
        assert 0.4 * live < int(figures["Shapes"]) <= live
        assert figures["Pictures"] == "0 a second"
        assert figures["Sound"] == "the film has no sound"
        tab.page.keyboard.press("k")
        tab.page.wait_for_timeout(1500)
        told = int(tab.page.locator("#panel-fps").inner_text().split()[0])
        assert 3 < told <= 70


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"no film at all", "not an MTOR file"),
        (MOTION[:10], ""),
        (MOTION[:90] + bytes([MOTION[90] ^ 1]) + MOTION[91:], "damaged"),
        (b"", ""),
    ],
    ids=["text", "cut", "flipped", "empty"],
)
def test_a_bad_file_gives_one_line(chromium: Any, site: Site, data: bytes, line: str) -> None:
    with opened(chromium, site) as tab:
        tab.open()
        drop(tab, "bad.mtor", data)
        tab.page.wait_for_selector("#trouble:not([hidden])")
        text = tab.page.locator("#trouble").inner_text()
        assert line in text
        assert "bad.mtor" in text
        assert "\n" not in text
        assert len(text) < 200
        drop(tab, "good.mtor", MOTION)
        tab.wait("document.title.startsWith('good')")
        assert tab.page.locator("#trouble").is_hidden()


def test_a_missing_film_gives_one_line(chromium: Any, site: Site) -> None:
    with opened(chromium, site) as tab:
        tab.page.goto(f"{site.url}{PAGE}?film=/films/none.mtor")
        tab.page.wait_for_selector("#trouble:not([hidden])")
        assert tab.page.locator("#trouble").inner_text() == (
            "none.mtor could not be fetched: the server answered 404"
        )
        assert [line for line in tab.said if "404" not in line] == []
        tab.said.clear()


def test_without_a_link_the_page_works_on(chromium: Any, site: Site) -> None:
    with opened(chromium, site) as tab:
        tab.open()
        tab.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        tab.page.context.set_offline(True)
        tab.page.reload()
        drop(tab, "motion.mtor", MOTION)
        tab.page.wait_for_selector("#play:not([disabled])")
        tab.page.keyboard.press("k")
        tab.wait("mtor.player.time > 0.2")


def test_all_the_players_files_are_kept_for_offline_use(chromium: Any, site: Site) -> None:
    with opened(chromium, site) as tab:
        tab.open()
        kept = tab.page.evaluate(
            """async () => {
              await navigator.serviceWorker.ready;
              const store = await caches.open("mtor-player-1");
              return (await store.keys()).map(({ url }) => new URL(url).pathname);
            }"""
        )
    # Without a link there is no socket: neither its client nor what that reads. The index is for other pages.
    unneeded = {"/player/offline.js", "/player/trust/index.js"} | {
        name for name in site.files if "/wire/" in name or "/events/" in name or "types.js" in name
    }
    needed = {name for name in site.files if name.startswith("/player/")} - unneeded
    assert needed - set(kept) == set()


@pytest.mark.parametrize(("width", "height"), [(360, 640), (740, 360), (1280, 800)])
def test_it_fits_the_screen(chromium: Any, site: Site, width: int, height: int) -> None:
    with opened(chromium, site, viewport={"width": width, "height": height}, device_scale_factor=2) as tab:
        tab.open(MOTION)
        page = tab.page
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert page.evaluate("document.documentElement.scrollHeight") == height
        box = page.locator("#picture").bounding_box()
        assert box["width"] / box["height"] == pytest.approx(16 / 9, rel=0.02)
        assert page.evaluate("document.getElementById('picture').width") == round(2 * box["width"])
        for button in page.locator("button:visible, select:visible").all():
            size = button.bounding_box()
            assert min(size["width"], size["height"]) >= 44
            assert 0 <= size["x"] <= width - size["width"] + 0.5


def test_everything_has_a_name(chromium: Any, site: Site) -> None:
    with opened(chromium, site) as tab:
        tab.open(captioned())
        nameless = tab.page.evaluate(
            """[...document.querySelectorAll("button, select, input:not([type=file])")]
              .filter((part) => !(part.getAttribute("aria-label") || part.textContent.trim()
                || part.labels?.[0]?.textContent.trim()))
              .map((part) => part.id)"""
        )
        assert nameless == []
        assert tab.page.locator("#seek").get_attribute("aria-valuetext") == "0 seconds of 4 seconds"
        tab.page.keyboard.press("Tab")
        seen = set()
        for _ in range(12):
            seen.add(tab.page.evaluate("document.activeElement.id"))
            tab.page.keyboard.press("Tab")
        assert {"seek", "play", "captions-toggle", "speed", "figures", "menu", "fullscreen"} <= seen


def test_fewer_effects_show_the_same_shapes(chromium: Any, site: Site) -> None:
    header = FilmHeader(*SIZE, Fraction(1, 30), Fraction(30))
    scene = Scene(SceneStart(0, 0, WHITE, softness=20), (Span(0, 120, MOVING),))
    with opened(chromium, site) as tab:
        tab.load(write_film(MemoryFilm(header, [scene]))[0])
        full = tab.picture(1.0, SIZE).astype(float)
        shapes = tab.page.evaluate("mtor.player.shapes")
        tab.page.click("#menu")
        tab.page.select_option("#effects", "plain")
        plain = tab.picture(1.0, SIZE).astype(float)
        assert tab.page.evaluate("mtor.player.shapes") == shapes
        assert 1 < np.abs(full - plain).mean() < 15
        assert np.abs(np.diff(plain, axis=1)).max() > 1.5 * np.abs(np.diff(full, axis=1)).max()
