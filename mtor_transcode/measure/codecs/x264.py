# SPDX-License-Identifier: Apache-2.0
"""x264 through PyAV: preset veryslow, one key frame, tuned for SSIM, its signature left out."""

from __future__ import annotations

from mtor_transcode.measure.codecs.peer import PYAV, Peer
from mtor_transcode.measure.codecs.recipe import Recipe


def _options(recipe: Recipe) -> dict[str, str]:
    params = "keyint=infinite:scenecut=0:bframes=16"
    return {"preset": "veryslow", "tune": "ssim", "crf": f"{recipe.crf:g}", "x264-params": params}


CODEC = Peer("x264", "x264", PYAV, "libx264", _options, (16, 51), 6.0, units_out="6")
