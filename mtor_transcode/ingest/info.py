# SPDX-License-Identifier: Apache-2.0
"""What is known of a source before it is decoded."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from mtor_transcode.model import ColourSpec


@dataclass(frozen=True, slots=True)
class TrackInfo:
    """One stream of sound or subtitles: ``number`` counts from 0 among its kind, ``index`` in the container.

    ``codec`` is FFmpeg's name of the codec; ``bit_rate`` (bit/s, 0 if unknown), ``sample_rate`` (Hz) and
    ``channels`` are 0 for subtitles; ``text`` tells text subtitles from pictures.
    """

    number: int
    index: int
    codec: str
    language: str = ""
    title: str = ""
    sample_rate: int = 0
    channels: int = 0
    bit_rate: int = 0
    text: bool = False


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """A source's picture, times and tracks.

    ``width`` and ``height`` (px) are upright, after ``rotation`` (degrees clockwise: 0, 90, 180, 270; other
    turns are not applied). ``time_base`` is in seconds per tick: 1 / frame rate when the frame rate is
    constant, so that ticks are frame numbers; the stream's own otherwise. ``duration`` (seconds) and
    ``frames`` are estimates until all is decoded, and count only the part chosen by ``start`` and
    ``duration``. ``chroma`` is log2 of the horizontal and vertical subsampling of the planes that
    ``Source.frames`` yields, ``bit_depth`` their depth. ``bit_rate`` is that of the video stream in bit/s
    (0 if unknown), ``byte_size`` the file's length.
    """

    path: str
    container: str
    codec: str
    width: int
    height: int
    pixel_aspect: Fraction
    rotation: int
    time_base: Fraction
    frame_rate: Fraction
    vfr: bool
    duration: Fraction
    frames: int
    bit_depth: int
    chroma: tuple[int, int]
    pixel_format: str
    colour: ColourSpec
    interlaced: bool
    has_alpha: bool
    still: bool
    bit_rate: int
    byte_size: int
    audio: tuple[TrackInfo, ...] = ()
    subtitles: tuple[TrackInfo, ...] = ()
