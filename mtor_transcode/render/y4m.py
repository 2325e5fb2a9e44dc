# SPDX-License-Identifier: Apache-2.0
"""Y4M: the rendered codes themselves, uncompressed (yuv4mpeg(5))."""

from __future__ import annotations

from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mtor_transcode.model import FilmHeader
from mtor_transcode.render.chroma import subsample
from mtor_transcode.render.mp4_writer import pixel_aspect


class Y4mWriter:
    """A ``FrameSink`` for pictures alone: 4:2:0 sited as MPEG-2's, or 4:4:4 if ``exact``."""

    def __init__(
        self, path: Path, header: FilmHeader, size: tuple[int, int], fps: Fraction, *, exact: bool = False
    ) -> None:
        self.warnings: list[str] = []
        if header.audio is not None or header.subtitles:
            self.warnings.append("sound and subtitles are left out: a Y4M holds pictures only")
        self._shift = 0 if exact else 1
        self._file = path.open("wb")
        self._last: tuple[NDArray[np.uint8], bytes] | None = None
        aspect = pixel_aspect(header.pixel_aspect, (header.width, header.height), size)
        colour = "444" if exact else "420mpeg2 XYSCSS=420MPEG2"
        self._file.write(
            f"YUV4MPEG2 W{size[0]} H{size[1]} F{fps.numerator}:{fps.denominator} Ip "
            f"A{aspect.numerator}:{aspect.denominator} C{colour} "
            f"XCOLORRANGE={'FULL' if header.colour.full_range else 'LIMITED'}\n".encode()
        )

    def write(self, frame: NDArray[np.uint8]) -> None:
        """See ``FrameSink.write``."""
        if self._last is None or self._last[0] is not frame:
            planes = subsample(frame, self._shift, self._shift)
            self._last = (frame, b"FRAME\n" + b"".join(plane.tobytes() for plane in planes))
        self._file.write(self._last[1])

    def finish(self) -> None:
        """See ``FrameSink.finish``."""
        self._file.close()

    def abandon(self) -> None:
        """See ``FrameSink.abandon``."""
        with suppress(OSError):
            self._file.close()
