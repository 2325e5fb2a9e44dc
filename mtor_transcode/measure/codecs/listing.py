# SPDX-License-Identifier: Apache-2.0
"""The peers that the bench knows."""

from __future__ import annotations

from collections.abc import Sequence

from mtor_transcode.errors import UsageError
from mtor_transcode.measure.codecs import libaom, svtav1, vvenc, x264, x265
from mtor_transcode.measure.codecs.peer import Peer

PEERS: dict[str, Peer] = {module.CODEC.name: module.CODEC for module in (svtav1, x265, x264, vvenc, libaom)}
REFERENCE = "svtav1"
"""The peer that times and memory are ratios to, and the default."""


def chosen(names: Sequence[str]) -> list[Peer]:
    """The peers of these names, each once. Raises UsageError for a name that is none."""
    for name in names:
        if name not in PEERS:
            raise UsageError(f"no codec '{name}'", where="against", remedy=f"one of {', '.join(PEERS)}")
    return [PEERS[name] for name in dict.fromkeys(names)]
