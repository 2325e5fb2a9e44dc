# SPDX-License-Identifier: Apache-2.0
"""Pictures as frames for FFmpeg's encoders, and the tags that tell what their codes mean."""

from __future__ import annotations

from typing import Any, cast

import cv2
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from mtor_transcode.model import ColourSpec
from mtor_transcode.render.chroma import subsample

CHROMA = {"yuv420p": (1, 1), "yuv444p": (0, 0)}
"""Pixel formats that are written, and log2 of their chroma subsampling."""

_LIMITED, _FULL = 1, 2


def tag_colour(target: VideoCodecContext | VideoFrame, colour: ColourSpec) -> None:
    """Tell an encoder, or a frame, the matrix, primaries, transfer and range of the codes."""
    anything = cast("Any", target)
    anything.colorspace = colour.matrix
    anything.color_primaries = colour.primaries
    anything.color_trc = colour.transfer
    anything.color_range = _FULL if colour.full_range else _LIMITED


def padded(ycc: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """The picture with its last column and row repeated up to a size."""
    rows, columns = ycc.shape[:2]
    if (columns, rows) == (width, height):
        return ycc
    border = cv2.copyMakeBorder(ycc, 0, height - rows, 0, width - columns, cv2.BORDER_REPLICATE)
    return cast("NDArray[np.uint8]", border)


def video_frame(ycc: NDArray[np.uint8], pixel_format: str) -> VideoFrame:
    """A frame of one of the formats of ``CHROMA`` with a picture ``(H, W, 3)``, copied."""
    rows, columns = ycc.shape[:2]
    frame = VideoFrame(columns, rows, pixel_format)
    for target, samples in zip(frame.planes, subsample(ycc, *CHROMA[pixel_format]), strict=True):
        # A plane has the buffer protocol, which Python 3.11 has no type for.
        memory = np.frombuffer(cast("memoryview", target), np.uint8).reshape(target.height, target.line_size)
        memory[:, : target.width] = samples
    return frame
