# SPDX-License-Identifier: Apache-2.0
"""Subtitles as 3GPP timed text (``mov_text``): one sample at a time, so overlapping lines share samples."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mtor_transcode.model import Subtitle

MAX_TEXT = 65535
"""Bytes of UTF-8 in a sample: its length is a 16-bit number."""

STYLE_HEADER = (
    b"[Script Info]\r\nScriptType: v4.00+\r\nPlayResX: 384\r\nPlayResY: 288\r\n\r\n[V4+ Styles]\r\n"
    b"Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, "
    b"Italic, Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, "
    b"MarginL, MarginR, MarginV, Encoding\r\n"
    b"Style: Default,Arial,16,&Hffffff,&Hffffff,&H0,&H0,0,0,0,0,100,100,0,0,1,1,0,2,10,10,10,0\r\n\r\n"
    b"[Events]\r\n"
    b"Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\r\n"
)
"""The style that FFmpeg's encoder of timed text turns into a track's header: its own default."""


@dataclass(frozen=True, slots=True)
class TextSample:
    """What is shown during ``[start, end)`` ms."""

    start: int
    end: int
    text: str

    def payload(self) -> bytes:
        """The sample as bytes: length, then UTF-8 (cut at a character if it is too long)."""
        text = self.text.encode()[:MAX_TEXT].decode(errors="ignore").encode()
        return len(text).to_bytes(2, "big") + text


def text_samples(lines: Iterable[Subtitle], start: int = 0, end: int | None = None) -> Iterator[TextSample]:
    """Samples that follow each other, of lines cut to ``[start, end)`` ms; times count from ``start``."""
    events: list[tuple[int, bool, int, str]] = []
    for number, line in enumerate(lines):
        first, last = max(line.start, start), line.end if end is None else min(line.end, end)
        if first < last:
            events += [(first, True, number, line.text), (last, False, number, line.text)]
    shown: dict[int, str] = {}
    since = start
    for time, begins, number, text in sorted(events):
        if shown and time > since:
            yield TextSample(since - start, time - start, "\n".join(shown.values()))
        since = time
        if begins:
            shown[number] = text
        else:
            del shown[number]
