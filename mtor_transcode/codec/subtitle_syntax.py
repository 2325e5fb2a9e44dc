# SPDX-License-Identifier: Apache-2.0
"""Subtitle sections: lines of text with their times, deflated where that is shorter."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from typing import Final

from mtor_transcode.codec.fields import Payload, text, varint, zigzag
from mtor_transcode.codec.limits import MAX_SECTION_LINES, MAX_STEP, MAX_TEXT, MAX_TICK, MAX_TRACKS
from mtor_transcode.errors import UsageError
from mtor_transcode.model import Subtitle

_PLAIN: Final = b"\0"
_DEFLATED: Final = b"\1"
_MOST: Final = 1 << 24


def write_subtitles(lines: Sequence[Subtitle]) -> bytes:
    """Returns the payload for at most ``MAX_SECTION_LINES`` lines."""
    out = bytearray(varint(len(lines)))
    before = 0
    for line in lines:
        _check(line)
        out += (
            varint(line.track) + zigzag(line.start - before) + varint(line.end - line.start) + text(line.text)
        )
        before = line.start
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = packer.compress(bytes(out)) + packer.flush()
    return _DEFLATED + packed if len(packed) < len(out) else _PLAIN + bytes(out)


def read_subtitles(payload: Payload, tracks: int) -> Iterator[Subtitle]:
    """Yields the lines of a section's payload; ``tracks`` is how many tracks the header names."""
    form = payload.take(1, "form")
    data = payload.rest()
    if form == _DEFLATED:
        data = _inflate(data, payload)
    elif form != _PLAIN:
        raise payload.damaged("unknown form of subtitles")
    fields = Payload(data, payload.where)
    before = 0
    for _ in range(fields.varint(MAX_SECTION_LINES, "number of subtitles")):
        track = fields.varint(MAX_TRACKS, "subtitle track")
        if track >= tracks:
            raise payload.damaged(f"subtitle track {track} does not exist")
        start = before + fields.zigzag(MAX_TICK, "time of a subtitle")
        if start < 0:
            raise payload.damaged("a subtitle starts before the film")
        end = start + fields.varint(MAX_STEP, "duration of a subtitle")
        yield Subtitle(track, start, end, fields.text("subtitle"))
        before = start


def _inflate(data: bytes, payload: Payload) -> bytes:
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        plain = unpacker.decompress(data, _MOST)
    except zlib.error:
        raise payload.damaged("the subtitles do not inflate") from None
    if unpacker.unconsumed_tail or not unpacker.eof:
        raise payload.damaged("the subtitles do not inflate")
    return plain


def _check(line: Subtitle) -> None:
    if not (0 <= line.track < MAX_TRACKS and 0 <= line.start <= line.end <= line.start + MAX_STEP):
        raise UsageError("a subtitle's track or time is out of range")
    if line.start > MAX_TICK or len(line.text.encode()) > MAX_TEXT:
        raise UsageError("a subtitle is too long or too late")
