# SPDX-License-Identifier: Apache-2.0
"""A folder of results: each a file named by its SHA-256, found again by the key of the task that made it.

Everything appears whole or not at all, so whoever dies at whatever moment leaves nothing that is wrong; two
who write the same write the same bytes.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

import msgspec

from mtor_transcode.errors import FormatError
from mtor_transcode.files import write_whole


class Done(msgspec.Struct, frozen=True):
    """A task that was done: the SHA-256 (hex) of its result, and what it warned of."""

    result: str
    warnings: tuple[str, ...] = ()


class Store:
    """Results in ``folder``, which is made when something is put into it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, key: str, data: bytes, warnings: Sequence[str] = ()) -> Done:
        """Keep the result of a task. Raises OutputError."""
        done = Done(sha256(data).hexdigest(), tuple(warnings))
        place = self._place(done.result)
        if not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            write_whole(place, data)
        marker = self._marker(key)
        marker.parent.mkdir(parents=True, exist_ok=True)
        write_whole(marker, msgspec.json.encode(done))
        return done

    def done(self, key: str) -> Done | None:
        """What a task made, if it was done and its result is whole."""
        try:
            done = msgspec.json.decode(self._marker(key).read_bytes(), type=Done)
            self.get(done.result)
        except (OSError, msgspec.DecodeError, FormatError):
            return None
        return done

    def get(self, digest: str) -> bytes:
        """A result by its SHA-256 (hex). Raises OSError, and FormatError if it has been changed."""
        place = self._place(digest)
        data = place.read_bytes()
        if sha256(data).hexdigest() != digest:
            raise FormatError("is not what its name says", where=str(place), remedy="remove it")
        return data

    def open(self, digest: str) -> BinaryIO:
        """The same as a stream."""
        return io.BytesIO(self.get(digest))

    def _place(self, digest: str) -> Path:
        return self.folder / "objects" / digest[:2] / digest

    def _marker(self, key: str) -> Path:
        return self.folder / "done" / key
