# SPDX-License-Identifier: Apache-2.0
"""Results of the bench as Markdown, between two marks of a page."""

from __future__ import annotations

from mtor_transcode.measure.bench.result import Bench, ClipResult, Compared

BEGIN = "<!-- bench: written by make bench -->"
END = "<!-- /bench -->"

SHOWN_RATES = (2.0, 5.0, 10.0, 20.0, 50.0)
"""Rates (kbps) in the README's table."""


def between_marks(page: str, part: str) -> str:
    """The page with that part between its marks, in place of what was there. ValueError if it has none."""
    before, rest = page.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}\n{part.strip()}\n{END}{after}"


def deeper(text: str) -> str:
    """Markdown with every heading one level lower."""
    return "\n".join("#" + line if line.startswith("#") else line for line in text.split("\n"))


def short(bench: Bench) -> str:
    """A table of MTOR beside the first peer, a line for each clip."""
    peer = next(codec for codec in bench.codecs if codec.name != "mtor")
    rates = " | ".join(f"{rate:g} kbps" for rate in SHOWN_RATES)
    lines = [f"| clip | {rates} | BD-rate VMAF | SSIM |", "|---" * (len(SHOWN_RATES) + 3) + "|"]
    lines += [_beside(clip, peer.name) for clip in sorted(bench.clips, key=lambda clip: clip.name)]
    return "\n".join(lines)


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
