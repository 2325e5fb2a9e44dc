# SPDX-License-Identifier: Apache-2.0
"""Outputs that appear whole or not at all: written beside, synced, renamed. Only live films grow in place."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import secrets
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from mtor_transcode.errors import MtorError, OutputError, UsageError

HEARTBEAT: Final = 4.0
"""Seconds between signs of life of the writer of a growing file."""

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})

# Of a name, only its beginning goes into the name of the file beside it, so that a long one stays possible.
_NAME_KEPT = 40


def check_output(path: Path, *inputs: Path | None) -> None:
    """Refuse an output that cannot work, before any work is done.

    Raises UsageError if it is one of ``inputs`` or ``-``, OutputError if it is a folder, something other than
    a plain file, in a folder that is missing, or of a name that the system refuses.
    """
    if str(path) == "-":
        raise UsageError("outputs are files, not pipes", where="-", remedy="name a file")
    with _told(path, path):
        _check_place(path, inputs)


def check_distinct(*paths: Path) -> None:
    """UsageError if two outputs are one file."""
    places = [os.path.realpath(path) for path in paths]
    for path, place in zip(paths, places, strict=True):
        if places.count(place) > 1:
            raise UsageError("is named twice", where=str(path), remedy="give each output its own name")


def _check_place(path: Path, inputs: tuple[Path | None, ...]) -> None:
    for source in inputs:
        if source is not None and _same_file(path, source):
            raise UsageError("is both input and output", where=str(path), remedy="name another output")
    if path.is_dir():
        raise OutputError("is a folder", where=str(path), remedy="name a file inside it")
    if path.exists() and not path.is_file():
        raise OutputError("is not a plain file", where=str(path), remedy="name a file on a disk")
    if path.exists() and not os.access(path, os.W_OK):
        raise OutputError("exists and is write-protected", where=str(path), remedy="name another output")
    if not _real(path).parent.is_dir():
        raise OutputError("its folder does not exist", where=str(path), remedy=f"make {path.parent} first")


@contextlib.contextmanager
def staged_file(path: Path) -> Iterator[Path]:
    """A new empty file beside ``path`` that takes its name when the block ends, and is removed when it fails.

    The suffix is kept, so that writers which choose a format by name work. Errors of the system become
    OutputError; a link is followed, not replaced.
    """
    final = _real(path)
    beside = final.with_name(f"{_beside(final.stem)}{final.suffix}")
    with _told(path, beside), _removed_on_failure(beside):
        if final.is_dir():
            raise OutputError("is a folder", where=str(path), remedy="name a file inside it")
        beside.touch(exist_ok=False)
        yield beside
        _sync(beside)
        os.replace(beside, final)
    _sync_folder(final.parent)


class GrowingFile(io.RawIOBase):
    """A new file that is only appended to, each piece at once; it has its name from ``publish`` on.

    Until then it lies beside, and is removed if it is closed. Afterwards it stays whatever happens, and while
    it is open its time of change is set every ``HEARTBEAT`` seconds, so that others know of its writer.
    """

    def __init__(self, path: Path) -> None:
        """Raise OutputError if there can be no such file."""
        super().__init__()
        self._path = path
        self._final = _real(path)
        self._beside = self._final.with_name(f"{_beside(self._final.stem)}{self._final.suffix}")
        self._published = False
        self._closing = threading.Event()
        self._beats: threading.Thread | None = None
        with _told(path, self._beside):
            self._file = os.open(
                self._beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666
            )

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, data: Any, /) -> int:
        """Appends all of ``data``. Raises OutputError."""
        rest = memoryview(data)
        with _told(self._path, self._beside):
            while rest:
                rest = rest[os.write(self._file, rest) :]
        return len(data)

    def publish(self) -> None:
        """Gives the file its name, in the place of what had it. Raises OutputError."""
        with _told(self._path, self._beside):
            os.replace(self._beside, self._final)
        self._published = True
        self._beats = threading.Thread(target=self._beat, name="mtor output", daemon=True)
        self._beats.start()

    def close(self) -> None:
        """Puts it on the disk for good, and ends it."""
        if self.closed:
            return
        self._closing.set()
        if self._beats is not None:
            self._beats.join()
        with _told(self._path, self._beside):
            try:
                os.fsync(self._file)
            finally:
                os.close(self._file)
                super().close()
                if not self._published:
                    self._beside.unlink(missing_ok=True)
        _sync_folder(self._final.parent)

    def _beat(self) -> None:
        while not self._closing.wait(HEARTBEAT):
            with contextlib.suppress(OSError):
                os.utime(self._file if os.utime in os.supports_fd else self._final)


def move_whole(made: Path, path: Path) -> None:
    """Give a file that is complete the name ``path``, on the same disk, durably. Raises OutputError."""
    final = _real(path)
    with _told(path, made):
        _sync(made)
        os.replace(made, final)
    _sync_folder(final.parent)


def write_whole(path: Path, content: bytes) -> None:
    """Write ``content`` to ``path`` by ``staged_file``. Raises OutputError."""
    with staged_file(path) as beside:
        beside.write_bytes(content)


@contextlib.contextmanager
def staged_folder(path: Path) -> Iterator[Path]:
    """A new empty folder whose files move into ``path`` when the block ends, and which goes when it fails.

    ``path`` and folders above it are made where missing, and taken away again on failure; files already in it
    under other names stay. Errors of the system become OutputError.
    """
    final = _real(path)
    with _told(path, final):
        if final.exists() and not final.is_dir():
            raise OutputError("is a file, not a folder", where=str(path), remedy="name a folder")
    # Inside the folder: what is beside it may be another disk, or not ours to write to.
    beside = final / _beside("mtor")
    missing = [folder for folder in (final, *final.parents) if not folder.exists()]
    with _told(path, final, *missing), _unmade_on_failure(missing), _removed_on_failure(beside):
        beside.mkdir(parents=True)
        yield beside
        made = sorted(beside.rglob("*"))
        for each in made:
            if each.is_file():
                _sync(each)
        _move(made, beside, final)
        shutil.rmtree(beside)
    _sync_folder(final)
    _sync_folder(final.parent)


def output_error(error: BaseException, path: Path, *own: Path) -> OutputError | None:
    """The OutputError that says what ``error`` means for ``path``; None if it is not about writing.

    An error that names a file counts if that is ``path``, one of ``own``, or inside of them.
    """
    number = getattr(error, "errno", None)
    if isinstance(error, (MtorError, BrokenPipeError)) or not isinstance(number, int):
        return None
    if number in _FULL:
        return OutputError("the disk is full", where=str(path), remedy="free some space or write elsewhere")
    if isinstance(error, OSError) and _about(error, (path, *own)):
        return OutputError(
            f"cannot be written: {os.strerror(number).lower()}", where=str(path), remedy="name another output"
        )
    return None


def _real(path: Path) -> Path:
    """The path without links; one that leads in a circle stays."""
    return Path(os.path.realpath(path))


def _beside(name: str) -> str:
    return f".{name[:_NAME_KEPT]}.{secrets.token_hex(4)}.part"


def _move(made: list[Path], source: Path, target: Path) -> None:
    """Moves what was made below ``source`` to the same places below ``target``; folders come first."""
    for path in made:
        moved = target / path.relative_to(source)
        if path.is_dir():
            moved.mkdir(exist_ok=True)
        else:
            os.replace(path, moved)


def _about(error: OSError, own: tuple[Path, ...]) -> bool:
    """Whether the system's error may be about the output: it names no file, or one of the output's own."""
    if not error.filename or not isinstance(error.filename, (str, bytes, os.PathLike)):
        return True
    named = Path(os.fsdecode(error.filename))
    return any(named.is_relative_to(path) for path in own)


@contextlib.contextmanager
def _told(path: Path, *own: Path) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        said = output_error(error, path, *own)
        if said is None:
            raise
        raise said from error


@contextlib.contextmanager
def _removed_on_failure(path: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def _unmade_on_failure(folders: list[Path]) -> Iterator[None]:
    """Takes folders away again, innermost first, where they are empty."""
    try:
        yield
    except BaseException:
        for folder in folders:
            with contextlib.suppress(OSError):
                folder.rmdir()
        raise


def _sync(path: Path) -> None:
    with path.open("rb") as stream:
        os.fsync(stream.fileno())


def _sync_folder(path: Path) -> None:
    """Make the new name durable where the system knows how (not on Windows)."""
    with contextlib.suppress(OSError):
        folder = os.open(path, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _same_file(first: Path, second: Path) -> bool:
    try:
        return first.samefile(second)
    except OSError:
        return False
