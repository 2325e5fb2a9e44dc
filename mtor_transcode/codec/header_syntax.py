# SPDX-License-Identifier: Apache-2.0
"""The header section: what holds for the whole film, as plain fields behind a byte of flags."""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from mtor_transcode.codec.fields import Payload, ratio, text, varint
from mtor_transcode.codec.limits import MAX_RATIO, MAX_SIDE, MAX_TEXT, MAX_TRACKS
from mtor_transcode.errors import UsageError
from mtor_transcode.model import AudioInfo, ColourSpec, FilmHeader, SubtitleInfo

_RATE_IS_BASE: Final = 1
_SQUARE_PIXELS: Final = 2
_DEFAULT_COLOUR: Final = 4
_SOUND: Final = 8
_SUBTITLES: Final = 16
_DICTIONARY: Final = 32

DIGEST_BYTES: Final = 32
"""Bytes of a dictionary's SHA-256."""

_MAX_CODE: Final = 255
_MAX_CHANNELS: Final = 255
_MAX_RATE: Final = 2**20
_MAX_PRIMING: Final = 2**31 - 1


def write_header(header: FilmHeader) -> bytes:
    """Returns the payload of a header section. Raises UsageError for values that no reader takes."""
    _check(header)
    flags = (
        _RATE_IS_BASE * (header.frame_rate * header.time_base == 1)
        | _SQUARE_PIXELS * (header.pixel_aspect == 1)
        | _DEFAULT_COLOUR * (header.colour == ColourSpec())
        | _SOUND * (header.audio is not None)
        | _SUBTITLES * bool(header.subtitles)
        | _DICTIONARY * bool(header.dictionary)
    )
    out = bytearray([flags])
    out += varint(header.width) + varint(header.height) + ratio(header.time_base)
    if not flags & _RATE_IS_BASE:
        out += ratio(header.frame_rate)
    if not flags & _SQUARE_PIXELS:
        out += ratio(header.pixel_aspect)
    if not flags & _DEFAULT_COLOUR:
        colour = header.colour
        out += bytes([colour.matrix, colour.primaries, colour.transfer, colour.full_range])
    if header.audio is not None:
        sound = header.audio
        out += text(sound.codec) + varint(sound.sample_rate) + varint(sound.channels) + text(sound.language)
        out += varint(sound.priming) + varint(len(sound.setup)) + sound.setup
    if header.subtitles:
        out += varint(len(header.subtitles)) + b"".join(text(track.language) for track in header.subtitles)
    return bytes(out + header.dictionary)


def read_header(payload: Payload) -> FilmHeader:
    """Returns the header. Bytes after the known fields are left for later versions."""
    flags = payload.take(1, "header")[0]
    width = payload.varint(MAX_SIDE, "width")
    height = payload.varint(MAX_SIDE, "height")
    if not width or not height:
        raise payload.damaged("the picture has no size")
    time_base = payload.ratio("time base")
    frame_rate = 1 / time_base if flags & _RATE_IS_BASE else payload.ratio("frame rate")
    aspect = Fraction(1) if flags & _SQUARE_PIXELS else payload.ratio("pixel aspect")
    colour = ColourSpec()
    if not flags & _DEFAULT_COLOUR:
        matrix, primaries, transfer, full_range = payload.take(4, "colour")
        colour = ColourSpec(matrix, primaries, transfer, bool(full_range))
    audio = _read_sound(payload) if flags & _SOUND else None
    subtitles: tuple[SubtitleInfo, ...] = ()
    if flags & _SUBTITLES:
        count = payload.varint(MAX_TRACKS, "number of subtitle tracks")
        subtitles = tuple(SubtitleInfo(payload.text("language")) for _ in range(count))
    dictionary = payload.take(DIGEST_BYTES, "dictionary's hash") if flags & _DICTIONARY else b""
    return FilmHeader(width, height, time_base, frame_rate, aspect, colour, audio, subtitles, dictionary)


def _read_sound(payload: Payload) -> AudioInfo:
    codec = payload.text("name of a codec")
    rate = payload.varint(_MAX_RATE, "sample rate")
    channels = payload.varint(_MAX_CHANNELS, "number of channels")
    if not rate or not channels:
        raise payload.damaged("the sound has no rate or no channels")
    language = payload.text("language")
    priming = payload.varint(_MAX_PRIMING, "priming")
    setup = payload.take(payload.varint(MAX_TEXT, "length of the sound's set-up"), "set-up of the sound")
    return AudioInfo(codec, rate, channels, language, setup, priming)


def _check(header: FilmHeader) -> None:
    if not (0 < header.width <= MAX_SIDE and 0 < header.height <= MAX_SIDE):
        raise UsageError(
            f"a picture of {header.width}x{header.height} px cannot be written", remedy=f"1 to {MAX_SIDE} px"
        )
    for what, value in (
        ("time base", header.time_base),
        ("frame rate", header.frame_rate),
        ("pixel aspect", header.pixel_aspect),
    ):
        if not (0 < value.numerator <= MAX_RATIO and 0 < value.denominator <= MAX_RATIO):
            raise UsageError(
                f"{what} {value} cannot be written", remedy="use a positive ratio of 31-bit numbers"
            )
    colour = header.colour
    if not all(0 <= code <= _MAX_CODE for code in (colour.matrix, colour.primaries, colour.transfer)):
        raise UsageError("a colour code point is out of range", remedy=f"use 0 to {_MAX_CODE}")
    if len(header.subtitles) > MAX_TRACKS:
        raise UsageError(
            f"{len(header.subtitles)} subtitle tracks cannot be written", remedy=f"at most {MAX_TRACKS}"
        )
    if len(header.dictionary) not in (0, DIGEST_BYTES):
        raise UsageError(
            f"a dictionary's hash has {len(header.dictionary)} bytes",
            remedy=f"give all {DIGEST_BYTES} bytes of its SHA-256",
        )
    sound = header.audio
    if sound is not None and not (
        0 < sound.sample_rate <= _MAX_RATE
        and 0 < sound.channels <= _MAX_CHANNELS
        and 0 <= sound.priming <= _MAX_PRIMING
        and len(sound.setup) <= MAX_TEXT
    ):
        raise UsageError(
            "the sound track's description is out of range",
            remedy=f"at most {_MAX_RATE} Hz, {_MAX_CHANNELS} channels and {MAX_TEXT} bytes of set-up",
        )
