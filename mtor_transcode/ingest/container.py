# SPDX-License-Identifier: Apache-2.0
"""Opening what FFmpeg can read, with errors that say what to do."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import threading
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import av
from av.container import InputContainer
from av.error import FFmpegError

from mtor_transcode.codec.container import MAGIC
from mtor_transcode.errors import InputError
from mtor_transcode.ingest.growing import Growing

_REMEDY = "give a video that FFmpeg can decode, such as mp4, mkv, webm, mov, gif or y4m"
# What a container may open besides itself (playlists, pictures): local files only.
_OPTIONS = {"protocol_whitelist": "file,crypto,data"}
_CHUNK = 1 << 20
# How much of a stream that is read while it comes is looked at to find its tracks (microseconds).
_LIVE_OPTIONS = {"analyzeduration": "1000000"}


class Spool:
    """A source as a file on disk: a path is used as it is, a stream is copied to a temporary file.

    With ``live``, which tells when to stop, a stream (a named pipe, too) is read while it comes: ``growing``.
    """

    def __init__(
        self, source: str | os.PathLike[str] | BinaryIO, live: threading.Event | None = None
    ) -> None:
        """Raise ``InputError`` if there is no such file or nothing comes from the stream."""
        self._temporary: Path | None = None
        self.growing: Growing | None = None
        path = Path(source) if isinstance(source, (str, os.PathLike)) and os.fspath(source) != "-" else None
        if path is not None and (live is None or not path.is_fifo()):
            self.name = str(source)
            self.path = path
            _check_file(path)
            return
        stream = _stream_of(source, path)
        own = stream is sys.stdin.buffer
        self.name = "standard input" if own else str(getattr(stream, "name", "stream"))
        if live is not None:
            self.growing = Growing(stream, self.name, live)
            self.path = self.growing.path
            return
        self.path = self._temporary = _spool(stream, self.name)

    @property
    def bytes(self) -> int:
        """The file's length, as far as it has come."""
        return self.path.stat().st_size if self.growing is None else self.growing.size

    def close(self) -> None:
        """Remove the temporary file, if there is one."""
        if self.growing is not None:
            self.growing.close()
        if self._temporary is not None:
            self._temporary.unlink(missing_ok=True)
            self._temporary = None

    def __enter__(self) -> Spool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def open(self) -> InputContainer:
        """A new reader of the file. Raises ``InputError`` if FFmpeg can't make sense of it."""
        try:
            if self.growing is not None:
                reader = self.growing.reader()
                return av.open(reader, "r", options=dict(_LIVE_OPTIONS), metadata_errors="replace")
            container = av.open(f"file:{self.path}", "r", options=dict(_OPTIONS), metadata_errors="replace")
            if container.format.name == "image2":
                # That demuxer takes % in a name for a pattern; the ones for pipes read just this file.
                container.close()
                container = av.open(self.path.open("rb"), "r", metadata_errors="replace")
        except FFmpegError as error:
            if _is_film(self.path):
                raise InputError(
                    "this is an MTOR film already", where=self.name, remedy="mtor render makes a video of it"
                ) from error
            raise unreadable(self.name, error) from error
        except OSError as error:
            raise InputError(_reason(error), where=self.name, remedy="check its rights") from error
        return container


def _stream_of(source: str | os.PathLike[str] | BinaryIO, path: Path | None) -> BinaryIO:
    """What to read: a named pipe, standard input, or the stream that was given."""
    if path is not None:
        return path.open("rb", buffering=0)
    return sys.stdin.buffer if isinstance(source, (str, os.PathLike)) else source


def unreadable(name: str, error: FFmpegError) -> InputError:
    """The error for a file whose bytes FFmpeg refuses."""
    return InputError(f"not a video that can be read: {_reason(error)}", where=name, remedy=_REMEDY)


def _is_film(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(len(MAGIC)) == MAGIC


def _reason(error: OSError | FFmpegError) -> str:
    return str(error.strerror or error).rstrip(".").lower()


def _check_file(path: Path) -> None:
    where = str(path)
    try:
        if path.is_dir():
            raise InputError("this is a directory", where=where, remedy="name a video file in it")
        if not path.exists():
            raise InputError("no such file", where=where, remedy="check the path")
        with path.open("rb") as stream:
            empty = not stream.read(1)
    except OSError as error:
        raise InputError(_reason(error), where=where, remedy="check the path and rights") from error
    if empty:
        raise InputError("the file is empty", where=where, remedy=_REMEDY)


def _spool(stream: BinaryIO, name: str) -> Path:
    """Copy ``stream`` to a temporary file: containers such as mp4 need seeking, and we read twice."""
    try:
        with tempfile.NamedTemporaryFile(prefix="mtor-", suffix=".input", delete=False) as target:
            path = Path(target.name)
            try:
                shutil.copyfileobj(stream, target, _CHUNK)
                target.flush()
                empty = target.tell() == 0
            except BaseException:
                path.unlink(missing_ok=True)
                raise
    except OSError as error:
        raise InputError(_reason(error), where=name, remedy="make room for temporary files") from error
    if empty:
        path.unlink(missing_ok=True)
        raise InputError("nothing came through the pipe", where=name, remedy="pipe a video into it")
    return path
