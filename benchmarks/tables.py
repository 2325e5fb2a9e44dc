# SPDX-License-Identifier: Apache-2.0
"""Results as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol

from mtor_transcode.measure.bench.result import Bench, ClipResult, Compared

BEGIN = "<!-- results: written by make bench -->"
END = "<!-- /results -->"
BENCH_BEGIN = "<!-- bench: written by make bench -->"
BENCH_END = "<!-- /bench -->"
HEAD = (
    "| clip | kbps | VMAF | SSIM | PSNR-Y dB | transcode s/s | render s/s |\n|---|---|---|---|---|---|---|\n"
)
INTRO = """# Results

Written by `make results` ({machine}). Every clip of the test set is transcoded, rendered to MP4 and
measured beside its source at the source's own times. kbps are 1000 bit/s over the whole file. VMAF is the
mean of `vmaf_v0.6.1`, SSIM and PSNR are means over frames of luma; the last two columns are seconds of work
per second of video, for the transcode (all passes of the rate control) and for the rendering to MP4.

"""


class Row(Protocol):
    """What a line of a table needs."""

    @property
    def clip(self) -> str: ...
    @property
    def setting(self) -> str: ...
    @property
    def kbps(self) -> float | None: ...
    @property
    def vmaf(self) -> float | None: ...
    @property
    def ssim(self) -> float | None: ...
    @property
    def psnr(self) -> float | None: ...
    @property
    def work(self) -> float | None: ...
    @property
    def render(self) -> float | None: ...
    @property
    def failure(self) -> str: ...


class Setting(Protocol):
    """What a section needs."""

    @property
    def name(self) -> str: ...
    @property
    def command(self) -> str: ...


SHOWN_RATES = (2.0, 5.0, 10.0, 20.0, 50.0)
"""Rates (kbps) in the README's table."""


def line(row: Row) -> str:
    """One row of a table."""
    if row.failure:
        return f"| {row.clip} | {row.failure} | | | | | |"
    figures = ((row.kbps, 2), (row.vmaf, 1), (row.ssim, 4), (row.psnr, 2), (row.work, 2), (row.render, 3))
    cells = ("-" if value is None else f"{value:.{digits}f}" for value, digits in figures)
    return f"| {row.clip} | " + " | ".join(cells) + " |"


def page(rows: Sequence[Row], settings: Iterable[Setting], machine: str) -> str:
    """The whole page: a table for each setting."""
    parts = [INTRO.format(machine=machine)]
    for setting in settings:
        body = "\n".join(line(row) for row in rows if row.setting == setting.name)
        parts.append(f"## {setting.name}\n\n`{setting.command}`\n\n{HEAD}{body}\n\n")
    return "".join(parts).rstrip() + "\n"


def bench_of(page: str) -> str:
    """The part of the page that ``make bench`` wrote, marks included; empty if there is none."""
    if BENCH_BEGIN not in page:
        return ""
    return BENCH_BEGIN + page.split(BENCH_BEGIN)[1].split(BENCH_END, maxsplit=1)[0] + BENCH_END + "\n"


def with_bench(page: str, part: str) -> str:
    """The page with that part (of ``bench_of``, or to be marked) at its end, in place of the one it had."""
    body = page.split(BENCH_BEGIN, maxsplit=1)[0].rstrip() + "\n"
    if part and BENCH_BEGIN not in part:
        part = f"{BENCH_BEGIN}\n{part.strip()}\n{BENCH_END}\n"
    return f"{body}\n{part}" if part else body


def deeper(text: str) -> str:
    """Markdown with every heading one level lower."""
    return "\n".join("#" + line if line.startswith("#") else line for line in text.split("\n"))


def fill(readme: Path, bench: Bench) -> None:
    """Put a table of MTOR beside the first peer between the README's two marks."""
    text = readme.read_text()
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    peer = next(codec for codec in bench.codecs if codec.name != "mtor")
    rates = " | ".join(f"{rate:g} kbps" for rate in SHOWN_RATES)
    lines = [f"| clip | {rates} | BD-rate VMAF | SSIM |", "|---" * (len(SHOWN_RATES) + 3) + "|"]
    lines += [_beside(clip, peer.name) for clip in sorted(bench.clips, key=lambda clip: clip.name)]
    body = "\n".join(lines)
    readme.write_text(f"{before}{BEGIN}\n{body}\n{END}{after}")


def _beside(clip: ClipResult, peer: str) -> str:
    """A clip's line: VMAF of MTOR / of the peer at some rates, BD-rates in VMAF and in SSIM."""
    vmaf, ssim = (
        next((each for each in clip.compared if (each.peer, each.metric) == (peer, metric)), None)
        for metric in ("vmaf", "ssim")
    )
    at = {} if vmaf is None else {rate: (ours, theirs) for rate, ours, theirs in vmaf.at}
    cells = [
        " / ".join("-" if v is None else f"{v:.0f}" for v in at.get(rate, (None, None)))
        for rate in SHOWN_RATES
    ]
    return " | ".join([f"| {clip.name}", *cells, _rate(vmaf), _rate(ssim)]) + " |"


def _rate(compared: Compared | None) -> str:
    if compared is None or compared.bd_rate is None or not compared.comparable:
        if compared is not None and compared.ahead is not None:
            return "better at all rates" if compared.ahead else "worse at all rates"
        return "not comparable"
    return f"{compared.bd_rate:+.0f}%"
