# SPDX-License-Identifier: Apache-2.0
"""A texture's picture as an image inside an SVG."""

from __future__ import annotations

from base64 import b64encode

import cv2
import numpy as np

from mtor_svg.markup import element
from mtor_transcode.codec.rfc_json.colours import luma_weights
from mtor_transcode.model import FilmHeader
from mtor_transcode.render.textures import TextureScreen, TextureShown


def texture_image(shown: TextureShown, header: FilmHeader) -> str:
    """An ``image`` over the whole frame: PNG at the film's size, as sRGB."""
    ycc = TextureScreen((header.width, header.height)).pixels(shown).astype(np.float32)
    spec = header.colour
    red_weight, blue_weight = luma_weights(spec.matrix)
    low, luma_span, chroma_span = (0, 255, 255) if spec.full_range else (16, 219, 224)
    y, cb, cr = (ycc[..., 0] - low) / luma_span, *((ycc[..., k] - 128) / chroma_span for k in (1, 2))
    red, blue = y + 2 * (1 - red_weight) * cr, y + 2 * (1 - blue_weight) * cb
    green = (y - red_weight * red - blue_weight * blue) / (1 - red_weight - blue_weight)
    pixels = np.rint(255 * np.clip(np.stack((blue, green, red), axis=-1), 0, 1)).astype(np.uint8)
    data = b64encode(cv2.imencode(".png", pixels)[1].tobytes()).decode("ascii")
    size = {"width": str(header.width), "height": str(header.height)}
    return element("image", size | {"href": f"data:image/png;base64,{data}"})
