# SPDX-License-Identifier: Apache-2.0
"""Pictures for people: YCbCr codes to sRGB pixels as a player would show them (H.273 matrices)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mtor_transcode.codec.rfc_json.colours import luma_weights
from mtor_transcode.model import ColourSpec

Plane = NDArray[Any]

_IDENTITY = 0
_YCGCO = 8


def to_rgb(ycc: NDArray[np.uint8], colour: ColourSpec) -> NDArray[np.uint8]:
    """(H, W, 3) R, G, B of (H, W, 3) Y, Cb, Cr codes in the matrix and range of ``colour``.

    Unknown matrices count as BT.709. Transfer and primaries are left as they are, so HDR looks flat.
    """
    low, luma_span, chroma_span = (0, 255, 255) if colour.full_range else (16, 219, 224)
    luma = (ycc[..., 0].astype(np.float32) - low) / luma_span
    if colour.matrix == _IDENTITY:
        rest = (ycc[..., 1:].astype(np.float32) - low) / luma_span
        planes = (rest[..., 1], luma, rest[..., 0])
    else:
        cb, cr = ((ycc[..., channel].astype(np.float32) - 128) / chroma_span for channel in (1, 2))
        planes = _from_ycgco(luma, cb, cr) if colour.matrix == _YCGCO else _from_matrix(luma, cb, cr, colour)
    rgb = np.stack(planes, axis=-1)
    return np.rint(np.clip(rgb, 0, 1) * 255).astype(np.uint8)


def _from_matrix(luma: Plane, cb: Plane, cr: Plane, colour: ColourSpec) -> tuple[Plane, Plane, Plane]:
    kr, kb = luma_weights(colour.matrix)
    red = luma + 2 * (1 - kr) * cr
    blue = luma + 2 * (1 - kb) * cb
    return red, (luma - kr * red - kb * blue) / (1 - kr - kb), blue


def _from_ycgco(luma: Plane, cg: Plane, co: Plane) -> tuple[Plane, Plane, Plane]:
    return luma - cg + co, luma + cg, luma - cg - co
