# SPDX-License-Identifier: Apache-2.0
"""What the trained tables owe to each clip: ``benchmarks/left_out.py [CLIP:SECONDS ...]``.

Stills of clips are transcoded with the shipped tables. Then tables are trained as ``train_tables.py`` does
on all of these films and on those of all other clips, and the bins of each film are counted with them. The
bins do not depend on the tables (but for what the encoder would choose otherwise), so its bytes under other
tables are its own, more or less the difference of the bits.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import stills
from train_tables import Run, best_start, cost, runs_of

import mtor_transcode as mtor
from mtor_transcode.codec.tables import HALF, initial_states

STILLS = (
    *stills.STILLS,
    "motion_manim_graph:4",
    "motion_manimce_opening:10",
    "screencast_cypress_running:8",
    "terminal_vhs_onefetch:3",
)
"""Of clips that are shapes; films of photographs are textures, which the tables hardly matter to."""

QUALITIES = (30.0, 50.0)
LEAST_BINS = 4
"""Bins of a context from which on it is trained."""

Start = tuple[int, int]


@dataclass(frozen=True)
class Film:
    """A film of a clip: its bytes, and the bins of each context, run by run."""

    clip: str
    bytes: int
    bins: Mapping[int, list[list[int]]]


def films(wanted: Iterable[str], folder: Path, clips: Path, qualities: Iterable[float]) -> Iterable[Film]:
    """The films of stills ``CLIP:SECONDS`` at the qualities, in vectors."""
    for still in wanted:
        name, _, seconds = still.rpartition(":")
        picture = stills.cut(clips / f"{name}.mp4", Fraction(seconds), folder)
        for quality in qualities:
            path = folder / f"{name}-{quality:g}.mtor"
            made = mtor.transcode(picture, path, quality=quality, mode="vector")
            yield Film(name, made.bytes, _by_context(runs_of(path)))


def _by_context(runs: Iterable[Run]) -> Mapping[int, list[list[int]]]:
    found: dict[int, list[list[int]]] = defaultdict(list)
    for run in runs:
        for context, bins in run.items():
            found[context].append(bins)
    return found


def trained(parts: Iterable[Film]) -> dict[int, Start]:
    """The best start of each context for these films; contexts that they hardly use are left out."""
    runs: dict[int, list[list[int]]] = defaultdict(list)
    for film in parts:
        for context, bins in film.bins.items():
            runs[context] += bins
    return {context: best_start(bins) for context, bins in runs.items() if sum(map(len, bins)) >= LEAST_BINS}


def bits(film: Film, starts: Mapping[int, Start]) -> float:
    """What a film's bins cost from these starts."""
    return sum(
        cost(run, *starts.get(context, (HALF, 0))) for context, runs in film.bins.items() for run in runs
    )


def rows(made: list[Film]) -> Iterable[tuple[str, int, float, float, float]]:
    """Of each clip: bytes with the shipped tables, with none, trained on all, trained on all others."""
    shipped = dict(enumerate(zip(*initial_states(), strict=True)))
    every = trained(made)
    for clip in dict.fromkeys(film.clip for film in made):
        own = [film for film in made if film.clip == clip]
        others = trained(film for film in made if film.clip != clip)
        now = sum(film.bytes for film in own)
        base = sum(bits(film, shipped) for film in own)
        other = [now + (sum(bits(film, starts) for film in own) - base) / 8 for starts in ({}, every, others)]
        yield clip, now, other[0], other[1], other[2]


def main() -> int:
    """Print the table, as Markdown."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("stills", nargs="*", default=STILLS, metavar="CLIP:SECONDS")
    arguments.add_argument("--clips", type=Path, default=stills.CLIPS, help="folder of the clips")
    arguments.add_argument("--qualities", default=",".join(f"{q:g}" for q in QUALITIES))
    asked = arguments.parse_args()
    qualities = tuple(float(word) for word in asked.qualities.split(","))
    with tempfile.TemporaryDirectory(prefix="mtor-left-out-") as name:
        made = list(films(asked.stills, Path(name), asked.clips, qualities))
    print(
        "| clip | shipped tables, bytes | none | trained on all | trained without it | the clip's own part |"
    )
    print("|---|---:|---:|---:|---:|---:|")
    total = [0.0] * 4
    for clip, *sizes in rows(made):
        total = [a + b for a, b in zip(total, sizes, strict=True)]
        print(_row(clip, sizes), flush=True)
    print(_row("all", total))
    return 0


def _row(clip: str, sizes: list[float]) -> str:
    now, none, every, others = sizes
    parts = (f"{100 * (size / now - 1):+.1f}%" for size in (none, every, others))
    return f"| {clip} | {now:.0f} | {' | '.join(parts)} | {100 * (others - every) / every:.1f}% |"


if __name__ == "__main__":
    sys.exit(main())
