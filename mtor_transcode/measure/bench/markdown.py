# SPDX-License-Identifier: Apache-2.0
"""A run as a page of Markdown: every class, every metric, losses as plainly as wins."""

from __future__ import annotations

from collections.abc import Sequence

from mtor_transcode.measure.bench import words
from mtor_transcode.measure.bench.curves import SHOWN
from mtor_transcode.measure.bench.result import Bench, ClipResult
from mtor_transcode.measure.bench.summary import OURS

SHOWN_AT = ("vmaf", "ssim")
"""Metrics whose qualities at rates are tables of their own."""


def page(bench: Bench) -> str:
    """The page; negative BD-rates are MTOR's wins."""
    peers = list(dict.fromkeys(row.peer for row in bench.classes))
    parts = ["# MTOR beside other codecs", "", _about(bench), ""]
    for peer in peers:
        parts += [f"## Against {words.title_of(bench, peer)}", "", *_classes(bench, peer), ""]
        parts += ["### Clip by clip", "", *_clips(bench, peer), ""]
        parts += [line for metric in SHOWN_AT for line in _at(bench, peer, metric)]
    parts += [*_costs(bench), *_density(bench), *_failures(bench)]
    return "\n".join(parts).rstrip() + "\n"


def _about(bench: Bench) -> str:
    used = ", ".join(f"{each.title} ({each.version})" for each in bench.codecs if not each.missing)
    machine = bench.machine
    quick = " This was a quick run: the first seconds of clips, a short ladder." if bench.quick else ""
    return (
        "Written by `mtor bench`; [measuring.md](measuring.md) says how and why. BD-rate: how much more rate "
        "MTOR needs for equal quality; negative is a win. Peers are charged their elementary stream, "
        f"MTOR its whole file.{quick}\n\n"
        f"{used}; {machine.get('processor', '')}, {machine.get('cores', '')} cores."
    )


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """A table of Markdown, the first column to the left."""
    lines = ["| " + " | ".join(head) + " |", "|" + "|".join(["---", *["---:"] * (len(head) - 1)]) + "|"]
    return lines + ["| " + " | ".join(row) + " |" for row in rows]


def _classes(bench: Bench, peer: str) -> list[str]:
    families = list(dict.fromkeys(row.family for row in bench.classes))
    found = {(row.family, row.metric): row for row in bench.classes if row.peer == peer}
    rows = [[family, *(words.class_bd(found[family, metric]) for metric in SHOWN)] for family in families]
    head = ["class", *(words.NAMES[metric] for metric in SHOWN)]
    return table(head, [*rows, *tally_rows(bench, peer)])


def tally_rows(bench: Bench, peer: str) -> list[list[str]]:
    """How many clips were won and lost in each metric, and what is known of those without a BD-rate."""
    compared = [each for clip in bench.clips for each in clip.compared if each.peer == peer]
    kinds = ("clips won", "clips lost", "not comparable, but better", "not comparable, but worse")
    counts = {(kind, metric): 0 for kind in kinds for metric in SHOWN}
    for each in compared:
        if each.comparable and each.bd_rate is not None:
            counts[kinds[0] if each.bd_rate < 0 else kinds[1], each.metric] += 1
        elif each.ahead is not None:
            counts[kinds[2] if each.ahead else kinds[3], each.metric] += 1
    return [[kind, *(str(counts[kind, metric]) for metric in SHOWN)] for kind in kinds]


def _clips(bench: Bench, peer: str) -> list[str]:
    rows: list[list[str]] = []
    for clip in bench.clips:
        found = {each.metric: each for each in clip.compared if each.peer == peer}
        cells = [words.bd_of(found[metric]) if metric in found else words.NONE for metric in SHOWN]
        crossing = words.crossings_of(found["vmaf"]) if "vmaf" in found else ""
        rows.append([clip.name, *cells, crossing or words.NONE])
    return table(["clip", *(words.NAMES[metric] for metric in SHOWN), "VMAF curves cross"], rows)


