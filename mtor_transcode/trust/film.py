# SPDX-License-Identifier: Apache-2.0
"""A whole film checked at once."""

from __future__ import annotations

from collections.abc import Sequence

from mtor_transcode.errors import TrustError
from mtor_transcode.trust.guard import Guard
from mtor_transcode.trust.keys import PublicKey
from mtor_transcode.trust.leaves import HEADER, REPAIR, SIGNATURE


def check(parts: Sequence[tuple[int, bytes]], keys: Sequence[PublicKey], name: str) -> PublicKey:
    """Checks kinds and payloads of all sections of a film; returns the key that signed it.

    Raises TrustError if any section, or the film's end, is not as one of ``keys`` signed it.
    """
    if len(parts) < 2 or parts[0][0] != HEADER or all(kind != SIGNATURE for kind, _ in parts):
        raise TrustError("is not signed", where=name, remedy="ask its publisher for a signed one")
    if parts[1][0] != SIGNATURE:
        raise TrustError("its first signature is missing", where=name, remedy="fetch it again")
    guard = Guard(keys, parts[0][1], parts[1][1], name)
    for number, (kind, payload) in enumerate(parts[2:], 2):
        if kind == SIGNATURE:
            guard.signature(number, payload)
        elif kind == REPAIR:
            guard.repair(number, payload)
        else:
            guard.section(number, kind, payload)
    guard.finish(len(parts))
    return guard.key
