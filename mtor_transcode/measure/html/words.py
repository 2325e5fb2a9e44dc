# SPDX-License-Identifier: Apache-2.0
"""Figures as people read them, and what they mean in words. Units stay on the line of their figures."""

from __future__ import annotations

import math

NO_BREAK = "\N{NO-BREAK SPACE}"

VMAF_WORDS = (
    (93, "hard to tell from the source"),
    (80, "good"),
    (60, "fair"),
    (40, "poor"),
    (0, "bad"),
)
SSIM_WORDS = (
    (0.99, "hard to tell from the source"),
    (0.97, "good"),
    (0.93, "fair"),
    (0.85, "poor"),
    (-1.0, "bad"),
)
LINKS = (
    (2.4, "a satellite phone (2.4 kbps)"),
    (9.6, "the data link of the first mobile phones (9.6 kbps)"),
    (30.0, "2G (GPRS, about 30 kbps)"),
    (120.0, "2.5G (EDGE, about 120 kbps)"),
    (1000.0, "slow 3G (about 1,000 kbps)"),
)


def verdict(vmaf: float | None, ssim: float) -> str:
    """A word for the picture: by VMAF if there is one, else by libvmaf's float SSIM."""
    value, words = (ssim, SSIM_WORDS) if vmaf is None else (vmaf, VMAF_WORDS)
    return next((word for least, word in words if value >= least), words[-1][1])


def link(kbps: float) -> str:
    """The slowest well-known link that carries such a rate, or empty if none of ours does."""
    return next((name for most, name in LINKS if kbps <= most), "")


def size(count: float) -> str:
    """Bytes with a decimal unit: ``812 B``, ``31.4 kB``, ``5.02 MB``."""
    for unit, step in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= step:
            return f"{three(count / step)}{NO_BREAK}{unit}"
    return f"{count:.0f}{NO_BREAK}B"


def three(value: float) -> str:
    """About three digits, thousands separated."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def clock(seconds: float) -> str:
    """``3.20 s`` below a minute, then ``1:03.2``, then ``1:02:03``."""
    if seconds < 60:
        return f"{seconds:.2f}{NO_BREAK}s"
    minutes, rest = divmod(seconds, 60)
    if minutes < 60:
        return f"{int(minutes)}:{rest:04.1f}"
    return f"{int(minutes) // 60}:{int(minutes) % 60:02d}:{int(rest):02d}"


def axis_clock(seconds: float) -> str:
    """A label of a time axis: ``5 s``, ``1:30``, ``1:02:00``."""
    if seconds < 60:
        return f"{seconds:g} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def percent(share: float) -> str:
    """A share (0-1) in percent, one decimal below ten."""
    value = 100 * share
    return f"{value:.0f}%" if value >= 10 or value == 0 else f"{value:.1f}%"


def similarity(ssim: float) -> str:
    """An SSIM to three decimals, rounded down, so that only equal pictures have 1.000."""
    return f"{math.floor(ssim * 1000 + 1e-6) / 1000:.3f}"
