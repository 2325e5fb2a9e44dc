# SPDX-License-Identifier: Apache-2.0
"""With which versions and on which machine something was measured."""

from __future__ import annotations

import os
import platform
from importlib import metadata
from pathlib import Path

import mtor_transcode
from mtor_transcode.measure.ffmpeg import Ffmpeg

_PACKAGES = ("av", "numpy", "opencv-python-headless", "numba", "blend2d-python", "skia-python")


def versions(ffmpeg: Ffmpeg | None) -> dict[str, str]:
    """Versions of this package, of Python, of what computes the pictures and figures, and of FFmpeg."""
    found = {"mtor_transcode": mtor_transcode.__version__, "python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    found["ffmpeg"] = ffmpeg.version if ffmpeg else "none"
    return found


def machine() -> dict[str, str]:
    """System, architecture, processor and cores."""
    return {
        "system": f"{platform.system()} {platform.release()}",
        "architecture": platform.machine(),
        "processor": _processor(),
        "cores": str(_cores()),
    }


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return platform.processor() or "unknown"
    names = (line.partition(":")[2].strip() for line in text.splitlines() if line.startswith("model name"))
    return next(names, "") or platform.processor() or "unknown"


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
