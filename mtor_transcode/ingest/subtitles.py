# SPDX-License-Identifier: Apache-2.0
"""Text subtitles of a source, as plain lines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import closing
from fractions import Fraction
from typing import cast

from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.subtitles.stream import SubtitleStream
from av.subtitles.subtitle import AssSubtitle

from mtor_transcode.errors import InputError
from mtor_transcode.ingest.source import Source
from mtor_transcode.ingest.tracks import TEXT_CODECS, choose, codec_name, language_of
from mtor_transcode.model import Subtitle, SubtitleInfo

# A line without an end is shown this long (ms) or until the next one.
_ENDLESS = 5000
_LONGEST = 600_000
_ASS_FIELDS = 8
_ASS_STYLE = re.compile(r"(?<!\\)\{[^}]*\}")
_TAG = re.compile(r"</?[a-zA-Z][^>]*>")

SubtitleTracks = tuple[tuple[SubtitleInfo, ...], Iterator[Subtitle]]


def read_subtitles(source: Source) -> SubtitleTracks:
    """The tracks of text subtitles and all their lines, in the order of the file.

    ``Subtitle.track`` counts the tracks returned; times are in ms from the first picture of the film's part,
    cut to it. Markup is taken out. With a choice of track made in ``open_source`` there is only that one;
    ``InputError`` if it holds pictures, not text. Pictures of text are otherwise left out.
    """
    if not source.info.subtitles:
        return (), iter(())
    with closing(source.open_container()) as container:
        streams = _text_streams(container, source)
        infos = tuple(SubtitleInfo(language_of(stream)) for stream in streams)
    return infos, _lines(source) if infos else iter(())


def _text_streams(container: InputContainer, source: Source) -> Sequence[SubtitleStream]:
    streams = container.streams.subtitles
    if source.subtitle_choice is None:
        return [stream for stream in streams if codec_name(stream) in TEXT_CODECS]
    chosen = choose(streams, source.subtitle_choice, "subtitle", source.name)
    if chosen is None or codec_name(chosen) not in TEXT_CODECS:
        raise InputError("these subtitles are pictures", where=source.name, remedy="choose a track with text")
    return [chosen]


def _lines(source: Source) -> Iterator[Subtitle]:
    origin = source.first_pts + source.start
    with closing(source.open_container()) as container:
        streams = _text_streams(container, source)
        numbers = {stream.index: number for number, stream in enumerate(streams)}
        for packet in _packets(container, streams):
            text = _text(packet)
            if packet.pts is None or not text:
                continue
            start = _milliseconds(packet.pts * packet.time_base - origin)
            length = _milliseconds((packet.duration or 0) * packet.time_base)
            end = start + (length if 0 < length <= _LONGEST else _ENDLESS)
            line = _cut(Subtitle(numbers[packet.stream_index], start, end, text), source.info.duration)
            if line is not None:
                yield line


def _packets(
    container: InputContainer, streams: Sequence[SubtitleStream]
) -> Iterator[Packet[SubtitleStream]]:
    source = container.demux(*streams)
    while True:
        try:
            packet = next(source, None)
        except FFmpegError:
            return
        if packet is None:
            return
        if packet.size:
            yield cast("Packet[SubtitleStream]", packet)


def _text(packet: Packet[SubtitleStream]) -> str:
    """The words of one packet: FFmpeg turns all kinds of text into ASS events."""
    try:
        decoded = packet.stream.codec_context.decode2(packet)
        parts = () if decoded is None else tuple(decoded)
    except FFmpegError:
        return ""
    events = [bytes(part.ass).decode("utf-8", "replace") for part in parts if isinstance(part, AssSubtitle)]
    return "\n".join(filter(None, (plain_text(event) for event in events)))


def plain_text(event: str) -> str:
    """The words of an ASS event (``ReadOrder,Layer,...,Text``) without its markup; lines end in ``\\n``."""
    text = event.split(",", _ASS_FIELDS)[-1] if event.count(",") >= _ASS_FIELDS else event
    text = _TAG.sub("", _ASS_STYLE.sub("", text))
    text = text.replace("\\N", "\n").replace("\\n", "\n").replace("\\h", " ").replace("\r", "")
    text = text.replace("\\{", "{").replace("\\}", "}")
    return "\n".join(line.strip() for line in text.split("\n") if line.strip())


def _milliseconds(seconds: Fraction) -> int:
    return round(seconds * 1000)


def _cut(line: Subtitle, duration: Fraction) -> Subtitle | None:
    """The line within the film's part, None if it lies outside."""
    last = _milliseconds(duration) or line.end
    start, end = max(0, line.start), min(line.end, last)
    return Subtitle(line.track, start, end, line.text) if start < end else None
