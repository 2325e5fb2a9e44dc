# SPDX-License-Identifier: Apache-2.0
"""What a scene needs of the film before it: found by decoding it and watching which sections are read."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import BinaryIO

from mtor_transcode.codec.film_reader import FilmReader
from mtor_transcode.codec.series import FindSeries
from mtor_transcode.stream.plan import Plan


class _Watched(io.RawIOBase):
    """A stream that remembers the offsets that were read from."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.offsets: set[int] = set()

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """As the stream's."""
        return self._stream.seek(offset, whence)

    def read(self, size: int = -1, /) -> bytes:
        """As the stream's, noted."""
        self.offsets.add(self._stream.tell())
        return self._stream.read(size)


def needs_of(
    stream: BinaryIO, name: str, find_series: FindSeries, plan: Plan, scene: int, number: int
) -> tuple[int, ...]:
    """The sections before section ``number`` that the scene at place ``scene`` needs if it is entered there.

    Outlines, textures, or in a film in packets those that define them. Raises FormatError.
    """
    watched = _Watched(stream)
    reader = FilmReader(watched, name, find_series)  # type: ignore[arg-type]
    watched.offsets.clear()
    entry = plan.scenes[scene]
    tick = next(at for at, first in entry.entries if first == number)
    for _ in reader.spans(entry.number, tick):
        """Decoding is all that is wanted."""
    read = watched.offsets
    return tuple(piece.number for piece in plan.pieces[1:number] if piece.offset in read)


Needs = Callable[[int, int], tuple[int, ...]]
"""What a scene (by place) needs when it is entered at a section."""
