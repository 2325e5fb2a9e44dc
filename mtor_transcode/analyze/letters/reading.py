# SPDX-License-Identifier: Apache-2.0
"""The order in which one reads: line by line, from the left."""

from __future__ import annotations

from collections.abc import Sequence

LINE = 5
"""Px by which the lower edges of letters on one line differ at most, from one to the next."""


def reading_lines(places: Sequence[tuple[int, int]], line: int = LINE) -> list[list[int]]:
    """The numbers of places ``(x, y)`` by line, each from the left; y rises by at most ``line`` in one."""
    ordered = sorted(range(len(places)), key=lambda number: places[number][1])
    lines: list[list[int]] = []
    last = None
    for number in ordered:
        y = places[number][1]
        if last is None or y - last > line:
            lines.append([])
        lines[-1].append(number)
        last = y
    return [sorted(each, key=lambda number: places[number][0]) for each in lines]


def reading_order(places: Sequence[tuple[int, int]], line: int = LINE) -> list[int]:
    """The numbers of places ``(x, y)`` in the order in which one reads."""
    return [number for each in reading_lines(places, line) for number in each]
