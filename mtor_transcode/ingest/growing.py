# SPDX-License-Identifier: Apache-2.0
"""Streams that are read while they come: copied to a temporary file, whose readers wait for what comes.

So pictures, sound and subtitles are each read by a container of their own, as those of a file are.
"""

from __future__ import annotations

import io
import os
import select
import tempfile
import threading
from pathlib import Path
from typing import BinaryIO, Final

from mtor_transcode.errors import InputError

_CHUNK: Final = 1 << 16
_LOOKS: Final = 0.2
"""Seconds between looks at whether to stop."""


class Growing:
    """A stream on its way to a temporary file. ``stop``, once set, ends it as if no more came.

    Raises InputError if nothing comes at all, or there is no room for temporary files.
    """

    def __init__(self, stream: BinaryIO, name: str, stop: threading.Event) -> None:
        try:
            with tempfile.NamedTemporaryFile(prefix="mtor-", suffix=".input", delete=False) as target:
                self.path = Path(target.name)
            self._file = os.open(self.path, os.O_RDWR)
            if os.name == "posix":
                self.path.unlink()  # So that nothing is left of it, whatever ends this process.
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise InputError(reason, where=name, remedy="make room for temporary files") from error
        self._stream = stream
        self._stop = stop
        self._changed = threading.Condition()
        self._size = 0
        self._over = self._closed = False
        self._starving: set[int] = set()
        self._trouble = ""
        self._pump = threading.Thread(target=self._copy, name="mtor input", daemon=True)
        self._pump.start()
        if not self.read(0, 1):
            self.close()
            what = self._trouble or "nothing came through the pipe"
            raise InputError(what, where=name, remedy="pipe a video into it")

    @property
    def size(self) -> int:
        """Bytes that have come."""
        return self._size

    @property
    def trouble(self) -> str:
        """Why the stream broke off; empty if it did not."""
        return self._trouble

    def read(self, place: int, count: int) -> bytes:
        """Up to so many bytes from a place on, as soon as there are any; none at the end."""
        me = threading.get_ident()
        with self._changed:
            while self._size <= place and not self._over:
                self._starving.add(me)
                self._changed.wait(_LOOKS)
            self._starving.discard(me)
            return b"" if self._closed else os.pread(self._file, count, place)

    def is_starving(self, reader: int) -> bool:
        """Whether the thread ``reader`` (its ident) has read all that has come so far."""
        with self._changed:
            return reader in self._starving

    def reader(self) -> GrowingReader:
        """A file to be read from the beginning."""
        return GrowingReader(self)

    def close(self) -> None:
        """Lets go of the file; readers come to an end."""
        self._stop.set()
        self._pump.join(2 * _LOOKS)
        with self._changed:
            if not self._closed:
                os.close(self._file)
                self.path.unlink(missing_ok=True)
            self._over = self._closed = True
            self._changed.notify_all()

    def _copy(self) -> None:
        try:
            while not self._stop.is_set():
                piece = self._piece()
                if piece is None:
                    continue
                if not piece:
                    break
                self._add(piece)
        except (OSError, ValueError) as error:
            self._trouble = (getattr(error, "strerror", None) or str(error)).lower()
        with self._changed:
            self._over = True
            self._changed.notify_all()

    def _piece(self) -> bytes | None:
        """What comes next: nothing at the end, None if nothing has come for a while.

        From the descriptor where there is one: a thread that waits in a buffered reader cannot be ended.
        """
        try:
            descriptor = self._stream.fileno()
        except (OSError, AttributeError, io.UnsupportedOperation):
            read = getattr(self._stream, "read1", self._stream.read)
            return bytes(read(_CHUNK))
        try:
            if not select.select([descriptor], [], [], _LOOKS)[0]:
                return None
        except (OSError, ValueError):
            """Not to be waited for on this system: reading waits as well."""
        return os.read(descriptor, _CHUNK)

    def _add(self, piece: bytes) -> None:
        with self._changed:
            done = 0
            while done < len(piece) and not self._closed:
                done += os.pwrite(self._file, piece[done:], self._size + done)
            self._size += done
            self._changed.notify_all()


class GrowingReader(io.RawIOBase):
    """Reads a growing stream from its beginning, waiting for what comes; it cannot seek."""

    def __init__(self, growing: Growing) -> None:
        self._growing = growing
        self._place = 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is not."""
        return False

    def read(self, size: int = -1, /) -> bytes:
        """Up to ``size`` bytes; none at the end of the stream."""
        piece = self._growing.read(self._place, _CHUNK if size < 0 else size)
        self._place += len(piece)
        return piece