def _at(bench: Bench, peer: str, metric: str) -> list[str]:
    title = f"### {words.NAMES[metric]} at rates (MTOR / {words.title_of(bench, peer)})"
    rows: list[list[str]] = []
    for clip in bench.clips:
        found = next((c for c in clip.compared if c.peer == peer and c.metric == metric), None)
        if found is not None:
            pairs = [
                f"{words.quality_of(mine, metric)} / {words.quality_of(theirs, metric)}"
                for _, mine, theirs in found.at
            ]
            rows.append([clip.name, *pairs])
    return [title, "", *table(["clip", *(f"{rate:g} kbps" for rate in bench.rates)], rows), ""]


def cost_rows(bench: Bench, reference: str) -> list[list[str]]:
    """Costs of each clip and codec as ratios to the reference's in the same run."""
    rows: list[list[str]] = []
    for clip in bench.clips:
        base = clip.costs.get(reference)
        if base is None:
            continue
        for name, cost in clip.costs.items():
            pairs = (
                (cost.encode_seconds, base.encode_seconds), (cost.encode_work, base.encode_work),
                (cost.encode_bytes, base.encode_bytes), (cost.decode_seconds, base.decode_seconds),
                (cost.decode_work, base.decode_work), (cost.decode_bytes, base.decode_bytes),
            )  # fmt: skip
            others = words.NONE if cost.others is None else f"{cost.others:.1f}"
            rows.append(
                [clip.name, words.title_of(bench, name), f"{cost.kbps:.1f}", *map(_share, pairs), others]
            )
    return rows


def _share(pair: tuple[float, float]) -> str:
    mine, theirs = pair
    return f"{mine / theirs:.2f}" if theirs else words.NONE


COST_HEAD = (
    "clip", "codec", "kbps", "encode time", "encode work", "encode memory",
    "decode time", "decode work", "decode memory", "other load",
)  # fmt: skip
COST_ABOUT = (
    "Ratios to SVT-AV1 in the same run on the same cores, at the point nearest to 10 kbps: time by the "
    "clock, work in processor seconds, peak memory. Coding begins with decoding the source; processes "
    "start cold. Other load: cores that other programs used meanwhile; times are good where it is near 0."
)


def _costs(bench: Bench) -> list[str]:
    rows = cost_rows(bench, "svtav1")
    if not rows:
        return []
    return ["## Costs", "", COST_ABOUT, "", *table(COST_HEAD, rows), ""]


DENSITY_ABOUT = (
    "By how much (points of per cent) MTOR's BD-rate moves at most when any one inner point of the peer's "
    "curve is left out; below 3 is dense enough."
)
DENSITY_HEAD = ("clip", "codec", *(words.NAMES[metric] for metric in SHOWN))


def density_rows(bench: Bench) -> list[list[str]]:
    """How much one point of each peer matters, by clip and metric; a dash where curves are not comparable."""
    rows: list[list[str]] = []
    for clip in bench.clips:
        for peer in dict.fromkeys(each.peer for each in clip.compared):
            found = {
                each.metric: each.moved for each in clip.compared if each.peer == peer and each.comparable
            }
            cells = [words.NONE if (moved := found.get(m)) is None else f"{moved:.1f}" for m in SHOWN]
            rows.append([clip.name, words.title_of(bench, peer), *cells])
    return rows


def _density(bench: Bench) -> list[str]:
    rows = density_rows(bench)
    if not rows:
        return []
    about = f"{DENSITY_ABOUT} {words.largest_move(bench)}".rstrip()
    return ["## How dense the peers' curves are", "", about, "", *table(DENSITY_HEAD, rows), ""]


def _failures(bench: Bench) -> list[str]:
    missing = [(clip, name, why) for clip in bench.clips for name, why in clip.missing.items()]
    if not bench.failures and not missing:
        return []
    lines = [f"- {_named(each.clip, each.codec, each.point)}: {each.reason}" for each in bench.failures]
    lines += [f"- {clip.name}: no {words.NAMES.get(name, name)} ({why})" for clip, name, why in missing]
    return ["## What could not be measured", "", *lines, ""]


def _named(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


def points_of(clip: ClipResult) -> str:
    """``MTOR 6 points, svtav1 14``: for the terminal."""
    ours = len(clip.points.get(OURS, []))
    others = [f"{name} {len(rows)}" for name, rows in clip.points.items() if name != OURS]
    return ", ".join([f"MTOR {ours} points", *others])
