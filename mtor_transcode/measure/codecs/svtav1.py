# SPDX-License-Identifier: Apache-2.0
"""SVT-AV1 through PyAV: preset 4, one key frame. Screen-content tools are tried and kept where they pay."""

from __future__ import annotations

from mtor_transcode.measure.codecs.peer import PYAV, Peer
from mtor_transcode.measure.codecs.recipe import Recipe

OPTION_CRF = 63
"""FFmpeg's own option takes whole numbers up to this; the encoder itself quarters, and up to 70."""


def _options(recipe: Recipe) -> dict[str, str]:
    # scm: 1 forces the tools for screens, 2 lets the encoder decide picture by picture.
    screen = 1 if recipe.screen else 2
    params = f"keyint=-1:scm={screen}"
    if recipe.crf <= OPTION_CRF and recipe.crf == int(recipe.crf):
        return {"preset": "4", "crf": f"{recipe.crf:g}", "svtav1-params": params}
    return {"preset": "4", "svtav1-params": f"{params}:crf={recipe.crf:g}"}


CODEC = Peer(
    "svtav1", "SVT-AV1", PYAV, "libsvtav1", _options, (20, 63), 8.0, screens=True, headers_apart=False,
    beyond=70, step=0.25,
)  # fmt: skip
