# SPDX-License-Identifier: Apache-2.0
"""Trains the initial probabilities of the entropy coder: ``train_tables.py FILES.mtor... -o TABLE.json``.

Decodes the files, collects the bins of each context as they come in each run (a dictionary section, a scene
up to a snapshot, a packet: what starts from the initial states), and chooses for each context the
probability and the trust (uses) with which those runs would have cost least. Contexts that the files never
use stay at a half. Files written with one table must be read with it, so a new table is a new format version
(until files are out: write the golden vectors and the samples anew).
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from mtor_transcode.codec.adaptive import COST_0, COST_1, FAST_RATE, SLOW_RATE, Adaptive
from mtor_transcode.codec.container import SectionKind, SectionReader
from mtor_transcode.codec.contexts import LAYOUT
from mtor_transcode.codec.dictionary_reader import dictionary_plain, read_outlines
from mtor_transcode.codec.fields import Payload
from mtor_transcode.codec.film_reader import FilmReader
from mtor_transcode.codec.packets import UNREAD_TEXTURES, read_packet
from mtor_transcode.codec.rangecoder import RangeReader
from mtor_transcode.codec.scene_reader import SceneEntry, SceneReader
from mtor_transcode.codec.tables import HALF, LOWEST, MAX_USES

Run = dict[int, list[int]]
"""The bins of each context between two starts from the initial states."""

TRUSTS = (0, 1, 2, 4, 8, 16, 32, 63)
"""Uses that are tried."""
LONGEST = 400
"""Bins of a run that matter for a start."""


class Listener(RangeReader):
    """A reader that notes the bins it reads, by its set of contexts."""

    runs: dict[int, tuple[Adaptive, Run]] = {}  # noqa: RUF012  (one list for the whole script)

    def bit(self, context: int) -> int:
        """Reads and notes a bin."""
        value = super().bit(context)
        _, run = self.runs.setdefault(id(self.adaptive), (self.adaptive, defaultdict(list)))
        run[context].append(value)
        return value


def runs_of(path: Path) -> Iterator[Run]:
    """Yields the runs of a file. (Sound sections have few bins and are left out.)"""
    Listener.runs = {}
    with path.open("rb") as stream:
        film = FilmReader(stream, str(path))
        sections = SectionReader(stream, str(path))
        for section in sections.scan().sections:
            if section.kind == SectionKind.DICT:
                payload = Payload(sections.payload(section), sections.where(section))
                _, count = dictionary_plain(payload)
                data = payload.rest()
                read_outlines(Listener(data, Adaptive()), count, len(data))
            elif section.kind == SectionKind.PACKET:
                read_packet(Payload(sections.payload(section), ""), UNREAD_TEXTURES, Listener)
        outlines = film.dictionary()
        for entry in film.heads():
            if isinstance(entry, SceneEntry):
                for _ in SceneReader(
                    sections, entry, outlines.__getitem__, Listener, UNREAD_TEXTURES
                ).spans():
                    pass
    yield from (run for _, run in Listener.runs.values())


def cost(bins: list[int], probability: int, uses: int) -> float:
    """Bits of a run's bins from this start."""
    fast = slow = probability
    bits = 0.0
    for value in bins:
        p = (fast + slow) >> 5
        if value:
            bits += COST_1[p]
            fast += (65536 - fast) >> FAST_RATE[uses]
            slow += (65536 - slow) >> SLOW_RATE[uses]
        else:
            bits += COST_0[p]
            fast -= fast >> FAST_RATE[uses]
            slow -= slow >> SLOW_RATE[uses]
        uses = min(uses + 1, MAX_USES)
    return bits


def best_start(runs: list[list[int]]) -> tuple[int, int]:
    """The probability (65536ths) and trust with which runs of one context cost least."""
    starts = [run[:LONGEST] for run in runs]
    early = [value for run in starts for value in run[:32]]
    everything = [value for run in starts for value in run]
    shares = {HALF}
    for values in (early, everything):
        share = round(65536 * (sum(values) + 0.5) / (len(values) + 1))
        shares.add(min(65536 - LOWEST, max(LOWEST, share)))
    choices = [(share, uses) for share in sorted(shares) for uses in TRUSTS]
    return min(choices, key=lambda choice: sum(cost(run, *choice) for run in starts))


def main() -> None:
    """Trains and writes the table; says what it saves on the files themselves."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument(
        "--only", metavar="PREFIX", help="groups that are trained: others stay as OUTPUT has them"
    )
    options = parser.parse_args()
    by_context: dict[int, list[list[int]]] = defaultdict(list)
    for path in options.files:
        for run in runs_of(path):
            for context, bins in run.items():
                by_context[context].append(bins)
    table: dict[str, list[list[int]]] = {}
    kept = json.loads(options.output.read_text(encoding="utf-8"))["contexts"] if options.only else {}
    before = after = 0.0
    context = 0
    for name, size in LAYOUT:
        starts: list[list[int]] = []
        for number in range(context, context + size):
            runs = by_context.get(number, [])
            start = best_start(runs) if sum(map(len, runs)) >= 4 else (HALF, 0)
            before += sum(cost(run, HALF, 0) for run in runs)
            after += sum(cost(run, *start) for run in runs)
            starts.append([*start])
        context += size
        if options.only and not name.startswith(options.only):
            starts = kept.get(name, [[HALF, 0]])
        if any(start != [HALF, 0] for start in starts):
            table[name] = starts
    text = json.dumps({"version": 1, "contexts": table}, separators=(",", ":")).replace("]],", "]],\n")
    options.output.write_text(text + "\n", encoding="utf-8")
    print(f"{len(by_context)} contexts; {before / 8:.0f} bytes of adaptive bins become {after / 8:.0f}")


if __name__ == "__main__":
    main()
