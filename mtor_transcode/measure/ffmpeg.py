# SPDX-License-Identifier: Apache-2.0
"""Finding an FFmpeg program: VMAF and XPSNR live in its filters, and PyAV has neither.

Order: the program that the environment variable ``MTOR_FFMPEG`` names (then no other), the one that
``imageio-ffmpeg`` brings, ``ffmpeg`` on the path. The first with libvmaf wins, else the first that runs.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

PROGRAM_VARIABLE = "MTOR_FFMPEG"
"""Environment variable that names the FFmpeg to use; empty means the usual search."""

PROBE_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Ffmpeg:
    """An FFmpeg that runs: its path, its version as it says it, and the names of its filters."""

    path: str
    version: str
    filters: frozenset[str]


def find_ffmpeg() -> Ffmpeg | None:
    """The FFmpeg to measure with, or None if there is none that runs."""
    return _find(os.environ.get(PROGRAM_VARIABLE, ""))


@lru_cache(maxsize=4)
def _find(named: str) -> Ffmpeg | None:
    first: Ffmpeg | None = None
    for path in [named] if named else _usual_places():
        found = _probe(path)
        if found is not None and "libvmaf" in found.filters:
            return found
        first = first or found
    return first


def _usual_places() -> Iterator[str]:
    try:
        import imageio_ffmpeg

        yield imageio_ffmpeg.get_ffmpeg_exe()
    except (ImportError, RuntimeError):
        pass  # not installed, or installed without a program for this machine: the path may have one
    on_path = shutil.which("ffmpeg")
    if on_path:
        yield on_path


def _probe(path: str) -> Ffmpeg | None:
    version = _output(path, "-version")
    listing = _output(path, "-hide_banner", "-filters")
    if version is None or listing is None:
        return None
    words = version.split()
    rows = [line.split() for line in listing.splitlines()]
    filters = frozenset(row[1] for row in rows if len(row) >= 3 and "->" in row[2])
    return Ffmpeg(path, words[2] if len(words) > 2 else "unknown", filters)


def _output(*command: str) -> str | None:
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=PROBE_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode("utf-8", "replace")
