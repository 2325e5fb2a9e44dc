# SPDX-License-Identifier: Apache-2.0
"""Checks of what callers ask for, before any work is done."""

from __future__ import annotations

import math
import re
from fractions import Fraction

from mtor_transcode.codec.limits import MAX_SIDE
from mtor_transcode.errors import UsageError
from mtor_transcode.ingest.audio import LEAST_KBPS, MOST_KBPS

AUDIO_CHOICES = ("opus", "copy", "none")
DEFAULT_AUDIO_KBPS = 8.0
AUDIO_SHARE = 0.5
"""Of a target rate, what the sound takes if nothing else is asked for."""
MAX_RATE = 1_000

_SUFFIXES = {"": 1, "k": 1_000, "m": 1_000_000, "g": 1_000_000_000}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmg]?)b?", re.IGNORECASE)
_SHARE = re.compile(r"(\d+(?:\.\d+)?)\s*(%?)")
_PICTURE = re.compile(r"(\d+)\s*[x×]\s*(\d+)", re.IGNORECASE)


def parse_size(value: int | str, *, where: str = "target size") -> int:
    """Bytes from ``500k`` (500,000), ``5M``, ``1.5m`` or a bare number of bytes; UsageError otherwise."""
    match = _SIZE.fullmatch(str(value).strip())
    size = int(float(match[1]) * _SUFFIXES[match[2].lower()]) if match else 0
    if size < 1:
        raise UsageError(f"{value!r} is no size", where=where, remedy="write 500k, 5M or a number of bytes")
    return size


def parse_picture_size(value: str | tuple[int, int], *, where: str = "size") -> tuple[int, int]:
    """``(width, height)`` in px from ``1920x1080`` or a pair; UsageError unless both are 1-16384."""
    if isinstance(value, str):
        match = _PICTURE.fullmatch(value.strip())
        width, height = (int(match[1]), int(match[2])) if match else (0, 0)
    else:
        width, height = value
    if not (1 <= width <= MAX_SIDE and 1 <= height <= MAX_SIDE):
        raise UsageError(
            f"{value!r} is no picture size",
            where=where,
            remedy=f"write it like 1920x1080, each side 1 to {MAX_SIDE}",
        )
    return width, height


def parse_share(value: float | str, *, where: str = "drop") -> float:
    """A share (0 to 1) from ``10%`` or ``0.1``; UsageError otherwise."""
    if isinstance(value, str):
        match = _SHARE.fullmatch(value.strip())
        share = float(match[1]) / (100 if match[2] else 1) if match else -1.0
    else:
        share = float(value)
    if not 0 <= share <= 1:
        raise UsageError(f"{value!r} is no share", where=where, remedy="write 10% or 0.1")
    return share


def at_most_one(**given: object) -> None:
    """UsageError if more than one of the named options is set."""
    names = [name.replace("_", " ") for name, value in given.items() if value is not None]
    if len(names) > 1:
        raise UsageError(
            f"{' and '.join(names)} exclude each other", where="options", remedy="give one of them"
        )


def in_range(name: str, value: float | None, low: float, high: float) -> None:
    """UsageError unless ``value`` is None or within ``[low, high]``."""
    if value is not None and not (math.isfinite(value) and low <= value <= high):
        raise UsageError(f"{value:g} is out of range", where=name, remedy=f"give {low:g} to {high:g}")


def positive(name: str, value: float | None, *, zero: bool = False) -> None:
    """UsageError unless ``value`` is None or a finite number above zero (``zero`` allows zero as well)."""
    if value is None:
        return
    if not math.isfinite(value) or value < 0 or (value == 0 and not zero):
        wanted = "zero or more" if zero else "a number above zero"
        raise UsageError(f"{value:g} makes no sense", where=name, remedy=f"give {wanted}")


def one_of(name: str, value: str, choices: tuple[str, ...]) -> None:
    """UsageError unless ``value`` is one of ``choices``."""
    if value not in choices:
        raise UsageError(f"{value!r} is unknown", where=name, remedy=f"choose {', '.join(choices)}")


def parse_track(value: int | str | None) -> int | str | None:
    """A track's number (from 0) or its language code, as the ingest layer takes it."""
    if value is None or isinstance(value, int):
        return value
    text = value.strip()
    return int(text) if text.isdigit() else text


def check_audio(audio: str, kbps: float | None, track: int | str | None) -> None:
    """UsageError unless the three options on sound make sense together."""
    one_of("audio", audio, AUDIO_CHOICES)
    if kbps is not None and audio != "opus":
        raise UsageError(f"has no meaning with audio {audio}", where="audio kbps", remedy="leave it out")
    if track is not None and audio == "none":
        raise UsageError("has no meaning with audio none", where="audio track", remedy="leave it out")
    in_range("audio kbps", kbps, LEAST_KBPS, MOST_KBPS)


def audio_rate(asked: float | None, target_kbps: float | None) -> float:
    """The rate of the sound in kbps: as asked, else 8, or less where that would leave little of a target."""
    if asked is not None:
        return asked
    share = DEFAULT_AUDIO_KBPS if target_kbps is None else AUDIO_SHARE * target_kbps
    return max(min(DEFAULT_AUDIO_KBPS, share), LEAST_KBPS)


def parse_rate(value: str | float | Fraction | None, *, where: str = "fps") -> Fraction | None:
    """Frames per second from ``60``, ``23.976``, ``30000/1001`` or a number.

    UsageError unless it is above 0 and at most 1000.
    """
    if value is None:
        return None
    try:
        rate = Fraction(value) if isinstance(value, str) else Fraction(value).limit_denominator(100_000)
    except (ValueError, ZeroDivisionError, OverflowError):
        rate = Fraction(0)
    if not 0 < rate <= MAX_RATE:
        raise UsageError(f"{value} is no frame rate", where=where, remedy="write 60, 23.976 or 30000/1001")
    return rate
