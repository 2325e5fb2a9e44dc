# SPDX-License-Identifier: Apache-2.0
"""libaom through FFmpeg: cpu-used 3, one key frame; tools for screens where they pay."""

from __future__ import annotations

from mtor_transcode.measure.codecs.peer import PROGRAM, Peer
from mtor_transcode.measure.codecs.recipe import Recipe


def _options(recipe: Recipe) -> dict[str, str]:
    options = {
        "cpu-used": "3", "crf": f"{recipe.crf:g}", "b:v": "0", "g": "999999", "lag-in-frames": "48",
        "row-mt": "1", "threads": "2",
    }  # fmt: skip
    if recipe.screen:
        options["aom-params"] = "tune-content=screen"
    return options


CODEC = Peer(
    "libaom", "libaom", PROGRAM, "libaom-av1", _options, (20, 63), 8.0, screens=True, headers_apart=False
)
