# SPDX-License-Identifier: Apache-2.0
"""An MP4 under way: pictures are coded as H.264, sound and subtitles put in beside them.

x264's own frame threads code while the caller draws, so there is no thread of ours: it would wait for the
interpreter's lock, which drawing holds. Preset and options were chosen by processor time on 2 cores at 720p,
measured once under changing load: ``docs/experiments.md`` has the figures.
"""

from __future__ import annotations

from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from mtor_transcode.errors import UsageError
from mtor_transcode.render.film import Film
from mtor_transcode.render.side_tracks import SideTrack, audio_track, text_track
from mtor_transcode.render.timeline import Timeline
from mtor_transcode.render.video_frame import padded, tag_colour, video_frame

PRESET = "veryfast"
CRF = "16"
FASTER = "subme=1:partitions=i8x8,i4x4"
"""A third to a half of the preset's time less at the same PSNR, roughly, for 7 to 14% more bytes."""

THREADS = 3
"""Two pictures under way while the next is drawn."""

LOSSLESS_PRESET = "ultrafast"


class Mp4Writer:
    """A ``FrameSink``. ``exact`` keeps 4:4:4 and odd sizes; else both sides are made even.

    ``UsageError`` if the pictures are too large for it.
    """

    def __init__(
        self,
        path: Path,
        film: Film,
        size: tuple[int, int],
        times: Timeline,
        *,
        lossless: bool = False,
        exact: bool = False,
    ) -> None:
        _check_size(*size)
        header = film.header
        self.warnings: list[str] = []
        self._format = "yuv444p" if exact else "yuv420p"
        self._size = size if exact else (size[0] + size[0] % 2, size[1] + size[1] % 2)
        self._rate = times.fps
        self._frames = 0
        self._last: tuple[NDArray[np.uint8], VideoFrame] | None = None
        self._container = av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"})
        self._video = self._container.add_stream("libx264", rate=times.fps, options=_options(lossless))
        context = self._video.codec_context
        context.width, context.height = self._size
        context.pix_fmt = self._format
        context.time_base = 1 / times.fps
        # PyAV's default cuts each picture into slices and waits for it: nothing would code while we draw.
        context.thread_type = "FRAME"
        context.thread_count = THREADS
        context.sample_aspect_ratio = pixel_aspect(header.pixel_aspect, (header.width, header.height), size)
        tag_colour(context, header.colour)
        self._colour = header.colour
        self._sides = self._side_tracks(film, times)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the coded pictures."""
        return self._size

    def write(self, frame: NDArray[np.uint8]) -> None:
        """See ``FrameSink.write``."""
        if self._last is None or self._last[0] is not frame:
            picture = video_frame(padded(frame, *self._size), self._format)
            tag_colour(picture, self._colour)
            picture.time_base = 1 / self._rate
            self._last = (frame, picture)
        picture = self._last[1]
        picture.pts = self._frames
        self._frames += 1
        self._mux(self._video.encode(picture))

    def finish(self) -> None:
        """See ``FrameSink.finish``."""
        self._mux(self._video.encode(None))
        for side in self._sides:
            self._container.mux(list(side.until(None)))
        self._container.close()

    def abandon(self) -> None:
        """See ``FrameSink.abandon``."""
        with suppress(OSError, ValueError):
            self._container.close()

    def _mux(self, packets: list[Packet[VideoStream]]) -> None:
        for packet in packets:
            if packet.dts is not None:
                time = packet.dts * packet.time_base
                for side in self._sides:
                    self._container.mux(list(side.until(time)))
            self._container.mux(packet)

    def _side_tracks(self, film: Film, times: Timeline) -> list[SideTrack]:
        sides: list[SideTrack] = []
        header = film.header
        if header.audio is not None:
            sound = audio_track(self._container, header.audio, film.audio(), times.start, times.duration)
            if sound is None:
                self.warnings.append(
                    f"the sound is left out: an MP4 cannot hold {header.audio.codec} "
                    "(transcode with --audio opus)"
                )
            else:
                sides.append(sound)
        lines = list(film.subtitles()) if header.subtitles else []
        for number, info in enumerate(header.subtitles):
            own = [line for line in lines if line.track == number]
            sides.append(text_track(self._container, info, own, times.start, times.duration))
        return sides


def _check_size(width: int, height: int) -> None:
    """FFmpeg's own limit (``av_image_check_size``), of 8 bytes a pixel and a border of 128 px, in an int."""
    if (width + 128) * (height + 128) >= 2**28:
        raise UsageError(
            f"{width}x{height} px are more than an MP4 can be written with",
            where="size",
            remedy="choose a smaller size, or a .y4m",
        )


def pixel_aspect(aspect: Fraction, film: tuple[int, int], size: tuple[int, int]) -> Fraction:
    """The shape of a pixel at another size, so that the picture keeps its shape on the screen.

    Sizes within one percent of the film's proportions keep the film's: they are meant to be the same.
    """
    stretch = Fraction(film[0] * size[1], film[1] * size[0])
    if abs(stretch - 1) < Fraction(1, 100):
        return aspect
    return (aspect * stretch).limit_denominator(1000)


def _options(lossless: bool) -> dict[str, str]:
    if lossless:
        return {"preset": LOSSLESS_PRESET, "qp": "0"}
    return {"preset": PRESET, "crf": CRF, "x264-params": FASTER}
