# SPDX-License-Identifier: Apache-2.0
"""x265 through PyAV: preset slower, one key frame, tuned for SSIM."""

from __future__ import annotations

from mtor_transcode.measure.codecs.peer import PYAV, Peer
from mtor_transcode.measure.codecs.recipe import Recipe


def _options(recipe: Recipe) -> dict[str, str]:
    params = "keyint=-1:scenecut=0:info=0:log-level=none:bframes=16"
    return {"preset": "slower", "tune": "ssim", "crf": f"{recipe.crf:g}", "x265-params": params}


CODEC = Peer("x265", "x265", PYAV, "libx265", _options, (16, 51), 6.0)
