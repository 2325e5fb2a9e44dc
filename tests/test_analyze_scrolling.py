# SPDX-License-Identifier: Apache-2.0
"""Pages that jump by some lines: one move of the camera, and only what is new is painted."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from analyze_films import Picture, luma_psnr, rendered, write_y4m

from mtor_transcode import open as open_film
from mtor_transcode import transcode
from mtor_transcode.model import CameraMove, Enter

LINE, WAY = 20, 60
WORDS = ("quick", "brown", "fox", "jumps", "over", "lazy", "dog", "while", "seven", "wizards", "mix")


def _page(first: int, lines: int = 12) -> Picture:
    luma = np.full((LINE * lines, 320), 24, dtype=np.uint8)
    for row in range(lines):
        number = first + row
        text = f"{number} " + " ".join(WORDS[(number * 5 + k * 3) % len(WORDS)] for k in range(5))
        place = (6, LINE * row + 15)
        cv2.putText(luma, text, place, cv2.FONT_HERSHEY_SIMPLEX, 0.45, 200, 1, cv2.LINE_AA)
    return np.dstack([luma, np.full_like(luma, 128), np.full_like(luma, 128)])


def test_a_page_that_jumps_by_lines_moves_the_camera_and_pays_for_the_new_lines(tmp_path: Path) -> None:
    pictures = [_page(1)] * 6 + [_page(1 + WAY // LINE)] * 12
    source = write_y4m(tmp_path / "page.y4m", pictures, 12)
    output = tmp_path / "page.mtor"
    transcode(source, output, quality=50, mode="vector")
    film = open_film(output)
    spans = [span for entry in film.heads() for span in film.spans(entry.head.number)]
    before, after = rendered(output, [3, 12])
    tokens = [token for span in spans for token in span.tokens]
    moves = [token for token in tokens if isinstance(token, CameraMove)]
    assert [(token.camera.dx, token.camera.dy, token.duration) for token in moves] == [(0, -WAY * 16, 0)]
    first = sum(isinstance(token, Enter) and token.at < moves[0].at for token in tokens)
    later = sum(isinstance(token, Enter) and token.at >= moves[0].at for token in tokens)
    assert later < 0.5 * first
    assert luma_psnr(pictures[12:13], [after]) > luma_psnr(pictures[3:4], [before]) - 1.5
