# SPDX-License-Identifier: Apache-2.0
"""Initial probabilities of the contexts, from a versioned table that ships with the package.

``tables_v1.json`` maps the name of a group of contexts to one ``[p, n]`` for each of its contexts: the
probability of a 1 in 65536ths (512-65024) and how many uses that estimate is worth (0 to ``MAX_USES``).
Contexts that the table lacks start at a half with no uses. The table is part of the format version: a change
of it is a new version. ``benchmarks/train_tables.py`` makes it from files.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Final

from mtor_transcode.codec.contexts import LAYOUT
from mtor_transcode.errors import FormatError

MAX_USES: Final = 63
"""Uses after which a context adapts at its final rates."""

HALF: Final = 32768
LOWEST: Final = 512
"""Lowest initial probability; the highest is 65536 - LOWEST."""


@cache
def initial_states(version: int = 1) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Probabilities (65536ths) and uses of all contexts at the start of an entropy-coded section."""
    name = f"tables_v{version}.json"
    document = json.loads((files(__package__) / name).read_text(encoding="utf-8"))
    known: dict[str, list[list[int]]] = document["contexts"]
    probabilities: list[int] = []
    uses: list[int] = []
    for group, size in LAYOUT:
        entries = known.get(group, [[HALF, 0]] * size)
        if len(entries) != size:
            raise FormatError(f"group {group} has {len(entries)} contexts, not {size}", where=name)
        for probability, count in entries:
            if not (LOWEST <= probability <= 65536 - LOWEST and 0 <= count <= MAX_USES):
                raise FormatError(f"group {group} has a value out of range", where=name)
            probabilities.append(probability)
            uses.append(count)
    return tuple(probabilities), tuple(uses)
