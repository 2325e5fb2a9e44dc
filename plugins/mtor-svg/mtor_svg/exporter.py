# SPDX-License-Identifier: Apache-2.0
"""The plugin: films as SVG files."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

from mtor_svg.animated import scene_svg
from mtor_svg.still import still_svg
from mtor_transcode.errors import UsageError
from mtor_transcode.render.film import Film

OPTIONS = ("scene", "time")


class SvgExporter:
    """Writes scenes as animated SVG, one of them (``scene``), or a still at a ``time`` (seconds)."""

    name = "svg"
    version = "0.1.0"
    kind = "exporter"

    def export(self, reader: Film, directory: Path, options: Mapping[str, str]) -> list[Path]:
        """Write SVG files into ``directory`` and return their paths. UsageError for wrong options."""
        unknown = sorted(set(options) - set(OPTIONS))
        if unknown:
            raise UsageError(f"the svg exporter has no option {unknown[0]!r}", remedy="use scene or time")
        if len(options) > 1:
            raise UsageError("a scene and a time exclude each other", remedy="give one of them")
        if "time" in options:
            seconds = _seconds(options["time"])
            text = still_svg(reader, seconds / reader.header.time_base)
            return [_write(directory / f"still_{float(seconds):.3f}s.svg", text)]
        wanted = _number(options["scene"]) if "scene" in options else None
        entries = [entry for entry in reader.heads() if wanted in (None, entry.head.number)]
        if wanted is not None and not entries:
            raise UsageError(f"the film has no scene {wanted}", remedy="see mtor inspect")
        return [
            _write(directory / f"scene_{entry.head.number:04d}.svg", scene_svg(reader, entry))
            for entry in entries
        ]


def _seconds(text: str) -> Fraction:
    try:
        seconds = Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise UsageError(f"{text!r} is no time", remedy="write seconds, such as 12.5") from None
    if seconds < 0:
        raise UsageError(f"the time {text} is before the film", remedy="write seconds from its start")
    return seconds


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise UsageError(f"{text!r} is no number of a scene", remedy="write a number, such as 0")
    return int(text)


def _write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path
