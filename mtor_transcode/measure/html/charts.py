# SPDX-License-Identifier: Apache-2.0
"""Plots over time as inline SVG, a few kB each however long the film is.

The SVG is stretched to its box, so only lines are in it; labels are HTML and keep their size on a phone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import NDArray

from mtor_transcode.measure.html.words import axis_clock

COLUMNS = 400
"""Most points that a line has; longer films show mean, least and greatest of each column."""

WIDTH, HEIGHT = 1000, 200
_STEPS = (1, 2, 2.5, 5, 10)
_TOPS = (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10)
_TIME_STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200)


@dataclass(frozen=True, slots=True)
class Line:
    """A named curve: values at times (s); ``style`` is a CSS class."""

    name: str
    style: str
    times: Sequence[float]
    values: Sequence[float]


@dataclass(frozen=True, slots=True)
class Frame:
    """What a plot shows: seconds ``[0, duration)``, values ``[low, high]``, cuts to mark (s)."""

    duration: float
    low: float
    high: float
    cuts: Sequence[float] = ()

    def x(self, seconds: float) -> float:
        return WIDTH * seconds / self.duration

    def y(self, value: float) -> float:
        inside = min(max(value, self.low), self.high)
        return HEIGHT * (1 - (inside - self.low) / (self.high - self.low))


def line_plot(title: str, about: str, lines: Sequence[Line], frame: Frame) -> str:
    """A figure with one or more curves; a shaded band shows the extremes where a column holds many frames."""
    drawn = [_curve(line, frame) for line in lines]
    legend = _legend([(line.name, line.style) for line in lines]) if len(lines) > 1 else ""
    return _figure(title, about, legend, "".join(drawn), frame)


def step_plot(
    title: str,
    about: str,
    kinds: Sequence[tuple[str, str, Sequence[float]]],
    edges: Sequence[float],
    frame: Frame,
    mean: float,
) -> str:
    """Stacked steps, ``(name, style, value of each step)`` from the ground up, between ``edges`` (s).

    ``mean`` is drawn as a dashed line over them.
    """
    ground = np.zeros(len(edges) - 1)
    drawn: list[str] = []
    for _, style, values in kinds:
        top = ground + np.asarray(values, np.float64)
        if np.any(top > ground):
            drawn.append(f'<path class="area {style}" d="{_steps(ground, top, edges, frame)}"/>')
        ground = top
    y = frame.y(mean)
    drawn.append(f'<path class="mean" d="M0 {y:.1f}H{WIDTH}"/>')
    legend = _legend([(name, style) for name, style, _ in kinds] + [("mean of all", "mean")])
    return _figure(title, about, legend, "".join(drawn), frame)


def nice_ceiling(value: float, steps: Sequence[float] = _TOPS) -> float:
    """The least of ``steps`` times a power of ten that is not below ``value``."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in steps if step * power >= value * (1 - 1e-9))


def nice_floor(values: Sequence[float], step: float) -> float:
    """The greatest multiple of ``step`` that is not above any of ``values``."""
    return math.floor(min(values) / step) * step


def _rows(frame: Frame) -> tuple[list[float], int]:
    """Round values to mark between low and high, at most six, and the decimals that tell them apart."""
    step = nice_ceiling((frame.high - frame.low) / 5, _STEPS)
    first, last = math.ceil(frame.low / step - 1e-9), math.floor(frame.high / step + 1e-9)
    rows = [number * step for number in range(first, last + 1)]
    decimals = next((n for n in range(6) if math.isclose(round(step, n), step, rel_tol=1e-9)), 6)
    return rows, decimals


def _curve(line: Line, frame: Frame) -> str:
    times, values = np.asarray(line.times, float), np.asarray(line.values, float)
    if len(times) <= COLUMNS:
        return f'<path class="line {line.style}" d="{_path(times, values, frame)}"/>'
    column = np.minimum((times / frame.duration * COLUMNS).astype(int), COLUMNS - 1)
    starts = np.flatnonzero(np.diff(column, prepend=-1))
    counts = np.diff(np.append(starts, len(times)))
    at = np.add.reduceat(times, starts) / counts
    low, high = np.minimum.reduceat(values, starts), np.maximum.reduceat(values, starts)
    band = _path(at, high, frame) + "L" + _path(at[::-1], low[::-1], frame)[1:] + "Z"
    mean = np.add.reduceat(values, starts) / counts
    path = _path(at, mean, frame)
    return f'<path class="band {line.style}" d="{band}"/><path class="line {line.style}" d="{path}"/>'


def _path(times: NDArray[np.float64], values: NDArray[np.float64], frame: Frame) -> str:
    points = [f"{frame.x(t):.1f} {frame.y(v):.1f}" for t, v in zip(times, values, strict=True)]
    if len(points) == 1:
        points.append(f"{WIDTH} {frame.y(values[0]):.1f}")
    return "M" + "L".join(points)


def _steps(
    ground: NDArray[np.float64], top: NDArray[np.float64], edges: Sequence[float], frame: Frame
) -> str:
    places = [f"{frame.x(edge):.1f}" for edge in edges]
    up = "".join(f"V{frame.y(v):.1f}H{places[n + 1]}" for n, v in enumerate(top))
    back = "".join(f"V{frame.y(ground[n]):.1f}H{places[n]}" for n in range(len(top) - 1, -1, -1))
    return f"M0 {frame.y(ground[0]):.1f}{up}{back}Z"


def _legend(entries: Sequence[tuple[str, str]]) -> str:
    items = "".join(f'<li><i class="{style}"></i>{escape(name)}</li>' for name, style in entries)
    return f'<ul class="legend">{items}</ul>'


def _figure(title: str, about: str, legend: str, drawn: str, frame: Frame) -> str:
    rows, decimals = _rows(frame)
    grid = "".join(f"M0 {frame.y(value):.1f}H{WIDTH}" for value in rows)
    cuts = "".join(f"M{frame.x(cut):.1f} 0V{HEIGHT}" for cut in frame.cuts if 0 < cut < frame.duration)
    y_labels = "".join(
        f'<span style="top:{100 * frame.y(value) / HEIGHT:.1f}%">{value:,.{decimals}f}</span>'
        for value in rows
    )
    step = next((s for s in _TIME_STEPS if frame.duration / s <= 7), _TIME_STEPS[-1])
    marks = np.arange(0, frame.duration * (1 + 1e-9), step)
    x_labels = "".join(
        f'<span style="left:{100 * mark / frame.duration:.2f}%">{axis_clock(float(mark))}</span>'
        for mark in np.round(marks, 3)
    )
    return (
        f'<figure class="plot"><figcaption><b>{escape(title)}</b> {legend}</figcaption>'
        f'<div class="axes"><div class="ylabels" aria-hidden="true">{y_labels}</div>'
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none" role="img" '
        f'aria-label="{escape(about)}"><path class="grid" d="{grid}"/>'
        f'<path class="cut" d="{cuts}"/>{drawn}</svg>'
        f'<div class="xlabels" aria-hidden="true">{x_labels}</div></div></figure>'
    )
