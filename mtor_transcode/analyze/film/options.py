# SPDX-License-Identifier: Apache-2.0
"""What the encoder is asked for, and what it says it has made."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from mtor_transcode.codec.series import SeriesDictionary

DEFAULT_QUALITY = 30.0
PRESETS = ("fast", "balanced", "best")
MODES = ("auto", "vector", "textured")


@dataclass(frozen=True, slots=True)
class EncodeOptions:
    """How to code. At most one of quality (0-100), target_kbps, target_size (bytes) and target_vmaf is set.

    ``target_kbps`` (1000 bit/s) and ``target_size`` are ceilings on the whole file, sound included;
    ``max_kbps`` is one on any 4 s. ``refresh`` (s) asks for snapshots of the state inside scenes.
    Outlines of ``series`` need not be sent. ``resilience`` (0-10) above 0 writes packets of about 500 bytes,
    for links that lose some.
    """

    quality: float | None = None
    target_kbps: float | None = None
    target_size: int | None = None
    target_vmaf: float | None = None
    preset: str = "balanced"
    mode: str = "auto"
    audio: str = "opus"
    audio_kbps: float = 8.0
    refresh: float | None = None
    series: SeriesDictionary | None = None
    resilience: int = 0
    max_kbps: float | None = None


@dataclass(frozen=True, slots=True)
class EncodeResult:
    """What was made: ``duration`` in seconds, the quality (0-100) that rate control ended with."""

    duration: Fraction
    frames: int
    scenes: int
    quality: float
    bytes_by_kind: dict[str, int] = field(default_factory=dict)
