# SPDX-License-Identifier: Apache-2.0
"""A texture's picture as an image inside an SVG, of the whole frame or as the paint of a shape."""

from __future__ import annotations

from base64 import b64encode

import cv2
import numpy as np
from numpy.typing import NDArray

from mtor_svg.markup import element, number
from mtor_transcode.codec.rfc_json.colours import luma_weights
from mtor_transcode.model import FilmHeader
from mtor_transcode.render.curves import AnyOutline, px_bounds
from mtor_transcode.render.gradient import Box
from mtor_transcode.render.textures import TextureScreen, TextureShown
from mtor_transcode.render.tiles import Tiles


def texture_image(shown: TextureShown, header: FilmHeader) -> str:
    """An ``image`` over the whole frame: PNG at the film's size, as sRGB."""
    size = (header.width, header.height)
    return picture_element(TextureScreen(size).pixels(shown), header, (0.0, 0.0, *size))


def texture_pattern(key: str, shown: TextureShown, outline: AnyOutline, header: FilmHeader) -> str:
    """A definition of the paint that shows a picture over an outline's bounding box."""
    box = px_bounds(outline)
    tile = Tiles((header.width, header.height)).get(shown, outline)
    x0, y0, x1, y1 = box
    place = {"x": number(x0), "y": number(y0), "width": number(x1 - x0), "height": number(y1 - y0)}
    image = picture_element(tile.pixels, header, (0.0, 0.0, x1 - x0, y1 - y0))
    return element("pattern", {"id": key, "patternUnits": "userSpaceOnUse"} | place, [image])


def picture_element(
    pixels: NDArray[np.uint8], header: FilmHeader, box: Box, hidden: bool = False, motion: str = ""
) -> str:
    """An ``image`` of Y, Cb, Cr pixels stretched over a box, as PNG in sRGB; one that is hidden at first."""
    ycc = pixels.astype(np.float32)
    spec = header.colour
    red_weight, blue_weight = luma_weights(spec.matrix)
    low, luma_span, chroma_span = (0, 255, 255) if spec.full_range else (16, 219, 224)
    y, cb, cr = (ycc[..., 0] - low) / luma_span, *((ycc[..., k] - 128) / chroma_span for k in (1, 2))
    red, blue = y + 2 * (1 - red_weight) * cr, y + 2 * (1 - blue_weight) * cb
    green = (y - red_weight * red - blue_weight * blue) / (1 - red_weight - blue_weight)
    colours = np.rint(255 * np.clip(np.stack((blue, green, red), axis=-1), 0, 1)).astype(np.uint8)
    data = b64encode(cv2.imencode(".png", colours)[1].tobytes()).decode("ascii")
    x0, y0, x1, y1 = box
    place = {"x": number(x0), "y": number(y0), "width": number(x1 - x0), "height": number(y1 - y0)}
    stretched = {"preserveAspectRatio": "none", "href": f"data:image/png;base64,{data}"}
    return element("image", place | stretched | ({"opacity": "0"} if hidden else {}), [motion])
