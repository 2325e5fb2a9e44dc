# SPDX-License-Identifier: Apache-2.0
"""From any pixel format of FFmpeg to upright YCbCr planes in one of a few layouts.

Planar YCbCr 4:2:0, 4:2:2 and 4:4:4 is taken as it is, at its own depth. Everything else is brought there
by swscale: semi-planar and packed YCbCr without loss, 4:1:1 to 4:2:2, 4:1:0 to 4:2:0, 4:4:0 to 4:4:4,
RGB to BT.601 limited 4:4:4, gray with neutral chroma. Alpha (straight) is composited over black.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from av.video.format import VideoFormat
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter
from numpy.typing import NDArray

from mtor_transcode.ingest.colour import is_full_range

Plane = NDArray[np.uint8] | NDArray[np.uint16]
Planes = tuple[Plane, Plane, Plane]

_SWS = Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT
_SWS |= Interpolation.FULL_CHR_H_INP | Interpolation.BITEXACT
_CHROMA_NAMES = {(0, 0): "444", (1, 0): "422", (1, 1): "420"}
_LAYOUTS = {(0, 0): (0, 0), (1, 0): (1, 0), (1, 1): (1, 1), (2, 0): (1, 0), (2, 2): (1, 1), (0, 1): (0, 0)}
_DEPTHS = (8, 9, 10, 12, 14, 16)
_ALPHA_DEPTHS = {(0, 0): (8, 9, 10, 12, 16), (1, 0): (8, 9, 10, 12, 16), (1, 1): (8, 9, 10, 16)}
# Decoders of RGB pictures that give gray samples for a picture without colour: full-range RGB, not YCbCr.
_RGB_CODECS = frozenset({"png", "apng", "bmp", "tiff", "targa", "gif", "webp", "dpx", "exr", "psd", "qoi"})


@dataclass(frozen=True, slots=True)
class Layout:
    """The planes that a source yields: swscale's ``name``, samples' ``depth``, log2 ``chroma`` subsampling.

    ``rgb`` tells that samples must be converted from RGB; ``gray`` that chroma is made up; ``alpha`` that
    there is something to composite.
    """

    name: str
    depth: int
    chroma: tuple[int, int]
    rgb: bool
    gray: bool
    alpha: bool


def layout_of(fmt: VideoFormat, codec: str, turned: bool = False) -> Layout:
    """How frames of ``fmt``, decoded by ``codec``, are brought to planes.

    ``turned`` tells that sides will change places, which 4:2:2 does not survive: it becomes 4:4:4.
    """
    components = fmt.components
    alpha = fmt.has_palette or any(part.is_alpha for part in components)
    colours = 3 if fmt.has_palette else sum(not part.is_alpha for part in components)
    gray = colours < 3
    rgb = fmt.is_rgb or fmt.is_bayer or fmt.has_palette or fmt.name.startswith("xyz")
    rgb = rgb or (gray and codec in _RGB_CODECS)
    depth = max((part.bits for part in components), default=8)
    depth = 12 if fmt.name.endswith(("f32le", "f32be", "f16le", "f16be")) else depth
    chroma = (0, 0) if rgb else (1, 1) if gray else _chroma(fmt)
    if gray and not alpha and not rgb:
        depth = next(known for known in (8, 9, 10, 12, 14, 16) if known >= depth)
        return Layout("gray" if depth == 8 else f"gray{depth}le", depth, chroma, False, True, False)
    chroma = (0, 0) if turned and chroma == (1, 0) else chroma
    depths = _ALPHA_DEPTHS[chroma] if alpha else _DEPTHS
    depth = next(known for known in depths if known >= depth)
    name = f"yuv{'a' if alpha else ''}{_CHROMA_NAMES[chroma]}p{'' if depth == 8 else f'{depth}le'}"
    return Layout(name, depth, chroma, rgb, gray, alpha)


def _chroma(fmt: VideoFormat) -> tuple[int, int]:
    across = (16 // fmt.chroma_width(16)).bit_length() - 1
    down = (16 // fmt.chroma_height(16)).bit_length() - 1
    return _LAYOUTS.get((across, down), (0, 0))


class PlaneMaker:
    """Turns decoded frames into planes of one layout and size. Holds swscale's state; one per decoding."""

    def __init__(self, layout: Layout, width: int, height: int) -> None:
        self._layout = layout
        self._size = (width, height)
        self._reformatter = VideoReformatter()

    def __call__(self, frame: VideoFrame) -> Planes:
        """Y, Cb, Cr as (rows, columns) arrays, uint8 or uint16, not yet rotated, owned by the caller."""
        layout = self._layout
        full = is_full_range(frame) and not layout.rgb
        parts = [_plane_array(self._converted(frame), index, layout) for index in range(self._plane_count)]
        if layout.gray and not layout.alpha and not layout.rgb:
            parts += self._neutral_chroma(parts[0])
        if layout.alpha:
            return _over_black((parts[0], parts[1], parts[2]), parts[3], layout, full)
        return parts[0], parts[1], parts[2]

    @property
    def _plane_count(self) -> int:
        layout = self._layout
        if layout.gray and not layout.alpha and not layout.rgb:
            return 1
        return 4 if layout.alpha else 3

    def _converted(self, frame: VideoFrame) -> VideoFrame:
        layout = self._layout
        width, height = self._size
        name = frame.format.name.replace("yuvj", "yuv")
        if name == layout.name and (frame.width, frame.height) == (width, height):
            return frame
        full = ColorRange.JPEG if is_full_range(frame) else ColorRange.MPEG
        return self._reformatter.reformat(
            frame,
            width,
            height,
            layout.name,
            src_colorspace=Colorspace.ITU601,
            dst_colorspace=Colorspace.ITU601,
            interpolation=_SWS,
            src_color_range=ColorRange.JPEG if layout.rgb else full,
            dst_color_range=ColorRange.MPEG if layout.rgb else full,
            threads=1,
        )

    def _neutral_chroma(self, luma: Plane) -> list[Plane]:
        rows, columns = (luma.shape[0] + 1) // 2, (luma.shape[1] + 1) // 2
        return [np.full((rows, columns), 1 << (self._layout.depth - 1), luma.dtype) for _ in range(2)]


