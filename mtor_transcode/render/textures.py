# SPDX-License-Identifier: Apache-2.0
"""Textures on the screen: AV1 decoded picture after picture by dav1d, stretched to the frame or to a shape.

Between two pictures stands what ``texture_motion`` makes of them where the texture says so.

The planes of a texture cover what the planes of the film cover: each is stretched by itself, bicubic, so no
sample changes its meaning. Chroma is sharpened before it is brought to full size, by what the way back to
4:2:0 will take away: (-1, 10, -1) / 8 undoes (1, 6, 1) / 8 but for terms of second order.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, cast

import av
import cv2
import numpy as np
from av.error import FFmpegError
from numpy.typing import NDArray

from mtor_transcode.codec.obu import pictures
from mtor_transcode.errors import FormatError
from mtor_transcode.model import Texture, TexturePaint
from mtor_transcode.render.chroma import grow
from mtor_transcode.render.texture_between import on_the_way, sharpened
from mtor_transcode.render.texture_motion import MotionField, Plane, motion_between

DECODERS = 2
"""Textures of backgrounds that are decoded side by side (a scene, and the one it dissolves from)."""

_SHARPEN = np.array([-1 / 8, 10 / 8, -1 / 8], np.float32)


@dataclass(frozen=True, slots=True)
class TextureShown:
    """Picture ``index`` of a texture, ``part`` of ``PARTS`` on its way to the next one."""

    index: int
    texture: Texture
    part: int = 0

    @property
    def border(self) -> None:
        """Textures have no border."""


def shown_at(paint: TexturePaint, tick: Fraction | int) -> TextureShown:
    """What a paint shows at a film tick."""
    return TextureShown(paint.picture_at(tick), paint.texture, paint.part_at(tick))


class TextureDecoder:
    """Decodes one texture, forwards; an earlier picture starts it anew. Holds the last two pictures.

    ``first`` is the number of the first of them.
    """

    def __init__(self, texture: Texture) -> None:
        self.texture = texture
        self._units = pictures(texture.data)
        self._restart()

    def _restart(self) -> None:
        context = av.codec.CodecContext.create("libdav1d", "r")
        context.thread_count = 1
        self._context = cast("Any", context)
        self.first = 0
        self._held: list[list[Plane]] = []
        self._motion: tuple[int, MotionField] | None = None

    def shown(self, index: int, part: int = 0) -> list[Plane]:
        """Y, Cb and Cr of what is shown of a picture. Raises FormatError if the stream is damaged."""
        planes = self.moved(index, part) if part else self.planes(index)
        return [sharpened(planes[0], self.texture.sharpness), *planes[1:]]

    def moved(self, index: int, part: int) -> list[Plane]:
        """A picture on its way to the next one, not sharpened."""
        return on_the_way(*self._pair(index), self._field(index), part)

    def luma(self, index: int, part: int) -> Plane:
        """Y of that alone."""
        first, second = self._pair(index)
        return on_the_way(first[:1], second[:1], self._field(index), part)[0]

    def _pair(self, index: int) -> tuple[list[Plane], list[Plane]]:
        """A picture and the next one."""
        second = self.planes(index + 1)
        return self.planes(index), second

    def _field(self, index: int) -> MotionField:
        """The motion from a picture to the next one."""
        if self._motion is None or self._motion[0] != index:
            first, second = self._pair(index)
            self._motion = index, motion_between(first[0], second[0])
        return self._motion[1]

    def planes(self, index: int) -> list[Plane]:
        """A picture as it was decoded."""
        if index < self.first:
            self._restart()
        while self.first + len(self._held) <= index:
            self._decode_next()
        return self._held[index - self.first]

    def _decode_next(self) -> None:
        number = self.first + len(self._held)
        planes = self._decoded(number)
        self.first, self._held = max(0, number - 1), [*self._held[-1:], planes]
        if number + 1 == len(self._units):
            self._context = None  # What it holds is larger than the picture.

    def _decoded(self, number: int) -> list[Plane]:
        unit = self._units[number]
        try:
            packet = av.Packet(len(unit))  # With zeros behind it, as decoders want; Packet(unit) has none.
            packet.update(unit)
            frames = self._context.decode(packet)
        except FFmpegError as error:
            raise _damaged(number) from error
        texture = self.texture
        if len(frames) != 1:
            raise _damaged(number)
        frame = frames[0]
        layout = frame.format.name.replace("yuvj", "yuv")
        if (frame.width, frame.height, layout) != (texture.width, texture.height, "yuv420p"):
            raise _damaged(number)
        return [_copied(plane) for plane in frame.planes]


def _damaged(number: int) -> FormatError:
    return FormatError(
        f"picture {number} of a texture cannot be decoded", remedy="the file is damaged; fetch it again"
    )


def _copied(plane: Any) -> Plane:
    memory = np.frombuffer(cast("memoryview", plane), np.uint8).reshape(plane.height, plane.line_size)
    return memory[:, : plane.width].copy()


class Decoders:
    """Decoders of the ``most`` textures that were asked for last; one shown at two times may have two."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._decoders: list[TextureDecoder] = []

    def planes(self, shown: TextureShown) -> list[Plane]:
        """Y, Cb and Cr of what is shown, from the decoder with least to do, a new one if none is before it.

        Raises FormatError if the stream is damaged.
        """
        texture = shown.texture
        ready = [
            (decoder.first, place)
            for place, decoder in enumerate(self._decoders)
            if decoder.first <= shown.index and (decoder.texture is texture or decoder.texture == texture)
        ]
        if ready:
            self._decoders.append(self._decoders.pop(max(ready)[1]))
        else:
            self._decoders = [*self._decoders[1 - self._most :], TextureDecoder(texture)]
        return self._decoders[-1].shown(shown.index, shown.part)


class TextureScreen:
    """Pictures of textures at one size; the last one is kept."""

    def __init__(self, size: tuple[int, int]) -> None:
        self._size = size
        self._decoders = Decoders(DECODERS)
        self._last: tuple[TextureShown, NDArray[np.uint8]] | None = None

    def pixels(self, shown: TextureShown) -> NDArray[np.uint8]:
        """The picture, (H, W, 3) Y, Cb, Cr: read-only; the same array again for the same picture."""
        if self._last is None or self._last[0] != shown:
            pixels = stretched(self._decoders.planes(shown), self._size)
            pixels.flags.writeable = False
            self._last = (shown, pixels)
        return self._last[1]


def stretched(planes: list[Plane], size: tuple[int, int]) -> NDArray[np.uint8]:
    """4:2:0 planes as a picture ``(H, W, 3)`` of ``size`` (width, height)."""
    width, height = size
    luma = stretched_plane(planes[0], size)
    chroma: list[Plane] = []
    for plane in planes[1:]:
        half = stretched_plane(plane, ((width + 1) // 2, (height + 1) // 2))
        sharp = cv2.sepFilter2D(half, -1, _SHARPEN, _SHARPEN, borderType=cv2.BORDER_REPLICATE)
        chroma.append(cast("Plane", grow(cast("Plane", sharp), (height, width), 1, 1)))
    return cast("NDArray[np.uint8]", cv2.merge([luma, *chroma]))


def stretched_plane(plane: Plane, size: tuple[int, int]) -> NDArray[np.uint8]:
    """One plane at ``size`` (width, height)."""
    if (plane.shape[1], plane.shape[0]) == size:
        return plane
    smaller = size[0] < plane.shape[1] or size[1] < plane.shape[0]
    way = cv2.INTER_AREA if smaller else cv2.INTER_CUBIC
    return cast("NDArray[np.uint8]", cv2.resize(plane, size, interpolation=way))
