# SPDX-License-Identifier: Apache-2.0
"""Listing and choosing the streams of a container."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Disposition, Stream
from av.subtitles.stream import SubtitleStream
from av.video.stream import VideoStream

from mtor_transcode.errors import InputError
from mtor_transcode.ingest.info import TrackInfo

Choice = int | str | None
"""A track by its number among its kind (from 0), by its language (``"eng"``), or the default one."""

TEXT_CODECS = frozenset(
    {"ass", "ssa", "subrip", "srt", "mov_text", "webvtt", "text", "microdvd", "mpl2", "jacosub", "sami",
     "realtext", "stl", "subviewer", "subviewer1", "vplayer", "pjs"}
)  # fmt: skip

_StreamT = TypeVar("_StreamT", VideoStream, AudioStream, SubtitleStream)


def video_streams(container: InputContainer) -> list[VideoStream]:
    """The moving pictures of a container: cover art is left out."""
    return [
        stream
        for stream in container.streams.video
        if not Disposition.attached_pic & Disposition(stream.disposition)
    ]


def track_infos(streams: Sequence[AudioStream] | Sequence[SubtitleStream]) -> tuple[TrackInfo, ...]:
    """What is known of each of ``streams``, in their order."""
    return tuple(_track_info(number, stream) for number, stream in enumerate(streams))


def _track_info(number: int, stream: Stream) -> TrackInfo:
    codec = codec_name(stream)
    language, title = language_of(stream), str(stream.metadata.get("title", ""))
    if isinstance(stream, AudioStream) and stream.codec_context is not None:
        return TrackInfo(
            number, stream.index, codec, language, title,
            stream.codec_context.sample_rate or 0, stream.codec_context.channels or 0, stream.bit_rate or 0,
        )  # fmt: skip
    return TrackInfo(number, stream.index, codec, language, title, text=codec in TEXT_CODECS)


def codec_name(stream: Stream) -> str:
    """FFmpeg's name of the stream's codec; empty if there is no decoder for it."""
    context = stream.codec_context
    return context.codec.canonical_name if context is not None else ""


def language_of(stream: Stream) -> str:
    """The stream's language tag, empty if undetermined."""
    language = str(stream.language or "")
    return "" if language == "und" else language


def choose(streams: Sequence[_StreamT], choice: Choice, kind: str, where: str) -> _StreamT | None:
    """The stream that ``choice`` names, or the default one; None if there are none and none was named.

    Raises ``InputError`` if ``choice`` names no stream.
    """
    if choice is None:
        for stream in streams:
            if Disposition.default & Disposition(stream.disposition):
                return stream
        return streams[0] if streams else None
    number = _number(choice)
    if number is not None:
        if 0 <= number < len(streams):
            return streams[number]
        have = f"tracks 0 to {len(streams) - 1}" if streams else "no such track"
        raise InputError(f"no {kind} track {number}", where=where, remedy=f"the file has {have}")
    wanted = str(choice).casefold()
    for stream in streams:
        if language_of(stream).casefold() == wanted:
            return stream
    languages = ", ".join(sorted({language_of(s) or "untagged" for s in streams})) or "none"
    raise InputError(f"no {kind} track in '{choice}'", where=where, remedy=f"languages here: {languages}")


def _number(choice: int | str) -> int | None:
    if isinstance(choice, int):
        return choice
    return int(choice) if choice.strip().lstrip("-").isdigit() else None
