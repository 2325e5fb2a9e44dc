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
from mtor_transcode.trust.manifest import FIRST_NUMBER, MAX_RUN, Manifest

UNIT_BYTES: Final = 1024
"""A unit is closed once it has so many bytes."""

ENTRY_BYTES: Final = 320
"""From so many bytes on, a unit ends where players enter (a scene, a snapshot) and at sound."""

GROUP_BYTES: Final = 6144
"""From so many bytes on, a signature ends with the scene."""

MOST_GROUP_BYTES: Final = 12288
"""From so many bytes on, it ends with the unit, so that no viewer waits for a long table of hashes."""

WHOLE_BYTES: Final = 2560
"""Films of fewer bytes have one signature and no table: they are checked when they are there."""


@dataclass(frozen=True, slots=True)
class Part:
    """A section to sign: its ``kind`` and the ``bytes`` it takes.

    A scene may start with it (``starts``), players may enter at it (``entry``), and it may be lost and so
    judged ``alone``.
    """

    kind: int
    bytes: int
    starts: bool = False
    entry: bool = False
    alone: bool = False


def plan(parts: Sequence[Part]) -> list[Manifest]:
    """The manifests of a film's sections after the header, in order, still without hashes, key or nonce.

    ``parts`` are all sections but the header and signatures. Each signature lies before what it covers.
    """
    total = sum(part.bytes for part in parts)
    if total < WHOLE_BYTES and all(part.kind != REPAIR for part in parts):
        return [Manifest(FIRST_NUMBER, len(parts), last=True)]
    made: list[Manifest] = []
    entry_bytes = ENTRY_BYTES if total >= GROUP_BYTES else UNIT_BYTES
    group = _Group(FIRST_NUMBER, entry_bytes)
    for part in parts:
        if group.full(part):
            made.append(group.manifest())
            group = _Group(made[-1].end + 1, entry_bytes)
        group.add(part)
    made.append(group.manifest(last=True))
    return made


class _Group:
    """The sections of one signature, while they are gathered."""

    def __init__(self, first: int, entry_bytes: int) -> None:
        self._entry_bytes = entry_bytes
        self._first = first
        self._bytes = 0
        self._runs: list[int] = []
        self._unit = 0
        self._closed = True

    def full(self, part: Part) -> bool:
        """Whether a new group starts with ``part``."""
        if part.kind == REPAIR or not any(self._runs):
            return False
        if part.starts and self._bytes >= GROUP_BYTES:
            return True
        return (self._closed or part.alone) and self._bytes >= MOST_GROUP_BYTES

    def add(self, part: Part) -> None:
        """Takes a section."""
        self._bytes += part.bytes
        if part.kind == REPAIR:
            self._runs.append(0)
            self._closed = True
            return
        enters = part.entry and self._unit >= self._entry_bytes
        if self._closed or part.alone or enters or self._runs[-1] == MAX_RUN:
            self._runs.append(0)
            self._unit = 0
        self._runs[-1] += 1
        self._unit += part.bytes
        self._closed = part.alone or self._unit >= UNIT_BYTES

    def manifest(self, last: bool = False) -> Manifest:
        """What was gathered."""
        runs = tuple(self._runs)
        return Manifest(self._first, sum(max(run, 1) for run in runs), runs, last=last)
