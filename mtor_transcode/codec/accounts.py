# SPDX-License-Identifier: Apache-2.0
"""Where a file's bytes go, by kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from mtor_transcode.codec.contexts import Kind

KINDS: Final = ("outlines", "paints", "motion", "textures", "audio", "subtitles", "container")
"""Names of the accounts. Motion is places, transforms, times, order and the camera."""

SIGNATURES: Final = "signatures"
"""Name of the account of whole SIGNATURE sections, there in signed films only."""


def new_accounts() -> dict[str, int]:
    """Returns all accounts, empty."""
    return dict.fromkeys(KINDS, 0)


def book_coded(accounts: dict[str, int], count: int, bits: Sequence[float]) -> None:
    """Books ``count`` bytes of entropy-coded data in proportion to the bits of each ``Kind``."""
    total = sum(bits)
    shares = [count * part / total if total else 0.0 for part in bits]
    whole = [int(share) for share in shares]
    by_rest = sorted(Kind, key=lambda kind: whole[kind] - shares[kind])
    for kind in by_rest[: count - sum(whole)]:
        whole[kind] += 1
    if sum(whole) < count:
        whole[Kind.MOTION] += count - sum(whole)
    for kind in Kind:
        accounts[kind.name.lower()] += whole[kind]
