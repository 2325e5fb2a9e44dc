# SPDX-License-Identifier: Apache-2.0
"""Sources: any video that FFmpeg decodes, as upright YCbCr pictures at exact times."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import takewhile
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from av.container import InputContainer
from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from mtor_transcode.errors import InputError, UsageError
from mtor_transcode.ingest.container import Spool
from mtor_transcode.ingest.decode import Damage, decode
from mtor_transcode.ingest.describe import declared_duration, describe
from mtor_transcode.ingest.frame import SourceFrame
from mtor_transcode.ingest.growing import Growing
from mtor_transcode.ingest.info import SourceInfo
from mtor_transcode.ingest.planes import PlaneMaker
from mtor_transcode.ingest.probe import LIVE_PACKETS, PACKETS, Probe, check_size, probe
from mtor_transcode.ingest.timing import Clock
from mtor_transcode.ingest.tracks import Choice, choose, video_streams

Seconds = Fraction | float | int | str | None

# A source has broken off if its last picture ends this long before the container says (seconds).
_MISSING = Fraction(1, 2)

_NO_TIMESTAMPS = 0x80
"""FFmpeg's flag AVFMT_NOTIMESTAMPS, of a container's format."""


def open_source(
    source: str | os.PathLike[str] | BinaryIO,
    *,
    video: Choice = None,
    audio: Choice = None,
    subtitles: Choice = None,
    start: Seconds = None,
    duration: Seconds = None,
    live: threading.Event | None = None,
) -> Source:
    """Open a video: a path, ``"-"`` for standard input, or a binary stream (spooled to a temporary file).

    ``video``, ``audio`` and ``subtitles`` choose tracks by number (from 0, among their kind) or language; by
    default the track marked as default, else the first (and all text subtitles). ``start`` and ``duration``
    (seconds, from the first picture; decimal strings and Fractions are exact) choose a part: from the
    picture that is on the screen at ``start``, for ``duration``.

    With ``live`` a stream, or a named pipe, is read while it comes, and no further once that event is set;
    what is not known of it yet (its duration) is 0. Its pictures can be gone through once.

    Raises ``InputError`` if there is no video to be had, ``UsageError`` for a part that makes no sense.
    """
    first = _seconds(start, "start") or Fraction(0)
    length = _seconds(duration, "duration")
    if first < 0:
        raise UsageError("the start is before the film", where="start", remedy="give 0 or more seconds")
    if length is not None and length <= 0:
        raise UsageError("the duration is empty", where="duration", remedy="give more than 0 seconds")
    spool = Spool(source, live)
    try:
        return Source(spool, video, audio, subtitles, first, length, live)
    except BaseException:
        spool.close()
        raise


def _seconds(value: Seconds, where: str) -> Fraction | None:
    """An exact time; a float stands for the decimal number that it prints as."""
    if value is None:
        return None
    try:
        return Fraction(str(value)) if isinstance(value, (float, str)) else Fraction(value)
    except (ValueError, ZeroDivisionError):
        raise UsageError(
            f"'{value}' is not a number of seconds", where=where, remedy="such as 12.5"
        ) from None


class Source:
    """An opened video. ``frames`` decodes anew each time; ``warnings`` and ``truncated`` are known then.

    So is ``patchy``: damaged packets, timestamps that start anew or none at all, so that places cannot be
    trusted.

    Use it as a context manager: closing removes the temporary file of a spooled stream.
    """

    def __init__(
        self,
        spool: Spool,
        video: Choice,
        audio: Choice,
        subtitles: Choice,
        start: Fraction,
        duration: Fraction | None,
        stop: threading.Event | None = None,
    ) -> None:
        self._spool = spool
        self._stop = stop
        self.video_choice: Choice = video
        self.warnings: list[str] = []
        self.truncated = False
        self.audio_choice: Choice = audio
        self.subtitle_choice: Choice = subtitles
        with spool.open() as container:
            # Bare streams of pictures: where a place lies is known only to who has come there from the start.
            self.patchy = self._bare = bool(container.format.flags & _NO_TIMESTAMPS)
            stream = self._stream(container)
            choose(container.streams.audio, audio, "audio", spool.name)
            choose(container.streams.subtitles, subtitles, "subtitle", spool.name)
            looks = PACKETS if spool.growing is None else LIVE_PACKETS
            self._probe: Probe = probe(container, stream, spool.name, looks)
            info = describe(container, stream, self._probe, spool)
            self._promised = declared_duration(container, stream, self._probe)
        self._endless = spool.growing is not None and not self._probe.whole
        timing = self._probe.timing
        self._first_tick = timing.ticks(start)
        self._end_tick = None if duration is None else self._first_tick + max(1, timing.ticks(duration))
        whole = timing.ticks(info.duration)
        if start and self._first_tick >= whole and not info.still and not self._endless:
            raise InputError(
                f"the start at {float(start):g} s is past the end at {float(info.duration):g} s",
                where=spool.name,
                remedy="choose an earlier start",
            )
        self.info: SourceInfo = self._part(info, whole)
        if not self._probe.upright.exact:
            self._warn("the video asks to be turned by an angle that is no quarter turn; that is not done")

    @property
    def start(self) -> Fraction:
        """Where tick 0 lies, in seconds after the stream's first picture."""
        return self._first_tick * self.info.time_base

    @property
    def length(self) -> Fraction | None:
        """The chosen duration (s, on the grid of ticks), None for all the rest."""
        if self._end_tick is None:
            return None
        return (self._end_tick - self._first_tick) * self.info.time_base

    @property
    def first_pts(self) -> Fraction:
        """The container's time (s) of the stream's first picture, from which ``start`` counts."""
        return self._probe.origin * self._probe.time_base

    @property
    def name(self) -> str:
        """How messages name the source."""
        return self._spool.name

    @property
    def path(self) -> Path:
        """Where the file lies; of a stream, the temporary one."""
        return self._spool.path

    @property
    def goes_on(self) -> bool:
        """Whether there may be more of it than was asked for: a part was chosen, or it was stopped."""
        return self._end_tick is not None or (self._stop is not None and self._stop.is_set())

    @property
    def growing(self) -> Growing | None:
        """The stream that the source is read from while it comes; None for a file."""
        return self._spool.growing

    def open_container(self) -> InputContainer:
        """Another reader of the same file, for sound and subtitles; the caller closes it."""
        return self._spool.open()

    def frames(self) -> Iterator[SourceFrame]:
        """Decode the pictures of the chosen part, in order.

        Raises ``InputError`` if nothing can be decoded; a source that breaks off ends early, with a warning.
        """
        damage = Damage()
        last_end = 0
        for frame in self._planar(self._timed(damage)):
            last_end = frame.tick + frame.duration
            yield frame
            if self._stop is not None and self._stop.is_set():
                return
        if not last_end:
            raise InputError("no picture can be decoded", where=self.name, remedy="the stream is broken")
        self._judge(damage, last_end)

    def between(self, start: int, end: int, count: int) -> Iterator[SourceFrame]:
        """Decode the pictures from tick ``start`` to before tick ``end``, as ``frames`` yields them.

        ``start`` is a picture's tick and ``count`` how many there are, as ``frames`` told; only where it left
        ``patchy`` unset. Raises ``InputError`` if there are others.
        """
        found = 0
        for frame in self._planar(self._timed(Damage(), start)):
            if frame.tick >= end or (not found and frame.tick != start):
                break
            found += 1
            yield frame
        if found != count:
            raise InputError(
                "other pictures came than at the first look",
                where=self.name,
                remedy="leave the file as it is meanwhile",
            )

    def lead(self, start: int) -> int:
        """Pictures before the one at tick ``start`` if decoding begins at the key picture for it."""
        ticks = (tick for tick, _ in self._ticked(Damage(), self._first_tick + start))
        return sum(1 for _ in takewhile(lambda tick: tick < self._first_tick + start, ticks))

    def entered(self, container: InputContainer, start: int) -> VideoStream:
        """The video of an open ``container``, which is led to the key picture for tick ``start``."""
        stream = self._stream(container)
        if self._first_tick + start:
            self._seek(container, stream, self._first_tick + start)
        return stream

    def timestamp(self, tick: int) -> int:
        """The container's time of a tick, in its own time base."""
        return self._probe.origin + int(
            (self._first_tick + tick) * self.info.time_base / self._probe.time_base
        )

    def close(self) -> None:
        """Let go of the file."""
        self._spool.close()

    def __enter__(self) -> Source:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _stream(self, container: InputContainer) -> VideoStream:
        streams = video_streams(container)
        if not streams:
            only = "there is only sound in it" if container.streams.audio else "there is no video in it"
            raise InputError(only, where=self.name, remedy="give a file with a video track")
        stream = choose(streams, self.video_choice, "video", self.name)
        assert stream is not None
        if stream.codec_context is None:
            raise InputError(
                "no decoder for the video", where=self.name, remedy="convert it with FFmpeg first"
            )
        return stream

    def _part(self, info: SourceInfo, whole: int) -> SourceInfo:
        """``info`` for the chosen part; ``whole`` is the length of all in ticks."""
        if self._endless:
            length = self._end_tick - self._first_tick if self._end_tick is not None else 0
            return replace(info, duration=length * info.time_base, frames=0)
        if not self._first_tick and self._end_tick is None:
            return info
        end = whole if self._end_tick is None else min(whole, self._end_tick)
        ticks = max(1, end - self._first_tick)
        frames = max(1, round(info.frames * Fraction(ticks, max(1, whole))))
        return replace(info, duration=ticks * info.time_base, frames=frames)

    def _planar(self, timed: Iterator[tuple[int, int, VideoFrame]]) -> Iterator[SourceFrame]:
        make_planes = PlaneMaker(self._probe.layout, self._probe.first.width, self._probe.first.height)
        for tick, duration, picture in timed:
            check_size(picture.width, picture.height, self.name)
            planes = self._probe.upright.apply(make_planes(picture))
            yield SourceFrame(tick, duration, planes, self.info.bit_depth, self.info.chroma)

    def _timed(self, damage: Damage, since: int = 0) -> Iterator[tuple[int, int, VideoFrame]]:
        """``(tick, duration, picture)`` of the chosen part: a picture ends where the next begins.

        The first is the one on the screen at tick ``since``.
        """
        first, end = self._first_tick, self._end_tick
        held: tuple[int, VideoFrame] | None = None
        step = self._probe.timing.step
        for tick, picture in self._ticked(damage, first + since):
            if held is not None and tick > first + since:
                begin = max(held[0], first)
                stop = tick if end is None else min(tick, end)
                yield begin - first, stop - begin, held[1]
                step = tick - held[0]
            if end is not None and tick >= end:
                return
            held = (tick, picture)
        if held is None:
            return
        begin = max(held[0], first)
        stop = max(held[0] + self._own_duration(held[1], step), begin + 1)
        yield begin - first, (stop if end is None else min(stop, end)) - begin, held[1]

    def _own_duration(self, picture: VideoFrame, step: int) -> int:
        timing = self._probe.timing
        if picture.duration and picture.time_base:
            return max(1, round(picture.duration * picture.time_base / timing.time_base))
        return timing.step if not timing.vfr else step

    def _ticked(self, damage: Damage, since: int) -> Iterator[tuple[int, VideoFrame]]:
        """``(tick from the stream's first picture, picture)``, beginning at or before ``since``."""
        with self._spool.open() as container:
            stream = self._stream(container)
            if since and self._seek(container, stream, since):
                pictures = self._clocked(decode(container, stream, damage))
                head = next(pictures, None)
                if head is not None and head[0] <= since:
                    yield head
                    yield from pictures
                    return
            else:
                yield from self._clocked(decode(container, stream, damage))
                return
        # The seek led past the place: start over from the beginning.
        with self._spool.open() as container:
            yield from self._clocked(decode(container, self._stream(container), damage))

    def _clocked(self, pictures: Iterator[VideoFrame]) -> Iterator[tuple[int, VideoFrame]]:
        clock = Clock(self._probe.timing, self._probe.origin, self._probe.time_base)
        for picture in pictures:
            yield clock.tick(picture.pts, picture.time_base), picture
        self.patchy |= clock.restarted

    def _seek(self, container: InputContainer, stream: VideoStream, tick: int) -> bool:
        if self._bare or self._spool.growing is not None:
            return False
        try:
            container.seek(self.timestamp(tick - self._first_tick), stream=stream, backward=True)
        except (FFmpegError, OSError):
            return False
        return True

    def _judge(self, damage: Damage, last_end: int) -> None:
        """Note what decoding showed, once."""
        if self._spool.growing is not None and self._spool.growing.trouble:
            self._warn(f"the stream broke off: {self._spool.growing.trouble}")
        end = (self._first_tick + last_end) * self.info.time_base
        promised = Fraction(0) if self._endless else self._promised or Fraction(0)
        if self._end_tick is not None:
            promised = min(promised, self._end_tick * self.info.time_base)
        short = promised - end > max(_MISSING, 3 / self.info.frame_rate)
        if (damage.cut or short) and not self.info.still:
            self.truncated = True
            self._warn(f"the file breaks off after {float(end):.2f} s of video")
        if damage.bad_packets:
            self.patchy = True
            self._warn(f"{damage.bad_packets} damaged packets of video were left out")

    def _warn(self, text: str) -> None:
        if text not in self.warnings:
            self.warnings.append(text)
