# SPDX-License-Identifier: Apache-2.0
"""Strips of pictures: source, MTOR and the best peer at the same rate or nearly, at the same moment."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

import cv2
import numpy as np

from mtor_transcode.ingest.frame import to_8_bits
from mtor_transcode.ingest.source import Source
from mtor_transcode.measure.metrics import Planes
from mtor_transcode.measure.rgb import to_rgb
from mtor_transcode.render.chroma import upsample

LONG_SIDE = 384
QUALITY = 80


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture of a strip as a data URI, with what to write below it."""

    title: str
    caption: str
    uri: str


@dataclass(frozen=True, slots=True)
class Strip:
    """The shots of one clip at frame ``number``, ``seconds`` into it; ``kbps`` is MTOR's rate."""

    clip: str
    number: int
    seconds: float
    kbps: float
    shots: tuple[Shot, ...]


def picture_uri(planes: Planes, source: Source) -> str:
    """A WebP data URI of a picture with the layout and colours of ``source``, reduced to ``LONG_SIDE``."""
    info = source.info
    across, down = info.chroma
    luma, first, second = (to_8_bits(plane, info.bit_depth) for plane in planes)
    rgb = to_rgb(upsample((luma, first, second), across, down), info.colour)
    height, width = rgb.shape[:2]
    width = round(width * float(info.pixel_aspect))
    scale = min(1.0, LONG_SIDE / max(height, width))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
    _, data = cv2.imencode(
        ".webp", np.ascontiguousarray(small[..., ::-1]), [cv2.IMWRITE_WEBP_QUALITY, QUALITY]
    )
    return "data:image/webp;base64," + base64.b64encode(bytes(data)).decode("ascii")


def nth(pictures: Iterable[Planes], number: int) -> Planes | None:
    """The picture of that number, from 0."""
    return next(islice(iter(pictures), number, None), None)
