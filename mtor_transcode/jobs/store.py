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
from typing import Annotated, BinaryIO

import msgspec

from mtor_transcode.errors import FormatError
from mtor_transcode.files import write_whole

Digest = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
"""A SHA-256 in hex; nothing else is ever read as one."""

MaybeDigest = Annotated[str, msgspec.Meta(pattern="^([0-9a-f]{64})?$")]
"""The same, or empty."""


class Done(msgspec.Struct, frozen=True):
    """A task that was done: the SHA-256 (hex) of its result, and what it warned of."""

    result: Digest
    warnings: tuple[str, ...] = ()


class Store:
    """Results in ``folder``.

    It is not made here: who took it away, as the work was called off, does not want it back.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def holds_any(self) -> bool:
        """Whether any task has been done."""
        return (self.folder / "done").is_dir()

    def put(self, key: str, data: bytes, warnings: Sequence[str] = ()) -> Done:
        """Keep the result of a task. Raises OutputError."""
        done = Done(sha256(data).hexdigest(), tuple(warnings))
        if not self._is_whole(done.result):
            self._write(self._place(done.result), data)
        self._write(self._marker(key), msgspec.json.encode(done))
        return done

    def done(self, key: str) -> Done | None:
        """What a task made, if it was done and its result is whole."""
        try:
            done = msgspec.json.decode(self._marker(key).read_bytes(), type=Done)
        except (OSError, msgspec.DecodeError):
            return None
        return done if self._is_whole(done.result) else None

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

    def _is_whole(self, digest: str) -> bool:
        try:
            self.get(digest)
        except (OSError, FormatError):
            return False
        return True

    def _write(self, path: Path, data: bytes) -> None:
        missing = [folder for folder in path.relative_to(self.folder).parents if folder.name]
        for folder in reversed(missing):
            (self.folder / folder).mkdir(exist_ok=True)
        write_whole(path, data)

    def _place(self, digest: str) -> Path:
        return self.folder / "objects" / digest[:2] / digest

    def _marker(self, key: str) -> Path:
        return self.folder / "done" / key
