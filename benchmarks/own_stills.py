# SPDX-License-Identifier: Apache-2.0
"""Stills of kinds that no clip shows: ``benchmarks/own_stills.py -o FOLDER [NAME ...]``.

The pages in ``pages/`` (ours, plain HTML, SVG and Canvas; chance is seeded) as Chromium shows them at
1280 x 720, each written as a Y4M of one picture: BT.709, 4:2:0, chroma sited as H.264 has it. What they look
like depends on the machine's fonts, so figures are compared on one machine only. A page whose scripts no
font has is left out.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mtor_transcode.render.chroma import subsample

PAGES = Path(__file__).with_name("pages")
NEEDS = {
    "asia": ("zh", "ja", "ko", "hi"),
    "scripts": ("ru", "el", "ar", "he", "hy", "ka"),
    "chat": ("und-zsye",),
}
"""Languages (as ``fc-list`` names them) that a page's fonts must have."""

SIZE = (1280, 720)
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
KR, KB = 0.2126, 0.0722


def names() -> tuple[str, ...]:
    """The pages' names."""
    return tuple(sorted(page.stem for page in PAGES.glob("*.html")))


def missing(name: str) -> tuple[str, ...]:
    """The languages of a page that no font of this machine has."""
    asked = NEEDS.get(name, ())
    if not asked or shutil.which("fc-list") is None:
        return asked
    return tuple(one for one in asked if not _output("fc-list", f":lang={one}", "family"))


def to_ycc(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(H, W, 3) BT.709 codes (Y, Cb, Cr; 16 to 235 and 240) of (H, W, 3) R, G, B."""
    red, green, blue = np.moveaxis(rgb.astype(np.float64) / 255, -1, 0)
    luma = KR * red + (1 - KR - KB) * green + KB * blue
    codes = (16 + 219 * luma, 128 + 112 * (blue - luma) / (1 - KB), 128 + 112 * (red - luma) / (1 - KR))
    return np.rint(np.stack(codes, axis=-1)).astype(np.uint8)


def write(path: Path, rgb: NDArray[np.uint8]) -> None:
    """``rgb`` (H, W, 3) as a Y4M of one picture."""
    height, width = rgb.shape[:2]
    head = f"YUV4MPEG2 W{width} H{height} F25:1 Ip A1:1 C420mpeg2\nFRAME\n"
    path.write_bytes(head.encode() + b"".join(plane.tobytes() for plane in subsample(to_ycc(rgb))))


def make(folder: Path, wanted: Iterable[str] = ()) -> Iterator[Path]:
    """Write the pages called ``wanted`` (all, if none) into ``folder``; yields the Y4Ms as they are made."""
    shown = [name for name in wanted or names() if _has_fonts(name)]
    folder.mkdir(parents=True, exist_ok=True)
    for name, png in _shots(shown):
        bgr = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
        if bgr is None or bgr.shape != (SIZE[1], SIZE[0], 3):
            raise SystemExit(f"{name}: the browser made no picture of {SIZE[0]} x {SIZE[1]} px")
        path = folder / f"{name}.y4m"
        write(path, cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB).astype(np.uint8))
        yield path


def _has_fonts(name: str) -> bool:
    if name not in names():
        raise SystemExit(f"{name}: no such page; there are {', '.join(names())}")
    absent = missing(name)
    if absent:
        print(f"{name}: left out, no font here has {', '.join(absent)}", file=sys.stderr)
    return not absent


def _shots(wanted: list[str]) -> Iterator[tuple[str, bytes]]:
    """Each page as a PNG. Text is smoothed in shades of grey, as videos have it."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise SystemExit("no Chromium here: install chromium, or give Y4Ms that were made elsewhere")
    from playwright.sync_api import sync_playwright

    flags = [
        "--disable-gpu",
        "--disable-lcd-text",
        "--font-render-hinting=none",
        "--force-color-profile=srgb",
        "--allow-file-access-from-files",
    ]
    with sync_playwright() as playwright:
        chromium: Any = playwright.chromium.launch(executable_path=browser, args=flags, env={**os.environ})
        page = chromium.new_page(viewport={"width": SIZE[0], "height": SIZE[1]})
        broken: list[str] = []
        page.on("pageerror", lambda error: broken.append(str(error)))
        for name in wanted:
            page.goto((PAGES / f"{name}.html").as_uri(), wait_until="load")
            page.evaluate("document.fonts.ready")
            if broken:
                raise SystemExit(f"{name}: {broken[0]}")
            yield name, page.screenshot()
        chromium.close()


def _output(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def main() -> int:
    """Write the stills and say where."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(names())}")
    arguments.add_argument("-o", "--output", type=Path, required=True, help="folder for the Y4Ms")
    asked = arguments.parse_args()
    for path in make(asked.output, asked.names):
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
