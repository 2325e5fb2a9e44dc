# SPDX-License-Identifier: Apache-2.0
"""AV1 by SVT-AV1 (through PyAV): pictures in, the bytes of a texture out."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import av
import numpy as np
from av.video.reformatter import Interpolation, VideoReformatter

from mtor_transcode.analyze.textures.spool import Plane, Planes
from mtor_transcode.codec.obu import stripped

BEST_CRF, WORST_CRF = 16, 70

SMALL = 640 * 360
"""Px of a still picture for which one thread does."""

SMALL_FILM = 320 * 180
"""Px of a film's pictures for which one thread does; with more SVT-AV1 never returned from 112 x 80."""

STILL_FINER = 8
"""Steps of CRF by which SVT-AV1's still pictures are coarser than a film's first one."""

LONG_SIDE, SHORT_SIDE = 64, 32
"""Px of a picture's sides: where one is longer than the first, the other has to have the second."""

_NO_KEYS = 1_000_000
_OPTION_CRF = 63  # What FFmpeg's own option takes at most.
_BICUBIC = Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.BITEXACT

# SVT-AV1 talks to stderr by itself; 1 lets only its errors through.
os.environ.setdefault("SVT_LOG", "1")


def quartered(crf: float) -> float:
    """The nearest CRF that the encoder knows: a whole step is 7-9% of the bytes, a quarter 1-3%."""
    return round(4 * crf) / 4


def even_size(width: int, height: int, scale: int) -> tuple[int, int]:
    """The size in px of pictures made smaller by ``scale``; even, as 4:2:0 likes it."""
    across, down = (max(2, 2 * round(side / scale / 2)) for side in (width, height))
    return across, down


def codable_scale(width: int, height: int, scale: int) -> int:
    """The greatest of ``scale``, its half, ... that SVT-AV1 can take: from 72 x 24 px it never returns."""
    while scale > 1:
        less, more = sorted(even_size(width, height, scale))
        if more <= LONG_SIDE or less >= SHORT_SIDE:
            break
        scale //= 2
    return scale


class Shrinker:
    """Makes pictures smaller, plane by plane, by swscale's bicubic filter (it reaches further to shrink)."""

    def __init__(self, size: tuple[int, int]) -> None:
        width, height = size
        half = ((width + 1) // 2, (height + 1) // 2)
        self._sizes = (size, half, half)
        self._filters = (VideoReformatter(), VideoReformatter(), VideoReformatter())

    def __call__(self, planes: Planes) -> list[Plane]:
        """The three planes at the new size."""
        return [self._plane(*each) for each in zip(planes, self._sizes, self._filters, strict=True)]

    def _plane(self, plane: Plane, size: tuple[int, int], shrink: VideoReformatter) -> Plane:
        if (plane.shape[1], plane.shape[0]) == size:
            return plane
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(plane), "gray")
        return _memory(shrink.reformat(frame, *size, "gray", interpolation=_BICUBIC).planes[0])


def encode_still(
    picture: list[Plane], size: tuple[int, int], crf: float, preset: int, *, screen: bool = False
) -> bytes:
    """AV1 of one 4:2:0 picture of ``size``, as AVIF has it, about as fine as a film's first one at ``crf``.

    That is about 8% less than a film of one picture takes in the same time (docs/experiments.md). Tools for
    a ``screen`` have to be asked for: of a still picture the encoder does not find out.
    """
    more = ":avif=1" if size[0] * size[1] > SMALL else ":avif=1:lp=1"  # More threads cost more than they do.
    tools = 1 if screen else 2
    return _encoded([picture], size, max(crf - STILL_FINER, 1), preset, Fraction(1), more, tools)


def encode(
    pictures: Iterable[list[Plane]],
    size: tuple[int, int],
    crf: float,
    preset: int,
    rate: Fraction,
    *,
    screen: bool = False,
) -> bytes:
    """AV1 of 4:2:0 pictures of ``size``, one key frame, at about ``rate`` pictures a second.

    ``crf`` is taken in quarters and up to 70, as SVT-AV1 does since version 4. For a ``screen`` its tools for
    those are forced; else the encoder decides, picture by picture.
    """
    more = "" if size[0] * size[1] > SMALL_FILM else ":lp=1"
    return _encoded(pictures, size, crf, preset, rate, more, 1 if screen else 2)


def _encoded(
    pictures: Iterable[list[Plane]],
    size: tuple[int, int],
    crf: float,
    preset: int,
    rate: Fraction,
    more: str = "",
    tools: int = 2,
) -> bytes:
    context = cast("Any", av.codec.CodecContext.create("libsvtav1", "w"))
    context.width, context.height = size
    context.pix_fmt = "yuv420p"
    context.framerate = rate.limit_denominator(60_000)
    context.time_base = 1 / context.framerate
    context.gop_size = _NO_KEYS
    own = f"keyint=-1:scm={tools}:crf={quartered(crf):g}{more}"  # FFmpeg's own option takes whole steps only.
    context.options = {"preset": str(preset), "crf": str(min(round(crf), _OPTION_CRF)), "svtav1-params": own}
    data = bytearray()
    for number, planes in enumerate(pictures):
        frame = av.VideoFrame(*size, "yuv420p")
        for target, plane in zip(frame.planes, planes, strict=True):
            _memory(target)[:] = plane
        frame.pts, frame.time_base = number, context.time_base
        for packet in context.encode(frame):
            data += stripped(bytes(packet))
        if number == 0:
            _share_the_machine()
    for packet in context.encode(None):
        data += stripped(bytes(packet))
    return bytes(data)


def _memory(plane: Any) -> Plane:
    rows = np.frombuffer(cast("memoryview", plane), np.uint8).reshape(plane.height, plane.line_size)
    return rows[:, : plane.width]


def _share_the_machine() -> None:
    """SVT-AV1 takes real-time priority where it may (as root): nothing else would run. Back to normal."""
    if not hasattr(os, "sched_setscheduler"):
        return
    with suppress(OSError):
        for thread in Path("/proc/self/task").iterdir():
            number = int(thread.name)
            with suppress(OSError):
                if os.sched_getscheduler(number) in (os.SCHED_FIFO, os.SCHED_RR):
                    os.sched_setscheduler(number, os.SCHED_OTHER, os.sched_param(0))
