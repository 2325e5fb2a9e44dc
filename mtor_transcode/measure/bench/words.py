# SPDX-License-Identifier: Apache-2.0
"""The bench's figures in words, the same in the page, in Markdown and on the terminal."""

from __future__ import annotations

from mtor_transcode.measure.bench.result import BEST, Bench, ClassRow, Compared

NAMES = {
    "vmaf": "VMAF", "vmaf_neg": "VMAF-NEG", "xpsnr": "XPSNR", "ssim": "SSIM", "ssim_db": "SSIM dB",
    "window_ssim": "SSIM 8x8", "ms_ssim": "MS-SSIM", "psnr_y": "PSNR-Y",
}  # fmt: skip
"""Metrics for people."""

DECIMALS = {
    "vmaf": 1,
    "vmaf_neg": 1,
    "xpsnr": 2,
    "ssim": 4,
    "ssim_db": 2,
    "window_ssim": 4,
    "ms_ssim": 4,
    "psnr_y": 2,
}
NOT_COMPARABLE = "not comparable"
NONE = "–"


def title_of(bench: Bench, codec: str) -> str:
    """A codec's name for people."""
    if codec == BEST:
        return "best of peers"
    return next((each.title for each in bench.codecs if each.name == codec), codec)


def bd_of(found: Compared) -> str:
    """A BD-rate, or why there is none and who is better at the rates that both have."""
    if not found.comparable or found.bd_rate is None:
        sign = {True: ", better", False: ", worse", None: ""}[found.ahead]
        return NOT_COMPARABLE + sign
    return f"{found.bd_rate:+.1f}%"


def class_bd(row: ClassRow) -> str:
    """A class's mean, with how many of its clips are in it."""
    if row.bd_rate is None:
        return NOT_COMPARABLE if row.measured else NONE
    part = "" if row.comparable == row.clips else f" ({row.comparable} of {row.clips})"
    return f"{row.bd_rate:+.1f}%{part}"


def largest_move(bench: Bench) -> str:
    """A sentence on where one point of a peer matters most; empty where nothing is comparable."""
    move = bench.largest_move
    if move is None:
        return ""
    where = f"{move.clip}, {title_of(bench, move.peer)}, {NAMES[move.metric]}"
    return f"The largest move is {move.points:.1f} ({where})."


def quality_of(value: float | None, metric: str) -> str:
    """A quality, or a dash outside of a curve."""
    return NONE if value is None else f"{value:.{DECIMALS[metric]}f}"


def crossings_of(found: Compared) -> str:
    """From which rates on MTOR is better or worse."""
    return ", ".join(
        f"{'better' if above else 'worse'} above {rate:.1f} kbps" for rate, above in found.crossings
    )
