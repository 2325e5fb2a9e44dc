# SPDX-License-Identifier: Apache-2.0
"""Pictures for the page: source, render and their difference as WebP data URIs within a budget of bytes."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import cv2
import numpy as np
from numpy.typing import NDArray

from mtor_transcode.measure.rgb import to_rgb
from mtor_transcode.model import ColourSpec

BUDGET = 520_000
"""Bytes that all pictures of a page may take before base64."""

LONG_SIDE = 960
QUALITIES = (86, 76, 64, 50, 35)
DIFFERENCE_GAIN = 4
Ycc = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Triple:
    """Data URIs of one frame and the size (px) of each."""

    source: str
    render: str
    difference: str
    width: int
    height: int


def triples(
    pictures: Mapping[int, tuple[Ycc, Ycc]], colour: ColourSpec, pixel_aspect: Fraction = Fraction(1)
) -> dict[int, Triple]:
    """``{frame number: Triple}`` for ``{frame number: (source, render)}`` in YCbCr 4:4:4 codes.

    The quality of the pictures falls until all fit ``BUDGET``.
    """
    shown = {
        number: _views(source, render, colour, pixel_aspect) for number, (source, render) in pictures.items()
    }
    for quality in QUALITIES:
        coded = {number: [_webp(view, quality) for view in views] for number, views in shown.items()}
        if sum(len(data) for views in coded.values() for data in views) <= BUDGET:
            break
    found: dict[int, Triple] = {}
    for number, views in shown.items():
        height, width = views[0].shape[:2]
        source, render, apart = (_uri(data) for data in coded[number])
        found[number] = Triple(source, render, apart, width, height)
    return found


def difference(source: Ycc, render: Ycc) -> NDArray[np.uint8]:
    """(H, W, 3) RGB heat map of the largest difference of Y, Cb and Cr, times ``DIFFERENCE_GAIN``.

    No difference is black.
    """
    apart = cv2.absdiff(source, render).max(axis=2)
    heat = cv2.applyColorMap(cv2.convertScaleAbs(apart, alpha=DIFFERENCE_GAIN), cv2.COLORMAP_INFERNO)
    return np.asarray(heat[..., ::-1], np.uint8)


def _views(source: Ycc, render: Ycc, colour: ColourSpec, pixel_aspect: Fraction) -> list[NDArray[np.uint8]]:
    views = [to_rgb(source, colour), to_rgb(render, colour), difference(source, render)]
    return [_fitted(view, pixel_aspect) for view in views]


def _fitted(rgb: NDArray[np.uint8], pixel_aspect: Fraction) -> NDArray[np.uint8]:
    """The picture with square pixels, reduced to ``LONG_SIDE`` if it is larger."""
    height, width = rgb.shape[0], rgb.shape[1] * float(pixel_aspect)
    scale = min(1.0, LONG_SIDE / max(height, width))
    target = (max(1, round(width * scale)), max(1, round(height * scale)))
    if target == rgb.shape[1::-1]:
        return rgb
    return np.asarray(cv2.resize(rgb, target, interpolation=cv2.INTER_AREA), np.uint8)


def _webp(rgb: NDArray[np.uint8], quality: int) -> bytes:
    _, data = cv2.imencode(".webp", np.ascontiguousarray(rgb[..., ::-1]), [cv2.IMWRITE_WEBP_QUALITY, quality])
    return bytes(data)


def _uri(data: bytes) -> str:
    return "data:image/webp;base64," + base64.b64encode(data).decode("ascii")
