# SPDX-License-Identifier: Apache-2.0
"""Films: the header that every scene shares, sound and subtitles."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class ColourSpec:
    """Code points of ITU-T H.273 for matrix, primaries and transfer, and the range; BT.709 limited."""

    matrix: int = 1
    primaries: int = 1
    transfer: int = 1
    full_range: bool = False


@dataclass(frozen=True, slots=True)
class AudioInfo:
    """A sound track. ``codec`` is FFmpeg's name (``opus``, ``aac``); ``setup`` its extradata.

    ``priming`` counts samples (at ``sample_rate``) that a player drops at the start.
    """

    codec: str
    sample_rate: int
    channels: int
    language: str = ""
    setup: bytes = b""
    priming: int = 0


@dataclass(frozen=True, slots=True)
class SubtitleInfo:
    """A track of text subtitles."""

    language: str = ""


@dataclass(frozen=True, slots=True)
class FilmHeader:
    """What holds for the whole film.

    ``width`` and ``height`` in px (upright, after rotation); ``time_base`` in seconds per tick;
    ``frame_rate`` is the nominal rate of the source in frames per second; ``pixel_aspect`` is width / height
    of a pixel. ``dictionary`` is the SHA-256 of the series dictionary that the film needs, or empty.
    """

    width: int
    height: int
    time_base: Fraction
    frame_rate: Fraction
    pixel_aspect: Fraction = Fraction(1)
    colour: ColourSpec = field(default_factory=ColourSpec)
    audio: AudioInfo | None = None
    subtitles: tuple[SubtitleInfo, ...] = ()
    dictionary: bytes = b""


@dataclass(frozen=True, slots=True)
class AudioPacket:
    """A coded packet of sound; ``pts`` and ``duration`` in samples at the track's rate."""

    pts: int
    duration: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Subtitle:
    """One line of text shown during ``[start, end)`` (ms); ``track`` indexes ``FilmHeader.subtitles``."""

    track: int
    start: int
    end: int
    text: str
