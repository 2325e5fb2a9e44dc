# SPDX-License-Identifier: Apache-2.0
"""Which plots a report has."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from mtor_transcode.measure.html.charts import Frame, Line, line_plot, nice_ceiling, nice_floor, step_plot
from mtor_transcode.measure.result import Report

PSNR_TOP = 60.0
"""dB above which curves run along the top: nobody sees a difference there."""

STEPS = 240
"""Most steps of the plot of bytes."""


def plots(report: Report) -> str:
    """Quality over time, then bytes over time; the dashed uprights are cuts."""
    duration = _duration(report)
    cuts = [scene.start for scene in report.scenes if scene.start > 0]
    drawn = [_vmaf(report, duration, cuts), _ssim(report, duration, cuts), _psnr(report, duration, cuts)]
    drawn.append(_bytes(report, cuts))
    hint = '<p class="quiet">Thin dashed uprights are the beginnings of scenes.</p>' if cuts else ""
    return hint + "".join(drawn)


def _duration(report: Report) -> float:
    last = report.frames[-1].seconds
    step = 1 / report.source.frame_rate if report.source.frame_rate else 0.04
    return max(last + step, 1e-3)


def _line(report: Report, metric: str, name: str, style: str) -> Line | None:
    values = [getattr(frame, metric) for frame in report.frames]
    if any(value is None for value in values):
        return None
    return Line(name, style, [frame.seconds for frame in report.frames], values)


def _vmaf(report: Report, duration: float, cuts: Sequence[float]) -> str:
    candidates = (
        _line(report, "vmaf", "VMAF", "c1"),
        _line(report, "vmaf_neg", "VMAF-NEG", "c2"),
    )
    lines = [line for line in candidates if line is not None]
    if not lines:
        return ""
    low = max(0, min(80, nice_floor([value for line in lines for value in line.values], 20)))
    about = _about("VMAF", lines[0].values, "of 100")
    return line_plot("VMAF (0-100)", about, lines, Frame(duration, low, 100, cuts))


def _ssim(report: Report, duration: float, cuts: Sequence[float]) -> str:
    lines = [
        line
        for line in (
            _line(report, "ssim", "SSIM (full size)", "c1"),
            _line(report, "float_ssim", "float SSIM (at a distance)", "c3"),
        )
        if line is not None
    ]
    low = min(0.95, nice_floor([value for line in lines for value in line.values], 0.05))
    about = _about("SSIM", lines[0].values, "of 1")
    return line_plot("SSIM (1 is equal)", about, lines, Frame(duration, max(low, -1), 1, cuts))


def _psnr(report: Report, duration: float, cuts: Sequence[float]) -> str:
    candidates = (
        _line(report, "psnr_y", "PSNR-Y", "c1"),
        _line(report, "psnr_yuv", "PSNR-YUV", "c3"),
        _line(report, "xpsnr", "XPSNR", "c2"),
    )
    lines = [line for line in candidates if line is not None]
    values = [min(value, PSNR_TOP) for line in lines for value in line.values]
    low = min(nice_floor(values, 5), PSNR_TOP - 10)
    high = max(math.ceil(max(values) / 5) * 5, low + 10)
    about = _about("PSNR-Y", lines[0].values, "dB")
    return line_plot("PSNR (dB)", about, lines, Frame(duration, low, high, cuts))


def _bytes(report: Report, cuts: Sequence[float]) -> str:
    """The timeline, of a long film in groups of seconds."""
    timeline = report.timeline
    names = [kind.kind for kind in report.rates.kinds if kind.bytes]
    if not timeline or not names:
        return ""
    group = -(-len(timeline) // STEPS)
    groups = [timeline[first : first + group] for first in range(0, len(timeline), group)]
    lengths = [sum(second.length for second in part) for part in groups]
    rates = {
        name: [
            sum(second.bytes.get(name, 0.0) for second in part) * 8 / 1000 / length
            for part, length in zip(groups, lengths, strict=True)
        ]
        for name in names
    }
    highest = max(sum(values) for values in zip(*rates.values(), strict=True))
    mean = report.rates.kbps
    about = f"Bytes over time by kind as stacked areas: {mean:.1f} kbps on average, at most {highest:.1f}"
    kinds = [(name, f"k-{name}", values) for name, values in rates.items()]
    edges = [*(part[0].start for part in groups), timeline[-1].start + timeline[-1].length]
    frame = Frame(edges[-1], 0, nice_ceiling(max(highest, mean)), cuts)
    return step_plot("Rate by kind (kbps)", about, kinds, edges, frame, mean)


def _about(name: str, values: Sequence[float], unit: str) -> str:
    mean = float(np.mean(values))
    return f"{name} over time: {mean:.3g} {unit} on average, {min(values):.3g} at its lowest"