def _plane_array(frame: VideoFrame, index: int, layout: Layout) -> Plane:
    plane = frame.planes[index]
    dtype: type[np.uint8] | type[np.uint16] = np.uint8 if layout.depth == 8 else np.uint16
    # A plane has the buffer protocol, which Python 3.11 has no type for.
    samples = np.frombuffer(cast(memoryview, plane), dtype).reshape(plane.height, -1)[:, : plane.width]
    return np.array(samples, order="C")


def _over_black(planes: Planes, alpha: Plane, layout: Layout, full: bool) -> Planes:
    """Composite straight alpha over black; exact where alpha is all or nothing."""
    top = (1 << layout.depth) - 1
    if int(alpha.min()) == top:
        return planes
    black = 0 if full else 16 << (layout.depth - 8)
    neutral = 1 << (layout.depth - 1)
    weight: NDArray[np.float32] = np.divide(alpha, top, dtype=np.float32)
    across, down = layout.chroma
    shared = _shrunk(weight, across, down)
    luma, first, second = planes
    return (
        _mixed(luma, weight, black),
        _mixed(first, shared, neutral),
        _mixed(second, shared, neutral),
    )


def _mixed(plane: Plane, weight: NDArray[np.float32], under: int) -> Plane:
    mixed = under + (plane.astype(np.float32) - under) * weight
    mixed_plane: Plane = np.rint(mixed).astype(plane.dtype)
    return mixed_plane


def _shrunk(weight: NDArray[np.float32], across: int, down: int) -> NDArray[np.float32]:
    rows, columns = weight.shape
    padded = np.pad(weight, ((0, -rows % (1 << down)), (0, -columns % (1 << across))), mode="edge")
    size = (padded.shape[1] >> across, padded.shape[0] >> down)
    return np.asarray(cv2.resize(padded, size, interpolation=cv2.INTER_AREA), np.float32).reshape(size[::-1])
