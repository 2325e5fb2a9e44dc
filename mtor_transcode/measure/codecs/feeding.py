# SPDX-License-Identifier: Apache-2.0
"""A source's frames for encoders, made small by bicubic filtering, and what a viewer gets back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import av
import numpy as np
from av.error import FFmpegError
from av.video.reformatter import Interpolation, VideoReformatter

from mtor_transcode.ingest.source import Source
from mtor_transcode.measure.codecs.peer import CodecError
from mtor_transcode.measure.codecs.recipe import Changes, Recipe
from mtor_transcode.measure.metrics import Planes
from mtor_transcode.measure.vmaf import Layout
from mtor_transcode.render.chroma import Plane, to_depth

CODED_FORMAT = "yuv420p"
HELD_BYTES = 128_000_000
"""Small pictures of one scale are held in memory up to this, so that a ladder decodes the source once."""

_BICUBIC = Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT
_BICUBIC |= Interpolation.FULL_CHR_H_INP | Interpolation.BITEXACT


def layout_of(source: Source) -> Layout:
    """What a raw frame of ``source`` looks like."""
    info = source.info
    return Layout(info.width, info.height, info.chroma, info.bit_depth, info.frame_rate)


@dataclass(frozen=True, slots=True)
class _Small:
    tick: int
    changed: bool
    frame: Any


class SourceFeed:
    """Gives frames of ``source`` for recipes; the last scale's small pictures are held for the next."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._layout = layout_of(source)
        self._held: tuple[int, list[_Small]] = (0, [])
        self._changed: list[bool] = []

    @property
    def time_base(self) -> Fraction:
        """Seconds per tick of the frames' times."""
        return self._source.info.time_base

    @property
    def frame_rate(self) -> Fraction:
        """Nominal frames a second of the source."""
        return self._source.info.frame_rate

    def size(self, recipe: Recipe) -> tuple[int, int]:
        """The coded size in px."""
        return recipe.size(self._layout.width, self._layout.height)

    def count(self) -> int:
        """Frames of the source, known once it was decoded."""
        return len(self._changed)

    def frames(self, recipe: Recipe) -> Iterator[tuple[int, av.VideoFrame]]:
        """``(number in the source, picture)`` of the frames that the recipe codes, in order."""
        for number, small in enumerate(self._small(recipe.scale, self.size(recipe))):
            if recipe.takes(number, small.changed):
                picture = small.frame
                picture.pts, picture.time_base, picture.pict_type = small.tick, self.time_base, 0
                yield number, picture

    def _small(self, scale: int, size: tuple[int, int]) -> Iterator[_Small]:
        """All frames at the coded size; from memory where they are held."""
        if self._held[0] == scale:
            yield from self._held[1]
            return
        self._held = (0, [])
        held: list[_Small] | None = []
        room = HELD_BYTES
        shrink = VideoReformatter()
        changes = Changes()
        known = bool(self._changed)
        for number, frame in enumerate(self._source.frames()):
            if not known:
                self._changed.append(changes.changed(frame.luma8()))
            picture = av_frame(frame.planes, self._layout)
            picture = shrink.reformat(picture, *size, CODED_FORMAT, interpolation=_BICUBIC)
            small = _Small(frame.tick, self._changed[number], picture)
            room -= size[0] * size[1] * 3 // 2
            if held is not None and room > 0:
                held.append(small)
            else:
                held = None
            yield small
        if held is not None:
            self._held = (scale, held)


def av_frame(planes: Planes, layout: Layout) -> av.VideoFrame:
    """A picture of FFmpeg's with the samples of ``planes``, copied."""
    frame = av.VideoFrame(layout.width, layout.height, layout.pixel_format or CODED_FORMAT)
    dtype = np.dtype("u1" if layout.depth == 8 else "<u2")
    for target, samples in zip(frame.planes, planes, strict=True):
        memory = np.frombuffer(cast("memoryview", target), np.uint8).reshape(target.height, target.line_size)
        width = samples.shape[1] * dtype.itemsize
        memory[:, :width] = np.ascontiguousarray(samples, dtype).view(np.uint8)
    return frame


def shown(path: Path, kept: Sequence[int], count: int, layout: Layout) -> Iterator[Planes]:
    """What a viewer sees at the time of each of ``count`` source frames: pictures upscaled and repeated.

    ``kept`` are the numbers of the frames that were coded, in order. The same object again means the same
    picture. Raises CodecError if ``path`` has not as many pictures.
    """
    grow = VideoReformatter()
    try:
        with av.open(str(path)) as container:
            container.streams.video[0].thread_type = "AUTO"
            pictures = container.decode(video=0)
            for place, number in enumerate(kept):
                following = kept[place + 1] if place + 1 < len(kept) else count
                picture = next(pictures, None)
                if picture is None:
                    raise CodecError(f"only {place} of {len(kept)} pictures came back", where=path.name)
                planes = _full_size(grow, picture, layout)
                for _ in range(number, following):
                    yield planes
    except FFmpegError as error:
        raise CodecError(f"cannot be decoded: {error}", where=path.name) from error


def _full_size(grow: VideoReformatter, picture: av.VideoFrame, layout: Layout) -> Planes:
    """The picture at the source's size, chroma and depth (by shifting, as renders are brought there)."""
    eight = Layout(layout.width, layout.height, layout.chroma, 8).pixel_format
    big = grow.reformat(picture, layout.width, layout.height, eight, interpolation=_BICUBIC)
    planes: list[Plane] = []
    for plane in big.planes:
        memory = np.frombuffer(cast("memoryview", plane), np.uint8).reshape(plane.height, plane.line_size)
        planes.append(memory[:, : plane.width].copy())
    if layout.depth != 8:
        return [to_depth(plane, 8, layout.depth) for plane in planes]
    return planes
