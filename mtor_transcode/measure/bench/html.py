# SPDX-License-Identifier: Apache-2.0
"""A run as one self-contained page: curves, strips of pictures, tables, machine and versions, failures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from mtor_transcode.measure.bench import words
from mtor_transcode.measure.bench.curves import SHOWN
from mtor_transcode.measure.bench.markdown import (
    COST_ABOUT,
    COST_HEAD,
    DENSITY_ABOUT,
    DENSITY_HEAD,
    cost_rows,
    density_rows,
    tally_rows,
)
from mtor_transcode.measure.bench.pictures import Strip
from mtor_transcode.measure.bench.result import Bench, ClipResult
from mtor_transcode.measure.bench.summary import OURS

PLOTTED = ("vmaf", "vmaf_neg", "ssim_db", "ms_ssim", "xpsnr", "psnr_y")
WIDTH, HEIGHT, LEFT, BOTTOM = 340, 220, 42, 26
TICKS = (0.5, 1, 2, 5, 10, 20, 50)
MOST = {"vmaf": 100.0, "vmaf_neg": 100.0, "ms_ssim": 1.0}
"""What no figure exceeds, and so no axis."""

COLOURS = ("#d6336c", "#1971c2", "#2f9e44", "#e8590c", "#7048e8", "#868e96")
STYLE = """
body{font:15px/1.5 system-ui,sans-serif;margin:0 auto;max-width:1180px;padding:1rem;
color:#212529;background:#fff}
h1,h2,h3{line-height:1.2}.scroll{overflow-x:auto}table{border-collapse:collapse;
font-size:.86rem;margin:.5rem 0}
td,th{padding:.2rem .6rem;text-align:right;border-bottom:1px solid #dee2e6;white-space:nowrap}
td:first-child,th:first-child{text-align:left}.win{color:#2b8a3e}.loss{color:#c92a2a}.quiet{color:#868e96}
.plots,.strip{display:flex;flex-wrap:wrap;gap:.8rem}.strip figure,.plots figure{margin:0}
.plots{margin-top:1.2rem}.strip figure{width:calc(33.3% - .6rem);max-width:384px;min-width:220px}
.strip img{width:100%;height:auto}figcaption{font-size:.8rem;color:#495057}
.legend{list-style:none;padding:0;display:flex;gap:1rem;flex-wrap:wrap}
.legend i{display:inline-block;width:1.6em;border-top:3px solid;margin-right:.4em;vertical-align:middle}
svg text{font:11px system-ui,sans-serif;fill:#495057}
"""
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def page(bench: Bench, strips: Sequence[Strip]) -> str:
    """The page; it asks nothing of the network."""
    codecs = [each.name for each in bench.codecs if not each.missing]
    body = [
        "<h1>MTOR beside other codecs</h1>",
        "<p>BD-rate is how much more rate MTOR needs for equal quality: "
        "<span class=win>negative is a win</span>. Peers are charged their elementary "
        "stream, MTOR its whole file.</p>",
        _legend(bench, codecs),
        _class_tables(bench),
        _class_plots(bench, codecs),
        *(_clip(bench, clip, codecs, strips) for clip in bench.clips),
        _costs(bench),
        _density(bench),
        _failures(bench),
        _machine(bench),
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>MTOR bench</title>'
        f'<meta name="viewport" content="width=device-width"><meta http-equiv="Content-Security-Policy" '
        f'content="{POLICY}"><style>{STYLE}</style></head><body>{"".join(body)}</body></html>'
    )


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table; cells that begin with a sign are coloured as wins and losses."""
    top = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    lines = "".join("<tr>" + "".join(map(_cell, row)) + "</tr>" for row in rows)
    return f'<div class="scroll"><table><tr>{top}</tr>{lines}</table></div>'


def _cell(text: str) -> str:
    kind = {"-": "win", "+": "loss"}.get(text[:1], "quiet" if text.startswith(words.NOT_COMPARABLE) else "")
    return f'<td class="{kind}">{escape(text)}</td>'


def _legend(bench: Bench, codecs: Sequence[str]) -> str:
    items = "".join(
        f'<li><i style="border-color:{_colour(n)}"></i>{escape(words.title_of(bench, name))}</li>'
        for n, name in enumerate(codecs)
    )
    return f'<ul class="legend">{items}</ul>'


def _colour(number: int) -> str:
    return COLOURS[number % len(COLOURS)]


def _class_tables(bench: Bench) -> str:
    parts: list[str] = []
    for peer in dict.fromkeys(row.peer for row in bench.classes):
        found = {(row.family, row.metric): row for row in bench.classes if row.peer == peer}
        families = dict.fromkeys(row.family for row in bench.classes)
        rows = [[family, *(words.class_bd(found[family, m]) for m in SHOWN)] for family in families]
        head = ["class", *(words.NAMES[metric] for metric in SHOWN)]
        rows += tally_rows(bench, peer)
        parts.append(f"<h2>BD-rate against {escape(words.title_of(bench, peer))}</h2>{table(head, rows)}")
    return "".join(parts)


def _class_plots(bench: Bench, codecs: Sequence[str]) -> str:
    """All curves of a class in one plot."""
    parts: list[str] = []
    for family in dict.fromkeys(clip.family for clip in bench.clips):
        clips = [clip for clip in bench.clips if clip.family == family]
        if len(clips) > 1:
            plots = "".join(_plot(metric, clips, codecs) for metric in PLOTTED)
            parts.append(f'<h2>Class {escape(family)}</h2><div class="plots">{plots}</div>')
    return "".join(parts)


def _clip(bench: Bench, clip: ClipResult, codecs: Sequence[str], strips: Sequence[Strip]) -> str:
    facts = f"{clip.width}x{clip.height}, {clip.frame_rate:g} frames a second, {clip.seconds:.1f} s"
    plots = "".join(_plot(metric, [clip], codecs) for metric in PLOTTED)
    shown = "".join(_strip(strip) for strip in strips if strip.clip == clip.name)
    rows = [
        [
            f"{words.NAMES[c.metric]}, {words.title_of(bench, c.peer)}", words.bd_of(c),
            f"{100 * c.covered:.0f}%",
            *(f"{words.quality_of(a, c.metric)} / {words.quality_of(b, c.metric)}" for _, a, b in c.at),
            words.crossings_of(c) or words.NONE,
        ]
        for c in clip.compared
    ]  # fmt: skip
    head = ["metric, peer", "BD-rate", "covered", *(f"{rate:g} kbps" for rate in bench.rates), "curves cross"]
    return (
        f'<h2>{escape(clip.name)}</h2><p>{facts}</p>{shown}<div class="plots">{plots}</div>'
        f"<p>At rates: MTOR / peer; a dash is outside of a curve.</p>{table(head, rows)}"
    )


def _strip(strip: Strip) -> str:
    shots = "".join(
        f'<figure><img src="{shot.uri}" alt="{escape(shot.title)} at {strip.seconds:.2f} s">'
        f"<figcaption><b>{escape(shot.title)}</b> {escape(shot.caption)}</figcaption></figure>"
        for shot in strip.shots
    )
    where = f"At {strip.kbps:.1f} kbps, frame {strip.number} ({strip.seconds:.2f} s)"
    return f'<h3>{where}</h3><div class="strip">{shots}</div>'


def _plot(metric: str, clips: Sequence[ClipResult], codecs: Sequence[str]) -> str:
    """Quality over log rate, a line for each codec and clip."""
    lines = [
        (n, points)
        for n, codec in enumerate(codecs)
        for clip in clips
        if (points := clip.curves.get(codec, {}).get(metric))
    ]
    values = [quality for _, points in lines for _, quality in points]
    if not values:
        return ""
    low, high = min(values), max(values)
    high = min(high + ((high - low) * 0.05 or 1), MOST.get(metric, math.inf))
    low = min(low, high - 1e-6)
    drawn = "".join(
        f'<polyline fill="none" stroke="{_colour(n)}" '
        f'stroke-width="{2.4 if codecs[n] == OURS else 1.6}" points="'
        + " ".join(f"{_x(rate):.1f},{_y(quality, low, high):.1f}" for rate, quality in points)
        + '"/>'
        + "".join(
            f'<circle cx="{_x(rate):.1f}" cy="{_y(quality, low, high):.1f}" r="2" fill="{_colour(n)}"/>'
            for rate, quality in points
        )
        for n, points in lines
    )
    name = words.NAMES[metric]
    return (
        f'<figure><figcaption>{name} over kbps</figcaption><svg width="{WIDTH}" height="{HEIGHT}" role="img" '
        f'aria-label="{name} over rate">{_grid(low, high)}{drawn}</svg></figure>'
    )


def _grid(low: float, high: float) -> str:
    floor = HEIGHT - BOTTOM
    parts = [
        f'<path d="M{_x(tick):.1f} 6V{floor}" stroke="#e9ecef"/>'
        f'<text x="{_x(tick):.1f}" y="{HEIGHT - 8}" text-anchor="middle">{tick:g}</text>'
        for tick in TICKS
    ]
    for value in round_values(low, high):
        y = _y(value, low, high)
        parts.append(
            f'<path d="M{LEFT} {y:.1f}H{WIDTH}" stroke="#e9ecef"/><text x="{LEFT - 4}" y="{y + 4:.1f}" '
            f'text-anchor="end">{value:g}</text>'
        )
    return "".join(parts)


def round_values(low: float, high: float) -> list[float]:
    """Three to nine round values from ``low`` to ``high``, for an axis."""
    wanted = (high - low) / 3.2
    power = 10.0 ** math.floor(math.log10(wanted))
    step = max((each * power for each in (1, 2, 5) if each * power <= wanted), default=power)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(n * step, 9) for n in range(first, last + 1)]


def _x(kbps: float) -> float:
    first, last = math.log(0.3), math.log(100)
    share = (math.log(max(kbps, 1e-3)) - first) / (last - first)
    return LEFT + min(1.0, max(0.0, share)) * (WIDTH - LEFT - 8)


def _y(value: float, low: float, high: float) -> float:
    return 8 + (1 - (value - low) / (high - low)) * (HEIGHT - BOTTOM - 8)


def _costs(bench: Bench) -> str:
    rows = cost_rows(bench, "svtav1")
    if not rows:
        return ""
    return f"<h2>Costs</h2><p>{escape(COST_ABOUT)}</p>{table(COST_HEAD, rows)}"


def _density(bench: Bench) -> str:
    rows = density_rows(bench)
    if not rows:
        return ""
    about = f"{DENSITY_ABOUT} {words.largest_move(bench)}"
    return f"<h2>How dense the peers' curves are</h2><p>{escape(about)}</p>{table(DENSITY_HEAD, rows)}"


def _failures(bench: Bench) -> str:
    rows = [[each.clip, each.codec, each.point, each.reason] for each in bench.failures]
    rows += [[clip.name, "", name, why] for clip in bench.clips for name, why in clip.missing.items()]
    if not rows:
        return ""
    return f"<h2>What could not be measured</h2>{table(['clip', 'codec', 'point', 'why'], rows)}"


def _machine(bench: Bench) -> str:
    rows = [[name, text] for name, text in {**bench.machine, **bench.versions}.items()]
    rows += [[each.title, each.missing or each.version] for each in bench.codecs]
    return f"<h2>Machine and versions</h2>{table(['', ''], rows)}"
