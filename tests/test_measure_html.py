# SPDX-License-Identifier: Apache-2.0
"""The page of a report: self-contained, small, whole, and with the figures in it."""

from __future__ import annotations

import base64
import re
from fractions import Fraction
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import av
import cv2
import msgspec
import numpy as np
import pytest
from measure_film import film_file, small_film, write_video

from mtor_transcode.measure.html import html_page
from mtor_transcode.measure.html.charts import Frame as Plot
from mtor_transcode.measure.html.charts import Line, line_plot, nice_ceiling, step_plot
from mtor_transcode.measure.html.images import BUDGET, difference, triples
from mtor_transcode.measure.html.plots import plots
from mtor_transcode.measure.html.words import NO_BREAK, clock, link, similarity, size, three, verdict
from mtor_transcode.measure.report import report
from mtor_transcode.measure.result import KindRate, Report, Second
from mtor_transcode.measure.rgb import to_rgb
from mtor_transcode.model import ColourSpec

VOID = {"meta", "img"}


class Checker(HTMLParser):
    """Fails on tags that do not close in order; collects attributes and text."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag == "path", f"HTML does not close {tag} by a slash"

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"{tag} closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("script", "style"):
            self.text.append(data)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Report]:
    folder = tmp_path_factory.mktemp("page")
    film = small_film(sound=True)
    source = write_video(
        film, folder / 'a "source" <b>.mkv', change=lambda n, ycc: np.roll(ycc, n % 7, axis=1)
    )
    path = folder / "report.html"
    return path, report(source, film_file(film, folder / "film & more.mtor"), html=path, vmaf=False)


def test_the_page_is_whole_and_asks_nothing_of_the_network(page: tuple[Path, Report]) -> None:
    text = page[0].read_text(encoding="utf-8")
    checker = Checker()
    checker.feed(text)
    assert checker.open == []
    assert "://" not in text
    assert "@import" not in text
    assert "url(" not in text
    addresses = [value for _, name, value in checker.attributes if name in ("src", "href", "srcset", "data")]
    assert addresses
    assert all(value.startswith("data:image/webp;base64,") for value in addresses)
    assert len(text) < 1_000_000


def test_names_are_escaped_and_pictures_have_words(page: tuple[Path, Report]) -> None:
    checker = Checker()
    checker.feed(page[0].read_text(encoding="utf-8"))
    shown = "".join(checker.text)
    assert "film & more.mtor" in shown
    assert 'a "source" <b>.mkv' in shown
    assert "b" not in {tag for tag, _, value in checker.attributes if not value}
    alts = [value for tag, name, value in checker.attributes if (tag, name) == ("img", "alt")]
    assert len(alts) == 9
    assert all(len(alt) > 10 for alt in alts)
    labels = [value for tag, name, value in checker.attributes if (tag, name) == ("svg", "aria-label")]
    assert len(labels) == 3
    assert ("html", "lang", "en") in checker.attributes


def test_the_figures_are_in_it(page: tuple[Path, Report]) -> None:
    path, found = page
    checker = Checker()
    checker.feed(path.read_text(encoding="utf-8"))
    text = re.sub(r"[ \n]+", " ", " ".join(checker.text))
    quality = found.quality
    for figure in (
        f"{found.film.bytes:,}",
        three(found.rates.kbps),
        three(found.rates.source_ratio),
        f"{quality.pooled['ssim'].mean:.4f}",
        f"{quality.pooled['psnr_y'].p5:.2f}",
        f"{quality.psnr_yuv_mean_mse:.2f}",
        f"{found.rfc.tokens_per_hour:,.0f}",
        "not measured: it was not asked for",
        clock(found.frames[quality.picks.worst].seconds),
        "MTOR sends a video as drawings",
    ):
        assert figure in text, figure
    for kind in found.rates.kinds:
        assert kind.kind in text
    for scene in found.scenes:
        assert f"{scene.bytes:,}" in text


def test_the_pictures_are_the_picked_frames_in_their_own_colours(page: tuple[Path, Report]) -> None:
    path, found = page
    coded = re.findall(r'src="data:image/webp;base64,([^"]+)"', path.read_text(encoding="utf-8"))
    shown = [cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), 1)[..., ::-1] for data in coded]
    with av.open(str(path.parent / found.source.name)) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    picks = found.quality.picks
    for number, picture in zip((picks.worst, picks.median, picks.best), shown[::3], strict=True):
        assert picture.shape == frames[number].shape
        assert np.abs(picture.astype(int) - frames[number]).mean() < 4
    assert shown[8].mean() < shown[2].mean()  # the best frame differs less than the worst


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("matrix", [1, 6, 9])
def test_colours_are_those_of_ffmpeg(matrix: int, full: bool) -> None:
    random = np.random.default_rng(matrix)
    ycc = random.integers(60, 190, (32, 32, 3), dtype=np.uint8)
    frame = av.VideoFrame.from_ndarray(ycc, "yuv444p", channel_last=True)
    names = {1: "ITU709", 6: "ITU601", 9: "BT2020"}
    theirs = frame.reformat(
        format="gbrp", src_colorspace=av.video.reformatter.Colorspace[names[matrix]],
        src_color_range=2 if full else 1, dst_color_range=2,
    ).to_ndarray(format="rgb24")  # fmt: skip
    ours = to_rgb(ycc, ColourSpec(matrix=matrix, full_range=full))
    assert np.abs(ours.astype(int) - theirs).max() <= 2


def test_wide_pixels_and_large_pictures_are_fitted_within_the_budget() -> None:
    random = np.random.default_rng(1)
    noise = random.integers(0, 256, (1080, 1440, 3), dtype=np.uint8)
    found = triples(dict.fromkeys((3, 5, 9), (noise, noise)), ColourSpec(), Fraction(4, 3))
    assert set(found) == {3, 5, 9}
    assert (found[3].width, found[3].height) == (960, 540)
    calm = cv2.GaussianBlur(noise, (0, 0), 9)
    small = triples(dict.fromkeys((3, 5, 9), (calm, calm)), ColourSpec())
    total = sum(len(uri) for t in small.values() for uri in (t.source, t.render, t.difference))
    assert total < BUDGET * 4 / 3 + 1000


def test_equal_pictures_have_a_black_difference() -> None:
    ycc = np.full((8, 8, 3), 90, np.uint8)
    assert difference(ycc, ycc).max() <= 5
    other = ycc.copy()
    other[4, 4] = 160
    assert difference(ycc, other)[4, 4].sum() > 400


def test_a_long_film_has_a_small_plot() -> None:
    times = [n / 30 for n in range(108_000)]
    values = [abs(np.sin(t)) for t in times]
    drawn = line_plot("x", "about", [Line("x", "c1", times, values)], Plot(3600, 0, 1, [10, 20]))
    assert len(drawn) < 30_000
    assert "band" in drawn
    steps = step_plot(
        "x", "about", [("motion", "k-motion", [1.0] * 240)], list(range(0, 3601, 15)), Plot(3600, 0, 2), 1
    )
    assert len(steps) < 12_000


def test_bytes_are_drawn_at_their_own_seconds(page: tuple[Path, Report]) -> None:
    """A film that does not end on a full second: the last step is shorter, and no step moves."""
    seconds = [Second(float(n), 1.0 if n < 13 else 0.2, {"motion": float(n == 7)}) for n in range(14)]
    kinds = (KindRate("motion", 1, 1.0, 1.0),)
    found = msgspec.structs.replace(
        page[1], timeline=tuple(seconds), rates=msgspec.structs.replace(page[1].rates, kbps=0.0, kinds=kinds)
    )
    (area,) = re.findall(r'class="area k-motion" d="([^"]+)"', plots(found))
    x0, x1 = 1000 * 7 / 13.2, 1000 * 8 / 13.2
    step = re.search(rf"V([\d.]+)H{x0:.1f}V([\d.]+)H{x1:.1f}V([\d.]+)", area)
    assert step is not None
    before, top, after = (float(y) for y in step.groups())
    assert (before, after) == (200, 200)
    assert top < 100


def test_a_film_of_one_frame_has_a_page(page: tuple[Path, Report]) -> None:
    found = page[1]
    quality = msgspec.structs.replace(
        found.quality, frames=1, picks=msgspec.structs.replace(found.quality.picks, worst=0, median=0, best=0)
    )
    one = msgspec.structs.replace(found, frames=found.frames[:1], quality=quality, timeline=(), scenes=())
    checker = Checker()
    checker.feed(html_page(one, {}))
    assert checker.open == []


def test_words() -> None:
    assert (size(812), size(31_400), size(5_020_000)) == tuple(
        text.replace(" ", NO_BREAK) for text in ("812 B", "31.4 kB", "5.02 MB")
    )
    assert (clock(3.2), clock(63.2), clock(3723)) == (f"3.20{NO_BREAK}s", "1:03.2", "1:02:03")
    assert (similarity(0.99996), similarity(1.0), similarity(0.85)) == ("0.999", "1.000", "0.850")
    assert (three(0.5), three(57.84), three(10946.2)) == ("0.50", "57.8", "10,946")
    assert verdict(96, 0) == "hard to tell from the source"
    assert verdict(None, 0.5) == "bad"
    assert verdict(61, 0.1) == "fair"
    assert "2G" in link(20)
    assert link(5000) == ""
    assert (nice_ceiling(0.7), nice_ceiling(10), nice_ceiling(13)) == (0.8, 10, 15)


@pytest.mark.slow
@pytest.mark.parametrize("width", [390, 1200])
def test_a_browser_shows_it_without_errors_or_sideways_scrolling(
    page: tuple[Path, Report], chromium: Any, width: int
) -> None:
    tab = chromium.new_page(viewport={"width": width, "height": 800})
    said: list[str] = []
    tab.on("console", lambda message: said.append(message.text))
    tab.on("pageerror", lambda error: said.append(str(error)))
    tab.on("request", lambda request: said.append(request.url) if request.url[:5] == "http:" else None)
    tab.goto(page[0].as_uri())
    assert tab.evaluate("document.documentElement.scrollWidth") == width
    tab.click(".triple button >> nth=1")
    assert tab.locator("dialog img").get_attribute("src")
    tab.keyboard.press("ArrowLeft")
    assert tab.locator("dialog span").inner_text().startswith("Source")
    tab.keyboard.press("Escape")
    tab.wait_for_timeout(50)
    tab.wait_for_selector("dialog", state="detached")
    tab.close()
    assert said == []
