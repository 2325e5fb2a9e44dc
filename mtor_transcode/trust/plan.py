# SPDX-License-Identifier: Apache-2.0
"""Which sections share a signature, and which a hash, so that signing costs at most a twentieth of a film.

A signature takes about 75 bytes, a hash 12, a run 1. So small sections that need each other anyway (a scene's
head, outlines and tokens) share a hash; packets, which have to be judged alone, have one each. A signature is
for one scene, or for several short ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from mtor_transcode.trust.leaves import REPAIR
from mtor_transcode.trust.manifest import MAX_RUN, Manifest

UNIT_BYTES: Final = 1024
"""A unit is closed once it has so many bytes."""

GROUP_BYTES: Final = 6144
"""From so many bytes on, a signature ends with the scene."""

MOST_GROUP_BYTES: Final = 12288
"""From so many bytes on, it ends with the unit, so that no viewer waits for a long table of hashes."""

WHOLE_BYTES: Final = 2560
"""Films of fewer bytes have one signature and no table: they are checked when they are there."""


@dataclass(frozen=True, slots=True)
class Part:
    """A section to sign: its ``kind``, the ``bytes`` it takes, whether a scene
    ``starts``, whether it is judged ``alone``.
    """

    kind: int
    bytes: int
    starts: bool = False
    alone: bool = False


def plan(parts: Sequence[Part], whole_bytes: int = WHOLE_BYTES) -> list[Manifest]:
    """The manifests of a film's sections, in order, still without hashes, key or nonce.

    ``parts`` are all sections but signatures; of repairs only that they are there counts.
    """
    total = sum(part.bytes for part in parts)
    numbered = sum(part.kind != REPAIR for part in parts)
    if total < whole_bytes and numbered == len(parts):
        return [Manifest(0, numbered, last=True)]
    made: list[Manifest] = []
    group = _Group(0)
    for part in parts:
        if part.kind == REPAIR:
            group.repairs = True
            continue
        if group.full(part):
            made.append(group.manifest())
            group = _Group(made[-1].end)
        group.add(part)
    made.append(group.manifest(last=True))
    return made


class _Group:
    """The sections of one signature, while they are gathered."""

    def __init__(self, first: int) -> None:
        self._first = first
        self._bytes = 0
        self._runs: list[int] = []
        self._unit = 0
        self._closed = True
        self.repairs = False

    def full(self, part: Part) -> bool:
        """Whether a new group starts with ``part``."""
        if part.starts and self._bytes >= GROUP_BYTES:
            return True
        return (self._closed or part.alone) and self._bytes >= MOST_GROUP_BYTES

    def add(self, part: Part) -> None:
        """Takes a section."""
        if self._closed or part.alone or self._runs[-1] == MAX_RUN:
            self._runs.append(0)
            self._unit = 0
        self._runs[-1] += 1
        self._unit += part.bytes
        self._bytes += part.bytes
        self._closed = part.alone or self._unit >= UNIT_BYTES

    def manifest(self, last: bool = False) -> Manifest:
        """What was gathered. A mark stands for the hash of repairs that is to come."""
        repairs = b"\0" if self.repairs else b""
        return Manifest(self._first, sum(self._runs), tuple(self._runs), repairs=repairs, last=last)
