# SPDX-License-Identifier: Apache-2.0
"""Numbers in words a reader takes in at a glance."""

from __future__ import annotations


def bytes_of(count: float) -> str:
    """``999 B``, ``12.3 kB``, ``4.56 MB`` (k is 1000)."""
    if count < 1_000:
        return f"{count:.0f} B"
    if count < 1_000_000:
        return f"{count / 1_000:.1f} kB"
    return f"{count / 1_000_000:.2f} MB"


def seconds_of(seconds: float) -> str:
    """``4.2 s``, ``3:05``, ``1:02:03``."""
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def counted(count: int, noun: str) -> str:
    """``1 scene``, ``2 scenes``, ``12,345 tokens``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def table(rows: list[tuple[str, ...]], *, indent: str = "  ") -> list[str]:
    """Rows as aligned lines: the first column to the left, the others to the right."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))] if rows else []
    return [
        (
            indent
            + row[0].ljust(widths[0])
            + "".join("  " + cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True))
        ).rstrip()
        for row in rows
    ]
