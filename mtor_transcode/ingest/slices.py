# SPDX-License-Identifier: Apache-2.0
"""A stretch of a source as a file of its own: packets as they are, the pictures' times told apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import Any, cast

import av
from av.error import FFmpegError

from mtor_transcode.errors import InputError
from mtor_transcode.ingest.frame import SourceFrame
from mtor_transcode.ingest.info import SourceInfo
from mtor_transcode.ingest.source import Source, open_source

SUFFIX = ".mkv"
"""Its container; that it rounds times does no harm, as they are told apart."""


@dataclass(frozen=True)
class Slice:
    """What a slice holds: ``skip`` pictures to leave out, then those that show at ``times``.

    ``times`` are ticks and durations. ``info`` is that of the whole source.
    """

    path: Path
    info: SourceInfo
    skip: int
    times: tuple[tuple[int, int], ...]

    @property
    def name(self) -> str:
        """How messages name it."""
        return str(self.path)

    def frames(self) -> Iterator[SourceFrame]:
        """The pictures, at film time. Raises InputError if there are fewer, or others."""
        count = 0
        with open_source(self.path) as source:
            if _kind(source.info) != _kind(self.info):
                raise InputError("holds other pictures", where=self.name, remedy="export the jobs again")
            frames = islice(source.frames(), self.skip, None)
            for (tick, duration), frame in zip(self.times, frames, strict=False):
                count += 1
                yield replace(frame, tick=tick, duration=duration)
        if count != len(self.times):
            raise InputError("pictures are missing", where=self.name, remedy="fetch it again")

    def between(self, start: int, end: int, count: int) -> Iterator[SourceFrame]:
        """As ``Source.between``, of all that it holds."""
        if len(self.times) != count or self.times[0][0] != start or self.times[-1][0] >= end:
            raise InputError("holds other pictures", where=self.name, remedy="export the jobs again")
        return self.frames()


def cut_slice(source: Source, start: int, end: int, count: int, path: Path) -> Slice | None:
    """Write the ``count`` pictures from tick ``start`` to before ``end`` to ``path``; None if that cannot be.

    Its pictures have been compared with the source's. Raises InputError, OSError.
    """
    times: list[tuple[int, int]] = []

    def noted() -> Iterator[SourceFrame]:
        for frame in source.between(start, end, count):
            times.append((frame.tick, frame.duration))
            yield frame

    meant = pictures_digest(noted())
    made = Slice(path, source.info, source.lead(start), tuple(times))
    try:
        _copy(source, start, end, path)
        if pictures_digest(made.frames()) == meant:
            return made
    except (FFmpegError, InputError, ValueError):
        pass
    path.unlink(missing_ok=True)
    return None


def _kind(info: SourceInfo) -> tuple[object, ...]:
    """What all pictures of a source have in common."""
    return info.width, info.height, info.bit_depth, info.chroma


def pictures_digest(frames: Iterable[SourceFrame]) -> str:
    """The SHA-256 (hex) of pictures and their times."""
    found = sha256()
    for frame in frames:
        found.update(f"{frame.tick} {frame.duration} {frame.depth} {frame.chroma}".encode())
        for plane in frame.planes:
            found.update(str(plane.shape).encode() + plane.tobytes())
    return found.hexdigest()


def _copy(source: Source, start: int, end: int, path: Path) -> None:
    """Copy the packets from the key picture at or before ``start`` on."""
    with source.open_container() as container, av.open(str(path), "w") as target:
        stream = source.entered(container, start)
        copy = cast("Any", target).add_stream_from_template(stream)
        last = source.timestamp(end)
        for packet in container.demux(stream):
            if packet.dts is None or packet.size == 0:
                continue
            if packet.dts >= last:
                break
            packet.stream = copy
            target.mux(packet)
