# SPDX-License-Identifier: Apache-2.0
"""VVenC through FFmpeg: preset medium, one key frame, no perceptual QPA."""

from __future__ import annotations

from mtor_transcode.measure.codecs.peer import PROGRAM, Peer
from mtor_transcode.measure.codecs.recipe import Recipe


def _options(recipe: Recipe) -> dict[str, str]:
    # Without poc0idr the first key frame is not the first picture, and decoders drop those before it.
    params = "intraperiod=9600:poc0idr=1:verbosity=0"
    return {
        "preset": "medium", "qp": f"{recipe.crf:g}", "qpa": "0", "vvenc-params": params,
        "pix_fmt": "yuv420p10le",
    }  # fmt: skip


CODEC = Peer("vvenc", "VVenC", PROGRAM, "libvvenc", _options, (20, 63), 6.0)
